//! What cannot be so, although every key for itself is well written.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use catalog::role::{MANAGEMENT_POINT, SITE_DATABASE_SERVER, SITE_SERVER, SMS_PROVIDER};
use catalog::{Edition, Role};

use crate::derive::port;
use crate::estate::{Estate, Host};
use crate::mistake::Mistake;
use crate::subnets::Subnets;

mod group;

/// Stands in for an address that could not be read, so that the other checks
/// see the host; no estate with it is handed out.
pub(crate) const UNREAD: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Every mistake between the parts of `estate`. `all_roles`: whether every role
/// in the file was understood; otherwise none is reported as missing.
pub(crate) fn check(estate: &Estate, all_roles: bool, mistakes: &mut Vec<Mistake>) {
    edition(estate, mistakes);
    networks(estate, mistakes);
    addresses(estate, mistakes);
    alternates(estate, mistakes);
    group::groups(estate, all_roles, mistakes);
    if all_roles {
        roles(estate, mistakes);
        database(estate, mistakes);
    }
}

fn edition(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    if estate.edition.value != Edition::Portolan {
        let message = format!("edition {} is not yet served", estate.edition.value);
        mistakes.push(
            Mistake::new(estate.edition.at.clone(), message)
                .help(format!("this version plans `{}` only", Edition::Portolan)),
        );
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
    for host in estate.hosts.iter().filter(|host| host.address.value != UNREAD) {
        if subnets.home(host.address.value).is_none() {
            let message =
                format!("host {}: no network holds {}", host.name.value, host.address.value);
            mistakes.push(
                Mistake::new(host.address.at.clone(), message)
                    .help("add a [network.…] whose cidr holds it"),
            );
        }
    }
    for clients in estate.networks.iter().filter_map(|network| network.clients.as_ref()) {
        let code = &estate.site.code.value;
        if clients.value != *code {
            let message = format!("there is no site {}", clients.value);
            mistakes.push(
                Mistake::new(clients.at.clone(), message).help(format!("the site is {code}")),
            );
        }
    }
}

fn addresses(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let mut seen: BTreeMap<IpAddr, &Host> = BTreeMap::new();
    for host in estate.hosts.iter().filter(|host| host.address.value != UNREAD) {
        if let Some(first) = seen.insert(host.address.value, host) {
            let message = format!(
                "host {} has the address {} of host {}",
                host.name.value, host.address.value, first.name.value
            );
            mistakes.push(
                Mistake::new(host.address.at.clone(), message)
                    .help("one machine is one [host.…] with all its roles"),
            );
        }
    }
}

/// An alternate that is the default would be tried in vain.
fn alternates(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let everywhere = estate.site.ports.values().map(|setting| (setting, None));
    let on_hosts = estate.hosts.iter().flat_map(|host| {
        host.roles.iter().flat_map(|on| on.ports.values().map(move |setting| (setting, Some(on))))
    });
    for (setting, on) in everywhere.chain(on_hosts) {
        let [default, alternate] = port::of_setting(estate, on, setting.service);
        let Some(same) = alternate.filter(|alternate| {
            default.as_ref().is_some_and(|default| default.ports == alternate.ports)
        }) else {
            continue;
        };
        let at =
            setting.alternate.as_ref().or(setting.default.as_ref()).map(|said| said.at.clone());
        let message = format!(
            "{}: the alternate port is the default, {}",
            setting.service,
            same.ports.map_or(0, |(port, _)| port)
        );
        mistakes.push(
            Mistake::new(at.unwrap_or_default(), message)
                .help("leave the alternate out, or choose another port"),
        );
    }
}

fn roles(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    at_most_one(estate, &SITE_SERVER, mistakes);
    if estate.with_role(&SITE_SERVER).next().is_none() {
        let message = "no host has the role site-server";
        mistakes.push(
            Mistake::new(estate.site.code.at.clone(), message)
                .help("add it to the `roles` of the host that decides and signs"),
        );
    }
    let clients = estate.networks.iter().find_map(|network| network.clients.as_ref());
    if let Some(clients) = clients
        && estate.with_role(&MANAGEMENT_POINT).next().is_none()
    {
        let message = "there are clients, but no host has the role management-point";
        mistakes.push(
            Mistake::new(clients.at.clone(), message)
                .help("add it to the `roles` of the host that clients shall talk to"),
        );
    }
}

/// The built-in database is a file: roles on several hosts cannot share it.
fn database(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    at_most_one(estate, &SITE_DATABASE_SERVER, mistakes);
    if estate.with_role(&SITE_DATABASE_SERVER).next().is_some() {
        return;
    }
    let Some((home, _)) = estate.with_role(&SITE_SERVER).next() else { return };
    for role in [&MANAGEMENT_POINT, &SMS_PROVIDER] {
        for (host, on) in estate.with_role(role).filter(|(host, _)| host.name != home.name) {
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

fn at_most_one(estate: &Estate, role: &'static Role, mistakes: &mut Vec<Mistake>) {
    let carriers: Vec<(&Host, Range<usize>)> =
        estate.with_role(role).map(|(host, on)| (host, on.role.at.clone())).collect();
    let Some(((first, _), more)) = carriers.split_first() else { return };
    for (_, at) in more {
        let message = format!("a second {role}: host {} has that role", first.name.value);
        mistakes.push(Mistake::new(at.clone(), message).help("a site has one"));
    }
}
