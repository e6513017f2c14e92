//! What the crates that people print errors with make of a `SagaError`: all of its chain, whole.

#![allow(clippy::unwrap_used)]

use scoop::{SagaError, Scoop, saga, step};
use serde::{Deserialize, Serialize};

#[path = "support/told.rs"]
mod told;
use told::told;

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("the card ending in {0} was declined")]
struct CardDeclined(u32);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum TripError {
    #[error("payment failed")]
    Payment(#[from] CardDeclined),
}

#[step(rollback = cancel_flight)]
async fn book_flight() -> Result<u32, CardDeclined> {
    Ok(7)
}

async fn cancel_flight(_: u32) -> Result<(), CardDeclined> {
    Ok(())
}

#[step(pivot, retry(max = 2, backoff = "1ms..2ms"))]
async fn charge(card: u32) -> Result<(), CardDeclined> {
    Err(CardDeclined(card))
}

#[saga]
async fn book_trip(card: u32) -> Result<(), TripError> {
    book_flight().await?;
    charge(card).await?;
    Ok(())
}

async fn failed() -> SagaError<TripError> {
    let scoop = Scoop::connect("memory:").await.unwrap();
    let handle = scoop.start(book_trip(4242)).await.unwrap();
    handle.wait().await.unwrap_err()
}

/// Compares all that is printed, but for the backtrace that `RUST_BACKTRACE` asks for.
#[track_caller]
fn check(printed: impl ToString, expect: &str) {
    let printed = told(printed);
    let printed = printed.split("\n\nStack backtrace:").next().unwrap();
    assert_eq!(printed.trim(), expect.trim());
}

#[tokio::test]
async fn anyhow_prints_it_whole() {
    let error = anyhow::Error::from(failed().await).context("the order cannot be taken");
    check(
        format!("{error:?}"),
        r#"
the order cannot be taken

Caused by:
    0: saga `printers::book_trip` failed and was rolled back
    1: `printers::charge` failed at tests/printers.rs:LINE (await point `charge`, attempt 2, run RUN); `printers::book_flight` (row 1) undone by `printers::cancel_flight`
    2: payment failed
    3: the card ending in 4242 was declined
"#,
    );
    check(
        format!("{error:#}"),
        r#"
the order cannot be taken: saga `printers::book_trip` failed and was rolled back: `printers::charge` failed at tests/printers.rs:LINE (await point `charge`, attempt 2, run RUN); `printers::book_flight` (row 1) undone by `printers::cancel_flight`: payment failed: the card ending in 4242 was declined
"#,
    );
}

#[tokio::test]
async fn eyre_prints_it_whole() {
    let error = eyre::Report::from(failed().await);
    check(
        format!("{error:?}"),
        r#"
saga `printers::book_trip` failed and was rolled back

Caused by:
   0: `printers::charge` failed at tests/printers.rs:LINE (await point `charge`, attempt 2, run RUN); `printers::book_flight` (row 1) undone by `printers::cancel_flight`
   1: payment failed
   2: the card ending in 4242 was declined

Location:
    tests/printers.rs:LINE
"#,
    );
}

/// Colours and width do not depend on the terminal.
fn plain() -> Box<dyn miette::ReportHandler> {
    let options = miette::MietteHandlerOpts::new();
    let options = options.force_graphical(true).color(false).unicode(true);
    Box::new(options.width(400).build())
}

#[tokio::test]
async fn miette_prints_it_whole() {
    miette::set_hook(Box::new(|_| plain())).unwrap();
    let error = miette::Report::from_err(failed().await);
    check(
        format!("{error:?}"),
        r#"
  × saga `printers::book_trip` failed and was rolled back
  ├─▶ `printers::charge` failed at tests/printers.rs:LINE (await point `charge`, attempt 2, run RUN); `printers::book_flight` (row 1) undone by `printers::cancel_flight`
  ├─▶ payment failed
  ╰─▶ the card ending in 4242 was declined
"#,
    );
}

#[tokio::test]
async fn a_scoop_error_keeps_all_of_it() {
    let error = scoop::Error::from(failed().await);
    check(
        format!("{error:?}"),
        r#"
saga `printers::book_trip` failed and was rolled back
  because: `printers::charge` failed at tests/printers.rs:LINE (await point `charge`, attempt 2, run RUN); `printers::book_flight` (row 1) undone by `printers::cancel_flight`
  because: payment failed
  because: the card ending in 4242 was declined
"#,
    );
    check(
        format!("{error:#}"),
        r#"
saga `printers::book_trip` failed and was rolled back: `printers::charge` failed at tests/printers.rs:LINE (await point `charge`, attempt 2, run RUN); `printers::book_flight` (row 1) undone by `printers::cancel_flight`: payment failed: the card ending in 4242 was declined
"#,
    );
}
