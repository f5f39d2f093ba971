//! What the dialects for clouds have in common: their networks carry packets from one
//! machine to another, and nothing that is for many.

use std::sync::LazyLock;

use plan::Cidr;

use crate::rule::{Ends, Finding, Kind, Rule, RuleSet, Version};
use crate::space::Space;

/// Everybody on the wire, groups of machines, a machine without an address, and what a
/// machine has on its own wire only: no cloud routes these, and who has no address yet
/// gets one from the cloud itself.
static NOT_CARRIED: LazyLock<[Space; 2]> = LazyLock::new(|| {
    let space = |version, texts: &[&str]| {
        let blocks: Vec<Cidr> = texts.iter().filter_map(|text| Cidr::parse(text).ok()).collect();
        Space::of_blocks(version, &blocks)
    };
    [
        space(Version::V4, &["0.0.0.0/32", "224.0.0.0/4", "255.255.255.255/32"]),
        space(Version::V6, &["::/128", "fe80::/10", "ff00::/8"]),
    ]
});

/// Why a cloud has no rule, or only a part of one.
pub(super) const FOR_MANY: &str = "it is for many machines at once, which is not carried there";
pub(super) const PARTLY_FOR_MANY: &str =
    "what of it is for many machines at once is not carried there";

/// The blocks out of `ends` that are addresses of single machines.
pub(super) fn carried(set: &RuleSet<'_>, ends: &Ends, version: Version) -> Vec<Cidr> {
    let [v4, v6] = &*NOT_CARRIED;
    let not = match version {
        Version::V4 => v4,
        Version::V6 => v6,
    };
    let is_broadcast = |block: &Cidr| {
        version == Version::V4 && block.length() == 32 && set.wires.is_broadcast(block.first())
    };
    let single: Vec<Cidr> =
        ends.blocks.iter().filter(|block| !is_broadcast(block)).copied().collect();
    Space::of_blocks(version, &single).difference(not).blocks(version)
}

/// That a dialect leaves a rule out, or a part of it.
pub(super) fn not_sayable(dialect: &str, rule: &Rule, what: &str) -> Finding {
    let who = |ends: &Ends| match ends.parties.as_slice() {
        [] => "neighbours".to_owned(),
        parties => parties.join(", "),
    };
    Finding {
        kind: Kind::NotSayable,
        party: who(&rule.destination),
        message: format!("{dialect}: rule {} from {}: {what}", rule.id, who(&rule.source)),
        flows: rule.serves.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_single_machines_are_left() {
        let plan = crate::tests::plan_of(crate::tests::BRANCHES);
        let set = crate::Compiler::new(&plan).rules(&crate::Place::Border).unwrap();
        let left = |version, texts: &[&str]| {
            let blocks = texts.iter().map(|text| Cidr::parse(text).unwrap()).collect();
            let kept = carried(&set, &Ends { blocks, parties: Vec::new() }, version);
            kept.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        // 10.1.0.255 is the broadcast address of the servers' network, 10.1.0.0/24.
        let mixed = ["0.0.0.0/32", "10.1.0.67/32", "10.1.0.255/32", "255.255.255.255/32"];
        assert_eq!(left(Version::V4, &mixed), ["10.1.0.67/32"]);
        assert_eq!(left(Version::V4, &["10.2.0.0/16", "224.0.0.0/4"]), ["10.2.0.0/16"]);
        assert_eq!(left(Version::V6, &["fe80::/10", "ff02::/16", "::/128"]), [""; 0]);
    }
}
