//! The lowered body of a saga, and the function that makes it from what is stored and provided.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::Definition;
use crate::expansion::{Leave, local};
use crate::lower::frame_ident;
use crate::signature::{Form, Parameter, Source};

impl Definition<'_> {
    /// The lowered body, as a function of the frame, the stored arguments and the resources.
    pub(super) fn body(&self) -> TokenStream {
        let (shape, frame, code) = (self.shape, frame_ident(), &self.lowered.code);
        let (runtime, name) = (shape.runtime(), self.body_name());
        let this = shape.function.method.then(|| quote!(&self,));
        let parameters = shape.function.parameters.iter().map(parameter);
        // In the impl block of a method `Self` is what it was where it was written.
        let output = &shape.function.output.ty;
        let (cfgs, attributes) = (shape.cfgs(), shape.other_attributes());
        let allowed = allowed();
        quote! {
            #(#cfgs)*
            #(#attributes)*
            #[doc(hidden)]
            #[allow(#allowed)]
            async fn #name(#this mut #frame: #runtime::frame::Frame, #(#parameters),*) -> #output {
                #code
            }
        }
    }

    fn body_name(&self) -> Ident {
        let name = &self.shape.function.item.sig.ident;
        match &self.shape.function.owner {
            Some(_) => format_ident!("__body_{}", name, span = name.span()),
            None => local("body"),
        }
    }

    /// Makes the body, ready to be polled.
    pub(super) fn start(&self) -> TokenStream {
        let shape = self.shape;
        let operation = shape.operation();
        let [input, value] = ["input", "value"].map(local);
        let leave = Leave {
            end: quote!(#operation::saga::BodyError),
            in_err: true,
        };
        let (made, call) = self.made(&input, &leave);
        let end = shape.stored_end(&value);
        let output = shape.output();
        let future = quote! {{
            let #value: #output = #call.await;
            #end
        }};
        // A future that is not `Send` is reported at the name of the function.
        let span = shape.function.item.sig.ident.span();
        let boxed = quote_spanned!(span=> ::std::boxed::Box::pin(async move #future));
        quote! {
            fn __start(#input: #operation::saga::BodyInput) -> #operation::saga::BodyStart {
                #made
                ::core::result::Result::Ok(#boxed)
            }
        }
    }

    /// The statements that bind all that the body takes, and the call of it.
    pub(super) fn made(&self, input: &Ident, leave: &Leave) -> (TokenStream, TokenStream) {
        let (names, decode) = self.shape.decoded(&quote!(#input.input), leave);
        let (resources, take) = self.shape.resources(input, leave);
        let call = self.body_call(&names, &resources, input);
        (quote!(#decode #take), call)
    }

    /// The call of the body: all that is stored is given away, it belongs to the body's locals.
    fn body_call(&self, names: &[Ident], resources: &[Ident], input: &Ident) -> TokenStream {
        let function = self.shape.function;
        let (mut names, mut resources) = (names.iter(), resources.iter());
        let this = function.method.then(|| resources.next()).flatten();
        let this = this.map(|this| quote!(&*#this,));
        let passed = |each: &Parameter| match each.source {
            Source::Stored(_) => names.next(),
            Source::Resource(_) => resources.next(),
            // Refused: a saga takes none.
            Source::Transaction(_) => None,
        };
        let passed: Vec<&Ident> = function.parameters.iter().filter_map(passed).collect();
        let body = self.shape.path_of(&self.body_name());
        quote!(#body(#this #input.frame, #(#passed),*))
    }
}

/// What the lowered code would be warned of although the user's is not. A value that must be used is
/// not among them: a forgotten `?` or `.await` is as visible as anywhere.
fn allowed() -> TokenStream {
    quote! {
        dead_code, path_statements, unreachable_code, unused_assignments, unused_braces,
        unused_imports, unused_labels, unused_mut, unused_parens, unused_variables,
        irrefutable_let_patterns, let_underscore_drop, non_camel_case_types,
        non_shorthand_field_patterns, non_snake_case,
        clippy::all, clippy::pedantic, clippy::nursery
    }
}

/// A parameter of the body: what is stored, under the name that the lowered body knows it by.
fn parameter(each: &Parameter) -> TokenStream {
    let Parameter {
        name, ty, mutable, ..
    } = each;
    let mutable = mutable.then(|| quote!(mut));
    match &each.source {
        Source::Stored(form @ (Form::Borrowed(_) | Form::Text | Form::Slice(_))) => {
            let (owned, ty) = (format_ident!("__owned_{}", name), form.owned(ty));
            quote!(#owned: #ty)
        }
        Source::Stored(Form::Owned) | Source::Resource(_) | Source::Transaction(_) => {
            quote!(#mutable #name: #ty)
        }
    }
}
