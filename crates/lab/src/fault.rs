//! What goes wrong in a real estate, as functions. Each takes effect at once,
//! and the next capture, command or connection meets it.

use std::fmt::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::PoisonError;

use rustix::process::Signal;

use crate::machine::{Machine, parse};
use crate::network::{Lab, Network, ip};
use crate::place;
use crate::running::signal;
use crate::switch::port_name;

impl Lab {
    /// Loses so many percent of the frames that are sent on a network, by
    /// chance; 0 ends it.
    ///
    /// # Panics
    /// Where `percent` is more than 100.
    pub fn loss(&self, network: &Network, percent: u32) {
        assert!(percent <= 100, "{percent} percent");
        self.switch.state().loss.insert(network.bridge.clone(), percent);
        self.apply_loss();
    }

    /// Writes the rules anew, for ports come and go.
    pub(crate) fn apply_loss(&self) {
        self.switch.apply_loss();
    }
}

impl crate::switch::Switch {
    pub(crate) fn apply_loss(&self) {
        let mut rules = String::new();
        {
            let state = self.state();
            if state.loss.is_empty() {
                return;
            }
            for (number, port) in &state.ports {
                let percent = state.loss.get(&port.bridge).copied().unwrap_or(0);
                if percent > 0 {
                    let port = port.plug(*number);
                    let _fits = writeln!(
                        rules,
                        "chain {port} {{ type filter hook ingress device \"{port}\" priority 0; \
                         numgen random mod 100 < {percent} drop; }}"
                    );
                }
            }
        }
        self.nft(&format!(
            "table netdev loss {{}}\ndelete table netdev loss\ntable netdev loss {{\n{rules}}}\n"
        ));
    }
}

impl Machine {
    /// Cuts its cable in the middle: its interface stays up, and what it sends
    /// and is sent vanishes.
    ///
    /// # Panics
    /// Where it has no cable.
    pub fn cut(&self) {
        let cable = self.cable();
        cable.switch.ip(&format!("link set {} nomaster\n", cable.switch.plug(cable.port)));
    }

    /// Mends its cable.
    ///
    /// # Panics
    /// Where it has no cable.
    pub fn mend(&self) {
        let cable = self.cable();
        let bridge = cable.switch.state().ports.get(&cable.port).map(|port| port.bridge.clone());
        let bridge = bridge.expect("the switch knows its ports");
        cable.switch.ip(&format!("link set {} master {bridge}\n", cable.switch.plug(cable.port)));
    }

    /// Plugs it into another network, where it has these addresses. Its
    /// connections stay half open, as those of a notebook do that is carried away.
    ///
    /// # Panics
    /// Where it has no cable, or an address is not of that network.
    pub fn move_to(&self, network: &Network, addresses: &str) {
        let cable = self.cable();
        let addresses = parse(addresses);
        ip(&self.cell, "link set eth0 down\naddr flush dev eth0\n");
        if let Some(port) = cable.switch.state().ports.get_mut(&cable.port) {
            port.bridge.clone_from(&network.bridge);
            port.addresses.extend(&addresses);
        }
        self.mend();
        cable.switch.apply_loss();
        self.take(network, &addresses);
        *cable.addresses.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// Lets through so many megabits a second, to the machine and from it; 0
    /// ends it.
    ///
    /// # Panics
    /// Where it has no cable.
    pub fn rate(&self, megabits: u32) {
        let cable = self.cable();
        let port = port_name(cable.port);
        for (cell, interface) in [(&cable.switch.cell, port.as_str()), (&self.cell, "eth0")] {
            let mut tc = cell.in_network(&place::tool("tc"));
            if megabits == 0 {
                tc.args(["qdisc", "del", "dev", interface, "root"]);
            } else {
                let rate = format!("{megabits}mbit");
                tc.args(["qdisc", "replace", "dev", interface, "root", "tbf", "rate", &rate]);
                tc.args(["burst", "128k", "latency", "100ms"]);
            }
            let done = tc.output().expect("nsenter runs");
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "tc on {interface}: {said}");
        }
    }

    /// Ends every TCP connection that it has over its cable with a reset, to
    /// both sides, and gives their number.
    ///
    /// # Panics
    /// Where `ss` cannot do it.
    pub fn reset_connections(&self) -> usize {
        let mut ss = self.cell.in_network(&place::tool("ss"));
        ss.args(["--no-header", "--tcp", "--numeric", "--kill", "state", "connected"]);
        let done = ss.args(["not", "dst", "127.0.0.0/8"]).output().expect("nsenter runs");
        assert!(done.status.success(), "ss: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).lines().filter(|line| !line.is_empty()).count()
    }

    /// Turns over the bits of one byte of a file of the machine, and leaves its
    /// length and times as they are.
    ///
    /// # Panics
    /// Where the file has no such byte.
    pub fn corrupt(&self, path: &str, offset: u64) {
        corrupt(&self.path(path), offset);
    }

    /// `kill -9` of every process of the machine whose command line holds the
    /// text; gives their number.
    ///
    /// # Panics
    /// Where the machine has ended.
    pub fn kill_all(&self, text: &str) -> usize {
        let space = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let first = self.cell.pid();
        let own = space(first).expect("a machine has processes");
        let all = std::fs::read_dir("/proc").expect("/proc is there").flatten();
        let victims: Vec<u32> = all
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid != first && space(*pid).as_ref() == Some(&own))
            .filter(|pid| {
                let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                String::from_utf8_lossy(&line).replace('\0', " ").contains(text)
            })
            .collect();
        for victim in &victims {
            signal(*victim, Signal::KILL);
        }
        victims.len()
    }
}

fn corrupt(path: &Path, offset: u64) {
    let failed = |error: std::io::Error| -> ! { panic!("{} at {offset}: {error}", path.display()) };
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path);
    let file = file.unwrap_or_else(|error| failed(error));
    let times = file.metadata().and_then(|about| {
        Ok(std::fs::FileTimes::new()
            .set_accessed(about.accessed()?)
            .set_modified(about.modified()?))
    });
    let times = times.unwrap_or_else(|error| failed(error));
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap_or_else(|error| failed(error));
    file.write_all_at(&[!byte[0]], offset).unwrap_or_else(|error| failed(error));
    file.set_times(times).unwrap_or_else(|error| failed(error));
}
