//! How a rollback is checked and called: the compiler finds out by itself what the function takes
//! after the step's own arguments, by choosing one of the impls of a trait local to the step.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Lifetime, Path};

use super::undo::Doubt;
use crate::expansion::{Shape, local};

/// A rollback takes at most so many parameters after the output.
const MOST_EXTRAS: usize = 3;

/// A step and its rollback.
pub(super) struct Undo<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) path: &'a Path,
    /// Why it must accept an unknown outcome, if it must.
    pub(super) doubt: Option<Doubt>,
}

impl Undo<'_> {
    /// A trait that all functions have which can undo this step; `Tail` are their parameters after
    /// the step's own.
    pub(super) fn local_trait(&self) -> TokenStream {
        let runtime = self.shape.runtime();
        let [message, label, expected, further] = self.texts();
        let (all, value) = (self.all_arguments(), self.value());
        let impls = self.impls();
        quote! {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = #label,
                note = #expected,
                note = #further
            )]
            trait __Rollback<'__a, __Tail> {
                type Undone;
                type Future;
                type Error;
                fn undoing(self) -> #runtime::operation::undo::Undoing<'__a, #all, #value>
                where
                    Self::Future: ::core::marker::Send,
                    Self::Error: #runtime::error::Describe;
            }
            #impls
        }
    }

    fn impls(&self) -> TokenStream {
        let with_output = (0..=MOST_EXTRAS).map(Some);
        let without = self.shape.function.output.is_unit().then_some(None);
        let tails: Vec<Option<usize>> = with_output.chain(without).collect();
        let this: &[bool] = if self.shape.function.method {
            &[true, false]
        } else {
            &[false]
        };
        let mut impls = TokenStream::new();
        for takes_self in this {
            for extras in &tails {
                impls.extend(self.one_impl(*takes_self, *extras));
            }
        }
        impls
    }

    /// The impl for functions that take (or not) `&self`, and so many parameters after the output
    /// (`None`: not even the output).
    fn one_impl(&self, takes_self: bool, extras: Option<usize>) -> TokenStream {
        let runtime = self.shape.runtime();
        let undo = quote!(#runtime::operation::undo);
        let (all, value) = (self.all_arguments(), self.value());
        let (names, types) = self.stored();
        let this = takes_self.then(|| local("this"));
        let this_type = self.this_type().filter(|_| takes_self);
        let outputs: Vec<Ident> = extras.iter().map(|_| format_ident!("__Output")).collect();
        let extras: Vec<Ident> = (0..extras.unwrap_or_default())
            .map(|n| format_ident!("__X{n}"))
            .collect();
        let undone = match outputs.first() {
            Some(output) => quote!(#output),
            // Without it there is no telling whether there is something to undo.
            None => quote!(()),
        };
        let marker = if takes_self {
            quote!(&'__a ())
        } else {
            quote!(())
        };
        let pattern = self.pattern();
        let tail = local("tail");
        let noted = local("noted");
        let (tail_pattern, take_noted) = if outputs.is_empty() {
            (quote!(_), quote!(::core::option::Option::None))
        } else {
            (quote!(mut #tail), quote!(#tail.noted.take()))
        };
        let this = this.into_iter();
        let this_type = this_type.into_iter();
        let own_resource = self.this_type_owned().filter(|_| takes_self);
        let own_resource = own_resource.map(|ty| {
            quote!(::core::option::Option::Some(#runtime::resource::ResourceType::of::<#ty>()))
        });
        let own_resource = own_resource.into_iter();
        quote! {
            #[diagnostic::do_not_recommend]
            impl<'__a, __F, __Fut, __E, #(#outputs,)* #(#extras,)*>
                __Rollback<'__a, (#marker, #(#outputs,)* #(#extras,)*)> for __F
            where
                __F: ::core::ops::Fn(#(#this_type,)* #(#types,)* #(#outputs,)* #(#extras,)*) -> __Fut
                    + ::core::marker::Send + '__a,
                __Fut: ::core::future::Future<Output = ::core::result::Result<(), __E>>
                    + '__a,
                #(#outputs: #undo::UndoneOutput<#value>,)*
                #(#extras: #undo::UndoExtra<'__a>,)*
            {
                type Undone = #undone;
                type Future = __Fut;
                type Error = __E;
                fn undoing(self) -> #undo::Undoing<'__a, #all, #value>
                where
                    __Fut: ::core::marker::Send,
                    __E: #runtime::error::Describe,
                {
                    #undo::Undoing {
                        takes_outcome: <#undone as #undo::UndoneOutput<#value>>::TAKES_OUTCOME,
                        resources: #undo::wanted::<#runtime::resource::ResourceType, _>([
                            #(#own_resource,)*
                            #(<#extras as #undo::UndoExtra<'__a>>::wanted(),)*
                        ]),
                        transactions: #undo::wanted::<#runtime::store::tx::Database, _>([
                            #(<#extras as #undo::UndoExtra<'__a>>::database(),)*
                        ]),
                        call: ::std::boxed::Box::new(move |#pattern, #tail_pattern| {
                            let #noted = #take_noted;
                            ::core::result::Result::Ok(#undo::described(self(
                                #(#this,)*
                                #(#names,)*
                                #(#tail.output::<#outputs>()?,)*
                                #(#tail.extra::<#extras>()?,)*
                            ), #noted))
                        }),
                    }
                }
            }
        }
    }

    /// The one place where the user's rollback is named.
    pub(super) fn finder(&self) -> TokenStream {
        let runtime = self.shape.runtime();
        let undo = quote!(#runtime::operation::undo);
        let (all, value) = (self.all_arguments(), self.value());
        let path = self.shape.function.without_self(self.path);
        let span = self.path.span();
        let accepts = self
            .doubt
            .map(Doubt::accepts)
            .map(|accepts| quote!(__F::Undone: #undo::#accepts));
        let find = quote_spanned!(span=> __find(#path));
        quote! {
            fn __rollback<'__a>() -> #undo::Undoing<'__a, #all, #value> {
                fn __find<'__a, __Tail, __F>(rollback: __F) -> #undo::Undoing<'__a, #all, #value>
                where
                    __F: __Rollback<'__a, __Tail>,
                    __F::Future: ::core::marker::Send,
                    __F::Error: #runtime::error::Describe,
                    #accepts
                {
                    rollback.undoing()
                }
                #find
            }
        }
    }

    /// The names and types of the step's stored arguments.
    fn stored(&self) -> (Vec<Ident>, Vec<TokenStream>) {
        let lifetime = Lifetime::new("'__a", Span::call_site());
        let types = self.shape.function.stored().map(|(parameter, form)| {
            self.shape
                .function
                .without_self(form.with_lifetime(&parameter.ty, &lifetime))
        });
        let types: Vec<TokenStream> = types.collect();
        let names = (0..types.len()).map(|index| local(&format!("argument_{index}")));
        (names.collect(), types)
    }

    /// All that a rollback can take before the output, as a tuple.
    fn all_arguments(&self) -> TokenStream {
        let (_, types) = self.stored();
        let this = self.this_type().into_iter();
        quote!((#(#this,)* #(#types,)*))
    }

    fn pattern(&self) -> TokenStream {
        let (names, _) = self.stored();
        let this = self
            .shape
            .function
            .method
            .then(|| local("this"))
            .into_iter();
        quote!((#(#this,)* #(#names,)*))
    }

    pub(super) fn this_type_owned(&self) -> Option<TokenStream> {
        self.shape.function.this().map(ToTokens::to_token_stream)
    }

    fn this_type(&self) -> Option<TokenStream> {
        let ty = self.this_type_owned()?;
        Some(quote!(&'__a #ty))
    }

    fn value(&self) -> TokenStream {
        self.shape.value()
    }
}
