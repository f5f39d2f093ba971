//! CSV (RFC 4180): a line for each hole, with who, to whom, which port, and why.

use super::Written;
use crate::decided::Decided;
use crate::rule::{Ends, Rule, RuleSet, range_text};

/// The columns, by their names.
const COLUMNS: [&str; 13] = [
    "id",
    "direction",
    "version",
    "source",
    "source-addresses",
    "source-ports",
    "destination",
    "destination-addresses",
    "protocol",
    "ports",
    "connections",
    "decided-by",
    "plan",
];

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut lines = vec![COLUMNS.map(str::to_owned)];
    lines.extend(set.rules.iter().map(|rule| line(set, rule, decided)));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        // Into memory, and all lines are equally long: neither can fail.
        if writer.write_record(&line).is_err() {
            break;
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Written::one(format!("{}.csv", set.place.stem()), text)
}

fn line(set: &RuleSet<'_>, rule: &Rule, decided: &Decided) -> [String; COLUMNS.len()] {
    let parties = |ends: &Ends| ends.parties.join(" ");
    let blocks =
        |ends: &Ends| ends.blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    [
        rule.id.clone(),
        rule.direction.slug().to_owned(),
        rule.version.slug().to_owned(),
        parties(&rule.source),
        blocks(&rule.source),
        rule.source_ports.map(range_text).unwrap_or_default(),
        parties(&rule.destination),
        blocks(&rule.destination),
        rule.protocol.slug().to_owned(),
        ports(rule),
        set.connections(rule).join(" "),
        decided.of(set, rule),
        set.digest.to_string(),
    ]
}

/// Of ICMP the types.
fn ports(rule: &Rule) -> String {
    if rule.types.is_empty() {
        return rule.ports_text();
    }
    let types: Vec<String> = rule.types.iter().map(u8::to_string).collect();
    format!("type {}", types.join(","))
}
