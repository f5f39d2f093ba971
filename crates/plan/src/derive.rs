//! Estate → plan: the one function.
//!
//! For every row of the catalog whose condition holds: everybody who plays its
//! opener, to everybody who plays its answerer, on every port the answerer has
//! for it. [`party`] says who plays a role and which two can meet, [`port`]
//! where a service is found, [`lint`] what is worth saying about the result.

mod collision;
mod lint;
mod party;
pub(crate) mod port;

use std::ops::Range;

use catalog::role::SITE_DATABASE_SERVER;
use catalog::{Edition, FLOWS, Flow, Opens, Role, When};

use crate::boundary::Boundaries;
use crate::estate::{Estate, Host, HostRole};
use crate::mirror;
use crate::mistake::{Finding, Mistake};
use crate::planned::{Cause, Plan, Planned};

use party::{Meeting, Parties, Party};

/// The plan of an estate, or why there can be none.
pub fn plan(estate: &Estate) -> Result<(Plan, Vec<Finding>), Vec<Mistake>> {
    let collisions = collision::collisions(estate);
    if !collisions.is_empty() {
        return Err(collisions);
    }
    let boundaries = Boundaries::of(estate);
    let parties = Parties::of(estate, &boundaries);
    let mut derivation =
        Derivation { estate, parties: &parties, flows: Vec::new(), apart: Vec::new() };
    for flow in rows(estate.edition.value) {
        derivation.add(flow);
    }
    let Derivation { mut flows, apart, .. } = derivation;
    flows.sort_by(|one, other| one.key().cmp(&other.key()));
    flows.dedup();
    let plan = Plan {
        site_code: estate.site.code.value.clone(),
        name: estate.site.name.clone(),
        settings: estate.settings,
        hosts: parties.planned_hosts(),
        networks: parties.planned_networks(),
        flows,
        mirrors: mirror::mirrors(estate),
        boundaries: boundaries.clone(),
    };
    let findings = lint::findings(estate, &plan, apart);
    Ok((plan, findings))
}

/// What the catalog has in an edition.
pub(crate) fn rows(edition: Edition) -> impl Iterator<Item = &'static Flow> {
    FLOWS.iter().copied().filter(move |flow| flow.editions.contains(edition))
}

/// What a condition that holds rests on; none where it does not hold. `on` is
/// the answerer's role, where a host of the file plays it.
pub(crate) fn holds(when: &When, estate: &Estate, on: Option<&HostRole>) -> Option<Vec<Cause>> {
    match when {
        When::Always => Some(Vec::new()),
        When::Setting("database", kind) => {
            // The file says it by naming the server.
            let server = estate.with_role(&SITE_DATABASE_SERVER).next();
            let said = server.map(|(_, on)| Cause::Setting(on.role.at.clone()));
            let have = if said.is_some() { "postgresql" } else { "sqlite" };
            (have == *kind).then(|| said.into_iter().collect())
        }
        When::Setting("package-mirror-for", "clients") => {
            let at = on?.mirror.as_ref()?.clients.clone()?;
            Some(vec![Cause::Setting(at)])
        }
        // Nobody can say these in a site file of this version.
        When::Setting(..) | When::Feature(_) | When::Installing => None,
        When::OneOf { rank, .. } => (*rank == 0).then(|| vec![Cause::Default]),
        When::All(all) => {
            let each: Option<Vec<_>> = all.iter().map(|when| holds(when, estate, on)).collect();
            each.map(|causes| causes.concat())
        }
        When::Not(when) => holds(when, estate, on).is_none().then(Vec::new),
    }
}

struct Derivation<'a> {
    estate: &'a Estate,
    parties: &'a Parties<'a>,
    flows: Vec<Planned>,
    apart: Vec<Finding>,
}

impl Derivation<'_> {
    fn add(&mut self, flow: &'static Flow) {
        let directions: &[(&'static Role, &'static Role)] = match flow.opens {
            Opens::From => &[(flow.from, flow.to)],
            Opens::To => &[(flow.to, flow.from)],
            Opens::Either => &[(flow.from, flow.to), (flow.to, flow.from)],
        };
        for (from, to) in directions {
            let answerers = self.parties.playing(to);
            for opener in self.parties.playing(from) {
                let turned =
                    self.parties.host(&opener).filter(|_| flow.reversible).and_then(Host::reversed);
                for answerer in &answerers {
                    match turned {
                        Some((on, at)) => {
                            self.meet(flow, Some(on), answerer, &opener, Some(at));
                        }
                        None => {
                            let on = self.parties.host(answerer).and_then(|host| host.role(to));
                            self.meet(flow, on, &opener, answerer, None);
                        }
                    }
                }
            }
        }
    }

    /// `on` is the answerer's role on its host; `turned`, why the flow is
    /// reversed, if it is.
    fn meet(
        &mut self,
        flow: &'static Flow,
        on: Option<&HostRole>,
        opener: &Party,
        answerer: &Party,
        turned: Option<&Range<usize>>,
    ) {
        let Some(condition) = holds(&flow.when, self.estate, on) else { return };
        let (opener_end, answerer_end) = match self.parties.meeting(flow, opener, answerer) {
            Meeting::Ends(opener, answerer) => (opener, answerer),
            Meeting::Never => return,
            Meeting::Apart(why) => return self.apart.push(lint::unreachable(flow, answerer, &why)),
        };
        for place in port::places(self.estate, on, flow.service) {
            let mut because: Vec<Cause> =
                flow.sources(self.estate.edition.value).map(Cause::Row).collect();
            because.extend(flow.fixes.map(Cause::Fix));
            because.extend(condition.iter().cloned());
            because.push(Cause::Setting(opener.at.clone()));
            because.extend(self.parties.groups(flow, opener).map(Cause::Setting));
            because.push(Cause::Setting(answerer.at.clone()));
            because.extend(turned.cloned().map(Cause::Setting));
            because.extend(place.cause);
            let mut once: Vec<Cause> = Vec::with_capacity(because.len());
            for cause in because {
                if !once.contains(&cause) {
                    once.push(cause);
                }
            }
            self.flows.push(Planned {
                flow,
                opener: opener_end,
                answerer: answerer_end,
                reversed: turned.is_some(),
                ports: place.ports,
                rank: place.rank,
                because: once.into(),
            });
        }
    }
}
