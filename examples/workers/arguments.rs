//! What the command line says.

use std::time::Duration;

use anyhow::{Context as _, bail};

const USAGE: &str = "usage: workers [--orders 300] [--seconds 30] [--seed 7] [--deploy]";

pub(crate) struct Arguments {
    pub(crate) orders: usize,
    pub(crate) within: Duration,
    pub(crate) seed: u64,
    /// Replaces the workers in order, instead of by chance.
    pub(crate) deploy: bool,
    /// Is the worker of this name: how the example starts itself.
    pub(crate) serve: Option<String>,
    pub(crate) lease: Option<Duration>,
}

impl Arguments {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let mut read = Self {
            orders: 300,
            within: Duration::from_secs(30),
            seed: 7,
            deploy: false,
            serve: None,
            lease: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || -> anyhow::Result<u64> {
                let number = words.next().and_then(|word| word.parse().ok());
                number.context(USAGE)
            };
            match word.as_str() {
                "--orders" => read.orders = usize::try_from(number()?)?,
                "--seconds" => read.within = Duration::from_secs(number()?),
                "--seed" => read.seed = number()?,
                "--lease" => read.lease = Some(Duration::from_secs(number()?)),
                "--deploy" => read.deploy = true,
                "--serve" => read.serve = Some(words.next().context(USAGE)?),
                _ => bail!(USAGE),
            }
        }
        Ok(read)
    }

    /// After how long a worker is declared dead. In a deploy nobody has to wait for that.
    pub(crate) fn lease(&self) -> Duration {
        let lease = if self.deploy { 3_600 } else { 2 };
        self.lease.unwrap_or(Duration::from_secs(lease))
    }
}
