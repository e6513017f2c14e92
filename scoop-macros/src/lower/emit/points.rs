//! The await points as constants.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::super::ir::Flat;

/// A `Point` literal for each await point.
pub(in crate::lower) fn points(
    flat: &Flat,
    slots: &BTreeMap<u32, Vec<String>>,
    runtime: &TokenStream,
) -> Vec<TokenStream> {
    let literal = |(index, point): (usize, &super::super::ir::PointInfo)| {
        let number = u32::try_from(index + 1).expect("points are numbered in 32 bits");
        let live = slots.get(&number).cloned().unwrap_or_default();
        let (name, tried) = (&point.name, point.tried);
        quote_spanned! {point.span=>
            #runtime::protocol::description::Point {
                name: #name,
                live: &[#(#live),*],
                file: ::core::file!(),
                line: ::core::line!(),
                tried: #tried,
            }
        }
    };
    flat.points.iter().enumerate().map(literal).collect()
}
