//! What is understood of a listing of nft that has nearly all that it can say.
#![allow(clippy::unwrap_used)]

use super::*;

const LISTED: &str = include_str!("../../../hostile/src/seeds/rules.json");

#[test]
fn what_is_not_understood_is_said_and_nothing_else() {
    let mut foreign = Foreign::read(LISTED, Format::guess(LISTED).unwrap()).unwrap();
    foreign.settle(&[]);
    let rules = foreign.chains.iter().flat_map(|chain| &chain.rules);
    let unknown: Vec<&str> = rules.flat_map(|rule| &rule.unknown).map(String::as_str).collect();
    let want = [
        "what is behind interface eth0, eth1",
        "icmp code net-unreachable",
        "meta pkttype broadcast",
        "limit",
        "ct direction original",
        "ct status dnat",
        "fib flags daddr local",
        "meta mark 1",
        "meter",
        "& ip saddr,0.0.0.255 0.0.0.7",
        "ether saddr 00:11:22:33:44:55",
    ];
    assert_eq!(unknown, want);
    assert!(foreign.notes.iter().any(|note| note.contains("type nat")), "{:?}", foreign.notes);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    for (format, text, at, says) in [
        (Format::NftJson, "{", "line 1, column 1", "no JSON"),
        (Format::NftJson, "{}", "the whole", "no list `nftables`"),
        (Format::Iptables, "*filter\n-A NOWHERE -j DROP\nCOMMIT\n", "line 2", "no chain NOWHERE"),
        (Format::Iptables, "*filter\n:INPUT DROP\n", "line 1", "does not end with COMMIT"),
        (
            Format::Csv,
            "source,destination,protocol,ports\nhead,any,tcp,7\n",
            "line 2",
            "`head` is no address",
        ),
        (Format::Csv, "source,destination,protocol\n", "line 1", "no column `ports`"),
        (
            Format::Csv,
            "from,to,proto,port,action\nany,any,tcp,7,maybe\n",
            "line 2",
            "`maybe` is no action",
        ),
    ] {
        let error = Foreign::read(text, format).unwrap_err();
        assert_eq!(error.at, at, "{error}");
        assert!(error.problem.contains(says), "{error}");
    }
}
