//! The parameters that a firewall rule and an IPsec rule have in common.

use std::collections::BTreeSet;

use catalog::Protocol;
use plan::Cidr;

use super::super::words::{about, shortened};
use super::{list, quoted};
use crate::decided::Decided;
use crate::rule::{Direction, Ends, Rule, RuleSet};

/// The most characters of a description, less one for its zero (MS-FASP 2.2.37).
const DESCRIPTION: usize = 10_000;
/// As much of a name as people read in a list.
const DISPLAY_NAME: usize = 160;

/// A parameter and its value, which is PowerShell already.
pub(in super::super) type Parameter = (&'static str, String);

/// What a rule is called, and what it says of itself. `name` is the parameter for the
/// name by which it is known.
pub(in super::super) fn named(
    set: &RuleSet<'_>,
    rule: &Rule,
    decided: &Decided,
    name: &'static str,
) -> Vec<Parameter> {
    let roles = roles(set, rule);
    let group = roles.first().copied().unwrap_or("ip");
    let connections = set.connections(rule).join(", ");
    let display = format!("{} ({})", shortened(&connections, DISPLAY_NAME), rule.id);
    vec![
        (name, quoted(&rule.id)),
        ("Group", quoted(&format!("Portolan: {group}"))),
        ("DisplayName", quoted(&display)),
        ("Description", quoted(&description(set, rule, decided, &roles))),
    ]
}

/// A rule is stored as text in which `|` parts the fields (MS-GPFAS 2.2.2.19).
fn description(set: &RuleSet<'_>, rule: &Rule, decided: &Decided, roles: &[&str]) -> String {
    let mut end = format!("; plan {}; {}", set.digest, rule.id);
    if let [_, others @ ..] = roles
        && !others.is_empty()
    {
        end = format!("; serves {} too{end}", others.join(", "));
    }
    let said = about(set, rule, decided).replace('|', "/");
    format!("{}{end}", shortened(&said, DESCRIPTION.saturating_sub(end.len())))
}

/// What the machine itself is in the flows of a rule; sorted.
fn roles(set: &RuleSet<'_>, rule: &Rule) -> Vec<&'static str> {
    let opens = (rule.direction == Direction::Out) != rule.reply;
    let flows = set.flows(rule);
    let each = flows.map(|one| if opens { one.opening().slug } else { one.answering().slug });
    each.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Both ends as the machine sees them: its own first.
fn sides<T>(direction: Direction, source: T, destination: T) -> (T, T) {
    match direction {
        Direction::In => (destination, source),
        Direction::Out | Direction::Through => (source, destination),
    }
}

/// Those of the sender and of the receiver; none where any will do.
pub(in super::super) fn ports(
    direction: Direction,
    source: Vec<String>,
    destination: Vec<String>,
) -> Vec<Parameter> {
    let (local, remote) = sides(direction, source, destination);
    let both = [("LocalPort", local), ("RemotePort", remote)];
    let said = both.into_iter().filter(|(_, ports)| !ports.is_empty());
    said.map(|(name, ports)| (name, list(&ports))).collect()
}

pub(in super::super) fn addresses(rule: &Rule) -> [Parameter; 2] {
    let (local, remote) = sides(rule.direction, &rule.source, &rule.destination);
    [("LocalAddress", list(&blocks(local))), ("RemoteAddress", list(&blocks(remote)))]
}

/// A block of all addresses is written as its halves: the reference does not say that
/// a mask may have no bits.
fn blocks(ends: &Ends) -> Vec<String> {
    let each = ends.blocks.iter().flat_map(|block| match (block.length(), block.first()) {
        (0, first) if first.is_ipv4() => vec!["0.0.0.0/1".to_owned(), "128.0.0.0/1".to_owned()],
        (0, _) => vec!["::/1".to_owned(), "8000::/1".to_owned()],
        _ => vec![plain(block)],
    });
    each.collect()
}

/// An address alone without its length.
fn plain(block: &Cidr) -> String {
    if block.first() == block.last() { block.first().to_string() } else { block.to_string() }
}

/// By name where the cmdlets know one, by number (IANA) otherwise.
pub(in super::super) fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Icmp => "ICMPv4",
        Protocol::Icmpv6 => "ICMPv6",
        Protocol::Igmp => "2",
        // The model has no rule for it: no packet filter of IP sees ARP.
        Protocol::Arp => "Any",
    }
}
