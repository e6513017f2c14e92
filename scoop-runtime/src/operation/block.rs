//! `async` blocks beside other operations: awaited as a part of the saga that they stand in, with rows of
//! their own.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::branch::{Branch, StoredByABranch};
use super::saga::BodyError;
use super::stored::{Arguments, StoredArguments, codec};
use super::{EncodedEnd, Intent, Settled, Unsettled};
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::frame::{Durable, Frame, mismatch};
use crate::protocol::description::Description;
use crate::protocol::failure::FailureKind;
use crate::resource::{Resource, ResourceType, Resources};

/// An `async` block that is awaited beside other operations, as `Link::begin` makes it.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Block<T> {
    name: &'static str,
    captured: Result<Stored, CodecError>,
    value: PhantomData<fn() -> T>,
}

/// Ties a block, where it begins, to its body, which is there on a resume, too: the types of what it
/// captures, of what the process provides to it, and of its value.
pub struct Link<C, R, T>(PhantomData<fn() -> (C, R, T)>);

/// The body of a block.
pub struct Body {
    pub(crate) name: &'static str,
    pub(crate) description: &'static Description,
    pub(crate) enter: Arc<Enter>,
}

/// Makes the body of a block, from what it captured and what the process provides.
type Enter = dyn Fn(Frame, &Stored, &Resources) -> Result<BoxFuture<'static, BlockEnd>, BodyError>
    + Send
    + Sync;

/// What a block came to: its value, and what is stored of it.
pub(crate) struct BlockEnd {
    pub(crate) value: Box<dyn Any + Send>,
    pub(crate) stored: EncodedEnd,
}

impl<C, R, T> Link<C, R, T> {
    /// Of types that are still to be found out.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "named by the macro alone")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// What is awaited, with what it captures as it is now.
    pub fn begin<L, G>(&self, name: &'static str, lent: L, _given: G) -> Block<T>
    where
        L: Lent<Owned = C>,
        G: Given<Owned = R>,
    {
        let mut captured = Arguments::new();
        lent.push(&mut captured);
        Block {
            name,
            captured: captured.finish(),
            value: PhantomData,
        }
    }
}

impl<C, R, T> Link<C, R, T>
where
    C: Captured + 'static,
    R: Provided + 'static,
    T: Send + 'static,
{
    /// Its body, which returns its value and what is stored of that.
    pub fn body(
        &self,
        name: &'static str,
        description: &'static Description,
        body: fn(Frame, C, R) -> BoxFuture<'static, (T, EncodedEnd)>,
    ) -> Body {
        let enter = move |frame, captured: &Stored, resources: &Resources| {
            let mut stored = StoredArguments::open(captured, C::COUNT)?;
            let captured = C::take(&mut stored)?;
            let provided = R::find(resources).map_err(BodyError::MissingResource)?;
            let body = body(frame, captured, provided);
            let ended: BoxFuture<'static, BlockEnd> = Box::pin(async move {
                let (value, stored) = body.await;
                let value = Box::new(value);
                BlockEnd { value, stored }
            });
            Ok(ended)
        };
        Body {
            name,
            description,
            enter: Arc::new(enter),
        }
    }
}

/// A captured local; that it cannot be is said here.
pub const fn captured<T: Durable>(local: &T) -> &T {
    local
}

/// The locals that a block captures, borrowed: `(&a, (&b, ()))`.
pub trait Lent {
    /// The same, owned: `(A, (B, ()))`.
    type Owned;

    /// Adds all of them.
    fn push(self, captured: &mut Arguments);
}

impl Lent for () {
    type Owned = ();

    fn push(self, _: &mut Arguments) {}
}

impl<T: Durable, L: Lent> Lent for (&T, L) {
    type Owned = (T, L::Owned);

    fn push(self, captured: &mut Arguments) {
        codec::<T>().push(captured, self.0);
        self.1.push(captured);
    }
}

/// What a block captured, read back.
pub trait Captured: Sized {
    /// How many they are.
    const COUNT: usize;

    /// Takes all of them.
    ///
    /// # Errors
    /// When one is not what its type expects.
    fn take(stored: &mut StoredArguments) -> Result<Self, CodecError>;
}

impl Captured for () {
    const COUNT: usize = 0;

    fn take(_: &mut StoredArguments) -> Result<Self, CodecError> {
        Ok(())
    }
}

impl<T: Durable, C: Captured> Captured for (T, C) {
    const COUNT: usize = 1 + C::COUNT;

    fn take(stored: &mut StoredArguments) -> Result<Self, CodecError> {
        Ok((codec::<T>().take(stored)?, C::take(stored)?))
    }
}

/// The resources that a block uses, borrowed: `(&bank, ())`.
pub trait Given {
    /// The same, owned.
    type Owned;
}

impl Given for () {
    type Owned = ();
}

impl<T: Send + Sync + 'static, G: Given> Given for (&Resource<T>, G) {
    type Owned = (Resource<T>, G::Owned);
}

/// The resource whose method the saga is.
pub struct This<'a, T>(pub &'a T);

impl<T: Send + Sync + 'static, G: Given> Given for (This<'_, T>, G) {
    type Owned = (Resource<T>, G::Owned);
}

/// What the process provides to a block.
pub trait Provided: Sized {
    /// Looks all of them up.
    ///
    /// # Errors
    /// With one that is not provided.
    fn find(resources: &Resources) -> Result<Self, ResourceType>;
}

impl Provided for () {
    fn find(_: &Resources) -> Result<Self, ResourceType> {
        Ok(())
    }
}

impl<T: Send + Sync + 'static, R: Provided> Provided for (Resource<T>, R) {
    fn find(resources: &Resources) -> Result<Self, ResourceType> {
        let resource = resources.get::<T>().ok_or_else(ResourceType::of::<T>)?;
        Ok((resource, R::find(resources)?))
    }
}

/// The value of a block, which may be a `Result`: `Value(&value).error()`.
pub struct Value<'a, T>(pub &'a T);

impl<'a, T, E> Value<'a, Result<T, E>> {
    /// The error of a `Result`.
    #[must_use]
    pub const fn error(&self) -> Option<&'a E> {
        match self.0 {
            Ok(_) => None,
            Err(error) => Some(error),
        }
    }
}

/// Chosen for what is no `Result`.
pub trait NoResult {
    /// None.
    fn error(&self) -> Option<&'static std::convert::Infallible> {
        None
    }
}

impl<T> NoResult for Value<'_, T> {}

/// What is stored of the value of a block that is no `Err`.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn encoded<T: StoredByABranch>(value: &T) -> Result<Stored, CodecError> {
    Stored::encode(value)
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Branch for Block<T> {
    type Output = T;

    fn into_intent(self) -> Intent {
        Intent::Block {
            name: self.name,
            captured: self.captured,
        }
    }

    fn settle(settled: Settled) -> Result<T, Box<Unsettled>> {
        match settled {
            Settled::Stored(Ok(stored)) => Ok(read(&stored)),
            Settled::Stored(Err(failure)) => {
                let value = failure.error.value.as_ref();
                match value.filter(|_| failure.kind == FailureKind::Error) {
                    Some(value) => Ok(read(&Stored::from_json(&format!("{{\"Err\":{value}}}")))),
                    None => Err(Box::new(Unsettled { failure: *failure })),
                }
            }
            settled => settled.into_output(),
        }
    }
}

fn read<T: DeserializeOwned>(stored: &Stored) -> T {
    let value = stored.decode();
    value.unwrap_or_else(|error| mismatch(format!("the value of an `async` block {error}")))
}

impl<T> fmt::Debug for Block<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Block").field(&self.name).finish()
    }
}

impl<C, R, T> fmt::Debug for Link<C, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Body").field(&self.name).finish()
    }
}

impl<T> fmt::Debug for This<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("This")
    }
}

impl<T> fmt::Debug for Value<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value")
    }
}
