//! The attribute macros of `scoop-saga`. Use them through the facade, `scoop`.
//!
//! Each is a pure function from tokens to tokens and errors: what it makes of wrong code still
//! holds the user's item, so that one mistake is one error and the editor keeps working.

mod attribute;
mod diagnostics;
mod expansion;
mod fallback;
mod lower;
mod resource;
mod saga;
mod signature;
mod step;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

/// Makes a step of an `async fn`: the unit of a saga that has an effect, and an undo.
///
/// One of four kinds is required:
///
/// | kind | what it promises | after an error, without `retry` |
/// | --- | --- | --- |
/// | `rollback = path` | can be undone by this function | no other attempt |
/// | `pivot` | cannot be undone: from here on only forward | no other attempt |
/// | `retriable` | needs no undo, and succeeds when repeated | repeated without end, with back-off |
/// | `read_only` | changes nothing | no other attempt |
///
/// Further keys:
///
/// | key | meaning | if left out |
/// | --- | --- | --- |
/// | `retry(max = 5)` | at most so many attempts, the first among them | as above |
/// | `retry(forever)` | attempts without end | as above |
/// | `backoff = "100ms..30s"`, in `retry` | the first and the longest pause; each is twice the one before | `"100ms..30s"` |
/// | `on = path`, in `retry` | `fn(&E) -> bool`: whether this error of the step is worth another attempt | all are |
/// | `timeout = "10s"` | the longest time for one attempt; a rollback takes `Outcome<T>` then, unless the step takes a `Tx` | no limit |
/// | `cancellable` | it may be dropped at its awaits where nothing more is to begin; a rollback takes `Outcome<T>` then, unless the step takes a `Tx` | it is awaited |
/// | `undo(retry(..))` | `retry` for the rollback, without `on` | ten attempts, `"100ms..60s"`, then the run is stuck |
/// | `blocking` | a plain `fn`, run on the threads of tokio that may block | an `async fn` |
/// | `name = ".."` | the name in the store | module path and name |
/// | `crate = path` | where the crate `scoop` is | `::scoop` |
///
/// Durations are numbers with units: `"250ms"`, `"10s"`, `"5 minutes"`, `"1h 30m"`, `"2 days"`.
///
/// Arguments are stored: they are owned, or `&T`, `&str`, `&[T]`. A parameter `Resource<T>` is
/// provided at start-up, and not part of the call. Nor is a `tx: &mut Tx<'_, Postgres>` (or `Sqlite`):
/// what the step writes with it in the store's database takes effect exactly once.
///
/// A rollback is an `async fn` that takes the stored arguments of the step, then its output as `T`
/// or as `Outcome<T>` (nothing, if that is `()` and nothing follows), then at most three of `Failure`,
/// `Resource<T>` and `&mut Tx<'_, D>`, and returns a `Result<(), E>`.
///
/// A unit test runs the step as a plain function: `book(&trip).provide(desk).call().await`, and one with
/// a `Tx` in a transaction of the test: `.call_in(&mut tx)`.
///
/// More in the guide: `scoop::guide::steps`, `scoop::guide::transactions`.
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(step::expand, arguments, item)
}

/// Makes a saga of an `async fn`: it survives crashes, and is undone when it fails.
///
/// | key | meaning | if left out |
/// | --- | --- | --- |
/// | `name = ".."` | the name in the store; with it the function may be renamed and moved | module path and name |
/// | `deadline = "2h"` | after this time from its start a run is undone, as if it were cancelled | no limit |
/// | `rollback_deadline = "1d"` | a rollback that takes longer is stuck, for an operator, with the next attempt that would come later | no limit |
/// | `priority = 1` | how urgent its runs are, from -128 to 127: a level goes ahead as an hour of waiting does | that of the run that awaits it, or 0 |
/// | `queue = ".."` | the queue of its runs, of which only so many run at once: see `Connect::queue` | none |
/// | `inline` | a function of the sagas that await it: a part of their runs, without one of its own | a saga |
/// | `crate = path` | where the crate `scoop` is | `::scoop` |
///
/// In its body:
///
/// | attribute | meaning | if left out |
/// | --- | --- | --- |
/// | `#[at("..")]` on a `let` or a statement with one `.await` | the name of the await point in the store | the callee and the `let`: `book:room` |
/// | `#[transient]` on a `let` | its expression is evaluated again after each `.await`, and holds none | the value is stored |
///
/// Its parameters are stored, as those of a step. A `Resource<T>` is provided at start-up, and not
/// part of the call: `order(articles)` calls
/// `async fn order(articles: Vec<String>, warehouse: Resource<Warehouse>)`.
///
/// Clippy and the compiler's lints for what is unused do not look into the body. A forgotten `?` or
/// `.await` is reported.
///
/// More in the guide: `scoop::guide::sagas` says what a body can hold, `scoop::guide::deploying` what
/// may change while runs are stored.
#[proc_macro_attribute]
pub fn saga(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(saga::expand, arguments, item)
}

/// Stands on an `impl` block whose methods are steps or sagas: `Self` is a resource, provided at
/// start-up. It takes no keys; those of the methods stand in their `#[step(..)]` and `#[saga(..)]`.
///
/// A step or a saga in it takes `&self`. Its rollback is a method, `rollback = Self::put_back`, with
/// `&self`, or a function beside the block, without. All other methods stay what they are.
///
/// The receiver of a call is not stored and not used: it only says which step is meant. The step
/// runs on the resource of that type which was provided to the runtime, so `W(1000).st(n)` runs on
/// the provided `W`.
///
/// The type is a struct or an enum without parameters, `Send + Sync`, and the block is not one of a
/// trait.
///
/// More in the guide: `scoop::guide::resources`.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(resource::expand, arguments, item)
}

fn expand(
    expand: fn(Tokens, Tokens) -> (Tokens, Vec<syn::Error>),
    arguments: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let (arguments, item) = (Tokens::from(arguments), Tokens::from(item));
    if resource::is_taken_over(&arguments) {
        return TokenStream::new();
    }
    let (tokens, errors) = expand(arguments, item);
    diagnostics::finish(tokens, errors).into()
}
