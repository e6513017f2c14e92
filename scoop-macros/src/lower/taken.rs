//! `let Trip { city, nights, .. } = trip;` seen as what it takes: `trip.city` and `trip.nights`.
//!
//! That is all it needs of `trip`; and where only a part of `trip` is left, the pattern, which asks
//! for the whole, gives way to one `let` for each field.

use std::collections::BTreeSet;

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Local, Pat, PatIdent, Path, Stmt, parse_quote};

use super::ir::{VarId, Vars};
use super::name::macro_arguments;
use super::pattern;
use super::place::{self, Place};

/// A binding of a pattern and the place it stands for.
pub(super) struct Taken {
    pub(super) binding: PatIdent,
    pub(super) place: Place,
}

impl Taken {
    /// The `let` of this field alone.
    pub(super) fn stmt(&self, vars: &Vars) -> Stmt {
        let PatIdent {
            by_ref,
            mutability,
            ident,
            ..
        } = &self.binding;
        let path = self.place.path_at(vars, ident.span());
        if by_ref.is_some() {
            parse_quote!(let #ident = &#mutability #path;)
        } else {
            parse_quote!(let #mutability #ident = #path;)
        }
    }
}

/// What a `let` takes out of a place, where its pattern only names fields.
pub(super) fn taken(local: &Local, vars: &Vars) -> Option<Vec<Taken>> {
    let init = local.init.as_ref().filter(|init| init.diverge.is_none())?;
    let place = Place::of(&init.expr, vars)?;
    let mut all = Vec::new();
    (fields(&local.pat, &place, &mut all) && !all.is_empty()).then_some(all)
}

fn fields(pat: &Pat, place: &Place, all: &mut Vec<Taken>) -> bool {
    match pat {
        Pat::Struct(pat) if !may_be_variant(&pat.path) => pat.fields.iter().all(|field| {
            let name = place::member_name(&field.member);
            field_of(&field.pat, place, name, all)
        }),
        Pat::Tuple(pat) => {
            let rest = pat.elems.iter().position(|pat| matches!(pat, Pat::Rest(_)));
            let named = pat.elems.iter().filter(|pat| !matches!(pat, Pat::Rest(_)));
            rest.is_none_or(|at| at + 1 == pat.elems.len())
                && named
                    .enumerate()
                    .all(|(index, pat)| field_of(pat, place, index.to_string(), all))
        }
        Pat::Paren(pat) => fields(&pat.pat, place, all),
        _ => false,
    }
}

fn field_of(pat: &Pat, outer: &Place, name: String, all: &mut Vec<Taken>) -> bool {
    let mut place = outer.clone();
    place.fields.push(name);
    match pat {
        Pat::Wild(_) => true,
        Pat::Ident(binding) if pattern::is_binding(binding) && binding.subpat.is_none() => {
            let binding = binding.clone();
            all.push(Taken { binding, place });
            true
        }
        inner => fields(inner, &place, all),
    }
}

/// Whether the path may name a variant of an enum, which has no fields to ask for.
fn may_be_variant(path: &Path) -> bool {
    let holder = path.segments.iter().rev().nth(1);
    holder.is_some_and(|holder| holder.ident.to_string().starts_with(char::is_uppercase))
}

/// Takes patterns apart wherever they ask for one of these locals.
pub(super) struct Apart<'a> {
    pub(super) vars: &'a Vars,
    /// The locals of which only a part is there.
    pub(super) parted: &'a BTreeSet<VarId>,
}

impl Apart<'_> {
    /// A statement, taken apart.
    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Vec<Stmt> {
        let mut stmt = stmt.clone();
        self.visit_stmt_mut(&mut stmt);
        self.lets(&stmt).unwrap_or_else(|| vec![stmt])
    }

    /// An expression, taken apart inside.
    pub(super) fn expr(&mut self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        self.visit_expr_mut(&mut expr);
        expr
    }

    fn lets(&self, stmt: &Stmt) -> Option<Vec<Stmt>> {
        let Stmt::Local(local) = stmt else {
            return None;
        };
        let taken = taken(local, self.vars)?;
        let parted = taken
            .iter()
            .any(|taken| self.parted.contains(&taken.place.root));
        parted.then(|| taken.iter().map(|taken| taken.stmt(self.vars)).collect())
    }
}

impl VisitMut for Apart<'_> {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        visit_mut::visit_block_mut(self, block);
        let apart = |stmt: Stmt| self.lets(&stmt).unwrap_or_else(|| vec![stmt]);
        block.stmts = std::mem::take(&mut block.stmts)
            .into_iter()
            .flat_map(apart)
            .collect();
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        let Some(mut arguments) = macro_arguments(mac) else {
            return;
        };
        for argument in &mut arguments {
            self.visit_expr_mut(argument);
        }
        mac.tokens = quote::quote!(#(#arguments),*);
    }
}
