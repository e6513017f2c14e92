//! Saving, loading and carrying single locals.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::super::ir::VarId;
use super::super::place::{Place, member};
use super::super::span::located;
use super::{Emit, frame};

impl Emit<'_> {
    /// `__frame.save("x", &x);`
    ///
    /// That it cannot be saved is said of the local; that it was moved away, of the await.
    pub(super) fn save(&self, place: &Place, point: u32) -> TokenStream {
        let var = self.flat.vars.get(place.root);
        let (runtime, slot) = (self.runtime, place.slot(&self.flat.vars));
        let awaited = self.flat.points[(point - 1) as usize].span;
        let path = place.path_at(&self.flat.vars, awaited);
        let path = quote_spanned!(awaited=> &#path);
        let (frame, kept) = (
            frame(var.ident.span()),
            Ident::new("__kept", var.ident.span()),
        );
        let save = match self.codec(place) {
            Some(codec) => quote_spanned! {var.ident.span()=>
                #frame.save_argument(&#codec, #slot, #kept);
            },
            None => quote_spanned!(var.ident.span()=> #frame.save(#slot, #kept);),
        };
        if !var.probe {
            return quote!({ let #kept = #path; #save });
        }
        let runtime = located(runtime, var.ident.span());
        let probe = quote_spanned! {var.ident.span()=>
            #[allow(unused_imports)]
            use #runtime::frame::Owned as _;
            #runtime::frame::BorrowProbe(#kept).owned();
        };
        quote!({ let #kept = #path; #probe #save })
    }

    fn load_place(&self, place: &Place) -> TokenStream {
        let span = self.flat.vars.get(place.root).ident.span();
        let (frame, slot) = (frame(span), place.slot(&self.flat.vars));
        match self.codec(place) {
            Some(codec) => quote_spanned!(span=> #frame.load_argument(&#codec, #slot)),
            None => quote_spanned!(span=> #frame.load(#slot)),
        }
    }

    /// What writes and reads this place, where it is a whole argument.
    fn codec(&self, place: &Place) -> Option<&TokenStream> {
        let codec = self.flat.vars.get(place.root).codec.as_ref();
        codec.filter(|_| place.fields.is_empty())
    }

    /// The value of a local of which these parts are saved, from the frame.
    pub(super) fn load(&self, parts: &[Place]) -> TokenStream {
        self.shaped(parts, &|place| self.load_place(place))
    }

    /// The value of a local of which these parts are needed, carried out of a block.
    pub(super) fn carry(&self, parts: &[Place]) -> TokenStream {
        self.shaped(parts, &|place| place.path(&self.flat.vars))
    }

    /// The pattern that binds a local.
    pub(super) fn bind(&self, id: VarId) -> TokenStream {
        let var = self.flat.vars.get(id);
        let (ident, mutable) = (&var.ident, var.mutable.then(|| quote!(mut)));
        quote!(#mutable #ident)
    }

    /// A whole local, or a struct of the same field names with what is left of it.
    fn shaped(&self, parts: &[Place], value: &dyn Fn(&Place) -> TokenStream) -> TokenStream {
        match parts {
            [whole] if whole.fields.is_empty() => value(whole),
            parts => self.shape(parts, 0, value),
        }
    }

    fn shape(
        &self,
        parts: &[Place],
        depth: usize,
        value: &dyn Fn(&Place) -> TokenStream,
    ) -> TokenStream {
        let mut fields: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
        for part in parts {
            fields
                .entry(&part.fields[depth])
                .or_default()
                .push(part.clone());
        }
        let inner = |parts: &[Place]| match parts {
            [one] if one.fields.len() == depth + 1 => value(one),
            several => self.shape(several, depth + 1, value),
        };
        if fields.keys().all(|name| name.parse::<usize>().is_ok()) {
            return tuple(&fields, &inner);
        }
        let names: Vec<_> = fields
            .keys()
            .map(|name| member(name, Span::call_site()))
            .collect();
        let values: Vec<_> = fields.values().map(|parts| inner(parts)).collect();
        let shape = self.shape_struct(&fields.keys().copied().collect::<Vec<_>>());
        quote!(#shape { #(#names: #values),* })
    }

    fn shape_struct(&self, fields: &[&str]) -> TokenStream {
        let name = format_ident!("__Left_{}", fields.join("_").replace("r#", ""));
        let types: Vec<_> = (0..fields.len())
            .map(|index| format_ident!("T{index}"))
            .collect();
        let names = fields.iter().map(|field| member(field, Span::call_site()));
        self.shapes.borrow_mut().insert(
            name.to_string(),
            quote!(struct #name<#(#types),*> { #(#names: #types),* }),
        );
        quote!(#name)
    }
}

fn tuple(
    fields: &BTreeMap<&str, Vec<Place>>,
    inner: &dyn Fn(&[Place]) -> TokenStream,
) -> TokenStream {
    let last = fields
        .keys()
        .filter_map(|name| name.parse::<usize>().ok())
        .max()
        .unwrap_or(0);
    let values = (0..=last).map(|index| match fields.get(index.to_string().as_str()) {
        Some(parts) => inner(parts),
        None => quote!(()),
    });
    quote!((#(#values,)*))
}
