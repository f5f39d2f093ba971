//! Two services that want one socket and cannot share it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use catalog::service::{SQL, SQL_WSUS};
use catalog::{Edition, Flow, Protocol, Reading, RunBy, Service, Share};

use crate::estate::{Estate, Host, HostRole};
use crate::mistake::Mistake;
use crate::planned::Cause;

use super::party::Parties;
use super::port::{self, Answers};
use super::rows;
use super::when::{Between, holds, runs_wsus};

/// One role that answers at a socket.
struct Claim<'a> {
    host: &'a Host,
    on: &'a HostRole,
    service: &'static Service,
    cause: Option<Cause>,
}

pub(super) fn collisions(estate: &Estate, parties: &Parties<'_>, reading: Reading) -> Vec<Mistake> {
    let mut sockets: BTreeMap<(IpAddr, Protocol, u16), Vec<Claim<'_>>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    let rows: Vec<&'static Flow> = rows(estate.edition.value, reading).collect();
    for host in &parties.hosts {
        for (socket, claim) in claims(estate, parties, host, &rows) {
            let here = sockets.entry(socket).or_default();
            match here.iter().find(|first| !first.shares_with(&claim)) {
                Some(first) => mistakes.push(first.collision(&claim, socket)),
                None => here.push(claim),
            }
        }
    }
    mistakes.sort_by_key(|mistake| mistake.at.start);
    mistakes
}

/// Everything that `host` answers, whoever runs it there.
fn claims<'a>(
    estate: &'a Estate,
    parties: &Parties<'a>,
    host: &'a Host,
    rows: &[&'static Flow],
) -> Vec<((IpAddr, Protocol, u16), Claim<'a>)> {
    let mut claims = Vec::new();
    for (on, service) in answered(estate, parties, host, rows) {
        let said = if on.sites.is_empty() { &host.sites } else { &on.sites };
        let member = parties.sites.member(said);
        let who = Answers { on: Some(on), sites: member.sites(), dynamic: None };
        for place in port::places(&parties.sites, who, service) {
            let ports = place.ports.into_iter().flat_map(|(first, last)| first..=last);
            for port in ports {
                for address in host.addresses() {
                    let claim = Claim { host, on, service, cause: place.cause.clone() };
                    claims.push(((address.value, service.protocol, port), claim));
                }
            }
        }
    }
    claims
}

/// Which of the host's roles answer what.
fn answered<'a>(
    estate: &'a Estate,
    parties: &Parties<'a>,
    host: &'a Host,
    rows: &[&'static Flow],
) -> Vec<(&'a HostRole, &'static Service)> {
    let mut answered: Vec<(&HostRole, &'static Service)> = Vec::new();
    for flow in rows {
        // Nobody waits for a connection that every other host waits for.
        let ours = estate.edition.value == Edition::Portolan;
        let awaited = !ours || !flow.reversible || somebody_opens(estate, host);
        let usual = host.roles.iter().filter(|on| on.role.value == flow.to && awaited);
        let may_turn = ours && flow.reversible && host.role(flow.to).is_none();
        let turned = host.reversed().filter(|_| may_turn).map(|(on, _)| on);
        for on in usual.chain(turned) {
            let said = if on.sites.is_empty() { &host.sites } else { &on.sites };
            let member = parties.sites.member(said);
            let who = Answers { on: Some(on), sites: member.sites(), dynamic: None };
            let between = Between {
                estate,
                sites: &parties.sites,
                on: Some(on),
                clients: None,
                of: &[],
                wsus: runs_wsus(on.role.value).then_some(who),
            };
            if holds(&flow.when, between).is_some() {
                answered.push((on, flow.service));
            }
        }
    }
    // Two of one role stand in the same line, and each answers for itself.
    answered.sort_by_key(|(on, service)| (on.role.value, std::ptr::from_ref(*on), *service));
    answered.dedup_by(|one, other| std::ptr::eq(one.0, other.0) && one.1 == other.1);
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
        if self.host.name != other.host.name {
            return false;
        }
        let (one, two) = (self.service, other.service);
        match (one.share, two.share) {
            // One web server answers for all of a host's roles, with certificates or
            // without.
            (Share::HttpHost, Share::HttpHost) => is_https(one) == is_https(two),
            (Share::System, Share::System) => one == two,
            // One instance can hold both databases.
            _ if one != two && is_sql(one) && is_sql(two) => self.on.instance == other.on.instance,
            _ => false,
        }
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

fn is_https(service: &Service) -> bool {
    service.slug.contains("https")
}

fn is_sql(service: &Service) -> bool {
    [&SQL, &SQL_WSUS].contains(&service)
}
