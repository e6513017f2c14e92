//! The parameters of steps and sagas: what is stored, and what is provided.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{GenericArgument, Ident, Lifetime, Pat, PatType, PathArguments, Type};

/// How the made-up names begin.
const UNUSED: &str = "__unused_";

/// A parameter, `self` not among them.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// Its name; made up for `_`.
    pub(crate) name: Ident,
    /// Its type, as it is written.
    pub(crate) ty: Type,
    /// Whether the body may assign to it.
    pub(crate) mutable: bool,
    pub(crate) source: Source,
}

/// Where the value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// From the call; stored.
    Stored(Form),
    /// From the start-up of the process; this is its type.
    Resource(Type),
    /// From the engine: a transaction of this database.
    Transaction(Type),
}

/// How a stored value is passed.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// By value.
    Owned,
    /// As `&T`.
    Borrowed(Type),
    /// As `&str`.
    Text,
    /// As `&[T]`.
    Slice(Type),
}

impl Parameter {
    /// Reads a parameter; `index` names what has no name.
    pub(crate) fn read(written: &PatType, index: usize) -> Self {
        let (name, mutable) = match &*written.pat {
            Pat::Ident(pattern) => (pattern.ident.clone(), pattern.mutability.is_some()),
            _ => {
                let name = Ident::new(&format!("{UNUSED}{index}"), Span::mixed_site());
                (name, false)
            }
        };
        let ty = ungrouped(&written.ty).clone();
        let source = if let Some(resource) = resource_in(&ty) {
            Source::Resource(resource)
        } else if let Some(database) = database_in(&ty) {
            Source::Transaction(database)
        } else {
            Source::Stored(Form::of(&ty))
        };
        Self {
            name,
            ty,
            mutable,
            source,
        }
    }

    /// Its name for people.
    pub(crate) fn shown(&self) -> String {
        let name = self.name.to_string();
        if name.starts_with(UNUSED) {
            "_".to_owned()
        } else {
            name
        }
    }

    pub(crate) const fn stored(&self) -> Option<&Form> {
        match &self.source {
            Source::Stored(form) => Some(form),
            Source::Resource(_) | Source::Transaction(_) => None,
        }
    }

    /// The type that is provided, for a `Resource<T>`.
    pub(crate) const fn resource(&self) -> Option<&Type> {
        match &self.source {
            Source::Resource(ty) => Some(ty),
            Source::Stored(_) | Source::Transaction(_) => None,
        }
    }

    /// The database of a `&mut Tx<'_, D>`.
    pub(crate) const fn database(&self) -> Option<&Type> {
        match &self.source {
            Source::Transaction(ty) => Some(ty),
            Source::Stored(_) | Source::Resource(_) => None,
        }
    }
}

impl Form {
    fn of(ty: &Type) -> Self {
        let Type::Reference(reference) = ty else {
            return Self::Owned;
        };
        match ungrouped(&reference.elem) {
            Type::Path(path) if path.path.is_ident("str") => Self::Text,
            Type::Slice(slice) => Self::Slice((*slice.elem).clone()),
            elem => Self::Borrowed(elem.clone()),
        }
    }

    /// The type whose codec writes and reads it.
    pub(crate) fn coded(&self, ty: &Type) -> TokenStream {
        match self {
            Self::Owned => quote!(#ty),
            Self::Borrowed(elem) | Self::Slice(elem) => quote!(#elem),
            Self::Text => quote!(::std::string::String),
        }
    }

    /// The type it is stored as.
    pub(crate) fn owned(&self, ty: &Type) -> TokenStream {
        match self {
            Self::Slice(elem) => quote!(::std::vec::Vec<#elem>),
            _ => self.coded(ty),
        }
    }

    /// The type, with `lifetime` where it borrows.
    pub(crate) fn with_lifetime(&self, ty: &Type, lifetime: &Lifetime) -> TokenStream {
        match self {
            Self::Owned => quote!(#ty),
            Self::Borrowed(elem) => quote!(& #lifetime #elem),
            Self::Text => quote!(& #lifetime str),
            Self::Slice(elem) => quote!(& #lifetime [#elem]),
        }
    }
}

/// The `T` of a `Resource<T>`.
pub(super) fn resource_in(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ungrouped(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(resource) if last.ident == "Resource" => Some(resource.clone()),
        _ => None,
    }
}

/// The `D` of a `&mut Tx<'_, D>`.
fn database_in(ty: &Type) -> Option<Type> {
    let Type::Reference(reference) = ungrouped(ty) else {
        return None;
    };
    reference.mutability?;
    transaction(&reference.elem)?
}

/// Whether it is a `Tx`, and what its database is, where that is written.
#[expect(clippy::option_option, reason = "two questions")]
pub(super) fn transaction(ty: &Type) -> Option<Option<Type>> {
    let Type::Path(path) = ungrouped(ty) else {
        return None;
    };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Tx")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(None);
    };
    Some(arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(database) => Some(database.clone()),
        _ => None,
    }))
}

/// The type inside the invisible brackets that a `macro_rules!` macro puts around it.
pub(super) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}
