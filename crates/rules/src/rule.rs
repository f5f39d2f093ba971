//! A rule: one hole that a firewall must have, for which flows, and why.
//!
//! There is one model for every dialect. It is decided here what is let through;
//! a renderer only writes it down. Whatever a rule says it says with addresses:
//! who has none is a [`Finding`], never "anybody".

use std::fmt;
use std::sync::Arc;

use catalog::{Flow, Protocol};
use plan::{Cidr, Plan, Planned};

use crate::digest::Digest;
use crate::wires::Wires;

/// The version of IP that a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    V4,
    V6,
}

impl Version {
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// `ipv4` or `ipv6`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }
}

/// How a packet passes the firewall that the rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the machine itself.
    In,
    /// From the machine itself.
    Out,
    /// Past it: a border between two networks.
    Through,
}

impl Direction {
    /// `in`, `out` or `through`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Through => "through",
        }
    }
}

/// Whose firewall a set of rules is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The host with this name in the site file.
    Host(String),
    /// Each machine of the network with this name.
    Clients(String),
    /// What stands between the parties.
    Border,
}

impl Place {
    /// `head`, `branch-7` or `border`: a file's name without its ending.
    pub fn stem(&self) -> &str {
        match self {
            Self::Host(name) | Self::Clients(name) => name,
            Self::Border => "border",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => write!(f, "host {name}"),
            Self::Clients(name) => write!(f, "each machine of network {name}"),
            Self::Border => f.write_str("the border between the parties"),
        }
    }
}

/// Some addresses of one version, and what the site file calls those who have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ends {
    /// The fewest blocks that hold exactly these addresses; sorted, at least one.
    pub blocks: Vec<Cidr>,
    /// Sorted: `head`, `branch-7`.
    pub parties: Vec<String>,
}

/// One hole. A packet that begins something passes where all of it fits; what
/// belongs to something that has passed, passes by state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The same as long as the hole is the same: `in-1f0c93ab`.
    pub id: String,
    pub direction: Direction,
    pub version: Version,
    /// Never ARP, which no packet filter of IP sees.
    pub protocol: Protocol,
    pub source: Ends,
    pub destination: Ends,
    /// The sender's ports, first and last; none where any will do.
    pub source_ports: Option<(u16, u16)>,
    /// The receiver's ports, sorted and apart; none where the protocol has no ports.
    pub ports: Vec<(u16, u16)>,
    /// The types of its ICMP messages; none of other protocols.
    pub types: Vec<u8>,
    /// What is answered from a port that nobody asked, so that no firewall knows it
    /// for an answer.
    pub reply: bool,
    /// Errors about what has passed: a firewall that keeps state lets them pass
    /// without a rule.
    pub by_state: bool,
    /// Of a border's rule: both ends are on one wire, so that no border sees it.
    pub within: bool,
    /// The flows that it lets pass, by their places in [`Plan::flows`]; sorted. None
    /// for what IP itself needs.
    pub serves: Vec<u32>,
}

/// The rules of one firewall.
#[derive(Debug, Clone)]
pub struct RuleSet<'p> {
    pub plan: &'p Plan,
    /// Of the whole plan, so that drift can be seen.
    pub digest: Digest,
    pub place: Place,
    /// Whose rules are here: a machine's firewall keeps its hands off the others.
    pub directions: Vec<Direction>,
    /// Stably ordered: where two overlap, the narrower first.
    pub rules: Vec<Rule>,
    /// Sorted, each once.
    pub findings: Vec<Finding>,
    /// For those who have to know which addresses are for many.
    pub(crate) wires: Arc<Wires>,
}

/// Something that a person has to know about the rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub kind: Kind,
    /// Whom it is about, as in the site file.
    pub party: String,
    pub message: String,
    /// The flows that it concerns, by their places in [`Plan::flows`]; sorted.
    pub flows: Vec<u32>,
}

/// What a [`Finding`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// There is no rule, because a party has no address.
    NoAddress,
    /// The range of dynamic ports was not said, so the usual one is taken.
    UsualRange,
    /// The dialect cannot say it.
    NotSayable,
}

impl Kind {
    pub fn slug(self) -> &'static str {
        match self {
            Self::NoAddress => "no-address",
            Self::UsualRange => "usual-range",
            Self::NotSayable => "not-sayable",
        }
    }
}

impl RuleSet<'_> {
    /// Keeps the rules of these directions.
    pub fn only(&mut self, directions: &[Direction]) {
        self.directions.retain(|direction| directions.contains(direction));
        self.rules.retain(|rule| directions.contains(&rule.direction));
    }

    /// The flows that a rule lets pass.
    pub fn flows<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = &'a Planned> + 'a {
        rule.serves.iter().filter_map(|n| self.plan.flows().get(*n as usize))
    }

    /// The connections that a rule serves, `client>management-point/https`; sorted,
    /// each once. For what IP itself needs, a word for that.
    pub fn connections(&self, rule: &Rule) -> Vec<String> {
        // A rule may serve thousands of flows, of few rows of the catalog.
        let mut rows: Vec<&'static Flow> = self.flows(rule).map(|planned| planned.flow).collect();
        rows.sort_unstable_by_key(|row| std::ptr::from_ref(*row));
        rows.dedup_by_key(|row| std::ptr::from_ref(*row));
        let mut ids: Vec<String> = rows.into_iter().map(Flow::id).collect();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            ids.push("neighbour-discovery".to_owned());
        }
        ids
    }
}

impl Rule {
    /// `443,8530-8531`; empty where there are none.
    pub fn ports_text(&self) -> String {
        let text: Vec<String> = self.ports.iter().map(|range| range_text(*range)).collect();
        text.join(",")
    }

    /// As the dialects write protocols: `tcp`.
    pub fn protocol_text(&self) -> &'static str {
        self.protocol.slug()
    }
}

/// `443` or `8530-8531`.
pub fn range_text((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}
