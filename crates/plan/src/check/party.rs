//! Hosts, clusters and networks that name each other wrongly, and roles that need
//! another role beside them.

use std::collections::BTreeSet;

use catalog::role::{
    DHCP_SERVER, DISTRIBUTION_POINT, DISTRIBUTION_POINT_MULTICAST, DISTRIBUTION_POINT_PXE,
};

use crate::estate::{Addresses, Estate, Host};
use crate::mistake::Mistake;

use super::UNREAD;
use super::group::{twice, unknown};

/// Every mistake between parties. `all_roles`: whether every role in the file was
/// understood; otherwise none is reported as missing.
pub(super) fn parties(estate: &Estate, all_roles: bool, mistakes: &mut Vec<Mistake>) {
    clusters(estate, mistakes);
    translations(estate, mistakes);
    leases(estate, all_roles, mistakes);
    names(estate, mistakes);
    if all_roles {
        estate.hosts.iter().for_each(|host| beside(host, mistakes));
    }
}

fn clusters(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let known: Vec<&str> = estate.hosts.iter().map(|host| host.name.value.as_str()).collect();
    for cluster in &estate.clusters {
        let what = format!("cluster {}", cluster.name.value);
        twice(&what, "host", &cluster.hosts, mistakes);
        for host in cluster.hosts.iter().filter(|host| !known.contains(&host.value.as_str())) {
            unknown(&what, "host", host, &known, mistakes);
        }
        let listener = &cluster.listener;
        let holder = estate.hosts.iter().find(|host| {
            listener.value != UNREAD && host.addresses().any(|one| one.value == listener.value)
        });
        if let Some(holder) = holder {
            let message = format!(
                "{what}: its listener has the address {} of host {}",
                listener.value, holder.name.value
            );
            mistakes.push(
                Mistake::new(listener.at.clone(), message)
                    .help("the listener's address moves between the hosts; it is none of theirs"),
            );
        }
    }
}

fn translations(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let zones: BTreeSet<&str> = estate
        .networks
        .iter()
        .filter_map(|network| Some(network.zone.as_ref()?.value.as_str()))
        .collect();
    let known: Vec<&str> = zones.into_iter().collect();
    for host in &estate.hosts {
        let what = format!("host {}", host.name.value);
        let from: Vec<_> = host.nat.iter().map(|nat| nat.from.clone()).collect();
        twice(&what, "zone", &from, mistakes);
        for zone in from.iter().filter(|zone| !known.contains(&zone.value.as_str())) {
            if known.is_empty() {
                let message = format!("{what}: no network is in the zone {}", zone.value);
                mistakes.push(
                    Mistake::new(zone.at.clone(), message)
                        .help("say `zone` of the network from which the host is seen so"),
                );
            } else {
                unknown(&what, "zone", zone, &known, mistakes);
            }
        }
    }
}

fn leases(estate: &Estate, all_roles: bool, mistakes: &mut Vec<Mistake>) {
    for network in &estate.networks {
        let name = &network.name.value;
        let fixed = network.addresses.as_ref().filter(|said| said.value == Addresses::Static);
        if let (Some(fixed), false) = (fixed, network.dhcp.is_empty()) {
            let message = format!("network {name}: static addresses need no dhcp-servers");
            mistakes.push(
                Mistake::new(fixed.at.clone(), message)
                    .help("write addresses = \"dhcp\" or \"any\", or leave the servers out"),
            );
        }
        for server in network.dhcp.iter().filter(|_| all_roles) {
            let has = |host: &Host| host.addresses().any(|one| one.value == server.value);
            // Of a host without an address nobody can say that it has another one.
            if estate.hosts.iter().any(|host| host.address.value == UNREAD) {
                continue;
            }
            let host = estate.hosts.iter().find(|host| has(host));
            if host.is_none_or(|host| host.role(&DHCP_SERVER).is_none()) {
                let message = format!("network {name}: no dhcp-server has {}", server.value);
                mistakes.push(
                    Mistake::new(server.at.clone(), message)
                        .help("add a [host.…] with this address and the role dhcp-server"),
                );
            }
        }
    }
}

/// Plans name parties by these, so that no two may be called alike.
fn names(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let taken: BTreeSet<&str> = estate
        .hosts
        .iter()
        .map(|host| host.name.value.as_str())
        .chain(estate.networks.iter().map(|network| network.name.value.as_str()))
        .collect();
    let clusters = estate.clusters.iter().map(|one| ("cluster", &one.name));
    let clouds = estate.clouds.iter().map(|one| ("cloud", &one.name));
    let mut more: BTreeSet<&str> = BTreeSet::new();
    for (what, name) in clusters.chain(clouds) {
        let fresh = more.insert(&name.value);
        if !fresh || taken.contains(name.value.as_str()) {
            let message = format!("{what} {}: something else has that name", name.value);
            mistakes.push(
                Mistake::new(name.at.clone(), message)
                    .help("hosts, networks, clusters and clouds are told apart by their names"),
            );
        }
    }
}

/// What a distribution point can do beside handing out content, it cannot do alone.
fn beside(host: &Host, mistakes: &mut Vec<Mistake>) {
    if host.role(&DISTRIBUTION_POINT).is_some() {
        return;
    }
    for role in [&DISTRIBUTION_POINT_PXE, &DISTRIBUTION_POINT_MULTICAST] {
        if let Some(on) = host.role(role) {
            let message = format!("host {}: {role} without {DISTRIBUTION_POINT}", host.name.value);
            mistakes.push(
                Mistake::new(on.role.at.clone(), message)
                    .help("give the host both roles: the one is a property of the other"),
            );
        }
    }
}
