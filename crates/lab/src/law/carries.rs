//! Whether a packet is of the kind that a planned flow starts with.

use catalog::Protocol;
use catalog::service::{
    ICMP_ECHO, ICMP_ERRORS, ICMPV6_ECHO, ICMPV6_ERRORS, MLD, NEIGHBOUR_DISCOVERY,
};
use plan::Planned;

use crate::packet::What;

pub(super) fn carries(planned: &Planned, what: &What) -> bool {
    let service = planned.flow.service;
    let port =
        |port: u16| planned.ports.is_some_and(|(first, last)| (first..=last).contains(&port));
    match what {
        What::Tcp { to, .. } => service.protocol == Protocol::Tcp && port(*to),
        What::Udp { to, .. } => service.protocol == Protocol::Udp && port(*to),
        What::Arp => service.protocol == Protocol::Arp,
        What::Igmp => service.protocol == Protocol::Igmp,
        // RFC 792: unreachable, source quench, redirect, time exceeded,
        // parameter problem; and echo.
        What::Icmp(3 | 4 | 5 | 11 | 12, _) => *service == ICMP_ERRORS,
        What::Icmp(8, _) => *service == ICMP_ECHO,
        // RFC 4443: errors are the types below 128. RFC 2710 and RFC 3810:
        // listeners. RFC 4861: neighbours and routers.
        What::Icmpv6(1..=4, _) => *service == ICMPV6_ERRORS,
        What::Icmpv6(128, _) => *service == ICMPV6_ECHO,
        What::Icmpv6(130..=132 | 143, _) => *service == MLD,
        What::Icmpv6(133..=137, _) => *service == NEIGHBOUR_DISCOVERY,
        What::Icmp(..) | What::Icmpv6(..) | What::Other(_) => false,
    }
}
