//! Keys of an attribute: which are known, which are meant, which are there twice.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ExprPath, Lit, LitStr, Meta, Path, Token};

use crate::diagnostics::Mistakes;

/// The entries of an attribute with their keys: known ones only, each once. A misspelt one is
/// taken for what it was meant to be, so that it is one mistake and no more.
pub(crate) fn entries(
    tokens: TokenStream,
    known: &[&'static str],
    mistakes: &mut Mistakes,
) -> Vec<(&'static str, Meta)> {
    let entries = match Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(entries) => entries,
        Err(error) => {
            mistakes.push(error);
            return Vec::new();
        }
    };
    let mut found: Vec<(&'static str, Meta)> = Vec::new();
    for entry in entries {
        let Some(key) = key_of(&entry, known, mistakes) else {
            continue;
        };
        if found.iter().any(|(other, _)| *other == key) {
            mistakes.at(entry.path(), format_args!("`{key}` is given twice"));
        } else {
            found.push((key, entry));
        }
    }
    found
}

fn key_of(entry: &Meta, known: &[&'static str], mistakes: &mut Mistakes) -> Option<&'static str> {
    let written = crate::diagnostics::text_of(entry.path());
    let (distance, nearest) = known
        .iter()
        .map(|key| (strsim::damerau_levenshtein(key, &written), *key))
        .min()?;
    if distance == 0 {
        return Some(nearest);
    }
    if distance <= 1 + nearest.len() / 4 {
        let message = format_args!("unknown key `{written}`; did you mean `{nearest}`?");
        mistakes.at(entry.path(), message);
        return Some(nearest);
    }
    let known = known.join("`, `");
    mistakes.at(
        entry.path(),
        format_args!("unknown key `{written}`; known are `{known}`"),
    );
    None
}

/// An entry that is only a word.
pub(crate) fn word(entry: &Meta, mistakes: &mut Mistakes) {
    if !matches!(entry, Meta::Path(_)) {
        let key = crate::diagnostics::text_of(entry.path());
        mistakes.at(entry, format_args!("`{key}` stands alone, without a value"));
    }
}

/// The text of an entry `key = ".."`.
pub(crate) fn text(entry: &Meta, example: &str, mistakes: &mut Mistakes) -> Option<LitStr> {
    if let Meta::NameValue(pair) = entry
        && let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &pair.value
    {
        return Some(text.clone());
    }
    wanted(entry, example, mistakes);
    None
}

/// The path of an entry `key = path`.
pub(crate) fn path(entry: &Meta, example: &str, mistakes: &mut Mistakes) -> Option<Path> {
    if let Meta::NameValue(pair) = entry
        && let Expr::Path(ExprPath {
            qself: None, path, ..
        }) = &pair.value
    {
        return Some(path.clone());
    }
    wanted(entry, example, mistakes);
    None
}

/// The tokens in the parentheses of an entry `key(..)`.
pub(crate) fn list(entry: &Meta, example: &str, mistakes: &mut Mistakes) -> Option<TokenStream> {
    if let Meta::List(list) = entry {
        return Some(list.tokens.clone());
    }
    wanted(entry, example, mistakes);
    None
}

/// The entry is not written as it should be.
pub(crate) fn wanted(entry: &Meta, example: &str, mistakes: &mut Mistakes) {
    match entry {
        Meta::NameValue(pair) => mistakes.at(&pair.value, format_args!("expected `{example}`")),
        _ => mistakes.at(entry, format_args!("expected `{example}`")),
    }
}
