//! Two who are meant to meet: the flows between them, and the causes of each.

use std::ops::Range;

use catalog::{Flow, Opens, Where};

use crate::estate::{Estate, Host, HostRole, Nat};
use crate::mistake::Finding;
use crate::planned::{Cause, Planned};

use super::lint;
use super::meeting::Meeting;
use super::party::{Parties, Party, Who};
use super::port::{self, Answers};
use super::row::{Alike, Ends, Row, Shared, Side, add};
use super::when::{Between, holds};

/// Everybody who meets anybody, one pair after the other.
pub(super) struct Pairs<'p, 'a> {
    estate: &'a Estate,
    parties: &'p Parties<'a>,
    shared: Shared,
    /// Those of the flow in hand.
    causes: Vec<Cause>,
    /// Who should meet and cannot.
    pub(super) apart: Vec<Finding>,
}

/// An opener and an answerer.
#[derive(Clone, Copy)]
struct Pair<'p, 'a> {
    opener: &'p Party<'a>,
    answerer: &'p Party<'a>,
    /// The answerer's role on its host.
    on: Option<&'a HostRole>,
    /// His place among those who answer the row; none where it was turned round.
    place: Option<usize>,
    reversed: bool,
    /// Why the site server opens, if that was said.
    turned: Option<&'a Range<usize>>,
}

impl<'p, 'a> Pairs<'p, 'a> {
    pub(super) fn new(estate: &'a Estate, parties: &'p Parties<'a>) -> Self {
        let (shared, causes, apart) = (Shared::default(), Vec::new(), Vec::new());
        Self { estate, parties, shared, causes, apart }
    }

    /// The flows of one pair, by all rows that are alike. `place` is the answerer's
    /// among all who answer; `from_site_server`, whether the opener is one.
    pub(super) fn meet(
        &mut self,
        alike: &mut Alike,
        (opener, answerer): (&Party<'a>, &Party<'a>),
        place: usize,
        from_site_server: bool,
        reversed: bool,
    ) {
        let far = if from_site_server { answerer } else { opener };
        let host = self.parties.host(far.who).filter(|_| alike.first.reversible);
        let on = answerer.on;
        let usual = Pair { opener, answerer, on, place: Some(place), reversed, turned: None };
        let pair = match host.and_then(Host::reversed) {
            None => usual,
            Some((_, at)) if from_site_server => Pair { turned: Some(at), ..usual },
            // The other direction says it.
            Some(_) if alike.first.opens == Opens::Either => return,
            Some((on, at)) => Pair {
                opener: answerer,
                answerer: opener,
                on: Some(on),
                place: None,
                reversed: !reversed,
                turned: Some(at),
            },
        };
        self.shared.next_pair();
        let between = self.between(alike.ends, pair);
        for row in &mut alike.rows {
            self.add(row, alike.ends, pair, between);
        }
    }

    fn add(&mut self, row: &mut Row, ends: Ends, pair: Pair<'_, 'a>, between: Between<'_>) {
        let Some(condition) = holds(&row.flow.when, between) else { return };
        let (opener, answerer, nat) =
            match self.parties.meeting(row.flow, ends.leases, pair.opener.who, pair.answerer.who) {
                Meeting::Ends(opener, answerer, nat) => (opener, answerer, nat),
                Meeting::Never => return,
                Meeting::Apart(why) => {
                    let finding = lint::unreachable(row.flow, &pair.answerer.at, &why);
                    return self.apart.push(finding);
                }
            };
        let seen = nat.and_then(|n| self.parties.seen_by(pair.answerer.who, n));
        let answers = between.wsus.filter(|_| row.of_wsus);
        let answers = answers.unwrap_or_else(|| self.answers(pair.answerer, pair.on));
        let mut asked = Vec::new();
        let known = pair.place.filter(|_| !row.of_wsus).and_then(|n| row.places.get_mut(n));
        let places = known.unwrap_or(&mut asked);
        if places.is_empty() {
            *places = port::places(&self.parties.sites, answers, row.flow.service);
        }
        self.causes.clear();
        self.causes.extend_from_slice(&row.because);
        for cause in condition {
            add(&mut self.causes, cause);
        }
        self.say(row.flow, pair, seen);
        let own = row.because.len();
        for place in places {
            // A port that is translated is one port.
            if place.rank > 0 && seen.is_some_and(|nat| !nat.ports.is_empty()) {
                continue;
            }
            let without = self.causes.len();
            if let Some(cause) = &place.cause {
                add(&mut self.causes, cause.clone());
            }
            row.flows.push(Planned {
                flow: row.flow,
                opener,
                answerer,
                reversed: pair.reversed,
                ports: place.ports,
                nat,
                rank: place.rank,
                because: self.shared.share(row.class, own, &self.causes),
            });
            self.causes.truncate(without);
        }
    }

    /// Adds to the causes what the file says of the pair.
    fn say(&mut self, flow: &Flow, pair: Pair<'_, '_>, seen: Option<&Nat>) {
        let mut say = |at: &Range<usize>| add(&mut self.causes, Cause::Setting(at.clone()));
        say(&pair.opener.at);
        if flow.scope == Where::BoundaryGroup {
            // They decide whom the opener meets.
            let network = self.parties.network(pair.opener.who);
            network.iter().flat_map(|network| &network.groups).for_each(|group| say(&group.at));
        }
        say(&pair.answerer.at);
        pair.turned.into_iter().for_each(&mut say);
        seen.into_iter().for_each(|nat| say(&nat.address.at));
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

    fn between<'b>(&self, ends: Ends, pair: Pair<'b, 'a>) -> Between<'b>
    where
        'p: 'b,
    {
        let Pair { opener, answerer, .. } = pair;
        let [from, to] = if pair.reversed { [answerer, opener] } else { [opener, answerer] };
        let client = [opener, answerer]
            .into_iter()
            .find(|one| matches!(one.who, Who::Network(_) | Who::Own(_)));
        let server = if ends.to_site_server { to } else { from };
        let wsus = ends.wsus.map(|side| if side == Side::To { to } else { from });
        let parties: &'p Parties<'a> = self.parties;
        Between {
            estate: self.estate,
            sites: &parties.sites,
            on: pair.on,
            clients: client.and_then(|one| parties.network(one.who)),
            of: server.member.sites(),
            wsus: wsus.map(|party| self.answers(party, party.on)),
        }
    }
}
