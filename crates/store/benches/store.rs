//! What shared commits are worth: messages per second on both databases, in
//! one run, on the disk that TMPDIR is on, with every flush done.
//!
//! `cargo bench -p store`. Without `--bench`, as under `cargo test`, it only
//! shows that it runs.

#![allow(clippy::expect_used, clippy::panic)]

#[path = "../tests/both/server.rs"]
mod server;

use std::io::Write as _;

use node::clock::Stopwatch;
use store::Store;
use store::device::NewDevice;
use store::message::NewMessage;

/// Clients that send at the same time.
const CLIENTS: u8 = 250;

fn main() {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let rounds = if measured { 80 } else { 1 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::sqlite(&dir.path().join("site.db")).await.expect("a database");
        measure("SQLite", &store, rounds).await;
        let Some(server) = server::Server::start("") else {
            return say("SKIPPED: PostgreSQL is not installed");
        };
        let store = server.open(&server.database()).await.expect("a database");
        measure("PostgreSQL", &store, rounds).await;
    });
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout");
}

async fn measure(database: &str, store: &Store, rounds: u64) {
    enrol(store).await;
    for (batch, rounds) in [(1, rounds), (20, rounds.div_ceil(10))] {
        let watch = Stopwatch::start();
        let mut running = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let store = store.clone();
            running.spawn(async move { send(&store, client, rounds, batch).await });
        }
        running.join_all().await;
        let messages = u64::from(CLIENTS) * rounds * batch;
        let what = format!("{CLIENTS} clients, batches of {batch}");
        tell(database, &what, "messages", messages, &watch);
    }

    let watch = Stopwatch::start();
    let alone = rounds * 5;
    for number in 1..=alone {
        take_in(store, "0", "alone", number, 1).await;
    }
    tell(database, "one client, one by one", "messages", alone, &watch);

    let watch = Stopwatch::start();
    let mut running = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let store = store.clone();
        running.spawn(async move {
            for _ in 0..rounds {
                store.device(&client.to_string()).await.expect("a device");
            }
        });
    }
    running.join_all().await;
    let reads = u64::from(CLIENTS) * rounds;
    tell(database, &format!("{CLIENTS} clients"), "devices read", reads, &watch);
}

fn tell(database: &str, who: &str, what: &str, count: u64, watch: &Stopwatch) {
    let seconds = watch.elapsed().as_secs_f64();
    let rate = count as f64 / seconds;
    say(&format!("{database:<10}  {who:<30}  {rate:>9.0} {what}/s  ({count} in {seconds:.2} s)"));
}

async fn enrol(store: &Store) {
    for client in 0..CLIENTS {
        let token = [client; 32];
        store.create_token(&token, 0, 2).await.expect("a token");
        let device = NewDevice {
            id: client.to_string(),
            name: format!("client-{client}"),
            public_key: [client; 32],
            sealing_key: vec![0; 32],
            agent_version: "0".into(),
        };
        store.enrol(&device, &token, 1).await.expect("a device");
    }
}

async fn send(store: &Store, client: u8, rounds: u64, batch: u64) {
    let journal = format!("by-{batch}");
    for round in 0..rounds {
        take_in(store, &client.to_string(), &journal, round * batch + 1, batch).await;
    }
}

async fn take_in(store: &Store, device: &str, journal: &str, first: u64, count: u64) {
    let body = r#"{"kind":"state","deployment":1,"app":1,"phase":"installed"}"#;
    let message = |number| NewMessage { number, at: 1, body: body.into() };
    let batch: Vec<_> = (first..first + count).map(message).collect();
    let receipt = store.take_in(device, journal, &batch, 1).await.expect("a receipt");
    assert_eq!(receipt.stored.len(), batch.len());
}
