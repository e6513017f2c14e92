//! URLs that name no store, and resources that are missing.

use scoop::Scoop;

use crate::sagas::Mailer;

async fn refused(url: &str) -> String {
    let connected = Scoop::connect(url).provide(Mailer).await;
    connected.unwrap_err().to_string()
}

#[tokio::test]
async fn a_url_that_names_no_store() {
    for (url, says) in [
        (
            "trips.db",
            "`trips.db` is not the URL of a store: it has no scheme. For a SQLite file write \
             `sqlite:trips.db`",
        ),
        (
            "redis://user:secret@host",
            "`redis:` is not a store; there are: `memory:`, `sqlite:`, `postgres:`",
        ),
        (
            "sqlite3:trips.db",
            "`sqlite3:` is not a store; there are: `memory:`, `sqlite:`, `postgres:`; did you mean `sqlite:`?",
        ),
        ("memory:trips", "nothing may follow `memory:`"),
        ("sqlite:", "`sqlite:` wants a file, as in `sqlite:trips.db`"),
        (
            "sqlite::memory:",
            "`sqlite::memory:` is not supported, because a run in it would not survive; use \
             `memory:`",
        ),
        (
            "sqlite:trips.db?mode=ro",
            "a `sqlite:` URL takes no options (`?mode=ro`); write `sqlite:trips.db`. The file is \
             made where it is missing",
        ),
        (
            "",
            "`` is not the URL of a store: it has no scheme. For a SQLite file write `sqlite:`",
        ),
    ] {
        assert_eq!(refused(url).await, says, "{url}");
    }
}

#[tokio::test]
async fn a_resource_that_nobody_provided() {
    let error = Scoop::connect("memory:").await.unwrap_err();
    let says = "resources are missing: `refused::sagas::Mailer` for `refused::sagas::letter`, \
                `refused::sagas::Mailer` for `refused::sagas::send`, `refused::sagas::Mailer` for \
                `refused::sagas::take_back`; add `.provide(..)` before the runtime is started";
    assert_eq!(error.to_string(), says);
    // Whoever only asks and starts needs none.
    Scoop::connect("memory:").worker(false).await.unwrap();
}

#[tokio::test]
async fn a_saga_that_is_to_be_served_and_is_not_there() {
    let connect = Scoop::connect("memory:").provide(Mailer);
    let error = connect.sagas(["cars::rent"]).await.unwrap_err();
    let says = "this program has no saga `cars::rent`; if it is in a library crate, the program \
                has to use that crate: `use that_crate as _;`";
    assert_eq!(error.to_string(), says);
}
