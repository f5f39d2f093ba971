//! Our rules beside Aerleon's, and what the kernel makes of ours.
//!
//! Beside Aerleon: the same policy (the border of a part of the largest hierarchy, as
//! our dialect `aerleon` writes it), the same dialect (nftables), in one run and in
//! turns. Aerleon is timed in its own process without the interpreter's start and
//! without reading its YAML; ours with the making of the rules out of the plan and
//! without. What counts is CPU time, because it depends little on what else the machine
//! does; each figure is the median of rounds that alternate between the two.
//!
//! The kernel: `nft -f` of the host with the most rules, of the one with the most text
//! and of that border, in a namespace that is thrown away. That needs root.
//!
//! `cargo xtask lab && cargo bench -p site --bench rules` (`-- 5` for five rounds
//! instead of three). Without `--bench`, as under `cargo test`, it does nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// It measures by the clock too.
#![allow(clippy::disallowed_methods)]

#[path = "ground/cpu.rs"]
mod cpu;
#[allow(dead_code, reason = "the plan's own bench measures other estates too")]
#[path = "../../plan/benches/grow/file.rs"]
mod file;
#[path = "ground/kernel.rs"]
mod kernel;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ::rules::{Compiler, Decided, Dialect, Place, Rule, RuleSet};
use file::{Kind, WHOLE};
use plan::Plan;

/// How much of the largest hierarchy goes to Aerleon, in parts of [`WHOLE`]: enough for
/// a second of its time each round.
const PARTS: usize = 4;
/// How many times as fast as Aerleon we want to be, rule by rule.
const GOAL: f64 = 50.0;
/// The shortest time that the kernel's ticks measure well.
const ENOUGH: Duration = Duration::from_secs(1);

/// An estate, and where its file's lines are.
struct Estate {
    plan: Plan,
    decided: Decided,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(3);
    let part = Estate::new(PARTS);
    let compiler = Compiler::new(&part.plan);
    let mut border = compiler.rules(&Place::Border).expect("every plan has one");
    // Aerleon gets no others.
    border.rules.retain(|rule| is_needed(&rule));
    if lab::folder().join("bin/aclgen").is_file() {
        beside(&part, &compiler, &border, rounds);
    } else {
        say("skipped: there is no Aerleon in target/lab: run `cargo xtask lab` first");
    }
    match lab::obstacle() {
        None => {
            let whole = Estate::new(WHOLE);
            kernel::load(&whole, ("a border", &border, &part.decided));
        }
        Some(why) => say(&format!("skipped: nft -f: this machine {why}")),
    }
}

impl Estate {
    fn new(parts: usize) -> Self {
        let text = file::text(Kind::Hierarchy, parts);
        let estate = plan::read(&text).expect("the file is right");
        let (plan, _) = plan::plan(&estate).expect("the file is right");
        Self { plan, decided: Decided::new(&text) }
    }
}

/// What a firewall with state has a rule for.
fn is_needed(rule: &&Rule) -> bool {
    !rule.within && !rule.by_state
}

/// What one run of Aerleon has said: CPU seconds.
struct Theirs {
    terms: f64,
    generating: f64,
    /// With the definitions, which ours reads out of the plan.
    with_names: f64,
    /// Start, reading and all.
    all: f64,
    bytes: f64,
}

fn beside(part: &Estate, compiler: &Compiler<'_>, border: &RuleSet<'_>, rounds: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    for file in written(Dialect::Aerleon, border, part) {
        let inside = file.name.strip_prefix("border/").expect("the place's folder");
        let path = folder.path().join(inside);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, file.text).expect("a file");
    }
    let count = border.rules.len();
    let bytes: usize =
        written(Dialect::Nftables, border, part).iter().map(|one| one.text.len()).sum();
    let (mut alone, mut whole, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(seconds(|| drop(written(Dialect::Nftables, border, part))));
        whole.push(seconds(|| {
            let mut set = compiler.rules(&Place::Border).expect("every plan has one");
            set.rules.retain(|rule| is_needed(&rule));
            drop(written(Dialect::Nftables, &set, part));
        }));
        theirs.push(aerleon(folder.path()));
    }
    let (alone, whole) = (median(alone), median(whole));
    let of = |figure: fn(&Theirs) -> f64| median(theirs.iter().map(figure).collect());
    let (terms, generating) = (of(|one| one.terms), of(|one| one.generating));
    let rules = count as f64;
    say(&format!(
        "the border of {PARTS}/{WHOLE} of the largest hierarchy as nftables, {count} rules \
         ({terms:.0} terms of Aerleon's)\n{:<44} {:>10} {:>11} {:>11}",
        "", "CPU ms", "rules/s", "bytes/rule"
    ));
    let line = |what: &str, seconds: f64, bytes: f64| {
        let (ms, rate) = (seconds * 1e3, rules / seconds);
        say(&format!("{what:<44} {ms:>10.1} {rate:>11.0} {:>11.0}", bytes / rules));
    };
    let (ours, other) = (bytes as f64, of(|one| one.bytes));
    line("ours: rules to text", alone, ours);
    line("ours: plan to rules to text", whole, ours);
    line("Aerleon: policy to text", generating, other);
    line("Aerleon: definitions and policy to text", of(|one| one.with_names), other);
    line("Aerleon: from start to end, its YAML too", of(|one| one.all), other);
    let ratio = generating / alone;
    let reached = if ratio >= GOAL { "reached" } else { "MISSED" };
    say(&format!(
        "for each rule ours is {ratio:.0} times as fast, goal >= {GOAL:.0}: {reached}; \
         from the plan {:.0} times\n",
        generating / whole
    ));
}

fn written(dialect: Dialect, set: &RuleSet<'_>, estate: &Estate) -> Vec<::rules::dialect::File> {
    dialect.write(set, &estate.decided).expect("it writes a border").files
}

/// CPU seconds of one time, out of as many as it takes to measure them.
fn seconds(work: impl Fn()) -> f64 {
    let (start, mut times) = (cpu::used(std::process::id()), 0);
    loop {
        work();
        times += 1;
        let used = cpu::used(std::process::id()).saturating_sub(start);
        if used >= ENOUGH {
            return used.as_secs_f64() / f64::from(times);
        }
    }
}

fn aerleon(folder: &Path) -> Theirs {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/ground/beside.py");
    let python = lab::folder().join("python/bin/python3");
    let said = Command::new(python).arg(script).arg(folder).arg("forward").output();
    let said = said.expect("the lab's python starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let figures: serde_json::Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    // Each has the wall time first, and then the CPU time.
    let generating = number(&figures["generating"][1]);
    Theirs {
        terms: number(&figures["terms"]),
        generating,
        with_names: generating + number(&figures["defining"][1]),
        all: number(&figures["all"]),
        bytes: number(&figures["bytes"]),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("stdout");
}
