//! Holes → rules: what is the same becomes one, where nothing is lost by it.
//!
//! Nothing is lost where the rule lets pass exactly what its holes would, and still
//! knows which flows it serves. So parties are put together that have the same
//! flows at the same ports, first the sources, then the destinations; a hole that
//! is inside another one is that one's too. Where two still overlap, they do so in
//! part, and the narrower comes first, so that counters tell the truth.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use catalog::{Flow, Protocol};

use super::hole::{Hole, Kind};
use crate::rule::{Direction, Ends, Rule, Version};
use crate::space::Space;

/// Holes of one kind.
#[derive(Debug)]
struct Merged {
    kind: Kind,
    source: Space,
    destination: Space,
    from: BTreeSet<String>,
    to: BTreeSet<String>,
    serves: BTreeSet<u32>,
}

impl Merged {
    /// Takes over what `other` knows, and not what it lets pass.
    fn serve_too(&mut self, other: Self) {
        self.from.extend(other.from);
        self.to.extend(other.to);
        self.serves.extend(other.serves);
    }

    fn ports(&self) -> Space {
        Space::of_ports(self.kind.ports.iter().copied())
    }

    /// How much it lets pass.
    fn size(&self) -> u128 {
        let ends = self.source.size().saturating_mul(self.destination.size());
        ends.saturating_mul(self.ports().size().max(1))
    }

    fn space(&self, side: Side) -> &Space {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }
}

/// Which row of the catalog a flow of the plan has.
pub(super) type Row<'a> = &'a dyn Fn(u32) -> Option<&'static Flow>;

pub(super) fn merge(holes: Vec<Hole>, row: Row<'_>) -> Vec<Rule> {
    let merged = same(holes);
    let merged = together(merged, row, Side::Source);
    let merged = together(merged, row, Side::Destination);
    let merged = absorb(absorb(merged, Side::Destination), Side::Source);
    let mut rules: Vec<(u128, Rule)> =
        merged.into_iter().map(|one| (one.size(), rule(one))).collect();
    rules.sort_by(|(size, one), (other_size, other)| {
        place(*size, one).cmp(&place(*other_size, other))
    });
    rules.into_iter().map(|(_, rule)| rule).collect()
}

/// The order of rules.
#[allow(clippy::type_complexity, reason = "a sort key is a tuple, and is named nowhere else")]
fn place(
    size: u128,
    rule: &Rule,
) -> (Direction, Version, Protocol, u128, &[(u16, u16)], &[u8], &Ends, &Ends, Option<(u16, u16)>) {
    let Rule { direction, version, protocol, ports, types, source, destination, .. } = rule;
    (*direction, *version, *protocol, size, ports, types, source, destination, rule.source_ports)
}

/// Holes that differ in nothing but the flow.
fn same(holes: Vec<Hole>) -> Vec<Merged> {
    let mut merged: BTreeMap<(Kind, Space, Space), Merged> = BTreeMap::new();
    for hole in holes {
        let key = (hole.kind.clone(), hole.source.clone(), hole.destination.clone());
        let one = merged.entry(key).or_insert_with(|| Merged {
            kind: hole.kind,
            source: hole.source,
            destination: hole.destination,
            from: BTreeSet::new(),
            to: BTreeSet::new(),
            serves: BTreeSet::new(),
        });
        one.from.extend(hole.from);
        one.to.extend(hole.to);
        one.serves.extend(hole.flow);
    }
    merged.into_values().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Source,
    Destination,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }
}

/// Parties on one side that have the same flows with the same other side.
fn together(merged: Vec<Merged>, row: Row<'_>, side: Side) -> Vec<Merged> {
    type Key = (Kind, Space, Vec<&'static Flow>);
    let mut groups: BTreeMap<Key, Vec<Merged>> = BTreeMap::new();
    for one in merged {
        let rows: BTreeSet<&'static Flow> = one.serves.iter().filter_map(|n| row(*n)).collect();
        let key = (one.kind.clone(), one.space(side.other()).clone(), rows.into_iter().collect());
        groups.entry(key).or_default().push(one);
    }
    let united = groups.into_values().filter_map(|group| {
        let all = Space::new(group.iter().flat_map(|one| one.space(side).ranges()).copied());
        let mut parts = group.into_iter();
        let mut first = parts.next()?;
        parts.for_each(|one| first.serve_too(one));
        match side {
            Side::Source => first.source = all,
            Side::Destination => first.destination = all,
        }
        Some(first)
    });
    united.collect()
}

/// Drops holes that are inside another one of the same source, or destination,
/// which then serves their flows too.
fn absorb(merged: Vec<Merged>, alike: Side) -> Vec<Merged> {
    let mut groups: BTreeMap<(Direction, Version, Protocol, Space), Vec<Merged>> = BTreeMap::new();
    for one in merged {
        let Kind { direction, version, protocol, .. } = one.kind;
        let key = (direction, version, protocol, one.space(alike).clone());
        groups.entry(key).or_default().push(one);
    }
    let absorbed = groups.into_values().flat_map(|mut group| {
        // The widest first, so that who is inside several goes into the widest.
        group.sort_by_cached_key(|one| Reverse(one.size()));
        let mut kept: Vec<Merged> = Vec::with_capacity(group.len());
        for one in group {
            match kept.iter_mut().find(|wide| inside(&one, wide)) {
                Some(wide) => wide.serve_too(one),
                None => kept.push(one),
            }
        }
        kept
    });
    absorbed.collect()
}

/// Whether every packet that `one` lets pass is let pass by `wide`. What passes by
/// state, and what stays in a network, is apart from what does not.
fn inside(one: &Merged, wide: &Merged) -> bool {
    let (kind, wider) = (&one.kind, &wide.kind);
    (wider.source_ports.is_none() || kind.source_ports == wider.source_ports)
        && kind.types == wider.types
        && kind.by_state == wider.by_state
        && kind.within == wider.within
        && wide.source.holds(&one.source)
        && wide.destination.holds(&one.destination)
        && wide.ports().holds(&one.ports())
}

fn rule(one: Merged) -> Rule {
    let kind = one.kind;
    let ends = |space: &Space, parties: BTreeSet<String>| Ends {
        blocks: space.blocks(kind.version),
        parties: parties.into_iter().collect(),
    };
    let mut rule = Rule {
        id: String::new(),
        source: ends(&one.source, one.from),
        destination: ends(&one.destination, one.to),
        direction: kind.direction,
        version: kind.version,
        protocol: kind.protocol,
        source_ports: kind.source_ports,
        ports: kind.ports,
        types: kind.types,
        reply: kind.reply,
        by_state: kind.by_state,
        within: kind.within,
        serves: one.serves.into_iter().collect(),
    };
    rule.id = id(&rule);
    rule
}

/// The same for the same hole, whatever it serves.
fn id(rule: &Rule) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut say = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    };
    say(rule.version.slug());
    say(rule.protocol.slug());
    for (name, ends) in [("from", &rule.source), ("to", &rule.destination)] {
        say(name);
        ends.blocks.iter().for_each(|block| say(&block.to_string()));
    }
    say("ports");
    for (first, last) in rule.source_ports.iter().chain(&rule.ports) {
        say(&format!("{first}-{last}"));
    }
    rule.types.iter().for_each(|kind| say(&kind.to_string()));
    let hash = hasher.finalize().to_hex();
    let short: String = hash.chars().take(8).collect();
    format!("{}-{short}", rule.direction.slug())
}
