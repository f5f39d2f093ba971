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
mod party;
mod places;
pub(crate) mod port;
mod scope;
pub(crate) mod sites;
mod when;

use std::collections::BTreeMap;
use std::ops::Range;

use catalog::role::SITE_SERVER;
use catalog::service::{WSUS_HTTP, WSUS_HTTPS};
use catalog::{Edition, Flow, Opens, Reading, Role, When, Where};

use crate::boundary::Boundaries;
use crate::estate::{Estate, Host, HostRole};
use crate::mirror;
use crate::mistake::{Finding, Mistake};
use crate::planned::{Cause, Plan, Planned};

use meeting::Meeting;
use party::{Parties, Party, Players, Who};
use port::Answers;
use scope::Near;
use when::{Between, holds, runs_wsus};

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
    let mut derivation = Derivation {
        estate,
        parties: &parties,
        players: BTreeMap::new(),
        near: BTreeMap::new(),
        flows: Vec::new(),
        apart: Vec::new(),
    };
    for flow in rows(estate.edition.value, reading) {
        derivation.add(flow);
    }
    let Derivation { mut flows, apart, .. } = derivation;
    flows.sort_by(|one, other| one.key().cmp(&other.key()));
    flows.dedup();
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
    let findings = lint::findings(estate, &plan, reading, apart);
    Ok((plan, findings))
}

/// What the catalog has in force in an edition, by a reading of it.
pub(crate) fn rows(edition: Edition, reading: Reading) -> impl Iterator<Item = &'static Flow> {
    let rows = catalog::flows::rows(edition, reading);
    rows.filter(move |flow| flow.editions.contains(edition))
}

struct Derivation<'a> {
    estate: &'a Estate,
    parties: &'a Parties<'a>,
    players: BTreeMap<&'static Role, Players<'a>>,
    near: BTreeMap<&'static Role, Near>,
    flows: Vec<Planned>,
    apart: Vec<Finding>,
}

impl<'a> Derivation<'a> {
    fn add(&mut self, flow: &'static Flow) {
        if never(&flow.when, self.estate) {
            return;
        }
        let (from, to) = (flow.from, flow.to);
        for role in [from, to] {
            if !self.players.contains_key(role) {
                self.players.insert(role, self.parties.playing(role));
            }
        }
        match flow.opens {
            Opens::From => self.open(flow, from, to, false),
            Opens::To => self.open(flow, to, from, true),
            // Two of the same role are each other's opener anyway.
            Opens::Either if from == to => self.open(flow, from, to, false),
            Opens::Either => {
                self.open(flow, from, to, false);
                self.open(flow, to, from, true);
            }
        }
    }

    fn open(
        &mut self,
        flow: &'static Flow,
        from: &'static Role,
        to: &'static Role,
        reversed: bool,
    ) {
        if flow.scope == Where::BoundaryGroup && !self.near.contains_key(to) {
            let players = self.players.entry(to).or_default();
            self.near.insert(to, Near::of(self.estate, self.parties, to, players));
        }
        let players = std::mem::take(&mut self.players);
        let near = self.near.get(to);
        let mut meetings = Vec::new();
        if let (Some(openers), Some(answerers)) = (players.get(from), players.get(to)) {
            for opener in &openers.all {
                for n in scope::meant(flow, self.parties, opener, answerers, near) {
                    meetings.extend(answerers.all.get(n).map(|answerer| (opener, answerer)));
                }
            }
        }
        for (opener, answerer) in meetings {
            let far = if *from == SITE_SERVER { answerer } else { opener };
            let turned = self.turned(flow, far);
            match turned {
                // The other direction says it.
                Some(_) if *from != SITE_SERVER && flow.opens == Opens::Either => {}
                Some((on, at)) if *from != SITE_SERVER => {
                    self.meet(flow, Some(on), (answerer, opener), !reversed, Some(at));
                }
                Some((_, at)) => {
                    self.meet(flow, answerer.on, (opener, answerer), reversed, Some(at));
                }
                None => self.meet(flow, answerer.on, (opener, answerer), reversed, None),
            }
        }
        self.players = players;
    }

    /// Where it was said that the site server opens the connections with `far`.
    fn turned(&self, flow: &Flow, far: &Party<'a>) -> Option<(&'a HostRole, &'a Range<usize>)> {
        let host = self.parties.host(far.who).filter(|_| flow.reversible);
        host.and_then(Host::reversed)
    }

    /// `on` is the answerer's role on its host; `turned`, why the site server opens,
    /// if that was said.
    fn meet(
        &mut self,
        flow: &'static Flow,
        on: Option<&'a HostRole>,
        (opener, answerer): (&Party<'a>, &Party<'a>),
        reversed: bool,
        turned: Option<&Range<usize>>,
    ) {
        let between = self.between(flow, (opener, answerer), on, reversed);
        // The ports of WSUS are those of whoever runs it, whichever side opens.
        let of_wsus = [&WSUS_HTTP, &WSUS_HTTPS].contains(&flow.service);
        let answers = self.answers(answerer, on);
        let answers = between.wsus.filter(|_| of_wsus).unwrap_or(answers);
        let Some(condition) = holds(&flow.when, between) else { return };
        let (opener_end, answerer_end, nat) = match self.parties.meeting(flow, opener, answerer) {
            Meeting::Ends(opener, answerer, nat) => (opener, answerer, nat),
            Meeting::Never => return,
            Meeting::Apart(why) => {
                return self.apart.push(lint::unreachable(flow, &answerer.at, &why));
            }
        };
        let seen = nat.and_then(|n| self.parties.seen_by(answerer.who, n));
        for place in port::places(&self.parties.sites, answers, flow.service) {
            // A port that is translated is one port.
            if place.rank > 0 && seen.is_some_and(|nat| !nat.ports.is_empty()) {
                continue;
            }
            let mut because: Vec<Cause> =
                flow.sources(self.estate.edition.value).map(Cause::Row).collect();
            because.extend(flow.fixes.map(Cause::Fix));
            because.extend(condition.iter().cloned());
            because.push(Cause::Setting(opener.at.clone()));
            because.extend(self.groups(flow, opener).map(Cause::Setting));
            because.push(Cause::Setting(answerer.at.clone()));
            because.extend(turned.cloned().map(Cause::Setting));
            because.extend(seen.map(|nat| Cause::Setting(nat.address.at.clone())));
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
                reversed,
                ports: place.ports,
                nat,
                rank: place.rank,
                because: once.into(),
            });
        }
    }

    /// What decides the ports of an answerer. Clients of a secondary site have their
    /// settings from the primary that they are assigned to.
    fn answers<'b>(&self, answerer: &'b Party<'a>, on: Option<&'b HostRole>) -> Answers<'b>
    where
        'a: 'b,
    {
        let sites = answerer.member.sites();
        let sites = match (answerer.who, sites) {
            (Who::Network(_) | Who::Own(_), [one, other]) => {
                let above = self.parties.sites.parent(*one) == Some(*other);
                if above { sites.get(1..) } else { sites.get(..1) }
            }
            _ => Some(sites),
        };
        let dynamic = self.parties.host(answerer.who).and_then(|host| host.dynamic.as_ref());
        Answers { on, sites: sites.unwrap_or_default(), dynamic }
    }

    fn between<'b>(
        &'b self,
        flow: &Flow,
        (opener, answerer): (&'b Party<'a>, &'b Party<'a>),
        on: Option<&'b HostRole>,
        reversed: bool,
    ) -> Between<'b>
    where
        'a: 'b,
    {
        let [from, to] = if reversed { [answerer, opener] } else { [opener, answerer] };
        let client = [opener, answerer]
            .into_iter()
            .find(|one| matches!(one.who, Who::Network(_) | Who::Own(_)));
        let server = if *flow.to == SITE_SERVER { to } else { from };
        let wsus = [(flow.to, to), (flow.from, from)];
        let wsus = wsus.into_iter().find(|(role, _)| runs_wsus(role)).map(|(_, party)| party);
        Between {
            estate: self.estate,
            sites: &self.parties.sites,
            on,
            clients: client.and_then(|one| self.parties.network(one.who)),
            of: server.member.sites(),
            wsus: wsus.map(|party| self.answers(party, party.on)),
        }
    }

    /// Where the file puts the opener into boundary groups, if they decide whom
    /// it meets on the flow.
    fn groups(&self, flow: &Flow, opener: &Party<'_>) -> impl Iterator<Item = Range<usize>> + 'a {
        let decides = matches!(flow.scope, Where::BoundaryGroup);
        let network = self.parties.network(opener.who).filter(|_| decides).into_iter();
        network.flat_map(|network| &network.groups).map(|group| group.at.clone())
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
