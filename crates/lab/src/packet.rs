//! A frame of the capture, as far as the law is interested in it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

use crate::switch::Port;

/// What one machine sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// When, in Unix microseconds.
    pub at: i64,
    /// The machine out of whose cable it came: its sender, or a router.
    pub by: String,
    /// False where a router sends it on for somebody else.
    pub own: bool,
    pub from: IpAddr,
    pub to: IpAddr,
    pub what: What,
    /// Its length on the wire, without the frame's own header.
    pub bytes: u32,
}

/// What a packet is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Tcp {
        from: u16,
        to: u16,
        /// A SYN without an ACK: it asks for a connection.
        begins: bool,
    },
    Udp {
        from: u16,
        to: u16,
    },
    /// Type and code.
    Icmp(u8, u8),
    /// Type and code.
    Icmpv6(u8, u8),
    Igmp,
    Arp,
    /// No plan can hold it.
    Other(String),
}

/// The first 20 bytes of a frame that was captured on any interface
/// (LINKTYPE_LINUX_SLL2).
const HEADER: usize = 20;

impl Packet {
    /// Reads a captured frame; nothing where no machine sent it.
    pub(crate) fn read(
        at: i64,
        frame: &[u8],
        length: u32,
        ports: &BTreeMap<u32, Port>,
    ) -> Option<Self> {
        let (header, payload) = frame.split_at_checked(HEADER)?;
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let number = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let port = ports.get(&number)?;
        let (from, to, what) = contents(kind, payload);
        let own = !port.router || is_nobody(from) || port_has(ports, &port.machine, from);
        let bytes = length.saturating_sub(HEADER as u32);
        Some(Self { at, by: port.machine.clone(), own, from, to, what, bytes })
    }
}

fn port_has(ports: &BTreeMap<u32, Port>, machine: &str, address: IpAddr) -> bool {
    ports.values().any(|port| port.machine == machine && port.addresses.contains(&address))
}

/// Whether an address says nothing of who has it: unspecified, or link-local,
/// which a machine gives itself.
pub(crate) fn is_nobody(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_unicast_link_local(),
    }
}

fn contents(kind: u16, payload: &[u8]) -> (IpAddr, IpAddr, What) {
    const NOBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    let other = |text: String| (NOBODY, NOBODY, What::Other(text));
    let packet = LaxSlicedPacket::from_ether_type(EtherType(kind), payload);
    match &packet.net {
        None => other(format!("ether type {kind:#06x}")),
        Some(LaxNetSlice::Arp(arp)) => {
            let address = |bytes: &[u8]| {
                <[u8; 4]>::try_from(bytes).map_or(NOBODY, |bytes| IpAddr::V4(bytes.into()))
            };
            let from = address(arp.sender_protocol_addr());
            (from, address(arp.target_protocol_addr()), What::Arp)
        }
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let number = ip.payload().ip_number.0;
            let ends = (header.source_addr().into(), header.destination_addr().into());
            (ends.0, ends.1, carried(&packet, number))
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let number = ip.payload().ip_number.0;
            let ends = (header.source_addr().into(), header.destination_addr().into());
            (ends.0, ends.1, carried(&packet, number))
        }
    }
}

fn carried(packet: &LaxSlicedPacket<'_>, number: u8) -> What {
    match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => What::Tcp {
            from: tcp.source_port(),
            to: tcp.destination_port(),
            begins: tcp.syn() && !tcp.ack(),
        },
        Some(TransportSlice::Udp(udp)) => {
            What::Udp { from: udp.source_port(), to: udp.destination_port() }
        }
        Some(TransportSlice::Icmpv4(icmp)) => What::Icmp(icmp.type_u8(), icmp.code_u8()),
        Some(TransportSlice::Icmpv6(icmp)) => What::Icmpv6(icmp.type_u8(), icmp.code_u8()),
        Some(TransportSlice::Igmp(_)) => What::Igmp,
        None => What::Other(format!("IP protocol {number}")),
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { to, .. } => write!(f, "tcp {to}"),
            Self::Udp { to, .. } => write!(f, "udp {to}"),
            Self::Icmp(kind, code) => write!(f, "icmp type {kind} code {code}"),
            Self::Icmpv6(kind, code) => write!(f, "icmpv6 type {kind} code {code}"),
            Self::Igmp => f.write_str("igmp"),
            Self::Arp => f.write_str("arp"),
            Self::Other(text) => f.write_str(text),
        }
    }
}
