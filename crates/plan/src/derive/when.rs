//! Whether a row's condition holds between two parties, and what that rests on.

use catalog::role::{SITE_DATABASE_SERVER, SOFTWARE_UPDATE_POINT, UPSTREAM_WSUS_SERVER};
use catalog::{Role, When};

use crate::estate::{Estate, HostRole, Members, Network};
use crate::planned::Cause;

use super::port::{Answers, pair};
use super::sites::Sites;

/// Between whom.
#[derive(Clone, Copy)]
pub(super) struct Between<'a> {
    pub(super) estate: &'a Estate,
    pub(super) sites: &'a Sites<'a>,
    /// The answerer's role, where the file gives it to him.
    pub(super) on: Option<&'a HostRole>,
    /// The network of whichever is a client.
    pub(super) clients: Option<&'a Network>,
    /// The sites of the site server, where one is concerned.
    pub(super) of: &'a [usize],
    /// Whichever runs WSUS.
    pub(super) wsus: Option<Answers<'a>>,
}

/// What a condition that holds rests on; none where it does not hold.
pub(super) fn holds(when: &When, between: Between<'_>) -> Option<Vec<Cause>> {
    let estate = between.estate;
    match when {
        When::Always => Some(Vec::new()),
        When::Setting("database", kind) => {
            // The file says it by naming the server.
            let on_hosts = estate.with_role(&SITE_DATABASE_SERVER).map(|(_, on)| on);
            let clusters = estate.clusters.iter().map(|cluster| &cluster.on);
            let clusters = clusters.filter(|on| *on.role.value == SITE_DATABASE_SERVER);
            let server = on_hosts.chain(clusters).next();
            let said = server.map(|on| Cause::Setting(on.role.at.clone()));
            let have = if said.is_some() { "postgresql" } else { "sqlite" };
            (have == *kind).then(|| said.into_iter().collect())
        }
        When::Setting("package-mirror-for", "clients") => {
            let at = between.on?.mirror.as_ref()?.clients.clone()?;
            Some(vec![Cause::Setting(at)])
        }
        // Setup assigns clients wherever there is one.
        When::Setting("fallback-status-point", "assigned") => Some(Vec::new()),
        When::Setting("client", kind) => {
            let network = between.clients?;
            let said = network.members.as_ref();
            let silent = if network.roams() { Members::InternetOnly } else { Members::Domain };
            let members = said.map_or(silent, |said| said.value);
            let cause = said.map(|said| Cause::Setting(said.at.clone()));
            (members.slug() == *kind).then(|| cause.into_iter().collect())
        }
        When::Setting(..) => None,
        When::Feature(feature) => {
            let at = estate.features.get(feature)?;
            Some(vec![Cause::Setting(at.clone())])
        }
        When::Installing => {
            let sites = between.of.iter().filter_map(|n| between.sites.get(*n));
            let at = sites.filter_map(|site| site.installing.clone()).next()?;
            Some(vec![Cause::Setting(at)])
        }
        When::OneOf { group: "wsus-ports", rank } => {
            let (chosen, cause) =
                between.wsus.map_or((0, Cause::Default), |who| pair(between.sites, who));
            (chosen == *rank).then(|| vec![cause])
        }
        When::OneOf { group, rank } => match estate.alternatives.get(group) {
            Some(said) => (said.value == *rank).then(|| vec![Cause::Setting(said.at.clone())]),
            None => (*rank == 0).then(|| vec![Cause::Default]),
        },
        When::All(all) => {
            let each: Option<Vec<_>> = all.iter().map(|when| holds(when, between)).collect();
            each.map(|causes| causes.concat())
        }
        When::Not(when) => holds(when, between).is_none().then(Vec::new),
    }
}

/// Whether a role runs WSUS.
pub(super) fn runs_wsus(role: &Role) -> bool {
    role == &SOFTWARE_UPDATE_POINT || role == &UPSTREAM_WSUS_SERVER
}
