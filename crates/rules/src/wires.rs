//! The IPv4 networks of an estate, in order, so that the broadcast addresses of a few
//! machines are found without a look at each network: there may be thousands of both.

use std::collections::BTreeSet;
use std::net::IpAddr;

use plan::{Cidr, Plan};

use crate::rule::Version;
use crate::space::{Space, address};

/// Longer blocks are a pair of machines or one, which has no broadcast address
/// (RFC 3021).
const LONGEST: u8 = 30;

/// The blocks that have a broadcast address.
#[derive(Debug)]
pub(crate) struct Wires {
    /// Sorted.
    blocks: Vec<Cidr>,
    /// Those that there are: few, where an estate has thousands of networks.
    lengths: BTreeSet<u8>,
}

impl Wires {
    pub(crate) fn of(plan: &Plan) -> Self {
        let blocks = plan.networks().iter().flat_map(|network| &network.cidr);
        Self::of_blocks(blocks.copied())
    }

    fn of_blocks(blocks: impl Iterator<Item = Cidr>) -> Self {
        let broad = |block: &Cidr| block.first().is_ipv4() && block.length() <= LONGEST;
        let mut blocks: Vec<Cidr> = blocks.filter(broad).collect();
        blocks.sort_unstable();
        let lengths = blocks.iter().map(|block| block.length()).collect();
        Self { blocks, lengths }
    }

    /// Whether all machines of a network are meant by this address.
    pub(crate) fn is_broadcast(&self, address: IpAddr) -> bool {
        self.around(address).any(|block| block.last() == address)
    }

    /// The broadcast addresses of all networks that have an address out of `near`.
    pub(crate) fn broadcasts(&self, near: &Space) -> Space {
        let mut found = Vec::new();
        for (first, last) in near.ranges() {
            let (first, last) = (address(Version::V4, *first), address(Version::V4, *last));
            found.extend(self.around(first));
            let after = self.blocks.partition_point(|block| block.first() <= first);
            let begin_inside =
                self.blocks.iter().skip(after).take_while(|block| block.first() <= last);
            found.extend(begin_inside);
        }
        let found: Vec<Cidr> =
            found.iter().filter_map(|block| Cidr::around(block.last(), 32)).collect();
        Space::of_blocks(Version::V4, &found)
    }

    /// The blocks that hold an address.
    fn around(&self, address: IpAddr) -> impl Iterator<Item = Cidr> + '_ {
        let blocks = self.lengths.iter().filter_map(move |length| Cidr::around(address, *length));
        blocks.filter(|block| self.blocks.binary_search(block).is_ok())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn block() -> impl Strategy<Value = Cidr> {
        (0u8..32, 20u8..=32).prop_map(|(low, length)| {
            Cidr::around([10, 0, low / 8, (low % 8) << 5].into(), length).unwrap()
        })
    }

    proptest! {
        /// Blocks may lie in one another, and the addresses begin and end anywhere.
        #[test]
        fn the_order_finds_what_a_look_at_each_block_finds(
            blocks in prop::collection::vec(block(), 0..12),
            near in prop::collection::vec(block(), 0..4),
        ) {
            let wires = Wires::of_blocks(blocks.iter().copied());
            let broad: Vec<Cidr> =
                blocks.iter().filter(|block| block.length() <= LONGEST).copied().collect();
            let near = Space::of_blocks(Version::V4, &near);
            let meets = |block: &&Cidr| near.meets(&Space::of_blocks(Version::V4, [*block]));
            let met = broad.iter().filter(meets);
            let last = met.map(|block| Cidr::around(block.last(), 32).unwrap());
            let last: Vec<Cidr> = last.collect();
            prop_assert_eq!(wires.broadcasts(&near), Space::of_blocks(Version::V4, &last));
            for block in &blocks {
                let mine = broad.iter().any(|one| one.last() == block.last());
                prop_assert_eq!(wires.is_broadcast(block.last()), mine);
            }
        }
    }
}
