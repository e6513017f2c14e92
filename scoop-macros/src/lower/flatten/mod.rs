//! Pass 2: every await becomes a statement of its own, in the order in which Rust evaluates.

mod awaited;
mod blocks;
mod captures;
mod control;
mod expr;
pub(super) mod find;
mod joined;
mod operand;
mod refuse;
mod statement;

use proc_macro2::TokenStream;
use syn::{Error, Ident};

pub(super) use captures::THIS;

use super::ir::{Flat, PointInfo, Vars};
use super::name::Named;

/// Flattens a body, or says everything that is wrong with it.
pub(super) fn flatten(mut named: Named, runtime: &TokenStream) -> Result<Flat, Vec<Error>> {
    if find::chain_in(&named.body) {
        super::labels::explicit(&mut named.body);
    }
    let mut pass = Flatten {
        runtime: runtime.clone(),
        vars: named.vars,
        points: Vec::new(),
        errors: Vec::new(),
        temps: 0,
        branches: 0,
        binding: None,
        label: None,
        loops: Vec::new(),
    };
    pass.errors.extend(refuse::everything(&named.body));
    super::moves::mark(&named.body, &mut pass.vars);
    let root = pass.block(named.body);
    if !pass.errors.is_empty() {
        return Err(pass.errors);
    }
    let param_vars = named
        .params
        .iter()
        .filter_map(|ident| pass.vars.find(ident))
        .collect();
    Ok(Flat {
        vars: pass.vars,
        points: pass.points,
        root,
        param_vars,
    })
}

struct Flatten {
    runtime: TokenStream,
    vars: Vars,
    points: Vec<PointInfo>,
    errors: Vec<Error>,
    temps: usize,
    branches: usize,
    /// The `let` whose value is being made.
    binding: Option<String>,
    /// The label of the statement under way.
    label: Option<String>,
    /// The slot names of loops so far, to keep them apart.
    loops: Vec<String>,
}

impl Flatten {
    fn refuse(&mut self, span: proc_macro2::Span, message: &str) {
        self.errors.push(Error::new(span, message));
    }

    /// A local of our own.
    fn temp(&mut self, what: &str, span: proc_macro2::Span) -> Ident {
        self.temps += 1;
        let ident = Ident::new(&format!("__{what}{}", self.temps), span);
        self.vars.add(ident.clone(), false);
        ident
    }

    fn next_point(&self) -> u32 {
        u32::try_from(self.points.len() + 1).expect("a function has fewer awaits than 2^32")
    }

    fn next_id(&mut self) -> usize {
        self.branches += 1;
        self.branches
    }
}
