//! `async` blocks beside other operations: each is lowered for itself, and has what it captures for
//! parameters. What it is awaited with stands in its place: a call that stores what it captures.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::visit::Visit as _;
use syn::{Block, Expr, ExprAsync, Stmt, parse_quote};

use super::super::emit::mentions;
use super::super::ir::{Capture, Inner, VarId, VarKind};
use super::super::labels::leaving;
use super::super::last::{self, Last};
use super::super::place::Place;
use super::super::scopes;
use super::super::span::located;
use super::super::{Kept, Param, pattern};
use super::Flatten;
use super::awaited::base_name;
use super::captures::{Changes, THIS, bound_by, bound_in, named, without_self};

/// Looks at each block that stands beside other operations here, and says whether it alone says what its
/// value is: all that race give the same.
fn each(operation: &mut Expr, look: &mut dyn FnMut(&mut Expr, bool)) {
    match operation {
        Expr::Paren(e) => each(&mut e.expr, look),
        Expr::Group(e) => each(&mut e.expr, look),
        Expr::MethodCall(e) => each(&mut e.receiver, look),
        Expr::Call(e) if scopes::is_caught(e) => each(&mut e.args[0], look),
        Expr::Call(e) => {
            let races = scopes::is_race(e);
            let branches = scopes::operations(e);
            let all_blocks = branches.iter().all(|each| matches!(each, Expr::Async(_)));
            for (index, branch) in branches.into_iter().enumerate() {
                match branch {
                    Expr::Async(_) => look(branch, !races || all_blocks && index == 0),
                    other => each(other, look),
                }
            }
        }
        _ => {}
    }
}

/// What a block needs of the saga around it.
#[derive(Default)]
struct Needs {
    /// The locals that it captures, as they are first named.
    captured: BTreeMap<VarId, Ident>,
    /// Those that a loop or a `match` around it bound to a borrow, or that borrow a part of another: what is
    /// behind that is captured.
    behind: BTreeMap<VarId, Ident>,
    /// Those that are bound again in it, by the number of their `let`.
    again: BTreeSet<usize>,
    provided: BTreeMap<String, Ident>,
}

impl Flatten {
    /// Takes the blocks out of what is awaited at this point.
    pub(super) fn blocks(&mut self, point: u32, operation: &mut Expr) -> Vec<Inner> {
        let mut total = 0;
        each(operation, &mut |_, _| total += 1);
        let (mut number, mut blocks) = (0, Vec::new());
        each(operation, &mut |block, alone| {
            let Expr::Async(found) = block.clone() else {
                return;
            };
            number += 1;
            let name = match total {
                1 => "block".to_owned(),
                _ => format!("block ({number} of {total})"),
            };
            let link = format_ident!("__block{point}_{number}", span = Span::mixed_site());
            if let Some((begin, inner)) = self.block_of(found, alone, name, link) {
                *block = begin;
                blocks.push(inner);
            }
        });
        blocks
    }

    /// What begins a block, and the block; nothing where it is refused.
    fn block_of(
        &mut self,
        mut found: ExprAsync,
        alone: bool,
        name: String,
        link: Ident,
    ) -> Option<(Expr, Inner)> {
        let mut last = Last::of(&found.block);
        last.is_a_call &= alone;
        let scope = scopes::take(&mut found).and_then(|scope| self.vars.scopes.get(scope).cloned());
        let mut body = without_self(found.block);
        let mut needs = Needs::default();
        let mut own = bound_in(&body, &self.vars);
        if let Some(scope) = scope {
            own.extend(self.vars.ids().filter(|id| !scope.contains(id)));
        }
        let before = self.errors.len();
        self.need(&body.to_token_stream(), &own, &mut needs);
        self.refuse_changes(&body, &needs);
        self.refuse_leaving(&body);
        if self.errors.len() > before {
            return None;
        }
        let again = needs.again.iter().map(|index| {
            let mut stmt = self.vars.again[*index].stmt.clone();
            if let Stmt::Local(local) = &mut stmt {
                local.attrs.push(parse_quote!(#[transient]));
            }
            stmt
        });
        let behind = needs.behind.keys().map(|id| {
            let (ident, lent) = (self.ident(*id), self.behind(*id));
            parse_quote!(#[transient] let #ident = #lent.again();)
        });
        let again: Vec<Stmt> = behind.chain(again).collect();
        last::look(&mut body, last);
        body.stmts.splice(0..0, again);
        let body = without_self(body);
        let captures = self.captures(&link, &needs);
        let captured: Vec<Ident> = captures.iter().map(|each| each.ident.clone()).collect();
        let provided: Vec<Ident> = needs.provided.values().cloned().collect();
        let params = params(&captured, &provided);
        let lowered = match super::super::lower(&params, body, &self.runtime) {
            Ok(lowered) => lowered,
            Err(errors) => {
                self.errors.extend(errors);
                return None;
            }
        };
        let begin = self.begin(&name, &link, &needs, &captures);
        let inner = Inner {
            link,
            name,
            last,
            captured: captures,
            provided,
            lowered,
        };
        Some((begin, inner))
    }

    /// What a block calls the value behind a local that borrows.
    fn behind(&self, id: VarId) -> Ident {
        format_ident!("__behind_{}", self.ident(id))
    }

    fn ident(&self, id: VarId) -> Ident {
        self.vars.get(id).ident.clone()
    }

    /// Finds out what these tokens need that they do not bind themselves.
    fn need(&mut self, tokens: &TokenStream, own: &BTreeSet<VarId>, needs: &mut Needs) {
        let found = mentions(tokens, &self.vars);
        for ident in named(tokens) {
            let name = ident.to_string();
            if name == "self" || name == THIS {
                let this = Ident::new(THIS, Span::mixed_site().located_at(ident.span()));
                needs.provided.entry(THIS.to_owned()).or_insert(this);
            } else if self.vars.provided.contains(&name) {
                needs.provided.entry(name).or_insert(ident);
            }
        }
        for id in found.difference(own).copied() {
            match self.vars.get(id).kind.clone() {
                VarKind::Saved => {
                    let name = self.ident(id);
                    let at = named(tokens).into_iter().find(|ident| *ident == name);
                    needs.captured.entry(id).or_insert(at.unwrap_or(name));
                }
                VarKind::Again(index) if self.borrows_a_part(id, index) => {
                    self.need_behind(id, tokens, needs);
                }
                VarKind::Again(index) if needs.again.insert(index) => {
                    let stmt = self.vars.again[index].stmt.clone();
                    let mut bound = BTreeSet::new();
                    if let Stmt::Local(local) = &stmt {
                        bound.extend(bound_by(&local.pat, &self.vars));
                    }
                    self.need(&stmt.to_token_stream(), &bound, needs);
                }
                VarKind::Again(_) => {}
                VarKind::Ambient { .. } => self.need_behind(id, tokens, needs),
            }
        }
    }

    fn need_behind(&self, id: VarId, tokens: &TokenStream, needs: &mut Needs) {
        let name = self.ident(id);
        let at = named(tokens).into_iter().find(|ident| *ident == name);
        needs.behind.entry(id).or_insert(at.unwrap_or(name));
    }

    /// Whether a local borrows a part of another, of which the rest may be gone.
    fn borrows_a_part(&self, id: VarId, again: usize) -> bool {
        let again = &self.vars.again[again];
        let Stmt::Local(local) = &again.stmt else {
            return false;
        };
        let is_part = |place: &Place| !place.fields.is_empty();
        if !again.roots.iter().any(is_part) {
            return false;
        }
        let bindings = pattern::bindings(&local.pat);
        let mut by_ref = bindings.iter().filter(|binding| binding.by_ref);
        if by_ref.any(|binding| self.vars.find(&binding.ident) == Some(id)) {
            return true;
        }
        match local.init.as_ref().map(|init| &*init.expr) {
            Some(Expr::Reference(e)) => {
                let pat = match &local.pat {
                    syn::Pat::Type(typed) => &*typed.pat,
                    pat => pat,
                };
                matches!(pat, syn::Pat::Ident(_)) && Place::of(&e.expr, &self.vars).is_some()
            }
            _ => false,
        }
    }

    /// A change of what a block captured would be lost.
    fn refuse_changes(&mut self, body: &Block, needs: &Needs) {
        let mut changes = Changes {
            vars: &self.vars,
            captured: needs
                .captured
                .keys()
                .chain(needs.behind.keys())
                .copied()
                .collect(),
            found: Vec::new(),
        };
        changes.visit_block(body);
        for (span, id) in changes.found {
            let name = base_name(&self.ident(id).to_string());
            self.refuse(
                span,
                &format!(
                    "an `async` block has a copy of `{name}`, so the saga would not see this change: \
                     let the block give back the new value, and assign it after the `.await` of \
                     all of them"
                ),
            );
        }
    }

    /// The loop around a block is not its own.
    fn refuse_leaving(&mut self, body: &Block) {
        for (span, word) in leaving(body) {
            self.refuse(
                span,
                &format!(
                    "an `async` block cannot `{word}` a loop around it: let the block give a value that says so, and \
                     `{word}` after the `.await` of all of them"
                ),
            );
        }
    }

    fn captures(&self, link: &Ident, needs: &Needs) -> Vec<Capture> {
        let whole = needs.captured.iter();
        let whole = whole.map(|(id, at)| (self.ident(*id), at.span(), false));
        let behind = needs.behind.iter();
        let behind = behind.map(|(id, at)| (self.behind(*id), at.span(), true));
        let numbered = whole.chain(behind).enumerate();
        let capture = |(number, (ident, at, behind))| Capture {
            ident,
            codec: format_ident!("{link}_{number}", span = Span::mixed_site().located_at(at)),
            at,
            behind,
        };
        numbered.map(capture).collect()
    }

    /// A local that is captured, or what is behind it.
    fn lent(&self, ident: &Ident, Capture { codec, behind, .. }: &Capture) -> TokenStream {
        let runtime = located(&self.runtime, ident.span());
        let operation = quote_spanned!(ident.span()=> #runtime::operation);
        if !behind {
            return quote_spanned!(ident.span()=> #operation::given::Lending(&#codec, &#ident));
        }
        let captured = quote_spanned!(ident.span()=> #operation::lent::Behind(&#ident).captured());
        quote!({
            #[allow(unused_imports)]
            use #operation::lent::NothingBehind as _;
            #captured
        })
    }

    /// What the block is awaited with.
    fn begin(&self, name: &str, link: &Ident, needs: &Needs, captures: &[Capture]) -> Expr {
        let operation = format!("scoop::{name}");
        let mentioned = needs.captured.values().chain(needs.behind.values());
        let all: Vec<_> = mentioned.zip(captures).collect();
        let captured = all.into_iter().rev();
        let captured = captured.fold(quote!(()), |rest, (ident, capture)| {
            let lent = self.lent(ident, capture);
            quote!((#lent, #rest))
        });
        let runtime = &self.runtime;
        let provided = needs
            .provided
            .values()
            .rev()
            .fold(quote!(()), |rest, ident| match ident == THIS {
                true if self.vars.provided.contains(THIS) => {
                    quote!((#runtime::operation::given::This(#ident), #rest))
                }
                true => quote!((#runtime::operation::given::This(self), #rest)),
                false => quote!((&#ident, #rest)),
            });
        parse_quote!(#link.begin(#operation, #captured, #provided))
    }
}

fn params(captured: &[Ident], provided: &[Ident]) -> Vec<Param> {
    let param = |ident: &Ident, kept| Param {
        ident: ident.clone(),
        mutable: false,
        kept,
        codec: None,
    };
    let captured = captured.iter().map(|ident| param(ident, Kept::Stored));
    let provided = provided.iter().map(|ident| param(ident, Kept::Provided));
    captured.chain(provided).collect()
}
