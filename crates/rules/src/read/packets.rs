//! Sets of packets, each a product: these protocols × these addresses × these ports.
//!
//! What two rule sets have in common, and what one of them lacks, is decided on
//! these. A field that a protocol does not have (the ports of ICMP) is held in full,
//! so that nothing has to be told apart.

use plan::Cidr;

use crate::rule::{Rule, Version};
use crate::space::Space;

/// What a rule can ask about a packet, beside the version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What the firewall knows of it: see [`State`].
    State,
    /// IP's own number of it.
    Protocol,
    /// The type of an ICMP message.
    Type,
    Ports,
    SourcePorts,
    Source,
    Destination,
}

impl Field {
    pub const ALL: [Self; 7] = [
        Self::State,
        Self::Protocol,
        Self::Type,
        Self::Ports,
        Self::SourcePorts,
        Self::Source,
        Self::Destination,
    ];

    /// All that a packet can have in it.
    pub fn all(self, version: Version) -> Space {
        match self {
            Self::State => Space::new([(0, State::Untracked as u128)]),
            Self::Protocol | Self::Type => Space::new([(0, u128::from(u8::MAX))]),
            Self::Ports | Self::SourcePorts => Space::new([(0, u128::from(u16::MAX))]),
            Self::Source | Self::Destination => Space::all(version),
        }
    }
}

/// What a firewall that keeps state knows of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It begins something.
    New,
    /// It belongs to what has passed before, in either direction.
    Established,
    /// It is about what has passed before.
    Related,
    Invalid,
    Untracked,
}

impl State {
    /// By the name that nftables and iptables have for it, in either case.
    pub fn parse(name: &str) -> Option<Self> {
        let known = [
            ("new", Self::New),
            ("established", Self::Established),
            ("related", Self::Related),
            ("invalid", Self::Invalid),
            ("untracked", Self::Untracked),
        ];
        known.into_iter().find(|(one, _)| name.eq_ignore_ascii_case(one)).map(|(_, state)| state)
    }

    pub fn space(self) -> Space {
        one(self as u128)
    }
}

/// The space of one number.
pub fn one(number: u128) -> Space {
    Space::new([(number, number)])
}

/// All packets whose every field is in the space for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packets {
    version: Version,
    /// In the order of [`Field::ALL`].
    spaces: [Space; Field::ALL.len()],
}

impl Packets {
    /// Every packet of a version.
    pub fn all(version: Version) -> Self {
        Self { version, spaces: Field::ALL.map(|field| field.all(version)) }
    }

    /// Every packet.
    pub fn any() -> Vec<Self> {
        Version::ALL.map(Self::all).to_vec()
    }

    /// What a rule of ours lets pass, when the firewall has it in this state.
    pub fn of_rule(rule: &Rule, state: State) -> Self {
        let version = rule.version;
        let blocks = |blocks: &[Cidr]| Space::of_blocks(version, blocks);
        let all = Self::all(version)
            .with(Field::State, state.space())
            .with(Field::Protocol, one(number_of(rule.protocol)))
            .with(Field::Source, blocks(&rule.source.blocks))
            .with(Field::Destination, blocks(&rule.destination.blocks));
        let types = rule.types.iter().map(|kind| (u128::from(*kind), u128::from(*kind)));
        let fields = [
            (Field::Ports, Space::of_ports(rule.ports.iter().copied())),
            (Field::SourcePorts, Space::of_ports(rule.source_ports)),
            (Field::Type, Space::new(types)),
        ];
        let said = fields.into_iter().filter(|(_, space)| !space.is_empty());
        said.fold(all, |packets, (field, space)| packets.with(field, space))
    }

    pub fn version(&self) -> Version {
        self.version
    }

    pub fn space(&self, field: Field) -> &Space {
        // One space for each field, in their order.
        let [state, protocol, types, ports, source_ports, source, destination] = &self.spaces;
        match field {
            Field::State => state,
            Field::Protocol => protocol,
            Field::Type => types,
            Field::Ports => ports,
            Field::SourcePorts => source_ports,
            Field::Source => source,
            Field::Destination => destination,
        }
    }

    fn space_mut(&mut self, field: Field) -> &mut Space {
        let [state, protocol, types, ports, source_ports, source, destination] = &mut self.spaces;
        match field {
            Field::State => state,
            Field::Protocol => protocol,
            Field::Type => types,
            Field::Ports => ports,
            Field::SourcePorts => source_ports,
            Field::Source => source,
            Field::Destination => destination,
        }
    }

    /// The same with another space for one field.
    #[must_use]
    pub fn with(mut self, field: Field, space: Space) -> Self {
        *self.space_mut(field) = space;
        self
    }

    /// Only those whose field is in this space; none where no packet is left.
    pub fn narrowed(mut self, field: Field, space: &Space) -> Option<Self> {
        let common = self.space(field).intersection(space);
        if common.is_empty() {
            return None;
        }
        *self.space_mut(field) = common;
        Some(self)
    }

    /// None where no packet is in both.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.version != other.version {
            return None;
        }
        let mut common = self.clone();
        for field in Field::ALL {
            common = common.narrowed(field, other.space(field))?;
        }
        Some(common)
    }

    /// What is in `self` and not in `other`, in parts that are apart.
    pub fn difference(&self, other: &Self) -> Vec<Self> {
        if self.intersection(other).is_none() {
            return vec![self.clone()];
        }
        let (mut rest, mut parts) = (self.clone(), Vec::new());
        for field in Field::ALL {
            let outside = rest.space(field).difference(other.space(field));
            if !outside.is_empty() {
                parts.push(rest.clone().with(field, outside));
            }
            let inside = rest.space(field).intersection(other.space(field));
            rest = rest.with(field, inside);
        }
        parts
    }

    /// Whether all of `other` is in here.
    pub fn holds(&self, other: &Self) -> bool {
        self.version == other.version
            && Field::ALL.into_iter().all(|field| self.space(field).holds(other.space(field)))
    }

    /// The answers to these, as a firewall that has seen them knows them.
    #[must_use]
    pub fn answers(&self) -> Self {
        let space = |field| self.space(field).clone();
        self.clone()
            .with(Field::State, State::Established.space())
            .with(Field::Type, Field::Type.all(self.version))
            .with(Field::Source, space(Field::Destination))
            .with(Field::Destination, space(Field::Source))
            .with(Field::SourcePorts, space(Field::Ports))
            .with(Field::Ports, space(Field::SourcePorts))
    }
}

/// What is left of some packets without others.
pub fn without(packets: Vec<Packets>, others: &[Packets]) -> Vec<Packets> {
    others.iter().fold(packets, |left, other| {
        left.iter().flat_map(|packets| packets.difference(other)).collect()
    })
}

/// Puts parts together that differ in one field only, so that people read fewer.
pub fn joined(mut parts: Vec<Packets>) -> Vec<Packets> {
    'again: loop {
        for n in 0..parts.len() {
            let (before, rest) = parts.split_at(n);
            let Some((last, _)) = rest.split_first() else { continue };
            let found = before.iter().enumerate().find_map(|(m, one)| Some((m, join(one, last)?)));
            if let Some((m, whole)) = found {
                parts.swap_remove(n);
                if let Some(place) = parts.get_mut(m) {
                    *place = whole;
                }
                continue 'again;
            }
        }
        parts.sort();
        return parts;
    }
}

fn join(one: &Packets, other: &Packets) -> Option<Packets> {
    if one.version != other.version {
        return None;
    }
    let mut apart = Field::ALL.into_iter().filter(|field| one.space(*field) != other.space(*field));
    match (apart.next(), apart.next()) {
        (None, _) => Some(one.clone()),
        (Some(field), None) => {
            let all = one.space(field).union(other.space(field));
            Some(one.clone().with(field, all))
        }
        (Some(_), Some(_)) => None,
    }
}

/// IANA's numbers of the protocols that rules name.
pub const PROTOCOLS: [(&str, u8); 15] = [
    ("icmp", 1),
    ("igmp", 2),
    ("ipencap", 4),
    ("tcp", 6),
    ("udp", 17),
    ("dccp", 33),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ospf", 89),
    ("vrrp", 112),
    ("sctp", 132),
    ("udplite", 136),
];

/// By its name, in either case, or by its number.
pub fn protocol(name: &str) -> Option<u8> {
    let named = PROTOCOLS.into_iter().find(|(one, _)| name.eq_ignore_ascii_case(one));
    named.map(|(_, number)| number).or_else(|| name.parse().ok())
}

/// ARP has none, and no rule is for it.
fn number_of(protocol: catalog::Protocol) -> u128 {
    self::protocol(protocol.slug()).map_or(0, u128::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Small products over three fields.
    fn small() -> impl Strategy<Value = Packets> {
        let space = || {
            let range = (0u128..6, 0u128..3).prop_map(|(first, more)| (first, first + more));
            prop::collection::vec(range, 1..3).prop_map(Space::new)
        };
        (space(), space(), space()).prop_map(|(ports, source, destination)| {
            Packets::all(Version::V4)
                .with(Field::Ports, ports)
                .with(Field::Source, source)
                .with(Field::Destination, destination)
        })
    }

    fn has(packets: &[Packets], at: [u128; 3]) -> bool {
        let fields = [Field::Ports, Field::Source, Field::Destination];
        packets.iter().any(|packets| {
            fields.iter().zip(at).all(|(field, n)| packets.space(*field).holds(&one(n)))
        })
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_sets(a in small(), b in small(), c in small()) {
            let (both, left) = (a.intersection(&b), a.difference(&b));
            let whole = joined(vec![a.clone(), b.clone(), c.clone()]);
            for n in 0..512u128 {
                let at = [n % 8, n / 8 % 8, n / 64];
                let [in_a, in_b, in_c] = [&a, &b, &c].map(|one| has(std::slice::from_ref(one), at));
                prop_assert_eq!(both.as_ref().is_some_and(|one| has(std::slice::from_ref(one), at)), in_a && in_b);
                prop_assert_eq!(has(&left, at), in_a && !in_b);
                prop_assert_eq!(has(&whole, at), in_a || in_b || in_c);
            }
            prop_assert_eq!(b.holds(&a), left.is_empty());
        }
    }
}
