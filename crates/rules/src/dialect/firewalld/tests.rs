//! The rules of a hole are together exactly the hole, or a finding says what is not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::*;
use crate::tests::{BRANCHES, HIERARCHY, plan_of};
use crate::{Compiler, Place};

/// The value of an attribute in a line.
fn attribute<'a>(text: &'a str, tag: &str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{tag} "))?;
    let inside = after.split('>').next()?;
    let (_, value) = inside.split_once(&format!("{name}=\""))?;
    value.split('"').next()
}

/// The rules that stand under the comment of a hole.
fn under<'a>(text: &'a str, id: &str) -> Vec<&'a str> {
    let (_, after) = text.split_once(&format!("<!-- {id}: ")).expect(id);
    let mine = after.split("<!-- ").next().unwrap();
    mine.split("<rule ").skip(1).collect()
}

/// The ports that a rule stands for, of the receiver.
fn ports(written: &Written, rule: &str) -> Vec<String> {
    let Some(name) = attribute(rule, "service", "name") else { return Vec::new() };
    let ending = format!("/services/{name}.xml");
    let file = written.files.iter().find(|file| file.name.ends_with(&ending)).expect(name);
    let lines = file.text.lines().filter_map(|line| attribute(line, "port", "port"));
    lines.map(str::to_owned).collect()
}

fn exact(written: &Written, text: &str, rule: &Rule) {
    let unsaid = written.findings.iter().any(|one| one.message.contains(&rule.id));
    let rules = under(text, &rule.id);
    let mut said = BTreeSet::new();
    for one in &rules {
        let source = attribute(one, "source", "address").expect("a source").to_owned();
        let destination = attribute(one, "destination", "address").expect("a destination");
        said.insert((source, destination.to_owned()));
        assert!(one.contains("<accept/>"));
        if rule.source_ports.is_none() {
            let want: Vec<String> = rule.ports.iter().map(|range| range_text(*range)).collect();
            assert_eq!(ports(written, one), want, "{}", rule.id);
        } else {
            let from = attribute(one, "source-port", "port").map(str::to_owned);
            assert_eq!(from, rule.source_ports.map(range_text));
            assert_eq!(rule.ports, ANY_PORT);
        }
        let kind = attribute(one, "icmp-type", "name");
        assert_eq!(kind.is_some(), !rule.types.is_empty(), "{}", rule.id);
    }
    let (from, to) = (&rule.source.blocks, &rule.destination.blocks);
    if unsaid {
        assert!(rules.len() < from.len() * to.len() * rule.types.len().max(1));
    } else {
        let product = from.iter().flat_map(|a| to.iter().map(|b| (a.to_string(), b.to_string())));
        assert_eq!(said, product.collect(), "{}", rule.id);
        assert_eq!(rules.len(), from.len() * to.len() * rule.types.len().max(1));
    }
}

#[test]
fn the_rules_of_a_hole_are_together_the_hole_or_a_finding_says_what_is_not() {
    for estate in [BRANCHES, HIERARCHY] {
        let plan = plan_of(estate);
        let (compiler, decided) = (Compiler::new(&plan), Decided::new(estate));
        for place in compiler.places().into_iter().chain([Place::Border]) {
            let set = compiler.rules(&place).unwrap();
            let written = write(&set, &decided);
            for direction in &set.directions {
                let ending = match direction {
                    Direction::In => "zones/portolan.xml",
                    Direction::Out => "policies/portolan-out.xml",
                    Direction::Through => "policies/portolan-through.xml",
                };
                let file = written.files.iter().find(|file| file.name.ends_with(ending)).unwrap();
                let here = set.rules.iter().filter(|rule| rule.direction == *direction);
                for rule in here.clone().filter(|rule| not_needed(rule).is_none()) {
                    exact(&written, &file.text, rule);
                }
                let needed = here.filter(|rule| not_needed(rule).is_none());
                let all: usize = needed.map(|rule| under(&file.text, &rule.id).len()).sum();
                assert_eq!(file.text.matches("<rule ").count(), all, "{}", file.name);
            }
        }
    }
}

#[test]
fn what_needs_two_things_at_once_is_a_finding_and_no_wider_rule() {
    let plan = plan_of(HIERARCHY);
    let compiler = Compiler::new(&plan);
    let place = compiler.places().into_iter().next().unwrap();
    let mut set = compiler.rules(&place).unwrap();
    let rule = set.rules.iter_mut().find(|rule| !rule.ports.is_empty()).unwrap();
    rule.source_ports = Some((1, 2)); // not a port: any range will do
    let id = rule.id.clone();
    let written = write(&set, &Decided::new(HIERARCHY));
    assert!(written.findings.iter().any(|one| {
        one.kind == Kind::NotSayable && one.message.contains(&id) && !one.flows.is_empty()
    }));
    assert!(!written.files.iter().any(|file| file.name.ends_with(&format!("portolan-{id}.xml"))));
}
