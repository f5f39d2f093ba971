//! The ladder: where a client looks for a service of its site, in which order,
//! and when.
//!
//! Two rungs for now: the place that worked last, then every place that the
//! service map names, default ports before alternate ones. When all have failed
//! the client waits ([`crate::backoff`]) and climbs again, for as long as it
//! takes. Further rungs (older maps, directory, neighbours) are further
//! sources of [`Way`]s, and change nothing else.
//!
//! A newer map moves clients: a place that worked last, but is not where the
//! newer map says the service is by default, is then tried after the map's. Were
//! it not, nobody would leave an old port while it is still open, and a port
//! change could never finish.

use std::net::IpAddr;

use catalog::flow::Flow;
use catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
use trust::map::VerifiedMap;
use trust::way::Way;

use crate::backoff::{Backoff, LONGEST};
use crate::random::Random;

/// Places of one map that are tried in one climb; a map with more of them
/// yields others on every client, since each shuffles them for itself.
const MAP_LIMIT: usize = 8;

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// It worked last, or is where an invitation leads.
    LastGood,
    /// The service map names it.
    Map,
}

/// A place to try now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Address, port, and the ground on which it may be dialled.
    pub way: Way,
    pub rung: Rung,
}

impl Candidate {
    pub const fn address(&self) -> IpAddr {
        self.way.address()
    }

    pub const fn port(&self) -> u16 {
        self.way.port()
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Try this, and tell the ladder how it went.
    Try(Candidate),
    /// Try nothing before this time, in Unix milliseconds; then ask again.
    Wait(i64),
}

/// The search for one service. Bounded memory, however long it lasts.
#[derive(Debug, Clone)]
pub struct Ladder {
    flow: &'static Flow,
    random: Random,
    backoff: Backoff,
    last_good: Option<Way>,
    /// The map came after the last good place, and says otherwise.
    map_first: bool,
    map_number: Option<u64>,
    defaults: Vec<Way>,
    alternates: Vec<Way>,
    /// How many candidates of this climb have failed.
    climbed: usize,
    not_before: i64,
}

impl Ladder {
    /// The way home: to the management point. `seed` is any number that
    /// differs from machine to machine.
    pub fn new(seed: u64) -> Self {
        Self::towards(&CLIENT_TO_MANAGEMENT_POINT_HTTPS, seed)
    }

    /// The way to any service that a service map names.
    pub fn towards(flow: &'static Flow, seed: u64) -> Self {
        Self {
            flow,
            random: Random::new(seed),
            backoff: Backoff::default(),
            last_good: None,
            map_first: false,
            map_number: None,
            defaults: Vec::new(),
            alternates: Vec::new(),
            climbed: 0,
            not_before: i64::MIN,
        }
    }

    /// Tells where it worked last, after a start: from the client's memory
    /// ([`VerifiedMap::remembered`]) or from an invitation. A way for another
    /// flow is ignored.
    pub fn set_last_good(&mut self, way: Way) {
        if way.flow() == self.flow {
            self.last_good = Some(way);
            self.map_first = false;
            self.climbed = 0;
        }
    }

    /// Tells the ladder about a map. The first one after a start is the one
    /// that the client had; one with another number is news, and what it names
    /// is tried at once.
    pub fn set_map(&mut self, map: &VerifiedMap) {
        let known = self.map_number.replace(map.number());
        if known == Some(map.number()) {
            return;
        }
        self.defaults = map.entries_for(self.flow).filter_map(|e| e.way(self.flow)).collect();
        self.alternates =
            map.entries_for(self.flow).filter_map(|e| e.alternate_way(self.flow)).collect();
        self.random.shuffle(&mut self.defaults);
        self.random.shuffle(&mut self.alternates);
        self.climbed = 0;
        if known.is_some() {
            let named = |good: &Way| self.defaults.iter().any(|way| way.same_place(good));
            self.map_first = self.last_good.as_ref().is_some_and(|good| !named(good));
            self.backoff.succeeded();
            self.not_before = i64::MIN;
        }
    }

    /// What to do now. Asking twice changes nothing.
    pub fn next(&mut self, now: i64) -> Step {
        // What is further away than any rest was said before the clock was set back.
        if now < self.not_before && self.not_before.saturating_sub(now) <= LONGEST {
            return Step::Wait(self.not_before);
        }
        match self.at(self.climbed) {
            Some(candidate) => Step::Try(candidate),
            // Nothing to try at all: somebody has to tell a map or an invitation.
            None => Step::Wait(self.rest(now)),
        }
    }

    /// A candidate did not answer, or was not who it should be.
    pub fn failed(&mut self, candidate: &Candidate, now: i64) {
        // News of an earlier climb, or of a place that is no longer in question.
        if !self.at(self.climbed).is_some_and(|now| now.way.same_place(&candidate.way)) {
            return;
        }
        self.climbed += 1;
        if self.at(self.climbed).is_none() {
            self.rest(now);
        }
    }

    /// A candidate answered, and was who it should be. It is tried first from
    /// now on.
    pub fn succeeded(&mut self, candidate: &Candidate, now: i64) {
        self.last_good = Some(candidate.way);
        self.map_first = false;
        self.backoff.succeeded();
        self.climbed = 0;
        self.not_before = now;
    }

    /// The place that worked last, to be remembered across a restart.
    pub const fn last_good(&self) -> Option<&Way> {
        self.last_good.as_ref()
    }

    /// Climbs that have failed in a row.
    pub const fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    fn at(&self, place: usize) -> Option<Candidate> {
        self.candidates().nth(place)
    }

    /// The whole ladder, in the order of this climb; no place twice.
    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let good = self.last_good.map(|way| Candidate { way, rung: Rung::LastGood });
        let (first, last) = if self.map_first { (None, good) } else { (good, None) };
        let map = self
            .defaults
            .iter()
            .chain(&self.alternates)
            .filter(move |way| !good.is_some_and(|good| way.same_place(&good.way)))
            .take(MAP_LIMIT)
            .map(|way| Candidate { way: *way, rung: Rung::Map });
        first.into_iter().chain(map).chain(last)
    }

    /// The end of a climb: when the next one starts.
    fn rest(&mut self, now: i64) -> i64 {
        let wait = self.backoff.failed(self.random.next_u64());
        self.climbed = 0;
        self.not_before = now.saturating_add(wait);
        self.not_before
    }
}

#[cfg(test)]
mod tests;
