//! Backward through Rust's own statements and expressions.

use proc_macro2::{TokenStream, TokenTree};
use syn::{BinOp, Expr, Stmt};

use super::super::ir::Live;
use super::super::name;
use super::super::order;
use super::super::pattern;
use super::super::place::Place;
use super::super::taken;
use super::{Pass, Target};

impl Pass<'_> {
    pub(super) fn stmt(&mut self, stmt: &Stmt, mut live: Live) -> Live {
        match stmt {
            Stmt::Local(local) => {
                self.kill_pattern(&mut live, &local.pat);
                let Some(init) = &local.init else { return live };
                if let Some((_, diverge)) = &init.diverge {
                    live.extend(self.expr(diverge, Live::new()));
                }
                let taken = taken::taken(local, self.vars).unwrap_or_default();
                if !taken
                    .iter()
                    .any(|taken| self.vars.get(taken.place.root).split)
                {
                    return self.expr(&init.expr, live);
                }
                for taken in taken {
                    self.read(taken.place, &mut live);
                }
                live
            }
            Stmt::Expr(expr, _) => self.expr(expr, live),
            Stmt::Macro(mac) => self.mac(&mac.mac, live),
            Stmt::Item(_) => live,
        }
    }

    fn stmts(&mut self, block: &syn::Block, live: Live) -> Live {
        block
            .stmts
            .iter()
            .rev()
            .fold(live, |live, stmt| self.stmt(stmt, live))
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each form of expression")]
    pub(super) fn expr(&mut self, expr: &Expr, mut live: Live) -> Live {
        if let Some(place) = Place::of(expr, self.vars) {
            self.read(place, &mut live);
            return live;
        }
        match expr {
            Expr::If(e) => {
                let then = self.stmts(&e.then_branch, live.clone());
                let other = match &e.else_branch {
                    Some((_, other)) => self.expr(other, live),
                    None => live,
                };
                self.cond(&e.cond, then, other)
            }
            Expr::Match(e) => {
                let mut needed = Live::new();
                for arm in e.arms.iter().rev() {
                    let body = self.expr(&arm.body, live.clone());
                    needed = self.arm(&arm.pat, body, needed);
                }
                self.expr(&e.expr, needed)
            }
            Expr::Loop(e) => {
                let label = e.label.as_ref().map(|label| label.name.ident.to_string());
                self.fixpoint(label, &live, Live::new(), |pass, head| {
                    pass.stmts(&e.body, head)
                })
            }
            Expr::While(e) => {
                let label = e.label.as_ref().map(|label| label.name.ident.to_string());
                self.fixpoint(label, &live, Live::new(), |pass, head| {
                    let body = pass.stmts(&e.body, head);
                    pass.cond(&e.cond, body, live.clone())
                })
            }
            Expr::ForLoop(e) => {
                let label = e.label.as_ref().map(|label| label.name.ident.to_string());
                let head = self.fixpoint(label, &live, live.clone(), |pass, head| {
                    let mut body = pass.stmts(&e.body, head);
                    pass.kill_pattern(&mut body, &e.pat);
                    body
                });
                self.expr(&e.expr, head)
            }
            Expr::Block(e) => match &e.label {
                None => self.stmts(&e.block, live),
                Some(label) => {
                    let target = Target {
                        label: Some(label.name.ident.to_string()),
                        is_loop: false,
                        after: live.clone(),
                        again: Live::new(),
                    };
                    self.with_target(target, |pass| pass.stmts(&e.block, live))
                }
            },
            Expr::Unsafe(e) => self.stmts(&e.block, live),
            Expr::Async(e) => self.stmts(&e.block, live),
            Expr::Break(e) => {
                let after = self
                    .target(e.label.as_ref())
                    .map(|target| target.after.clone());
                self.optional(e.expr.as_deref(), after.unwrap_or_default())
            }
            Expr::Continue(e) => self
                .target(e.label.as_ref())
                .map(|target| target.again.clone())
                .unwrap_or_default(),
            Expr::Return(e) => self.optional(e.expr.as_deref(), Live::new()),
            Expr::Closure(e) => {
                let mut body = self.expr(&e.body, Live::new());
                for input in &e.inputs {
                    self.kill_pattern(&mut body, input);
                }
                live.extend(body);
                live
            }
            Expr::Assign(e) => self.assign(e, live),
            Expr::Binary(e) if matches!(e.op, BinOp::And(_) | BinOp::Or(_)) => {
                let right = self.expr(&e.right, live.clone());
                live.extend(right);
                self.expr(&e.left, live)
            }
            Expr::Let(e) => {
                self.kill_pattern(&mut live, &e.pat);
                self.expr(&e.expr, live)
            }
            Expr::Macro(e) => self.mac(&e.mac, live),
            other => {
                let operands = order::operands(other).unwrap_or_default();
                operands
                    .into_iter()
                    .rev()
                    .fold(live, |live, operand| self.expr(operand, live))
            }
        }
    }

    fn optional(&mut self, expr: Option<&Expr>, live: Live) -> Live {
        match expr {
            Some(expr) => self.expr(expr, live),
            None => live,
        }
    }

    fn assign(&mut self, e: &syn::ExprAssign, mut live: Live) -> Live {
        match Place::of(&e.left, self.vars) {
            Some(place) if place.fields.is_empty() => {
                Self::kill(&mut live, place.root);
                self.expr(&e.right, live)
            }
            _ => {
                let live = self.expr(&e.left, live);
                self.expr(&e.right, live)
            }
        }
    }

    /// What is needed before a condition that goes to `then` or to `other`.
    pub(super) fn cond(&mut self, cond: &Expr, mut then: Live, other: Live) -> Live {
        match cond {
            Expr::Binary(e) if matches!(e.op, BinOp::And(_)) => {
                let right = self.cond(&e.right, then, other.clone());
                self.cond(&e.left, right, other)
            }
            Expr::Let(e) => {
                self.kill_pattern(&mut then, &e.pat);
                then.extend(other);
                self.expr(&e.expr, then)
            }
            Expr::Paren(e) => self.cond(&e.expr, then, other),
            other_cond => {
                then.extend(other);
                self.expr(other_cond, then)
            }
        }
    }

    /// What is needed before an arm: its body's needs, or the later arms' where its guard says no.
    pub(super) fn arm(&mut self, pat: &syn::Pat, body: Live, mut later: Live) -> Live {
        let (bare, guard) = pattern::split_guard(pat.clone());
        let mut needed = match guard {
            Some(guard) => {
                let mut both = body;
                both.extend(later.iter().cloned());
                self.expr(&guard, both)
            }
            None => body,
        };
        self.kill_pattern(&mut needed, &bare);
        later.extend(needed);
        later
    }

    fn mac(&mut self, mac: &syn::Macro, live: Live) -> Live {
        let name = mac
            .path
            .segments
            .last()
            .map(|s| s.ident.to_string())
            .unwrap_or_default();
        let diverges = ["panic", "unreachable", "todo", "unimplemented"].contains(&name.as_str());
        let mut live = if diverges { Live::new() } else { live };
        let Some(arguments) = name::macro_arguments(mac) else {
            self.tokens(mac.tokens.clone(), &mut live);
            return live;
        };
        for argument in arguments.iter().rev() {
            live = match argument {
                Expr::Lit(literal) => {
                    self.tokens(quote::ToTokens::to_token_stream(literal), &mut live);
                    live
                }
                Expr::Assign(named) => self.expr(&named.right, live),
                other => self.expr(other, live),
            };
        }
        live
    }

    /// Every place in tokens that are no Rust expressions may be read.
    fn tokens(&self, tokens: TokenStream, live: &mut Live) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream(), live),
                TokenTree::Ident(ident) => {
                    if let Some(root) = self.vars.find(ident) {
                        let fields = fields(&tokens[index + 1..]);
                        self.read(Place { root, fields }, live);
                    }
                }
                TokenTree::Literal(literal) => {
                    for name in name::captures(&literal.to_string()) {
                        if let Some(&id) = self.vars.by_name.get(&name) {
                            self.read(Place::whole(id), live);
                        }
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
}

/// The fields in `.a.b` at the front of these tokens; a method ends them.
fn fields(tokens: &[TokenTree]) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = tokens;
    while let [TokenTree::Punct(dot), TokenTree::Ident(name), after @ ..] = rest {
        let called = matches!(after.first(), Some(TokenTree::Group(_)));
        if dot.as_char() != '.' || called {
            break;
        }
        fields.push(name.to_string());
        rest = after;
    }
    fields
}
