//! Google's firewall. It stands at every machine rather than between networks, knows
//! machines by tags rather than by addresses, and has a rule for those who receive and
//! one for those who send. It sees what stays inside a network too.

use catalog::Protocol;

use super::term::{Filter, Term};
use super::{COMMENT, about, not_sayable, shortened};
use crate::decided::Decided;
use crate::dialect::cloud::{FOR_MANY, PARTLY_FOR_MANY, carried};
use crate::rule::{Direction, Ends, Finding, Rule, RuleSet, Version};

/// The most tags of a rule that say for whom it is (Aerleon's gce.py).
const TAGS: usize = 70;
/// What Google calls the network that a project begins with.
const NETWORK: &str = "global/networks/default";

pub(super) fn filters(
    set: &RuleSet<'_>,
    decided: &Decided,
    findings: &mut Vec<Finding>,
) -> Vec<Filter> {
    let sides = [(Side::Receivers, "INGRESS"), (Side::Senders, "EGRESS")];
    let mut filters = Vec::new();
    for (side, word) in sides {
        for (version, family) in [(Version::V4, "inet"), (Version::V6, "inet6")] {
            let rules = set.rules.iter().filter(|rule| rule.version == version && !rule.by_state);
            let terms = rules.flat_map(|rule| terms(set, rule, side, decided, findings));
            filters.push(Filter {
                comment: format!(
                    "{}, plan {}. Give each machine the tags of its host, cluster and network.",
                    set.place, set.digest,
                ),
                terms: terms.collect(),
                targets: vec![("gce", format!("{NETWORK} {word} {family}"))],
            });
        }
    }
    filters
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Receivers,
    Senders,
}

/// A rule at those who receive, or at those who send; several where they have more tags
/// than one may have.
fn terms(
    set: &RuleSet<'_>,
    rule: &Rule,
    side: Side,
    decided: &Decided,
    findings: &mut Vec<Finding>,
) -> Vec<Term> {
    let (here, there) = match (side, rule.direction) {
        (Side::Receivers, Direction::In | Direction::Through) => (&rule.destination, &rule.source),
        (Side::Senders, Direction::Out | Direction::Through) => (&rule.source, &rule.destination),
        _ => return Vec::new(),
    };
    let tags = ours(set, here);
    if tags.is_empty() && !here.parties.is_empty() {
        return Vec::new();
    }
    let addresses = carried(set, there, rule.version);
    if let Some(why) = not_google(rule, &tags, addresses.is_empty()) {
        findings.push(not_sayable("Google", rule, why));
        return Vec::new();
    }
    if addresses != there.blocks {
        findings.push(not_sayable("Google", rule, PARTLY_FOR_MANY));
    }
    let there = Ends { blocks: addresses, parties: there.parties.clone() };
    let comment = shortened(&about(set, rule, decided), COMMENT);
    let chunks = (1..).zip(tags.chunks(TAGS));
    let terms = chunks.map(|(n, tags)| {
        let name = if n == 1 { rule.id.clone() } else { format!("{}-{n}", rule.id) };
        let mut term = Term { name, source_ports: Vec::new(), ..Term::of(rule, comment.clone()) };
        (term.source, term.destination) = (None, None);
        match side {
            Side::Receivers => {
                term.source = Some(there.clone());
                term.destination_tags = tags.to_vec();
            }
            Side::Senders => {
                term.destination = Some(there.clone());
                term.source_tags = tags.to_vec();
            }
        }
        term
    });
    terms.collect()
}

/// The parties that can be machines of ours: nobody tags those of a cloud's owner.
fn ours(set: &RuleSet<'_>, ends: &Ends) -> Vec<String> {
    let theirs = |party: &&String| set.plan.clouds().iter().any(|cloud| cloud.name == **party);
    ends.parties.iter().filter(|party| !theirs(party)).cloned().collect()
}

/// Why Google's firewall cannot say a rule; none where it can.
fn not_google(rule: &Rule, tags: &[String], nowhere: bool) -> Option<&'static str> {
    let is_tag = |text: &String| text.starts_with(|first: char| first.is_ascii_lowercase());
    match rule.protocol {
        Protocol::Icmp | Protocol::Icmpv6 => Some("its rules know no types of ICMP"),
        Protocol::Igmp => Some("its networks carry nothing for groups"),
        _ if nowhere => Some(FOR_MANY),
        _ if rule.source_ports.is_some() => Some("its rules know no ports of senders"),
        _ if !tags.iter().all(is_tag) => Some("a name that begins with a digit is no tag"),
        _ => None,
    }
}
