//! What must hold for all rows, whoever adds one.

use std::collections::{BTreeMap, BTreeSet};

use crate::edition::{Edition, Editions};
use crate::flow::{Flow, Proof, Truth, When};
use crate::flows::FLOWS;
use crate::port::{Family, Ports, Protocol};
use crate::role::{ROLES, RunBy};
use crate::service::{SERVICES, Service, Share};
use crate::source::{OTHERS, Source};
use crate::{lists, settings};

mod answers;
mod articles;
mod beside;

/// The rows' own text, to find a row that no list names.
const FILES: &[&str] = &[
    include_str!("flows/administration.rs"),
    include_str!("flows/boot.rs"),
    include_str!("flows/client.rs"),
    include_str!("flows/database.rs"),
    include_str!("flows/directory.rs"),
    include_str!("flows/enrollment.rs"),
    include_str!("flows/gateway.rs"),
    include_str!("flows/neighbours.rs"),
    include_str!("flows/platform.rs"),
    include_str!("flows/site.rs"),
    include_str!("flows/site_systems.rs"),
    include_str!("flows/updates.rs"),
];
const ROLE_FILES: &[&str] = &[
    include_str!("role.rs"),
    include_str!("role/parties.rs"),
    include_str!("role/site_systems.rs"),
];
const SERVICE_FILES: &[&str] = &[
    include_str!("service/boot.rs"),
    include_str!("service/client.rs"),
    include_str!("service/database.rs"),
    include_str!("service/gateway.rs"),
    include_str!("service/platform.rs"),
    include_str!("service/site.rs"),
    include_str!("service/web.rs"),
    include_str!("service/windows.rs"),
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

fn check_same(used: &BTreeSet<&str>, declared: &BTreeSet<&str>) {
    let stray: Vec<_> = used.difference(declared).collect();
    let idle: Vec<_> = declared.difference(used).collect();
    assert!(stray.is_empty(), "used, and declared nowhere: {stray:?}");
    assert!(idle.is_empty(), "declared, and used by nothing: {idle:?}");
}

fn check_sentence(of: &str, sentence: &str) {
    let begins = sentence.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '“');
    assert!(begins && sentence.ends_with(['.', '?', ')']), "{of} says no sentence: {sentence:?}");
}

fn check_source(of: &str, source: &Source) {
    let number = source.document.strip_prefix("RFC ");
    let rfc = number.is_some_and(|n| n.parse::<u16>().is_ok());
    let known = source.document == "ARCHITECTURE.md"
        || source.article().is_some()
        || OTHERS.contains(&source.document);
    assert!(rfc || known, "{of} cites {source}");
    let anchor = source.anchor.strip_prefix('#').unwrap_or_default();
    assert!(
        !anchor.is_empty() && !anchor.contains(' '),
        "{of} cites {source}, which has no anchor"
    );
}

#[test]
fn services_of_icmp_have_types_and_others_have_none() {
    for service in SERVICES {
        let icmp = matches!(service.protocol, Protocol::Icmp | Protocol::Icmpv6);
        assert_eq!(icmp, !service.types.is_empty(), "{}", service.slug);
    }
}

/// The ports of a service: by default, and where an ordinary user listens.
fn ranges(service: &Service) -> Vec<(u16, u16)> {
    match service.ports {
        Ports::Fixed(first, last) | Ports::Series { first, last, .. } => vec![(first, last)],
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

/// Whether a program of ours answers, in this version.
fn answered_by_us(flow: &Flow) -> bool {
    flow.editions.contains(Edition::Portolan) && flow.to.run_by != RunBy::Others
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
    let count = |files: &[&str], what| -> usize {
        files.iter().map(|file| file.matches(what).count()).sum()
    };
    assert_eq!(ROLES.len(), count(ROLE_FILES, ": Role = Role {"));
    assert_eq!(SERVICES.len(), count(SERVICE_FILES, ": Service = Service {"));
    // A flow stands in its file's `ROWS`, as itself or by its name.
    for file in FILES {
        let (above, rows) = file.split_once("static ROWS").unwrap_or((file, ""));
        for named in above.split("pub static ").skip(1) {
            let name = named.split(':').next().unwrap_or_default();
            assert!(rows.contains(&format!("    &{name},")), "{name} is in no list");
        }
    }
    let own: usize = FILES
        .iter()
        .filter_map(|file| file.split_once("static ROWS"))
        .map(|(_, rows)| rows.lines().filter(|line| line.starts_with("    &")).count())
        .sum();
    assert_eq!(FLOWS.len(), own, "a file of rows is not among the subjects");
}

#[test]
fn every_service_is_used_and_every_used_one_declared() {
    let used = FLOWS.iter().map(|flow| flow.service).chain(lists::services());
    let used: BTreeSet<&str> = used.map(|service| service.slug).collect();
    let declared: BTreeSet<&str> = SERVICES.iter().map(|service| service.slug).collect();
    check_same(&used, &declared);
}

#[test]
fn every_role_is_reachable_and_every_reached_one_declared() {
    let reached = FLOWS
        .iter()
        .flat_map(|flow| [flow.from, flow.to])
        .chain(lists::roles())
        .chain(settings::roles());
    let reached: BTreeSet<&str> = reached.map(|role| role.slug).collect();
    check_same(&reached, &ROLES.iter().map(|role| role.slug).collect());
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
        // A row that a text holds cites that text, and no other edition's.
        for edition in Edition::MICROSOFT.into_iter().filter(|_| flow.fixes.is_none()) {
            let cited = flow.source.iter().filter_map(|source| source.article());
            let cited = cited.filter_map(|article| article.edition).any(|one| one == edition);
            let written = flow.editions.contains(edition);
            let taken_over = flow.editions.meets(Editions::LATER);
            assert!(cited == written || (taken_over && !written), "{flow} in {edition}");
        }
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
        let ours = FLOWS.iter().any(|flow| flow.service == *service && answered_by_us(flow));
        if let Some(unprivileged) = service.unprivileged_port().filter(|_| ours) {
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
    // The operating system's and the firmware's are not for us to move.
    let theirs = ["dhcp", "dhcp-reply", "tftp", "binl", "dns", "dns-tcp", "ntp"];
    let ours = FLOWS.iter().filter(|flow| flow.editions.declares(Edition::Portolan));
    for flow in ours.filter(|flow| flow.service.protocol.has_ports()) {
        let service = flow.service;
        let stays = theirs.contains(&service.slug);
        assert!(service.key().is_some() != stays, "{service} has a fixed port");
    }
}

#[test]
fn no_two_services_want_one_port_of_a_host() {
    // What only others run is on hosts that the plan looks at one by one.
    for edition in Edition::ALL {
        let answered: BTreeSet<&Service> = FLOWS
            .iter()
            .filter(|flow| flow.editions.declares(edition) && flow.to.run_by != RunBy::Others)
            .map(|flow| flow.service)
            .collect();
        for one in &answered {
            let others = answered.iter().filter(|other| *other > one);
            for other in others.filter(|other| other.protocol == one.protocol) {
                let shared = one.share == other.share && one.share != Share::Own;
                for (first, last) in ranges(one) {
                    let apart = |(from, to): (u16, u16)| last < from || to < first;
                    assert!(
                        shared || ranges(other).into_iter().all(apart),
                        "{edition}: {one} and {other} collide"
                    );
                }
            }
        }
    }
}

#[test]
fn what_several_roles_answer_is_shared() {
    let mut answered: BTreeMap<&Service, BTreeSet<&str>> = BTreeMap::new();
    let ported = |flow: &&&Flow| flow.service.protocol.has_ports() && answered_by_us(flow);
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
        let stands = Edition::ALL.into_iter().any(|one| flow.editions.declares(one));
        assert!(stands, "{flow}");
    }
}

#[test]
fn a_replaced_row_stays_the_same_flow() {
    for flow in FLOWS {
        if let Truth::Instead(row) = flow.truth {
            assert_eq!(row, *flow);
            assert!(row.fixes.is_some() && flow.fixes.is_none(), "{flow}");
        }
    }
}
