//! The last expression of an `async` block: what the compiler says of the block's value belongs there.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens as _;
use syn::{Block, Expr, ExprCall, ExprMethodCall, Stmt, parse_quote_spanned};

use super::flatten::THIS;

/// Methods whose type those say who use the value.
const OF_ANY_TYPE: [&str; 6] = ["into", "try_into", "parse", "collect", "sum", "product"];

/// Where it begins and ends.
#[derive(Clone, Copy)]
pub(super) struct Last {
    pub(super) begin: Span,
    pub(super) end: Span,
    /// Whether it may be a call of a step that nobody awaits. To look at it settles its type, so it is not done where
    /// others say what that is.
    pub(super) is_a_call: bool,
}

impl Last {
    /// Of this block; the whole of it where nothing is at its end.
    pub(super) fn of(block: &Block) -> Self {
        let whole = block.brace_token.span.join();
        let Some(Stmt::Expr(last, None)) = block.stmts.last() else {
            return Self {
                begin: whole,
                end: whole,
                is_a_call: false,
            };
        };
        let tokens: Vec<TokenTree> = last.to_token_stream().into_iter().collect();
        Self {
            begin: tokens.first().map_or(whole, TokenTree::span),
            end: tokens.last().map_or(whole, TokenTree::span),
            is_a_call: match last {
                Expr::Call(call) => is_of_a_function(call),
                Expr::MethodCall(call) => is_of_a_local(call),
                _ => false,
            },
        }
    }
}

/// Has a call at the end of a block looked at, where it may be one that nobody awaits.
pub(super) fn look(block: &mut Block, last: Last) {
    if let Some(Stmt::Expr(call, None)) = block.stmts.last_mut()
        && last.is_a_call
    {
        *call = match is_of_this(call) {
            // That name is the macro's; the braces have a place of the user's.
            true => parse_quote_spanned!(last.begin=> ({ #call }).at_the_end_of_a_block()),
            false => parse_quote_spanned!(last.begin=> #call.at_the_end_of_a_block()),
        };
    }
}

/// Whether it is one of a free function, by its name: an associated one may return what is asked of it.
fn is_of_a_function(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    let mut segments = path.path.segments.iter();
    path.qself.is_none()
        && segments.all(|segment| !segment.ident.to_string().starts_with(char::is_uppercase))
}

/// Whether it is a method of what was `self`.
fn is_of_this(call: &Expr) -> bool {
    let Expr::MethodCall(call) = call else {
        return false;
    };
    matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(THIS))
}

fn is_of_a_local(call: &ExprMethodCall) -> bool {
    let any = OF_ANY_TYPE.iter().any(|name| call.method == name);
    matches!(&*call.receiver, Expr::Path(_)) && !any
}
