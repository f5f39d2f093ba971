//! What must hold for all rows, whoever adds one.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::{Flow, Proof, When};
use crate::flows::FLOWS;
use crate::port::{Family, Ports, Protocol};
use crate::role::{ROLES, RunBy};
use crate::service::{SERVICES, Service, Share};
use crate::source::Source;

/// The rows' own text, to find a row that no list names.
const FILES: &[&str] = &[
    include_str!("flows/administration.rs"),
    include_str!("flows/client.rs"),
    include_str!("flows/platform.rs"),
    include_str!("flows/site.rs"),
];

fn is_kebab(slug: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    slug.split('-').all(word)
}

fn check_unique<T: Ord + std::fmt::Debug>(all: impl IntoIterator<Item = T>) {
    let mut seen = BTreeSet::new();
    for one in all {
        assert!(!seen.contains(&one), "{one:?} is there twice");
        seen.insert(one);
    }
}

fn check_sentence(of: &str, sentence: &str) {
    let begins = sentence.starts_with(|c: char| c.is_uppercase());
    assert!(begins && sentence.ends_with('.'), "{of} says no sentence: {sentence:?}");
}

fn check_source(of: &str, source: &Source) {
    let number = source.document.strip_prefix("RFC ");
    let rfc = number.is_some_and(|n| n.parse::<u16>().is_ok());
    assert!(rfc || source.document == "ARCHITECTURE.md", "{of} cites {source}");
    let anchor = source.anchor.strip_prefix('#').unwrap_or_default();
    assert!(
        !anchor.is_empty() && !anchor.contains(' '),
        "{of} cites {source}, which has no anchor"
    );
}

/// The ports of a service: by default, and where an ordinary user listens.
fn ranges(service: &Service) -> Vec<(u16, u16)> {
    match service.ports {
        Ports::Fixed(first, last) => vec![(first, last)],
        Ports::Setting { default, unprivileged, .. } => {
            vec![(default, default), (unprivileged, unprivileged)]
        }
        Ports::Dynamic | Ports::None => Vec::new(),
    }
}

fn alternatives(when: &When, found: &mut Vec<(&'static str, u8)>) {
    match when {
        When::OneOf { group, rank } => found.push((group, *rank)),
        When::All(all) => all.iter().for_each(|when| alternatives(when, found)),
        When::Not(when) => alternatives(when, found),
        When::Always | When::Feature(_) | When::Setting(..) | When::Installing => {}
    }
}

#[test]
fn names_are_unique_and_kebab_case() {
    check_unique(ROLES.iter().map(|role| role.slug));
    check_unique(ROLES.iter().map(|role| role.name));
    check_unique(SERVICES.iter().map(|service| service.slug));
    check_unique(SERVICES.iter().filter_map(|service| service.key()));
    check_unique(FLOWS.iter().map(|flow| flow.id()));
    let slugs = ROLES.iter().map(|role| role.slug);
    let slugs = slugs.chain(SERVICES.iter().map(|service| service.slug));
    for slug in slugs.chain(SERVICES.iter().filter_map(|service| service.key())) {
        assert!(is_kebab(slug), "{slug}");
    }
}

#[test]
fn every_row_that_was_written_is_listed() {
    let written: usize = FILES.iter().map(|file| file.matches(": Flow = Flow {").count()).sum();
    assert_eq!(FLOWS.len(), written);
    let roles = include_str!("role.rs").matches(": Role = Role {").count();
    assert_eq!(ROLES.len(), roles);
    let services = include_str!("service.rs").matches(": Service = Service {").count();
    assert_eq!(SERVICES.len(), services);
}

#[test]
fn every_service_is_used_and_every_used_one_declared() {
    let used: BTreeSet<&Service> = FLOWS.iter().map(|flow| flow.service).collect();
    let declared: BTreeSet<&Service> = SERVICES.iter().copied().collect();
    assert_eq!(used, declared);
}

#[test]
fn every_role_is_reachable_and_every_reached_one_declared() {
    let reached: BTreeSet<_> = FLOWS.iter().flat_map(|flow| [flow.from, flow.to]).collect();
    assert_eq!(reached, ROLES.iter().copied().collect());
}

#[test]
fn every_row_says_what_it_is_for_and_where_that_is_written() {
    for role in ROLES {
        check_sentence(role.slug, role.sentence);
    }
    for service in SERVICES {
        check_sentence(service.slug, service.sentence);
        check_source(service.slug, &service.source);
    }
    for flow in FLOWS {
        check_sentence(&flow.id(), flow.sentence);
        assert!(!flow.source.is_empty(), "{flow} has no source");
        flow.source.iter().for_each(|source| check_source(&flow.id(), source));
    }
}

#[test]
fn every_row_can_be_proved() {
    for flow in FLOWS {
        match (flow.service.protocol, flow.proof) {
            (Protocol::Tcp, Proof::Connect) => {}
            (Protocol::Tcp, _) | (_, Proof::Connect) => {
                panic!("{flow} is proved by what its protocol has not: {:?}", flow.proof)
            }
            (_, Proof::Ask(how) | Proof::Observe(how)) => {
                assert!(!how.is_empty(), "{flow} does not say how it is proved");
            }
        }
    }
}

#[test]
fn ports_are_where_the_protocol_has_them() {
    for service in SERVICES {
        let without = matches!(service.ports, Ports::None);
        assert_eq!(service.protocol.has_ports(), !without, "{service}");
        for (first, last) in ranges(service) {
            assert!(0 < first && first <= last, "{service}");
        }
        if let Some(unprivileged) = service.unprivileged_port() {
            assert!(unprivileged >= 1024, "{service}: {unprivileged} needs privilege");
        }
        let family = match service.protocol {
            Protocol::Arp | Protocol::Igmp | Protocol::Icmp => Family::V4,
            Protocol::Icmpv6 => Family::V6,
            Protocol::Tcp | Protocol::Udp => service.family,
        };
        assert_eq!(service.family, family, "{service}");
    }
}

#[test]
fn what_is_ours_can_be_moved() {
    for service in SERVICES.iter().filter(|service| service.source.document == "ARCHITECTURE.md") {
        assert!(service.key().is_some(), "{service} has a fixed port");
    }
}

#[test]
fn no_two_services_want_one_port_of_a_host() {
    // What only others run is on hosts that the plan looks at one by one.
    let ours = |service: &&&Service| {
        FLOWS.iter().any(|flow| flow.service == **service && flow.to.run_by != RunBy::Others)
    };
    for (n, one) in SERVICES.iter().enumerate().filter(|(_, one)| ours(one)) {
        let later = SERVICES.iter().skip(n + 1).filter(ours);
        for other in later.filter(|other| other.protocol == one.protocol) {
            let shared = one.share == Share::HttpHost && other.share == Share::HttpHost;
            for (first, last) in ranges(one) {
                let apart = |(from, to): (u16, u16)| last < from || to < first;
                assert!(
                    shared || ranges(other).into_iter().all(apart),
                    "{one} and {other} collide"
                );
            }
        }
    }
}

#[test]
fn of_one_service_only_the_http_host_serves_several_roles() {
    let mut answered: BTreeMap<&Service, BTreeSet<&str>> = BTreeMap::new();
    let ported = |flow: &&&Flow| flow.service.protocol.has_ports();
    for flow in FLOWS.iter().filter(ported) {
        answered.entry(flow.service).or_default().insert(flow.to.slug);
    }
    for (service, roles) in answered {
        assert!(roles.len() == 1 || service.share == Share::HttpHost, "{service}: {roles:?}");
    }
}

#[test]
fn alternatives_have_ranks() {
    let mut groups: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for flow in FLOWS {
        let mut found = Vec::new();
        alternatives(&flow.when, &mut found);
        for (group, rank) in found {
            groups.entry(group).or_default().push(rank);
        }
    }
    for (group, mut ranks) in groups {
        assert!(is_kebab(group), "{group}");
        ranks.sort_unstable();
        ranks.dedup();
        let whole: Vec<u8> = (0..).take(ranks.len()).collect();
        assert!(ranks.len() > 1 && ranks == whole, "{group} has the ranks {ranks:?}");
    }
}

#[test]
fn every_row_stands_in_an_edition() {
    for flow in FLOWS {
        let stands = crate::Edition::ALL.into_iter().any(|one| flow.editions.contains(one));
        assert!(stands, "{flow}");
    }
}
