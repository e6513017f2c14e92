//! What an order leaves in each table, row by row: known from the order alone.

use sqlx::PgPool;

use crate::order::Order;

/// The orders in the file of the example.
pub(crate) const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/orders.jsonl");

const SHIPPED: i16 = 4;
const UNDONE: i16 = 5;

/// All orders of the file.
pub(crate) fn orders() -> Vec<Order> {
    let text = std::fs::read_to_string(ORDERS).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// Each row with its table, in no order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Facts {
    runs: Vec<i16>,
    movements: Vec<(String, i64)>,
    /// In cents; what is paid back, too.
    payments: Vec<i64>,
    charges: Vec<i64>,
    shipments: Vec<(String, i64)>,
}

impl Facts {
    /// What has to be there.
    fn wanted(order: &Order) -> Self {
        let items = |sign: i64| {
            let items = order
                .items
                .iter()
                .filter(|item| item.article != "unicorn")
                .map(move |item| (item.article.clone(), sign * item.pieces));
            items.collect::<Vec<_>>()
        };
        let sold_out = order.items.iter().any(|item| item.article == "unicorn");
        let refused = sold_out || order.card == "refused";
        let lost = refused || order.place == "Atlantis";
        let cents: i64 = order
            .items
            .iter()
            .map(|item| price(&item.article) * item.pieces)
            .sum();
        let paid = match (refused, lost) {
            (true, _) => Vec::new(),
            (false, true) => vec![-cents, cents],
            (false, false) => vec![cents],
        };
        let back = if lost { items(1) } else { Vec::new() };
        Self {
            runs: vec![if lost { UNDONE } else { SHIPPED }],
            movements: sorted([items(-1), back].concat()),
            payments: paid.clone(),
            charges: paid,
            shipments: if lost { Vec::new() } else { sorted(items(1)) },
        }
    }

    /// What is there.
    async fn found(order: &str, pool: &PgPool) -> Self {
        let runs = "select status from scoop.run where key = $1";
        let runs = sqlx::query_scalar(runs).bind(order);
        let pieces = |table: &str| {
            format!(
                "select article, pieces from checkout.{table} where order_id = $1 order by 1, 2"
            )
        };
        let (movements, shipments) = (pieces("movement"), pieces("shipment"));
        let movements = sqlx::query_as(sqlx::AssertSqlSafe(movements)).bind(order);
        let shipments = sqlx::query_as(sqlx::AssertSqlSafe(shipments)).bind(order);
        let payments = "select cents from checkout.payment where order_id = $1 order by 1";
        let payments = sqlx::query_scalar(payments).bind(order);
        // To give nothing back, where nobody knew whether there was something, is nothing.
        let charges = "select cents from provider.entry
                       where reference = $1 and cents <> 0 order by 1";
        let charges = sqlx::query_scalar(charges).bind(order);
        Self {
            runs: runs.fetch_all(pool).await.unwrap(),
            movements: movements.fetch_all(pool).await.unwrap(),
            payments: payments.fetch_all(pool).await.unwrap(),
            charges: charges.fetch_all(pool).await.unwrap(),
            shipments: shipments.fetch_all(pool).await.unwrap(),
        }
    }
}

/// Each of these orders left what it has to leave, and each of its rows once.
pub(crate) async fn exactly_once(orders: &[Order], pool: &PgPool) {
    for order in orders {
        let (found, wanted) = (Facts::found(&order.id, pool).await, Facts::wanted(order));
        if found != wanted {
            let failure = failure(&order.id, pool).await;
            panic!(
                "{}: there is {found:?} for {wanted:?}; it failed with {failure:?}",
                order.id
            );
        }
    }
}

async fn failure(order: &str, pool: &PgPool) -> Option<String> {
    let sql = "select convert_from(substr(failure, 2), 'utf8') from scoop.run where key = $1";
    let failure = sqlx::query_scalar(sql).bind(order);
    failure.fetch_one(pool).await.unwrap()
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

/// As in the stock of the example.
fn price(article: &str) -> i64 {
    match article {
        "lamp" => 2_900,
        "desk" => 14_900,
        "chair" => 7_900,
        "shelf" => 5_900,
        "clock" => 1_900,
        "vase" => 900,
        _ => 0,
    }
}
