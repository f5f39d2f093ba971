//! The tables of a plan: the estate's sites, hosts, networks, clusters and clouds,
//! each sorted, with nothing left of how they were written.

use crate::estate::{Addresses, Cloud, Cluster, Host, Network, Said};
use crate::planned::{
    PlannedCloud, PlannedCluster, PlannedHost, PlannedNat, PlannedNetwork, PlannedSite,
};

use super::meeting::sorted_nat;
use super::party::Parties;
use super::sites::Member;

impl Parties<'_> {
    pub(super) fn planned_sites(&self) -> Vec<PlannedSite> {
        let sites = (0..self.sites.len()).filter_map(|n| Some((n, self.sites.get(n)?)));
        sites
            .map(|(n, site)| PlannedSite {
                code: site.code.value.clone(),
                name: site.name.clone(),
                parent: self
                    .sites
                    .parent(n)
                    .and_then(|above| Some(self.sites.get(above)?.code.value.clone())),
                kind: self.sites.kind(n),
            })
            .collect()
    }

    pub(super) fn planned_hosts(&self) -> Vec<PlannedHost> {
        self.hosts.iter().map(|host| self.planned_host(host)).collect()
    }

    fn planned_host(&self, host: &Host) -> PlannedHost {
        let mut roles: Vec<_> = host.roles.iter().map(|on| on.role.value).collect();
        roles.sort();
        roles.dedup();
        let of_roles = host.roles.iter().flat_map(|on| &on.sites);
        let said: Vec<Said<String>> = host.sites.iter().chain(of_roles).cloned().collect();
        let sites = match self.sites.member(&said) {
            Member::All => Vec::new(),
            Member::Of(sites) => sites,
        };
        let code = |n: usize| Some(self.sites.get(n)?.code.value.clone());
        PlannedHost {
            name: host.name.value.clone(),
            address: host.address.value,
            roles,
            dns: host.dns.as_ref().map(|dns| dns.value.clone()),
            addresses: host.addresses().map(|said| said.value).collect(),
            sites: sites.into_iter().filter_map(code).collect(),
            nat: sorted_nat(host)
                .into_iter()
                .map(|nat| PlannedNat {
                    zone: nat.from.value.clone(),
                    address: nat.address.value,
                    ports: nat.ports.iter().map(|(key, port)| (*key, port.value)).collect(),
                })
                .collect(),
            dynamic: host.dynamic.as_ref().map(|said| said.value),
        }
    }

    pub(super) fn planned_networks(&self) -> Vec<PlannedNetwork> {
        let planned = |network: &&Network| {
            let mut cidr: Vec<_> = network.cidr.iter().map(|block| block.value).collect();
            cidr.sort();
            let mut groups: Vec<_> =
                network.groups.iter().map(|group| group.value.clone()).collect();
            groups.sort();
            groups.dedup();
            PlannedNetwork {
                name: network.name.value.clone(),
                cidr,
                clients: network.clients.is_some(),
                groups,
                site: network.clients.as_ref().map(|said| said.value.clone()),
                zone: network.zone.as_ref().map(|said| said.value.clone()),
                addresses: network.addresses.as_ref().map_or(Addresses::Any, |said| said.value),
            }
        };
        self.networks.iter().map(planned).collect()
    }

    pub(super) fn planned_clusters(&self) -> Vec<PlannedCluster> {
        let place = |name: &Said<String>| {
            let place = self.hosts.binary_search_by(|host| host.name.value.cmp(&name.value));
            place.ok().and_then(|n| u32::try_from(n).ok())
        };
        let planned = |cluster: &&Cluster| {
            let mut hosts: Vec<u32> = cluster.hosts.iter().filter_map(place).collect();
            hosts.sort_unstable();
            PlannedCluster {
                name: cluster.name.value.clone(),
                role: cluster.on.role.value,
                hosts,
                listener: cluster.listener.value,
                dns: cluster.dns.as_ref().map(|dns| dns.value.clone()),
            }
        };
        self.clusters.iter().map(planned).collect()
    }

    pub(super) fn planned_clouds(&self) -> Vec<PlannedCloud> {
        let planned = |cloud: &&Cloud| {
            let mut names: Vec<_> = cloud.names.iter().map(|name| name.value.clone()).collect();
            names.sort();
            let mut addresses: Vec<_> = cloud.addresses.iter().map(|said| said.value).collect();
            addresses.sort();
            PlannedCloud {
                name: cloud.name.value.clone(),
                role: cloud.on.role.value,
                names,
                addresses,
            }
        };
        self.clouds.iter().map(planned).collect()
    }
}
