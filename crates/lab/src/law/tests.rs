//! The matcher on captures made by hand: what is planned passes, and one thing
//! after the other that is not is found and named.

use super::*;
use crate::packet::What;

const SITE: &str = r#"
edition = "portolan"
[site.P01]
name = "Law"
ports = { https = 8444 } # not a port: it stands in for a site file's own choice
[network.servers]
cidr = ["10.1.0.0/24"]
[network.branch]
cidr = ["10.7.0.0/24", "2001:db8:7::/64"]
clients = "P01"
[host.server]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
[host.router]
address = "10.1.0.1"
roles = ["router"]
"#;
const PORT: u16 = 8444; // not a port: see above

fn site() -> Plan {
    let estate = plan::read(SITE).unwrap();
    plan::plan(&estate).unwrap().0
}

/// Packets as machine, source, destination and kind.
fn capture(packets: &[(&str, &str, &str, What)]) -> Capture {
    let people = [
        ("server", vec!["10.1.0.10"]),
        ("client", vec!["10.7.0.20", "2001:db8:7::20"]),
        ("router", vec!["10.1.0.1", "10.7.0.1", "2001:db8:7::1"]),
        ("stranger", vec!["10.1.0.66"]),
    ];
    let machines = people.map(|(name, addresses)| {
        (name.to_owned(), addresses.iter().map(|text| text.parse().unwrap()).collect())
    });
    let packets = packets.iter().zip(0..).map(|((by, from, to, what), at)| Packet {
        at,
        by: (*by).to_owned(),
        own: true,
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        what: what.clone(),
        bytes: 40,
    });
    Capture { packets: packets.collect(), machines: machines.into() }
}

fn syn(to: u16) -> What {
    What::Tcp { from: 40_000, to, begins: true }
}

fn answer(from: u16, to: u16) -> What {
    What::Tcp { from, to, begins: false }
}

/// Judged alone, each after what comes before it in its line.
#[test]
fn what_the_plan_holds_passes() {
    let lines: &[&[(&str, &str, &str, What)]] = &[
        &[
            ("client", "10.7.0.20", "10.1.0.10", syn(PORT)),
            ("server", "10.1.0.10", "10.7.0.20", answer(PORT, 40_000)),
        ],
        &[("client", "10.7.0.20", "10.7.0.1", What::Arp)],
        &[("router", "10.1.0.1", "10.1.0.10", What::Arp)],
        &[("client", "::", "ff02::16", What::Icmpv6(143, 0))],
        &[("client", "::", "ff02::1:ff00:20", What::Icmpv6(135, 0))],
        &[("client", "fe80::1", "fe80::2", What::Icmpv6(136, 0))],
        &[("router", "10.7.0.1", "10.7.0.20", What::Icmp(3, 1))],
    ];
    for line in lines {
        let verdict = judge(&[&site()], &capture(line), &[]);
        assert_eq!(verdict.rogues, [], "{line:?}");
        assert!(!verdict.seen.is_empty(), "{line:?}");
    }
}

#[test]
fn what_no_plan_holds_is_found_and_named() {
    let udp = What::Udp { from: 40_000, to: PORT };
    let lines = [
        ("client", "10.7.0.20", "10.1.0.10", syn(PORT + 1), "another port"),
        ("client", "10.7.0.20", "10.1.0.10", udp, "another protocol"),
        ("server", "10.1.0.10", "10.7.0.20", syn(PORT), "the other way round"),
        ("stranger", "10.1.0.66", "10.1.0.10", syn(PORT), "from where no client lives"),
        ("stranger", "10.7.0.20", "10.1.0.10", syn(PORT), "under a foreign address"),
        ("client", "10.7.0.20", "10.7.0.99", syn(PORT), "to another client"),
        ("client", "10.7.0.20", "10.1.0.10", answer(40_000, PORT), "without a beginning"),
        ("client", "10.7.0.20", "10.1.0.10", What::Icmp(8, 0), "a probe that nobody ordered"),
        ("client", "10.7.0.20", "10.1.0.10", What::Icmp(0, 0), "an answer to nothing"),
        ("client", "10.7.0.20", "10.1.0.10", What::Icmp(3, 3), "an error by no router"),
        ("stranger", "10.1.0.66", "10.7.0.20", What::Arp, "another subnet"),
        ("client", "::", "ff02::16", What::Other("IP protocol 132".into()), "not known"),
    ];
    for (by, from, to, what, why) in lines {
        let verdict = judge(&[&site()], &capture(&[(by, from, to, what)]), &[]);
        assert_eq!(verdict.rogues.len(), 1, "{why}");
        let said = verdict.to_string();
        assert!(
            said.contains(&format!("{by} ({from}) to ")) && said.contains("00:00:00.000"),
            "{said}"
        );
    }
}

#[test]
fn what_is_repeated_is_told_once_and_answers_are_no_beginnings() {
    let ask = What::Udp { from: 40_000, to: 9 };
    let reply = What::Udp { from: 9, to: 40_000 };
    let seen = capture(&[
        ("client", "10.7.0.20", "10.1.0.10", ask.clone()),
        ("server", "10.1.0.10", "10.7.0.20", reply),
        ("client", "10.7.0.20", "10.1.0.10", ask),
        ("client", "10.7.0.20", "10.1.0.10", What::Udp { from: 40_001, to: 9 }),
    ]);
    let verdict = judge(&[&site()], &seen, &[]);
    assert_eq!(verdict.rogues.iter().map(|rogue| rogue.times).collect::<Vec<_>>(), [2]);
}

#[test]
fn what_was_never_seen_needs_an_excuse_and_an_excuse_needs_a_reason_to_be_there() {
    let plan = site();
    let silent = judge(&[&plan], &capture(&[]), &[]);
    assert!(silent.unseen.iter().any(|flow| flow == "client>management-point/https"));
    // Within one host there is nothing to see.
    assert!(!silent.unseen.iter().any(|flow| flow.starts_with("console>")));
    let excuses: Vec<Excuse<'_>> =
        silent.unseen.iter().map(|flow| (flow.as_str(), "why")).collect();
    judge(&[&plan], &capture(&[]), &excuses).keeps();
    let seen = capture(&[("client", "10.7.0.20", "10.1.0.10", syn(PORT))]);
    let stale = judge(&[&plan], &seen, &excuses).stale;
    assert!(stale.iter().any(|flow| flow == "client>management-point/https"), "{stale:?}");
    assert_eq!(judge(&[&plan], &seen, &[("a>b/c", "why")]).stale, ["a>b/c"]);
}
