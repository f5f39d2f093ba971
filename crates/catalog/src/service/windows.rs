//! What Windows speaks: files, remote calls, the directory, and its older names.

use super::{Service, Share};
use crate::port::Ports;
use crate::source::Source;

pub static SMB: Service = Service {
    slug: "smb",
    name: "Server Message Block",
    ports: Ports::one(445),
    share: Share::System,
    sentence: "Files over the network: shares, inboxes, content.",
    source: Source::ports_2006("#BKMK_PortsSite-DP"),
    ..Service::TCP
};

pub static RPC_ENDPOINT_MAPPER: Service = Service {
    slug: "rpc-endpoint-mapper",
    name: "RPC endpoint mapper",
    ports: Ports::one(135),
    share: Share::System,
    sentence: "Asks on which dynamic port an RPC service listens.",
    source: Source::ports_2006("#BKMK_PortsConsole-Provider"),
    ..Service::TCP
};

pub static RPC_ENDPOINT_MAPPER_UDP: Service = Service {
    slug: "rpc-endpoint-mapper-udp",
    name: "RPC endpoint mapper over UDP",
    ports: Ports::one(135),
    share: Share::System,
    sentence: "The same question by datagram.",
    source: Source::ports_2006("#BKMK_PortsConsole-Provider"),
    ..Service::UDP
};

pub static RPC: Service = Service {
    slug: "rpc",
    name: "RPC, dynamic ports",
    ports: Ports::Dynamic,
    share: Share::System,
    sentence: "The remote call itself (WMI, DCOM), on a port that the operating system gave out.",
    source: Source::ports_2006("#bkmk_note6"),
    ..Service::TCP
};

pub static LDAP: Service = Service {
    slug: "ldap",
    name: "LDAP",
    ports: Ports::movable("ldap", 389),
    share: Share::System,
    sentence: "Reading from and publishing to a directory.",
    source: Source::ports_2006("#BKMK_PortsSite-DC"),
    ..Service::TCP
};

pub static LDAP_UDP: Service = Service {
    slug: "ldap-udp",
    name: "LDAP over UDP",
    ports: Ports::one(389),
    share: Share::System,
    sentence: "Asks whether a domain controller is there and for whom it answers.",
    source: Source::ports_2006("#BKMK_PortsSite-DC"),
    ..Service::UDP
};

pub static LDAPS: Service = Service {
    slug: "ldaps",
    name: "LDAP over TLS",
    ports: Ports::movable("ldaps", 636),
    share: Share::System,
    sentence: "The directory over TLS, for signing and channel binding.",
    source: Source::ports_2006("#BKMK_PortsSite-DC"),
    ..Service::TCP
};

pub static LDAPS_UDP: Service = Service {
    slug: "ldaps-udp",
    name: "LDAP over TLS, as UDP",
    ports: Ports::one(636),
    share: Share::System,
    sentence: "Stands in the text, but nobody speaks it.",
    source: Source::ports_2006("#BKMK_PortsSite-DC"),
    ..Service::UDP
};

pub static GLOBAL_CATALOG: Service = Service {
    slug: "global-catalog",
    name: "Global catalog",
    ports: Ports::movable("global-catalog", 3268),
    share: Share::System,
    sentence: "LDAP to a domain controller that answers for the whole forest.",
    source: Source::ports_2006("#BKMK_PortsClient-GCDC"),
    ..Service::TCP
};

pub static WINRM_HTTP: Service = Service {
    slug: "winrm-http",
    name: "Windows Remote Management over HTTP",
    ports: Ports::one(5985),
    share: Share::System,
    sentence: "Exchange's commands, on one's own premises.",
    source: Source::ports_2006("#BKMK_PortsExchangeConnectorOnPrem"),
    ..Service::TCP
};

pub static WINRM_HTTPS: Service = Service {
    slug: "winrm-https",
    name: "Windows Remote Management over HTTPS",
    ports: Ports::one(5986),
    share: Share::System,
    sentence: "Exchange's commands, in the cloud.",
    source: Source::ports_2006("#BKMK_PortsExchangeConnectorHosted"),
    ..Service::TCP
};

pub static NETBIOS_NAME: Service = Service {
    slug: "netbios-name",
    name: "NetBIOS name resolution",
    ports: Ports::one(137),
    share: Share::System,
    sentence: "Names to addresses, without a name server or with WINS.",
    source: Source::ports_2006("#BKMK_ServerPorts"),
    ..Service::UDP
};

pub static NETBIOS_DATAGRAM: Service = Service {
    slug: "netbios-datagram",
    name: "NetBIOS datagram service",
    ports: Ports::one(138),
    share: Share::System,
    sentence: "Messages to a name or a group of names.",
    source: Source::ports_2006("#BKMK_ServerPorts"),
    ..Service::UDP
};

pub static NETBIOS_SESSION: Service = Service {
    slug: "netbios-session",
    name: "NetBIOS session service",
    ports: Ports::one(139),
    share: Share::System,
    sentence: "What SMB ran on before it had a port of its own.",
    source: Source::ports_2006("#BKMK_ServerPorts"),
    ..Service::TCP
};

pub static KERBEROS: Service = Service {
    slug: "kerberos",
    name: "Kerberos",
    ports: Ports::one(88),
    share: Share::System,
    sentence: "Tickets: who is who in the domain.",
    source: Source::ports_2006("#BKMK_ServerPorts"),
    ..Service::TCP
};

pub static KERBEROS_UDP: Service = Service {
    slug: "kerberos-udp",
    name: "Kerberos over UDP",
    ports: Ports::one(88),
    share: Share::System,
    sentence: "The same tickets, by datagram where they fit.",
    source: Source::rfc("RFC 4120", "#section-7.2"),
    ..Service::UDP
};
