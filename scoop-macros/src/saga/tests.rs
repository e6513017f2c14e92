//! What sagas become around their bodies, and what is refused.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use super::{expand, expand_fn};
use crate::signature::Owner;

fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

#[track_caller]
fn refused(arguments: TokenStream, item: TokenStream, expected: &[&str]) -> TokenStream {
    let (tokens, errors) = expand(arguments, item);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, expected);
    tokens
}

#[test]
fn a_saga_with_a_resource_expands() {
    let (tokens, errors) = expand(
        quote!(name = "trip", crate = renamed),
        quote! {
            /// Books a trip.
            pub async fn trip(city: &str, desk: Resource<Desk>) -> Result<Ticket, SoldOut> {
                desk.book(city).await
            }
        },
    );
    assert!(errors.is_empty());
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn a_function_of_a_saga_expands() {
    let (tokens, errors) = expand(
        quote!(inline, crate = renamed),
        quote! {
            async fn trip(city: &str, desk: Resource<Desk>) -> Option<Ticket> {
                desk.book(city).await.ok()
            }
        },
    );
    assert!(errors.is_empty());
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn a_function_of_a_saga_with_mistakes_is_still_one() {
    let tokens = refused(
        quote!(inline, deadline = "2h", name = "trip"),
        quote!(
            async fn trip() {}
        ),
        &[
            "an `inline` function has no run of its own: `deadline` stands at the saga that awaits \
             it; leave out `deadline`, or `inline`",
            "an `inline` function is not stored under a name of its own: its awaits are named after \
             the one it is called in; leave out `name`, or `inline`",
        ],
    );
    assert!(tokens.to_string().contains("inline :: Inline for __trip"));
}

#[test]
fn the_body_of_a_method_stands_in_the_impl_block() {
    let item: ItemFn = syn::parse_quote! {
        async fn trip(&self, city: String) -> Result<Self, SoldOut> {
            self.book(&city).await
        }
    };
    let owner = Owner {
        ty: syn::parse_quote!(crate::Desk),
        name: syn::parse_quote!(Desk),
    };
    let (expansion, errors) = expand_fn(TokenStream::new(), item, Some(owner));
    assert!(errors.is_empty());
    let (function, beside) = (expansion.function.to_string(), expansion.beside.to_string());
    assert!(function.contains("async fn __body_trip (& self , mut __frame"));
    assert!(beside.contains("< crate :: Desk > :: __body_trip"));
    assert!(!beside.contains("Self >"), "{beside}");
}

#[test]
fn a_saga_with_mistakes_can_still_be_called() {
    let tokens = refused(
        quote!(),
        quote!(
            async fn trip(n: u32) -> u32 {
                let both = tokio::select! { n = look(n) => n, n = look(n) => n };
                both
            }
        ),
        &[
            "`select!` drops what did not win where it stands, and a saga cannot: use `scoop::race!(..)` for sagas and `async` blocks, of which the others are undone, `scoop::timeout(limit, operation)` against the clock, or `scoop::join!(..)`",
        ],
    );
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn what_is_no_function_is_left_alone() {
    let item = quote!(
        struct Trip;
    );
    let expected = ["`#[saga]` stands on an `async fn` with a body"];
    let tokens = refused(quote!(), item.clone(), &expected);
    assert_eq!(tokens.to_string(), item.to_string());
}

#[test]
fn a_resource_is_taken_as_it_is_provided() {
    refused(
        quote!(),
        quote!(
            async fn trip(mut a: Resource<A>, b: &Resource<B>) {}
        ),
        &[
            "a resource of a saga is not stored, so what is assigned to it would be gone after a \
             crash; leave out `mut`",
            "take the `Resource<T>` itself: it is a shared pointer",
        ],
    );
}
