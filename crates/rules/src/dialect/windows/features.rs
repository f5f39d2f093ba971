//! What the client firewall article gives besides ports: predefined groups of rules, and
//! programs.
//!
//! Ports and echo requests are in the plan, with addresses. A group is switched on as a
//! whole, by its resource id, since its name is translated on every machine. Where the
//! article gives no direction, the file takes one from whoever runs it and has none of
//! its own; and a program has no rule, because the article gives no path.

use catalog::firewall::{Allows, Direction, Exception, FEATURES, Feature, Host};
use catalog::role::{CLIENT, CONSOLE};
use catalog::{Edition, When};

use super::super::powershell::{list, quoted, remark};
use crate::rule::{Finding, Kind, Place, RuleSet};

/// What a file has for features; all empty where there are none.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// The `param` block.
    pub(super) parameters: String,
    /// What switches the groups on.
    pub(super) text: String,
    pub(super) findings: Vec<Finding>,
}

/// Those that the machines of this place can have, of Microsoft's editions.
pub(super) fn of(set: &RuleSet<'_>) -> Features {
    let hosts = hosts(set);
    let known: Vec<(&Feature, Vec<&Exception>)> = FEATURES
        .iter()
        .map(|feature| (feature, exceptions(feature, &hosts)))
        .filter(|(_, exceptions)| !exceptions.is_empty())
        .collect();
    if known.is_empty() {
        return Features::default();
    }
    let on: Vec<&str> = known.iter().map(|one| one.0.slug).filter(|one| is_on(set, one)).collect();
    let slugs: Vec<&str> = known.iter().map(|one| one.0.slug).collect();
    let not_said = known.iter().flat_map(|one| &one.1).any(|one| !is_said(one));
    let mut features =
        Features { parameters: parameters(&slugs, &on, not_said), ..Features::default() };
    features.text.push_str(HEAD);
    for (feature, exceptions) in &known {
        section(feature, exceptions, &mut features.text);
        if on.contains(&feature.slug) {
            let not_sayable = exceptions.iter().filter_map(|one| finding(set, feature, one));
            features.findings.extend(not_sayable);
        }
    }
    features
}

const HEAD: &str = "
# Features of the article on client firewalls that need more than ports. Windows' own rules in
# these groups have scopes of their own, mostly wider than the plan's; what is switched on here
# stays on until somebody switches it off (Disable-NetFirewallRule -Group).
";

/// Whose exceptions of the article these machines have.
fn hosts(set: &RuleSet<'_>) -> Vec<Host> {
    if !Edition::MICROSOFT.contains(&set.plan.edition()) {
        return Vec::new();
    }
    match &set.place {
        Place::Clients(name) => {
            let network = set.plan.networks().iter().find(|network| network.name == *name);
            network.filter(|network| network.clients).map(|_| Host::Client).into_iter().collect()
        }
        Place::Host(name) => {
            let roles = set.plan.host(name).map(|host| host.roles.as_slice()).unwrap_or_default();
            let pairs = [(&CLIENT, Host::Client), (&CONSOLE, Host::Console)];
            pairs
                .into_iter()
                .filter(|(role, _)| roles.contains(role))
                .map(|(_, host)| host)
                .collect()
        }
        Place::Border => Vec::new(),
    }
}

fn exceptions(feature: &'static Feature, hosts: &[Host]) -> Vec<&'static Exception> {
    let all = feature.exceptions(catalog::Reading::Corrected);
    all.filter(|one| one.service().is_none() && hosts.contains(&one.host)).collect()
}

/// Whether the site file switched it on, so that flows of this place need it.
fn is_on(set: &RuleSet<'_>, slug: &str) -> bool {
    let mut flows = set.rules.iter().flat_map(|rule| set.flows(rule));
    flows.any(|planned| asks_for(&planned.flow.when, slug))
}

fn asks_for(when: &When, slug: &str) -> bool {
    match when {
        When::Feature(feature) => *feature == slug,
        When::All(all) => all.iter().any(|when| asks_for(when, slug)),
        When::Always | When::Setting(..) | When::Installing | When::OneOf { .. } | When::Not(_) => {
            false
        }
    }
}

fn is_said(exception: &Exception) -> bool {
    exception.direction != Direction::NotSaid
}

fn parameters(known: &[&str], on: &[&str], not_said: bool) -> String {
    let known: Vec<String> = known.iter().map(|slug| quoted(slug)).collect();
    let on = if on.is_empty() { "@()".to_owned() } else { format!("@({})", list(on)) };
    let mut text = format!(
        "param(\n    \
         # Features of the article on client firewalls that this machine is to have; those that\n    \
         # the site file has on, unless others are given.\n    \
         [ValidateSet({})]\n    [string[]]$Features = {on}",
        known.join(", ")
    );
    if not_said {
        text.push_str(
            ",\n\n    # For some groups the article gives no direction, and none is guessed: say here which.\n    \
             [ValidateSet('Inbound', 'Outbound')]\n    [string[]]$WhereNotStated = @()",
        );
    }
    text.push_str("\n)\n");
    text
}

fn section(feature: &Feature, exceptions: &[&Exception], text: &mut String) {
    text.push_str(&format!("\n{}", remark(&format!("{} ({}).", feature.name, feature.source))));
    for fact in feature.facts {
        text.push_str(&remark(fact));
    }
    text.push_str(&format!("if ($Features -contains {}) {{\n", quoted(feature.slug)));
    for exception in exceptions {
        let said = format!("{}: {}", exception.allows.text(), exception.sentence);
        text.push_str(&format!("    {}", remark(&said)));
        match exception.allows {
            Allows::Group(_, id) => group(id, exception.direction, text),
            Allows::Program(file) => program(file, exception.direction, text),
            Allows::Port(_) | Allows::Echo(_) => {}
        }
    }
    text.push_str("}\n");
}

fn group(id: &str, direction: Direction, text: &mut String) {
    let enable = |direction: &str| {
        format!(
            "Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group {} -Direction {direction} -ErrorAction 'Stop'\n",
            quoted(id)
        )
    };
    let both = list(&["Inbound", "Outbound"]);
    match direction {
        Direction::In => text.push_str(&format!("    {}", enable(&quoted("Inbound")))),
        Direction::Out => text.push_str(&format!("    {}", enable(&quoted("Outbound")))),
        Direction::Both => text.push_str(&format!("    {}", enable(&both))),
        Direction::NotSaid => text.push_str(&format!(
            "    # The article gives no direction.\n    \
             foreach ($direction in $WhereNotStated) {{\n        {}    }}\n",
            enable("$direction")
        )),
    }
}

/// There is no rule without a path, and the article has none.
fn program(file: &str, direction: Direction, text: &mut String) {
    let direction = match direction {
        Direction::NotSaid => "neither its path nor a direction".to_owned(),
        said => format!("no path ({})", said.text()),
    };
    text.push_str(&format!(
        "    {}    {}",
        remark(&format!("The article gives {direction}, so there is no rule. With both it is:")),
        remark(&format!(
            "New-NetFirewallRule -DisplayName '{file}' -Program 'PATH\\{file}' -Direction ..."
        ))
    ));
}

fn finding(set: &RuleSet<'_>, feature: &Feature, exception: &Exception) -> Option<Finding> {
    let what = exception.allows.text();
    let message = match exception.allows {
        Allows::Program(_) => format!(
            "{}: the article on client firewalls names {what} without its path, so there is no rule for it",
            feature.name
        ),
        Allows::Group(..) if !is_said(exception) => format!(
            "{}: the article on client firewalls gives no direction for {what}; say one with -WhereNotStated",
            feature.name
        ),
        _ => return None,
    };
    let party = set.place.stem().to_owned();
    Some(Finding { kind: Kind::NotSayable, party, message, flows: Vec::new() })
}
