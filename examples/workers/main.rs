//! Three workers on one PostgreSQL, killed, paused and restarted by chance under a load of orders, with
//! a table of it each second; in the end the books balance. `cargo run --example workers --
//! --orders 300 --seconds 30 --seed 7`; with `--deploy` they are replaced in order instead.

mod arguments;
#[path = "../checkout/books.rs"]
mod books;
#[cfg(unix)]
mod chance;
#[path = "../checkout/database.rs"]
mod database;
#[cfg(unix)]
mod fleet;
mod load;
#[path = "../checkout/order.rs"]
mod order;
#[cfg(unix)]
mod overview;
#[cfg(unix)]
mod process;
#[path = "../checkout/provider.rs"]
mod provider;
mod serve;
#[path = "../checkout/shop.rs"]
mod shop;
#[path = "../checkout/told.rs"]
mod told;
#[cfg(unix)]
mod watch;

use self::arguments::Arguments;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read()?;
    if let Some(name) = &arguments.serve {
        return serve::serve(name, arguments.lease()).await;
    }
    #[cfg(unix)]
    return watch::watch(&arguments).await;
    #[cfg(not(unix))]
    anyhow::bail!("processes cannot be paused here");
}
