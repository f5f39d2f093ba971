//! What a rule asks about packets, in nftables' words → [`Packets`].

use std::net::IpAddr;

use serde_json::Value;

use crate::read::packets::{Field, Packets, State, one, protocol};
use crate::read::{address, icmp};
use crate::rule::Version;
use crate::space::Space;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A field, of packets of one version or protocol only where that is in the
    /// question.
    Field {
        field: Field,
        version: Option<Version>,
        protocol: Option<u8>,
    },
    /// The version of IP.
    Version,
    Interface {
        incoming: bool,
    },
}

fn field(field: Field) -> Key {
    Key::Field { field, version: None, protocol: None }
}

/// None where it is nothing that is understood.
pub(super) fn key(left: &Value) -> Option<Key> {
    let (kind, body) = left.as_object()?.iter().next()?;
    let word = |name: &str| body.get(name).and_then(Value::as_str);
    match kind.as_str() {
        "payload" => payload(word("protocol")?, word("field")?),
        "meta" => match word("key")? {
            "l4proto" => Some(field(Field::Protocol)),
            "nfproto" | "protocol" => Some(Key::Version),
            "iif" | "iifname" => Some(Key::Interface { incoming: true }),
            "oif" | "oifname" => Some(Key::Interface { incoming: false }),
            _ => None,
        },
        "ct" if word("key")? == "state" => Some(field(Field::State)),
        _ => None,
    }
}

fn payload(of: &str, name: &str) -> Option<Key> {
    let version = match of {
        "ip" | "icmp" => Some(Version::V4),
        "ip6" | "icmpv6" => Some(Version::V6),
        _ => None,
    };
    let (field, protocol) = match (of, name) {
        ("ip" | "ip6", "saddr") => (Field::Source, None),
        ("ip" | "ip6", "daddr") => (Field::Destination, None),
        ("ip", "protocol") | ("ip6", "nexthdr") => (Field::Protocol, None),
        ("icmp" | "icmpv6", "type") => (Field::Type, Some(protocol(of)?)),
        ("th", "sport") => (Field::SourcePorts, None),
        ("th", "dport") => (Field::Ports, None),
        ("tcp" | "udp" | "udplite" | "sctp" | "dccp", "sport") => {
            (Field::SourcePorts, Some(protocol(of)?))
        }
        ("tcp" | "udp" | "udplite" | "sctp" | "dccp", "dport") => {
            (Field::Ports, Some(protocol(of)?))
        }
        _ => return None,
    };
    Some(Key::Field { field, version, protocol })
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Is,
    Not,
    /// At most, at least: of numbers.
    UpTo,
    From,
}

impl Key {
    /// The packets that have one of these values; none where a value is not
    /// understood. An interface is no field of a packet, and is never asked here.
    pub(super) fn packets(&self, values: &[&Value], how: Compared) -> Option<Vec<Packets>> {
        match self {
            Self::Interface { .. } => None,
            Self::Version => {
                let named = |value: &&Value| match value.as_str()? {
                    "ipv4" | "ip" => Some(Version::V4),
                    "ipv6" | "ip6" => Some(Version::V6),
                    _ => None,
                };
                let said: Vec<Version> = values.iter().map(named).collect::<Option<_>>()?;
                let wanted = |version: &Version| match how {
                    Compared::Is => Some(said.contains(version)),
                    Compared::Not => Some(!said.contains(version)),
                    _ => None,
                };
                let mut all = Vec::new();
                for version in Version::ALL {
                    if wanted(&version)? {
                        all.push(Packets::all(version));
                    }
                }
                Some(all)
            }
            Self::Field { field, version, protocol } => {
                let versions = Version::ALL.into_iter();
                let versions = versions.filter(|one| version.is_none_or(|only| only == *one));
                let mut all = Vec::new();
                for version in versions {
                    let space = spaces(*field, version, values)?;
                    let space = compared(*field, version, &space, how)?;
                    let mut packets = Packets::all(version);
                    if let Some(number) = protocol {
                        packets = packets.with(Field::Protocol, one(u128::from(*number)));
                    }
                    all.extend(packets.narrowed(*field, &space));
                }
                Some(all)
            }
        }
    }
}

fn compared(field: Field, version: Version, said: &Space, how: Compared) -> Option<Space> {
    let all = field.all(version);
    let last = all.ranges().last()?.1;
    Some(match how {
        Compared::Is => said.clone(),
        Compared::Not => all.difference(said),
        Compared::UpTo => Space::new([(0, said.ranges().last()?.1)]),
        Compared::From => Space::new([(said.ranges().first()?.0, last)]),
    })
}

/// All values in one space.
fn spaces(field: Field, version: Version, values: &[&Value]) -> Option<Space> {
    let mut ranges = Vec::new();
    for value in values {
        ranges.extend_from_slice(space(field, version, value)?.ranges());
    }
    Some(Space::new(ranges))
}

fn space(field: Field, version: Version, value: &Value) -> Option<Space> {
    if let Some([first, last]) = value.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        if matches!(field, Field::Source | Field::Destination) {
            return of_version(version, address::range(ip(first)?, ip(last)?)?);
        }
        let [first, last] = [space(field, version, first)?, space(field, version, last)?];
        let (first, last) = (first.ranges().first()?.0, last.ranges().last()?.1);
        return (first <= last).then(|| Space::new([(first, last)]));
    }
    match field {
        Field::Source | Field::Destination => {
            if let Some(prefix) = value.get("prefix") {
                let length = u8::try_from(prefix.get("len")?.as_u64()?).ok()?;
                return of_version(version, address::prefix(ip(prefix.get("addr")?)?, length)?);
            }
            of_version(version, address::addresses(value.as_str()?)?)
        }
        Field::State => Some(State::parse(value.as_str()?)?.space()),
        Field::Protocol => number(value, &|name| protocol(name).map(u128::from), u8::MAX.into()),
        Field::Type => {
            number(value, &|name| icmp::kind(version, name).map(u128::from), u8::MAX.into())
        }
        Field::Ports | Field::SourcePorts => {
            number(value, &|text| text.parse::<u16>().ok().map(u128::from), u16::MAX.into())
        }
    }
}

fn number(value: &Value, named: &dyn Fn(&str) -> Option<u128>, most: u128) -> Option<Space> {
    let number = match value.as_str() {
        Some(name) => named(name)?,
        None => u128::from(value.as_u64()?),
    };
    (number <= most).then(|| one(number))
}

fn ip(value: &Value) -> Option<IpAddr> {
    value.as_str()?.parse().ok()
}

fn of_version(version: Version, (found, space): (Version, Space)) -> Option<Space> {
    (found == version).then_some(space)
}
