//! A hole: what one flow needs of one firewall, for one version of IP, before
//! holes that are the same are made one rule.

use catalog::Protocol;
use plan::End;

use crate::rule::{Direction, Version};
use crate::space::Space;

/// The client's own port of a transfer whose answers come from elsewhere: its network
/// card chooses, and may take any (note 4 of the articles).
const ANY_PORT: (u16, u16) = (0, u16::MAX);

/// Everything about a packet but its addresses, and what tells rules apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) direction: Direction,
    pub(super) version: Version,
    pub(super) protocol: Protocol,
    pub(super) source_ports: Option<(u16, u16)>,
    pub(super) ports: Vec<(u16, u16)>,
    pub(super) types: Vec<u8>,
    pub(super) reply: bool,
    pub(super) by_state: bool,
    pub(super) within: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Hole {
    pub(super) kind: Kind,
    pub(super) source: Space,
    pub(super) destination: Space,
    /// Who sends: of an answer the one who answers. None for what IP itself needs.
    pub(super) from: Option<End>,
    pub(super) to: Option<End>,
    /// None for what IP itself needs.
    pub(super) flow: Option<u32>,
}

impl Hole {
    /// The hole for answers that come from a port out of `range`, which nobody asked.
    pub(super) fn answered_from(&self, range: (u16, u16)) -> Self {
        let direction = match self.kind.direction {
            Direction::In => Direction::Out,
            Direction::Out => Direction::In,
            Direction::Through => Direction::Through,
        };
        Self {
            kind: Kind {
                direction,
                source_ports: Some(range),
                ports: vec![ANY_PORT],
                reply: true,
                ..self.kind.clone()
            },
            source: self.destination.clone(),
            destination: self.source.clone(),
            from: self.to,
            to: self.from,
            flow: self.flow,
        }
    }
}
