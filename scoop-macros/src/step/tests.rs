//! Expansions, pretty-printed, and the refusals.

use proc_macro2::TokenStream;
use quote::quote;

use super::expand;

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
fn a_read_only_step_expands() {
    let (tokens, errors) = expand(
        quote!(read_only),
        quote! {
            /// Looks a price up.
            pub async fn price_of(room: &str, nights: u32) -> Money {
                todo!()
            }
        },
    );
    assert!(errors.is_empty());
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn a_compensatable_step_expands() {
    let (tokens, errors) = expand(
        quote!(
            rollback = cancel_flight,
            timeout = "10s",
            retry(max = 3, on = is_transient)
        ),
        quote! {
            async fn book_flight(trip: &Trip, mailer: Resource<Mailer>) -> Result<Flight, FlightError> {
                todo!()
            }
        },
    );
    assert!(errors.is_empty());
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn a_step_with_mistakes_can_still_be_called() {
    let tokens = refused(
        quote!(pivot),
        quote!(
            fn charge(amount: u32) -> Result<(), PaymentError> {
                pay(amount).await
            }
        ),
        &[
            "a step is an `async fn`: write `async fn charge`, or `#[step(.., blocking)]` if it blocks its thread",
        ],
    );
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn what_is_no_function_is_left_alone() {
    let item = quote!(
        struct Trip;
    );
    let tokens = refused(
        quote!(pivot),
        item.clone(),
        &["`#[step]` stands on an `async fn`"],
    );
    assert_eq!(tokens.to_string(), item.to_string());
}

#[test]
fn each_mistake_of_a_signature_is_told() {
    refused(
        quote!(pivot),
        quote!(
            async fn f(&self, (a, b): (u32, u32), c: &'static str, d: Option<&str>) {}
        ),
        &[
            "a step that is a method: put `#[scoop::resource]` on the impl block, and provide its type at start-up",
            "give this parameter a name, and take it apart in the body",
            "leave out the lifetime: an argument is stored, and borrowed from what was stored",
            "an argument is stored: a borrow inside it cannot be; use an owned type",
        ],
    );
}

#[test]
fn a_transactional_step_expands() {
    let (tokens, errors) = expand(
        quote!(rollback = release, timeout = "1s"),
        quote! {
            async fn reserve(item: u32, tx: &mut Tx<'_, Postgres>) -> Result<(), SoldOut> {
                todo!()
            }
        },
    );
    assert!(errors.is_empty());
    insta::assert_snapshot!(pretty(tokens));
}

#[test]
fn a_transaction_is_of_a_database() {
    refused(
        quote!(pivot),
        quote!(
            async fn f(tx: &mut Tx<'_>) {}
        ),
        &[
            "a step says which database its transaction is of: `&mut Tx<'_, Postgres>` or `&mut Tx<'_, Sqlite>`",
        ],
    );
}

#[test]
fn an_output_owns_what_it_holds() {
    refused(
        quote!(pivot),
        quote!(
            async fn f(a: &str) -> Option<&str> {
                None
            }
        ),
        &["the output of a step is stored: a borrow inside it cannot be; use an owned type"],
    );
    refused(
        quote!(pivot),
        quote!(
            async fn f() -> Box<dyn Any> {
                None
            }
        ),
        &[
            "the output of a step is stored: a trait object cannot be; use a type or an enum of types",
        ],
    );
}

#[test]
fn a_predicate_wants_an_error() {
    refused(
        quote!(pivot, retry(forever, on = is_transient)),
        quote!(
            async fn f() -> u32 {
                1
            }
        ),
        &["`on` looks at the step's error, and this step returns no `Result`"],
    );
}
