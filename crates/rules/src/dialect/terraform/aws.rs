//! Amazon: a security group, and a resource for each block and range of ports, as the
//! provider recommends since a rule there has an id of its own. What no rule names is
//! dropped, both ways.

use catalog::Protocol;
use serde_json::{Map, json};

use super::super::Written;
use super::super::words::{about, shortened};
use super::{Body, Cloud, Hole, ONE};
use crate::decided::Decided;
use crate::rule::{Direction, Finding, Kind, Rule, RuleSet, Version};

/// The most characters of a description.
const DESCRIPTION: usize = 255;
/// The most rules of a group in one direction, as Amazon begins with.
const QUOTA: usize = 60; // not a port: a count
/// Stands for all codes of a type of ICMP.
const ALL_CODES: i32 = -1;

const AMAZON: Cloud = Cloud {
    name: "AWS",
    provider: "aws",
    version: ">= 5.0",
    cannot,
    // Its guide to path MTU discovery asks for a rule that lets them in.
    errors_pass: false,
};

fn cannot(rule: &Rule) -> Option<&'static str> {
    rule.source_ports.map(|_| "a security group knows no ports of senders")
}

pub(in crate::dialect) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut findings = Vec::new();
    let holes = AMAZON.holes(set, &mut findings);
    let mut body = Body::default();
    body.variable("vpc_id", "string", "The VPC that the machine is in.", None);
    let (place, stem) = (set.place.to_string(), set.place.stem());
    body.resource(
        "aws_security_group",
        ONE,
        json!({
            "name": format!("portolan-{stem}"),
            "description": format!("Portolan: {place}. What no rule names is dropped."),
            "vpc_id": "${var.vpc_id}",
            "tags": {
                "Name": format!("portolan-{stem}"),
                "portolan:place": place,
                "portolan:plan": set.digest.to_string(),
            },
        }),
    );
    for hole in &holes {
        rules(set, decided, hole, &mut body);
    }
    let group = json!({
        "description": "For vpc_security_group_ids of the machine, as its only group.",
        "value": format!("${{aws_security_group.{ONE}.id}}"),
    });
    findings.extend(over_quota(set, &body));
    body.outputs.insert("security_group_id".to_owned(), group);
    AMAZON.written(set, &body, findings)
}

/// Said before Amazon says it, in the middle of its work.
fn over_quota(set: &RuleSet<'_>, body: &Body) -> Option<Finding> {
    let most = body.resources.values().filter_map(|all| all.as_object().map(Map::len)).max()?;
    let message = format!(
        "AWS: a security group takes {QUOTA} rules each way unless Amazon was asked for more: this one has \
         {most}"
    );
    (most > QUOTA).then(|| Finding {
        kind: Kind::NotSayable,
        party: set.place.to_string(),
        message,
        flows: Vec::new(),
    })
}

/// One for each block and each range of ports or type of ICMP.
fn rules(set: &RuleSet<'_>, decided: &Decided, hole: &Hole<'_>, body: &mut Body) {
    let rule = hole.rule;
    let kind = match rule.direction {
        Direction::In => "aws_vpc_security_group_ingress_rule",
        Direction::Out | Direction::Through => "aws_vpc_security_group_egress_rule",
    };
    let block_key = match rule.version {
        Version::V4 => "cidr_ipv4",
        Version::V6 => "cidr_ipv6",
    };
    let ports: Vec<(i32, i32)> = match rule.protocol {
        Protocol::Icmp | Protocol::Icmpv6 => {
            rule.types.iter().map(|kind| (i32::from(*kind), ALL_CODES)).collect()
        }
        _ => rule.ports.iter().map(|(first, last)| ((*first).into(), (*last).into())).collect(),
    };
    let said = about(set, rule, decided);
    // An arrow is not among the characters of a description.
    let description = shortened(&said.replace('>', " to "), DESCRIPTION);
    let pairs = hole.theirs.iter().flat_map(|block| ports.iter().map(move |range| (block, range)));
    for (n, (block, (first, last))) in (1..).zip(pairs) {
        let arguments = json!({
            "//": said,
            "security_group_id": format!("${{aws_security_group.{ONE}.id}}"),
            "description": description,
            "ip_protocol": rule.protocol.slug(),
            "from_port": first,
            "to_port": last,
            block_key: block.to_string(),
            "tags": {"portolan:rule": rule.id},
        });
        body.resource(kind, &format!("{}-{n}", rule.id), arguments);
    }
}
