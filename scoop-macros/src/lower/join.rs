//! `join!(a, b)`, `try_join!(a, b)` and `race!(a, b)` as the awaits that they are: `join((a, b)).await`. The
//! function has the name of the macro, so that what is imported for one is used.

use super::name::macro_arguments;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Error, Expr, Macro, Stmt, Token, parse_quote_spanned};

use super::scopes;

/// How many operations there can be: as many as tuples of them are known.
const MOST: usize = 8;

/// Who has macros of the same names.
const FOREIGN: [&str; 4] = ["tokio", "futures", "futures_util", "futures_lite"];

/// Rewrites all of them in a body; says what is wrong with some.
pub(super) fn as_awaits(body: &mut Block) -> Vec<Error> {
    let mut pass = Joins {
        errors: Vec::new(),
        found: 0,
    };
    pass.visit_block_mut(body);
    pass.errors
}

struct Joins {
    errors: Vec<Error>,
    found: usize,
}

impl VisitMut for Joins {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Await(outer) = expr
            && let Expr::Macro(e) = &*outer.base
            && let Some(awaited) = self.awaited(&e.mac)
        {
            let name = e
                .mac
                .path
                .segments
                .last()
                .map(|last| last.ident.to_string());
            let name = name.unwrap_or_default();
            self.errors.push(Error::new(
                outer.await_token.span(),
                format!("`{name}!` awaits by itself: leave out this `.await`"),
            ));
            *expr = awaited;
        } else if let Expr::Macro(e) = expr
            && let Some(awaited) = self.awaited(&e.mac)
        {
            *expr = awaited;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Macro(e) = stmt
            && let Some(awaited) = self.awaited(&e.mac)
        {
            *stmt = Stmt::Expr(awaited, e.semi_token);
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    /// One that takes expressions; whether an await may stand in them is for others to say.
    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let Some(mut arguments) = macro_arguments(mac) else {
            return;
        };
        let before = self.found;
        for argument in &mut arguments {
            self.visit_expr_mut(argument);
        }
        if self.found > before {
            mac.tokens = quote::quote!(#(#arguments),*);
        }
    }

    /// Another function.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    /// What is in an async block is not awaited here.
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}

    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
}

impl Joins {
    fn awaited(&mut self, mac: &Macro) -> Option<Expr> {
        let name = &mac.path.segments.last()?.ident;
        if !scopes::is_of_several(name) {
            return None;
        }
        let first = mac.path.segments.first()?.ident.to_string();
        if mac.path.segments.len() > 1 && FOREIGN.contains(&&*first) {
            self.errors.push(Error::new_spanned(
                &mac.path,
                format!(
                    "`{first}::{name}!` awaits futures, which nobody can store: write `scoop::{name}!`"
                ),
            ));
            return None;
        }
        let branches = Punctuated::<Expr, Token![,]>::parse_terminated;
        let branches = match branches.parse2(mac.tokens.clone()) {
            Ok(branches) => branches,
            Err(error) => {
                self.errors.push(error);
                Punctuated::new()
            }
        };
        for branch in &branches {
            if let Expr::Await(awaited) = branch {
                self.errors.push(Error::new(
                    awaited.await_token.span(),
                    format!("`{name}!` awaits what it is given: leave out this `.await`"),
                ));
            }
        }
        let wrong = match name == "race" {
            true => (branches.len() < 2 || branches.len() > MOST)
                .then(|| format!("`{name}!` takes two to {MOST} sagas and `async` blocks")),
            false => (branches.is_empty() || branches.len() > MOST).then(|| {
                format!(
                    "`{name}!` takes one to {MOST} operations; for one operation on each of many \
                     items there is `scoop::map(items, |item| step(item)).await`"
                )
            }),
        };
        self.errors
            .extend(wrong.map(|wrong| Error::new_spanned(&mac.path, wrong)));
        self.found += 1;
        let (path, branches) = (&mac.path, branches.iter());
        Some(parse_quote_spanned!(mac.path.span()=> #path((#(#branches,)*)).await))
    }
}
