//! Boundary groups that cannot be so.

use std::collections::BTreeSet;

use catalog::{Reading, Role, Where};

use crate::derive::rows;
use crate::estate::{BoundaryGroup, Estate, Said};
use crate::mistake::Mistake;

/// Every mistake in groups, and in what networks say of them. `all_roles`:
/// whether every role in the file was understood.
pub(super) fn groups(estate: &Estate, all_roles: bool, mistakes: &mut Vec<Mistake>) {
    let known: Vec<&str> = estate.groups.iter().map(|group| group.name.value.as_str()).collect();
    for network in &estate.networks {
        let what = format!("network {}", network.name.value);
        twice(&what, "boundary group", &network.groups, mistakes);
        for group in &network.groups {
            unknown(&what, "boundary group", group, &known, mistakes);
        }
    }
    for group in &estate.groups {
        let what = format!("boundary group {}", group.name.value);
        twice(&what, "host", &group.hosts, mistakes);
        hosts(estate, &what, group, all_roles, mistakes);
        neighbours(&what, group, &known, mistakes);
    }
}

fn hosts(
    estate: &Estate,
    what: &str,
    group: &BoundaryGroup,
    all_roles: bool,
    mistakes: &mut Vec<Mistake>,
) {
    let known: Vec<&str> = estate.hosts.iter().map(|host| host.name.value.as_str()).collect();
    for named in &group.hosts {
        let Some(host) = estate.hosts.iter().find(|host| host.name.value == named.value) else {
            unknown(what, "host", named, &known, mistakes);
            continue;
        };
        if all_roles && !host.roles.iter().any(|on| near(estate, on.role.value)) {
            let message = format!("{what}: host {} is no distribution-point", named.value);
            mistakes.push(
                Mistake::new(named.at.clone(), message)
                    .help("a boundary group names the hosts that hand out content"),
            );
        }
    }
}

/// Whether clients choose hosts with this role by their boundary groups.
fn near(estate: &Estate, role: &Role) -> bool {
    let mut rows = rows(estate.edition.value, Reading::Corrected);
    rows.any(|flow| flow.scope == Where::BoundaryGroup && flow.to == role)
}

fn neighbours(what: &str, group: &BoundaryGroup, known: &[&str], mistakes: &mut Vec<Mistake>) {
    let named: Vec<Said<String>> =
        group.neighbours.iter().map(|neighbour| neighbour.group.clone()).collect();
    twice(what, "neighbour", &named, mistakes);
    for neighbour in named {
        if neighbour.value == group.name.value {
            let message = format!("{what} is its own neighbour");
            mistakes.push(
                Mistake::new(neighbour.at, message)
                    .help("a neighbour is another group, which helps out after a time"),
            );
        } else {
            unknown(what, "boundary group", &neighbour, known, mistakes);
        }
    }
}

pub(super) fn twice(what: &str, kind: &str, named: &[Said<String>], mistakes: &mut Vec<Mistake>) {
    let mut seen = BTreeSet::new();
    for again in named.iter().filter(|one| !seen.insert(one.value.as_str())) {
        let message = format!("{what}: the {kind} {} stands here twice", shown(again));
        mistakes.push(Mistake::new(again.at.clone(), message));
    }
}

pub(super) fn unknown(
    what: &str,
    kind: &str,
    named: &Said<String>,
    known: &[&str],
    mistakes: &mut Vec<Mistake>,
) {
    if known.contains(&named.value.as_str()) {
        return;
    }
    let help = match catalog::nearest(&named.value, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "the file names none".to_owned(),
        None => format!("known are {}", known.join(", ")),
    };
    let message = format!("{what}: there is no {kind} {}", shown(named));
    mistakes.push(Mistake::new(named.at.clone(), message).help(help));
}

/// Fit for a message: short.
fn shown(named: &Said<String>) -> String {
    named.value.chars().take(80).collect()
}
