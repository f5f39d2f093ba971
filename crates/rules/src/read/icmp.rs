//! The types of ICMP messages by the names that nftables and iptables have for them
//! (RFC 792, RFC 4443; `nft describe icmp type`, `iptables -p icmp -h`).

use crate::rule::Version;

const V4: [(&str, u8); 16] = [
    ("echo-reply", 0),
    ("pong", 0),
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("ping", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("ttl-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
];

const V6: [(&str, u8); 24] = [
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("ttl-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld-listener-done", 132),
    ("mld-listener-reduction", 132),
    ("nd-router-solicit", 133),
    ("router-solicitation", 133),
    ("nd-router-advert", 134),
    ("router-advertisement", 134),
    ("nd-neighbor-solicit", 135),
    ("neighbour-solicitation", 135),
    ("neighbor-solicitation", 135),
    ("nd-neighbor-advert", 136),
    ("neighbour-advertisement", 136),
    ("neighbor-advertisement", 136),
    ("nd-redirect", 137),
    ("redirect", 137),
    ("mld2-listener-report", 143),
];

/// By its name or number.
pub(super) fn kind(version: Version, name: &str) -> Option<u8> {
    let known: &[(&str, u8)] = match version {
        Version::V4 => &V4,
        Version::V6 => &V6,
    };
    let named = known.iter().find(|(one, _)| *one == name).map(|(_, kind)| *kind);
    named.or_else(|| name.parse().ok())
}
