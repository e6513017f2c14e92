//! `key`, `key = value` and `key(..)`, separated by commas.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Lit, LitStr, Path, Result, Token, token};

use crate::diagnostics::Mistakes;

/// One argument of an attribute.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    value: Value,
}

enum Value {
    None,
    Is(Expr),
    List(TokenStream),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = if input.peek(Token![crate]) {
            let token: Token![crate] = input.parse()?;
            Ident::new("crate", token.span)
        } else {
            input.parse()?
        };
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(input.parse()?)
        } else if input.peek(token::Paren) {
            let inner;
            syn::parenthesized!(inner in input);
            Value::List(inner.parse()?)
        } else {
            Value::None
        };
        Ok(Self { key, value })
    }
}

impl Entry {
    /// Reads all arguments, refusing keys that are unknown or given twice.
    pub(crate) fn all(
        args: TokenStream,
        attribute: &str,
        known: &[&str],
        mistakes: &mut Mistakes,
    ) -> Vec<Self> {
        let parser = Punctuated::<Self, Token![,]>::parse_terminated;
        let entries = match syn::parse::Parser::parse2(parser, args) {
            Ok(entries) => entries,
            Err(error) => {
                mistakes.push(error);
                return Vec::new();
            }
        };
        let mut kept: Vec<Self> = Vec::new();
        for entry in entries {
            let name = entry.key.to_string();
            if !known.contains(&name.as_str()) {
                mistakes.add(entry.key.span(), unknown(&name, attribute, known));
            } else if kept.iter().any(|other| other.key == entry.key) {
                mistakes.add(entry.key.span(), format!("`{name}` is given twice"));
            } else {
                kept.push(entry);
            }
        }
        kept
    }

    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }

    /// No value at all.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            Value::None => Ok(()),
            _ => Err(Error::new(
                self.span(),
                format!("`{}` takes no value", self.key),
            )),
        }
    }

    /// The path of a function.
    pub(crate) fn path(&self) -> Result<Path> {
        match &self.value {
            Value::Is(Expr::Path(path)) => Ok(path.path.clone()),
            _ => Err(Error::new(
                self.span(),
                format!(
                    "`{0}` takes the name of a function: `{0} = function_name`",
                    self.key
                ),
            )),
        }
    }

    /// A text.
    pub(crate) fn text(&self) -> Result<LitStr> {
        match &self.value {
            Value::Is(Expr::Lit(literal)) if let Lit::Str(text) = &literal.lit => Ok(text.clone()),
            _ => Err(Error::new(
                self.span(),
                format!("`{0}` takes a text: `{0} = \"..\"`", self.key),
            )),
        }
    }

    /// A number greater than zero, or `forever`.
    pub(crate) fn attempts(&self) -> Result<Option<u32>> {
        let wrong = || {
            Error::new(
                self.span(),
                format!(
                    "`{0}` takes a number of attempts or `forever`: `{0} = 5`",
                    self.key
                ),
            )
        };
        match &self.value {
            Value::Is(Expr::Lit(literal)) if let Lit::Int(int) = &literal.lit => {
                let number = int.base10_parse::<u32>().map_err(|_| wrong())?;
                if number == 0 {
                    Err(wrong())
                } else {
                    Ok(Some(number))
                }
            }
            Value::Is(Expr::Path(path)) if path.path.is_ident("forever") => Ok(None),
            _ => Err(wrong()),
        }
    }

    /// What stands in the brackets.
    pub(crate) fn list(&self) -> Result<TokenStream> {
        match &self.value {
            Value::List(tokens) => Ok(tokens.clone()),
            _ => Err(Error::new(
                self.span(),
                format!("`{0}` takes arguments: `{0}(..)`", self.key),
            )),
        }
    }
}

fn unknown(name: &str, attribute: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|key| (strsim::damerau_levenshtein(name, key), key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 4)
        .min();
    let hint = near
        .map(|(_, key)| format!("; did you mean `{key}`?"))
        .unwrap_or_default();
    format!(
        "`#[{attribute}]` knows no `{name}`{hint}\nit knows: {}",
        known.join(", ")
    )
}
