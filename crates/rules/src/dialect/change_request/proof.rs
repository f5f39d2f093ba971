//! How somebody at the opener shows that a hole is there.

use std::net::IpAddr;

use catalog::{Edition, Proof};
use plan::{End, Planned};

use super::paper::{Piece, Words};
use super::reason::Connection;
use crate::rule::{Direction, Rule, RuleSet, range_text};

/// A line for each thing to do; sorted, each once.
pub(super) fn tests(set: &RuleSet<'_>, rule: &Rule, connections: &[Connection<'_>]) -> Vec<Words> {
    if rule.reply {
        return vec![answers(set, rule)];
    }
    let mut lines = Vec::new();
    for one in connections {
        for planned in &one.samples {
            lines.push(match one.flow.proof {
                Proof::Connect => connect(set, rule, planned),
                Proof::Ask(question) => ask(set, rule, question),
                Proof::Observe(sight) => vec![plain(format!("Watch for this: {sight}."))],
            });
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

/// Nobody can ask for an answer alone.
fn answers(set: &RuleSet<'_>, rule: &Rule) -> Words {
    let asks = |other: &&Rule| {
        !other.reply && other.serves.iter().any(|n| rule.serves.binary_search(n).is_ok())
    };
    let mut words = vec![plain("The test of the question shows the answer too:".to_owned())];
    for question in set.rules.iter().filter(asks) {
        words.push(plain(" ".to_owned()));
        words.push(Piece::Code(question.id.clone()));
    }
    words
}

fn connect(set: &RuleSet<'_>, rule: &Rule, planned: &Planned) -> Words {
    let address = address(set, rule);
    let named = address.map_or_else(|| "ADDRESS".to_owned(), |one| one.to_string());
    let ports = port(set, rule, planned);
    let single = ports.filter(|(first, last)| first == last).map(|(port, _)| port.to_string());
    let port = single.clone().unwrap_or_else(|| "PORT".to_owned());
    let mut words = vec![
        plain(format!("From {}: ", openers(set, rule))),
        Piece::Code(command(set, &named, &port)),
    ];
    let mut facts = Vec::new();
    if address.is_none() {
        facts.push(format!("ADDRESS of a machine of {}", rule.destination.parties.join(", ")));
    } else if rule.destination.blocks.len() > 1 {
        facts.push("then the other addresses".to_owned());
    }
    if let (None, Some(range)) = (single, ports) {
        facts.push(format!("PORT one of {} that it listens on", range_text(range)));
    }
    if !facts.is_empty() {
        words.push(plain(format!(" ({})", facts.join("; "))));
    }
    words
}

/// Microsoft's machines have another program for it than ours.
fn command(set: &RuleSet<'_>, address: &str, port: &str) -> String {
    match set.plan.edition() {
        Edition::Portolan => format!("nc -vz {address} {port}"),
        _ => format!("Test-NetConnection {address} -Port {port}"),
    }
}

fn ask(set: &RuleSet<'_>, rule: &Rule, question: &str) -> Words {
    let whom = match address(set, rule) {
        Some(address) => address.to_string(),
        None => rule.destination.parties.join(", "),
    };
    let ports = rule.ports_text();
    let protocol = rule.protocol_text();
    let at = if ports.is_empty() { protocol.to_owned() } else { format!("{protocol} {ports}") };
    vec![plain(format!(
        "From {}, ask {whom} ({at}): {question}. An answer shows it.",
        openers(set, rule)
    ))]
}

fn openers(set: &RuleSet<'_>, rule: &Rule) -> String {
    let network = |name: &String| {
        set.plan.host(name).is_none() && set.plan.networks().iter().any(|one| one.name == *name)
    };
    match rule.source.parties.as_slice() {
        [one] if network(one) => format!("a machine of {one}"),
        [one] => one.clone(),
        _ => "each opener".to_owned(),
    }
}

/// An address of somebody who answers here; none where whole networks do.
fn address(set: &RuleSet<'_>, rule: &Rule) -> Option<IpAddr> {
    let plan = set.plan;
    let here =
        |address: &IpAddr| rule.destination.blocks.iter().any(|block| block.contains(*address));
    for planned in set.flows(rule) {
        let known: Vec<IpAddr> = match planned.answerer {
            End::Address(n) => {
                plan.hosts().get(n as usize).map(|host| host.addresses.clone()).unwrap_or_default()
            }
            End::Group(n) => {
                plan.clusters().get(n as usize).map(|one| one.listener).into_iter().collect()
            }
            End::Cloud(n) => plan
                .clouds()
                .get(n as usize)
                .map(|cloud| cloud.addresses.clone())
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let seen = plan.translated(planned).map(|(address, _)| address);
        if let Some(found) = seen.into_iter().chain(known).find(|one| here(one)) {
            return Some(found);
        }
    }
    None
}

/// The port as the opener sees it.
fn port(set: &RuleSet<'_>, rule: &Rule, planned: &Planned) -> Option<(u16, u16)> {
    if let [only] = rule.ports.as_slice() {
        return Some(*only);
    }
    let outer = set.plan.translated(planned).filter(|_| rule.direction != Direction::In);
    outer.and_then(|(_, port)| port).map(|port| (port, port)).or(planned.ports)
}

fn plain(text: String) -> Piece {
    Piece::Plain(text)
}
