//! Which network an address belongs to, in the logarithm of their number.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::cidr::Cidr;
use crate::estate::{Network, Said};

/// The blocks of all networks, by their first address.
#[derive(Default)]
pub(crate) struct Subnets<'a> {
    blocks: BTreeMap<IpAddr, (&'a Said<Cidr>, &'a Network)>,
}

/// A block that another one overlaps.
pub(crate) struct Overlap<'a> {
    pub(crate) block: &'a Said<Cidr>,
    pub(crate) of: &'a Network,
    pub(crate) with: &'a Said<Cidr>,
    pub(crate) with_of: &'a Network,
}

impl<'a> Subnets<'a> {
    /// The blocks that overlap none before them, and the others.
    pub(crate) fn of(networks: &'a [Network]) -> (Self, Vec<Overlap<'a>>) {
        let mut all: Vec<_> =
            networks.iter().flat_map(|of| of.cidr.iter().map(move |block| (block, of))).collect();
        // Sorted by their first address, a block can overlap only the last one kept.
        all.sort_by_key(|(block, of)| (block.value.first(), block.at.start, &of.name.value));
        let mut subnets = Self::default();
        let mut overlaps = Vec::new();
        for (block, of) in all {
            match subnets.home(block.value.first()) {
                Some((with, with_of)) => overlaps.push(Overlap { block, of, with, with_of }),
                None => {
                    subnets.blocks.insert(block.value.first(), (block, of));
                }
            }
        }
        (subnets, overlaps)
    }

    /// The block that holds `address`, and its network.
    pub(crate) fn home(&self, address: IpAddr) -> Option<(&'a Said<Cidr>, &'a Network)> {
        let (_, home) = self.blocks.range(..=address).next_back()?;
        home.0.value.contains(address).then_some(*home)
    }
}
