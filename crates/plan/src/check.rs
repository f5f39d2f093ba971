//! What cannot be so, although every key for itself is well written.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use catalog::role::{MANAGEMENT_POINT, SITE_DATABASE_SERVER, SITE_SERVER, SMS_PROVIDER};
use catalog::{Edition, Role};

use crate::derive::sites::Sites;
use crate::estate::{Estate, Host, HostRole, Said, SiteKind};
use crate::mistake::Mistake;
use crate::subnets::Subnets;

mod group;
mod hierarchy;
mod party;
mod ports;

/// Stands in for an address that could not be read, so that the other checks
/// see the host; no estate with it is handed out.
pub(crate) const UNREAD: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Every mistake between the parts of `estate`. `all_roles`: whether every role
/// in the file was understood; otherwise none is reported as missing.
pub(crate) fn check(estate: &Estate, all_roles: bool, mistakes: &mut Vec<Mistake>) {
    let settled = hierarchy::hierarchy(estate, mistakes);
    networks(estate, mistakes);
    addresses(estate, mistakes);
    ports::ports(estate, mistakes);
    party::parties(estate, all_roles, mistakes);
    group::groups(estate, all_roles, mistakes);
    if all_roles && settled {
        roles(estate, mistakes);
        if estate.edition.value == Edition::Portolan {
            database(estate, mistakes);
        }
    }
}

fn networks(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let (subnets, overlaps) = Subnets::of(&estate.networks);
    for overlap in overlaps {
        let message = format!(
            "network {}: {} overlaps {} of network {}",
            overlap.of.name.value,
            overlap.block.value,
            overlap.with.value,
            overlap.with_of.name.value
        );
        mistakes.push(
            Mistake::new(overlap.block.at.clone(), message)
                .help("an address can be in one network only"),
        );
    }
    for (host, address) in said_addresses(estate) {
        if subnets.home(address.value).is_none() {
            let message = format!("host {}: no network holds {}", host.name.value, address.value);
            mistakes.push(
                Mistake::new(address.at.clone(), message)
                    .help("add a [network.…] whose cidr holds it"),
            );
        }
    }
}

/// Every address of every host that could be read.
fn said_addresses(estate: &Estate) -> impl Iterator<Item = (&Host, &Said<IpAddr>)> {
    let all = estate.hosts.iter().flat_map(|host| host.addresses().map(move |one| (host, one)));
    all.filter(|(_, address)| address.value != UNREAD)
}

fn addresses(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let mut seen: BTreeMap<IpAddr, &Host> = BTreeMap::new();
    for (host, address) in said_addresses(estate) {
        let Some(first) = seen.insert(address.value, host) else { continue };
        let (name, value) = (&host.name.value, address.value);
        let mistake = if first.name == host.name {
            let message = format!("host {name}: the address {value} stands here twice");
            Mistake::new(address.at.clone(), message)
        } else {
            let message =
                format!("host {name} has the address {value} of host {}", first.name.value);
            Mistake::new(address.at.clone(), message)
                .help("one machine is one [host.…] with all its roles")
        };
        mistakes.push(mistake);
    }
}

/// Every site has its site server, and a management point where clients are.
fn roles(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let sites = Sites::of(estate);
    for (n, site) in estate.sites.iter().enumerate() {
        let of_site = |role: &'static Role| {
            let on = estate.with_role(role).filter(|(host, on)| {
                let said = if on.sites.is_empty() { &host.sites } else { &on.sites };
                sites.member(said).sites().contains(&n)
            });
            on.collect::<Vec<_>>()
        };
        let servers = of_site(&SITE_SERVER);
        at_most_one(&SITE_SERVER, &servers, mistakes);
        let code = &site.code.value;
        let several = estate.sites.len() > 1;
        if servers.is_empty() {
            let message = if several {
                format!("site {code}: no host has the role site-server")
            } else {
                "no host has the role site-server".to_owned()
            };
            mistakes.push(
                Mistake::new(site.code.at.clone(), message)
                    .help("add it to the `roles` of the host that decides and signs"),
            );
        }
        let mut clients = estate.networks.iter().filter_map(|network| network.clients.as_ref());
        let clients = clients.find(|clients| clients.value == *code);
        let point = || {
            let above = sites.parent(n).filter(|_| sites.kind(n) == SiteKind::Secondary);
            let served = |n: usize| {
                estate.with_role(&MANAGEMENT_POINT).any(|(host, on)| {
                    let said = if on.sites.is_empty() { &host.sites } else { &on.sites };
                    sites.member(said).sites().contains(&n)
                }) || estate.clusters.iter().any(|cluster| {
                    *cluster.on.role.value == MANAGEMENT_POINT
                        && sites.member(&cluster.on.sites).sites().contains(&n)
                })
            };
            served(n) || above.is_some_and(served)
        };
        let central = sites.kind(n) == SiteKind::Central;
        if let Some(clients) = clients.filter(|_| !central && !point()) {
            let message = if several {
                format!("site {code} has clients, but no host of it has the role management-point")
            } else {
                "there are clients, but no host has the role management-point".to_owned()
            };
            mistakes.push(
                Mistake::new(clients.at.clone(), message)
                    .help("add it to the `roles` of the host that clients shall talk to"),
            );
        }
    }
}

/// The built-in database of a site is a file: roles on several hosts cannot share it.
fn database(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let sites = Sites::of(estate);
    for n in 0..sites.len() {
        let of_site = |role: &'static Role| -> Vec<(&Host, &HostRole)> {
            let on = estate.with_role(role).filter(|(host, on)| {
                let said = if on.sites.is_empty() { &host.sites } else { &on.sites };
                sites.member(said).sites().contains(&n)
            });
            on.collect()
        };
        let servers = of_site(&SITE_DATABASE_SERVER);
        at_most_one(&SITE_DATABASE_SERVER, &servers, mistakes);
        let behind = estate.clusters.iter().any(|cluster| {
            *cluster.on.role.value == SITE_DATABASE_SERVER
                && sites.member(&cluster.on.sites).sites().contains(&n)
        });
        let Some((home, _)) = of_site(&SITE_SERVER).into_iter().next() else { continue };
        if behind || !servers.is_empty() {
            continue;
        }
        for role in [&MANAGEMENT_POINT, &SMS_PROVIDER] {
            for (host, on) in of_site(role).into_iter().filter(|(host, _)| host.name != home.name) {
                let message = format!(
                    "host {}: {role} needs the site's database, which is a file on host {}",
                    host.name.value, home.name.value
                );
                mistakes.push(Mistake::new(on.role.at.clone(), message).help(format!(
                    "give a host with PostgreSQL the role {SITE_DATABASE_SERVER}, or put {role} on {}",
                    home.name.value
                )));
            }
        }
    }
}

fn at_most_one(role: &Role, carriers: &[(&Host, &HostRole)], mistakes: &mut Vec<Mistake>) {
    let Some(((first, _), more)) = carriers.split_first() else { return };
    for (_, on) in more {
        let message = format!("a second {role}: host {} has that role", first.name.value);
        mistakes.push(Mistake::new(on.role.at.clone(), message).help("a site has one"));
    }
}
