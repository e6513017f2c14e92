//! `cargo run -p scoop-fuzz -- --seeds 1..20 --programs 40 [--only N] [--plain-only] [--keep]
//! [--table] [--with CONSTRUCT] [--without CONSTRUCT]`

use std::process::ExitCode;

use scoop_fuzz::options::Options;
use scoop_fuzz::run::run;

fn main() -> ExitCode {
    let result = Options::parse(std::env::args().skip(1))
        .and_then(|options| run(&options).map_err(|error| error.to_string()));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("scoop-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}
