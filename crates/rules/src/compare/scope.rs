//! Which packets can come by at a place at all, which of them must pass there, and
//! which may.

use plan::{Cidr, Plan};

use super::beginning;
use crate::read::packets::{Field, Packets, State, without};
use crate::rule::{Direction, Place, Rule, RuleSet, Version};
use crate::space::{Space, version_of};

/// What never comes by on a wire, as its source.
const NO_SOURCE: [&str; 5] =
    ["127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::1/128", "ff00::/8"];

/// What no border forwards, to whatever address.
const NOT_FORWARDED: [&str; 7] = [
    "0.0.0.0/32",
    "169.254.0.0/16",
    "224.0.0.0/24",
    "255.255.255.255/32",
    "::/128",
    "fe80::/10",
    "ff02::/16",
];

fn blocks(version: Version, texts: &[&str]) -> Space {
    let blocks: Vec<Cidr> = texts.iter().filter_map(|text| Cidr::parse(text).ok()).collect();
    Space::of_blocks(version, &blocks)
}

pub(super) struct Scope<'s> {
    set: &'s RuleSet<'s>,
    /// The place's own addresses, by version.
    own: [(Version, Space); 2],
    /// Where only what passes between two parties is looked at: their addresses.
    between: Option<[[(Version, Space); 2]; 2]>,
    /// What our rules let pass, by direction.
    needed: Vec<(Direction, Vec<Packets>)>,
}

impl<'s> Scope<'s> {
    pub(super) fn of(set: &'s RuleSet<'_>) -> Self {
        let own = match &set.place {
            Place::Host(name) | Place::Clients(name) => addresses(set.plan, name),
            Place::Border => Version::ALL.map(|version| (version, Space::default())),
        };
        let needed = set.directions.iter().map(|direction| {
            let rules = set.rules.iter().filter(|rule| rule.direction == *direction);
            let mut needed: Vec<Packets> =
                rules.map(|rule| Packets::of_rule(rule, State::New)).collect();
            if *direction == Direction::Through {
                needed.extend(within(set.plan));
            }
            (*direction, needed)
        });
        Self { needed: needed.collect(), own, between: None, set }
    }

    /// Of a border, only what passes between these two.
    pub(super) fn between(border: &'s RuleSet<'_>, parties: [&str; 2]) -> Self {
        let ends = parties.map(|name| addresses(border.plan, name));
        Self { between: Some(ends), ..Self::of(border) }
    }

    /// What our rules let pass, whatever it is about.
    pub(super) fn needed(&self, direction: Direction) -> &[Packets] {
        let found = self.needed.iter().find(|(one, _)| *one == direction);
        found.map(|(_, needed)| needed.as_slice()).unwrap_or_default()
    }

    /// Everything new that can come by, of the versions of IP that the estate has there.
    /// Of what a host takes beside what is sent to its own addresses (a broadcast), only
    /// what it needs is looked at.
    pub(super) fn all(&self, direction: Direction) -> Vec<Packets> {
        let has = |version: Version| {
            let mut rules = self.set.rules.iter();
            rules.any(|rule| rule.direction == direction && rule.version == version)
        };
        let all = self.own.iter().filter_map(|(version, own)| {
            if direction == Direction::Through && !has(*version) {
                return None;
            }
            let new = Packets::all(*version).with(Field::State, State::New.space());
            let some = Space::all(*version).difference(&blocks(*version, &NO_SOURCE));
            let loopback = blocks(*version, &["127.0.0.0/8", "::1/128"]);
            let any = Space::all(*version).difference(&loopback);
            let forwarded = blocks(*version, &NOT_FORWARDED);
            let (source, destination) = match direction {
                Direction::In => (some.difference(own), own.clone()),
                Direction::Out => (own.clone(), any.difference(own)),
                Direction::Through => (some.difference(&forwarded), any.difference(&forwarded)),
            };
            new.narrowed(Field::Source, &source)?.narrowed(Field::Destination, &destination)
        });
        let Some([one, other]) = &self.between else { return all.collect() };
        let ways: Vec<Packets> = way(one, other).chain(way(other, one)).collect();
        let both = all.flat_map(|all| {
            ways.iter().filter_map(|way| all.intersection(way)).collect::<Vec<_>>()
        });
        both.collect()
    }

    /// What of a rule has to pass here.
    pub(super) fn required(&self, rule: &Rule) -> Vec<Packets> {
        let asked = beginning(rule);
        if rule.direction != Direction::Through {
            return vec![asked];
        }
        if rule.within {
            return Vec::new();
        }
        let forwarded =
            |field: Field| asked.space(field).difference(&blocks(rule.version, &NOT_FORWARDED));
        let (source, destination) = (forwarded(Field::Source), forwarded(Field::Destination));
        // A router forwards no broadcast either, unless told to (RFC 2644).
        let one = destination.difference(&broadcasts(self.set.plan, rule.version));
        let destination = if one.is_empty() { destination } else { one };
        if source.is_empty() || destination.is_empty() {
            return Vec::new();
        }
        let asked = asked.clone().with(Field::Source, source).with(Field::Destination, destination);
        without(vec![asked], &within(self.set.plan))
    }
}

/// All that goes from the one to the other.
fn way<'a>(
    from: &'a [(Version, Space); 2],
    to: &'a [(Version, Space); 2],
) -> impl Iterator<Item = Packets> + 'a {
    let both =
        from.iter().zip(to).filter(|((_, one), (_, other))| !one.is_empty() && !other.is_empty());
    both.map(|((version, one), (_, other))| {
        Packets::all(*version)
            .with(Field::Source, one.clone())
            .with(Field::Destination, other.clone())
    })
}

/// What stays in one network, so that no border sees it.
fn within(plan: &Plan) -> Vec<Packets> {
    let networks = plan.networks().iter().flat_map(|network| {
        Version::ALL.map(|version| (version, Space::of_blocks(version, &network.cidr)))
    });
    let some = networks.filter(|(_, space)| !space.is_empty());
    some.map(|(version, space)| {
        Packets::all(version).with(Field::Source, space.clone()).with(Field::Destination, space)
    })
    .collect()
}

fn broadcasts(plan: &Plan, version: Version) -> Space {
    if version == Version::V6 {
        return Space::default();
    }
    let all = plan.networks().iter().flat_map(|network| &network.cidr);
    let wide = all.filter(|block| version_of(block.first()) == version && block.length() < 31);
    let last: Vec<Cidr> = wide.filter_map(|block| Cidr::around(block.last(), 32)).collect();
    Space::of_blocks(version, &last)
}

/// The addresses of a party, by its name in the site file; empty where it has none.
pub(super) fn addresses(plan: &Plan, name: &str) -> [(Version, Space); 2] {
    let single =
        |address: std::net::IpAddr| Cidr::around(address, if address.is_ipv4() { 32 } else { 128 });
    let host = |place: usize| plan.hosts().get(place).into_iter().flat_map(|host| &host.addresses);
    let mut found: Vec<Cidr> = Vec::new();
    if let Some(host) = plan.host(name) {
        found.extend(
            host.addresses.iter().copied().filter(|one| !one.is_loopback()).filter_map(single),
        );
    }
    for network in plan.networks().iter().filter(|network| network.name == name) {
        found.extend(&network.cidr);
    }
    for cluster in plan.clusters().iter().filter(|cluster| cluster.name == name) {
        let members = cluster.hosts.iter().flat_map(|place| host(*place as usize)).copied();
        found.extend(members.chain([cluster.listener]).filter_map(single));
    }
    for cloud in plan.clouds().iter().filter(|cloud| cloud.name == name) {
        found.extend(cloud.addresses.iter().copied().filter_map(single));
    }
    Version::ALL.map(|version| (version, Space::of_blocks(version, &found)))
}
