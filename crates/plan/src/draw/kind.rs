//! What a line is about: it decides the colour, and what the legend says.

use catalog::role::{CLIENT, NEIGHBOUR, ROUTER};
use catalog::{Protocol, RunBy};

use crate::planned::Planned;

/// In the order in which a line that is several of them is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Client,
    Internal,
    Administration,
    Foreign,
    Upkeep,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Client, Self::Internal, Self::Administration, Self::Foreign, Self::Upkeep];

    pub(super) fn of(planned: &Planned) -> Self {
        let ends = [planned.opening(), planned.answering()];
        let network = matches!(
            planned.flow.service.protocol,
            Protocol::Icmp | Protocol::Icmpv6 | Protocol::Igmp | Protocol::Arp
        );
        if network || ends.iter().any(|role| [&NEIGHBOUR, &ROUTER].contains(role)) {
            Self::Upkeep
        } else if ends.iter().any(|role| role.run_by == RunBy::Person) {
            Self::Administration
        } else if ends.iter().any(|role| role.run_by == RunBy::Others) {
            Self::Foreign
        } else if ends.contains(&&CLIENT) {
            Self::Client
        } else {
            Self::Internal
        }
    }

    /// In the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Internal => "internal",
            Self::Administration => "admin",
            Self::Foreign => "foreign",
            Self::Upkeep => "upkeep",
        }
    }

    /// In the legend.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Client => "clients",
            Self::Internal => "within the site",
            Self::Administration => "administration",
            Self::Foreign => "services of others",
            Self::Upkeep => "the network's own",
        }
    }
}
