//! Estate → plan: the one function.
//!
//! For every row of the catalog whose condition holds: everybody who plays its
//! opener, to everybody who plays its answerer and is meant by it, on every port the
//! answerer has for it. [`party`] says who plays a role, [`scope`] whom a row means,
//! [`meeting`] whether packets get there, [`mod@when`] whether the condition holds,
//! [`port`] where a service is found, [`lint`] what is worth saying about the result.

mod collision;
mod lint;
mod meeting;
mod pair;
mod party;
mod places;
pub(crate) mod port;
mod row;
mod scope;
pub(crate) mod sites;
mod spoken;
mod when;

use std::collections::BTreeMap;

use catalog::role::SITE_SERVER;
use catalog::{Edition, Flow, Reading, Role, When, Where};

use crate::boundary::Boundaries;
use crate::estate::Estate;
use crate::mirror;
use crate::mistake::{Finding, Mistake};
use crate::planned::{Plan, Planned};

use pair::Pairs;
use party::{Parties, Players};
use row::{Alike, alike};
use scope::Near;

/// The plan of an estate, or why there can be none: of what is true.
pub fn plan(estate: &Estate) -> Result<(Plan, Vec<Finding>), Vec<Mistake>> {
    plan_as(estate, Reading::Corrected)
}

/// The plan of an estate by a reading of its edition, or why there can be none.
pub fn plan_as(estate: &Estate, reading: Reading) -> Result<(Plan, Vec<Finding>), Vec<Mistake>> {
    let parties = Parties::of(estate);
    let collisions = collision::collisions(estate, &parties, reading);
    if !collisions.is_empty() {
        return Err(collisions);
    }
    let Derived { flows, rows, apart } = derive(estate, &parties, reading);
    let top = estate.top();
    let plan = Plan {
        edition: estate.edition.value,
        site_code: top.map(|site| site.code.value.clone()).unwrap_or_default(),
        name: top.map(|site| site.name.clone()).unwrap_or_default(),
        settings: estate.settings,
        sites: parties.planned_sites(),
        hosts: parties.planned_hosts(),
        networks: parties.planned_networks(),
        clusters: parties.planned_clusters(),
        clouds: parties.planned_clouds(),
        flows,
        mirrors: mirror::mirrors(estate),
        boundaries: Boundaries::of(estate),
    };
    let findings = lint::findings(estate, &plan, reading, &rows, apart);
    Ok((plan, findings))
}

/// What the catalog has in force in an edition, by a reading of it.
pub(crate) fn rows(edition: Edition, reading: Reading) -> impl Iterator<Item = &'static Flow> {
    let rows = catalog::flows::rows(edition, reading);
    rows.filter(move |flow| flow.editions.contains(edition))
}

/// What comes of all rows.
#[derive(Default)]
struct Derived {
    /// Sorted, each once.
    flows: Vec<Planned>,
    /// Those that any flow comes of.
    rows: Vec<&'static Flow>,
    /// Who should meet and cannot.
    apart: Vec<Finding>,
}

fn derive(estate: &Estate, parties: &Parties<'_>, reading: Reading) -> Derived {
    let edition = estate.edition.value;
    let mut rows: Vec<_> =
        rows(edition, reading).filter(|flow| !never(&flow.when, estate)).collect();
    rows.sort();
    let mut derived = Derived::default();
    let mut cast = Cast::new(estate, parties);
    let mut pairs = Pairs::new(estate, parties);
    for rows in rows.chunk_by(|one, other| alike(one, other)) {
        let Some(mut alike) = Alike::of(rows, edition) else { continue };
        for (from, to, reversed) in alike.ways() {
            cast.find(alike.first, from, to);
            cast.meet(&mut pairs, &mut alike, (from, to), reversed);
        }
        for mut row in alike.rows.into_iter().filter(|row| !row.flows.is_empty()) {
            derived.flows.append(&mut row.flows);
            derived.rows.push(row.flow);
        }
    }
    derived.apart = pairs.apart;
    let of_one_row = |one: &Planned, other: &Planned| {
        std::ptr::eq(one.flow, other.flow) || one.flow == other.flow
    };
    for flows in derived.flows.chunk_by_mut(of_one_row) {
        flows.sort_by_key(Planned::key_in_row);
    }
    derived
        .flows
        .dedup_by(|one, other| one.key_in_row() == other.key_in_row() && of_one_row(one, other));
    derived.flows.shrink_to_fit();
    derived
}

/// Who plays which role, and who of them is near to whom, as far as it was asked.
struct Cast<'p, 'a> {
    estate: &'a Estate,
    parties: &'p Parties<'a>,
    players: BTreeMap<&'static Role, Players<'a>>,
    near: BTreeMap<&'static Role, Near>,
}

impl<'p, 'a> Cast<'p, 'a> {
    fn new(estate: &'a Estate, parties: &'p Parties<'a>) -> Self {
        Self { estate, parties, players: BTreeMap::new(), near: BTreeMap::new() }
    }

    fn find(&mut self, flow: &Flow, from: &'static Role, to: &'static Role) {
        for role in [from, to] {
            self.players.entry(role).or_insert_with(|| self.parties.playing(role));
        }
        if let Some(players) = self.players.get(to)
            && flow.scope == Where::BoundaryGroup
        {
            let near = || Near::of(self.estate, self.parties, to, players);
            self.near.entry(to).or_insert_with(near);
        }
    }

    /// Everybody who plays one role, with everybody who plays the other and is meant.
    fn meet(
        &self,
        pairs: &mut Pairs<'p, 'a>,
        alike: &mut Alike,
        (from, to): (&'static Role, &'static Role),
        reversed: bool,
    ) {
        let (Some(openers), Some(answerers)) = (self.players.get(from), self.players.get(to))
        else {
            return;
        };
        alike.forget_places(answerers.all.len());
        let near = self.near.get(to).filter(|_| alike.first.scope == Where::BoundaryGroup);
        let mut meant = Vec::new();
        for opener in &openers.all {
            scope::meant(alike.first, self.parties, opener, answerers, near, &mut meant);
            for n in meant.drain(..) {
                if let Some(answerer) = answerers.all.get(n) {
                    pairs.meet(alike, (opener, answerer), n, *from == SITE_SERVER, reversed);
                }
            }
        }
    }
}

/// Whether a condition holds for nobody in the estate, so that nobody need be asked.
fn never(when: &When, estate: &Estate) -> bool {
    match when {
        When::Feature(feature) => !estate.features.contains_key(feature),
        When::Installing => estate.sites.iter().all(|site| site.installing.is_none()),
        When::All(all) => all.iter().any(|when| never(when, estate)),
        _ => false,
    }
}
