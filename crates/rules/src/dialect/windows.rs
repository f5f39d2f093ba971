//! Windows Firewall, as a PowerShell file for one machine (`New-NetFirewallRule`).
//!
//! Windows has no transaction for its own rules and no table that could be replaced, so
//! the file adds before it removes. Its rules only allow; what they do not allow is up
//! to the profiles, which are not ours to change.

use std::collections::BTreeSet;

use catalog::{Ports, Protocol};
use plan::Cidr;

use super::Written;
use super::powershell::{self, Cmdlets, list, quoted, remark, sides, table};
use super::words::{about, shortened};
use crate::decided::Decided;
use crate::rule::{Direction, Ends, Rule, RuleSet, range_text};

mod features;
#[cfg(test)]
mod tests;

const CMDLETS: Cmdlets = Cmdlets { noun: "NetFirewallRule", name: "Name" };
/// The most characters of a description, less one for its zero (MS-FASP 2.2.37).
const DESCRIPTION: usize = 10_000;
/// As much of a name as a window of the firewall's console shows.
const DISPLAY_NAME: usize = 160;

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let name = format!("{}.ps1", set.place.stem());
    let features = features::of(set);
    let mut text = powershell::head(set, "Windows Firewall rules", &name, &notes(set));
    text.push_str(&features.parameters);
    text.push('\n');
    text.push_str(&powershell::beginning(set));
    text.push_str(&format!("$always = {}\n\n", table("", &always())));
    text.push_str(&dynamic(set));
    text.push_str("$rules = @(\n");
    for rule in &set.rules {
        text.push_str(&format!("    {}\n", table("    ", &parameters(set, rule, decided))));
    }
    text.push_str(")\n\n");
    text.push_str(&powershell::replacement(set, CMDLETS));
    text.push_str(&features.text);
    Written { findings: features.findings, ..Written::one(name, text) }
}

fn notes(set: &RuleSet<'_>) -> Vec<String> {
    let ours = quoted(&format!("{}*", powershell::prefix(&set.place)));
    let lines = [
        "Look:    Get-NetFirewallRule -Group 'Portolan: *'".to_owned(),
        format!(
            "Remove:  Get-NetFirewallRule | Where-Object {{ $_.Name -like {ours} }} | Remove-NetFirewallRule"
        ),
        String::new(),
        "Windows changes its rules one by one. What is not atomic: while this runs, former and new".to_owned(),
        "rules hold together; and if it is killed both stay, until it is run again. (Only Group Policy".to_owned(),
        "has a batch, Open-NetGPO and Save-NetGPO; this file changes the machine's own rules.)".to_owned(),
        String::new(),
        "These rules allow. The rest is up to the profiles: as installed, Windows drops what comes in".to_owned(),
        "and lets everything out, so that rules for Outbound count only after".to_owned(),
        "  Set-NetFirewallProfile -DefaultInboundAction Block -DefaultOutboundAction Block".to_owned(),
        "which also cuts whatever no rule names. Rules of others stay as they are, and what they allow".to_owned(),
        "passes still. Where Group Policy turns local rules off, none of these count.".to_owned(),
        String::new(),
    ];
    lines.to_vec()
}

fn always() -> [(&'static str, String); 5] {
    [
        ("PolicyStore", quoted("PersistentStore")),
        ("Profile", quoted("Any")),
        ("Action", quoted("Allow")),
        ("Enabled", quoted("True")),
        ("ErrorAction", quoted("Stop")),
    ]
}

/// How to make the widest of the holes smaller, where there is one.
fn dynamic(set: &RuleSet<'_>) -> String {
    let mut flows = set.rules.iter().flat_map(|rule| set.flows(rule));
    if !flows.any(|planned| planned.flow.service.ports == Ports::Dynamic) {
        return String::new();
    }
    let lines = [
        "Dynamic RPC: each range is that of the answering host as the site file says it, or the usual",
        "one. To narrow it, on that host: netsh int ipv4 set dynamicport tcp start=FIRST num=COUNT",
        "(and the same for ipv6), say `dynamic-ports` for the host in the site file, and plan again.",
    ];
    lines.iter().map(|line| remark(line)).collect()
}

fn parameters(set: &RuleSet<'_>, rule: &Rule, decided: &Decided) -> Vec<(&'static str, String)> {
    let roles = roles(set, rule);
    let connections = set.connections(rule).join(", ");
    let group = roles.first().copied().unwrap_or("ip");
    let display = format!("{} ({})", shortened(&connections, DISPLAY_NAME), rule.id);
    let (local, remote) = sides(rule.direction, &rule.source, &rule.destination);
    let direction = if rule.direction == Direction::In { "Inbound" } else { "Outbound" };
    let mut parameters = vec![
        ("Name", quoted(&rule.id)),
        ("Group", quoted(&format!("Portolan: {group}"))),
        ("DisplayName", quoted(&display)),
        ("Description", quoted(&description(set, rule, decided, &roles))),
        ("Direction", quoted(direction)),
        ("Protocol", quoted(protocol(rule.protocol))),
    ];
    if rule.protocol.has_ports() {
        let from: Vec<String> = rule.source_ports.map(range_text).into_iter().collect();
        let to: Vec<String> = rule.ports.iter().map(|range| range_text(*range)).collect();
        let (here, there) = sides(rule.direction, from, to);
        let given = [("LocalPort", here), ("RemotePort", there)];
        let given = given.into_iter().filter(|(_, ports)| !ports.is_empty());
        parameters.extend(given.map(|(name, ports)| (name, list(&ports))));
    }
    if !rule.types.is_empty() {
        let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
        parameters.push(("IcmpType", list(&types)));
    }
    parameters.push(("LocalAddress", list(&addresses(local))));
    parameters.push(("RemoteAddress", list(&addresses(remote))));
    parameters
}

/// A rule is stored as text in which `|` parts the fields (MS-GPFAS 2.2.2.19).
fn description(set: &RuleSet<'_>, rule: &Rule, decided: &Decided, roles: &[&str]) -> String {
    let mut ends = format!("; plan {}; {}", set.digest, rule.id);
    if let [_, others @ ..] = roles
        && !others.is_empty()
    {
        ends = format!("; serves {} too{ends}", others.join(", "));
    }
    let said = about(set, rule, decided).replace('|', "/");
    let room = DESCRIPTION.saturating_sub(ends.len());
    format!("{}{ends}", shortened(&said, room))
}

/// What the machine itself is in the flows of a rule; sorted.
fn roles(set: &RuleSet<'_>, rule: &Rule) -> Vec<&'static str> {
    let opens = (rule.direction == Direction::Out) != rule.reply;
    let each = set
        .flows(rule)
        .map(|planned| if opens { planned.opening().slug } else { planned.answering().slug });
    each.collect::<BTreeSet<_>>().into_iter().collect()
}

/// By name where the cmdlets know one, by number (IANA) otherwise.
pub(super) fn protocol(protocol: Protocol) -> &'static str {
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

/// A block of all addresses is written as its halves, since a mask of no bits is the
/// firewall's way to say none.
pub(super) fn addresses(ends: &Ends) -> Vec<String> {
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
