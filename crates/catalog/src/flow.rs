//! A flow: one service on one connection, with all that a listener, a dial, a
//! firewall rule, a probe or a page of documentation needs to know about it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::edition::{Edition, Editions};
use crate::role::Role;
use crate::service::Service;
use crate::source::Source;

pub use crate::flows::FLOWS;
pub use crate::service::Share;

/// One row of the catalog. Two flows are equal when their ids are.
#[derive(Debug)]
#[non_exhaustive]
pub struct Flow {
    pub from: &'static Role,
    pub to: &'static Role,
    pub service: &'static Service,
    /// Which side starts it.
    pub opens: Opens,
    pub cast: Cast,
    pub reply: Reply,
    pub when: When,
    /// How far apart the two ends may be.
    pub scope: Where,
    /// Whether an HTTP proxy may stand between.
    pub via_proxy: bool,
    /// Whether the administrator can have the other side start it.
    pub reversible: bool,
    pub editions: Editions,
    /// The numbers of the article's notes that the port's cell refers to. (Note 5
    /// stands at headings, and is `reversible`.)
    pub notes: &'static [u8],
    pub source: &'static [Source],
    /// The id of the correction that this row carries out: the text lacks it.
    pub fixes: Option<&'static str>,
    /// What is true where the text is wrong about this row.
    pub truth: Truth,
    /// Whether it stands in prose, not in a table.
    pub prose: bool,
    /// How a probe shows that the flow passes.
    pub proof: Proof,
    /// What it is for.
    pub sentence: &'static str,
}

impl Flow {
    /// `client>management-point/https`: unique, and what people type.
    pub fn id(&self) -> String {
        self.to_string()
    }

    /// The row as this edition has it, if it does: in the documented reading what
    /// its text says, in the corrected one what is true. (Ours has no text that
    /// could be wrong: its two readings are one.)
    pub fn read(&'static self, edition: Edition, reading: Reading) -> Option<&'static Self> {
        if !self.editions.declares(edition) {
            return None;
        }
        let text_counts = reading == Reading::Documented && edition != Edition::Portolan;
        match self.truth {
            _ if text_counts => self.fixes.is_none().then_some(self),
            Truth::AsWritten => Some(self),
            Truth::Never(_) => None,
            Truth::Instead(row) => Some(row),
        }
    }

    /// Where it is written, for a reader of this edition.
    pub fn sources(&self, edition: Edition) -> impl Iterator<Item = Source> {
        let own = self.source.iter().any(|source| source.speaks_for(edition));
        let last = self.source.last().filter(|_| !own);
        self.source.iter().filter(move |source| source.speaks_for(edition)).chain(last).copied()
    }

    /// The corrections that concern this very row: by one it was added, by one it
    /// is taken away or replaced.
    pub fn corrections(&self) -> impl Iterator<Item = &'static str> {
        let replaced = match self.truth {
            Truth::AsWritten => None,
            Truth::Never(id) => Some(id),
            Truth::Instead(row) => row.fixes,
        };
        self.fixes.into_iter().chain(replaced)
    }

    fn key(&self) -> [&'static str; 3] {
        [self.from.slug, self.to.slug, self.service.slug]
    }

    /// The most common kind: unicast, the answer on the same port, always,
    /// anywhere, ours. A row says what differs.
    pub(crate) const fn new(
        from: &'static Role,
        to: &'static Role,
        service: &'static Service,
    ) -> Self {
        Self {
            from,
            to,
            service,
            opens: Opens::From,
            cast: Cast::Unicast,
            reply: Reply::SamePort,
            when: When::Always,
            scope: Where::Anywhere,
            via_proxy: false,
            reversible: false,
            editions: Editions::PORTOLAN,
            notes: &[],
            source: &[],
            fixes: None,
            truth: Truth::AsWritten,
            prose: false,
            proof: Proof::Connect,
            sentence: "",
        }
    }
}

/// What is true of a row whose text is wrong.
#[derive(Debug, Clone, Copy)]
pub enum Truth {
    /// What is written is true, as far as anybody knows.
    AsWritten,
    /// There is no such flow: the id of the correction that says so.
    Never(&'static str),
    /// The flow is as this row says, which names its correction.
    Instead(&'static Flow),
}

/// How an edition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// What the text says, mistakes and all.
    Documented,
    /// What is true.
    Corrected,
}

impl Reading {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Corrected => "corrected",
        }
    }
}

/// Which side starts a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    From,
    To,
    Either,
}

/// To how many it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    Unicast,
    Broadcast,
    /// To the broadcast address of another subnet.
    Directed,
    Multicast,
}

/// From where the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    SamePort,
    /// A port that the answerer chose: a firewall cannot match it to the question.
    HighPort,
}

/// The condition under which a flow exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// An administrator switched this on.
    Feature(&'static str),
    /// A setting has this value.
    Setting(&'static str, &'static str),
    /// Only while something is being installed.
    Installing,
    /// One of several ways; rank 0 is what is taken where nobody chose.
    OneOf {
        group: &'static str,
        rank: u8,
    },
    All(&'static [Self]),
    Not(&'static Self),
}

/// How far apart the two ends of a flow may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    SameHost,
    /// Never within one host: there it needs no wire.
    OtherHost,
    SameSubnet,
    SameSite,
    ParentOrChild,
    TopSite,
    BoundaryGroup,
    Anywhere,
}

/// How a probe shows that a flow passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A connection comes about: TCP only.
    Connect,
    /// The service itself answers this harmless question.
    Ask(&'static str),
    /// Nobody answers; this is what can be seen instead.
    Observe(&'static str),
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>{}/{}", self.from.slug, self.to.slug, self.service.slug)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Feature(feature) => write!(f, "with {feature}"),
            Self::Setting(key, value) => write!(f, "{key} = {value}"),
            Self::Installing => f.write_str("while installing"),
            Self::OneOf { group, rank: 0 } => write!(f, "first choice of {group}"),
            Self::OneOf { group, rank: 1 } => write!(f, "second choice of {group}"),
            Self::OneOf { group, rank: 2 } => write!(f, "third choice of {group}"),
            Self::OneOf { group, rank } => write!(f, "choice {rank} of {group}"),
            Self::All(all) => {
                for (n, when) in all.iter().enumerate() {
                    if n > 0 {
                        f.write_str(" and ")?;
                    }
                    write!(f, "{when}")?;
                }
                Ok(())
            }
            Self::Not(when) => write!(f, "not ({when})"),
        }
    }
}

impl PartialEq for Flow {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Flow {}

impl PartialOrd for Flow {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Flow {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Flow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
