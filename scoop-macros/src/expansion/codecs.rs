//! How the arguments and the output are written and read. A type that cannot be stored is reported
//! here, and only here.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Shape, argument_codec, local};
use crate::lower::located;
use crate::signature::{Form, Parameter};

impl Shape<'_> {
    /// The codecs, as constants of the type that stands for the function.
    pub(crate) fn codecs(&self) -> TokenStream {
        let (operation, value) = (self.operation(), self.value());
        let span = self.function.output.value_span();
        let new = quote_spanned!(span=> #operation::stored::codec::<#value>());
        self.codecs_with(&quote!(const OUTPUT: #operation::stored::Codec<#value> = #new;))
    }

    /// Those of the arguments alone.
    pub(crate) fn argument_codecs(&self) -> TokenStream {
        self.codecs_with(&TokenStream::new())
    }

    fn codecs_with(&self, output: &TokenStream) -> TokenStream {
        let (function, runtime, operation) = (self.function, self.runtime(), self.operation());
        let marker = self.marker();
        let stored = local("stored");
        let constants = function.stored().enumerate();
        let constants: Vec<TokenStream> = constants
            .map(|(index, (parameter, form))| self.argument(index, parameter, form))
            .collect();
        let takes = function.stored().enumerate();
        let takes = takes.map(|(index, (_, form))| take(index, form, &stored));
        let types = function
            .stored()
            .map(|(parameter, form)| function.without_self(form.owned(&parameter.ty)));
        let count = constants.len();
        let (bind, mutable) = match count {
            0 => (quote!(_), None),
            _ => (quote!(#stored), Some(quote!(mut))),
        };
        quote! {
            impl #marker {
                #(#constants)*
                #output

                #[allow(clippy::type_complexity)]
                fn arguments(
                    arguments: &#runtime::codec::Stored,
                ) -> ::core::result::Result<(#(#types,)*), #runtime::codec::CodecError> {
                    let #mutable #bind = #operation::stored::StoredArguments::open(arguments, #count)?;
                    ::core::result::Result::Ok((#(#takes,)*))
                }
            }
        }
    }

    fn argument(&self, index: usize, parameter: &Parameter, form: &Form) -> TokenStream {
        let (operation, codec) = (self.operation(), argument_codec(index));
        let ty = self.function.without_self(form.coded(&parameter.ty));
        let new = quote_spanned!(ty.span()=> #operation::stored::codec::<#ty>());
        quote!(const #codec: #operation::stored::Codec<#ty> = #new;)
    }

    /// Refuses an error type that is none, where it is written, and a `Result` that is not called so.
    pub(crate) fn error_check(&self) -> Option<TokenStream> {
        let operation = self.operation();
        let Some(error) = self.error() else {
            return self.success_check();
        };
        let span = self.function.output.error_span();
        let check = quote_spanned!(span=> #operation::stored::is_an_error::<#error>());
        Some(quote!(const _: () = #check;))
    }

    /// Refuses a `Result` under another name. Asked where nothing runs, of the type itself.
    fn success_check(&self) -> Option<TokenStream> {
        if self.function.output.is_unit() {
            return None;
        }
        let output = self.output();
        let span = output.span();
        let operation = located(&self.operation(), span);
        let check = quote_spanned!(span=>
            #operation::counts_as_success(&#operation::Returns::<#output>::new().kind())
        );
        Some(quote! {
            const _: fn() = || {
                #[allow(unused_imports)]
                use #operation::ReturnsAValue as _;
                #check
            };
        })
    }

    /// The type of the value that is stored.
    pub(crate) fn value(&self) -> TokenStream {
        let value = self.function.output.value(self.krate);
        self.function.without_self(value)
    }

    /// The type of the error, where there can be one.
    pub(crate) fn error(&self) -> Option<TokenStream> {
        let error = self.function.output.error(self.krate)?;
        Some(self.function.without_self(error))
    }

    /// What the function returns.
    pub(crate) fn output(&self) -> TokenStream {
        self.function.without_self(&self.function.output.ty)
    }
}

fn take(index: usize, form: &Form, stored: &Ident) -> TokenStream {
    let codec = argument_codec(index);
    match form {
        Form::Slice(_) => quote!(Self::#codec.take_vec(&mut #stored)?),
        _ => quote!(Self::#codec.take(&mut #stored)?),
    }
}
