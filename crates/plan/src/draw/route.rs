//! Where the lines run.
//!
//! Between two columns lies a channel. A line has a trunk in each channel that it
//! needs, upright on a track of its own, and from there a level branch to each
//! of its cards. Where it has to pass the middle column, it does so through the
//! gap between two frames.

use std::collections::BTreeMap;

use super::bundle::Bus;

/// A line's way.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// Place of what it carries.
    pub(super) bus: usize,
    pub(super) branches: Vec<Branch>,
    /// Whether its two trunks are joined across the middle column.
    pub(super) crosses: bool,
}

/// From a trunk to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Branch {
    pub(super) channel: usize,
    pub(super) card: usize,
    /// Whether the card is an answerer of the bus.
    pub(super) answers: bool,
}

/// Every line's way, given each card's column.
pub(super) fn runs(buses: &[Bus], column_of: &[usize], columns: usize) -> Vec<Run> {
    let column = |card: usize| column_of.get(card).copied().unwrap_or_default();
    let mut runs = Vec::new();
    for (n, bus) in buses.iter().enumerate() {
        let has = |cards: &[usize], at| cards.iter().any(|card| column(*card) == at);
        let any = |at| has(&bus.openers, at) || has(&bus.answerers, at);
        let across = |one, other| has(&bus.openers, one) && has(&bus.answerers, other);
        if columns < 3 || !any(2) {
            runs.push(Run::of(n, bus, |_| Some(0)));
        } else if !any(0) {
            runs.push(Run::of(n, bus, |_| Some(1)));
        } else if across(0, 2) || across(2, 0) {
            let right = |card| Some(usize::from(column(card) == 2));
            runs.push(Run { crosses: true, ..Run::of(n, bus, right) });
        } else {
            // One side of it stands in the middle, all of it: two lines meet it there.
            let side = if has(&bus.openers, 0) { &bus.openers } else { &bus.answerers };
            let outer = |card: usize| side.contains(&card);
            runs.push(Run::of(n, bus, |card| (!outer(card) || column(card) < 2).then_some(0)));
            runs.push(Run::of(n, bus, |card| (!outer(card) || column(card) == 2).then_some(1)));
        }
    }
    runs
}

impl Run {
    fn of(n: usize, bus: &Bus, channel: impl Fn(usize) -> Option<usize>) -> Self {
        let openers = bus.openers.iter().map(|card| (*card, false));
        let branches = openers
            .chain(bus.answerers.iter().map(|card| (*card, true)))
            .filter_map(|(card, answers)| Some(Branch { channel: channel(card)?, card, answers }))
            .collect();
        Self { bus: n, branches, crosses: false }
    }
}

/// A trunk that wants a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Upright {
    /// Where its cards are: -1 to the left alone, 1 to the right alone.
    pub(super) leaning: i32,
    /// From `top` to `bottom`, in pixels.
    pub(super) top: i32,
    pub(super) bottom: i32,
    pub(super) run: usize,
}

/// The track of each run in a channel, counted from the left, and how many there
/// are. Trunks that would touch are on different tracks; short ones are near to
/// their cards.
pub(super) fn tracks(mut trunks: Vec<Upright>) -> (BTreeMap<usize, usize>, usize) {
    trunks.sort_by_key(|trunk| {
        let length = trunk.bottom - trunk.top;
        let from_its_side = if trunk.leaning > 0 { -length } else { length };
        (trunk.leaning, from_its_side, trunk.top, trunk.run)
    });
    let mut taken: Vec<Vec<(i32, i32)>> = Vec::new();
    let mut found = BTreeMap::new();
    for trunk in trunks {
        let free = |used: &Vec<(i32, i32)>| {
            used.iter()
                .all(|(top, bottom)| trunk.bottom + APART < *top || bottom + APART < trunk.top)
        };
        let place = if trunk.leaning > 0 {
            taken.iter().rposition(free)
        } else {
            taken.iter().position(free)
        };
        let place = place.unwrap_or(taken.len());
        if place == taken.len() {
            taken.push(Vec::new());
        }
        if let Some(used) = taken.get_mut(place) {
            used.push((trunk.top, trunk.bottom));
        }
        found.insert(trunk.run, place);
    }
    (found, taken.len())
}

/// Between two trunks on one track, in pixels.
const APART: i32 = 10;
