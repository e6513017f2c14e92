//! The example `web`, as a process of its own on PostgreSQL: the requests of its header, and what
//! becomes of orders when it is killed, or told to stop.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::unwrap_used)]

#[path = "support/example.rs"]
mod example;

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const SOURCE: &str = include_str!("../examples/web.rs");
const LONG: Duration = Duration::from_secs(60);

/// A life of the service.
struct Life {
    process: Child,
    address: String,
}

impl Life {
    fn begin(url: &str) -> Self {
        let mut process = Command::new(example::built("web"))
            .arg("127.0.0.1:0")
            .env("DATABASE_URL", url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { process, address }
    }

    fn end(mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
        self.process.wait().unwrap()
    }

    /// What a line with `curl` of the header does: the status, the location, and the body.
    fn curl(&self, line: &str) -> (u16, Option<String>, Value) {
        let words = words(line);
        assert_eq!(words[..2], ["curl", "-i"], "{line}");
        let path = words[2].strip_prefix("localhost:3000").unwrap();
        match &words[3..] {
            [] => self.ask(path, None),
            [json, body] if json == "--json" => self.ask(path, Some(body)),
            _ => panic!("{line}"),
        }
    }

    fn ask(&self, path: &str, body: Option<&str>) -> (u16, Option<String>, Value) {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(LONG)).build().new_agent();
        let url = format!("http://{}{path}", self.address);
        let answer = match body {
            Some(body) => agent
                .post(url)
                .content_type("application/json")
                .send(body)
                .unwrap(),
            None => agent.get(url).call().unwrap(),
        };
        let location = answer.headers().get("location");
        let location = location.map(|location| location.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let text = answer.into_body().read_to_string().unwrap();
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, location, value)
    }

    fn post(&self, order: &Value) -> u16 {
        self.ask("/orders", Some(&order.to_string())).0
    }

    /// Looks at an order until it is so.
    fn wait(&self, id: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let (status, _, order) = self.ask(&format!("/orders/{id}"), None);
            assert_eq!(status, 200, "{order}");
            if is(&order) {
                return order;
            }
            assert!(began.elapsed() < LONG, "{order}");
            // Another process is waited for: there is nothing here that could tell.
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// As a shell sees them; only single quotes are understood.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

fn header() -> Vec<&'static str> {
    let lines = SOURCE.lines().map_while(|line| line.strip_prefix("//!"));
    lines
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect()
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(future)
}

/// The user of the server for tests has the name of the schema with the runs: without a search path
/// of its own a second life would make its tables there.
fn database() -> String {
    let url = block_on(scoop_runtime::testing::fresh_database(
        scoop_testserver::url(),
    ));
    let before = if url.contains('?') { '&' } else { '?' };
    format!("{url}{before}options[search_path]=public")
}

/// A number that the database knows.
fn count(url: &str, sql: &'static str) -> i64 {
    block_on(async {
        let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(url)
            .await
            .unwrap();
        let count = sqlx::query_scalar(sql).fetch_one(&mut connection);
        count.await.unwrap()
    })
}

const RUNS: &str = "select count(*) from scoop.run";
const BIKES: &str = "select units::bigint from stock where article = 'bike'";

fn has_ended(order: &Value) -> bool {
    ["Completed", "RolledBack"].contains(&order["run"].as_str().unwrap())
}

#[test]
fn the_requests_of_its_header_are_answered_as_it_says() {
    let url = database();
    let life = Life::begin(&url);
    let header = header();
    let answers: Vec<_> = header.iter().map(|line| life.curl(line)).collect();
    let statuses: Vec<_> = answers.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [202, 200, 409, 422, 202], "{answers:?}");
    assert_eq!(answers[0].1.as_deref(), Some("/orders/o-1"));
    let first = &answers[1].2;
    assert_eq!(
        [&first["article"], &first["units"]],
        [&json!("bike"), &json!(2)]
    );
    assert_eq!(
        life.curl(header[0]).0,
        202,
        "the same order is the same run"
    );
    assert_eq!(life.ask("/orders/o-2", None).0, 404);
    assert_eq!(count(&url, RUNS), 2, "those of `o-1` and `o-3`");

    let undone = life.wait("o-3", has_ended);
    assert_eq!(
        [&undone["run"], &undone["state"]],
        ["RolledBack", "released"]
    );
    let error = undone["error"].as_str().unwrap();
    assert!(error.contains("the card was declined"), "{error}");
    let done = life.wait("o-1", has_ended);
    assert_eq!([&done["run"], &done["state"]], ["Completed", "shipped"]);
    assert!(done["receipt"].as_str().unwrap().starts_with("receipt "));
    assert_eq!(done["error"], Value::Null);
    assert_eq!(count(&url, BIKES), 98);
    assert_eq!(life.curl(header[0]).0, 202, "also when it has ended");
    assert_eq!(count(&url, RUNS), 2);
}

#[test]
fn what_is_no_order_leaves_nothing() {
    let url = database();
    let life = Life::begin(&url);
    assert_eq!(life.ask("/orders", Some("{")).0, 400);
    assert_eq!(life.ask("/orders", Some("{}")).0, 422);
    for id in ["", "a b", "../x", &"x".repeat(2_000)] {
        let order = json!({"id": id, "article": "bike", "units": 1, "card": "visa"});
        assert_eq!(life.post(&order), 422, "{id}");
    }
    assert_eq!(life.ask("/orders/o-1", None).0, 404);
    assert_eq!(count(&url, RUNS), 0);
    assert_eq!(count(&url, "select count(*) from orders"), 0);
}

#[test]
fn an_order_that_was_begun_ends_after_a_kill() {
    let url = database();
    let life = Life::begin(&url);
    let orders = ["at-once", "reserved"];
    let order = |id| json!({"id": id, "article": "bike", "units": 3, "card": "visa"});
    assert_eq!(life.post(&order("reserved")), 202);
    life.wait("reserved", |order| order["state"] == "reserved");
    assert_eq!(life.post(&order("at-once")), 202);
    assert_eq!(life.end(Signal::KILL).signal(), Some(9));

    let life = Life::begin(&url);
    for id in orders {
        let order = life.wait(id, has_ended);
        assert_eq!([&order["run"], &order["state"]], ["Completed", "shipped"]);
    }
    assert_eq!(count(&url, BIKES), 94, "each was taken once");
}

#[test]
fn it_ends_in_good_order_when_it_is_told_to() {
    let url = database();
    for (signal, id) in [(Signal::TERM, "a"), (Signal::INT, "b")] {
        let life = Life::begin(&url);
        let order = json!({"id": id, "article": "tent", "units": 1, "card": "visa"});
        assert_eq!(life.post(&order), 202);
        life.wait(id, |order| order["state"] == "reserved");
        assert!(life.end(signal).success(), "{signal:?}");
    }
    let life = Life::begin(&url);
    for id in ["a", "b"] {
        assert_eq!(life.wait(id, has_ended)["run"], "Completed");
    }
}

#[test]
fn it_says_which_database_it_wants() {
    let output = Command::new(example::built("web"))
        .env_remove("DATABASE_URL")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    let wanted = "Error: set DATABASE_URL to a PostgreSQL database";
    assert!(said.starts_with(wanted), "{said}");
}
