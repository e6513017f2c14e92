//! `scoop-bench`: measures scoop against the limits of the database it runs on.

mod alone;
mod arguments;
mod crowd;
mod figures;
mod idle;
mod limits;
mod median;
mod memory;
mod place;
mod processes;
mod recovery;
mod sagas;
mod sleepers;
mod spread;
mod statistics;
mod throughput;
mod transactional;
mod victim;

use anyhow::Result;
use clap::Parser as _;

use self::arguments::{Arguments, Verb};
use self::figures::Figures;

#[tokio::main]
async fn main() -> Result<()> {
    let (figures, json) = match Arguments::parse().verb {
        Verb::Throughput(verb) => (throughput::run(&verb).await?, verb.common.json),
        Verb::Alone(verb) => (alone::run(&verb).await?, verb.common.json),
        Verb::Recovery(verb) => (recovery::run(&verb).await?, verb.common.json),
        Verb::Memory(verb) => (memory::run(&verb).await?, verb.common.json),
        Verb::Sleepers(verb) => (sleepers::run(&verb).await?, verb.common.json),
        Verb::Idle(verb) => (idle::run(&verb).await?, verb.common.json),
        Verb::Transactional(verb) => (transactional::run(&verb).await?, verb.json),
        Verb::Victim(verb) => return victim::run(&verb).await,
    };
    print(&figures, json);
    Ok(())
}

fn print(figures: &Figures, json: bool) {
    if json {
        println!("{}", figures.json());
    } else {
        print!("{}", figures.table());
    }
}
