//! The articles' additional lists, and what stands there and in no table.
//!
//! They are not connections: some name no other side, some no transport, one no
//! port at all. An entry says what its text says, and invents nothing.

pub mod directory;
pub mod external;
pub mod internet_based_clients;
pub mod shares;
pub mod sql;
pub mod windows_server;

use crate::edition::{Edition, Editions};
use crate::flow::{Flow, Opens, Reading};
use crate::port::{Ports, Protocol};
use crate::role::Role;
use crate::service::Service;
use crate::source::Source;

/// One list.
#[derive(Debug)]
#[non_exhaustive]
pub struct List {
    /// `external-connections`.
    pub slug: &'static str,
    pub name: &'static str,
    pub sentence: &'static str,
    pub entries: &'static [Entry],
    pub source: &'static [Source],
}

/// One line of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Entry {
    pub what: &'static str,
    pub from: Option<&'static Role>,
    pub to: Option<&'static Role>,
    pub opens: Opens,
    pub ports: Stated,
    pub editions: Editions,
    /// The correction that this line carries out: the text lacks it.
    pub fixes: Option<&'static str>,
    pub source: &'static [Source],
}

/// What the text says of ports.
#[derive(Debug, Clone, Copy)]
pub enum Stated {
    /// Those of this service, with their transport.
    Service(&'static Service),
    /// Those of this service; the text names no transport.
    NoTransport(&'static Service),
    /// These, of no service in particular.
    Range(Protocol, u16, u16),
    /// Those of the connection from one side to the other.
    Connection,
    /// None: the text gives no port, and neither do we.
    Nothing,
}

pub static LISTS: &[&List] = &[
    &external::EXTERNAL_CONNECTIONS,
    &internet_based_clients::INTERNET_BASED_CLIENTS,
    &sql::SQL_SERVER_CONNECTIONS,
    &sql::LOAD_BALANCER,
    &directory::DISCOVERY_AND_PUBLISHING,
    &directory::MIGRATION,
    &windows_server::WINDOWS_SERVER_PORTS,
    &shares::CLIENT_SHARES,
];

impl List {
    /// The lines of an edition; those that a correction adds in the corrected
    /// reading only.
    pub fn entries(
        &self,
        edition: Edition,
        reading: Reading,
    ) -> impl Iterator<Item = &'static Entry> {
        self.entries.iter().filter(move |entry| {
            let added = entry.fixes.is_some() && reading == Reading::Documented;
            entry.editions.contains(edition) && !added
        })
    }
}

impl Entry {
    pub(crate) const fn new(what: &'static str, ports: Stated) -> Self {
        Self {
            what,
            from: None,
            to: None,
            opens: Opens::From,
            ports,
            editions: Editions::MICROSOFT,
            fixes: None,
            source: &[],
        }
    }

    /// The rows that it stands for, where it names a connection.
    pub fn flows(&self, edition: Edition, reading: Reading) -> Vec<&'static Flow> {
        match (self.ports, self.from, self.to) {
            (Stated::Connection, Some(from), Some(to)) => crate::rows(edition, reading)
                .filter(|flow| flow.from == from && flow.to == to)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Protocol and port as a table writes them.
    pub fn cells(&self) -> [String; 2] {
        match self.ports {
            Stated::Service(service) => [service.protocol.to_string(), service.ports.to_string()],
            Stated::NoTransport(service) => ["not stated".to_owned(), service.ports.to_string()],
            Stated::Range(protocol, first, last) => {
                [protocol.to_string(), Ports::Fixed(first, last).to_string()]
            }
            Stated::Connection => ["see".to_owned(), "connection".to_owned()],
            Stated::Nothing => ["not stated".to_owned(), "not stated".to_owned()],
        }
    }

    /// Whether the line names this port, or a range that holds it.
    pub fn has_port(&self, port: u16) -> bool {
        let ports = match self.ports {
            Stated::Service(service) | Stated::NoTransport(service) => service.ports.usual(),
            Stated::Range(_, first, last) => Some((first, last)),
            Stated::Connection | Stated::Nothing => None,
        };
        ports.is_some_and(|(first, last)| (first..=last).contains(&port))
    }

    pub fn service(&self) -> Option<&'static Service> {
        match self.ports {
            Stated::Service(service) | Stated::NoTransport(service) => Some(service),
            Stated::Range(..) | Stated::Connection | Stated::Nothing => None,
        }
    }
}

/// Every role that a list names.
#[cfg(test)]
pub(crate) fn roles() -> impl Iterator<Item = &'static Role> {
    LISTS.iter().flat_map(|list| list.entries).flat_map(|entry| [entry.from, entry.to]).flatten()
}

/// Every service that a list names.
#[cfg(test)]
pub(crate) fn services() -> impl Iterator<Item = &'static Service> {
    LISTS.iter().flat_map(|list| list.entries).filter_map(Entry::service)
}
