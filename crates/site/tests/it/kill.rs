//! `kill -9` of the roles or of the agent, at moments that nobody chose. `up`
//! starts them again; afterwards the machine's package database and the site
//! say the same, every postinst ran to its end once, and no message is missing.

use std::time::Duration;

use crate::Test;
use crate::estate::{Estate, installed, package};

pub(crate) const TESTS: &[Test] = &[
    ("kill::ten_random_moments", || random_moments(10)),
    ("kill::a_dpkg_that_outlives_its_agent_is_waited_for", orphan),
];

/// xorshift64*: enough to choose a victim and a moment, and to choose them
/// again from a printed seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }
}

fn seed() -> u64 {
    let given = std::env::var("PORTOLAN_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| u64::try_from(node::clock::now()).unwrap_or(1)).max(1)
}

pub(crate) fn random_moments(rounds: u64) {
    let seed = seed();
    eprintln!("PORTOLAN_SEED={seed}");
    let mut dice = Dice(seed);
    let mut estate = Estate::up();
    for round in 0..rounds {
        let name = format!("count-{round}");
        let postinst = format!("#!/bin/sh\nset -e\nsleep 0.2\necho done >> /root/{name}\n");
        let deb = package(&estate.machine, &name, &postinst);
        estate.machine.portolan(&format!("app create {name} --deb {deb}")).ok();
        estate.machine.portolan(&format!("deployment create {name} --collection all")).ok();
        // The control socket is away while its agent is.
        estate.machine.portolan("agent sync");
        let victim = ["[p]ortolan serve", "[p]ortolan agent run"][dice.roll(2) as usize];
        let moment = Duration::from_millis(dice.roll(700));
        eprintln!("round {round}: kill -9 `{victim}` after {moment:?}");
        assert_eq!(estate.up.wait_within("this is never said", moment), None);
        estate.machine.shell(&format!("pkill -KILL -f '{victim}'")).ok();
        estate.up.wait_for(" back");
        estate.machine.portolan("agent sync");
        estate.machine.portolan(&format!("deployment watch {name}")).ok().says("installed");
        assert!(installed(&estate.machine, &name), "{name} is not installed");
        assert_eq!(estate.machine.shell(&format!("cat /root/{name}")).out, "done\n");
    }
    for round in 0..rounds {
        assert_eq!(estate.phase(&format!("count-{round}")), "installed");
    }
    no_message_is_missing(&estate);
}

/// Looks into the site's store, once the agent has nothing left to tell.
fn no_message_is_missing(estate: &Estate) {
    estate.sync();
    let device = estate.device().1;
    let said = estate.attack(&format!("message-numbers {device}")).ok();
    let numbers: Vec<u64> = serde_json::from_str(&said.out).unwrap();
    let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
    assert!(numbers.len() > 10, "there were messages: {numbers:?}");
    assert_eq!(numbers, expected);
}

/// Everything that is called `portolan agent` is killed, the runner of the
/// action with it; its `dpkg` goes on, and the next agent waits for it.
fn orphan() {
    let mut estate = Estate::up();
    let postinst = "#!/bin/sh\nset -e\nmkfifo /root/begun /root/go\necho > /root/begun\ncat /root/go\necho done >> /root/count\n";
    let deb = package(&estate.machine, "slow", postinst);
    estate.machine.portolan(&format!("app create slow --deb {deb}")).ok();
    estate.machine.portolan("deployment create slow --collection all").ok();
    estate.sync_begins();
    estate.machine.shell("until test -p /root/begun; do :; done; cat /root/begun").ok();
    estate.machine.shell("pkill -KILL -f '[p]ortolan agent'").ok();
    estate.up.wait_for(" back");
    estate.machine.shell("pgrep -x dpkg").ok();
    estate.machine.shell("echo > /root/go").ok();
    estate.machine.portolan("deployment watch slow").ok().says("installed");
    assert_eq!(estate.machine.shell("cat /root/count").out, "done\n");
}
