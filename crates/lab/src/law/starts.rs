//! Which packets start something, and which answer.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::capture::Capture;
use crate::packet::{Packet, What, is_nobody};

/// What a packet is to the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// It goes on with what was started, or answers it.
    No,
    Yes,
    /// No flow of any plan starts so.
    Wrong(&'static str),
}

/// What was started so far.
#[derive(Debug, Default)]
pub(super) struct Starts {
    tcp: BTreeSet<Conversation>,
    udp: BTreeSet<Conversation>,
    echoes: BTreeSet<(IpAddr, IpAddr)>,
}

/// Opener and answerer, each with its port.
type Conversation = ((IpAddr, u16), (IpAddr, u16));

const ICMP_ECHO_REPLY: u8 = 0;
const ICMP_ECHO: u8 = 8;
const ICMPV6_ECHO: u8 = 128;
const ICMPV6_ECHO_REPLY: u8 = 129;

impl Starts {
    pub(super) fn judge(&mut self, packet: &Packet, capture: &Capture) -> Start {
        let foreign = match capture.machines.get(&packet.by) {
            Some(own) => !own.contains(&packet.from) && !is_nobody(packet.from),
            None => true,
        };
        if foreign && !matches!(packet.what, What::Other(_)) {
            return Start::Wrong("under an address that it never had");
        }
        let (from, to) = (packet.from, packet.to);
        match &packet.what {
            What::Tcp { from: source, to: destination, begins } => {
                let there = ((from, *source), (to, *destination));
                match (begins, self.tcp.contains(&there), self.tcp.contains(&(there.1, there.0))) {
                    // Sent again, or for the second time from the same port.
                    (true, ..) => {
                        self.tcp.insert(there);
                        Start::Yes
                    }
                    (false, false, false) => Start::Wrong("of a connection that never began"),
                    (false, ..) => Start::No,
                }
            }
            What::Udp { from: source, to: destination } => {
                let there = ((from, *source), (to, *destination));
                if self.udp.contains(&(there.1, there.0)) || !self.udp.insert(there) {
                    return Start::No;
                }
                Start::Yes
            }
            What::Icmp(ICMP_ECHO_REPLY, _) | What::Icmpv6(ICMPV6_ECHO_REPLY, _) => {
                if self.echoes.contains(&(to, from)) {
                    return Start::No;
                }
                Start::Wrong("an answer that nobody asked for")
            }
            What::Icmp(kind, _) | What::Icmpv6(kind, _) => {
                if matches!(*kind, ICMP_ECHO | ICMPV6_ECHO) {
                    self.echoes.insert((from, to));
                }
                Start::Yes
            }
            What::Igmp | What::Arp | What::Other(_) => Start::Yes,
        }
    }
}
