//! What a remark or a correction is about, so that whoever asks for one finds the
//! other.

use crate::edition::Edition;
use crate::firewall;
use crate::flow::Flow;
use crate::install;
use crate::lists::LISTS;
use crate::role::Role;
use crate::service::Service;

/// A subject.
#[derive(Debug, Clone, Copy)]
pub enum About {
    /// Everything from one role to another.
    Connection(&'static Role, &'static Role),
    /// Whatever the role takes part in.
    Role(&'static Role),
    /// Wherever the service is spoken.
    Service(&'static Service),
    /// One of the six notes of the port articles.
    Note(u8),
    /// One of the additional lists, by its slug.
    List(&'static str),
    /// A feature with exceptions in the clients' firewall, by its slug.
    Exceptions(&'static str),
    /// A way to install clients, by its slug.
    Method(&'static str),
    /// A port that no row has.
    Port(u16),
    /// How to change the ports that clients use.
    PortChange,
    /// The catalog as a whole.
    Everything,
}

impl About {
    /// Whether it concerns this very flow, and more than its every neighbour:
    /// connections and services do, roles do not.
    pub fn concerns(&self, flow: &Flow, edition: Edition) -> bool {
        match self {
            Self::Connection(from, to) => flow.from == *from && flow.to == *to,
            Self::Service(service) => flow.service == *service,
            Self::Note(5) => flow.reversible && edition != Edition::Portolan,
            Self::Note(note) => flow.notes.contains(note) && edition != Edition::Portolan,
            _ => false,
        }
    }

    /// As people call it: by the names of roles and services.
    pub fn name(&self) -> String {
        match self {
            Self::Connection(from, to) => format!("{} → {}", from.name, to.name),
            Self::Role(role) => role.name.to_owned(),
            Self::Service(service) => service.name.to_owned(),
            Self::Note(note) => format!("Note {note}"),
            Self::List(slug) => {
                let list = LISTS.iter().find(|list| list.slug == *slug);
                list.map_or(*slug, |list| list.name).to_owned()
            }
            Self::Exceptions(slug) => {
                firewall::find(slug).map_or(*slug, |feature| feature.name).to_owned()
            }
            Self::Method(slug) => install::find(slug).map_or(*slug, |one| one.name).to_owned(),
            Self::Port(port) => format!("Port {port}"),
            Self::PortChange => "A change of ports".to_owned(),
            Self::Everything => "Everywhere".to_owned(),
        }
    }

    /// As people ask for it.
    pub fn word(&self) -> String {
        match self {
            Self::Connection(from, to) => format!("{from}>{to}"),
            Self::Role(role) => role.to_string(),
            Self::Service(service) => service.to_string(),
            Self::Note(note) => format!("note-{note}"),
            Self::List(slug) | Self::Exceptions(slug) | Self::Method(slug) => (*slug).to_owned(),
            Self::Port(port) => port.to_string(),
            Self::PortChange => "port-change".to_owned(),
            Self::Everything => "everything".to_owned(),
        }
    }
}
