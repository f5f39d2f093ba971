//! Terraform, in its JSON syntax: a folder for each machine, which is a module of its
//! own, because Terraform takes all files of a folder for one configuration.
//!
//! A cloud's firewall stands at the machine. It is told in the cloud's own words whose
//! it is (a security group, a tag), so that a rule's other end is what remains to say.

use plan::Cidr;
use serde_json::{Map, Value, json};

use super::cloud::{FOR_MANY, PARTLY_FOR_MANY, carried, not_sayable};
use super::{File, Written};
use crate::rule::{Direction, Finding, Rule, RuleSet};

pub(super) mod aws;
pub(super) mod azure;
pub(super) mod gcp;

/// What the resources are called that are there once.
const ONE: &str = "portolan";

/// What a cloud is, and what its firewall cannot do.
struct Cloud {
    /// For messages: `AWS`.
    name: &'static str,
    /// What Terraform calls it, and the oldest version of its provider that will do.
    provider: &'static str,
    version: &'static str,
    /// Why its firewall cannot say a rule; none where it can.
    cannot: fn(&Rule) -> Option<&'static str>,
    /// It lets errors about what has passed pass by itself, as nobody can name them.
    errors_pass: bool,
}

/// A rule that a cloud can say, with the addresses of single machines.
struct Hole<'s> {
    rule: &'s Rule,
    /// Of the machine itself.
    own: Vec<Cidr>,
    /// Of those with whom it speaks.
    theirs: Vec<Cidr>,
}

impl Cloud {
    fn holes<'s>(&self, set: &'s RuleSet<'_>, findings: &mut Vec<Finding>) -> Vec<Hole<'s>> {
        let mut holes = Vec::new();
        for rule in set.rules.iter().filter(|rule| !(rule.by_state && self.errors_pass)) {
            let (own, theirs) = match rule.direction {
                Direction::In => (&rule.destination, &rule.source),
                Direction::Out | Direction::Through => (&rule.source, &rule.destination),
            };
            let single = |ends| carried(set, ends, rule.version);
            let hole = Hole { rule, own: single(own), theirs: single(theirs) };
            let why = match rule.protocol {
                catalog::Protocol::Igmp => Some("its networks carry nothing for groups"),
                _ if hole.own.is_empty() || hole.theirs.is_empty() => Some(FOR_MANY),
                _ => (self.cannot)(rule),
            };
            if let Some(why) = why {
                findings.push(not_sayable(self.name, rule, why));
                continue;
            }
            if hole.own != own.blocks || hole.theirs != theirs.blocks {
                findings.push(not_sayable(self.name, rule, PARTLY_FOR_MANY));
            }
            holes.push(hole);
        }
        holes
    }

    /// The file, of resources by their types and names.
    fn written(&self, set: &RuleSet<'_>, body: &Body, mut findings: Vec<Finding>) -> Written {
        let (place, digest, stem) = (&set.place, set.digest, set.place.stem());
        let provider = self.provider;
        let source = format!("hashicorp/{provider}");
        let document = json!({
            "//": format!(
                "Portolan: firewall rules of {place}, from plan {digest}. A module: take its folder as the \
                 source of one, or say `terraform init` and `terraform apply` in it."
            ),
            "terraform": {
                "required_providers": {provider: {"source": source, "version": self.version}},
            },
            "variable": body.variables,
            "resource": body.resources,
            "output": body.outputs,
        });
        findings.sort();
        findings.dedup();
        let file =
            File { name: format!("{stem}/portolan.tf.json"), text: format!("{document:#}\n") };
        Written { files: vec![file], findings }
    }
}

/// What a file says.
#[derive(Default)]
struct Body {
    variables: Map<String, Value>,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
}

impl Body {
    fn variable(&mut self, name: &str, kind: &str, description: &str, default: Option<Value>) {
        let mut variable = json!({"type": kind, "description": description});
        if let (Some(default), Some(body)) = (default, variable.as_object_mut()) {
            body.insert("default".to_owned(), default);
        }
        self.variables.insert(name.to_owned(), variable);
    }

    fn resource(&mut self, kind: &str, name: &str, arguments: Value) {
        let all = self.resources.entry(kind.to_owned()).or_insert_with(|| json!({}));
        if let Some(all) = all.as_object_mut() {
            all.insert(name.to_owned(), arguments);
        }
    }
}

fn texts(blocks: &[Cidr]) -> Vec<String> {
    blocks.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::tests::{BRANCHES, HIERARCHY, plan_of};
    use crate::{Compiler, Decided, Dialect, Place};

    /// Every resource of a type that is written for the machines of both estates, with
    /// the estate and machine.
    fn resources(dialect: Dialect, kind: &str) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for (n, text) in [BRANCHES, HIERARCHY].into_iter().enumerate() {
            let plan = plan_of(text);
            let compiler = Compiler::new(&plan);
            let decided = Decided::new(text);
            for place in compiler.places() {
                let written = dialect.write(&compiler.rules(&place).unwrap(), &decided).unwrap();
                let file = written.files.first().unwrap();
                let document: Value = serde_json::from_str(&file.text).unwrap();
                let resources = document["resource"][kind].as_object().cloned().unwrap_or_default();
                let place = format!("{n}: {place}");
                found.extend(resources.into_iter().map(|(_, body)| (place.clone(), body)));
            }
        }
        assert!(found.len() > 50, "{dialect} {kind}: {}", found.len());
        found
    }

    #[test]
    fn what_amazon_is_told_is_short_and_in_its_characters() {
        for kind in ["aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"] {
            for (place, body) in resources(Dialect::TerraformAws, kind) {
                let said = body["description"].as_str().unwrap();
                let known =
                    |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
                assert!(said.len() <= 255 && said.chars().all(known), "{place}: {said}");
                assert_ne!(body["cidr_ipv4"].is_string(), body["cidr_ipv6"].is_string(), "{place}");
                assert!(
                    body["from_port"].as_i64() <= body["to_port"].as_i64() || body["to_port"] == -1
                );
            }
        }
    }

    #[test]
    fn priorities_at_azure_are_apart_and_descriptions_short() {
        let mut taken = BTreeSet::new();
        for (place, body) in resources(Dialect::TerraformAzure, "azurerm_network_security_rule") {
            let (said, name) =
                (body["description"].as_str().unwrap(), body["name"].as_str().unwrap());
            assert!(said.len() <= 140 && name.len() <= 80, "{place}: {name}: {said}");
            let priority = body["priority"].as_u64().unwrap();
            assert!((100..=4096).contains(&priority), "{place}: {priority}"); // not a port: Azure's numbers
            assert!(taken.insert((place, body["direction"].to_string(), priority)), "{name}");
        }
    }

    #[test]
    fn names_at_google_are_names_and_no_rule_has_both_versions() {
        for (place, body) in resources(Dialect::TerraformGcp, "google_compute_firewall") {
            let name = body["name"].as_str().unwrap();
            let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(name.len() <= 63 && name.chars().all(known), "{place}: {name}");
            let egress = body["direction"] == "EGRESS";
            let (yes, no) = if egress {
                ("destination_ranges", "source_ranges")
            } else {
                ("source_ranges", "destination_ranges")
            };
            assert!(body[no].is_null(), "{name}");
            let ranges = body[yes].as_array().unwrap();
            let v6 = ranges.iter().filter(|range| range.as_str().unwrap().contains(':')).count();
            assert!(!ranges.is_empty() && (v6 == 0 || v6 == ranges.len()), "{name}: {ranges:?}");
        }
    }

    #[test]
    fn no_cloud_stands_between_networks() {
        let plan = plan_of(BRANCHES);
        let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
        for dialect in [Dialect::TerraformAws, Dialect::TerraformAzure, Dialect::TerraformGcp] {
            assert!(dialect.write(&set, &Decided::new(BRANCHES)).is_err());
        }
    }
}
