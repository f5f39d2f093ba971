//! Booting from the network, and one image to many machines. (The addresses come
//! by [`DHCP`](super::DHCP), as for every machine.)

use super::Service;
use crate::port::Ports;
use crate::source::Source;

pub static TFTP: Service = Service {
    slug: "tftp",
    name: "TFTP",
    ports: Ports::one(69),
    sentence: "The boot files. Asked for on this port, answered from another.",
    source: Source::ports_2006("#bkmk_note4"),
    ..Service::UDP
};

pub static BINL: Service = Service {
    slug: "binl",
    name: "Boot information negotiation",
    ports: Ports::one(4011),
    sentence: "Which boot file this machine shall load, asked of the boot server alone.",
    source: Source::ports_2006("#BKMK_PortsClient-DP3"),
    ..Service::UDP
};

pub static MULTICAST: Service = Service {
    slug: "multicast",
    name: "Multicast",
    ports: Ports::Series { key: "multicast", first: 63000, last: 64000 },
    sentence: "One image, sent once to many machines.",
    source: Source::ports_2006("#BKMK_PortsClient-DP2"),
    ..Service::UDP
};
