//! Addresses and ports, as people write them in rules.

use std::net::IpAddr;

use plan::Cidr;

use crate::rule::Version;
use crate::space::{Space, version_of};

/// Some addresses: `10.1.0.0/16`, `10.1.0.0/255.255.0.0`, `10.1.0.1-10.1.0.9` or
/// `10.1.0.7`.
pub(super) fn addresses(text: &str) -> Option<(Version, Space)> {
    if let Some((first, last)) = text.split_once('-') {
        let [first, last]: [IpAddr; 2] = [first.trim().parse().ok()?, last.trim().parse().ok()?];
        return range(first, last);
    }
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.trim().parse().ok()?;
    let length = match length.map(str::trim) {
        Some(length) => length.parse().ok().or_else(|| of_mask(length.parse().ok()?))?,
        None if address.is_ipv4() => 32,
        None => 128,
    };
    prefix(address, length)
}

pub(super) fn prefix(address: IpAddr, length: u8) -> Option<(Version, Space)> {
    let block = Cidr::around(address, length)?;
    let version = version_of(address);
    Some((version, Space::of_blocks(version, [&block])))
}

/// Both ends are in it.
pub(super) fn range(first: IpAddr, last: IpAddr) -> Option<(Version, Space)> {
    let number = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let version = version_of(first);
    (version == version_of(last) && first <= last)
        .then(|| (version, Space::new([(number(first), number(last))])))
}

/// The length that a mask without holes stands for.
fn of_mask(mask: IpAddr) -> Option<u8> {
    let (bits, width) = match mask {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let length = bits.leading_ones();
    let whole = length == 0 && bits == 0 || bits.count_ones() == length && length <= width;
    whole.then(|| u8::try_from(length).ok()).flatten()
}

/// `443`, `8530-8531` or `8530:8531`.
pub(super) fn ports(text: &str) -> Option<(u16, u16)> {
    let text = text.trim();
    let (first, last) = match text.split_once(['-', ':']) {
        Some((first, last)) => (first.trim(), last.trim()),
        None => (text, text),
    };
    // As iptables has it: what is left out is the end.
    let first = if first.is_empty() && !last.is_empty() { 0 } else { first.parse().ok()? };
    let last = if last.is_empty() { u16::MAX } else { last.parse().ok()? };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_way_to_write_addresses_is_read() {
        let same = ["10.1.0.0/16", "10.1.2.3/16", "10.1.0.0/255.255.0.0", "10.1.0.0-10.1.255.255"];
        for text in same {
            assert_eq!(addresses(text), addresses("10.1.0.0/16"), "{text}");
        }
        assert_eq!(addresses("0.0.0.0/0.0.0.0").unwrap().1, Space::all(Version::V4));
        assert_eq!(addresses("::/0").unwrap().1, Space::all(Version::V6));
        for text in
            ["", "head", "10.1.0.0/33", "10.1.0.0/255.0.255.0", "10.1.0.9-10.1.0.1", "::1-10.0.0.1"]
        {
            assert_eq!(addresses(text), None, "{text}");
        }
    }

    #[test]
    fn every_way_to_write_ports_is_read() {
        let cases = [
            ("7", (7, 7)),
            ("7-9", (7, 9)),
            ("7:9", (7, 9)),
            (":9", (0, 9)),
            ("7:", (7, u16::MAX)),
        ];
        for (text, want) in cases {
            assert_eq!(ports(text), Some(want), "{text}");
        }
        for text in ["", "x", "9-7", "70000", "-", ":"] {
            assert_eq!(ports(text), None, "{text}");
        }
    }
}
