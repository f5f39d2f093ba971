//! What clients speak with the site and with each other, beside the web.

use super::Service;
use crate::port::Ports;
use crate::source::Source;

pub static CLIENT_NOTIFICATION: Service = Service {
    slug: "client-notification",
    name: "Client notification",
    ports: Ports::movable("client-notification", 10123),
    sentence: "A connection that the client keeps open, so that it can be told at once what to do.",
    source: Source::ports_2006("#BKMK_PortsClient-MP"),
    ..Service::TCP
};

pub static EXPRESS_UPDATES: Service = Service {
    slug: "express-updates",
    name: "Express updates",
    ports: Ports::movable("express-updates", 8005),
    sentence: "Ranges of large update files, for the update agent of the machine itself.",
    source: Source::ports_2006("#BKMK_PortsClient-DP"),
    ..Service::TCP
};

pub static WAKE_ON_LAN: Service = Service {
    slug: "wake-on-lan",
    name: "Wake on LAN",
    ports: Ports::movable("wake-on-lan", 9),
    sentence: "The packet that makes a network card start its machine.",
    source: Source::ports_2006("#BKMK_PortsClient-ClientWakeUp"),
    ..Service::UDP
};

pub static WAKE_UP_PROXY: Service = Service {
    slug: "wake-up-proxy",
    name: "Wake-up proxy",
    ports: Ports::movable("wake-up-proxy", 25536),
    sentence: "Clients of a subnet agree which of them watches over the sleeping ones.",
    source: Source::ports_2006("#BKMK_PortsClient-ClientWakeUp"),
    ..Service::UDP
};

pub static PEER_CACHE: Service = Service {
    slug: "peer-cache",
    name: "Peer cache, download",
    ports: Ports::movable("peer-cache", 8003),
    sentence: "Content from a machine near by that has it already.",
    source: Source::ports_2006("#BKMK_PortsClient-ClientWakeUp"),
    ..Service::TCP
};

pub static PEER_CACHE_DISCOVERY: Service = Service {
    slug: "peer-cache-discovery",
    name: "Peer cache, broadcast",
    ports: Ports::movable("peer-cache-discovery", 8004),
    sentence: "A machine in Windows PE asks its subnet who has the content.",
    source: Source::ports_2006("#BKMK_PortsClient-ClientWakeUp"),
    ..Service::UDP
};

pub static REMOTE_CONTROL: Service = Service {
    slug: "remote-control",
    name: "Remote control",
    ports: Ports::movable("remote-control", 2701),
    sentence: "An administrator sees and works a user's screen.",
    source: Source::ports_2006("#BKMK_PortsConsole-Client"),
    ..Service::TCP
};

pub static REMOTE_ASSISTANCE: Service = Service {
    slug: "remote-assistance",
    name: "Remote Assistance",
    ports: Ports::one(3389),
    sentence: "Windows' own help for a user: RDP and RTC.",
    source: Source::ports_2006("#BKMK_PortsConsole-Client"),
    ..Service::TCP
};

pub static NEIGHBOUR_MAP: Service = Service {
    slug: "neighbour-map",
    name: "Neighbour map, number",
    ports: Ports::movable("neighbour-map", 10182),
    sentence: "Who on the subnet holds a newer service map, and at which address.",
    source: Source::ours("#what-is-declared-and-not-yet-served"),
    ..Service::UDP
};

pub static NEIGHBOUR_MAP_TRANSFER: Service = Service {
    slug: "neighbour-map-transfer",
    name: "Neighbour map, transfer",
    ports: Ports::movable("neighbour-map-transfer", 10182),
    sentence: "The newer service map itself, which is believed for its signature.",
    source: Source::ours("#what-is-declared-and-not-yet-served"),
    ..Service::TCP
};
