//! Delay: frames of one cable wait before they go on.
//!
//! The kernel's own way (netem) is not in every kernel, so a relay of ours
//! stands between the cable and the bridge: a socket on each side, and a queue in
//! each direction. While it stands, the cable's cards compute their own
//! checksums and segments, for the relay moves whole frames and adds nothing.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, socket,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::cell::Cell;
use crate::machine::{Cable, Machine};
use crate::place;
use crate::switch::{Switch, port_name};

/// A relay that stands until it is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    over: Arc<AtomicBool>,
    directions: Vec<JoinHandle<()>>,
}

/// A relay ends so long after it was told to.
const GLANCE: Duration = Duration::from_millis(20);
/// No frame of these cards is larger.
const LARGEST: usize = 65_600;

impl Machine {
    /// Delays every frame to and from the machine by so much, one way; zero
    /// ends it. What is on its way then is lost.
    ///
    /// # Panics
    /// Where it has no cable, or the relay cannot be had.
    pub fn delay(&self, one_way: Duration) {
        let Cable { switch, port, relay, .. } = self.cable();
        let mut relay = relay.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if relay.take().is_some() {
            switch.take_out(*port);
            offload(&self.cell, "eth0", true);
        }
        if !one_way.is_zero() {
            offload(&self.cell, "eth0", false);
            let (near, far) = switch.put_in(*port);
            offload(&switch.cell, &switch.plug(*port), false);
            let (near, far) = switch.cell.inside(|| (Arc::new(tap(&near)), Arc::new(tap(&far))));
            *relay = Some(Relay::new(&near, &far, one_way));
        }
    }
}

impl Switch {
    /// Takes a cable out of its bridge and puts another one in between; gives
    /// the two ends that a relay has to join.
    fn put_in(&self, number: u32) -> (String, String) {
        let bridge = self.set_relayed(number, true);
        let (near, plug, far) = (port_name(number), self.plug(number), format!("e{number}"));
        self.ip(&format!(
            "link set {near} nomaster\nlink add {plug} type veth peer name {far}\n\
             link set {far} up\nlink set {plug} master {bridge} up\n"
        ));
        self.apply_loss();
        (near, far)
    }

    fn take_out(&self, number: u32) {
        let plug = self.plug(number);
        let bridge = self.set_relayed(number, false);
        self.ip(&format!("link del {plug}\nlink set {} master {bridge}\n", port_name(number)));
        self.apply_loss();
    }

    fn set_relayed(&self, number: u32, relayed: bool) -> String {
        let mut state = self.state();
        let port = state.ports.get_mut(&number).expect("the switch knows its ports");
        port.relayed = relayed;
        port.bridge.clone()
    }
}

impl Relay {
    fn new(near: &Arc<OwnedFd>, far: &Arc<OwnedFd>, delay: Duration) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let directions = [(near, far), (far, near)].map(|(from, to)| {
            let (from, to, over) = (from.clone(), to.clone(), over.clone());
            std::thread::spawn(move || forward(&from, &to, delay, &over))
        });
        Self { over, directions: directions.into() }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for direction in self.directions.drain(..) {
            let _panicked = direction.join();
        }
    }
}

fn forward(from: &OwnedFd, to: &OwnedFd, delay: Duration, over: &AtomicBool) {
    let mut waiting: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let mut room = vec![0; LARGEST];
    while !over.load(Ordering::Relaxed) {
        let now = Instant::now();
        while waiting.front().is_some_and(|(due, _)| *due <= now) {
            let (_, frame) = waiting.pop_front().unwrap_or((now, Vec::new()));
            // A cable that is down or full loses frames.
            let _lost = send(to, &frame, SendFlags::empty());
        }
        let next = waiting.front().map_or(GLANCE, |(due, _)| due.saturating_duration_since(now));
        wait(from, next.min(GLANCE));
        while let Ok((_, length)) = recv(from, room.as_mut_slice(), RecvFlags::DONTWAIT) {
            let frame = room.get(..length).unwrap_or_default().to_vec();
            waiting.push_back((Instant::now() + delay, frame));
        }
    }
}

fn wait(socket: &OwnedFd, within: Duration) {
    let within = Timespec { tv_sec: 0, tv_nsec: i64::from(within.subsec_nanos()) };
    // Interrupted or not, the loop looks again.
    let _ready = poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&within));
}

/// A socket on all frames of an interface of the network that we are in.
fn tap(interface: &str) -> OwnedFd {
    let tapped = || -> io::Result<OwnedFd> {
        let kind = (AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC);
        let socket = socket(kind.0, kind.1, kind.2, SockProtocol::EthAll)?;
        let address = getifaddrs()?
            .filter(|one| one.interface_name == interface)
            .find_map(|one| one.address.as_ref().and_then(SockaddrStorage::as_link_addr).copied());
        let address = address.ok_or(io::ErrorKind::NotFound)?;
        bind(socket.as_raw_fd(), &address)?;
        Ok(socket)
    };
    tapped().unwrap_or_else(|error| panic!("cannot listen to {interface}: {error}"))
}

/// Whether a card may leave checksums and segments to the next.
fn offload(cell: &Cell, interface: &str, allowed: bool) {
    let mut ethtool = cell.in_network(&place::tool("ethtool"));
    ethtool.args(["-K", interface, "tx", if allowed { "on" } else { "off" }]);
    let done = ethtool.output().expect("nsenter runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "ethtool on {interface}: {said}");
}
