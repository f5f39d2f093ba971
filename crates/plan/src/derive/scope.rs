//! Which of those who play a role a row means, for one opener: by site, by subnet,
//! by boundary group.

use std::collections::{BTreeMap, BTreeSet};

use catalog::role::DISTRIBUTION_POINT;
use catalog::{Flow, Role, Where};

use crate::estate::{Estate, Network};

use super::party::{Parties, Party, Players, Who};
use super::sites::Member;

/// Of one role, the hosts that the machines of each network use: those of their
/// boundary groups and those groups' neighbours; where they are in none, or where
/// none of these plays the role, those of their site that are in no group.
pub(super) struct Near {
    of: BTreeMap<usize, Vec<usize>>,
}

impl Near {
    pub(super) fn of(
        estate: &Estate,
        parties: &Parties<'_>,
        role: &Role,
        players: &Players<'_>,
    ) -> Self {
        let playing: BTreeMap<&str, usize> = players
            .by_host
            .keys()
            .filter_map(|n| Some((parties.hosts.get(*n)?.name.value.as_str(), *n)))
            .collect();
        let mut groups: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for group in &estate.groups {
            let hosts = group.hosts.iter().filter_map(|host| playing.get(host.value.as_str()));
            groups.entry(&group.name.value).or_default().extend(hosts);
        }
        let grouped: BTreeSet<usize> = groups.values().flatten().copied().collect();
        let with_neighbours: BTreeMap<&str, BTreeSet<usize>> = estate
            .groups
            .iter()
            .map(|group| {
                let others = group.neighbours.iter().map(|one| one.group.value.as_str());
                let all = others.chain([group.name.value.as_str()]);
                let hosts = all.filter_map(|name| groups.get(name)).flatten().copied().collect();
                (group.name.value.as_str(), hosts)
            })
            .collect();
        let of_groups = |network: &Network| -> BTreeSet<usize> {
            let own = network.groups.iter().map(|group| group.value.as_str());
            own.filter_map(|group| with_neighbours.get(group)).flatten().copied().collect()
        };
        let mut free: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        let of = parties.networks.iter().enumerate().map(|(n, network)| {
            let near = of_groups(network);
            let settled = !network.groups.is_empty() && role == &DISTRIBUTION_POINT;
            if settled || !near.is_empty() {
                return (n, near.into_iter().collect());
            }
            let member = network.clients.as_ref().map(|said| parties.sites.of_clients(said));
            let sites = member.as_ref().map(Member::sites).unwrap_or_default().to_vec();
            let hosts = free.entry(sites).or_insert_with_key(|sites| {
                ungrouped(players, &Member::Of(sites.clone()), &grouped)
            });
            (n, hosts.clone())
        });
        Self { of: of.collect() }
    }

    fn hosts(&self, network: Option<usize>) -> &[usize] {
        network.and_then(|network| self.of.get(&network)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The hosts of some sites that are in no boundary group; all of them where each is
/// in one.
fn ungrouped(players: &Players<'_>, sites: &Member, grouped: &BTreeSet<usize>) -> Vec<usize> {
    let of_sites = players.all.iter().filter(|party| party.member.meets(sites));
    let hosts: BTreeSet<usize> = of_sites
        .filter_map(|party| match party.who {
            Who::Host(n) => Some(n),
            _ => None,
        })
        .collect();
    let free: Vec<usize> = hosts.iter().filter(|host| !grouped.contains(host)).copied().collect();
    if free.is_empty() { hosts.into_iter().collect() } else { free }
}

/// Whom `opener` meets on `flow`, by their places among the `players`; sorted, each
/// once. Whether a packet could go there is another question.
pub(super) fn meant(
    flow: &Flow,
    parties: &Parties<'_>,
    opener: &Party<'_>,
    players: &Players<'_>,
    near: Option<&Near>,
) -> Vec<usize> {
    let itself = |n| players.by_host.get(&n).cloned().unwrap_or_default();
    let home = parties.home(opener.who);
    if let Who::Own(n) = opener.who {
        let near = near.filter(|_| flow.scope == Where::BoundaryGroup);
        let meant = |one: &usize| match near {
            Some(near) => near.hosts(home).contains(&n),
            None => players.all.get(*one).is_some_and(|one| one.member.meets(&opener.member)),
        };
        return itself(n).into_iter().filter(meant).collect();
    }
    let of_sites = |sites: &[usize]| -> Vec<usize> {
        let own = sites.iter().filter_map(|site| players.by_site.get(site)).flatten().copied();
        own.collect()
    };
    let mut meant = match flow.scope {
        Where::SameHost => match opener.who {
            Who::Host(n) => itself(n),
            _ => Vec::new(),
        },
        Where::SameSubnet => {
            let legs = parties.legs(opener.who).iter();
            legs.filter_map(|leg| players.by_home.get(leg)).flatten().copied().collect()
        }
        Where::BoundaryGroup => {
            let near = near.map(|near| near.hosts(home)).unwrap_or_default();
            let others = players.others.iter().copied().filter(|n| {
                players.all.get(*n).is_some_and(|one| one.member.meets(&opener.member))
            });
            near.iter().flat_map(|host| itself(*host)).chain(others).collect()
        }
        Where::ParentOrChild => {
            let sites = opener.member.sites().iter();
            let related: Vec<usize> = sites.flat_map(|site| parties.sites.related(*site)).collect();
            of_sites(&related)
        }
        Where::TopSite => {
            let tops: Vec<usize> =
                (0..parties.sites.len()).filter(|n| parties.sites.parent(*n).is_none()).collect();
            let up = opener.member.meets(&Member::Of(tops.clone()));
            let mut meant = of_sites(&tops);
            meant.extend(&players.shared);
            if up { meant } else { Vec::new() }
        }
        Where::SameSite | Where::OtherHost | Where::Anywhere => match &opener.member {
            Member::All => (0..players.all.len()).collect(),
            Member::Of(sites) => {
                let mut meant = of_sites(sites);
                meant.extend(&players.shared);
                meant
            }
        },
    };
    meant.sort_unstable();
    meant.dedup();
    meant
}
