//! What changes in the rules of a place from one plan to another.

use std::collections::BTreeSet;

use super::words;
use crate::read::packets::{Packets, State, joined, without};
use crate::rule::{Direction, Place, Rule, RuleSet};

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    Opened,
    /// The same connections have another hole.
    Moved,
    Closed,
}

impl Changed {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Moved => "changed",
            Self::Closed => "closed",
        }
    }
}

/// One difference.
#[derive(Debug, Clone)]
pub struct Change {
    pub changed: Changed,
    pub place: Place,
    pub direction: Direction,
    /// The rules that only the old plan has, and only the new one.
    pub old: Vec<String>,
    pub new: Vec<String>,
    /// Sorted, each once.
    pub connections: Vec<String>,
    /// What passed and no longer does.
    pub closed: Vec<Packets>,
    /// What passes now and did not.
    pub opened: Vec<Packets>,
}

impl Change {
    /// `tcp 443 from 10.12.0.0/16 to 10.0.1.11`; empty where nothing closes.
    pub fn closed_text(&self) -> String {
        words::packets(&self.closed)
    }

    /// The same of what opens.
    pub fn opened_text(&self) -> String {
        words::packets(&self.opened)
    }
}

/// What differs between the rules of one place by two plans; one of them may not know
/// the place. What is only written otherwise, and passes as before, is no difference.
pub fn plans(old: Option<&RuleSet<'_>>, new: Option<&RuleSet<'_>>) -> Vec<Change> {
    let Some(place) = old.or(new).map(|set| set.place.clone()) else { return Vec::new() };
    let closed = only(old, new);
    let opened = only(new, old);
    let mut changes: Vec<Change> = Vec::new();
    for (changed, ones) in [(Changed::Opened, opened), (Changed::Closed, closed)] {
        for (rule, connections, packets) in ones {
            let same = |one: &&mut Change| {
                one.direction == rule.direction && one.connections == connections
            };
            let change = match changes.iter_mut().find(same) {
                Some(change) => change,
                None => {
                    changes.push(Change {
                        changed,
                        place: place.clone(),
                        direction: rule.direction,
                        old: Vec::new(),
                        new: Vec::new(),
                        connections,
                        closed: Vec::new(),
                        opened: Vec::new(),
                    });
                    let Some(last) = changes.last_mut() else { continue };
                    last
                }
            };
            if change.changed != changed {
                change.changed = Changed::Moved;
            }
            let (ids, all) = match changed {
                Changed::Closed => (&mut change.old, &mut change.closed),
                _ => (&mut change.new, &mut change.opened),
            };
            ids.push(rule.id.clone());
            all.extend(packets);
            *all = joined(std::mem::take(all));
        }
    }
    changes.sort_by(|one, other| {
        (one.changed, one.direction, &one.connections).cmp(&(
            other.changed,
            other.direction,
            &other.connections,
        ))
    });
    changes
}

type Only<'r> = (&'r Rule, Vec<String>, Vec<Packets>);

/// What the one lets pass and the other does not, by the rules that do.
fn only<'r>(one: Option<&'r RuleSet<'_>>, other: Option<&RuleSet<'_>>) -> Vec<Only<'r>> {
    let Some(one) = one else { return Vec::new() };
    let theirs = other.map(|set| set.rules.as_slice()).unwrap_or_default();
    let known: BTreeSet<&str> = theirs.iter().map(|rule| rule.id.as_str()).collect();
    let fresh = one.rules.iter().filter(|rule| !known.contains(rule.id.as_str()) && !rule.within);
    let left = fresh.filter_map(|rule| {
        let beside = theirs.iter().filter(|other| other.direction == rule.direction);
        let beside: Vec<Packets> =
            beside.map(|other| Packets::of_rule(other, State::New)).collect();
        let packets = without(vec![Packets::of_rule(rule, State::New)], &beside);
        (!packets.is_empty()).then(|| (rule, one.connections(rule), packets))
    });
    left.collect()
}
