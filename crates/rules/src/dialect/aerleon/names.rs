//! Names for networks and services in Aerleon's definitions. A network is named for
//! its parties, a service for its port, so that a person who knows the site file knows
//! them.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Protocol;
use plan::Cidr;

use super::term::Term;
use crate::rule::{Ends, Version};

/// The most of a party's name in a network's: PAN-OS takes 63 characters, and Aerleon
/// appends a number to each address.
const PARTY: usize = 36;

/// The networks and services that some terms need, by their names.
pub(super) struct Names {
    networks: BTreeMap<Ends, String>,
    services: BTreeMap<String, (Protocol, (u16, u16))>,
}

impl Names {
    pub(super) fn of<'a>(terms: impl Iterator<Item = &'a Term>) -> Self {
        let mut plain: BTreeMap<String, BTreeSet<Ends>> = BTreeMap::new();
        let mut services = BTreeMap::new();
        for term in terms {
            for ends in term.source.iter().chain(&term.destination) {
                plain.entry(network(ends, term.version)).or_default().insert(ends.clone());
            }
            for range in term.ports.iter().chain(&term.source_ports) {
                services.insert(service(term.protocol, *range), (term.protocol, *range));
            }
        }
        let networks = plain.into_iter().flat_map(|(name, all)| {
            let alone = all.len() == 1;
            all.into_iter().map(move |ends| {
                let name = if alone { name.clone() } else { format!("{name}-{}", digest(&ends)) };
                (ends, name)
            })
        });
        Self { networks: networks.collect(), services }
    }

    pub(super) fn of_network(&self, ends: &Ends) -> Option<&str> {
        self.networks.get(ends).map(String::as_str)
    }

    /// The definitions as YAML.
    pub(super) fn text(&self) -> String {
        let mut text = "networks:\n".to_owned();
        let sorted: BTreeMap<&str, &Ends> =
            self.networks.iter().map(|(ends, name)| (name.as_str(), ends)).collect();
        for (name, ends) in sorted {
            text.push_str(&format!("  # {}\n  {name}:\n    values:\n", ends.parties.join(", ")));
            let addresses = ends.blocks.iter().map(|block| format!("      - address: {block}\n"));
            text.extend(addresses);
        }
        text.push_str("services:\n");
        for (name, (protocol, (first, last))) in &self.services {
            let port = if first == last { first.to_string() } else { format!("{first}-{last}") };
            let protocol = protocol.slug();
            text.push_str(&format!("  {name}:\n    - port: {port}\n      protocol: {protocol}\n"));
        }
        text
    }
}

/// `HEAD-V4`, `BRANCH-1-AND-2-MORE-V4`.
fn network(ends: &Ends, version: Version) -> String {
    let first = ends.parties.first().map_or("neighbours", String::as_str);
    let first: String = first.chars().take(PARTY).collect();
    let more = match ends.parties.len() {
        0 | 1 => String::new(),
        several => format!("-AND-{}-MORE", several - 1),
    };
    let version = match version {
        Version::V4 => "V4",
        Version::V6 => "V6",
    };
    format!("{}{more}-{version}", first.to_uppercase())
}

/// Tells networks apart that would have the same name.
fn digest(ends: &Ends) -> String {
    let mut hasher = blake3::Hasher::new();
    let blocks = ends.blocks.iter().map(Cidr::to_string);
    for text in ends.parties.iter().cloned().chain(blocks) {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().chars().take(8).collect()
}

/// `TCP-443`, `TCP-49152-65535`.
pub(super) fn service(protocol: Protocol, (first, last): (u16, u16)) -> String {
    let protocol = protocol.slug().to_uppercase();
    if first == last { format!("{protocol}-{first}") } else { format!("{protocol}-{first}-{last}") }
}
