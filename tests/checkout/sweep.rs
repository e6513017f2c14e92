//! Real processes, killed when a step's transaction has begun, when its SQL is done and nothing is
//! committed, and when all is: at every commit, on the way forward and in a rollback.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use crate::facts::exactly_once;
use crate::life::{COMMITS, ORDER, POINT, URL};
use crate::order::{Item, Order};
use crate::place::Place;
use crate::point::Point;

/// Two items, and how it ends.
fn order(what: &str, case: &str) -> Order {
    let item = |article: &str, pieces| Item {
        article: article.to_owned(),
        pieces,
    };
    let mut items = vec![item("lamp", 2), item("vase", 1)];
    items.extend((what == "sold out").then(|| item("unicorn", 1)));
    let card = if what == "refused" { "refused" } else { "ok" };
    let place = if what == "undone" {
        "Atlantis"
    } else {
        "Porto"
    };
    Order {
        id: format!("{what} {case}"),
        customer: "Ada".to_owned(),
        items,
        card: card.to_owned(),
        place: place.to_owned(),
    }
}

/// Lives up to this point: nothing when it was killed there, else how many commits it made.
fn live(place: &Place, order: &Order, point: Point) -> Option<u64> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["life::life", "--exact", "--ignored", "--nocapture"])
        .env(ORDER, serde_json::to_string(order).unwrap())
        .env(URL, &place.url)
        .env(POINT, point.to_string())
        .output()
        .unwrap();
    if output.status.signal() == Some(9) {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{point}: {said}{complaint}");
    let commits = said.lines().find_map(|line| line.strip_prefix(COMMITS));
    Some(commits.unwrap().parse().unwrap())
}

async fn killed_everywhere(what: &'static str) {
    let place = Place::new().await;
    let points = tokio::task::block_in_place(|| {
        let peace = order(what, "in peace");
        let commits = live(&place, &peace, Point::Never).unwrap();
        assert!(commits > 4, "{commits} commits");
        let mut orders = vec![peace];
        let mut points = 0;
        for number in 1..=commits {
            let begun = Point::BeforeEffect(number);
            for point in [
                begun,
                Point::BeforeCommit(number),
                Point::AfterCommit(number),
            ] {
                let order = order(what, &point.to_string());
                let killed = live(&place, &order, point).is_none();
                // Not every commit is one of a transaction.
                assert!(killed || point == begun, "{point} was never reached");
                points += u32::from(killed);
                assert!(!killed || live(&place, &order, Point::Never).is_some());
                orders.push(order);
            }
        }
        let slow = order(what, "after each commit");
        let mut lives = 0;
        while live(&place, &slow, Point::AfterCommit(1)).is_none() {
            lives += 1;
            // One more where it died while its card was charged: a refusal after that does not
            // say that the call before came to nothing, so there is a refund.
            assert!(lives <= commits + 1, "it does not get on");
        }
        orders.push(slow);
        (points, lives, orders)
    });
    let (points, lives, orders) = points;
    exactly_once(&orders, &place.pool).await;
    place.balances().await;
    eprintln!("checkout, {what}: killed at {points} points, and {lives} times on its way");
}

macro_rules! killed_everywhere {
    ($($name:ident = $what:literal),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                killed_everywhere($what).await;
            }
        )*
    };
}

killed_everywhere!(
    an_order_that_is_shipped = "shipped",
    an_order_that_is_undone_after_all_else = "undone",
    an_order_whose_card_is_refused = "refused",
    an_order_that_is_sold_out = "sold out",
);
