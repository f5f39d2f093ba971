//! What holds whatever the file says.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Reading;
use proptest::prelude::*;

use super::{HARBOUR, KEEL, VOYAGE, plan};
use crate::{Cause, Plan};

/// A random sea of distribution points, groups and networks, by number.
#[derive(Debug, Clone)]
struct Sea {
    points: usize,
    /// Of each group its points, and its neighbours with their hours.
    groups: Vec<(BTreeSet<usize>, BTreeMap<usize, u32>)>,
    /// Of each network its groups.
    networks: Vec<BTreeSet<usize>>,
}

fn sea() -> impl Strategy<Value = Sea> {
    let set = |of: usize| prop::collection::btree_set(0..of.max(1), 0..=of.min(3));
    (1..5_usize, 0..5_usize, 1..4_usize).prop_flat_map(move |(points, groups, networks)| {
        let others = prop::collection::btree_map(0..groups.max(1), 0..4_u32, 0..=groups.min(3));
        let group = (set(points), others);
        (prop::collection::vec(group, groups), prop::collection::vec(set(groups), networks))
            .prop_map(move |(mut all, networks)| {
                for (number, (_, neighbours)) in all.iter_mut().enumerate() {
                    neighbours.remove(&number);
                }
                Sea { points, groups: all, networks }
            })
    })
}

impl Sea {
    fn text(&self) -> String {
        let list = |what: &str, of: &BTreeSet<usize>| {
            let all: Vec<String> = of.iter().map(|one| format!("\"{what}{one}\"")).collect();
            all.join(", ")
        };
        let mut text = String::from("[site.P01]\n[network.servers]\ncidr = [\"10.0.0.0/24\"]\n");
        text += "[host.head]\naddress = \"10.0.0.200\"\nroles = [\"site-server\", \"management-point\"]\n";
        for point in 0..self.points {
            text += &format!("[host.p{point}]\naddress = \"10.0.0.{}\"\n", point + 1);
            text += "roles = [\"distribution-point\"]\n";
        }
        for (number, (points, neighbours)) in self.groups.iter().enumerate() {
            let neighbours: Vec<String> = neighbours
                .iter()
                .map(|(group, hours)| format!("{{ group = \"g{group}\", after = \"{hours}h\" }}"))
                .collect();
            text += &format!("[boundary-group.g{number}]\nhosts = [{}]\n", list("p", points));
            text += &format!("neighbours = [{}]\n", neighbours.join(", "));
        }
        for (number, groups) in self.networks.iter().enumerate() {
            text += &format!("[network.n{number}]\ncidr = [\"10.{}.0.0/16\"]\n", number + 1);
            text += &format!("clients = \"P01\"\nboundary-groups = [{}]\n", list("g", groups));
        }
        text
    }

    /// When whoever is in these networks may ask this point: the rules once more,
    /// from the point's side.
    fn after(&self, point: usize, networks: &[usize]) -> Option<u32> {
        let is_in = |group: &usize| self.groups[*group].0.contains(&point);
        let mine: Vec<usize> =
            networks.iter().flat_map(|network| self.networks[*network].iter().copied()).collect();
        if mine.is_empty() {
            let in_some = |point| {
                self.groups.iter().any(|(points, _): &(BTreeSet<usize>, _)| points.contains(&point))
            };
            return (!in_some(point) || (0..self.points).all(in_some)).then_some(0);
        }
        if mine.iter().any(is_in) {
            return Some(0);
        }
        let neighbours = mine.iter().flat_map(|group| &self.groups[*group].1);
        neighbours.filter(|(group, _)| is_in(group)).map(|(_, hours)| hours * 3600).min()
    }

    fn expected(&self, networks: &[usize]) -> BTreeMap<String, u32> {
        (0..self.points)
            .filter_map(|point| Some((format!("p{point}"), self.after(point, networks)?)))
            .collect()
    }
}

fn located(plan: &Plan, networks: &[usize]) -> BTreeMap<String, u32> {
    let address = |network: &usize| format!("10.{}.9.9", network + 1).parse().unwrap();
    let addresses: Vec<std::net::IpAddr> = networks.iter().map(address).collect();
    let points = plan.locations(&addresses).points;
    assert!(points.is_sorted(), "{points:?}");
    points.into_iter().map(|place| (place.host, place.after)).collect()
}

/// Pieces of site files, right and wrong, from which to make one.
const PIECES: &[&str] = &[
    "[site.P01]\n",
    "[network.a]\n",
    "[host.a]\n",
    "[[host]]\n",
    "[client-settings]\n",
    "ports = ",
    "cidr = ",
    "clients = ",
    "address = ",
    "roles = ",
    "role.",
    "role = ",
    "https",
    " = ",
    "name = ",
    "\"P01\"\n",
    "[\"10.0.0.0/8\"]\n",
    "[\"::/0\", \"10.0.0.0/8\"]\n",
    "\"10.0.0.1\"\n",
    "[\"site-server\", \"management-point\"]\n",
    "[\"console\", \"client\", \"dns-server\"]\n",
    "{ https = 1, x = [] }\n",
    "{ default = 1 }\n",
    "1\n",
    "-1\n",
    "1979-05-27\n",
    "[]\n",
    "{}\n",
    "\"",
    "\n",
    ".",
    "ä",
    "'''",
    "#",
    "[",
    "]",
    "{",
    "}",
    ",",
    "policy-poll = ",
    "\"1h\"\n",
    "[boundary-group.a]\n",
    "[[boundary-group.a.neighbours]]\n",
    "hosts = [\"a\"]\n",
    "boundary-groups = [\"a\"]\n",
    "neighbours = [{ group = \"a\", after = \"0s\" }, {}]\n",
    "role.distribution-point = { site-link = \"site-server-opens\" }\n",
    "role.package-mirror = { suite = \"a\", clients = true }\n",
    "true\n",
    "edition = \"2006\"\n",
    "edition = \"portolan\"\n",
    "[site.S01]\n",
    "parent = \"P01\"\n",
    "parent = \"S01\"\n",
    "kind = \"secondary\"\n",
    "kind = \"central\"\n",
    "installing = true\n",
    "site = \"S01\"\n",
    "site = [\"P01\", \"S01\"]\n",
    "[network.b]\n",
    "zone = \"internet\"\n",
    "clients-are = \"workgroup\"\n",
    "addresses = \"dhcp\"\n",
    "dhcp-servers = [\"10.0.0.1\"]\n",
    "[host.b]\n",
    "address = [\"10.0.0.1\", \"2001:db8::1\"]\n",
    "nat = [{ from = \"internet\", address = \"203.0.113.7\", ports = { https = 1 } }, {}]\n",
    "dynamic-ports = \"50000-50999\"\n",
    "dynamic-ports = \"9-8\"\n",
    "role.sql-server = [{ instance = \"A\", ports = { sql = 1 } }, { site = \"S01\" }]\n",
    "role.management-point = { site-link = \"site-server-opens\" }\n",
    "role.software-update-point = { ports = { wsus-http = 80, wsus-https = 1 } }\n",
    "role.upstream-wsus-server.ports.wsus-http = 65535\n",
    "[\"site-server\", \"sql-server\", \"distribution-point\", \"fallback-status-point\"]\n",
    "[cluster.c]\n",
    "role = \"sql-server\"\n",
    "hosts = [\"a\", \"b\"]\n",
    "listener = \"10.0.0.9\"\n",
    "[cloud.d]\n",
    "role = \"cloud-management-gateway\"\n",
    "names = [\"cmg.example.net\"]\n",
    "addresses = [\"203.0.113.9\"]\n",
    "[features]\n",
    "wake-up-proxy = true\n",
    "wsus-cleanup = [\"obsolete-updates\"]\n",
    "[alternatives]\n",
    "gateway-channel = \"gateway-https\"\n",
    "[silenced]\n",
    "party-unknown = \"seen\"\n",
];

/// Files that are right, and small.
const RIGHT: &[&str] = &[
    include_str!("golden/words/features.toml"),
    include_str!("golden/words/load-balancer.toml"),
    include_str!("golden/words/loopback.toml"),
    include_str!("golden/words/nat.toml"),
    include_str!("golden/words/wsus-pair.toml"),
];

fn never_panics(text: &str) {
    match crate::read(text) {
        Ok(estate) => {
            for reading in [Reading::Documented, Reading::Corrected] {
                if let Ok((plan, _)) = crate::plan_as(&estate, reading) {
                    every_flow_is_founded(&plan, text);
                }
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                assert!(text.get(mistake.at.clone()).is_some(), "{mistake:?} is outside {text:?}");
                assert!(!mistake.message.chars().any(char::is_control), "{mistake:?}");
            }
        }
    }
}

fn every_flow_is_founded(plan: &crate::Plan, text: &str) {
    let mut ids = BTreeSet::new();
    for planned in plan.flows() {
        assert!(planned.because.iter().any(|cause| matches!(cause, Cause::Row(_))), "{planned:?}");
        assert!(
            planned.because.iter().any(|cause| matches!(cause, Cause::Setting(_))),
            "{planned:?}"
        );
        assert!(catalog::find_flow(&planned.flow.id()).is_some());
        assert!(!plan.party_name(planned.opener).is_empty());
        assert!(!plan.party_name(planned.answerer).is_empty());
        ids.insert(planned.flow.id());
    }
    for explained in ids.iter().flat_map(|id| plan.explain(id, text)) {
        assert!(!explained.reasons.is_empty());
    }
    for host in plan.hosts() {
        for listen in plan.listens(&host.name) {
            assert!(!listen.flows().is_empty() && !listen.roles().is_empty());
            assert!(host.addresses.contains(&listen.address()), "{listen}");
        }
    }
}

#[test]
fn deep_text_never_overflows() {
    for deep in ["[", "{ a = ", "a.", "[[a.", "[a]\n[a."] {
        let deep = deep.repeat(50_000);
        never_panics(&deep);
        never_panics(&format!("site = {deep}"));
    }
    never_panics(&format!("{}a = 1", "a.".repeat(50_000)));
    never_panics(&format!("[{}a]", "a.".repeat(50_000)));
}

#[test]
fn every_planned_flow_has_a_cause_and_a_row() {
    for text in [KEEL, HARBOUR, VOYAGE] {
        every_flow_is_founded(&plan(text).0, text);
    }
}

#[test]
fn the_plan_is_sorted_and_says_nothing_twice() {
    let (plan, _) = plan(HARBOUR);
    let keys: Vec<_> = plan.flows().iter().map(crate::Planned::key).collect();
    assert!(keys.windows(2).all(|two| two[0] < two[1]));
}

/// What a host of the site dials at another is what the other listens on; and
/// for a link that either may open, somebody comes to every listener.
#[test]
fn hosts_listen_for_what_others_dial() {
    for text in [KEEL, HARBOUR, VOYAGE] {
        let (plan, _) = plan(text);
        let mut links = BTreeSet::new();
        for target in plan.hosts().iter().flat_map(|host| plan.dials_of(&host.name)) {
            let at = |listen: &crate::Listen| {
                listen.flows().contains(&target.flow()) && listen.port() == target.port()
            };
            let ours = [target.flow().from, target.flow().to];
            let ours = ours.iter().all(|role| role.run_by == catalog::RunBy::Site);
            assert_eq!(plan.listens(target.host()).iter().any(at), ours, "{target}");
            links.insert((target.flow(), target.address(), target.port()));
        }
        for listen in plan.hosts().iter().flat_map(|host| plan.listens(&host.name)) {
            for flow in listen.flows().iter().filter(|flow| flow.reversible) {
                assert!(links.contains(&(*flow, listen.address(), listen.port())), "{listen}");
            }
        }
    }
}

proptest! {
    #[test]
    fn content_is_found_by_the_rules_and_planned_where_it_is_found(sea in sea()) {
        let (plan, _) = plan(&sea.text());
        for network in 0..sea.networks.len() {
            let expected = sea.expected(&[network]);
            prop_assert_eq!(located(&plan, &[network]), expected.clone());
            let planned: BTreeSet<String> = plan
                .flows()
                .iter()
                .filter(|one| one.flow == &catalog::flows::CLIENT_TO_DISTRIBUTION_POINT_HTTPS)
                .filter(|one| plan.party_name(one.opener) == format!("network n{network}"))
                .map(|one| plan.party_name(one.answerer))
                .collect();
            prop_assert_eq!(planned, expected.into_keys().collect::<BTreeSet<_>>());
        }
        let all: Vec<usize> = (0..sea.networks.len()).collect();
        prop_assert_eq!(located(&plan, &all), sea.expected(&all));
        prop_assert!(!located(&plan, &[200]).is_empty(), "who is nowhere finds something");
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        never_panics(&text);
    }

    #[test]
    fn nearly_right_text_never_panics(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)
    ) {
        never_panics(&pieces.concat());
    }

    /// In the middle of a file that is right, more of them are read.
    #[test]
    fn pieces_in_a_right_file_never_panic(
        file in prop::sample::select(RIGHT),
        line in any::<prop::sample::Index>(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..4)
    ) {
        let lines: Vec<&str> = file.lines().collect();
        let (before, after) = lines.split_at(line.index(lines.len()));
        never_panics(&[&before.join("\n"), "\n", &pieces.concat(), &after.join("\n")].concat());
    }

    #[test]
    fn a_cut_in_a_right_file_never_panics(at in 0..HARBOUR.len(), length in 0..60_usize) {
        let end = (at + length).min(HARBOUR.len());
        never_panics(&[&HARBOUR[..at], &HARBOUR[end..]].concat());
    }
}
