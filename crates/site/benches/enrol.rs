//! A morning in a new site: two hundred machines at once, each with a token of
//! its own, become clients of one management point, ask for their first policy
//! until it is there, and fetch the package of 1 MB that it tells of. The server
//! is the released `portolan serve`, on the disk and over loopback; the clients
//! do what the agent does and check what it checks, in one process beside it.
//!
//! `cargo bench -p site --bench enrol` (`-- 50` for fifty machines). Ten
//! seconds. Without `--bench`, as under `cargo test`, it does nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
// It measures by the clock, and every task ends with it.
#![allow(clippy::disallowed_methods)]
// The other bench uses more of these than we do.
#[allow(dead_code)]
#[path = "ground/client.rs"]
mod client;
#[path = "ground/cpu.rs"]
mod cpu;
#[allow(dead_code)]
#[path = "ground/site.rs"]
mod site;

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent::identity::Keys;
use client::{AGAIN, Client};
use http::StatusCode;
use site::Site;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use trust::invitation::Invitation;
use wire::client::{CONTENT, POLICY};
use wire::policy::{Content, Installer};

const CLIENTS: usize = 200;
/// The package. Bytes.
const PACKAGE: usize = 1_000_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    let clients = words.iter().find_map(|word| word.parse().ok()).unwrap_or(CLIENTS);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(clients));
}

async fn measure(count: usize) {
    let site = Site::start(|_folder| {});
    let tokens = site.tokens(count).await;
    deploy(&site);
    // Each step is a stage of its own, so that it can be told what each costs.
    let start = Arc::new(Barrier::new(count + 1));
    let mut clients = JoinSet::new();
    for (number, token) in tokens.into_iter().enumerate() {
        let (to, start) = (site.invitation(), Arc::clone(&start));
        let keys = client::keys();
        clients.spawn(async move { live(&to, number, token, keys, &start).await });
    }
    let mut sums = (Duration::ZERO, Duration::ZERO);
    all_there(&start, &mut clients).await;
    for what in ["enrolled", "had their first policy", "had the package"] {
        let (begun, before) = (Instant::now(), cpu::used(site.pid()));
        all_there(&start, &mut clients).await;
        let (wall, cpu) = (begun.elapsed(), cpu::used(site.pid()) - before);
        say(&format!("{count} machines {what}: {}", told(wall, cpu, count)));
        sums = (sums.0 + wall, sums.1 + cpu);
    }
    while let Some(ended) = clients.join_next().await {
        ended.expect("a client");
    }
    say(&format!("all of it: {}", told(sums.0, sums.1, count)));
}

/// Waits for all at the end of a stage; a client that fails does not come.
async fn all_there(stage: &Barrier, clients: &mut JoinSet<()>) {
    let mut there = std::pin::pin!(stage.wait());
    loop {
        tokio::select! {
            _all = &mut there => return,
            Some(ended) = clients.join_next() => ended.expect("a client that did not fail"),
        }
    }
}

fn told(wall: Duration, cpu: Duration, count: usize) -> String {
    let each = cpu.as_secs_f64() * 1e3 / count as f64;
    format!(
        "{:.2} s, {:.2} CPU s of the server, {each:.2} CPU ms per client",
        wall.as_secs_f64(),
        cpu.as_secs_f64()
    )
}

/// One machine: from a token to the package.
async fn live(to: &Invitation, number: usize, token: String, keys: Keys, stage: &Barrier) {
    stage.wait().await;
    let client = Client::enrol(to, format!("machine-{number}"), token, keys).await;
    stage.wait().await;
    let mut line = client.connect(to).await;
    let package = loop {
        let answer = line.get(POLICY, None).await;
        let status = answer.status;
        let bytes = answer.bytes(wire::limit::POLICY_BODY).await;
        if status == StatusCode::OK {
            let now = node::clock::now();
            let accepted = agent::policy::open(&bytes, &client.identity, 0, now).expect("a policy");
            if let [assignment] = accepted.policy.assignments.as_slice() {
                break content_of(&assignment.installer);
            }
        }
        node::clock::sleep(AGAIN).await;
    };
    stage.wait().await;
    let digest = content::Digest(package.digest);
    let answer = line.get(&format!("{CONTENT}{digest}"), None).await;
    let bytes = answer.bytes(PACKAGE * 2).await;
    assert_eq!((bytes.len() as u64, content::Digest::of(&bytes)), (package.size, digest));
    stage.wait().await;
}

fn content_of(installer: &Installer) -> Content {
    match installer {
        Installer::Script(script, _) => script.clone(),
        other => panic!("not what was deployed: {other:?}"),
    }
}

/// A script that carries what it installs: as a package does, it is content.
fn deploy(site: &Site) {
    let script = site.folder().join("package.sh");
    let mut bytes = b"#!/bin/sh\nexit 0\n".to_vec();
    let length = bytes.len();
    bytes.resize(PACKAGE, 0);
    blake3::Hasher::new().update(b"package").finalize_xof().fill(&mut bytes[length..]);
    fs::write(&script, bytes).expect("a script");
    site.portolan(&format!("app create package --script {}", script.display()));
    site.portolan("deployment create package --collection all");
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout");
}
