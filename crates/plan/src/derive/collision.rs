//! Two services that want one socket and cannot share it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use catalog::{Protocol, RunBy, Service, Share};

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
    answered(estate, host).into_iter().flat_map(move |(on, service)| {
        port::places(estate, Some(on), service).into_iter().flat_map(move |place| {
            let ports = place.ports.map(|(first, last)| first..=last);
            ports.into_iter().flatten().map(move |port| {
                let claim = Claim { host, on, service, cause: place.cause.clone() };
                ((host.address.value, service.protocol, port), claim)
            })
        })
    })
}

/// Which of the host's roles answer what.
fn answered<'a>(estate: &'a Estate, host: &'a Host) -> Vec<(&'a HostRole, &'static Service)> {
    let mut answered: Vec<(&HostRole, &'static Service)> = Vec::new();
    for flow in rows(estate.edition.value) {
        // Nobody waits for a connection that every other host waits for.
        let awaited = !flow.reversible || somebody_opens(estate, host);
        let usual = host.role(flow.to).filter(|_| awaited);
        let may_turn = flow.reversible && host.role(flow.to).is_none();
        let turned = host.reversed().filter(|_| may_turn).map(|(on, _)| on);
        for on in usual.into_iter().chain(turned) {
            if holds(&flow.when, estate, Some(on)).is_some() {
                answered.push((on, flow.service));
            }
        }
    }
    answered.sort_by_key(|(on, service)| (on.role.value, *service));
    answered.dedup_by_key(|(on, service)| (on.role.value, *service));
    answered
}

/// Whether a host of the site beside `host` opens its site link itself.
fn somebody_opens(estate: &Estate, host: &Host) -> bool {
    let ours = |other: &Host| other.roles.iter().any(|on| on.role.value.run_by == RunBy::Site);
    let others = estate.hosts.iter().filter(|other| other.name != host.name);
    others.filter(|other| ours(other)).any(|other| other.reversed().is_none())
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
