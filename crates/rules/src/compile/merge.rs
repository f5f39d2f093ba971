//! Holes → rules: what is the same becomes one, where nothing is lost by it.
//!
//! Nothing is lost where the rule lets pass exactly what its holes would, and still
//! knows which flows it serves. So parties are put together that have the same
//! flows at the same ports, first the sources, then the destinations; a hole that
//! is inside another one is that one's too. Where two still overlap, they do so in
//! part, and the narrower comes first, so that counters tell the truth.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use catalog::{Flow, Protocol};
use plan::{End, Plan};

use super::hole::{Hole, Kind};
use crate::rule::{Direction, Ends, Rule, Version};
use crate::space::Space;

/// Holes of one kind. Whom and what it serves is in no order, and may be there twice,
/// until it is a rule: a border has as many holes as the plan has flows.
#[derive(Debug)]
struct Merged {
    kind: Kind,
    /// Those of `kind`.
    ports: Space,
    source: Space,
    destination: Space,
    from: Vec<End>,
    to: Vec<End>,
    serves: Vec<u32>,
}

impl Merged {
    fn of(hole: Hole) -> Self {
        Self {
            ports: Space::of_ports(hole.kind.ports.iter().copied()),
            kind: hole.kind,
            source: hole.source,
            destination: hole.destination,
            from: hole.from.into_iter().collect(),
            to: hole.to.into_iter().collect(),
            serves: hole.flow.into_iter().collect(),
        }
    }

    /// Takes over what `other` knows, and not what it lets pass.
    fn serve_too(&mut self, other: Self) {
        self.from.extend(other.from);
        self.to.extend(other.to);
        self.serves.extend(other.serves);
    }

    /// How much it lets pass.
    fn size(&self) -> u128 {
        let ends = self.source.size().saturating_mul(self.destination.size());
        ends.saturating_mul(self.ports.size().max(1))
    }

    fn space(&self, side: Side) -> &Space {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }
}

pub(super) fn merge(holes: Vec<Hole>, plan: &Plan) -> Vec<Rule> {
    let merged = same(holes);
    let merged = together(merged, plan, Side::Source);
    let merged = together(merged, plan, Side::Destination);
    let merged = absorb(absorb(merged, Side::Destination), Side::Source);
    let mut rules: Vec<(u128, Rule)> =
        merged.into_iter().map(|one| (one.size(), rule(one, plan))).collect();
    rules.sort_by(|(size, one), (other_size, other)| {
        place(*size, one).cmp(&place(*other_size, other))
    });
    rules.into_iter().map(|(_, rule)| rule).collect()
}

/// Those that are equal, in the order that tells the others apart.
fn alike<T>(mut items: Vec<T>, order: impl Fn(&T, &T) -> Ordering) -> Vec<Vec<T>> {
    items.sort_by(&order);
    let mut groups: Vec<Vec<T>> = Vec::new();
    for item in items {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| order(last, &item).is_eq()) => {
                group.push(item);
            }
            _ => groups.push(vec![item]),
        }
    }
    groups
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
    fn key(hole: &Hole) -> (&Kind, &Space, &Space) {
        (&hole.kind, &hole.source, &hole.destination)
    }
    let groups = alike(holes, |one, other| key(one).cmp(&key(other)));
    groups.into_iter().filter_map(|group| united(group.into_iter().map(Merged::of))).collect()
}

/// The first, which then serves what the others do.
fn united(mut group: impl Iterator<Item = Merged>) -> Option<Merged> {
    let mut first = group.next()?;
    group.for_each(|one| first.serve_too(one));
    Some(first)
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
fn together(merged: Vec<Merged>, plan: &Plan, side: Side) -> Vec<Merged> {
    let row = |n: &u32| plan.flows().get(*n as usize).map(|planned| planned.flow);
    let rows = |one: &Merged| one.serves.iter().filter_map(row).collect::<BTreeSet<&Flow>>();
    let merged: Vec<_> = merged.into_iter().map(|one| (rows(&one), one)).collect();
    let groups = alike(merged, |(rows, one), (other_rows, other)| {
        let key = (&one.kind, one.space(side.other()), rows);
        key.cmp(&(&other.kind, other.space(side.other()), other_rows))
    });
    let unite = |group: Vec<(_, Merged)>| {
        let ranges = group.iter().flat_map(|(_, one)| one.space(side).ranges());
        let all = Space::new(ranges.copied());
        let mut first = united(group.into_iter().map(|(_, one)| one))?;
        match side {
            Side::Source => first.source = all,
            Side::Destination => first.destination = all,
        }
        Some(first)
    };
    groups.into_iter().filter_map(unite).collect()
}

/// Drops holes that are inside another one of the same source, or destination,
/// which then serves their flows too.
fn absorb(merged: Vec<Merged>, side: Side) -> Vec<Merged> {
    fn key(one: &Merged, side: Side) -> (Direction, Version, Protocol, &Space) {
        (one.kind.direction, one.kind.version, one.kind.protocol, one.space(side))
    }
    let groups = alike(merged, |one, other| key(one, side).cmp(&key(other, side)));
    let absorbed = groups.into_iter().flat_map(|mut group| {
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
        && wide.ports.holds(&one.ports)
}

fn rule(mut one: Merged, plan: &Plan) -> Rule {
    let kind = one.kind;
    let ends = |space: &Space, mut parties: Vec<End>| {
        parties.sort_unstable();
        parties.dedup();
        // Two ends may have one name.
        let names: BTreeSet<String> = parties.into_iter().map(|end| plan.party(end)).collect();
        Ends { blocks: space.blocks(kind.version), parties: names.into_iter().collect() }
    };
    one.serves.sort_unstable();
    one.serves.dedup();
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
        serves: one.serves,
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
