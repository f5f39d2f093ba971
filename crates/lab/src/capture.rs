//! The capture: every frame of the lab, from its set-up to its end.
//!
//! One tcpdump listens on the switch to what comes *in* from each cable, before
//! any fault has touched it. So a frame is seen once, with the machine that
//! sent it, also where it is lost on the way; one that a router sends on is
//! seen again at the router's cable.
//!
//! tcpdump's file is read by hand: it is a list, and the package that reads it
//! brings six others.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::IpAddr;
use std::process::Stdio;
use std::time::Instant;

use rustix::process::Signal;

use crate::PATIENCE;
use crate::cell::Cell;
use crate::packet::Packet;
use crate::place;
use crate::running::Running;
use crate::switch::{Port, Switch};

/// The interface on which the marks of the switch arrive.
const MARK: u32 = 3;
/// Enough of each frame for the headers, and for a mark.
const SNAP: &str = "192";
/// tcpdump's file format: a header, and records with headers of their own, in
/// this machine's order of bytes.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// What tcpdump wrote of a frame.
#[derive(Debug)]
struct Frame {
    /// In Unix microseconds.
    at: i64,
    start: Vec<u8>,
    /// On the wire, in bytes.
    length: u32,
}

/// The tcpdump of a lab.
#[derive(Debug)]
pub(crate) struct Listening {
    tcpdump: Running,
    /// Where it writes, as seen from outside: a file in the switch's memory.
    file: String,
    marks: u64,
}

impl Listening {
    pub(crate) fn begin(switch: &Cell) -> Self {
        let mut tcpdump = switch.within(&place::tool("tcpdump"));
        tcpdump.args(["-i", "any", "-Q", "in", "-y", "LINUX_SLL2", "-n", "-Z", "root"]);
        tcpdump.args(["-s", SNAP, "-B", "65536", "--immediate-mode", "-U", "-w", "/mnt/capture"]);
        tcpdump.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tcpdump = Running::new(tcpdump.spawn().expect("nsenter starts"));
        tcpdump.wait_for("listening on any");
        let file = format!("/proc/{}/root/mnt/capture", switch.pid());
        Self { tcpdump, file, marks: 0 }
    }

    /// All frames up to a mark that is sent now.
    fn frames(&mut self, switch: &Switch) -> Vec<Frame> {
        self.marks += 1;
        switch.mark(self.marks);
        let mark = format!("mark {}\n", self.marks);
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let frames = self.read();
            let found = frames.iter().any(|frame| {
                port_of(&frame.start) == Some(MARK) && frame.start.ends_with(mark.as_bytes())
            });
            if found {
                self.is_whole();
                return frames;
            }
            std::thread::yield_now();
        }
        panic!("the capture does not show what the switch has sent");
    }

    fn read(&self) -> Vec<Frame> {
        let mut bytes = Vec::new();
        let read =
            std::fs::File::open(&self.file).and_then(|mut file| file.read_to_end(&mut bytes));
        read.unwrap_or_else(|error| panic!("{}: {error}", self.file));
        let (_, mut rest) = bytes.split_at_checked(FILE_HEADER).unwrap_or_default();
        let mut frames = Vec::new();
        // The last one may be half written.
        while let Some((frame, after)) = record(rest) {
            frames.push(frame);
            rest = after;
        }
        frames
    }

    /// Asks tcpdump whether it has missed any.
    fn is_whole(&mut self) {
        crate::running::signal(self.tcpdump.pid(), Signal::USR1);
        let said = self.tcpdump.wait_for("dropped by kernel");
        assert!(said.contains(" 0 packets dropped by kernel"), "the capture has gaps: {said}");
    }
}

/// A record of the file and what follows it: seconds, microseconds, captured
/// length, length on the wire, and the frame.
fn record(rest: &[u8]) -> Option<(Frame, &[u8])> {
    let (header, rest) = rest.split_at_checked(RECORD_HEADER)?;
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_ne_bytes(bytes))
    };
    let at = i64::from(number(0)?) * 1_000_000 + i64::from(number(4)?);
    let (frame, rest) = rest.split_at_checked(number(8)? as usize)?;
    Some((Frame { at, start: frame.to_vec(), length: number(12)? }, rest))
}

fn port_of(frame: &[u8]) -> Option<u32> {
    frame.get(4..8)?.try_into().ok().map(u32::from_be_bytes)
}

/// What was sent in a lab, and who was who.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// In the order in which they were sent.
    pub packets: Vec<Packet>,
    /// The addresses that each machine and router ever had.
    pub machines: BTreeMap<String, Vec<IpAddr>>,
}

impl Capture {
    pub(crate) fn until_now(switch: &Switch) -> Self {
        let mut listening =
            switch.listening.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let frames = listening.frames(switch);
        let ports: BTreeMap<u32, Port> = switch.state().ports.clone();
        let packets = frames
            .iter()
            .filter_map(|frame| Packet::read(frame.at, &frame.start, frame.length, &ports))
            .collect();
        let mut machines: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
        for port in ports.into_values() {
            machines.entry(port.machine).or_default().extend(port.addresses);
        }
        Self { packets, machines }
    }

    /// The machine that ever had this address.
    pub fn who(&self, address: IpAddr) -> Option<&str> {
        let had = |(_, addresses): &(&String, &Vec<IpAddr>)| addresses.contains(&address);
        self.machines.iter().find(had).map(|(name, _)| name.as_str())
    }

    /// The bytes of IP that one machine sent to another, by their names:
    /// repeated packets are counted again.
    pub fn bytes(&self, from: &str, to: &str) -> u64 {
        let theirs = self.packets.iter().filter(|packet| packet.own && packet.by == from);
        let theirs = theirs.filter(|packet| self.who(packet.to) == Some(to));
        theirs.map(|packet| u64::from(packet.bytes)).sum()
    }
}
