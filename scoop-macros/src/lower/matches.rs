//! `matches!(value, pattern if guard)` as the `match` that it is: what a pattern binds, and what an
//! await in the value leaves to do, is seen by the passes only there.

use syn::parse::{Parse, ParseStream};
use syn::{Expr, Macro, Pat, Stmt, Token, parse_quote};

/// The arguments of `matches!`.
struct Matches {
    value: Expr,
    pat: Pat,
    guard: Option<Expr>,
}

impl Parse for Matches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let value = input.parse()?;
        input.parse::<Token![,]>()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        let guarded = input.parse::<Option<Token![if]>>()?.is_some();
        let guard = guarded.then(|| input.parse()).transpose()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { value, pat, guard })
    }
}

/// The `match`, where this is `matches!`.
pub(super) fn as_match(mac: &Macro) -> Option<Expr> {
    if !is_matches(mac) {
        return None;
    }
    let Matches { value, pat, guard } = mac.parse_body().ok()?;
    let guard = guard.map(|guard| quote::quote!(if #guard));
    Some(parse_quote!((match (#value) {
        #pat #guard => true,
        #[allow(unreachable_patterns)]
        _ => false,
    })))
}

/// The same for a statement.
pub(super) fn stmt_as_match(stmt: &Stmt) -> Option<Stmt> {
    let Stmt::Macro(mac) = stmt else { return None };
    Some(Stmt::Expr(as_match(&mac.mac)?, mac.semi_token))
}

fn is_matches(mac: &Macro) -> bool {
    let names: Vec<_> = mac
        .path
        .segments
        .iter()
        .map(|s| s.ident.to_string())
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    matches!(names.as_slice(), ["matches"] | ["core" | "std", "matches"])
}
