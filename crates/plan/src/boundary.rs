//! Where clients find content: boundary groups.
//!
//! A network names the groups that clients in it are in; a group names its
//! distribution points, and the groups that help out after a time. A client that
//! is in no group gets every distribution point that is in none, or, where all
//! are in groups, all of them: better from far away than not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use catalog::role::DISTRIBUTION_POINT;

use crate::estate::{BoundaryGroup, Estate};
use crate::planned::Plan;

/// A boundary group, as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedGroup {
    /// Its key in the site file.
    pub name: String,
    /// The distribution points of its own, by their keys; sorted.
    pub hosts: Vec<String>,
    /// Other groups, and after how many seconds each helps out; sorted.
    pub neighbours: Vec<(String, u32)>,
}

/// Where somebody finds content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    /// The groups that he is in; sorted.
    pub groups: Vec<String>,
    /// Sorted by time, then by name.
    pub points: Vec<Place>,
}

/// A distribution point to ask.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From when on, in seconds after content was first wanted and could not be
    /// had: 0 for the own groups'.
    pub after: u32,
    /// The host's key in the site file.
    pub host: String,
}

/// All groups, and everybody who hands out content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Boundaries {
    /// Sorted by name.
    pub(crate) groups: Vec<PlannedGroup>,
    /// Sorted.
    points: BTreeSet<String>,
}

impl Boundaries {
    pub(crate) fn of(estate: &Estate) -> Self {
        let points: BTreeSet<String> = estate
            .with_role(&DISTRIBUTION_POINT)
            .map(|(host, _)| host.name.value.clone())
            .collect();
        let planned = |group: &BoundaryGroup| {
            let hosts: BTreeSet<&String> = group.hosts.iter().map(|host| &host.value).collect();
            let mut neighbours: Vec<_> = group
                .neighbours
                .iter()
                .map(|neighbour| (neighbour.group.value.clone(), neighbour.after))
                .collect();
            neighbours.sort();
            PlannedGroup {
                name: group.name.value.clone(),
                hosts: hosts.into_iter().filter(|host| points.contains(*host)).cloned().collect(),
                neighbours,
            }
        };
        let mut groups: Vec<_> = estate.groups.iter().map(planned).collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        Self { groups, points }
    }

    pub(crate) fn group(&self, name: &str) -> Option<&PlannedGroup> {
        let place = self.groups.binary_search_by(|group| group.name.as_str().cmp(name));
        place.ok().and_then(|n| self.groups.get(n))
    }

    /// What whoever is in these groups finds.
    pub(crate) fn locate(&self, groups: BTreeSet<&str>) -> Locations {
        let mut after: BTreeMap<&str, u32> = BTreeMap::new();
        let mut add = |hosts: &[String], time: u32| {
            for host in hosts {
                if let Some(host) = self.points.get(host) {
                    let first = after.entry(host).or_insert(time);
                    *first = time.min(*first);
                }
            }
        };
        for own in groups.iter().filter_map(|name| self.group(name)) {
            add(&own.hosts, 0);
            for (neighbour, time) in &own.neighbours {
                let hosts = self.group(neighbour).map(|group| group.hosts.as_slice());
                add(hosts.unwrap_or_default(), *time);
            }
        }
        if groups.is_empty() {
            let grouped: BTreeSet<&String> =
                self.groups.iter().flat_map(|group| &group.hosts).collect();
            let free: Vec<String> =
                self.points.iter().filter(|point| !grouped.contains(point)).cloned().collect();
            let all = || self.points.iter().cloned().collect();
            add(&if free.is_empty() { all() } else { free }, 0);
        }
        let mut points: Vec<_> =
            after.into_iter().map(|(host, after)| Place { after, host: host.to_owned() }).collect();
        points.sort();
        Locations { groups: groups.into_iter().map(str::to_owned).collect(), points }
    }
}

impl Plan {
    /// Where a client with these addresses finds content. Addresses that are in
    /// no network of the plan say nothing.
    pub fn locations(&self, addresses: &[IpAddr]) -> Locations {
        let here = self.networks.iter().filter(|network| {
            network.cidr.iter().any(|block| addresses.iter().any(|one| block.contains(*one)))
        });
        self.boundaries
            .locate(here.flat_map(|network| &network.groups).map(String::as_str).collect())
    }

    /// Sorted by name.
    pub fn groups(&self) -> &[PlannedGroup] {
        &self.boundaries.groups
    }
}
