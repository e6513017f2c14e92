//! Where the value of control flow goes.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::ir::Dest;
use super::{Building, Emit};

impl Emit<'_> {
    pub(super) fn take_result(&self, to: &Dest, building: &mut Building) {
        if let Dest::Let(pat, _) = to {
            building.own.extend(self.bound(pat));
        }
    }
}

pub(super) fn dest(to: &Dest, label: Option<&syn::Label>, value: &TokenStream) -> TokenStream {
    match label {
        Some(label) => assigned(to, &quote!(#label { #value })),
        None => assigned(to, value),
    }
}

pub(super) fn loop_dest(to: &Dest, label: Option<&syn::Label>, value: &TokenStream) -> TokenStream {
    let label = label.iter();
    assigned(to, &quote!(#(#label)* #value))
}

fn assigned(to: &Dest, value: &TokenStream) -> TokenStream {
    match to {
        Dest::Statement => quote!(#value;),
        Dest::Let(pat, None) => quote!(let #pat = #value;),
        Dest::Let(pat, Some(ty)) => quote!(let #pat: #ty = #value;),
    }
}
