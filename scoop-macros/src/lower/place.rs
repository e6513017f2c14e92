//! Places: a local, or a field of a field of one.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Expr, Index, Member};

use super::ir::{Live, VarId, Vars};

/// A local and a path of fields into it; the whole local where the path is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    pub(super) root: VarId,
    pub(super) fields: Vec<String>,
}

impl Place {
    pub(super) const fn whole(root: VarId) -> Self {
        Self {
            root,
            fields: Vec::new(),
        }
    }

    /// The place that an expression names, where it names one.
    pub(super) fn of(expr: &Expr, vars: &Vars) -> Option<Self> {
        match expr {
            Expr::Path(path) => Some(Self::whole(vars.find(path.path.get_ident()?)?)),
            Expr::Field(field) => {
                let mut place = Self::of(&field.base, vars)?;
                place.fields.push(member_name(&field.member));
                Some(place)
            }
            Expr::Paren(inner) => Self::of(&inner.expr, vars),
            Expr::Group(inner) => Self::of(&inner.expr, vars),
            _ => None,
        }
    }

    /// The local that a place expression starts from, through fields and indices.
    pub(super) fn root_of(expr: &Expr, vars: &Vars) -> Option<VarId> {
        match expr {
            Expr::Index(index) => Self::root_of(&index.expr, vars),
            Expr::Field(field) => Self::root_of(&field.base, vars),
            Expr::Paren(inner) => Self::root_of(&inner.expr, vars),
            Expr::Group(inner) => Self::root_of(&inner.expr, vars),
            _ => Self::of(expr, vars).map(|place| place.root),
        }
    }

    /// The expression that names it.
    pub(super) fn path(&self, vars: &Vars) -> TokenStream {
        self.path_at(vars, vars.get(self.root).ident.span())
    }

    /// The same, for messages that belong to another place of the user's.
    pub(super) fn path_at(&self, vars: &Vars, span: Span) -> TokenStream {
        let mut root = vars.get(self.root).ident.clone();
        root.set_span(root.span().located_at(span));
        let fields = self.fields.iter().map(|field| member(field, root.span()));
        quote!(#root #(.#fields)*)
    }

    /// The name of the slot that holds it.
    pub(super) fn slot(&self, vars: &Vars) -> String {
        let mut name = vars.get(self.root).ident.to_string();
        for field in &self.fields {
            name.push('.');
            name.push_str(field);
        }
        name
    }
}

pub(super) fn member_name(member: &Member) -> String {
    match member {
        Member::Named(ident) => ident.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// The field of this name.
pub(super) fn member(name: &str, span: Span) -> Member {
    match name.parse::<u32>() {
        Ok(index) => Member::Unnamed(Index { index, span }),
        Err(_) => Member::Named(match name.strip_prefix("r#") {
            Some(raw) => Ident::new_raw(raw, span),
            None => Ident::new(name, span),
        }),
    }
}

/// The parts of `root` that are needed: the whole alone, or fields of which none holds another.
pub(super) fn parts(live: &Live, root: VarId, vars: &Vars) -> Vec<Place> {
    let all: Vec<&Place> = live.iter().filter(|place| place.root == root).collect();
    if all.is_empty() {
        return Vec::new();
    }
    if !vars.get(root).split || all.iter().any(|place| place.fields.is_empty()) {
        return vec![Place::whole(root)];
    }
    all.iter()
        .filter(|place| !all.iter().any(|other| holds(other, place)))
        .map(|place| (*place).clone())
        .collect()
}

fn holds(outer: &Place, inner: &Place) -> bool {
    outer.fields.len() < inner.fields.len() && inner.fields.starts_with(&outer.fields)
}

/// The locals of which any part is needed.
pub(super) fn roots(live: &Live) -> std::collections::BTreeSet<VarId> {
    live.iter().map(|place| place.root).collect()
}
