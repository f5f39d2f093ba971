//! Why a hole is there, how long, and what its refusal costs: what the catalog says
//! of the flows that it serves, and no more.

use std::collections::{BTreeMap, BTreeSet};

use catalog::service::NEIGHBOUR_DISCOVERY;
use catalog::{Flow, Reply, Role, Source, When};
use plan::{Cause, Planned};

use crate::rule::{Rule, RuleSet, range_text};

/// A row of the catalog that a rule serves.
#[derive(Debug)]
pub(super) struct Connection<'p> {
    pub(super) flow: &'static Flow,
    pub(super) opening: &'static Role,
    pub(super) answering: &'static Role,
    pub(super) sources: Vec<Source>,
    /// A flow for each port.
    pub(super) samples: Vec<&'p Planned>,
}

/// What one sentence says of several connections.
#[derive(Debug)]
pub(in crate::dialect) struct Why {
    pub(in crate::dialect) sentence: &'static str,
    /// `client>management-point/https`, and where it is written.
    pub(in crate::dialect) connections: Vec<(String, Vec<String>)>,
}

pub(super) fn connections<'p>(set: &RuleSet<'p>, rule: &Rule) -> Vec<Connection<'p>> {
    let mut found: BTreeMap<(&'static Flow, bool), Connection<'p>> = BTreeMap::new();
    let flows = set.plan.flows();
    for planned in rule.serves.iter().filter_map(|n| flows.get(*n as usize)) {
        let one = found.entry((planned.flow, planned.reversed)).or_insert_with(|| Connection {
            flow: planned.flow,
            opening: planned.opening(),
            answering: planned.answering(),
            sources: Vec::new(),
            samples: Vec::new(),
        });
        for cause in planned.because.iter() {
            if let Cause::Row(source) = cause
                && !one.sources.contains(source)
            {
                one.sources.push(*source);
            }
        }
        if !one.samples.iter().any(|sample| sample.ports == planned.ports) {
            one.samples.push(planned);
        }
    }
    found.into_values().collect()
}

pub(super) fn why(connections: &[Connection<'_>]) -> Vec<Why> {
    let mut sentences: BTreeMap<&'static str, Vec<(String, Vec<String>)>> = BTreeMap::new();
    for one in connections {
        let mut sources: Vec<String> = one.sources.iter().map(Source::to_string).collect();
        sources.sort();
        sentences.entry(one.flow.sentence).or_default().push((one.flow.id(), sources));
    }
    if sentences.is_empty() {
        let service = &NEIGHBOUR_DISCOVERY;
        let connection = (service.slug.to_owned(), vec![service.source.to_string()]);
        sentences.insert(service.sentence, vec![connection]);
    }
    let whys = sentences.into_iter().map(|(sentence, mut connections)| {
        connections.sort();
        connections.dedup();
        Why { sentence, connections }
    });
    whys.collect()
}

/// What no longer works: which role is cut off from which other, and what that one is
/// there for.
pub(super) fn refused(
    set: &RuleSet<'_>,
    rule: &Rule,
    connections: &[Connection<'_>],
) -> Vec<String> {
    if connections.is_empty() {
        return vec![
            "Machines on one wire do not find each other: nothing passes over IPv6.".to_owned(),
        ];
    }
    type Cut = (BTreeSet<&'static str>, BTreeSet<&'static str>);
    let mut cuts: BTreeMap<&'static Role, Cut> = BTreeMap::new();
    for one in connections {
        let (openers, services) = cuts.entry(one.answering).or_default();
        openers.insert(one.opening.name);
        services.insert(one.flow.service.name);
    }
    let mut lines: Vec<String> = Vec::new();
    if rule.reply {
        lines.push("The question passes, and its answer does not.".to_owned());
    }
    lines.extend(cuts.into_iter().map(|(answering, (openers, services))| {
        let (openers, services) = (listed(openers), listed(services));
        let Role { name, sentence, .. } = answering;
        format!("{openers} → {name}: no {services}. ({name}: {sentence})")
    }));
    lines.extend(other_port(set, rule));
    lines
}

/// What is tried where this port fails, or before it.
fn other_port(set: &RuleSet<'_>, rule: &Rule) -> Option<String> {
    let flows = set.plan.flows();
    let (mut next, mut first) = (BTreeSet::new(), BTreeSet::new());
    for n in &rule.serves {
        let n = *n as usize;
        let Some(planned) = flows.get(n) else { continue };
        // Flows of the same parties stand one behind the other, by rank.
        let beside = if planned.rank == 0 { n.checked_add(1) } else { n.checked_sub(1) };
        let other = beside.and_then(|n| flows.get(n))?;
        let same = other.flow == planned.flow
            && (other.opener, other.answerer) == (planned.opener, planned.answerer)
            && other.rank != planned.rank;
        let ports = same.then(|| other.ports.map(range_text)).flatten();
        let into = if planned.rank == 0 { &mut next } else { &mut first };
        into.insert(ports?);
    }
    let join = |ports: BTreeSet<String>| ports.into_iter().collect::<Vec<_>>().join(", ");
    match (next.is_empty(), first.is_empty()) {
        (false, true) => Some(format!("Port {} is tried next, and has a row too.", join(next))),
        (true, false) => {
            Some(format!("It is the second choice: port {} is tried first.", join(first)))
        }
        _ => None,
    }
}

/// `always`, or under which conditions.
pub(super) fn needed(connections: &[Connection<'_>]) -> String {
    let mut conditions = BTreeSet::new();
    for one in connections {
        if one.flow.when == When::Always {
            return "Always.".to_owned();
        }
        conditions.insert(condition(&one.flow.when));
    }
    if conditions.is_empty() {
        return "Always.".to_owned();
    }
    let text = conditions.into_iter().collect::<Vec<_>>().join("; or ");
    format!("Only {text}.")
}

fn condition(when: &When) -> String {
    match when {
        When::Always => "always".to_owned(),
        When::Feature(feature) => format!("while the feature {feature} is on"),
        When::Setting(key, value) => format!("while {key} is {value}"),
        When::Installing => "while something is being installed".to_owned(),
        When::OneOf { .. } => format!("as {when}"),
        When::All(all) => all.iter().map(condition).collect::<Vec<_>>().join(", and "),
        When::Not(when) => format!("if not {}", condition(when)),
    }
}

/// Whether answers need a row.
pub(super) fn state(set: &RuleSet<'_>, rule: &Rule, connections: &[Connection<'_>]) -> String {
    if rule.reply {
        return "These are answers, from a port that nobody asked: no firewall knows them for \
                such, and state does not help."
            .to_owned();
    }
    if rule.by_state {
        return "A firewall that keeps state lets them pass without a rule.".to_owned();
    }
    if !connections.iter().any(|one| one.flow.reply == Reply::HighPort) {
        return "Answers pass by state.".to_owned();
    }
    let answers = |other: &&Rule| {
        other.reply && other.serves.iter().any(|n| rule.serves.binary_search(n).is_ok())
    };
    let ids: Vec<&str> = set.rules.iter().filter(answers).map(|other| other.id.as_str()).collect();
    format!("Answers come from another port, and need their own row: {}.", ids.join(", "))
}

fn listed(names: BTreeSet<&'static str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
