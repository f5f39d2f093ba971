//! Azure: a network security group and its rules, with one more in each direction
//! that drops what no other names: Azure's own last rules let pass whatever comes from
//! the same virtual network.

use std::collections::BTreeMap;

use catalog::Protocol;
use serde_json::{Value, json};

use super::super::Written;
use super::super::cloud::not_sayable;
use super::super::words::{about, shortened};
use super::{Body, Cloud, Hole, ONE, texts};
use crate::decided::Decided;
use crate::rule::{Direction, Rule, RuleSet, range_text};

/// The most characters of a description.
const DESCRIPTION: usize = 140;
/// The priorities that a rule may have; the last one is that of the rule that drops.
const FIRST: u32 = 100; // not a port: a priority
const LAST: u32 = 4096; // not a port: a priority
/// The most rules of a group.
const RULES: usize = 1000;

const MICROSOFT: Cloud =
    Cloud { name: "Azure", provider: "azurerm", version: ">= 3.0", cannot, errors_pass: true };

fn cannot(rule: &Rule) -> Option<&'static str> {
    match rule.protocol {
        Protocol::Icmp => Some("its rules know no types of ICMP"),
        Protocol::Icmpv6 => Some("its rules know no ICMPv6"),
        _ => None,
    }
}

pub(in crate::dialect) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut findings = Vec::new();
    let mut holes = MICROSOFT.holes(set, &mut findings);
    let room = RULES.saturating_sub(set.directions.len());
    for hole in holes.drain(room.min(holes.len())..) {
        findings.push(not_sayable(MICROSOFT.name, hole.rule, "a group takes 1,000 rules"));
    }
    let mut body = Body::default();
    body.variable("resource_group_name", "string", "The resource group of the rules.", None);
    body.variable("location", "string", "Where the group is, such as westeurope.", None);
    body.resource(
        "azurerm_network_security_group",
        ONE,
        json!({
            "name": format!("portolan-{}", set.place.stem()),
            "resource_group_name": "${var.resource_group_name}",
            "location": "${var.location}",
            "tags": {"portolan-place": set.place.to_string(), "portolan-plan": set.digest.to_string()},
        }),
    );
    let priorities = priorities(&holes);
    for hole in &holes {
        let rule = hole.rule;
        let priority = priorities.get(&(rule.direction, rule.id.as_str()));
        body.resource(RULE, &rule.id, arguments(set, decided, hole, priority));
    }
    for direction in &set.directions {
        body.resource(RULE, &format!("drop-{}", direction.slug()), drops(*direction));
    }
    let group = json!({
        "description": "For the association with the machine's network interface.",
        "value": format!("${{azurerm_network_security_group.{ONE}.id}}"),
    });
    body.outputs.insert("network_security_group_id".to_owned(), group);
    MICROSOFT.written(set, &body, findings)
}

const RULE: &str = "azurerm_network_security_rule";

/// By direction and id. All rules let pass, so that their order tells nothing: a
/// priority comes out of the id, and stays when other rules come and go.
fn priorities<'s>(holes: &[Hole<'s>]) -> BTreeMap<(Direction, &'s str), u32> {
    let mut taken: BTreeMap<(Direction, u32), &str> = BTreeMap::new();
    let mut ids: Vec<_> =
        holes.iter().map(|hole| (hole.rule.direction, hole.rule.id.as_str())).collect();
    ids.sort_unstable();
    ids.dedup();
    for (direction, id) in ids {
        let digits = id.rsplit('-').next().unwrap_or_default();
        let wished = u32::from_str_radix(digits, 16).unwrap_or(0) % (LAST - FIRST);
        // There are more priorities than rules, so one is free.
        let all = (0..LAST - FIRST).map(|step| FIRST + (wished + step) % (LAST - FIRST));
        if let Some(free) = all.into_iter().find(|one| !taken.contains_key(&(direction, *one))) {
            taken.insert((direction, free), id);
        }
    }
    taken.into_iter().map(|((direction, priority), id)| ((direction, id), priority)).collect()
}

fn arguments(
    set: &RuleSet<'_>,
    decided: &Decided,
    hole: &Hole<'_>,
    priority: Option<&u32>,
) -> Value {
    let rule = hole.rule;
    let said = about(set, rule, decided);
    let (source, destination) = match rule.direction {
        Direction::In => (&hole.theirs, &hole.own),
        Direction::Out | Direction::Through => (&hole.own, &hole.theirs),
    };
    let ranges = |ports: &[(u16, u16)]| -> Value {
        match ports {
            [] => json!(["*"]),
            some => some.iter().map(|range| range_text(*range)).collect(),
        }
    };
    let mut arguments = common(rule.direction, "Allow", priority.copied().unwrap_or(LAST));
    let own = json!({
        "//": said,
        "name": rule.id,
        "description": shortened(&said, DESCRIPTION),
        "protocol": if rule.protocol == Protocol::Tcp { "Tcp" } else { "Udp" },
        "destination_port_ranges": ranges(&rule.ports),
        "source_address_prefixes": texts(source),
        "destination_address_prefixes": texts(destination),
    });
    merge(&mut arguments, own);
    match rule.source_ports {
        Some(range) => merge(&mut arguments, json!({"source_port_ranges": ranges(&[range])})),
        None => merge(&mut arguments, json!({"source_port_range": "*"})),
    }
    arguments
}

/// What drops the rest.
fn drops(direction: Direction) -> Value {
    let mut arguments = common(direction, "Deny", LAST);
    let own = json!({
        "name": format!("drop-{}", direction.slug()),
        "description": "What no rule of the plan names.",
        "protocol": "*",
        "source_port_range": "*",
        "destination_port_range": "*",
        "source_address_prefix": "*",
        "destination_address_prefix": "*",
    });
    merge(&mut arguments, own);
    arguments
}

fn common(direction: Direction, access: &str, priority: u32) -> Value {
    json!({
        "resource_group_name": "${var.resource_group_name}",
        "network_security_group_name": format!("${{azurerm_network_security_group.{ONE}.name}}"),
        "direction": match direction {
            Direction::In => "Inbound",
            Direction::Out | Direction::Through => "Outbound",
        },
        "access": access,
        "priority": priority,
    })
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
