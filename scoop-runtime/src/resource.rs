//! What a process provides to its steps: clients, mailers, configuration. Never stored.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A parameter of a step that the runtime fills in with what was `provide`d at start-up.
///
/// It is not stored with the saga: after a crash the next process provides its own.
pub struct Resource<T: ?Sized>(Arc<T>);

impl<T> Resource<T> {
    /// Wraps a value, to call a rollback or another plain function that takes a `Resource` in a test.
    /// A step has its resources given to it by `.provide(..)` before `.call()`, and a runtime by
    /// [`Connect::provide`](crate::engine::Connect::provide).
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: ?Sized> From<Arc<T>> for Resource<T> {
    fn from(shared: Arc<T>) -> Self {
        Self(shared)
    }
}

impl<T: ?Sized> Clone for Resource<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Resource<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The type of a resource, for looking it up and for naming it in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceType {
    id: TypeId,
    /// The Rust name of the type.
    pub name: &'static str,
}

impl ResourceType {
    /// The type `T`.
    #[must_use]
    pub fn of<T: 'static>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            name: type_name::<T>(),
        }
    }
}

/// All resources of one runtime.
#[derive(Clone, Default)]
pub struct Resources(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Resources {
    /// Adds a resource; the last one of a type stays.
    pub fn insert<T: Send + Sync + 'static>(&mut self, resource: Resource<T>) {
        self.0.insert(TypeId::of::<T>(), resource.0);
    }

    /// The resource of this type.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Resource<T>> {
        let found = self.0.get(&TypeId::of::<T>())?;
        Arc::clone(found).downcast::<T>().ok().map(Resource)
    }

    /// Whether a resource of this type is there.
    #[must_use]
    pub fn contains(&self, wanted: ResourceType) -> bool {
        self.0.contains_key(&wanted.id)
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} resources", self.0.len())
    }
}
