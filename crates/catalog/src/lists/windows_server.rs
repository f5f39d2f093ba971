//! What Windows Server itself needs, of which the articles name the most important.

use super::{Entry, List, Stated};
use crate::edition::Editions;
use crate::role::{DHCP_SERVER, DNS_SERVER, DOMAIN_CONTROLLER, WINS_SERVER};
use crate::service::{
    DHCP, DHCP_REPLY, DNS, DNS_TCP, KERBEROS, KERBEROS_UDP, NETBIOS_DATAGRAM, NETBIOS_NAME,
    NETBIOS_SESSION, Service,
};
use crate::source::{Source, in_2020, in_all};

const HERE: &[Source] = &in_all("#BKMK_ServerPorts");

const fn needs(what: &'static str, service: &'static Service) -> Entry {
    Entry { source: HERE, ..Entry::new(what, Stated::Service(service)) }
}

pub static WINDOWS_SERVER_PORTS: List = List {
    slug: "windows-server-ports",
    name: "Ports of Windows Server",
    sentence: "Names, addresses and tickets, which every Windows machine needs. The list is a choice: Group Policy, for one, is in none of the tables.",
    source: HERE,
    // Whom a machine asks is clear from the service; the text names nobody.
    entries: &[
        Entry { to: Some(&DNS_SERVER), ..needs("DNS", &DNS) },
        Entry { to: Some(&DNS_SERVER), ..needs("DNS, long answers", &DNS_TCP) },
        Entry { to: Some(&DHCP_SERVER), ..needs("DHCP, to the server", &DHCP) },
        Entry { to: Some(&DHCP_SERVER), ..needs("DHCP, to the client", &DHCP_REPLY) },
        Entry { to: Some(&WINS_SERVER), ..needs("NetBIOS name resolution", &NETBIOS_NAME) },
        needs("NetBIOS datagram service", &NETBIOS_DATAGRAM),
        needs("NetBIOS session service", &NETBIOS_SESSION),
        Entry {
            editions: Editions::SINCE_2002,
            source: &in_2020("#BKMK_ServerPorts"),
            to: Some(&DOMAIN_CONTROLLER),
            ..needs("Kerberos", &KERBEROS)
        },
        Entry {
            editions: Editions::SINCE_2002,
            fixes: Some("kerberos-by-udp-too"),
            source: &[Source::rfc("RFC 4120", "#section-7.2")],
            to: Some(&DOMAIN_CONTROLLER),
            ..needs("Kerberos, by datagram", &KERBEROS_UDP)
        },
    ],
};
