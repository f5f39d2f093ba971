//! The plan once more, slowly and obviously: every row with every pair of parties, and
//! the rule of each scope said in its own words. It shares the reading of the file and
//! the catalog with the plan, and nothing of how the plan finds who meets whom.

use std::collections::BTreeSet;

use catalog::role::{CLIENT, SITE_SERVER};
use catalog::{Edition, Flow, Opens, Reading, When, Where};
use proptest::prelude::*;

use crate::estate::{Estate, Host, Network};

const ROLES: &[&str] = &[
    "sms-provider",
    "sql-server",
    "management-point",
    "fallback-status-point",
    "reporting-services-point",
    "cmg-connection-point",
    "enrollment-point",
    "enrollment-proxy-point",
    "service-connection-point",
];

/// A random hierarchy: a central site, primaries and secondaries; of each site the
/// roles of its second host, and whether the site server opens there.
#[derive(Debug, Clone)]
struct Fleet {
    /// Of each primary the number of its secondaries.
    primaries: Vec<usize>,
    roles: Vec<BTreeSet<usize>>,
    turned: Vec<bool>,
    networks: Vec<usize>,
}

fn fleet() -> impl Strategy<Value = Fleet> {
    prop::collection::vec(0..3_usize, 1..4).prop_flat_map(|primaries| {
        let sites = 1 + primaries.len() + primaries.iter().sum::<usize>();
        let roles = prop::collection::btree_set(0..ROLES.len(), 0..5);
        (
            Just(primaries),
            prop::collection::vec(roles, sites),
            prop::collection::vec(any::<bool>(), sites),
            prop::collection::vec(1..sites, 0..4),
        )
            .prop_map(|(primaries, roles, turned, networks)| Fleet {
                primaries,
                roles,
                turned,
                networks,
            })
    })
}

impl Fleet {
    /// Of each site its code and its parent's.
    fn sites(&self) -> Vec<(String, Option<String>)> {
        let mut sites = vec![("CAS".to_owned(), None)];
        for (n, below) in self.primaries.iter().enumerate() {
            sites.push((format!("P{n:02}"), Some("CAS".to_owned())));
            for m in 0..*below {
                sites.push((format!("S{n}{m}"), Some(format!("P{n:02}"))));
            }
        }
        sites
    }

    fn text(&self) -> String {
        let mut text =
            String::from("edition = \"2006\"\n[network.all]\ncidr = [\"10.0.0.0/16\"]\n");
        let sites = self.sites();
        for (n, (code, parent)) in sites.iter().enumerate() {
            text += &format!("[site.{code}]\n");
            let kind = match code.as_bytes() {
                [b'C', ..] => "central",
                [b'P', ..] => "primary",
                _ => "secondary",
            };
            text += &format!("kind = \"{kind}\"\n");
            text += &parent.as_ref().map(|one| format!("parent = \"{one}\"\n")).unwrap_or_default();
            let key = code.to_lowercase();
            text +=
                &format!("[host.{key}]\nsite = \"{code}\"\naddress = \"10.0.0.{}\"\n", 2 * n + 1);
            text += "roles = [\"site-server\", \"management-point\"]\n";
            text +=
                &format!("[host.{key}-b]\nsite = \"{code}\"\naddress = \"10.0.0.{}\"\n", 2 * n + 2);
            let roles: Vec<String> =
                self.roles[n].iter().map(|n| format!("\"{}\"", ROLES[*n])).collect();
            text += &format!("roles = [{}]\n", roles.join(", "));
            if self.turned[n] {
                text += "role.state-migration-point = { site-link = \"site-server-opens\" }\n";
            }
        }
        for (n, site) in self.networks.iter().enumerate() {
            let code = &sites[*site].0;
            text += &format!(
                "[network.n{n}]\ncidr = [\"10.{}.0.0/16\"]\nclients = \"{code}\"\n",
                n + 1
            );
        }
        text += "[host.dc]\naddress = \"10.0.1.1\"\nroles = [\"domain-controller\", \"console\"]\n";
        text += "[cloud.gateway]\nrole = \"cloud-management-gateway\"\n[cloud.azure]\nrole = \"azure\"\n";
        text
    }
}

/// A party: its name, what it plays, and the codes of its sites; none for all.
struct Party<'a> {
    name: String,
    plays: BTreeSet<&'static str>,
    sites: Vec<String>,
    host: Option<&'a Host>,
    network: Option<&'a Network>,
}

fn parties(estate: &Estate) -> Vec<Party<'_>> {
    let codes = |said: &[crate::Said<String>]| said.iter().map(|one| one.value.clone()).collect();
    let mut parties: Vec<Party<'_>> = Vec::new();
    for host in &estate.hosts {
        parties.push(Party {
            name: host.name.value.clone(),
            plays: host.roles.iter().map(|on| on.role.value.slug).collect(),
            sites: codes(&host.sites),
            host: Some(host),
            network: None,
        });
    }
    for cloud in &estate.clouds {
        parties.push(Party {
            name: cloud.name.value.clone(),
            plays: [cloud.on.role.value.slug].into(),
            sites: Vec::new(),
            host: None,
            network: None,
        });
    }
    for network in &estate.networks {
        let Some(clients) = &network.clients else { continue };
        let mut sites = vec![clients.value.clone()];
        if clients.value.starts_with('S') {
            sites.extend(
                estate.site(&clients.value).unwrap().parent.iter().map(|p| p.value.clone()),
            );
        }
        parties.push(Party {
            name: network.name.value.clone(),
            plays: [CLIENT.slug].into(),
            sites,
            host: None,
            network: Some(network),
        });
    }
    parties
}

/// Whether a row's condition holds in an estate without features or choices, whose
/// clients are all members of a domain.
fn holds(when: &When) -> bool {
    match when {
        When::Always => true,
        When::Setting(key, value) => (*key, *value) == ("fallback-status-point", "assigned"),
        When::Feature(_) | When::Installing => false,
        When::OneOf { rank, .. } => *rank == 0,
        When::All(all) => all.iter().all(holds),
        When::Not(when) => !holds(when),
    }
}

fn meet(estate: &Estate, flow: &Flow, opener: &Party<'_>, answerer: &Party<'_>) -> bool {
    let parent = |code: &String| estate.site(code).and_then(|site| site.parent.as_ref());
    let is_parent = |one: &String, other: &String| parent(other).is_some_and(|p| p.value == *one);
    let networks = opener.network.is_some() && answerer.network.is_some();
    match flow.scope {
        Where::ParentOrChild => opener.sites.iter().any(|one| {
            answerer.sites.iter().any(|other| is_parent(one, other) || is_parent(other, one))
        }),
        // There are no boundary groups: clients use what their sites have.
        Where::Anywhere | Where::BoundaryGroup => {
            let shared = opener.sites.is_empty() || answerer.sites.is_empty();
            !networks && (shared || opener.sites.iter().any(|site| answerer.sites.contains(site)))
        }
        scope => panic!("{flow}: no party of these estates plays in {scope:?}"),
    }
}

fn expected(estate: &Estate, reading: Reading) -> BTreeSet<String> {
    let parties = parties(estate);
    let mut lines = BTreeSet::new();
    for flow in catalog::rows(Edition::V2006, reading).filter(|flow| holds(&flow.when)) {
        let both = [(flow.from, flow.to), (flow.to, flow.from)];
        let directions = match flow.opens {
            Opens::From => &both[..1],
            Opens::To => &both[1..],
            Opens::Either => &both[..],
        };
        for (from, to) in directions {
            for opener in parties.iter().filter(|one| one.plays.contains(from.slug)) {
                for answerer in parties.iter().filter(|one| one.plays.contains(to.slug)) {
                    if !meet(estate, flow, opener, answerer) {
                        continue;
                    }
                    // Note 5: only the site server opens.
                    let turned = opener.host.is_some_and(|host| host.reversed().is_some());
                    if turned && flow.reversible && *from != &SITE_SERVER {
                        continue;
                    }
                    let loopback = opener.name == answerer.name;
                    let end = |party: &Party<'_>| match loopback {
                        true => format!("{}@loopback", party.name),
                        false => party.name.clone(),
                    };
                    let (opener, answerer) = (end(opener), end(answerer));
                    lines.insert(format!("{opener} {answerer} {flow}"));
                }
            }
        }
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn rows_and_pairs_are_the_plan(fleet in fleet(), corrected in any::<bool>()) {
        let reading = if corrected { Reading::Corrected } else { Reading::Documented };
        let estate = super::estate(&fleet.text());
        let (plan, _) = crate::plan_as(&estate, reading).unwrap();
        let have: BTreeSet<String> = plan
            .rows(plan.flows())
            .iter()
            .map(|row| format!("{} {} {}", row.opener, row.answerer, row.connection))
            .collect();
        prop_assert_eq!(have, expected(&estate, reading));
    }
}
