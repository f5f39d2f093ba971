//! Windows Firewall, as a PowerShell file for one machine (`New-NetFirewallRule`).
//!
//! Windows has no transaction for its own rules and no table that could be replaced, so
//! the file adds before it removes. Its rules only allow; what they do not allow is up
//! to the profiles, which are not ours to change.

use catalog::{Cast, Ports};

use super::Written;
use super::powershell::{self, Cmdlets, list, parameters as given, quoted, remark, table};
use crate::decided::Decided;
use crate::rule::{Direction, Rule, RuleSet, range_text};

mod features;
#[cfg(test)]
mod tests;

const CMDLETS: Cmdlets = Cmdlets { noun: "NetFirewallRule", name: "Name" };

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
    text.push_str(&powershell::replacement(set, CMDLETS, &[]));
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
    let mut lines = lines.to_vec();
    let mut flows = set.rules.iter().flat_map(|rule| set.flows(rule));
    if flows.any(|planned| planned.flow.cast != Cast::Unicast) {
        lines.extend([
            "The reference does not say whether LocalAddress takes the address of a broadcast or of a".to_owned(),
            "group, to which some of these packets go: try those rules first.".to_owned(),
            String::new(),
        ]);
    }
    lines
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
    let direction = if rule.direction == Direction::In { "Inbound" } else { "Outbound" };
    let mut parameters = given::named(set, rule, decided, CMDLETS.name);
    parameters.push(("Direction", quoted(direction)));
    parameters.push(("Protocol", quoted(given::protocol(rule.protocol))));
    if rule.protocol.has_ports() {
        let from: Vec<String> = rule.source_ports.map(range_text).into_iter().collect();
        let to: Vec<String> = rule.ports.iter().map(|range| range_text(*range)).collect();
        parameters.extend(given::ports(rule.direction, from, to));
    }
    if !rule.types.is_empty() {
        let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
        parameters.push(("IcmpType", list(&types)));
    }
    parameters.extend(given::addresses(rule));
    parameters
}
