//! The switch: one cell that holds every bridge, and the far end of every
//! machine's cable. Faults are rules on those ends, and the capture listens on
//! them, so a machine cannot tell a fault from a broken network and no frame
//! escapes the capture.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};

use crate::capture::Listening;
use crate::cell::{Cell, WAIT};
use crate::place;

/// The switch itself has no IPv6 and says nothing by itself, but for the frames
/// on `mark0` by which the capture knows how far it has got.
const SET_UP: &str = "
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs -o size=4g capture /mnt
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip -batch - << END
link set lo up
link add mark0 index 2 type veth peer name mark1 index 3
link set mark0 up
link set mark1 up
addr add 192.0.2.1/30 dev mark0
neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev mark0 nud permanent
END
";

/// Interfaces get their numbers from us: the capture names a frame's port by it.
const FIRST_PORT: u32 = 100;

#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) cell: Cell,
    state: Mutex<State>,
    pub(crate) listening: Mutex<Listening>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// By their number.
    pub(crate) ports: BTreeMap<u32, Port>,
    /// Percent of the frames that are lost, by bridge.
    pub(crate) loss: BTreeMap<String, u32>,
    bridges: u32,
}

/// The far end of a cable.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub(crate) machine: String,
    /// Also one that forwards for others.
    pub(crate) router: bool,
    /// All that it ever had.
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) bridge: String,
    /// A relay stands between it and the bridge.
    pub(crate) relayed: bool,
}

impl Switch {
    pub(crate) fn new() -> Self {
        let ip = place::tool("ip").display().to_string();
        let script = format!("{}\n{WAIT}", SET_UP.replace("ip -batch", &format!("'{ip}' -batch")));
        let cell = Cell::new("the switch", &script, &[]);
        let listening = Mutex::new(Listening::begin(&cell));
        Self { cell, state: Mutex::default(), listening }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A test that failed meanwhile has left it as it was.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A new bridge, and its name.
    pub(crate) fn bridge(&self) -> String {
        let name = {
            let mut state = self.state();
            state.bridges += 1;
            format!("br{}", state.bridges)
        };
        self.ip(&format!(
            "link add {name} type bridge forward_delay 0 mcast_snooping 0\nlink set {name} up\n"
        ));
        name
    }

    /// A cable from a bridge to an interface in a cell; gives the port's number.
    pub(crate) fn cable(&self, to: &Cell, interface: &str, port: Port) -> u32 {
        let number = {
            let mut state = self.state();
            let number = state.ports.keys().last().map_or(FIRST_PORT, |last| last + 1);
            state.ports.insert(number, port.clone());
            number
        };
        let (name, bridge, pid) = (port_name(number), port.bridge, to.pid());
        self.ip(&format!(
            "link add {name} index {number} type veth peer name {interface} netns {pid}\n\
             link set {name} master {bridge} up\n"
        ));
        number
    }

    /// The interface by which a port is in its bridge.
    pub(crate) fn plug(&self, number: u32) -> String {
        match self.state().ports.get(&number) {
            Some(port) => port.plug(number),
            None => panic!("the switch has no port {number}"),
        }
    }

    /// Lines for `ip -batch`.
    pub(crate) fn ip(&self, lines: &str) {
        feed(self.cell.in_network(&place::tool("ip")).args(["-batch", "-"]), lines);
    }

    /// A ruleset for `nft`.
    pub(crate) fn nft(&self, rules: &str) {
        feed(self.cell.in_network(&place::tool("nft")).args(["-f", "-"]), rules);
    }

    /// A frame of which the capture knows that all others came before it.
    pub(crate) fn mark(&self, number: u64) {
        let line = format!("echo mark {number} > /dev/udp/192.0.2.2/9");
        let done = self.cell.in_network(Path::new("bash")).args(["-c", &line]).output();
        assert!(done.is_ok_and(|done| done.status.success()), "the switch cannot send its mark");
    }
}

impl Port {
    pub(crate) fn plug(&self, number: u32) -> String {
        if self.relayed { format!("d{number}") } else { port_name(number) }
    }
}

pub(crate) fn port_name(number: u32) -> String {
    format!("p{number}")
}

/// Runs a command on the given input.
///
/// # Panics
/// Unless it ends well.
pub(crate) fn feed(command: &mut Command, input: &str) -> Output {
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = started.spawn().expect("nsenter starts");
    let mut to = child.stdin.take().expect("piped");
    let written = to.write_all(input.as_bytes());
    drop(to);
    let output = child.wait_with_output().expect("it was our child");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(written.is_ok() && output.status.success(), "{command:?} on\n{input}\nsaid: {said}");
    output
}
