//! Sites that cannot stand to each other as the file says.

use std::collections::BTreeSet;

use crate::derive::sites::{Sites, belongs_to_a_site};
use crate::estate::{Estate, HostRole, Said, SiteKind};
use crate::mistake::Mistake;

use super::group::{twice, unknown};

/// Every mistake between sites, and in what others say of sites. Whether it is known
/// of every role to which site it belongs.
pub(super) fn hierarchy(estate: &Estate, mistakes: &mut Vec<Mistake>) -> bool {
    let before = mistakes.len();
    let sites = Sites::of(estate);
    for n in 0..sites.len() {
        parent(estate, &sites, n, mistakes);
    }
    for host in &estate.hosts {
        let what = format!("host {}", host.name.value);
        named(estate, &what, &host.sites, mistakes);
        for on in &host.roles {
            named(estate, &what, &on.sites, mistakes);
            let said = if on.sites.is_empty() { &host.sites } else { &on.sites };
            homeless(estate, &what, on, said, mistakes);
        }
    }
    let clusters = estate.clusters.iter().map(|one| ("cluster", &one.name, &one.on));
    let clouds = estate.clouds.iter().map(|one| ("cloud", &one.name, &one.on));
    for (what, name, on) in clusters.chain(clouds) {
        let what = format!("{what} {}", name.value);
        named(estate, &what, &on.sites, mistakes);
        homeless(estate, &what, on, &on.sites, mistakes);
    }
    let settled = mistakes.len() == before;
    clients(estate, &sites, mistakes);
    settled
}

fn parent(estate: &Estate, sites: &Sites<'_>, n: usize, mistakes: &mut Vec<Mistake>) {
    let Some(site) = sites.get(n) else { return };
    let code = &site.code.value;
    let Some(said) = &site.parent else { return top(sites, n, mistakes) };
    if said.value == *code {
        let message = format!("site {code} is its own parent");
        return mistakes.push(Mistake::new(said.at.clone(), message));
    }
    let Some(above) = sites.parent(n) else {
        let known: Vec<&str> = estate.sites.iter().map(|site| site.code.value.as_str()).collect();
        return unknown(&format!("site {code}"), "site", said, &known, mistakes);
    };
    if in_a_circle(sites, n) {
        let message = format!("site {code}: its parents lead back to it");
        return mistakes.push(
            Mistake::new(said.at.clone(), message).help("at the top stands a site without parent"),
        );
    }
    let wrong = match (sites.kind(above), sites.kind(n)) {
        (SiteKind::Central, SiteKind::Primary) | (SiteKind::Primary, SiteKind::Secondary) => return,
        (_, SiteKind::Central) => "a central site has no parent",
        (SiteKind::Secondary, _) => "a secondary site has no site below it",
        (SiteKind::Central, SiteKind::Secondary) => "a secondary site stands below a primary",
        (SiteKind::Primary, SiteKind::Primary) => "a primary stands below a central site or alone",
    };
    let message = format!("site {code} cannot be below {}: {wrong}", said.value);
    mistakes.push(
        Mistake::new(said.at.clone(), message).help("a hierarchy is central, primary, secondary"),
    );
}

/// What stands at the top of what.
fn top(sites: &Sites<'_>, n: usize, mistakes: &mut Vec<Mistake>) {
    let Some(site) = sites.get(n) else { return };
    let code = &site.code.value;
    if sites.kind(n) == SiteKind::Secondary {
        let at = site.kind.as_ref().map_or(&site.code.at, |said| &said.at);
        let message = format!("site {code} is secondary and has no parent");
        mistakes.push(
            Mistake::new(at.clone(), message).help("name the primary above it: parent = \"P01\""),
        );
    }
    let first = (0..n).find(|other| sites.parent(*other).is_none());
    let silent = |other: usize| sites.get(other).is_some_and(|one| one.parent.is_none());
    if let Some(first) = first.filter(|first| silent(*first)).and_then(|first| sites.get(first)) {
        let message = format!("site {code} and site {} have no parent both", first.code.value);
        mistakes.push(
            Mistake::new(site.code.at.clone(), message)
                .help("sites of one file are one hierarchy: name the parent of one of them"),
        );
    }
}

fn in_a_circle(sites: &Sites<'_>, n: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut at = n;
    while let Some(above) = sites.parent(at) {
        if above == n || !seen.insert(above) {
            return above == n;
        }
        at = above;
    }
    false
}

fn clients(estate: &Estate, sites: &Sites<'_>, mistakes: &mut Vec<Mistake>) {
    let codes: Vec<&str> = estate.sites.iter().map(|site| site.code.value.as_str()).collect();
    for said in estate.networks.iter().filter_map(|network| network.clients.as_ref()) {
        let Some(n) = sites.place(&said.value) else {
            let message = format!("there is no site {}", said.value);
            let help = match codes.as_slice() {
                [one] => format!("the site is {one}"),
                all => format!("the sites are {}", all.join(", ")),
            };
            mistakes.push(Mistake::new(said.at.clone(), message).help(help));
            continue;
        };
        if sites.kind(n) == SiteKind::Central {
            let message = format!("site {} is central: it has no clients", said.value);
            mistakes.push(
                Mistake::new(said.at.clone(), message).help("name the primary they belong to"),
            );
        }
    }
}

/// Codes of sites that do not exist, or stand there twice.
fn named(estate: &Estate, what: &str, said: &[Said<String>], mistakes: &mut Vec<Mistake>) {
    twice(what, "site", said, mistakes);
    let known: Vec<&str> = estate.sites.iter().map(|site| site.code.value.as_str()).collect();
    for one in said {
        if !known.contains(&one.value.as_str()) {
            unknown(what, "site", one, &known, mistakes);
        }
    }
}

/// Where there are several sites, silence means none of them.
fn homeless(
    estate: &Estate,
    what: &str,
    on: &HostRole,
    said: &[Said<String>],
    mistakes: &mut Vec<Mistake>,
) {
    let role = on.role.value;
    if estate.sites.len() > 1 && said.is_empty() && belongs_to_a_site(role) {
        let message = format!("{what}: {role} of which site?");
        mistakes.push(
            Mistake::new(on.role.at.clone(), message).help("there are several: add site = \"P01\""),
        );
    }
}
