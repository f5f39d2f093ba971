//! Aerleon, which writes the rules of many makes of firewall from one policy: a policy
//! and definitions in its YAML, for Cisco, Juniper, Palo Alto, FortiGate and Google.
//!
//! Firewalls that keep state get the holes alone. Access lists of Cisco and filters of
//! Juniper keep none, so that each hole needs another one for its answers: over TCP
//! only what belongs to a connection, over UDP whatever comes from the asked port.
//! Zones are `any`: the addresses say who is meant, and no plan knows a firewall's own
//! names for its interfaces.

use catalog::Protocol;
use plan::Cidr;

use super::cloud::not_sayable;
use super::words::{about, shortened};
use super::{File, Written};
use crate::decided::Decided;
use crate::rule::{Ends, Finding, Kind, Rule, RuleSet, Version};

mod google;
mod names;
mod term;

use names::Names;
use term::{Filter, Term};

/// The most that PAN-OS and FortiOS keep of a rule's comment, less some room.
const COMMENT: usize = 1000;

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let mut findings = Vec::new();
    let mut filters = vec![stateless(set, decided), stateful(set, decided, &mut findings)];
    findings.extend(unasked_answers(set));
    filters.extend(google::filters(set, decided, &mut findings));
    filters.retain(|filter| !filter.terms.is_empty());
    let names = Names::of(filters.iter().flat_map(|filter| &filter.terms));
    let stem = set.place.stem();
    let policy = filters.iter().map(|filter| filter.text(&names));
    let policy = match filters.is_empty() {
        true => "filters: []\n".to_owned(),
        false => format!("filters:\n{}", policy.collect::<String>()),
    };
    let files = [
        ("policies/pol", format!("{}{policy}", head(set))),
        ("def", format!("{}{}", head(set), names.text())),
    ];
    let files =
        files.map(|(folder, text)| File { name: format!("{stem}/{folder}/portolan.yaml"), text });
    findings.sort();
    findings.dedup();
    Written { files: files.into(), findings }
}

fn head(set: &RuleSet<'_>) -> String {
    let (place, digest, stem) = (&set.place, set.digest, set.place.stem());
    format!(
        "# Portolan: firewall rules of {place}, from plan {digest}, for Aerleon 1.18.\n\
         # Generate:  cd {stem} && aclgen --output_directory .\n\
         # It writes portolan.acl (Cisco), .jcl (Juniper), .xml (Palo Alto), .fgacl (FortiGate)\n\
         # and .gce (Google). Look at them before you load them.\n"
    )
}

/// How many rules a border has no use for, said where it has some.
fn left_out(set: &RuleSet<'_>, state: bool) -> String {
    let within = set.rules.iter().filter(|rule| rule.within).count();
    let by_state = set.rules.iter().filter(|rule| state && rule.by_state && !rule.within).count();
    let mut text = format!("{}, plan {}.", set.place, set.digest);
    if within > 0 {
        text.push_str(&format!(" Left out: {within} inside one network, which no border sees."));
    }
    if by_state > 0 {
        text.push_str(&format!(" Left out: {by_state} for errors, which the state lets pass."));
    }
    text
}

/// Every hole, and one for its answers.
fn stateless(set: &RuleSet<'_>, decided: &Decided) -> Filter {
    let rules = set.rules.iter().filter(|rule| !rule.within);
    let terms = rules.flat_map(|rule| {
        let question = Term::of(rule, about(set, rule, decided));
        [Some(question), answers(set, rule)]
    });
    Filter {
        comment: format!("{} These lists keep no state: answers have terms.", left_out(set, false)),
        targets: vec![
            ("cisco", "portolan mixed".to_owned()),
            ("juniper", "portolan mixed".to_owned()),
        ],
        terms: terms.flatten().collect(),
    }
}

/// What comes back through a hole; none where nothing does.
fn answers(set: &RuleSet<'_>, rule: &Rule) -> Option<Term> {
    // Answers that come from elsewhere have a rule of their own.
    let elsewhere = |planned: &plan::Planned| planned.flow.reply == catalog::Reply::HighPort;
    if !rule.reply && !rule.serves.is_empty() && set.flows(rule).all(elsewhere) {
        return None;
    }
    let types: &[u8] = match (rule.protocol, rule.types.as_slice()) {
        (Protocol::Tcp | Protocol::Udp, _) => &[],
        // Only echoes are answered: a request's type is one more, or eight more, than its
        // answer's (RFC 792; RFC 4443, section 4).
        (Protocol::Icmp, [8]) => &[0],
        (Protocol::Icmpv6, [128]) => &[129],
        _ => return None,
    };
    // Nobody answers from an address that is for many.
    let answering = super::cloud::carried(set, &rule.destination, rule.version);
    let asking = super::cloud::carried(set, &rule.source, rule.version);
    if answering.is_empty() || asking.is_empty() {
        return None;
    }
    let ends = |blocks: Vec<Cidr>, ends: &Ends| Ends { blocks, parties: ends.parties.clone() };
    Some(Term {
        name: format!("{}-answer", rule.id),
        comment: format!("Answers to what passes by {}.", rule.id),
        source: Some(ends(answering, &rule.destination)),
        destination: Some(ends(asking, &rule.source)),
        version: rule.version,
        protocol: rule.protocol,
        source_ports: rule.ports.clone(),
        ports: rule.source_ports.into_iter().collect(),
        types: types.to_vec(),
        established: rule.protocol == Protocol::Tcp,
        ..Term::default()
    })
}

/// That a list without state takes more for an answer than what was asked for.
fn unasked_answers(set: &RuleSet<'_>) -> Option<Finding> {
    let udp = set.rules.iter().filter(|rule| rule.protocol == Protocol::Udp && !rule.within);
    let mut flows: Vec<u32> = udp.flat_map(|rule| rule.serves.clone()).collect();
    flows.sort_unstable();
    flows.dedup();
    let message = "Cisco's and Juniper's lists keep no state: over UDP whatever comes from the port of \
                   the service passes as an answer, asked for or not";
    (!flows.is_empty()).then(|| Finding {
        kind: Kind::NotSayable,
        party: set.place.to_string(),
        message: message.to_owned(),
        flows,
    })
}

/// Every hole but those that the state makes itself.
fn stateful(set: &RuleSet<'_>, decided: &Decided, findings: &mut Vec<Finding>) -> Filter {
    let mut terms = Vec::new();
    for rule in set.rules.iter().filter(|rule| !rule.within && !rule.by_state) {
        let comment = shortened(&about(set, rule, decided), COMMENT);
        let mut term = Term::of(rule, comment);
        // Port 0 is nobody's (RFC 6335, section 6), and FortiOS refuses to hear of it.
        for (first, _) in term.ports.iter_mut().chain(&mut term.source_ports) {
            *first = (*first).max(1); // not a port: the first that can be one
        }
        if let Some(why) = not_fortigate(rule) {
            findings.push(not_sayable("FortiGate", rule, why));
            term.not_for = Some("fortigate");
        }
        // FortiOS has one type in a service.
        match rule.types.as_slice() {
            [] | [_] => terms.push(term),
            several => terms.extend(several.iter().map(|kind| Term {
                name: format!("{}-{kind}", rule.id),
                types: vec![*kind],
                ..term.clone()
            })),
        }
    }
    let zones = "from-zone any to-zone any mixed".to_owned();
    Filter {
        comment: left_out(set, true),
        targets: vec![("paloalto", zones.clone()), ("fortigate", zones)],
        terms,
    }
}

/// Why Aerleon cannot say a rule in FortiOS's words; none where it can. Where it has no
/// word for a protocol it writes `ALL`, which is not what the plan says.
fn not_fortigate(rule: &Rule) -> Option<&'static str> {
    match (rule.protocol, rule.version) {
        (Protocol::Tcp | Protocol::Udp, _) if !rule.ports.is_empty() => None,
        (Protocol::Icmp, Version::V4) if !rule.types.is_empty() => None,
        (Protocol::Icmpv6, _) => Some("Aerleon knows no ICMPv6 of FortiOS; add it by hand"),
        (Protocol::Igmp, _) => Some("Aerleon knows no IGMP of FortiOS; add it by hand"),
        _ => Some("Aerleon would open all services of FortiOS"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::{BRANCHES, HIERARCHY, plan_of};
    use crate::{Compiler, Place};

    #[test]
    fn every_rule_of_a_border_has_its_term_and_every_token_its_definition() {
        for text in [BRANCHES, HIERARCHY] {
            let plan = plan_of(text);
            let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
            let written = write(&set, &Decided::new(text));
            let [policy, definitions] = written.files.as_slice() else { unreachable!() };
            for rule in &set.rules {
                let term = format!("- name: {}\n", rule.id);
                assert!(rule.within || policy.text.contains(&term), "{}", rule.id);
            }
            let tokens = policy.text.lines().filter_map(|line| line.trim().split_once(": "));
            let tokens =
                tokens.filter(|(key, _)| key.ends_with("-address") || key.ends_with("-port"));
            let mut count = 0;
            for token in tokens.flat_map(|(_, value)| value.split(' ')) {
                assert!(definitions.text.contains(&format!("  {token}:\n")), "{token}");
                count += 1;
            }
            assert!(count > set.rules.len());
        }
    }

    #[test]
    fn no_term_is_without_addresses_or_wider_than_a_protocol() {
        let plan = plan_of(BRANCHES);
        let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
        let filters = [
            stateless(&set, &Decided::new("")),
            stateful(&set, &Decided::new(""), &mut Vec::new()),
        ];
        for term in filters.iter().flat_map(|filter| &filter.terms) {
            assert!(term.source.is_some() && term.destination.is_some(), "{}", term.name);
            let ports = !term.ports.is_empty() || !term.source_ports.is_empty();
            let ported = matches!(term.protocol, Protocol::Tcp | Protocol::Udp);
            assert_eq!(ports, ported, "{}", term.name);
            assert!(term.name.len() <= 35, "{}: FortiOS takes no longer name", term.name);
        }
    }
}
