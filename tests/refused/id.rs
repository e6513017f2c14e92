//! Ids that callers give.

use crate::sagas::{Mailer, greet};
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    hostile_ids_are_refused_or_are_ids_like_others,
    an_id_with_another_input,
    a_run_that_is_not_there
);

async fn hostile_ids_are_refused_or_are_ids_like_others(place: Place) {
    let store = place.open().await;
    let scoop = connecting(store).provide(Mailer).await.unwrap();
    for (id, says) in [
        ("", "the run id is empty"),
        ("a\0b", "the run id contains a NUL character"),
        ("\0", "the run id contains a NUL character"),
        (&"x".repeat(1_025), "the run id is longer than 1,024 bytes"),
        (&"é".repeat(513), "the run id is longer than 1,024 bytes"),
    ] {
        let started = scoop.start(greet("Ada".to_owned())).id(id).await;
        assert_eq!(started.unwrap_err().to_string(), says);
    }
    let good = [
        " ",
        "'; drop table scoop_run; --",
        "%_*?",
        "a\r\nb\t\u{1b}[31m",
        "naïve",
        // The same to people, another text: not the same run.
        "nai\u{308}ve",
        "\u{202e}txt.exe",
        "👩‍👩‍👧‍👦",
        "\u{fffd}\u{feff}",
        &"x".repeat(1_024),
        &"é".repeat(512),
    ];
    let mut runs = Vec::new();
    for (number, id) in good.into_iter().enumerate() {
        // Another input each: two ids that were taken for one would be refused.
        let name = "n".repeat(number + 1);
        let handle = scoop.start(greet(name.clone())).id(id).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), number + 1, "{id:?}");
        let again = scoop.start(greet(name)).id(id).await.unwrap();
        assert_eq!(again.id(), handle.id(), "{id:?}");
        let found = scoop.find(greet, id).await.unwrap().unwrap();
        assert_eq!(found.id(), handle.id(), "{id:?}");
        runs.push(handle.id());
    }
    runs.sort_unstable();
    runs.dedup();
    assert_eq!(runs.len(), good.len());
}

async fn an_id_with_another_input(place: Place) {
    let store = place.open().await;
    let scoop = connecting(store).provide(Mailer).await.unwrap();
    let ada = scoop
        .start(greet("Ada".to_owned()))
        .id("one")
        .await
        .unwrap();
    let bob = scoop.start(greet("Bob".to_owned())).id("one").await;
    let says = format!(
        "the id `one` belongs to run {} of `refused::sagas::greet`, which was started with another \
         input",
        ada.id()
    );
    assert_eq!(bob.unwrap_err().to_string(), says);
    assert_eq!(ada.wait().await.unwrap(), 3);
}

async fn a_run_that_is_not_there(place: Place) {
    let store = place.open().await;
    let scoop = connecting(store).provide(Mailer).await.unwrap();
    let id = "018bcfe5-6800-7000-8000-000000000001".parse().unwrap();
    let says = "there is no run 018bcfe5-6800-7000-8000-000000000001";
    let admin = scoop.admin();
    for error in [
        admin.show(id).await.unwrap_err(),
        admin.retry(id).await.unwrap_err(),
        admin.skip(id, "gone").await.unwrap_err(),
        admin.resolve(id, "gone").await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), says);
    }
}
