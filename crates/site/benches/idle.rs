//! What a client costs its machine while it has nothing to do: memory and CPU
//! time of the released `portolan-agent`, enrolled to a site in a sandbox, over
//! some minutes in which it polls as it is set up to. `cargo xtask measure`
//! builds it, runs this, and puts the figures beside their goals.
//!
//! `cargo build --release -p agent && cargo bench -p site --bench idle -- 10`
//! waits ten minutes; `--mappings` adds the memory of each mapping. Without
//! `--bench`, as under `cargo test`, it does nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(clippy::needless_pass_by_value)]
// It bounds its patience by the clock, like the tests that it borrows from.
#![allow(clippy::disallowed_methods)]

// The tests use more of these than we do.
#[allow(dead_code)]
#[path = "../tests/it/estate.rs"]
mod estate;
#[allow(dead_code)]
#[path = "../tests/it/sandbox.rs"]
mod sandbox;

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use estate::Estate;
use sandbox::{Running, Sandbox};

/// The longest between two visits of a healthy agent, in milliseconds: the
/// usual 60 s, a fifth more, and a little for the visit itself.
const VISITED_WITHIN: i64 = 80_000;
/// What `/proc/PID/stat` counts in, on every Linux that we know: a hundredth
/// of a second.
const TICK_MS: u64 = 10;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    if let Some(why) = sandbox::obstacle() {
        say(&format!("skipped: {why}"));
        return;
    }
    let minutes = words.iter().find_map(|word| word.parse().ok()).unwrap_or(10);
    let idle = Duration::from_secs(60 * minutes);

    let estate = Estate::up();
    let mut agent = enrolled(&estate.machine);
    let before = Cpu::of(agent.pid());
    assert_eq!(agent.wait_within("this is never said", idle), None);
    let after = Cpu::of(agent.pid());
    let memory = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", agent.pid()));
    let memory = memory.expect("the agent still runs");

    say(&format!("idle_seconds {}", idle.as_secs()));
    say(&format!("cpu_ms {}", (after.own - before.own) * TICK_MS));
    say(&format!("children_cpu_ms {}", (after.children - before.children) * TICK_MS));
    say(&format!("pss_kib {}", kib(&memory, "Pss:")));
    say(&format!("pss_anonymous_kib {}", kib(&memory, "Pss_Anon:")));
    // The sandbox's files lie in memory, which makes the program's pages those
    // of shared memory to the kernel.
    let file = kib(&memory, "Pss_File:") + kib(&memory, "Pss_Shmem:");
    say(&format!("pss_file_kib {file}"));
    if words.iter().any(|word| word == "--mappings") {
        let mappings = std::fs::read_to_string(format!("/proc/{}/smaps", agent.pid()));
        say(&mappings.expect("the agent still runs"));
    }
    // An agent that gave up would have been cheap.
    let status = estate.machine.shell("portolan-agent status --format json").json();
    let last = status["last_contact"].as_i64().expect("a time");
    assert!(node::clock::now() - last < VISITED_WITHIN, "it did not poll: {status}");
    let (code, said) = agent.stop();
    assert_eq!(code, Some(0), "{said}");
    estate.up.stop();
}

/// The released agent as a second client on the machine, which has sent its
/// inventory and has nothing left to do.
fn enrolled(machine: &Sandbox) -> Running {
    let program = Path::new(env!("CARGO_BIN_EXE_portolan")).with_file_name("portolan-agent");
    std::fs::copy(&program, machine.path("/usr/bin/portolan-agent"))
        .unwrap_or_else(|error| panic!("{}: {error}; build it first", program.display()));
    let token = machine.portolan("token create --format json").json();
    let text = |key: &str| token[key].as_str().expect("a text").to_owned();
    machine.write("/root/token", &text("token"));
    let site = format!(
        "--site {} --code {} --root {} --token-file /root/token",
        text("management_point"),
        text("site"),
        text("root")
    );
    machine.shell(&format!("portolan-agent enrol {site}")).ok();
    let agent = machine.start_shell("exec portolan-agent run");
    let asked = "until portolan-agent sync --wait; do :; done";
    machine.shell(&format!("timeout 60 sh -c '{asked}'")).ok();
    agent
}

/// CPU time since a process began, in ticks.
struct Cpu {
    own: u64,
    /// Of the programs that it ran to their end.
    children: u64,
}

impl Cpu {
    fn of(pid: u32) -> Self {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        let text = text.expect("the agent still runs");
        // The name may hold spaces, and stands in brackets.
        let (_, rest) = text.rsplit_once(')').expect("a name in brackets");
        let fields: Vec<u64> = rest
            .split_whitespace()
            .skip(11)
            .take(4)
            .filter_map(|field| field.parse().ok())
            .collect();
        let [user, system, children_user, children_system] = fields[..] else {
            panic!("/proc/{pid}/stat is not understood: {text}");
        };
        Self { own: user + system, children: children_user + children_system }
    }
}

fn kib(rollup: &str, key: &str) -> u64 {
    let line = rollup.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("the kernel says nothing of {key}\n{rollup}"))
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout");
}
