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
    /// By the network's place; sorted.
    of: Vec<Vec<usize>>,
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
            .filter_map(|n| Some((parties.hosts.get(n)?.name.value.as_str(), n)))
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
        let of = parties.networks.iter().map(|network| {
            let near = of_groups(network);
            let settled = !network.groups.is_empty() && role == &DISTRIBUTION_POINT;
            if settled || !near.is_empty() {
                return near.into_iter().collect();
            }
            let member = network.clients.as_ref().map(|said| parties.sites.of_clients(said));
            let sites = member.as_ref().map(Member::sites).unwrap_or_default().to_vec();
            let hosts = free.entry(sites).or_insert_with_key(|sites| {
                ungrouped(players, &Member::Of(sites.clone()), &grouped)
            });
            hosts.clone()
        });
        Self { of: of.collect() }
    }

    fn hosts(&self, network: Option<usize>) -> &[usize] {
        network.and_then(|network| self.of.get(network)).map(Vec::as_slice).unwrap_or_default()
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

/// Whom `opener` meets on `flow`, by their places among the `players`: into `meant`,
/// which is empty; sorted, each once.
pub(super) fn meant(
    flow: &Flow,
    parties: &Parties<'_>,
    opener: &Party<'_>,
    players: &Players<'_>,
    near: Option<&Near>,
    meant: &mut Vec<usize>,
) {
    let home = parties.home(opener.who);
    if let Who::Own(n) = opener.who {
        let near = near.filter(|_| flow.scope == Where::BoundaryGroup);
        if near.is_none_or(|near| near.hosts(home).binary_search(&n).is_ok()) {
            let shares = |one: &usize| {
                players.all.get(*one).is_some_and(|one| one.member.meets(&opener.member))
            };
            meant.extend(players.by_host.at(n).filter(|one| near.is_some() || shares(one)));
        }
        return;
    }
    let of_site = |site: usize| players.by_site.at(site);
    match flow.scope {
        Where::SameHost => {
            if let Who::Host(n) = opener.who {
                meant.extend(players.by_host.at(n));
            }
        }
        Where::SameSubnet => {
            let legs = parties.legs(opener.who).iter();
            meant.extend(legs.flat_map(|leg| players.by_home.at(*leg)));
        }
        Where::BoundaryGroup => {
            let near = near.map(|near| near.hosts(home)).unwrap_or_default();
            meant.extend(near.iter().flat_map(|host| players.by_host.at(*host)));
            meant.extend(players.others.iter().copied().filter(|n| {
                players.all.get(*n).is_some_and(|one| one.member.meets(&opener.member))
            }));
        }
        Where::ParentOrChild => {
            let sites = opener.member.sites().iter();
            let related = sites.flat_map(|site| parties.sites.related(*site));
            meant.extend(related.flat_map(of_site));
        }
        Where::TopSite => {
            let tops = parties.sites.tops();
            if opener.member.meets(tops) {
                meant.extend(tops.sites().iter().flat_map(|site| of_site(*site)));
                meant.extend(&players.shared);
            }
        }
        Where::SameSite | Where::OtherHost | Where::Anywhere => match &opener.member {
            Member::All => meant.extend(0..players.all.len()),
            Member::Of(sites) => {
                meant.extend(sites.iter().flat_map(|site| of_site(*site)));
                meant.extend(&players.shared);
            }
        },
    }
    meant.sort_unstable();
    meant.dedup();
}
