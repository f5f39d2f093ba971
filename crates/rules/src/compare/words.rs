//! Packets in few words: `tcp 443 from 10.1.0.0/16 to 10.0.1.11`.

use std::fmt::Write as _;

use crate::read::packets::{Field, PROTOCOLS, Packets};
use crate::rule::{Version, range_text};
use crate::space::{Space, address};

/// More parts than this are counted, not told.
const MOST: usize = 4;

/// All parts, with `; ` between them.
pub(super) fn packets(parts: &[Packets]) -> String {
    let mut text: Vec<String> = parts.iter().take(MOST).map(one).collect();
    if let Some(more) = parts.len().checked_sub(MOST).filter(|more| *more > 0) {
        text.push(format!("and {more} more"));
    }
    text.join("; ")
}

fn one(packets: &Packets) -> String {
    let version = packets.version();
    let mut text = service(packets);
    for (word, field) in [("from", Field::Source), ("to", Field::Destination)] {
        let space = packets.space(field);
        let shown = if *space == field.all(version) {
            any(version).to_owned()
        } else {
            blocks(version, space)
        };
        // Writing to a text cannot fail.
        let _written = write!(text, " {word} {shown}");
    }
    let sources = packets.space(Field::SourcePorts);
    if *sources != Field::SourcePorts.all(version) {
        let _written = write!(text, " out of port {}", ports(sources));
    }
    text
}

fn any(version: Version) -> &'static str {
    match version {
        Version::V4 => "any IPv4 address",
        Version::V6 => "any IPv6 address",
    }
}

/// `tcp 443`, `icmp type 8`, `any protocol`.
fn service(packets: &Packets) -> String {
    let version = packets.version();
    let space = packets.space(Field::Protocol);
    let ports_said = packets.space(Field::Ports);
    let types_said = packets.space(Field::Type);
    let mut text = if *space == Field::Protocol.all(version) {
        "any protocol".to_owned()
    } else {
        let names = space.ranges().iter().map(|(first, last)| match first == last {
            true => name(*first),
            false => format!("protocols {first}-{last}"),
        });
        some(names.collect())
    };
    if *types_said != Field::Type.all(version) {
        let types = types_said.ports().into_iter().map(range_text);
        let _written = write!(text, " type {}", some(types.collect()));
    }
    if *ports_said != Field::Ports.all(version) {
        let _written = write!(text, " {}", ports(ports_said));
    } else if [6, 17].into_iter().any(|one| *space == Space::new([(one, one)])) {
        text.push_str(" to any port");
    }
    text
}

fn name(number: u128) -> String {
    let known = PROTOCOLS.iter().find(|(_, one)| u128::from(*one) == number);
    known.map_or_else(|| format!("protocol {number}"), |(name, _)| (*name).to_owned())
}

fn ports(space: &Space) -> String {
    some(space.ports().into_iter().map(range_text).collect())
}

/// Blocks where they are few, else ranges.
fn blocks(version: Version, space: &Space) -> String {
    let ranges = space.ranges().iter().map(|(first, last)| {
        let blocks = Space::new([(*first, *last)]).blocks(version);
        match blocks.as_slice() {
            [one] if first == last => one.first().to_string(),
            [one] => one.to_string(),
            _ => format!("{}-{}", address(version, *first), address(version, *last)),
        }
    });
    some(ranges.collect())
}

/// The first ones, with a word for the others.
fn some(mut words: Vec<String>) -> String {
    const WORDS: usize = 8;
    let more = words.len().saturating_sub(WORDS);
    words.truncate(WORDS);
    let text = words.join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}
