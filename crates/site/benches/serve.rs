//! What a request costs the server, beside what it costs nginx: the released
//! `portolan serve`, and nginx of Debian with a static file of the same bytes,
//! on one machine in turns. Both speak TLS 1.3 with the same kind of
//! certificate (ECDSA P-256, of the site's authority), both demand the same
//! clients' certificates, both have two workers; connections are kept, as many
//! to the one as to the other, and the clients are the same code.
//!
//! What counts is CPU time of the server's processes, from `/proc`, because it
//! depends little on what else the machine does: requests per CPU second, and
//! CPU seconds per gigabyte. Each figure is the median of rounds that alternate
//! between the two; the ratio is the median of the rounds' ratios, with the
//! lowest and the highest.
//!
//! `cargo xtask lab && cargo bench -p site --bench serve` (`-- 3` for three
//! rounds instead of nine; `-- policy` for one measurement). About three
//! minutes. Without `--bench`, as under `cargo test`, it does nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
// It measures by the clock, and every task ends with it.
#![allow(clippy::disallowed_methods)]

#[path = "ground/client.rs"]
mod client;
#[path = "ground/cpu.rs"]
mod cpu;
#[path = "ground/nginx.rs"]
mod nginx;
#[path = "ground/site.rs"]
mod site;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use agent::policy;
use client::{Client, Line};
use http::StatusCode;
use http::header::ETAG;
use nginx::Nginx;
use site::Site;
use tokio::task::JoinSet;
use trust::invitation::Invitation;
use wire::client::{CONTENT, POLICY};

/// Connections of small requests, each of a client of its own.
const CONNECTIONS: usize = 32; // not a port: connections
/// Connections of large content.
const DOWNLOADS: usize = 4;
/// One turn of small requests.
const TURN: Duration = Duration::from_secs(2);
/// Before what counts: caches are warm, memory is there.
const WARM_UP: Duration = Duration::from_millis(500);
/// A small piece of content. Bytes.
const SMALL: usize = 4096; // not a port: bytes
/// A large one. Bytes.
const LARGE: usize = 256 * 1024 * 1024;
/// Applications that are deployed to every client.
const APPS: usize = 3;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    if !nginx::program().is_file() {
        return say("skipped: there is no nginx in target/lab: run `cargo xtask lab` first");
    }
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(9);
    let asked: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| Case::NAMES.contains(word)).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(rounds, &asked));
}

/// One of the things that are measured.
struct Case {
    name: &'static str,
    what: &'static str,
    ours: String,
    theirs: String,
    /// Clients say what they have: the answer is 304.
    known: bool,
    connections: usize,
    goal: &'static str,
}

impl Case {
    const NAMES: [&'static str; 4] = ["policy", "unchanged", "small", "large"];
}

async fn measure(rounds: usize, asked: &[&str]) {
    let (small, large) = (bytes(SMALL), bytes(LARGE));
    let digests = [content::Digest::of(&small), content::Digest::of(&large)];
    let contents = [(digests[0], small), (digests[1], large)];
    let site = Site::start(|folder| contents.iter().for_each(|(d, b)| keep(folder, *d, b)));
    let tokens = site.tokens(CONNECTIONS).await;
    deploy(&site);
    let mut clients = Vec::new();
    for (number, token) in tokens.into_iter().enumerate() {
        let name = format!("client-{number}");
        clients.push(Client::enrol(&site.invitation(), name, token, client::keys()).await);
    }
    let policy = first_policies(&clients, &site.invitation()).await;

    let nginx = Nginx::start(&site);
    fs::write(nginx.files().join("policy"), vec![1; policy]).expect("a file");
    for (digest, bytes) in &contents {
        fs::write(nginx.files().join(digest.to_string()), bytes).expect("a file");
    }
    drop(contents);
    say(&format!(
        "policy of {policy} bytes; {CONNECTIONS} connections, {DOWNLOADS} for large content"
    ));
    let servers = Servers { site: &site, nginx: &nginx, clients: &clients };
    let content = |digest| (format!("{CONTENT}{digest}"), format!("/{digest}"));
    let case = |name, what, (ours, theirs), known, connections, goal| Case {
        name,
        what,
        ours,
        theirs,
        known,
        connections,
        goal,
    };
    let file = (POLICY.to_owned(), "/policy".to_owned());
    for case in [
        case("policy", "policy", file.clone(), false, CONNECTIONS, "≥ 0.8"),
        case("unchanged", "policy, unchanged (304)", file, true, CONNECTIONS, ""),
        case("small", "content of 4 KiB", content(digests[0]), false, CONNECTIONS, "≥ 1.0"),
        case("large", "content of 256 MiB", content(digests[1]), false, DOWNLOADS, "≤ 0.8"),
    ] {
        if asked.is_empty() || asked.contains(&case.name) {
            servers.compare(&case, rounds).await;
        }
    }
}

struct Servers<'a> {
    site: &'a Site,
    nginx: &'a Nginx,
    clients: &'a [Client],
}

/// What one turn cost.
#[derive(Clone, Copy)]
struct Cost {
    requests: u64,
    bytes: u64,
    cpu: Duration,
    wall: Duration,
}

impl Cost {
    /// Requests per CPU second.
    fn per_core(self) -> f64 {
        self.requests as f64 / self.cpu.as_secs_f64()
    }

    /// CPU seconds per gigabyte (10⁹ bytes).
    fn per_gigabyte(self) -> f64 {
        self.cpu.as_secs_f64() / (self.bytes as f64 / 1e9)
    }
}

impl Servers<'_> {
    async fn compare(&self, case: &Case, rounds: usize) {
        let mut ours = Load::new(self.clients, &self.site.invitation(), &case.ours, case).await;
        let mut theirs =
            Load::new(self.clients, &self.nginx.invitation(), &case.theirs, case).await;
        let (mut of_ours, mut of_theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            of_ours.push(ours.turn(self.site.pid()).await);
            of_theirs.push(theirs.turn(self.nginx.pid()).await);
        }
        report(case, &of_ours, &of_theirs);
    }
}

fn report(case: &Case, ours: &[Cost], theirs: &[Cost]) {
    let large = case.connections == DOWNLOADS;
    let (figure, unit): (fn(Cost) -> f64, _) =
        if large { (Cost::per_gigabyte, "CPU s/GB") } else { (Cost::per_core, "requests/CPU s") };
    let of = |costs: &[Cost]| middle(costs.iter().map(|cost| figure(*cost)).collect());
    let ratios = ours.iter().zip(theirs).map(|(a, b)| figure(*a) / figure(*b)).collect();
    let [ours_low, ours_mid, ours_high] = of(ours);
    let [low, mid, high] = of(theirs);
    let [ratio_low, ratio, ratio_high] = middle(ratios);
    let digits = if large { 3 } else { 0 };
    say(&format!(
        "{}: ours {ours_mid:.digits$} ({ours_low:.digits$}–{ours_high:.digits$}) {unit}, nginx {mid:.digits$} \
         ({low:.digits$}–{high:.digits$}), ratio {ratio:.2} ({ratio_low:.2}–{ratio_high:.2}){}{}",
        case.what,
        if case.goal.is_empty() { "" } else { ", goal " },
        case.goal
    ));
    let wall = |costs: &[Cost]| {
        let [_, rate, _] =
            middle(costs.iter().map(|c| c.requests as f64 / c.wall.as_secs_f64()).collect());
        let [_, bytes, _] =
            middle(costs.iter().map(|c| c.bytes as f64 / 1e6 / c.wall.as_secs_f64()).collect());
        format!("{rate:.0} requests/s, {bytes:.0} MB/s")
    };
    say(&format!("    by the clock: ours {}; nginx {}", wall(ours), wall(theirs)));
}

/// Lowest, median, highest.
fn middle(mut figures: Vec<f64>) -> [f64; 3] {
    figures.sort_by(f64::total_cmp);
    [figures[0], figures[figures.len() / 2], figures[figures.len() - 1]]
}

/// Connections to one server, and what is asked on them.
struct Load {
    lines: Vec<Line>,
    path: String,
    known: Option<Vec<String>>,
    large: bool,
}

impl Load {
    async fn new(clients: &[Client], to: &Invitation, path: &str, case: &Case) -> Self {
        let (mut lines, mut tags) = (Vec::new(), Vec::new());
        for client in &clients[..case.connections] {
            let mut line = client.connect(to).await;
            let answer = line.get(path, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let tag = answer.headers[ETAG].to_str().expect("a tag").to_owned();
            assert!(answer.length().await > 0);
            tags.push(tag);
            lines.push(line);
        }
        let large = case.connections == DOWNLOADS;
        let mut load =
            Self { lines, path: path.to_owned(), known: case.known.then_some(tags), large };
        if !large {
            load.run(WARM_UP).await;
        }
        load
    }

    async fn turn(&mut self, pid: u32) -> Cost {
        let (start, before) = (Instant::now(), cpu::used(pid));
        let (requests, bytes) = self.run(TURN).await;
        Cost { requests, bytes, cpu: cpu::used(pid) - before, wall: start.elapsed() }
    }

    /// Every connection asks and asks until the time is over; where one answer
    /// takes as long, once. Requests and bytes of bodies.
    async fn run(&mut self, during: Duration) -> (u64, u64) {
        let until = Instant::now() + during;
        let mut tasks = JoinSet::new();
        for (number, mut line) in self.lines.drain(..).enumerate() {
            let (path, large) = (self.path.clone(), self.large);
            let known = self.known.as_ref().map(|tags| tags[number].clone());
            let expected = if known.is_some() { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            tasks.spawn(async move {
                let (mut requests, mut bytes) = (0, 0);
                loop {
                    let answer = line.get(&path, known.as_deref()).await;
                    assert_eq!(answer.status, expected);
                    bytes += answer.length().await;
                    requests += 1;
                    if large || Instant::now() >= until {
                        return (number, line, requests, bytes);
                    }
                }
            });
        }
        let (mut requests, mut bytes, mut lines) = (0, 0, Vec::new());
        while let Some(done) = tasks.join_next().await {
            let (number, line, asked, length) = done.expect("a connection that lasts");
            lines.push((number, line));
            requests += asked;
            bytes += length;
        }
        lines.sort_by_key(|(number, _)| *number);
        self.lines = lines.into_iter().map(|(_, line)| line).collect();
        (requests, bytes)
    }
}

/// What is deployed to all, before there are any.
fn deploy(site: &Site) {
    let script = site.folder().join("install.sh");
    fs::write(&script, "#!/bin/sh\nexit 0\n").expect("a script");
    for number in 0..APPS {
        site.portolan(&format!("app create app-{number} --script {}", script.display()));
        site.portolan(&format!("deployment create app-{number} --collection all"));
    }
}

/// Waits until every client has the policy that it will keep; its length.
async fn first_policies(clients: &[Client], to: &Invitation) -> usize {
    let mut length = 0;
    for client in clients {
        let mut line = client.connect(to).await;
        length = loop {
            let answer = line.get(POLICY, None).await;
            let status = answer.status;
            let bytes = answer.bytes(wire::limit::POLICY_BODY).await;
            if status == StatusCode::OK {
                let accepted = policy::open(&bytes, &client.identity, 0, node::clock::now());
                if accepted.expect("a policy").policy.assignments.len() == APPS {
                    break bytes.len();
                }
            }
            node::clock::sleep(client::AGAIN).await;
        };
    }
    length
}

/// Puts a piece of content where the site's library has it.
fn keep(folder: &Path, digest: content::Digest, bytes: &[u8]) {
    let name = digest.to_string();
    let shelf = folder.join("site/content").join(&name[..2]);
    fs::create_dir_all(&shelf).expect("a folder");
    fs::write(shelf.join(&name), bytes).expect("a file");
    site::give(&shelf);
    site::give(&shelf.join(name));
}

/// Bytes that nothing can compress.
fn bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&length.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout");
}
