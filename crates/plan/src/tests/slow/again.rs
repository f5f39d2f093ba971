//! The second plan. Read it beside `docs/site-file.md`.

mod ports;
mod reach;

use std::collections::BTreeSet;
use std::net::IpAddr;

use catalog::role::{
    CLIENT, CONSOLE, DHCP_SERVER, DISTRIBUTION_POINT, NEIGHBOUR, SITE_SERVER, SITE_SYSTEM,
    SMS_PROVIDER, SOFTWARE_UPDATE_POINT, UPSTREAM_WSUS_SERVER,
};
use catalog::{Edition, Flow, Opens, Reading, Role, RunBy, When, Where};

use crate::estate::{
    Addresses, Cloud, Cluster, Estate, Host, HostRole, Members, Network, Opener, Said, Site,
    SiteKind,
};

/// Somebody who plays a role.
#[derive(Clone, Copy)]
enum Who<'a> {
    Host(&'a Host),
    /// A host as somebody who speaks to itself alone.
    Itself(&'a Host),
    Network(&'a Network),
    Cluster(&'a Cluster),
    Cloud(&'a Cloud),
}

#[derive(Clone)]
struct Party<'a> {
    who: Who<'a>,
    /// What the file says of him in this role.
    on: Option<&'a HostRole>,
    /// None: whoever asks.
    sites: Option<BTreeSet<String>>,
}

struct Again<'a> {
    estate: &'a Estate,
    ours: bool,
}

/// Every line of the plan, its cells with spaces between them.
pub(super) fn planned(estate: &Estate, reading: Reading) -> BTreeSet<String> {
    let edition = estate.edition.value;
    let again = Again { estate, ours: edition == Edition::Portolan };
    let mut lines = BTreeSet::new();
    for flow in catalog::rows(edition, reading).filter(|flow| flow.editions.contains(edition)) {
        for one in again.playing(flow.from) {
            for other in again.playing(flow.to) {
                if flow.opens != Opens::To {
                    again.line(flow, &one, &other, &one, &mut lines);
                }
                if flow.opens != Opens::From {
                    again.line(flow, &other, &one, &one, &mut lines);
                }
            }
        }
    }
    lines
}

impl<'a> Again<'a> {
    /// The lines of a row between two parties. `from` is the one of them who plays the
    /// row's first role.
    fn line(
        &self,
        flow: &'static Flow,
        opener: &Party<'a>,
        answerer: &Party<'a>,
        from: &Party<'a>,
        lines: &mut BTreeSet<String>,
    ) {
        let to = if std::ptr::eq(from, opener) { answerer } else { opener };
        // Note 5, and the site link of ours: if the file says so, the site server begins.
        let [server, host] = if flow.from == &SITE_SERVER { [from, to] } else { [to, from] };
        let asked = host.host().filter(|_| flow.reversible).and_then(asked_to_wait);
        let (opener, answerer) = if asked.is_some() { (server, host) } else { (opener, answerer) };
        let waits = asked.filter(|_| !std::ptr::eq(answerer, to));
        let answerer = &Party { on: waits.or(answerer.on), ..answerer.clone() };
        let met = self.in_scope(flow, opener, answerer)
            && self.holds(&flow.when, flow, from, to, answerer)
            && self.leased(flow, opener, answerer)
            && self.reaches(flow, opener, answerer);
        if !met {
            return;
        }
        let [one, other] = match opener.host().zip(answerer.host()) {
            Some((one, other)) if one.name == other.name => {
                [(); 2].map(|()| format!("{}@loopback", one.name.value))
            }
            _ => [opener, answerer].map(|party| party.name().to_owned()),
        };
        let protocol = flow.service.protocol;
        let of_wsus = flow.service.slug == "wsus-http" || flow.service.slug == "wsus-https";
        let found_at = runs_wsus(flow, from, to).filter(|_| of_wsus).unwrap_or(answerer);
        let one_port = self.translation(opener, answerer).is_some_and(|nat| !nat.ports.is_empty());
        for (port, alternate) in self.ports(flow.service, found_at) {
            if !(alternate && one_port) {
                lines.insert(format!("{one} {other} {protocol} {port} {flow}"));
            }
        }
    }

    // Who plays what.

    fn playing(&self, role: &'static Role) -> Vec<Party<'a>> {
        let mut parties = self.given(role);
        if role == &CLIENT {
            for network in self.estate.networks.iter().filter(|one| one.clients.is_some()) {
                let sites = self.of_clients(network);
                parties.push(Party { who: Who::Network(network), on: None, sites });
            }
            for host in &self.estate.hosts {
                let homes = self.networks_of(host);
                if let Some(home) = homes.into_iter().find(|home| home.clients.is_some()) {
                    let sites = self.of_clients(home);
                    parties.push(Party { who: Who::Itself(host), on: None, sites });
                }
            }
        }
        // Administrators of ours work where the SMS provider is, too.
        if role == &CONSOLE && self.ours {
            for party in self.given(&SMS_PROVIDER) {
                if let Who::Host(host) = party.who {
                    parties.push(Party { who: Who::Itself(host), on: None, ..party });
                }
            }
        }
        if role == &NEIGHBOUR {
            for network in self.estate.networks.iter().filter(|one| !one.cidr.is_empty()) {
                parties.push(Party { who: Who::Network(network), on: None, sites: None });
            }
        }
        if role == &SITE_SYSTEM {
            for host in &self.estate.hosts {
                let ours = host.roles.iter().filter(|on| on.role.value.run_by == RunBy::Site);
                let sites: Vec<_> = ours.map(|on| self.sites(on, &host.sites)).collect();
                if !sites.is_empty() {
                    let sites: Option<Vec<_>> = sites.into_iter().collect();
                    let sites = sites.map(|all| all.into_iter().flatten().collect());
                    parties.push(Party { who: Who::Host(host), on: None, sites });
                }
            }
        }
        parties
    }

    /// Those to whom the file gives a role. A host behind a cluster does not play the
    /// cluster's role by itself.
    fn given(&self, role: &'static Role) -> Vec<Party<'a>> {
        let mut parties = Vec::new();
        let behind = |host: &Host| {
            self.estate.clusters.iter().any(|cluster| {
                cluster.on.role.value == role
                    && cluster.hosts.iter().any(|one| one.value == host.name.value)
            })
        };
        for host in self.estate.hosts.iter().filter(|host| !behind(host)) {
            for on in host.roles.iter().filter(|on| on.role.value == role) {
                let sites = self.sites(on, &host.sites);
                parties.push(Party { who: Who::Host(host), on: Some(on), sites });
            }
        }
        for cluster in self.estate.clusters.iter().filter(|one| one.on.role.value == role) {
            let (on, sites) = (Some(&cluster.on), self.sites(&cluster.on, &[]));
            parties.push(Party { who: Who::Cluster(cluster), on, sites });
        }
        for cloud in self.estate.clouds.iter().filter(|one| one.on.role.value == role) {
            let (on, sites) = (Some(&cloud.on), self.sites(&cloud.on, &[]));
            parties.push(Party { who: Who::Cloud(cloud), on, sites });
        }
        parties
    }

    /// The role's sites, else the host's; where there is one site, that.
    fn sites(&self, on: &HostRole, host: &[Said<String>]) -> Option<BTreeSet<String>> {
        let said = if on.sites.is_empty() { host } else { &on.sites };
        match self.estate.sites.as_slice() {
            [one] => Some([one.code.value.clone()].into()),
            _ if said.is_empty() => None,
            _ => Some(said.iter().map(|one| one.value.clone()).collect()),
        }
    }

    fn site(&self, code: &str) -> &'a Site {
        self.estate.site(code).unwrap()
    }

    fn parent(&self, code: &str) -> Option<&'a str> {
        self.site(code).parent.as_ref().map(|said| said.value.as_str())
    }

    /// Below a site that is below another, or below one that says it is primary.
    fn is_secondary(&self, code: &str) -> bool {
        match (&self.site(code).kind, self.parent(code)) {
            (Some(said), _) => said.value == SiteKind::Secondary,
            (None, None) => false,
            (None, Some(parent)) => {
                let kind = self.site(parent).kind.as_ref().map(|said| said.value);
                let of_primaries = |site: &&Site| self.parent(&site.code.value) == Some(parent);
                let central = self.estate.sites.iter().filter(of_primaries).any(|sister| {
                    let code = Some(sister.code.value.as_str());
                    sister.kind.as_ref().is_some_and(|said| said.value == SiteKind::Primary)
                        || self.estate.sites.iter().any(|one| self.parent(&one.code.value) == code)
                });
                match kind {
                    Some(kind) => kind != SiteKind::Central,
                    None => self.parent(parent).is_some() || !central,
                }
            }
        }
    }

    /// Clients who live in a secondary site are assigned to the primary above it.
    fn of_clients(&self, network: &Network) -> Option<BTreeSet<String>> {
        let code = network.clients.as_ref()?.value.clone();
        let above = self.parent(&code).filter(|_| self.is_secondary(&code));
        Some(above.map(str::to_owned).into_iter().chain([code.clone()]).collect())
    }

    fn networks_of(&self, host: &Host) -> Vec<&'a Network> {
        let mut found: Vec<&Network> = Vec::new();
        for address in host.addresses() {
            let holds = |network: &&Network| {
                network.cidr.iter().any(|block| block.value.contains(address.value))
            };
            found.extend(self.estate.networks.iter().find(holds));
        }
        found
    }

    // Whom a row means.

    fn in_scope(&self, flow: &Flow, opener: &Party<'a>, answerer: &Party<'a>) -> bool {
        let same_host = match (opener.host(), answerer.host()) {
            (Some(one), Some(other)) => one.name == other.name,
            _ => false,
        };
        let alone = [opener, answerer].iter().any(|one| matches!(one.who, Who::Itself(_)));
        let networks = matches!((opener.who, answerer.who), (Who::Network(_), Who::Network(_)));
        let one_cluster = opener.name() == answerer.name() && !same_host && !networks;
        if (alone && !same_host) || one_cluster || (networks && flow.scope != Where::SameSubnet) {
            return false;
        }
        let share = |one: &Party<'_>, other: &Party<'_>| match (&one.sites, &other.sites) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            _ => true,
        };
        match flow.scope {
            Where::SameHost => same_host && share(opener, answerer),
            Where::OtherHost => !same_host && share(opener, answerer),
            Where::Anywhere | Where::SameSite => share(opener, answerer),
            Where::SameSubnet => {
                let (here, there) = (self.subnets(opener), self.subnets(answerer));
                !same_host
                    && here.iter().any(|one| there.iter().any(|other| one.name == other.name))
            }
            Where::ParentOrChild => {
                let (one, other) = (opener.codes(), answerer.codes());
                let above = |a: &&String, b: &&String| self.parent(b) == Some(a.as_str());
                one.iter().any(|a| other.iter().any(|b| above(a, b) || above(b, a)))
            }
            Where::TopSite => [opener, answerer].iter().all(|party| {
                party.sites.is_none() || party.codes().iter().any(|one| self.parent(one).is_none())
            }),
            Where::BoundaryGroup => self.near(flow.to, opener, answerer, share(opener, answerer)),
        }
    }

    fn subnets(&self, party: &Party<'a>) -> Vec<&'a Network> {
        match party.who {
            Who::Host(host) | Who::Itself(host) => self.networks_of(host),
            Who::Network(network) => vec![network],
            Who::Cluster(_) | Who::Cloud(_) => Vec::new(),
        }
    }

    /// Of its boundary groups and those groups' neighbours; in none, the hosts of its
    /// site that are in none, or all of them where each is in one.
    fn near(
        &self,
        role: &'static Role,
        client: &Party<'a>,
        point: &Party<'a>,
        share: bool,
    ) -> bool {
        let (Some(point), Some(network)) = (point.host(), self.of_client(client)) else {
            return share;
        };
        let groups = &self.estate.groups;
        let mine = groups
            .iter()
            .filter(|group| network.groups.iter().any(|own| own.value == group.name.value));
        let around = |group: &crate::BoundaryGroup| -> Vec<String> {
            let helping = group.neighbours.iter().map(|one| one.group.value.clone());
            helping.chain([group.name.value.clone()]).collect()
        };
        let mine: BTreeSet<String> = mine.flat_map(around).collect();
        let of_mine = |host: &str| {
            groups.iter().any(|group| {
                mine.contains(&group.name.value) && group.hosts.iter().any(|one| one.value == host)
            })
        };
        let in_some =
            |host: &str| groups.iter().any(|group| group.hosts.iter().any(|one| one.value == host));
        let given = self.given(role);
        let hosts = given.iter().filter_map(|party| Some((party, party.host()?)));
        let hosts: Vec<(&Party<'_>, &str)> =
            hosts.map(|(party, host)| (party, host.name.value.as_str())).collect();
        let found = hosts.iter().any(|(_, host)| of_mine(host));
        // Content is taken from one's groups or not at all.
        if found || (role == &DISTRIBUTION_POINT && !network.groups.is_empty()) {
            return of_mine(&point.name.value);
        }
        let of_site = |party: &Party<'_>| match (&party.sites, self.of_clients(network)) {
            (Some(one), Some(other)) => !one.is_disjoint(&other),
            _ => true,
        };
        let free = hosts.iter().any(|(party, host)| of_site(party) && !in_some(host));
        share && (!free || !in_some(&point.name.value))
    }

    /// The network of a client.
    fn of_client(&self, party: &Party<'a>) -> Option<&'a Network> {
        match party.who {
            Who::Network(network) => Some(network),
            Who::Itself(host) => {
                self.networks_of(host).into_iter().find(|home| home.clients.is_some())
            }
            Who::Host(_) | Who::Cluster(_) | Who::Cloud(_) => None,
        }
    }

    // Under which condition.

    fn holds(
        &self,
        when: &When,
        flow: &Flow,
        from: &Party<'a>,
        to: &Party<'a>,
        answerer: &Party<'a>,
    ) -> bool {
        let estate = self.estate;
        match when {
            When::Always => true,
            When::Feature(feature) => estate.features.contains_key(feature),
            When::Installing => {
                let server = if flow.to == &SITE_SERVER { to } else { from };
                server.codes().iter().any(|code| self.site(code).installing.is_some())
            }
            When::OneOf { group: "wsus-ports", rank } => {
                let wsus = runs_wsus(flow, from, to);
                let old = wsus.is_some_and(|party| {
                    let http = catalog::find_service("wsus-http").unwrap();
                    let old = catalog::find_service("wsus-http-80").unwrap().default_port();
                    self.said(http, party, |set| set.default.as_ref()) == old
                });
                u8::from(old) == *rank
            }
            When::OneOf { group, rank } => {
                estate.alternatives.get(group).map_or(0, |said| said.value) == *rank
            }
            When::Setting("database", kind) => {
                let on_hosts = estate.hosts.iter().flat_map(|host| &host.roles);
                let mut all = on_hosts.chain(estate.clusters.iter().map(|cluster| &cluster.on));
                let server = all.any(|on| on.role.value.slug == "site-database-server");
                *kind == if server { "postgresql" } else { "sqlite" }
            }
            When::Setting("package-mirror-for", "clients") => {
                let mirror = answerer.on.and_then(|on| on.mirror.as_ref());
                mirror.is_some_and(|mirror| mirror.clients.is_some())
            }
            When::Setting("fallback-status-point", "assigned") => true,
            When::Setting("client", kind) => {
                let network = [from, to].into_iter().find_map(|one| self.of_client(one));
                network.is_some_and(|network| {
                    let silent =
                        if network.roams() { Members::InternetOnly } else { Members::Domain };
                    network.members.as_ref().map_or(silent, |said| said.value).slug() == *kind
                })
            }
            When::Setting(..) => false,
            When::All(all) => all.iter().all(|when| self.holds(when, flow, from, to, answerer)),
            When::Not(when) => !self.holds(when, flow, from, to, answerer),
        }
    }

    /// Whether a DHCP server serves the client's network.
    fn leased(&self, flow: &Flow, opener: &Party<'a>, answerer: &Party<'a>) -> bool {
        let (client, server) = match (flow.from == &DHCP_SERVER, flow.to == &DHCP_SERVER) {
            (true, _) => (answerer, opener),
            (_, true) => (opener, answerer),
            _ => return true,
        };
        let (Some(network), Some(server)) = (self.of_client(client), server.host()) else {
            return true;
        };
        let fixed = network.addresses.as_ref().is_some_and(|one| one.value == Addresses::Static);
        let named =
            network.dhcp.iter().any(|one| server.addresses().any(|own| own.value == one.value));
        !fixed && (network.dhcp.is_empty() || named)
    }
}

fn asked_to_wait(host: &Host) -> Option<&HostRole> {
    host.roles
        .iter()
        .find(|on| on.link.as_ref().is_some_and(|said| said.value == Opener::SiteServer))
}

/// Whoever of two runs WSUS, by the row's word.
fn runs_wsus<'b, 'a>(flow: &Flow, from: &'b Party<'a>, to: &'b Party<'a>) -> Option<&'b Party<'a>> {
    let both = [(flow.to, to), (flow.from, from)];
    let mut wsus = both
        .into_iter()
        .filter(|(role, _)| *role == &SOFTWARE_UPDATE_POINT || *role == &UPSTREAM_WSUS_SERVER);
    wsus.next().map(|(_, party)| party)
}

impl<'a> Party<'a> {
    fn name(&self) -> &'a str {
        match self.who {
            Who::Host(host) | Who::Itself(host) => &host.name.value,
            Who::Network(network) => &network.name.value,
            Who::Cluster(cluster) => &cluster.name.value,
            Who::Cloud(cloud) => &cloud.name.value,
        }
    }

    fn host(&self) -> Option<&'a Host> {
        match self.who {
            Who::Host(host) | Who::Itself(host) => Some(host),
            Who::Network(_) | Who::Cluster(_) | Who::Cloud(_) => None,
        }
    }

    fn codes(&self) -> Vec<&String> {
        self.sites.iter().flatten().collect()
    }

    fn addresses(&self) -> Vec<IpAddr> {
        match self.who {
            Who::Host(host) | Who::Itself(host) => host.addresses().map(|one| one.value).collect(),
            Who::Network(network) => network.cidr.iter().map(|one| one.value.first()).collect(),
            Who::Cluster(cluster) => vec![cluster.listener.value],
            Who::Cloud(cloud) => cloud.addresses.iter().map(|one| one.value).collect(),
        }
    }
}
