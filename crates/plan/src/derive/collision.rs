//! Two services that want one socket and cannot share it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use catalog::{Protocol, Service, Share};

use crate::estate::{Estate, Host, HostRole};
use crate::mistake::Mistake;
use crate::planned::Cause;

use super::{holds, port, rows};

/// One role that answers at a socket.
struct Claim<'a> {
    host: &'a Host,
    on: &'a HostRole,
    service: &'static Service,
    cause: Option<Cause>,
}

pub(super) fn collisions(estate: &Estate) -> Vec<Mistake> {
    let mut sockets: BTreeMap<(IpAddr, Protocol, u16), Claim<'_>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for claim in estate.hosts.iter().flat_map(|host| claims(estate, host)) {
        let (socket, claim) = claim;
        match sockets.get(&socket) {
            None => {
                sockets.insert(socket, claim);
            }
            Some(first) if first.shares_with(&claim) => {}
            Some(first) => mistakes.push(first.collision(&claim, socket)),
        }
    }
    mistakes.sort_by_key(|mistake| mistake.at.start);
    mistakes
}

/// Everything that `host` answers, whoever runs it there.
fn claims<'a>(
    estate: &'a Estate,
    host: &'a Host,
) -> impl Iterator<Item = ((IpAddr, Protocol, u16), Claim<'a>)> {
    host.roles.iter().flat_map(move |on| {
        let mut services: Vec<&'static Service> = rows(estate.edition.value)
            .filter(|flow| flow.editions.contains(estate.edition.value))
            .filter(|flow| flow.to == on.role.value && holds(&flow.when, estate).is_some())
            .map(|flow| flow.service)
            .collect();
        services.sort();
        services.dedup();
        services.into_iter().flat_map(move |service| {
            port::places(estate, Some(on), service).into_iter().flat_map(move |place| {
                let ports = place.ports.map(|(first, last)| first..=last);
                ports.into_iter().flatten().map(move |port| {
                    let claim = Claim { host, on, service, cause: place.cause.clone() };
                    ((host.address.value, service.protocol, port), claim)
                })
            })
        })
    })
}

impl Claim<'_> {
    fn shares_with(&self, other: &Self) -> bool {
        let same_host = self.host.name == other.host.name;
        same_host && self.service == other.service && self.service.share == Share::HttpHost
    }

    fn collision(
        &self,
        other: &Self,
        (address, protocol, port): (IpAddr, Protocol, u16),
    ) -> Mistake {
        let at = match (&other.cause, &self.cause) {
            (Some(Cause::Setting(at)), _) | (_, Some(Cause::Setting(at))) => at.clone(),
            _ => other.on.role.at.clone(),
        };
        let message = format!(
            "host {}: {} ({}) and {} ({}) both want {protocol} port {port} of {address}",
            other.host.name.value,
            self.service,
            self.on.role.value,
            other.service,
            other.on.role.value,
        );
        Mistake::new(at, message).help("give one of them another port, or another host")
    }
}
