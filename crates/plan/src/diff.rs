//! What changes from one plan to another: of a file before and after an edit, of
//! two editions, of two readings.
//!
//! Parties are compared by their names, so that a host which merely moved to
//! another address opens and closes nothing: that it moved is said beside. What a
//! firewall must be told comes in a safe order: first what opens, then what moves,
//! last what closes.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Edition;
use toml_edit::{DocumentMut, value};

use crate::planned::{Plan, PlannedHost, PlannedNetwork};
use crate::show::Row;

/// What has changed. Each list is sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    pub opened: Vec<Row>,
    pub moved: Vec<Moved>,
    pub closed: Vec<Row>,
    pub elsewhere: Vec<Elsewhere>,
}

/// The same parties and connection at another port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    /// As it is now.
    pub row: Row,
    /// The port that it had.
    pub was: String,
}

/// A party that has other addresses than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elsewhere {
    pub party: String,
    /// Addresses or networks, with commas between them.
    pub was: String,
    pub is: String,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares two plans.
pub fn diff(old: &Plan, new: &Plan) -> Diff {
    let (before, after) = (by_connection(old), by_connection(new));
    let mut found = Diff { elsewhere: elsewhere(old, new), ..Diff::default() };
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let none = Ports::new();
        let (was, is) = (before.get(key).unwrap_or(&none), after.get(key).unwrap_or(&none));
        let mut gone = was.iter().filter(|(port, _)| !is.contains_key(*port)).collect::<Vec<_>>();
        let mut come = is.iter().filter(|(port, _)| !was.contains_key(*port)).collect::<Vec<_>>();
        // A default follows a default, and an alternate an alternate.
        gone.sort_by_key(|(port, rank)| (**rank, *port));
        come.sort_by_key(|(port, rank)| (**rank, *port));
        let both = gone.len().min(come.len());
        let pairs = gone.iter().zip(&come);
        found.moved.extend(
            pairs.map(|((was, _), (is, _))| Moved { row: key.at(is), was: was.to_string() }),
        );
        found.closed.extend(gone.iter().skip(both).map(|(port, _)| key.at(port)));
        found.opened.extend(come.iter().skip(both).map(|(port, _)| key.at(port)));
    }
    for rows in [&mut found.opened, &mut found.closed] {
        rows.sort();
    }
    found.moved.sort();
    found
}

/// All of a row but its port.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key(Row);

impl Key {
    fn at(&self, port: &str) -> Row {
        Row { port: port.to_owned(), ..self.0.clone() }
    }
}

/// Ports, and how early each is tried.
type Ports = BTreeMap<String, u8>;

fn by_connection(plan: &Plan) -> BTreeMap<Key, Ports> {
    let mut all: BTreeMap<Key, Ports> = BTreeMap::new();
    for planned in plan.flows() {
        let row = plan.row(planned);
        let port = row.port.clone();
        let ports = all.entry(Key(Row { port: String::new(), ..row })).or_default();
        let rank = ports.entry(port).or_insert(planned.rank);
        *rank = planned.rank.min(*rank);
    }
    all
}

fn elsewhere(old: &Plan, new: &Plan) -> Vec<Elsewhere> {
    let (before, after) = (addresses(old), addresses(new));
    let changed = before.into_iter().filter_map(|(party, was)| {
        let is = after.get(&party)?.clone();
        (is != was).then_some(Elsewhere { party: party.1.to_owned(), was, is })
    });
    let mut changed: Vec<_> = changed.collect();
    changed.sort();
    changed
}

/// Of hosts and networks, told apart: they may have the same name.
fn addresses(plan: &Plan) -> BTreeMap<(bool, &str), String> {
    let host = |host: &PlannedHost| host.address.to_string();
    let network = |network: &PlannedNetwork| {
        network.cidr.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let hosts = plan.hosts().iter().map(|one| ((false, one.name.as_str()), host(one)));
    let networks = plan.networks().iter().map(|one| ((true, one.name.as_str()), network(one)));
    hosts.chain(networks).collect()
}

/// The text of a site file with another edition in it, all else as it was; the text
/// itself where it is not TOML.
pub fn with_edition(text: &str, edition: Edition) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    document["edition"] = value(edition.slug());
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{HARBOUR, KEEL, VOYAGE, plan};

    fn between(old: &str, new: &str) -> Diff {
        diff(&plan(old).0, &plan(new).0)
    }

    #[test]
    fn a_plan_does_not_differ_from_itself() {
        for text in [KEEL, HARBOUR, VOYAGE] {
            assert!(between(text, text).is_empty());
            assert!(between(text, &format!("# a word\n{text}")).is_empty());
        }
    }

    #[test]
    fn there_and_back_are_each_other_turned_round() {
        let moved = HARBOUR.replace("18443", "28443"); // not a port: a changed text
        let host = format!(
            "{HARBOUR}\n[host.dp9]\naddress = \"10.7.0.9\"\nroles = [\"distribution-point\"]\n"
        );
        for changed in [moved, host] {
            let (there, back) = (between(HARBOUR, &changed), between(&changed, HARBOUR));
            assert!(!there.is_empty());
            assert_eq!(there.opened, back.closed);
            assert_eq!(there.closed, back.opened);
            let ports = |diff: &Diff| diff.moved.iter().map(|one| one.was.clone()).collect();
            let now = |diff: &Diff| diff.moved.iter().map(|one| one.row.port.clone()).collect();
            let (was, is): (BTreeSet<String>, BTreeSet<String>) = (ports(&there), now(&back));
            assert_eq!(was, is);
        }
    }

    #[test]
    fn a_port_that_changed_is_one_move_and_neither_opens_nor_closes() {
        let found = between(HARBOUR, &HARBOUR.replace("default = 18443", "default = 28443"));
        assert!(found.opened.is_empty() && found.closed.is_empty());
        let ways: BTreeSet<_> =
            found.moved.iter().map(|one| (one.was.as_str(), one.row.port.as_str())).collect();
        assert_eq!(ways.into_iter().collect::<Vec<_>>(), [("18443", "28443")]);
    }

    #[test]
    fn an_alternate_that_came_opens_and_the_default_stays() {
        let found = between(
            KEEL,
            &KEEL.replace("https = 18443", "https = { default = 18443, alternate = 19443 }"),
        );
        assert!(found.moved.is_empty() && found.closed.is_empty());
        assert!(!found.opened.is_empty() && found.opened.iter().all(|row| row.port == "19443"));
    }

    #[test]
    fn a_host_that_moved_opens_nothing_and_is_told() {
        let found = between(VOYAGE, &VOYAGE.replace("10.7.0.5", "10.7.0.6"));
        assert!(found.opened.is_empty() && found.moved.is_empty() && found.closed.is_empty());
        let elsewhere =
            Elsewhere { party: "dp7".into(), was: "10.7.0.5".into(), is: "10.7.0.6".into() };
        assert_eq!(found.elsewhere, [elsewhere]);
    }

    #[test]
    fn another_edition_changes_nothing_else() {
        assert_eq!(with_edition(KEEL, Edition::Portolan), KEEL);
        let other = with_edition(KEEL, Edition::V2006);
        assert_eq!(other, KEEL.replace("edition = \"portolan\"", "edition = \"2006\""));
        // Where none was said it comes before the first table.
        assert!(with_edition("[site.P01]\n", Edition::V2006).starts_with("edition = \"2006\"\n"));
        assert_eq!(with_edition("no TOML", Edition::V2006), "no TOML");
    }
}
