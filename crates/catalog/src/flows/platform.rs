//! What every machine needs anyway, before anything of ours can work: names,
//! time, addresses, neighbours, and the network's own error messages.
//!
//! These are rows like the others, so that a packet capture can be compared with
//! the plan and nothing is exempt.

use crate::flow::{Cast, Flow, Opens, Proof, When, Where};
use crate::role::{CLIENT, DHCP_SERVER, DNS_SERVER, NEIGHBOUR, ROUTER, SITE_SYSTEM, TIME_SERVER};
use crate::service::{
    ARP, DHCP, DHCP_REPLY, DNS, DNS_TCP, ICMP_ECHO, ICMP_ERRORS, ICMPV6_ECHO, ICMPV6_ERRORS, IGMP,
    MLD, NEIGHBOUR_DISCOVERY, NTP,
};
use crate::source::Source;

const NAME_QUERY: Proof = Proof::Ask("a query for the name of a host of the site");
const TOO_BIG: Proof =
    Proof::Observe("the error that answers a packet larger than the path allows");

pub static CLIENT_TO_DNS: Flow = Flow {
    source: &[Source::rfc("RFC 1035", "#section-4.2.1")],
    proof: NAME_QUERY,
    sentence: "Names of the site's hosts to addresses.",
    ..Flow::new(&CLIENT, &DNS_SERVER, &DNS)
};

pub static CLIENT_TO_DNS_TCP: Flow = Flow {
    source: &[Source::rfc("RFC 7766", "#section-5")],
    proof: Proof::Connect,
    sentence: "Answers that were cut short over UDP.",
    ..Flow::new(&CLIENT, &DNS_SERVER, &DNS_TCP)
};

pub static SITE_SYSTEM_TO_DNS: Flow = Flow {
    source: &[Source::rfc("RFC 1035", "#section-4.2.1")],
    proof: NAME_QUERY,
    sentence: "Names of the site's hosts to addresses.",
    ..Flow::new(&SITE_SYSTEM, &DNS_SERVER, &DNS)
};

pub static SITE_SYSTEM_TO_DNS_TCP: Flow = Flow {
    source: &[Source::rfc("RFC 7766", "#section-5")],
    proof: Proof::Connect,
    sentence: "Answers that were cut short over UDP.",
    ..Flow::new(&SITE_SYSTEM, &DNS_SERVER, &DNS_TCP)
};

pub static CLIENT_TO_NTP: Flow = Flow {
    source: &[Source::rfc("RFC 5905", "#section-7.2")],
    proof: Proof::Ask("a client-mode packet"),
    sentence: "Clocks that agree: certificates have dates.",
    ..Flow::new(&CLIENT, &TIME_SERVER, &NTP)
};

pub static SITE_SYSTEM_TO_NTP: Flow = Flow {
    source: &[Source::rfc("RFC 5905", "#section-7.2")],
    proof: Proof::Ask("a client-mode packet"),
    sentence: "Clocks that agree: certificates have dates.",
    ..Flow::new(&SITE_SYSTEM, &TIME_SERVER, &NTP)
};

pub static CLIENT_TO_DHCP: Flow = Flow {
    cast: Cast::Broadcast,
    source: &[Source::rfc("RFC 2131", "#section-4.1")],
    proof: Proof::Ask("DHCPINFORM, which takes no address from the pool"),
    sentence: "An address; the first request is broadcast, a renewal goes to the server itself.",
    ..Flow::new(&CLIENT, &DHCP_SERVER, &DHCP)
};

pub static DHCP_REPLY_TO_CLIENT: Flow = Flow {
    cast: Cast::Broadcast,
    source: &[Source::rfc("RFC 2131", "#section-4.1")],
    proof: Proof::Observe("the answer to a DHCPINFORM arrives"),
    sentence: "The offered address, before the machine has one.",
    ..Flow::new(&DHCP_SERVER, &CLIENT, &DHCP_REPLY)
};

pub static CLIENT_TO_ARP: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Broadcast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 826", "#section-2")],
    proof: Proof::Ask("who has the address of the other end"),
    sentence: "The first packet to any IPv4 address on the subnet.",
    ..Flow::new(&CLIENT, &NEIGHBOUR, &ARP)
};

pub static SITE_SYSTEM_TO_ARP: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Broadcast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 826", "#section-2")],
    proof: Proof::Ask("who has the address of the other end"),
    sentence: "The first packet to any IPv4 address on the subnet.",
    ..Flow::new(&SITE_SYSTEM, &NEIGHBOUR, &ARP)
};

pub static CLIENT_TO_NEIGHBOUR_DISCOVERY: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Multicast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 4861", "#section-3")],
    proof: Proof::Ask("a neighbour solicitation for the other end"),
    sentence: "The first packet to any IPv6 address on the subnet, and to its routers.",
    ..Flow::new(&CLIENT, &NEIGHBOUR, &NEIGHBOUR_DISCOVERY)
};

pub static SITE_SYSTEM_TO_NEIGHBOUR_DISCOVERY: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Multicast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 4861", "#section-3")],
    proof: Proof::Ask("a neighbour solicitation for the other end"),
    sentence: "The first packet to any IPv6 address on the subnet, and to its routers.",
    ..Flow::new(&SITE_SYSTEM, &NEIGHBOUR, &NEIGHBOUR_DISCOVERY)
};

pub static CLIENT_TO_IGMP: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Multicast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 3376", "#section-4")],
    proof: Proof::Observe("a membership report on the subnet"),
    sentence: "Membership reports, which the operating system sends by itself.",
    ..Flow::new(&CLIENT, &NEIGHBOUR, &IGMP)
};

pub static SITE_SYSTEM_TO_IGMP: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Multicast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 3376", "#section-4")],
    proof: Proof::Observe("a membership report on the subnet"),
    sentence: "Membership reports, which the operating system sends by itself.",
    ..Flow::new(&SITE_SYSTEM, &NEIGHBOUR, &IGMP)
};

pub static CLIENT_TO_MLD: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Multicast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 3810", "#section-5")],
    proof: Proof::Observe("a listener report on the subnet"),
    sentence: "Membership reports, which neighbour discovery itself depends on.",
    ..Flow::new(&CLIENT, &NEIGHBOUR, &MLD)
};

pub static SITE_SYSTEM_TO_MLD: Flow = Flow {
    opens: Opens::Either,
    cast: Cast::Multicast,
    scope: Where::SameSubnet,
    source: &[Source::rfc("RFC 3810", "#section-5")],
    proof: Proof::Observe("a listener report on the subnet"),
    sentence: "Membership reports, which neighbour discovery itself depends on.",
    ..Flow::new(&SITE_SYSTEM, &NEIGHBOUR, &MLD)
};

pub static CLIENT_TO_SITE_SYSTEM_ECHO: Flow = Flow {
    when: When::Feature("probe"),
    source: &[Source::rfc("RFC 1122", "#section-3.2.2.6")],
    proof: Proof::Ask("an echo request"),
    sentence: "Sent by probes only: tells a silent host from a closed port.",
    ..Flow::new(&CLIENT, &SITE_SYSTEM, &ICMP_ECHO)
};

pub static SITE_SYSTEM_TO_CLIENT_ECHO: Flow = Flow {
    when: When::Feature("probe"),
    source: &[Source::rfc("RFC 1122", "#section-3.2.2.6")],
    proof: Proof::Ask("an echo request"),
    sentence: "Sent by probes only: tells a silent host from a closed port.",
    ..Flow::new(&SITE_SYSTEM, &CLIENT, &ICMP_ECHO)
};

pub static CLIENT_TO_SITE_SYSTEM_ECHO_V6: Flow = Flow {
    when: When::Feature("probe"),
    source: &[Source::rfc("RFC 4443", "#section-4.1")],
    proof: Proof::Ask("an echo request"),
    sentence: "Sent by probes only: tells a silent host from a closed port.",
    ..Flow::new(&CLIENT, &SITE_SYSTEM, &ICMPV6_ECHO)
};

pub static SITE_SYSTEM_TO_CLIENT_ECHO_V6: Flow = Flow {
    when: When::Feature("probe"),
    source: &[Source::rfc("RFC 4443", "#section-4.1")],
    proof: Proof::Ask("an echo request"),
    sentence: "Sent by probes only: tells a silent host from a closed port.",
    ..Flow::new(&SITE_SYSTEM, &CLIENT, &ICMPV6_ECHO)
};

pub static ROUTER_TO_CLIENT_ERRORS: Flow = Flow {
    source: &[Source::rfc("RFC 792", "#page-4"), Source::rfc("RFC 1191", "#section-4")],
    proof: TOO_BIG,
    sentence: "Fragmentation needed, unreachable, time exceeded: where they are dropped, large packets vanish.",
    ..Flow::new(&ROUTER, &CLIENT, &ICMP_ERRORS)
};

pub static ROUTER_TO_SITE_SYSTEM_ERRORS: Flow = Flow {
    source: &[Source::rfc("RFC 792", "#page-4"), Source::rfc("RFC 1191", "#section-4")],
    proof: TOO_BIG,
    sentence: "Fragmentation needed, unreachable, time exceeded: where they are dropped, large packets vanish.",
    ..Flow::new(&ROUTER, &SITE_SYSTEM, &ICMP_ERRORS)
};

pub static ROUTER_TO_CLIENT_ERRORS_V6: Flow = Flow {
    source: &[Source::rfc("RFC 4443", "#section-3"), Source::rfc("RFC 8201", "#section-4")],
    proof: TOO_BIG,
    sentence: "Packet too big, unreachable, time exceeded: where they are dropped, large packets vanish.",
    ..Flow::new(&ROUTER, &CLIENT, &ICMPV6_ERRORS)
};

pub static ROUTER_TO_SITE_SYSTEM_ERRORS_V6: Flow = Flow {
    source: &[Source::rfc("RFC 4443", "#section-3"), Source::rfc("RFC 8201", "#section-4")],
    proof: TOO_BIG,
    sentence: "Packet too big, unreachable, time exceeded: where they are dropped, large packets vanish.",
    ..Flow::new(&ROUTER, &SITE_SYSTEM, &ICMPV6_ERRORS)
};

pub(super) static ROWS: &[&Flow] = &[
    &CLIENT_TO_DNS,
    &CLIENT_TO_DNS_TCP,
    &SITE_SYSTEM_TO_DNS,
    &SITE_SYSTEM_TO_DNS_TCP,
    &CLIENT_TO_NTP,
    &SITE_SYSTEM_TO_NTP,
    &CLIENT_TO_DHCP,
    &DHCP_REPLY_TO_CLIENT,
    &CLIENT_TO_ARP,
    &SITE_SYSTEM_TO_ARP,
    &CLIENT_TO_NEIGHBOUR_DISCOVERY,
    &SITE_SYSTEM_TO_NEIGHBOUR_DISCOVERY,
    &CLIENT_TO_IGMP,
    &SITE_SYSTEM_TO_IGMP,
    &CLIENT_TO_MLD,
    &SITE_SYSTEM_TO_MLD,
    &CLIENT_TO_SITE_SYSTEM_ECHO,
    &SITE_SYSTEM_TO_CLIENT_ECHO,
    &CLIENT_TO_SITE_SYSTEM_ECHO_V6,
    &SITE_SYSTEM_TO_CLIENT_ECHO_V6,
    &ROUTER_TO_CLIENT_ERRORS,
    &ROUTER_TO_SITE_SYSTEM_ERRORS,
    &ROUTER_TO_CLIENT_ERRORS_V6,
    &ROUTER_TO_SITE_SYSTEM_ERRORS_V6,
];
