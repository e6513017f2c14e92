//! `let old = trip.name; trip.name = clean(old).await;`: a field that is moved out and gets another
//! value later has none at the await in between, where the whole of `trip` has to be saved.
//!
//! So a field that is assigned to somewhere is copied where it would be moved out of its local. The
//! copy is a clone, or what reading back the stored form gives where the type cannot be cloned.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Local, Pat, Stmt, parse_quote};

use super::flatten::find;
use super::ir::{VarId, Vars};
use super::place::Place;
use super::span::located;
use super::taken::{self, Taken};
use super::{moves, order, pattern};

/// Copies every field that would be moved out although it is assigned to elsewhere.
pub(super) fn copy(body: &mut Block, vars: &Vars, runtime: &TokenStream) {
    let mut assigned = Assigned {
        vars,
        places: BTreeSet::new(),
        short: BTreeSet::new(),
    };
    assigned.visit_block(body);
    let short = assigned.short;
    let mut places = assigned.places;
    places.retain(|place| !short.contains(&place.root));
    if !places.is_empty() {
        let mut copies = Copies {
            vars,
            places,
            runtime,
        };
        copies.visit_block_mut(body);
    }
}

/// The fields that are assigned to.
struct Assigned<'a> {
    vars: &'a Vars,
    places: BTreeSet<Place>,
    /// Locals that no await passes, by the look of the block they belong to.
    short: BTreeSet<VarId>,
}

impl<'a> Visit<'a> for Assigned<'_> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_block(&mut self, block: &'a Block) {
        if !find::in_block(block) {
            let locals = block.stmts.iter().filter_map(|stmt| match stmt {
                Stmt::Local(local) => Some(&local.pat),
                _ => None,
            });
            let bound = locals.flat_map(pattern::bindings);
            self.short
                .extend(bound.filter_map(|binding| self.vars.find(&binding.ident)));
        }
        visit::visit_block(self, block);
    }

    fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
        let place = Place::of(&assign.left, self.vars);
        self.places
            .extend(place.filter(|place| !place.fields.is_empty()));
        visit::visit_expr_assign(self, assign);
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        for argument in super::name::macro_arguments(mac).unwrap_or_default() {
            self.visit_expr(&argument);
        }
    }
}

struct Copies<'a> {
    vars: &'a Vars,
    places: BTreeSet<Place>,
    runtime: &'a TokenStream,
}

impl Copies<'_> {
    /// Whether this place, or one that it is part of, gets another value somewhere.
    fn is_assigned(&self, place: &Place) -> bool {
        !place.fields.is_empty()
            && self.places.iter().any(|assigned| {
                assigned.root == place.root && place.fields.starts_with(&assigned.fields)
            })
    }

    fn copied(&self, place: &Place, span: Span) -> Expr {
        let runtime = located(self.runtime, span);
        let path = place.path_at(self.vars, span);
        let copy = quote_spanned!(span=> (&#runtime::frame::Copied(&#path)).copied());
        parse_quote!({
            #[allow(unused_imports)]
            use #runtime::frame::{ByClone as _, ByStoredForm as _};
            #copy
        })
    }

    /// Visits an expression that is only borrowed or looked into.
    fn borrowed(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Paren(inner) => self.borrowed(&mut inner.expr),
            Expr::Field(field) => self.borrowed(&mut field.base),
            Expr::Index(index) => {
                self.borrowed(&mut index.expr);
                self.visit_expr_mut(&mut index.index);
            }
            Expr::Unary(unary) => self.borrowed(&mut unary.expr),
            other => self.visit_expr_mut(other),
        }
    }

    /// Visits what a pattern is matched with: it loses what the pattern binds by value.
    fn matched(&mut self, scrutinee: &mut Expr, pats: &[&Pat]) {
        let bindings: Vec<_> = pats.iter().flat_map(|pat| pattern::bindings(pat)).collect();
        if !bindings.is_empty() && bindings.iter().all(|binding| !binding.by_ref) {
            self.visit_expr_mut(scrutinee);
        } else {
            self.borrowed(scrutinee);
        }
    }

    /// `let Trip { name, nights, .. } = trip;` as one `let` for each field, where one is assigned.
    fn fields_of(&self, stmt: &Stmt) -> Option<Vec<Stmt>> {
        let Stmt::Local(local) = stmt else {
            return None;
        };
        let taken = taken::taken(local, self.vars)?;
        taken
            .iter()
            .any(|taken| taken.binding.by_ref.is_none() && self.is_assigned(&taken.place))
            .then(|| taken.iter().map(|taken| self.field(taken)).collect())
    }

    fn field(&self, taken: &Taken) -> Stmt {
        let binding = &taken.binding;
        if binding.by_ref.is_some() || !self.is_assigned(&taken.place) {
            return taken.stmt(self.vars);
        }
        let (mutability, ident) = (&binding.mutability, &binding.ident);
        let value = self.copied(&taken.place, ident.span());
        parse_quote!(let #mutability #ident = #value;)
    }
}

impl VisitMut for Copies<'_> {
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_block_mut(&mut self, block: &mut Block) {
        let fields = |stmt: Stmt| self.fields_of(&stmt).unwrap_or_else(|| vec![stmt]);
        block.stmts = std::mem::take(&mut block.stmts)
            .into_iter()
            .flat_map(fields)
            .collect();
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match Place::of(expr, self.vars) {
            Some(place) if self.is_assigned(&place) => *expr = self.copied(&place, expr.span()),
            Some(_) => {}
            None => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let Some(init) = &mut local.init else { return };
        match &local.pat {
            Pat::Ident(pat) if pat.by_ref.is_some() => self.borrowed(&mut init.expr),
            Pat::Ident(_) | Pat::Type(_) => self.visit_expr_mut(&mut init.expr),
            pat => self.matched(&mut init.expr, &[pat]),
        }
        if let Some((_, diverge)) = &mut init.diverge {
            self.visit_expr_mut(diverge);
        }
    }

    fn visit_expr_reference_mut(&mut self, reference: &mut syn::ExprReference) {
        self.borrowed(&mut reference.expr);
    }

    fn visit_expr_index_mut(&mut self, index: &mut syn::ExprIndex) {
        self.borrowed(&mut index.expr);
        self.visit_expr_mut(&mut index.index);
    }

    fn visit_expr_binary_mut(&mut self, binary: &mut syn::ExprBinary) {
        if order::is_comparison(&binary.op) {
            self.borrowed(&mut binary.left);
            self.borrowed(&mut binary.right);
        } else if order::is_assignment(&binary.op) {
            self.borrowed(&mut binary.left);
            self.visit_expr_mut(&mut binary.right);
        } else {
            visit_mut::visit_expr_binary_mut(self, binary);
        }
    }

    fn visit_expr_assign_mut(&mut self, assign: &mut syn::ExprAssign) {
        self.borrowed(&mut assign.left);
        self.visit_expr_mut(&mut assign.right);
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        if moves::consumes(&call.method) {
            self.visit_expr_mut(&mut call.receiver);
        } else {
            self.borrowed(&mut call.receiver);
        }
        for arg in &mut call.args {
            self.visit_expr_mut(arg);
        }
    }

    fn visit_expr_match_mut(&mut self, matched: &mut syn::ExprMatch) {
        let pats: Vec<&Pat> = matched.arms.iter().map(|arm| &arm.pat).collect();
        self.matched(&mut matched.expr, &pats);
        for arm in &mut matched.arms {
            self.visit_arm_mut(arm);
        }
    }

    fn visit_expr_let_mut(&mut self, expr: &mut syn::ExprLet) {
        self.matched(&mut expr.expr, &[&expr.pat]);
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        let by_value = moves::takes_arguments(mac);
        let Some(mut arguments) = super::name::macro_arguments(mac) else {
            return;
        };
        for argument in &mut arguments {
            match argument {
                Expr::Assign(named) => self.borrowed(&mut named.right),
                argument if by_value => self.visit_expr_mut(argument),
                argument => self.borrowed(argument),
            }
        }
        mac.tokens = quote!(#(#arguments),*);
    }
}
