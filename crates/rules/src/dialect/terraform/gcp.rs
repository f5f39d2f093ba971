//! Google: a firewall rule for each hole, for machines with a tag, and in each
//! direction one for each version of IP that drops the rest: Google's own last rule
//! lets everything out, and its default network has some that let much in.

use catalog::Protocol;
use serde_json::{Value, json};

use super::super::Written;
use super::super::words::{about, shortened};
use super::{Body, Cloud, Hole, texts};
use crate::decided::Decided;
use crate::rule::{Direction, Rule, RuleSet, range_text};

/// The most characters of a description.
const DESCRIPTION: usize = 2048; // not a port: a length
/// The most characters of a tag, and of a rule's name.
const NAME: usize = 63;
/// Lower numbers win.
const LETS_PASS: u32 = 1000; // not a port: a priority
const DROPS: u32 = 2000; // not a port: a priority
/// Everybody, by version of IP.
const EVERYBODY: [(&str, &str); 2] = [("ipv4", "0.0.0.0/0"), ("ipv6", "::/0")];

const GOOGLE: Cloud =
    Cloud { name: "GCP", provider: "google", version: ">= 5.0", cannot, errors_pass: true };

fn cannot(rule: &Rule) -> Option<&'static str> {
    match rule.protocol {
        Protocol::Icmp | Protocol::Icmpv6 => Some("its rules know no types of ICMP"),
        _ => rule.source_ports.map(|_| "its rules know no ports of senders"),
    }
}

pub(in crate::dialect) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut findings = Vec::new();
    let holes = GOOGLE.holes(set, &mut findings);
    let mut body = Body::default();
    let stem = set.place.stem();
    body.variable("network", "string", "The VPC network of the machine, by name.", None);
    body.variable(
        "target_tags",
        "list(string)",
        "The tags of the machines that the rules are for.",
        Some(json!([tag(stem)])),
    );
    for hole in &holes {
        body.resource(RULE, &hole.rule.id, arguments(set, decided, hole));
    }
    for direction in &set.directions {
        for (version, everybody) in EVERYBODY {
            let name = format!("drop-{}-{version}", direction.slug());
            let mut arguments = common(stem, &name, *direction, &[everybody.to_owned()]);
            if let Some(body) = arguments.as_object_mut() {
                let said = format!("What no rule of plan {} names.", set.digest);
                body.insert("description".to_owned(), said.into());
                body.insert("priority".to_owned(), DROPS.into());
                body.insert("deny".to_owned(), json!([{"protocol": "all"}]));
            }
            body.resource(RULE, &name, arguments);
        }
    }
    GOOGLE.written(set, &body, findings)
}

const RULE: &str = "google_compute_firewall";

/// Begins with a letter, as names do at Google.
fn tag(stem: &str) -> String {
    let digit = stem.starts_with(|first: char| first.is_ascii_digit());
    let named = if digit { format!("m-{stem}") } else { stem.to_owned() };
    let cut: String = named.chars().take(NAME).collect();
    cut.trim_end_matches('-').to_owned()
}

fn arguments(set: &RuleSet<'_>, decided: &Decided, hole: &Hole<'_>) -> Value {
    let rule = hole.rule;
    let said = about(set, rule, decided);
    let mut arguments = common(set.place.stem(), &rule.id, rule.direction, &texts(&hole.theirs));
    let ports: Vec<String> = rule.ports.iter().map(|range| range_text(*range)).collect();
    if let Some(body) = arguments.as_object_mut() {
        let allow = json!([{"protocol": rule.protocol.slug(), "ports": ports}]);
        body.insert("allow".to_owned(), allow);
        body.insert("priority".to_owned(), LETS_PASS.into());
        body.insert("description".to_owned(), shortened(&said, DESCRIPTION).into());
        body.insert("//".to_owned(), said.into());
    }
    arguments
}

fn common(stem: &str, name: &str, direction: Direction, theirs: &[String]) -> Value {
    let (direction, ranges) = match direction {
        Direction::In => ("INGRESS", "source_ranges"),
        Direction::Out | Direction::Through => ("EGRESS", "destination_ranges"),
    };
    // Names are apart by the id behind the machine's.
    let room = NAME.saturating_sub("portolan--".len() + name.len());
    let stem: String = stem.chars().take(room).collect();
    json!({
        "name": format!("portolan-{stem}-{name}"),
        "network": "${var.network}",
        "target_tags": "${var.target_tags}",
        "direction": direction,
        ranges: theirs,
    })
}
