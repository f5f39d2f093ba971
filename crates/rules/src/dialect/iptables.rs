//! iptables (`iptables-restore`, `ip6tables-restore`): two files, for a packet filter
//! of each version of IP, with chains of our own at the end of the built-in ones.
//!
//! A rule holds one block at each end and at most fifteen ports, so one hole may be
//! several rules; together they are exactly the hole. The built-in chains belong to
//! the machine's administrator: what he accepts there, before the jump, survives each
//! load.

use std::fmt::Write as _;

use super::words::{about, not_needed, shortened};
use super::{File, Written};
use crate::decided::Decided;
use crate::rule::{Direction, Rule, RuleSet, Version};
use catalog::Protocol;
use plan::Cidr;

/// The most bytes of a comment (XT_MAX_COMMENT_LEN, with its closing zero).
const COMMENT: usize = 255;
/// The most ports of one rule (XT_MULTI_PORTS); a range counts for two.
const PORTS: usize = 15;

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let files = Version::ALL.map(|version| {
        let ending = match version {
            Version::V4 => "v4",
            Version::V6 => "v6",
        };
        let name = format!("{}.{ending}", set.place.stem());
        let text = text(set, decided, version, &name);
        File { name, text }
    });
    Written { files: files.into(), findings: Vec::new() }
}

/// The chains of a direction: the built-in one, and ours.
fn chains(direction: Direction) -> [&'static str; 2] {
    match direction {
        Direction::In => ["INPUT", "PORTOLAN-IN"],
        Direction::Out => ["OUTPUT", "PORTOLAN-OUT"],
        Direction::Through => ["FORWARD", "PORTOLAN-FORWARD"],
    }
}

fn text(set: &RuleSet<'_>, decided: &Decided, version: Version, name: &str) -> String {
    let mut text = head(set, version, name);
    text.push_str("*filter\n");
    for direction in &set.directions {
        let [_, own] = chains(*direction);
        let _never = writeln!(text, ":{own} - [0:0]");
    }
    for direction in &set.directions {
        chain(set, decided, version, *direction, &mut text);
    }
    for direction in &set.directions {
        let [built_in, own] = chains(*direction);
        let _never = writeln!(text, "-A {built_in} -j {own}");
    }
    text.push_str("COMMIT\n");
    text
}

fn head(set: &RuleSet<'_>, version: Version, name: &str) -> String {
    let (program, other) = match version {
        Version::V4 => ("iptables", "ip6tables"),
        Version::V6 => ("ip6tables", "iptables"),
    };
    let built_in: Vec<&str> = set.directions.iter().map(|one| chains(*one)[0]).collect();
    let (place, digest) = (&set.place, set.digest);
    format!(
        "# Portolan: firewall rules of {place}, from plan {digest}.\n\
         # The half for {}; {other} has the other one.\n\
         #\n\
         # Load, as root:   {program}-restore --noflush {name}     (check only: add --test)\n\
         # Load once more:  grep -v '^-A {}' {name} | {program}-restore --noflush\n\
         # (the chains are replaced in one transaction, and the jumps to them are there already)\n\
         # Look:            {program} -v -L      (the comments have the rules' ids)\n\
         #\n\
         # What no rule names is dropped. Rules of your own, such as for ssh, stay in {},\n\
         # before the jump: {program} -I {} ... -j ACCEPT. Loading leaves them alone.\n\n",
        version.slug(),
        match built_in.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("\\({}\\)", several.join("\\|")),
        },
        built_in.join(" and "),
        built_in.first().copied().unwrap_or_default(),
    )
}

fn chain(
    set: &RuleSet<'_>,
    decided: &Decided,
    version: Version,
    direction: Direction,
    text: &mut String,
) {
    let [_, own] = chains(direction);
    let slug = direction.slug();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    match direction {
        Direction::In => line(format!("-A {own} -i lo -j ACCEPT")),
        Direction::Out => line(format!("-A {own} -o lo -j ACCEPT")),
        Direction::Through => {}
    }
    line(format!("-A {own} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"));
    line(format!("-A {own} -m conntrack --ctstate INVALID -j DROP"));
    let here = |rule: &&Rule| rule.direction == direction && rule.version == version;
    for rule in set.rules.iter().filter(here) {
        line(format!("# {}: {}", rule.id, about(set, rule, decided)));
        if let Some(why) = not_needed(rule) {
            line(format!("# no rule: {why}"));
            continue;
        }
        let connections = set.connections(rule).join(" ");
        let comment = shortened(&format!("{} {connections}", rule.id), COMMENT);
        for ends in ends(rule) {
            for packets in packets(rule) {
                let comment = format!("-m comment --comment \"{comment}\"");
                line(format!("-A {own} {ends} {packets} {comment} -j ACCEPT"));
            }
        }
    }
    // Level 6 is `info`; by its number it is saved.
    let prefix = format!("--log-prefix \"portolan dropped-{slug}: \" --log-level 6");
    line(format!("-A {own} -m limit --limit 6/min -j LOG {prefix}"));
    line(format!("-A {own} -m comment --comment dropped-{slug} -j DROP"));
}

/// Each block of the one end with each of the other.
fn ends(rule: &Rule) -> Vec<String> {
    let both = |source: &Cidr| {
        let to = rule.destination.blocks.iter();
        to.map(|destination| format!("-s {source} -d {destination}")).collect::<Vec<_>>()
    };
    rule.source.blocks.iter().flat_map(both).collect()
}

/// Everything about the packets but their addresses, in as many parts as are needed.
fn packets(rule: &Rule) -> Vec<String> {
    let protocol = match rule.protocol {
        Protocol::Icmpv6 => "ipv6-icmp",
        // IGMP's number: it is known by name only where /etc/protocols is.
        Protocol::Igmp => "2",
        other => other.slug(),
    };
    let option = match rule.protocol {
        Protocol::Icmpv6 => "-m icmp6 --icmpv6-type",
        _ => "-m icmp --icmp-type",
    };
    if !rule.types.is_empty() {
        let typed = |kind: &u8| format!("-p {protocol} {option} {kind}");
        return rule.types.iter().map(typed).collect();
    }
    if !rule.protocol.has_ports() {
        return vec![format!("-p {protocol}")];
    }
    let from = match rule.source_ports {
        Some(range) => format!(" --sport {}", colon(range)),
        None => String::new(),
    };
    match rule.ports.as_slice() {
        [] => vec![format!("-p {protocol} -m {protocol}{from}")],
        [one] => vec![format!("-p {protocol} -m {protocol}{from} --dport {}", colon(*one))],
        several => {
            let from = if from.is_empty() { from } else { format!(" -m {protocol}{from}") };
            let part = |ports: String| format!("-p {protocol}{from} -m multiport --dports {ports}");
            in_parts(several).into_iter().map(part).collect()
        }
    }
}

/// `443,8530:8531`, as often as it takes.
fn in_parts(ports: &[(u16, u16)]) -> Vec<String> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    for (first, last) in ports {
        let weight = if first == last { 1 } else { 2 };
        match parts.last_mut() {
            Some((used, part)) if *used + weight <= PORTS => {
                *used += weight;
                part.push(',');
                part.push_str(&colon((*first, *last)));
            }
            _ => parts.push((weight, colon((*first, *last)))),
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// `443` or `8530:8531`.
fn colon((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}:{last}") }
}

#[cfg(test)]
mod tests;
