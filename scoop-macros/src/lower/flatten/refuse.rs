//! What a saga's body cannot hold, found before anything is lowered: each with the repair.

use proc_macro2::TokenTree;
use syn::visit::{self, Visit};
use syn::{Block, Error, Expr, Macro, Pat, Stmt};

use super::super::scopes;
use super::find;

/// Everything in this body that is refused wherever it stands.
pub(super) fn everything(body: &Block) -> Vec<Error> {
    let mut refuse = Refuse { errors: Vec::new() };
    refuse.visit_block(body);
    refuse.errors
}

struct Refuse {
    errors: Vec<Error>,
}

/// Macros whose arguments are plain expressions, evaluated once and in order.
pub(super) const TRANSPARENT: [&str; 20] = [
    "vec",
    "format",
    "println",
    "print",
    "eprintln",
    "eprint",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "info",
    "debug",
    "warn",
    "error",
    "trace",
    "dbg",
];

impl Refuse {
    fn error(&mut self, span: proc_macro2::Span, message: String) {
        self.errors.push(Error::new(span, message));
    }

    /// A guard held over an await would be dropped at the await.
    fn guards(&mut self, block: &Block) {
        for (index, stmt) in block.stmts.iter().enumerate() {
            let Stmt::Local(local) = stmt else { continue };
            let (Pat::Ident(pat), Some(init)) = (&local.pat, &local.init) else {
                continue;
            };
            let held = pat.ident.to_string().starts_with('_') && makes_a_value(&init.expr)
                || locks(&init.expr);
            let transient = local
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("transient"));
            let later = &block.stmts[index + 1..];
            if held && !transient && later.iter().any(stmt_awaits) {
                self.error(
                    pat.ident.span(),
                    format!(
                        "`{}` looks like a guard held over an `.await`: the saga may go on in \
                         another process there, which does not hold it; drop it before the \
                         `.await` (put it into a block of its own), or hold it inside a step",
                        pat.ident
                    ),
                );
            }
        }
    }
}

/// Whether a macro has arms, `pattern = future => ..`, as those that wait for the first of several.
fn has_arms(mac: &Macro) -> bool {
    let is = |token: &TokenTree, wanted| matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted);
    let tokens: Vec<TokenTree> = mac.tokens.clone().into_iter().collect();
    tokens
        .windows(2)
        .any(|pair| is(&pair[0], '=') && is(&pair[1], '>'))
}

fn makes_a_value(expr: &Expr) -> bool {
    match expr {
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Struct(_) => !find::in_expr(expr),
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident.to_string().starts_with(char::is_uppercase)),
        Expr::Try(inner) => makes_a_value(&inner.expr),
        _ => false,
    }
}

/// The `async` block that this is, or has, or that a closure gives.
fn block_in(expr: &Expr) -> Option<&syn::ExprAsync> {
    match expr {
        Expr::Async(block) => Some(block),
        Expr::Closure(closure) => block_in(&closure.body),
        Expr::Tuple(tuple) => tuple.elems.iter().find_map(block_in),
        Expr::Call(call) => call.args.iter().find_map(block_in),
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(last, None)) => block_in(last),
            _ => None,
        },
        _ => None,
    }
}

fn locks(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            (call.args.is_empty()
                && ["lock", "entered", "enter", "borrow_mut"].contains(&name.as_str()))
                || (["unwrap", "expect"].contains(&name.as_str()) && locks(&call.receiver))
        }
        Expr::Try(inner) => locks(&inner.expr),
        _ => false,
    }
}

fn stmt_awaits(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Local(local) => local.init.as_ref().is_some_and(|init| {
            find::in_expr(&init.expr)
                || init
                    .diverge
                    .as_ref()
                    .is_some_and(|(_, diverge)| find::in_expr(diverge))
        }),
        Stmt::Expr(expr, _) => find::in_expr(expr),
        Stmt::Macro(mac) => find::in_tokens(mac.mac.tokens.clone()).is_some(),
        Stmt::Item(_) => false,
    }
}

impl<'a> Visit<'a> for Refuse {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_block(&mut self, block: &'a Block) {
        self.guards(block);
        visit::visit_block(self, block);
    }

    fn visit_expr_closure(&mut self, closure: &'a syn::ExprClosure) {
        if find::in_expr(&closure.body) || closure.asyncness.is_some() {
            self.error(
                closure.inputs_begin.span,
                "an `.await` inside a closure cannot be saved; use a `for` loop with the `.await` \
                 in its body, or move the closure's work into a step"
                    .to_owned(),
            );
        }
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        if !self.refuses_block(call) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_expr_await(&mut self, awaited: &'a syn::ExprAwait) {
        let Expr::Async(block) = &*awaited.base else {
            return self.operation(&awaited.base);
        };
        self.error(
            block.async_token.span,
            "an `async` block that is awaited by itself is the same as what stands in it: leave out \
             `async` and this `.await`, or put it beside other operations, in `scoop::join!`, \
             `scoop::try_join!` or `scoop::race!`, or into `scoop::timeout`"
                .to_owned(),
        );
    }

    fn visit_expr_async(&mut self, block: &'a syn::ExprAsync) {
        self.error(
            block.async_token.span,
            "an `async` block stands beside other operations, in `scoop::join!`, `scoop::try_join!` or \
             `scoop::race!`, or in `scoop::timeout`, right where that is awaited; everywhere else await its steps directly, or in a function marked \
             `#[saga(inline)]`"
                .to_owned(),
        );
    }

    fn visit_pat_guard(&mut self, guarded: &'a syn::PatGuard) {
        if find::in_expr(&guarded.guard) {
            self.error(
                guarded.if_token.span,
                "an `.await` in a match guard cannot be saved; compute it with `let` before the \
                 `match`, or test it inside the arm"
                    .to_owned(),
            );
        }
    }

    fn visit_expr_unsafe(&mut self, block: &'a syn::ExprUnsafe) {
        if find::in_block(&block.block) {
            self.error(
                block.unsafe_token.span,
                "an `.await` inside an `unsafe` block cannot be saved; keep the `.await` outside \
                 of it"
                    .to_owned(),
            );
        }
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        let name = mac
            .path
            .segments
            .last()
            .map(|s| s.ident.to_string())
            .unwrap_or_default();
        if name == "select" && has_arms(mac) {
            return self.select(mac);
        }
        let Some(span) = find::in_tokens(mac.tokens.clone()) else {
            return;
        };
        if !TRANSPARENT.contains(&name.as_str())
            || super::super::name::macro_arguments(mac).is_none()
        {
            self.error(
                span,
                format!(
                    "this `.await` is inside `{name}!(..)`, which a saga cannot look into; bind \
                     the value with `let` on the line before"
                ),
            );
        }
    }
}

/// What of several operations would be undone nobody says.
const IN_TIME: &str = "`timeout` takes one `async` block, and undoes what that did: put all of this into it, \
                       `scoop::timeout(limit, async { scoop::join!(..) }).await`";

impl Refuse {
    /// What is awaited: here alone blocks stand beside others, and what is in them is lowered for itself.
    fn operation(&mut self, operation: &Expr) {
        match operation {
            Expr::Paren(e) => self.operation(&e.expr),
            Expr::Group(e) => self.operation(&e.expr),
            Expr::MethodCall(e) => {
                self.operation(&e.receiver);
                e.args.iter().for_each(|argument| self.visit_expr(argument));
            }
            Expr::Call(call) => match scopes::joined(call) {
                Some(joined) => {
                    let others = joined.elems.iter();
                    for other in others.filter(|branch| !matches!(branch, Expr::Async(_))) {
                        self.operation(other);
                    }
                }
                None if scopes::is_caught(call) => self.operation(&call.args[0]),
                None if scopes::is_timed(call) => {
                    self.visit_expr(&call.args[0]);
                    let timed = &call.args[1];
                    match block_in(timed) {
                        _ if matches!(timed, Expr::Async(_)) => {}
                        Some(block) => self.error(block.async_token.span, IN_TIME.to_owned()),
                        None => self.operation(timed),
                    }
                }
                None => self.visit_expr_call(call),
            },
            other => self.visit_expr(other),
        }
    }

    /// Where an `async` block would be one of many.
    fn refuses_block(&mut self, call: &syn::ExprCall) -> bool {
        let Expr::Path(path) = &*call.func else {
            return false;
        };
        let name = path.path.segments.last().map(|last| last.ident.to_string());
        let message = match name.as_deref() {
            Some("map" | "try_map") => {
                "`map` takes no `async` blocks: make a saga of this one, which is called for each of the \
                 items, `scoop::map(items, |item| one(item)).await`"
            }
            _ => return false,
        };
        let found = call.args.iter().find_map(block_in);
        if let Some(block) = found {
            self.error(block.async_token.span, message.to_owned());
        }
        found.is_some()
    }

    /// What stands in it is awaited, though it does not say so.
    fn select(&mut self, mac: &Macro) {
        let message = "`select!` drops what did not win where it stands, and a saga cannot: use \
                       `scoop::race!(..)` for sagas and `async` blocks, of which the others are undone, \
                       `scoop::timeout(limit, operation)` against the clock, or `scoop::join!(..)`";
        self.errors.push(Error::new_spanned(&mac.path, message));
    }
}
