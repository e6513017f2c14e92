//! What patterns bind.

use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Ident, Pat, PatIdent};

/// Whether an identifier in a pattern is a binding, and not a constant or a unit variant.
pub(super) fn is_binding(pat: &PatIdent) -> bool {
    pat.subpat.is_some()
        || pat.by_ref.is_some()
        || pat.mutability.is_some()
        || !pat.ident.to_string().starts_with(char::is_uppercase)
}

/// One binding of a pattern.
pub(super) struct Binding {
    pub(super) ident: Ident,
    pub(super) by_ref: bool,
    pub(super) mutable: bool,
}

/// The bindings of a pattern, each once.
pub(super) fn bindings(pat: &Pat) -> Vec<Binding> {
    struct Collect(Vec<Binding>);
    impl<'a> Visit<'a> for Collect {
        fn visit_pat_ident(&mut self, pat: &'a PatIdent) {
            if is_binding(pat) && !self.0.iter().any(|known| known.ident == pat.ident) {
                self.0.push(Binding {
                    ident: pat.ident.clone(),
                    by_ref: pat.by_ref.is_some(),
                    mutable: pat.mutability.is_some(),
                });
            }
            visit::visit_pat_ident(self, pat);
        }

        fn visit_expr(&mut self, _: &'a syn::Expr) {}
    }
    let mut collect = Collect(Vec::new());
    collect.visit_pat(pat);
    collect.0
}

/// The pattern with `_` in place of everything that it binds by value.
pub(super) fn only_by_ref(pat: &Pat) -> Pat {
    struct Blank;
    impl VisitMut for Blank {
        fn visit_pat_mut(&mut self, pat: &mut Pat) {
            if let Pat::Ident(ident) = pat
                && is_binding(ident)
                && ident.by_ref.is_none()
            {
                *pat = match ident.subpat.take() {
                    Some((_, inner)) => *inner,
                    None => Pat::Wild(syn::PatWild {
                        attrs: Vec::new(),
                        underscore_token: <syn::Token![_]>::default(),
                    }),
                };
            }
            visit_mut::visit_pat_mut(self, pat);
        }
    }
    let mut pat = pat.clone();
    Blank.visit_pat_mut(&mut pat);
    pat
}

/// Splits `pat if guard`.
pub(super) fn split_guard(pat: Pat) -> (Pat, Option<Box<syn::Expr>>) {
    match pat {
        Pat::Guard(guarded) => (*guarded.pat, Some(guarded.guard)),
        pat => (pat, None),
    }
}
