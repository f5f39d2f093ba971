//! Pairs that share a line.
//!
//! Two pairs share one only where nothing untrue can be read from it: every
//! opener of the line meets every answerer of it, and all say the same.

use std::collections::BTreeMap;

use super::picture::{Pair, Speech};

/// One line: everybody in `openers` with everybody in `answerers`.
#[derive(Debug, Clone)]
pub(super) struct Bus {
    /// Cards, sorted; none is in both lists.
    pub(super) openers: Vec<usize>,
    pub(super) answerers: Vec<usize>,
    pub(super) speech: Speech,
}

/// Every pair is in exactly one.
pub(super) fn buses(pairs: &[Pair]) -> Vec<Bus> {
    let mut openers_of: BTreeMap<(&Speech, usize), Vec<usize>> = BTreeMap::new();
    for pair in pairs {
        openers_of.entry((&pair.speech, pair.answerer)).or_default().push(pair.opener);
    }
    let mut answerers_of: BTreeMap<(&Speech, Vec<usize>), Vec<usize>> = BTreeMap::new();
    for ((speech, answerer), mut openers) in openers_of {
        openers.sort_unstable();
        answerers_of.entry((speech, openers)).or_default().push(answerer);
    }
    answerers_of
        .into_iter()
        .map(|((speech, openers), answerers)| Bus { openers, answerers, speech: speech.clone() })
        .collect()
}
