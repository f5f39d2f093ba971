//! What changed from one edition, or one reading, to another.

use std::collections::{BTreeMap, BTreeSet};

use crate::edition::Edition;
use crate::flow::{Flow, Reading};
use crate::lists::LISTS;
use crate::notes::NOTES;
use crate::role::Role;
use crate::settings::COMMUNICATIONS;
use crate::table;

/// An edition in one of its readings.
pub type Read = (Edition, Reading);

/// Who, to whom.
pub type Connection = (&'static Role, &'static Role);

/// What is different.
#[derive(Debug, Default)]
pub struct Difference {
    /// Connections that only the new one has, with their rows.
    pub added: BTreeMap<Connection, Vec<&'static Flow>>,
    /// Connections that only the old one has, with their rows.
    pub removed: BTreeMap<Connection, Vec<&'static Flow>>,
    /// Connections that both have, with other rows.
    pub changed: BTreeMap<Connection, Change>,
    /// Beside the tables: lines of lists, facts of notes, communications.
    pub beside: Vec<Beside>,
}

/// How one connection is different.
#[derive(Debug, Default)]
pub struct Change {
    pub added: Vec<&'static Flow>,
    pub removed: Vec<&'static Flow>,
    /// Rows whose port is the same and whose note is not: the old, the new.
    pub moved_notes: Vec<(&'static Flow, &'static Flow)>,
    /// Rows that the other side may now start, or no longer.
    pub turned: Vec<(&'static Flow, &'static Flow)>,
}

/// Something that stands in a list or a note of one and not of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    pub place: String,
    pub text: &'static str,
    /// Whether the new one has it.
    pub added: bool,
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && self.beside.is_empty()
    }
}

/// A row without its note: what stays the same when only the note moves.
fn port(flow: &Flow, edition: Edition) -> [String; 4] {
    let [from, to, _, protocol, port, _] = table::line(flow, edition);
    [from, to, protocol, port]
}

/// From the one to the other.
pub fn diff(old: Read, new: Read) -> Difference {
    let rows = |(edition, reading): Read| {
        let mut rows: BTreeMap<Connection, Vec<&'static Flow>> = BTreeMap::new();
        for flow in table::connections(edition, reading, true) {
            rows.entry((flow.from, flow.to)).or_default().push(flow);
        }
        rows
    };
    let (before, mut after) = (rows(old), rows(new));
    let mut found = Difference { beside: beside(old, new), ..Difference::default() };
    for (connection, had) in before {
        match after.remove(&connection) {
            None => {
                found.removed.insert(connection, had);
            }
            Some(has) => {
                let change = change(&had, old.0, &has, new.0);
                if let Some(change) = change {
                    found.changed.insert(connection, change);
                }
            }
        }
    }
    found.added = after;
    found
}

fn change(
    had: &[&'static Flow],
    old: Edition,
    has: &[&'static Flow],
    new: Edition,
) -> Option<Change> {
    let mut change = Change::default();
    for was in had {
        match has.iter().find(|is| port(is, new) == port(was, old)) {
            None => change.removed.push(was),
            Some(is) => {
                let ([_, _, one, .., from], [_, _, other, .., to]) =
                    (table::line(was, old), table::line(is, new));
                if from != to {
                    change.moved_notes.push((was, is));
                }
                if one != other {
                    change.turned.push((was, is));
                }
            }
        }
    }
    change.added = has
        .iter()
        .filter(|is| !had.iter().any(|was| port(was, old) == port(is, new)))
        .copied()
        .collect();
    let same = change.added.is_empty()
        && change.removed.is_empty()
        && change.moved_notes.is_empty()
        && change.turned.is_empty();
    (!same).then_some(change)
}

/// What stands beside the tables.
fn beside(old: Read, new: Read) -> Vec<Beside> {
    let all = |(edition, reading): Read| -> BTreeSet<(String, &'static str)> {
        let lists = LISTS.iter().flat_map(move |list| {
            list.entries(edition, reading).map(|entry| (format!("list {}", list.slug), entry.what))
        });
        let notes = NOTES.iter().flat_map(move |note| {
            note.facts(edition).map(|fact| (format!("note {}", note.number), fact.text))
        });
        let communications = COMMUNICATIONS
            .iter()
            .filter(move |one| one.editions.contains(edition))
            .map(|one| ("settings".to_owned(), one.sentence));
        lists.chain(notes).chain(communications).collect()
    };
    let (before, after) = (all(old), all(new));
    let gone = before.difference(&after).map(|(place, text)| (place, text, false));
    let come = after.difference(&before).map(|(place, text)| (place, text, true));
    let mut found: Vec<Beside> = gone
        .chain(come)
        .map(|(place, text, added)| Beside { place: place.clone(), text, added })
        .collect();
    found.sort_by(|one, other| (&one.place, one.text).cmp(&(&other.place, other.text)));
    found
}
