//! A plan as other programs read it: one line for each flow, between parties
//! that are called what the site file calls them.
//!
//! Two texts of a plan can be compared line by line, whatever made them, so
//! there is one order, of bytes, and one way to write a party. [`Only`] picks
//! flows by party.

use std::collections::BTreeSet;
use std::fmt;

use catalog::Protocol;

use crate::planned::{End, Plan, Planned};

/// The columns of a [`Row`], by their names.
pub const COLUMNS: [&str; 5] = ["opener", "answerer", "protocol", "port", "connection"];

/// A planned flow, in words. The order of rows is that of their lines' bytes: a
/// tab comes before everything that a cell can hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// As [`Plan::party`].
    pub opener: String,
    pub answerer: String,
    /// As [`Protocol::slug`].
    pub protocol: &'static str,
    /// As [`Planned::ports_text`].
    pub port: String,
    /// `client>management-point/https`.
    pub connection: String,
}

/// Which flows are meant. Without any condition, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Flows that this host opens or answers.
    pub host: Option<String>,
    /// Flows of the machines in this network.
    pub clients: Option<String>,
    /// Flows between these two parties, whichever opens.
    pub between: Option<[String; 2]>,
}

/// No party of the plan is called that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownParty {
    /// `host`, `network` or `party`.
    pub what: &'static str,
    pub name: String,
    /// What is called nearly that.
    pub nearest: Option<String>,
    /// Everything that could have been meant; sorted.
    pub known: Vec<String>,
}

impl fmt::Display for UnknownParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the site file names no {} `{}`", self.what, self.name)
    }
}

impl std::error::Error for UnknownParty {}

impl Row {
    pub fn cells(&self) -> [&str; 5] {
        [&self.opener, &self.answerer, self.protocol, &self.port, &self.connection]
    }
}

impl Plan {
    /// What the site file calls a party: `keel`, `branch-7`; and `keel@loopback`
    /// for a host that speaks to itself.
    pub fn party(&self, end: End) -> String {
        let name = self.key_of(end);
        match end {
            End::Loopback(_) => format!("{name}@loopback"),
            _ => name.to_owned(),
        }
    }

    /// The flows that `only` means, in the plan's order.
    pub fn select(&self, only: &Only) -> Result<Vec<&Planned>, UnknownParty> {
        let places = self.select_places(only)?;
        Ok(places.into_iter().filter_map(|n| self.flows().get(n as usize)).collect())
    }

    /// The same, by their places in [`Plan::flows`].
    pub fn select_places(&self, only: &Only) -> Result<Vec<u32>, UnknownParty> {
        let hosts = || self.hosts().iter().map(|host| host.name.clone());
        let networks = || self.networks().iter().map(|network| network.name.clone());
        if let Some(host) = &only.host {
            known("host", host, hosts().collect())?;
        }
        if let Some(network) = &only.clients {
            known("network", network, networks().collect())?;
        }
        for party in only.between.iter().flatten() {
            let ends = self.flows().iter().flat_map(|flow| [flow.opener, flow.answerer]);
            let mut ends: Vec<End> = ends.collect();
            ends.sort_unstable();
            ends.dedup();
            let parties = ends.into_iter().map(|end| self.key_of(end).to_owned());
            known("host or network", party, hosts().chain(networks()).chain(parties).collect())?;
        }
        let flows = (0u32..).zip(self.flows());
        Ok(flows.filter(|(_, planned)| self.is_meant(planned, only)).map(|(n, _)| n).collect())
    }

    fn is_meant(&self, planned: &Planned, only: &Only) -> bool {
        let ends = [planned.opener, planned.answerer];
        let named = |end: &End, name: &String| self.key_of(*end) == *name;
        let is_network = |end: &&End| matches!(end, End::Network(_));
        let of_host = |name| ends.iter().any(|end| !is_network(&end) && named(end, name));
        let of_network = |name| ends.iter().filter(is_network).any(|end| named(end, name));
        let [opener, answerer] = &ends;
        only.host.as_ref().is_none_or(of_host)
            && only.clients.as_ref().is_none_or(of_network)
            && only.between.as_ref().is_none_or(|[one, other]| {
                (named(opener, one) && named(answerer, other))
                    || (named(opener, other) && named(answerer, one))
            })
    }

    /// A party's key in the site file.
    fn key_of(&self, end: End) -> &str {
        let name = match end {
            End::Address(_) | End::Loopback(_) => self.host_of(end).map(|one| &one.name),
            End::Network(n) => self.networks.get(n as usize).map(|one| &one.name),
            End::Group(n) => self.clusters.get(n as usize).map(|one| &one.name),
            End::Cloud(n) => self.clouds.get(n as usize).map(|one| &one.name),
        };
        name.map(String::as_str).unwrap_or_default()
    }

    pub fn row(&self, planned: &Planned) -> Row {
        let protocol: Protocol = planned.flow.service.protocol;
        Row {
            opener: self.party(planned.opener),
            answerer: self.party(planned.answerer),
            protocol: protocol.slug(),
            port: planned.ports_text(),
            connection: planned.flow.id(),
        }
    }

    /// These flows as rows: sorted, and each once.
    pub fn rows<'a>(&self, flows: impl IntoIterator<Item = &'a Planned>) -> Vec<Row> {
        let mut rows: Vec<Row> = flows.into_iter().map(|planned| self.row(planned)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

fn known(what: &'static str, name: &str, known: BTreeSet<String>) -> Result<(), UnknownParty> {
    if known.contains(name) {
        return Ok(());
    }
    let nearest = catalog::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(UnknownParty { what, name: name.to_owned(), nearest, known: known.into_iter().collect() })
}

/// For spreadsheets and comparisons: a line with the columns, and one for each
/// row, each ended.
pub fn tsv<const N: usize>(columns: [&str; N], rows: &[[&str; N]]) -> String {
    let mut text = columns.join("\t");
    text.push('\n');
    for row in rows {
        text.push_str(&row.join("\t"));
        text.push('\n');
    }
    text
}

/// For wikis and merge requests.
pub fn markdown<const N: usize>(columns: [&str; N], rows: &[[&str; N]]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&columns.map(str::to_owned));
    text.push_str(&format!("|{}\n", "---|".repeat(N)));
    for row in rows {
        text.push_str(&line(&row.map(|cell| cell.replace('|', "\\|"))));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tests::{HARBOUR, KEEL, VOYAGE, plan};

    #[test]
    fn lines_are_sorted_by_their_bytes_and_each_stands_once() {
        for text in [KEEL, HARBOUR, VOYAGE] {
            let (plan, _) = plan(text);
            let rows = plan.rows(plan.flows());
            let cells: Vec<_> = rows.iter().map(Row::cells).collect();
            let shown = tsv(COLUMNS, &cells);
            let (header, body) = shown.split_once('\n').unwrap();
            assert_eq!(header, "opener\tanswerer\tprotocol\tport\tconnection");
            let lines: Vec<&str> = body.lines().collect();
            let sorted: BTreeSet<&str> = lines.iter().copied().collect();
            assert_eq!(lines, sorted.into_iter().collect::<Vec<_>>());
            assert!(lines.iter().all(|line| line.split('\t').count() == COLUMNS.len()));
        }
    }

    #[test]
    fn a_host_that_speaks_to_itself_is_loopback_and_a_network_has_its_own_name() {
        let (plan, _) = plan(VOYAGE);
        let rows = plan.rows(plan.flows());
        assert!(rows.iter().any(|row| row.opener == "head@loopback" && row.answerer == row.opener));
        assert!(rows.iter().any(|row| row.opener == "branch" && row.answerer == "head"));
    }

    #[test]
    fn picked_flows_are_those_of_the_parties() {
        let (plan, _) = plan(VOYAGE);
        let names = |only: Only| -> BTreeSet<[String; 2]> {
            let flows = plan.select(&only).unwrap();
            plan.rows(flows).into_iter().map(|row| [row.opener, row.answerer]).collect()
        };
        let host = |name: &str| Only { host: Some(name.to_owned()), ..Only::default() };
        let of_dp7 = names(host("dp7"));
        assert!(
            !of_dp7.is_empty()
                && of_dp7.iter().all(|row| row.iter().any(|party| party.starts_with("dp7")))
        );
        let clients = Only { clients: Some("branch".to_owned()), ..Only::default() };
        assert!(names(clients).iter().all(|row| row.contains(&"branch".to_owned())));
        let pair = |one: &str, other: &str| Only {
            between: Some([one.to_owned(), other.to_owned()]),
            ..Only::default()
        };
        assert_eq!(names(pair("dp7", "head")), names(pair("head", "dp7")));
        assert_eq!(names(pair("head", "head")).len(), 1);
        assert_eq!(names(Only::default()).len(), names_of_all(&plan).len());
        let wrong = plan.select(&host("dp9")).unwrap_err();
        assert_eq!(wrong.nearest.as_deref(), Some("dp7"));
        assert_eq!(wrong.to_string(), "the site file names no host `dp9`");
        // A network is no host, and a host is no network.
        assert!(plan.select(&host("branch")).is_err());
    }

    fn names_of_all(plan: &Plan) -> BTreeSet<[String; 2]> {
        plan.rows(plan.flows()).into_iter().map(|row| [row.opener, row.answerer]).collect()
    }

    #[test]
    fn markdown_is_a_table() {
        let shown = markdown(["a", "b"], &[["x", "y|z"]]);
        assert_eq!(shown, "| a | b |\n|---|---|\n| x | y\\|z |\n");
    }
}
