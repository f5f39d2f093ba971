//! Sets of numbers: of addresses, and of ports. What two rule sets have in common
//! and what one lacks is decided on these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use plan::Cidr;

use crate::rule::Version;

/// Numbers, as ranges that are sorted and do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Space(Vec<(u128, u128)>);

impl Space {
    /// From any ranges, first and last.
    pub fn new(ranges: impl IntoIterator<Item = (u128, u128)>) -> Self {
        let mut ranges: Vec<(u128, u128)> = ranges.into_iter().collect();
        ranges.sort_unstable();
        let mut apart: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match apart.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
                _ => apart.push((first, last)),
            }
        }
        Self(apart)
    }

    /// The addresses of these blocks that are of one version.
    pub fn of_blocks<'a>(version: Version, blocks: impl IntoIterator<Item = &'a Cidr>) -> Self {
        let blocks = blocks.into_iter().filter(|block| version_of(block.first()) == version);
        Self::new(blocks.map(|block| (number(block.first()), number(block.last()))))
    }

    /// Every address of a version.
    pub fn all(version: Version) -> Self {
        match version {
            Version::V4 => Self(vec![(0, u128::from(u32::MAX))]),
            Version::V6 => Self(vec![(0, u128::MAX)]),
        }
    }

    pub fn of_ports(ranges: impl IntoIterator<Item = (u16, u16)>) -> Self {
        Self::new(ranges.into_iter().map(|(first, last)| (u128::from(first), u128::from(last))))
    }

    pub fn ranges(&self) -> &[(u128, u128)] {
        &self.0
    }

    /// As ports; what is no port is left out.
    pub fn ports(&self) -> Vec<(u16, u16)> {
        let narrow = |(first, last): &(u128, u128)| {
            Some((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?))
        };
        self.0.iter().filter_map(narrow).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers there are; the most that can be said where there are more.
    pub fn size(&self) -> u128 {
        let sizes = self.0.iter().map(|(first, last)| (last - first).saturating_add(1));
        sizes.fold(0, u128::saturating_add)
    }

    pub fn union(&self, other: &Self) -> Self {
        Self::new(self.0.iter().chain(&other.0).copied())
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let (mut common, mut mine, mut theirs) = (Vec::new(), self.0.iter(), other.0.iter());
        let (mut one, mut two) = (mine.next(), theirs.next());
        while let (Some(a), Some(b)) = (one, two) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                common.push((first, last));
            }
            if a.1 < b.1 { one = mine.next() } else { two = theirs.next() }
        }
        Self(common)
    }

    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut theirs = other.0.iter().peekable();
        for &(mut first, last) in &self.0 {
            while theirs.next_if(|range| range.1 < first).is_some() {}
            let mut open = true;
            for range in theirs.clone().take_while(|range| range.0 <= last) {
                if range.0 > first {
                    left.push((first, range.0 - 1));
                }
                let Some(next) = range.1.checked_add(1) else {
                    open = false;
                    break;
                };
                first = first.max(next);
            }
            if open && first <= last {
                left.push((first, last));
            }
        }
        Self(left)
    }

    /// Whether all of `other` is in here.
    pub fn holds(&self, other: &Self) -> bool {
        other.0.iter().all(|(first, last)| {
            let after = self.0.partition_point(|range| range.0 <= *first);
            let before = after.checked_sub(1).and_then(|n| self.0.get(n));
            before.is_some_and(|range| range.1 >= *last)
        })
    }

    pub fn meets(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The fewest blocks that hold exactly these addresses; sorted.
    pub fn blocks(&self, version: Version) -> Vec<Cidr> {
        let width = width(version);
        let mut blocks = Vec::new();
        for &(first, last) in &self.0 {
            let mut next = Some(first);
            while let Some(at) = next.filter(|at| *at <= last) {
                // The largest block that begins here and does not pass the last.
                let mut host_bits = at.trailing_zeros().min(u32::from(width));
                while host_bits > 0 && end_of(at, host_bits) > last {
                    host_bits -= 1;
                }
                let length = width - u8::try_from(host_bits).unwrap_or(width);
                blocks.extend(Cidr::around(address(version, at), length));
                next = end_of(at, host_bits).checked_add(1);
            }
        }
        blocks
    }
}

fn end_of(first: u128, host_bits: u32) -> u128 {
    let rest = if host_bits >= u128::BITS { u128::MAX } else { (1 << host_bits) - 1 };
    first | rest
}

/// Of which version an address is.
pub fn version_of(address: IpAddr) -> Version {
    if address.is_ipv4() { Version::V4 } else { Version::V6 }
}

fn width(version: Version) -> u8 {
    match version {
        Version::V4 => 32,
        Version::V6 => 128,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address with this number.
pub fn address(version: Version, number: u128) -> IpAddr {
    match version {
        Version::V4 => Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into(),
        Version::V6 => Ipv6Addr::from_bits(number).into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn small() -> impl Strategy<Value = Space> {
        let range = (0u128..64, 0u128..12).prop_map(|(first, more)| (first, first + more));
        prop::collection::vec(range, 0..6).prop_map(Space::new)
    }

    fn has(space: &Space, n: u128) -> bool {
        space.ranges().iter().any(|(first, last)| (*first..=*last).contains(&n))
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_sets(a in small(), b in small()) {
            for n in 0..80 {
                let (in_a, in_b) = (has(&a, n), has(&b, n));
                prop_assert_eq!(has(&a.union(&b), n), in_a || in_b);
                prop_assert_eq!(has(&a.intersection(&b), n), in_a && in_b);
                prop_assert_eq!(has(&a.difference(&b), n), in_a && !in_b);
            }
            prop_assert_eq!(a.holds(&b), b.difference(&a).is_empty());
            prop_assert_eq!(a.size(), (0..80).filter(|n| has(&a, *n)).count() as u128);
        }

        #[test]
        fn blocks_hold_exactly_the_addresses(a in small()) {
            for version in Version::ALL {
                prop_assert_eq!(&Space::of_blocks(version, &a.blocks(version)), &a);
            }
        }
    }

    #[test]
    fn the_whole_and_its_ends_are_no_overflow() {
        for version in Version::ALL {
            let all = Space::all(version);
            assert_eq!(all.blocks(version).len(), 1);
            assert!(all.difference(&all).is_empty());
            let top = all.ranges().first().unwrap().1;
            let without = all.difference(&Space::new([(top, top)]));
            assert_eq!(without.union(&Space::new([(top, top)])), all);
        }
    }
}
