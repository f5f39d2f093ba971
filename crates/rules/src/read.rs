//! Rule sets that others wrote → one model of them: chains of rules, each with the
//! packets that it is about and what it does with them.
//!
//! A reader never guesses. What it does not understand of a rule stands beside the
//! rule in words, and who judges the rule reckons with both: that it meets a packet,
//! and that it does not ([`crate::compare`]). What it cannot read at all is an error
//! with its place.
//!
//! Considered and rejected: to read nftables' own language. The kernel's state is
//! what counts, and `nft -j` prints it in a form that is documented
//! (libnftables-json(5)).

use std::collections::BTreeSet;
use std::fmt;

use crate::rule::{Direction, Version};

pub mod packets;

mod address;
mod csv;
mod icmp;
mod iptables;
mod nft;
#[cfg(test)]
mod tests;

use packets::{Field, Packets};
use plan::Cidr;

use crate::space::Space;

/// More than this is no rule set of a firewall, in bytes of text.
pub const LIMIT: usize = 64 << 20;

/// How a rule set is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// What `nft -j list ruleset` prints.
    NftJson,
    /// What `iptables-save` or `ip6tables-save` prints.
    Iptables,
    /// A line for each rule, under a header that names the columns.
    Csv,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::NftJson, Self::Iptables, Self::Csv];

    /// What people type.
    pub fn slug(self) -> &'static str {
        match self {
            Self::NftJson => "nft-json",
            Self::Iptables => "iptables",
            Self::Csv => "csv",
        }
    }

    /// The format with this slug.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.slug() == slug)
    }

    /// What a text seems to be; none where that is not clear.
    pub fn guess(text: &str) -> Option<Self> {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines().next()?;
        if first.starts_with('{') {
            return Some(Self::NftJson);
        }
        let said = lines().find(|line| !line.starts_with('#'))?;
        if said.starts_with('*') {
            return Some(Self::Iptables);
        }
        csv::is_header(said).then_some(Self::Csv)
    }
}

/// A text that is no rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}; {next}")]
pub struct Unreadable {
    /// `line 7`, or a path in JSON.
    pub at: String,
    pub problem: String,
    /// What to do about it.
    pub next: String,
}

impl Unreadable {
    fn new(at: impl fmt::Display, problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            at: printable(&at.to_string()),
            problem: printable(&problem.into()),
            next: printable(&next.into()),
        }
    }
}

/// The same without what steers a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A rule set that somebody else wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    pub format: Format,
    /// Of which versions of IP it says what passes.
    pub versions: Vec<Version>,
    pub chains: Vec<Chain>,
    /// Where packets come in; sorted by hook, then priority.
    pub bases: Vec<Base>,
    /// What a person has to know about how it was read.
    pub notes: Vec<String>,
    /// The digests of plans that its comments name; sorted, each once.
    pub digests: Vec<String>,
}

/// Rules that are asked one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// `inet filter input`.
    pub name: String,
    pub rules: Vec<ForeignRule>,
}

/// A chain that the kernel itself asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its place in [`Foreign::chains`].
    pub chain: usize,
    pub hook: Hook,
    /// Smaller is asked earlier.
    pub priority: i64,
    /// Whether what no rule decides passes.
    pub accepts: bool,
    /// Of which versions of IP it sees packets.
    pub versions: Vec<Version>,
}

/// Where on its way a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

impl Hook {
    /// By the name that nftables and iptables have for it, in either case.
    pub fn parse(name: &str) -> Option<Self> {
        let known = [
            ("prerouting", Self::Prerouting),
            ("input", Self::Input),
            ("forward", Self::Forward),
            ("output", Self::Output),
            ("postrouting", Self::Postrouting),
        ];
        known.into_iter().find(|(one, _)| name.eq_ignore_ascii_case(one)).map(|(_, hook)| hook)
    }

    /// Those that a packet meets, in their order.
    pub fn on_the_way(direction: Direction) -> &'static [Self] {
        match direction {
            Direction::In => &[Self::Prerouting, Self::Input],
            Direction::Out => &[Self::Output, Self::Postrouting],
            Direction::Through => &[Self::Prerouting, Self::Forward, Self::Postrouting],
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRule {
    /// `handle 12`, `line 7`.
    pub at: String,
    /// As it was written, or nearly so: for people.
    pub text: String,
    /// It is about the packets that are in any of these.
    pub packets: Vec<Packets>,
    /// What it asks beyond that, in words: it may meet fewer packets.
    pub unknown: Vec<String>,
    /// By which interfaces the packets come or leave.
    pub interfaces: Vec<Interface>,
    pub verdict: Verdict,
}

/// What a rule asks about an interface. That of the machine to itself is none: no
/// packet of a flow between machines passes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Whether it is the one by which a packet comes.
    pub incoming: bool,
    pub names: Vec<String>,
    /// It is any but these.
    pub not: bool,
}

/// What a rule does with the packets that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// Silently, or with an answer.
    Drop,
    /// To a chain, by its place in [`Foreign::chains`], and back.
    Jump(usize),
    /// To a chain, and from there to where this one came from.
    Goto(usize),
    Return,
    /// It counts, logs or marks.
    Continue,
    /// What it does is not understood.
    Unknown,
}

impl Foreign {
    /// Reads a rule set; [`Self::settle`] has to follow.
    ///
    /// # Errors
    /// With the place, what is wrong there, and what to do.
    pub fn read(text: &str, format: Format) -> Result<Self, Unreadable> {
        if text.len() > LIMIT {
            let problem = format!("it has more than {} MiB", LIMIT >> 20);
            return Err(Unreadable::new("the rule set", problem, "give only one firewall's rules"));
        }
        let mut foreign = match format {
            Format::NftJson => nft::read(text),
            Format::Iptables => iptables::read(text),
            Format::Csv => csv::read(text),
        }?;
        foreign.bases.sort_by_key(|base| (base.hook, base.priority));
        foreign.digests.sort();
        foreign.digests.dedup();
        foreign.make_printable();
        Ok(foreign)
    }

    /// Says what is behind interfaces: a packet that comes by one has its source there,
    /// one that leaves by it its destination. Where rules name one interface and
    /// nothing was said of it, it is taken for the one that the packets pass; of
    /// several that would be a guess.
    pub fn settle(&mut self, behind: &[(String, Vec<Cidr>)]) {
        for incoming in [true, false] {
            let rules = self.chains.iter().flat_map(|chain| &chain.rules);
            let asked =
                rules.flat_map(|rule| &rule.interfaces).filter(|one| one.incoming == incoming);
            let names: BTreeSet<String> = asked.flat_map(|one| &one.names).cloned().collect();
            let said = |name: &String| behind.iter().any(|(one, _)| one == name);
            let open: Vec<&String> = names.iter().filter(|name| !said(name)).collect();
            let only = if let [only] = open.as_slice() { Some((*only).clone()) } else { None };
            if let Some(only) = &only {
                let way = if incoming { "come" } else { "leave" };
                self.notes
                    .push(format!("taken for granted: the packets {way} by interface {only}"));
            }
            for rule in self.chains.iter_mut().flat_map(|chain| &mut chain.rules) {
                rule.settle(incoming, behind, only.as_deref());
            }
        }
        self.tell_unknown();
    }

    /// Whoever wrote the text must not be able to steer the terminal that shows it.
    fn make_printable(&mut self) {
        let shown = |text: &mut String| *text = printable(text);
        self.notes.iter_mut().for_each(shown);
        for chain in &mut self.chains {
            shown(&mut chain.name);
            for rule in &mut chain.rules {
                let names = rule.interfaces.iter_mut().flat_map(|one| &mut one.names);
                names.chain(&mut rule.unknown).for_each(shown);
                shown(&mut rule.at);
                shown(&mut rule.text);
            }
        }
    }

    /// One note for each rule that was understood in part.
    fn tell_unknown(&mut self) {
        let rules = self.chains.iter().flat_map(|chain| &chain.rules);
        let asking = rules.filter(|rule| rule.verdict != Verdict::Continue);
        let unsure = asking.filter(|rule| !rule.unknown.is_empty());
        let told = unsure.map(|rule| {
            format!("{}: not understood: {}: {}", rule.at, rule.unknown.join(", "), rule.text)
        });
        self.notes.extend(told.collect::<Vec<_>>());
    }
}

impl ForeignRule {
    /// Of packets that come (or leave) by the interfaces that it names.
    fn settle(&mut self, incoming: bool, behind: &[(String, Vec<Cidr>)], only: Option<&str>) {
        let field = if incoming { Field::Source } else { Field::Destination };
        let (mine, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.interfaces)
            .into_iter()
            .partition(|one| one.incoming == incoming);
        self.interfaces = others;
        for asked in mine {
            let known = |name: &&String| behind.iter().find(|(one, _)| one == *name);
            let blocks =
                asked.names.iter().filter_map(|name| known(&name)).flat_map(|(_, all)| all);
            let blocks: Vec<&Cidr> = blocks.collect();
            let strangers: Vec<&str> = asked
                .names
                .iter()
                .filter(|name| known(name).is_none())
                .map(String::as_str)
                .collect();
            match strangers.as_slice() {
                [] => self.narrow(field, &blocks, asked.not),
                [one] if Some(*one) == only => {
                    if asked.not {
                        self.packets.clear();
                    }
                }
                _ => {
                    self.unknown.push(format!("what is behind interface {}", strangers.join(", ")))
                }
            }
        }
    }

    fn narrow(&mut self, field: Field, blocks: &[&Cidr], not: bool) {
        let narrowed = std::mem::take(&mut self.packets).into_iter().filter_map(|packets| {
            let version = packets.version();
            let space = Space::of_blocks(version, blocks.iter().copied());
            let space = if not { field.all(version).difference(&space) } else { space };
            packets.narrowed(field, &space)
        });
        self.packets = narrowed.collect();
    }
}

/// The digests of plans in a comment: words of 32 hex digits.
fn digests(comment: &str) -> impl Iterator<Item = String> + '_ {
    let words = comment.split(|c: char| !c.is_ascii_alphanumeric());
    let hex = |word: &&str| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    words.filter(hex).map(str::to_ascii_lowercase)
}
