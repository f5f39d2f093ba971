//! firewalld (1.0 and later): a zone for what comes in, a policy for what goes out
//! and one for what passes, and a service for the ports of each hole, laid out as in
//! /etc/firewalld.
//!
//! A rule of firewalld holds one block at each end and one thing about the packets;
//! a hole is as many rules as that takes. What needs two things at once, or an ICMP
//! type that firewalld has no name for, is a finding and no rule.

use std::fmt::Write as _;

use super::words::{about, not_needed};
use super::{File, Written};
use crate::decided::Decided;
use crate::rule::{Direction, Finding, Kind, Rule, RuleSet, Version, range_text};
use catalog::Protocol;

const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
/// The port of a packet is always in here.
const ANY_PORT: [(u16, u16); 1] = [(0, u16::MAX)];
/// The ICMP types that firewalld knows, by version and number.
const TYPES: [(Version, u8, &str); 10] = [
    (Version::V4, 0, "echo-reply"),
    (Version::V4, 8, "echo-request"),
    (Version::V6, 2, "packet-too-big"),
    (Version::V6, 128, "echo-request"),
    (Version::V6, 129, "echo-reply"),
    (Version::V6, 133, "router-solicitation"),
    (Version::V6, 134, "router-advertisement"),
    (Version::V6, 135, "neighbour-solicitation"),
    (Version::V6, 136, "neighbour-advertisement"),
    (Version::V6, 137, "redirect"),
];

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut written = Written::default();
    for direction in &set.directions {
        let mut body = String::new();
        for rule in set.rules.iter().filter(|rule| rule.direction == *direction) {
            let told = comment(&format!("{}: {}", rule.id, about(set, rule, decided)));
            let _never = writeln!(body, "  <!-- {told} -->");
            if let Some(why) = not_needed(rule) {
                let _never = writeln!(body, "  <!-- no rule: {why} -->");
                continue;
            }
            let (elements, unsaid) = elements(rule);
            each(rule, &elements, &mut body);
            if let Some(why) = unsaid {
                let _never = writeln!(body, "  <!-- firewalld cannot say it: {why} -->");
                written.findings.push(finding(set, rule, &why));
            }
            written.files.extend(service(set, rule, &elements));
        }
        written.files.push(whole(set, *direction, &body));
    }
    written.files.sort_by(|one, other| one.name.cmp(&other.name));
    written
}

fn finding(set: &RuleSet<'_>, rule: &Rule, why: &str) -> Finding {
    let (id, connections) = (&rule.id, set.connections(rule).join(", "));
    Finding {
        kind: Kind::NotSayable,
        party: set.place.stem().to_owned(),
        message: format!("firewalld cannot say all of {id} ({connections}): {why}"),
        flows: rule.serves.clone(),
    }
}

/// A zone's or a policy's file.
fn whole(set: &RuleSet<'_>, direction: Direction, body: &str) -> File {
    let policy = |ingress: &str, egress: &str| {
        let zones =
            format!("  <ingress-zone name=\"{ingress}\"/>\n  <egress-zone name=\"{egress}\"/>\n");
        ("policy", " priority=\"-1\"", zones)
    };
    let (path, (tag, priority, zones)) = match direction {
        Direction::In => ("zones/portolan.xml", ("zone", "", String::new())),
        Direction::Out => ("policies/portolan-out.xml", policy("HOST", "ANY")),
        Direction::Through => ("policies/portolan-through.xml", policy("ANY", "ANY")),
    };
    let text = format!(
        "{PROLOGUE}<{tag} target=\"DROP\"{priority}>\n  <short>Portolan</short>\n  \
         <description>{}</description>\n{zones}{body}</{tag}>\n",
        escaped(&head(set)),
    );
    File { name: format!("{}/{path}", set.place.stem()), text }
}

/// Where XML takes two hyphens in a row, which a comment of it does not.
fn head(set: &RuleSet<'_>) -> String {
    let (place, digest, stem) = (&set.place, set.digest, set.place.stem());
    let zone = if set.directions.contains(&Direction::In) {
        "\n    firewall-cmd --set-default-zone=portolan    (once: for every interface without a zone)"
    } else {
        ""
    };
    format!(
        "Firewall rules of {place}, from plan {digest}.\n\n  \
         Load, as root:\n    \
         rm -f /etc/firewalld/services/portolan-*.xml\n    \
         cp -r {stem}/. /etc/firewalld/\n    \
         firewall-cmd --check-config && firewall-cmd --reload{zone}\n\n  \
         What no rule names is dropped. Rules of your own, such as for ssh, go into a policy of\n  \
         your own from zone ANY to zone HOST, with a priority below -1: it comes first.\n  "
    )
}

/// What a rule of firewalld says beside its two blocks, in as many parts as the hole
/// takes; and why that is not all of it.
fn elements(rule: &Rule) -> (Vec<String>, Option<String>) {
    let protocol = rule.protocol_text();
    if !rule.types.is_empty() {
        let name = |number: &u8| {
            let known = TYPES.iter().find(|(version, kind, _)| {
                *version == rule.version && kind == number && rule.protocol != Protocol::Igmp
            });
            known.map(|(_, _, name)| format!("<icmp-type name=\"{name}\"/>")).ok_or(*number)
        };
        let (known, unknown): (Vec<_>, Vec<_>) =
            rule.types.iter().map(name).partition(Result::is_ok);
        let unknown: Vec<String> =
            unknown.into_iter().filter_map(Result::err).map(|number| number.to_string()).collect();
        let why = format!("it has no name for {protocol} types {}", unknown.join(", "));
        return (known.into_iter().flatten().collect(), (!unknown.is_empty()).then_some(why));
    }
    if !rule.protocol.has_ports() || (rule.ports.is_empty() && rule.source_ports.is_none()) {
        return (vec![format!("<protocol value=\"{protocol}\"/>")], None);
    }
    match rule.source_ports {
        None => (vec![format!("<service name=\"{}\"/>", service_name(rule))], None),
        Some(range) if rule.ports == ANY_PORT || rule.ports.is_empty() => {
            let range = range_text(range);
            (vec![format!("<source-port port=\"{range}\" protocol=\"{protocol}\"/>")], None)
        }
        Some(_) => (
            Vec::new(),
            Some("a rule has the sender's ports or the receiver's, not both".to_owned()),
        ),
    }
}

/// Each part with each block of the one end and each of the other.
fn each(rule: &Rule, elements: &[String], body: &mut String) {
    let family = rule.version.slug();
    for source in &rule.source.blocks {
        for destination in &rule.destination.blocks {
            for element in elements {
                let _never = writeln!(
                    body,
                    "  <rule family=\"{family}\">\n    <source address=\"{source}\"/>\n    \
                     <destination address=\"{destination}\"/>\n    {element}\n    <accept/>\n  </rule>"
                );
            }
        }
    }
}

fn service_name(rule: &Rule) -> String {
    format!("portolan-{}", rule.id)
}

/// The ports of a hole, where its rules speak of them as a service.
fn service(set: &RuleSet<'_>, rule: &Rule, elements: &[String]) -> Option<File> {
    let name = service_name(rule);
    elements.iter().find(|element| element.contains(&name))?;
    let connections = set.connections(rule).join(", ");
    let told = escaped(&format!("{connections}; plan {}, {}", set.digest, set.place));
    let mut text = format!(
        "{PROLOGUE}<service>\n  <short>{name}</short>\n  <description>{told}</description>\n"
    );
    for range in &rule.ports {
        let (protocol, range) = (rule.protocol_text(), range_text(*range));
        let _never = writeln!(text, "  <port protocol=\"{protocol}\" port=\"{range}\"/>");
    }
    text.push_str("</service>\n");
    Some(File { name: format!("{}/services/{name}.xml", set.place.stem()), text })
}

/// What may stand in a comment of XML.
fn comment(text: &str) -> String {
    text.replace("--", "- -")
}

/// What may stand between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
