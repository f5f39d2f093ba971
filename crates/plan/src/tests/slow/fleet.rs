//! Estates made up: hierarchies of Microsoft's and of ours, with everything that the
//! site file can say of sites, networks, hosts, clusters and clouds. Each is free of
//! mistakes, and shrinks towards a plain one.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

/// What a host beside the site's own can be. Those that only run with others beside
/// them, or once in an estate, stand elsewhere.
const MICROSOFT: &[&str] = &[
    "management-point",
    "distribution-point",
    "software-update-point",
    "fallback-status-point",
    "reporting-services-point",
    "cmg-connection-point",
    "enrollment-point",
    "enrollment-proxy-point",
    "service-connection-point",
    "state-migration-point",
    "sms-provider",
    "distribution-point-multicast",
    "console",
    "wsus-sql-server",
    "upstream-wsus-server",
];
const OURS: &[&str] =
    &["distribution-point", "dns-server", "time-server", "dhcp-server", "router", "console"];

/// Hosts that can stand in a boundary group.
const NEAR: &[&str] =
    &["distribution-point", "software-update-point", "distribution-point-multicast"];

const FEATURES: &[(&str, bool)] = &[
    ("wake-up-proxy", false),
    ("wake-on-lan", false),
    ("peer-cache", false),
    ("express-updates", false),
    ("remote-control", false),
    ("certificate-profiles", false),
    ("wsus-cleanup", false),
    ("probe", true),
];

/// Ports of a site or of a role, each with the role that answers there; the first two
/// are ours too, and have an alternate.
const PORTS: &[(&str, &str)] = &[
    ("http", "management-point"),
    ("https", "distribution-point"),
    ("client-notification", "management-point"),
    ("wsus-http", "software-update-point"),
    ("reporting-http", "reporting-services-point"),
    ("wake-on-lan", "client"),
];

#[derive(Debug, Clone)]
pub(super) struct Fleet {
    ours: bool,
    /// Of each primary the number of its secondaries; a central site stands above
    /// where there are several.
    primaries: Vec<usize>,
    ports: Vec<SitePorts>,
    networks: Vec<Network>,
    hosts: Vec<Host>,
    groups: Vec<(Vec<Index>, Vec<Index>)>,
    database: Database,
    features: BTreeSet<usize>,
    way: Option<bool>,
    installing: Option<Index>,
    /// The site whose management point is behind a balancer.
    balanced: Option<Index>,
}

#[derive(Debug, Clone)]
struct SitePorts {
    site: Index,
    service: usize,
    alternate: bool,
}

#[derive(Debug, Clone)]
struct Network {
    site: Index,
    clients: bool,
    /// 0 none, 1 a plant, 2 the internet.
    zone: u8,
    both_families: bool,
    addresses: Option<u8>,
    members: Option<u8>,
    leases: bool,
    groups: Vec<Index>,
}

#[derive(Debug, Clone)]
struct Host {
    site: Index,
    second: Option<Index>,
    /// Its sites are said with its roles, not with the host.
    by_role: bool,
    roles: BTreeSet<usize>,
    turned: bool,
    home: Index,
    /// 0 IPv4, 1 both, 2 IPv6, 3 a leg among the servers too, 4 in public.
    addresses: u8,
    range: bool,
    port: Option<usize>,
    /// 0 none, 1 from the plant, 2 from the internet, 3 there for some services only.
    nat: u8,
}

#[derive(Debug, Clone, Copy)]
enum Database {
    /// On each site's own server.
    Own,
    Host,
    Cluster,
}

pub(super) fn fleet() -> impl Strategy<Value = Fleet> {
    let index = any::<Index>;
    let ports = (index(), 0..PORTS.len(), any::<bool>())
        .prop_map(|(site, service, alternate)| SitePorts { site, service, alternate });
    let words = (prop::option::of(0..3_u8), prop::option::of(0..3_u8), any::<bool>());
    let groups = || prop::collection::vec(index(), 0..3);
    let network = (index(), any::<bool>(), 0..3_u8, any::<bool>(), words, groups()).prop_map(
        |(site, clients, zone, both_families, (addresses, members, leases), groups)| Network {
            site,
            clients,
            zone,
            both_families,
            addresses,
            members,
            leases,
            groups,
        },
    );
    let place = (index(), 0..5_u8, 0..4_u8);
    let roles = prop::collection::btree_set(0..MICROSOFT.len(), 0..5);
    let more = (any::<bool>(), any::<bool>(), any::<bool>(), prop::option::of(0..PORTS.len()));
    let host = (index(), prop::option::of(index()), roles, place, more).prop_map(
        |(site, second, roles, (home, addresses, nat), (by_role, turned, range, port))| Host {
            site,
            second,
            by_role,
            roles,
            turned,
            home,
            addresses,
            range,
            port,
            nat,
        },
    );
    let database = prop_oneof![Just(Database::Own), Just(Database::Host), Just(Database::Cluster)];
    let features = prop::collection::btree_set(0..FEATURES.len(), 0..4);
    let parts = (
        prop::collection::vec(ports, 0..4),
        prop::collection::vec(network, 1..5),
        prop::collection::vec(host, 0..6),
        prop::collection::vec((groups(), groups()), 0..3),
    );
    let chosen = (
        database,
        features,
        any::<Option<bool>>(),
        prop::option::of(index()),
        prop::option::of(index()),
    );
    (any::<bool>(), prop::collection::vec(0..3_usize, 1..3), parts, chosen).prop_map(
        |(ours, primaries, (ports, networks, hosts, groups), chosen)| {
            let (database, features, way, installing, balanced) = chosen;
            Fleet {
                ours,
                primaries,
                ports,
                networks,
                hosts,
                groups,
                database,
                features,
                way,
                installing,
                balanced,
            }
        },
    )
}

fn quoted(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(", "))
}

/// A port of its own for each service, and for each place where it can be said: none
/// meets another.
fn port(service: usize, place: usize) -> usize {
    20_000 + 100 * service + 10 * place // not a port: one of many made up
}

impl Fleet {
    /// Of each site its code, its kind and its parent's code.
    fn sites(&self) -> Vec<(String, &'static str, Option<String>)> {
        let central = (self.primaries.len() > 1).then(|| "CAS".to_owned());
        let mut sites: Vec<_> =
            central.iter().map(|code| (code.clone(), "central", None)).collect();
        for (n, below) in self.primaries.iter().enumerate() {
            sites.push((format!("P{n:02}"), "primary", central.clone()));
            for m in 0..*below {
                // Before its parent in the alphabet, or after it.
                let letter = if m % 2 == 0 { 'S' } else { 'A' };
                sites.push((format!("{letter}{n}{m}"), "secondary", Some(format!("P{n:02}"))));
            }
        }
        sites
    }

    fn code(&self, site: &Index) -> String {
        let sites = self.sites();
        sites[site.index(sites.len())].0.clone()
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("edition = \"{}\"\n", if self.ours { "portolan" } else { "2006" });
        text += &self.of_sites();
        text += &self.of_networks();
        for (n, host) in self.hosts.iter().enumerate() {
            text += &self.of_host(n, host);
        }
        text += &self.of_groups();
        text += &self.of_others();
        text
    }

    fn of_sites(&self) -> String {
        let mut text = String::new();
        let sites = self.sites();
        let installing = self.installing.as_ref().map(|site| self.code(site));
        for (n, (code, kind, parent)) in sites.iter().enumerate() {
            text += &format!("[site.{code}]\nkind = \"{kind}\"\n");
            text += &parent.as_ref().map(|one| format!("parent = \"{one}\"\n")).unwrap_or_default();
            if installing.as_ref() == Some(code) {
                text += "installing = true\n";
            }
            let mut said = BTreeSet::new();
            for ports in self.ports.iter().filter(|ports| self.code(&ports.site) == *code) {
                let (key, _) = PORTS[ports.service];
                if (self.ours && ports.service > 1) || !said.insert(key) {
                    continue;
                }
                let number = port(ports.service, n);
                let alternate = ports.alternate && ports.service < 2;
                text += &match alternate {
                    true => format!(
                        "ports.{key} = {{ default = {number}, alternate = {} }}\n",
                        number + 1
                    ),
                    false => format!("ports.{key} = {number}\n"),
                };
            }
            // The site's own server.
            let mut roles = vec!["site-server"];
            let own = match self.database {
                Database::Own => true,
                _ => n > 0,
            };
            match (self.ours, *kind) {
                (_, "secondary") => roles.extend(["management-point"]),
                _ => roles.extend(["sms-provider"]),
            }
            if *kind == "primary" {
                roles.push("management-point");
            }
            if own && !self.ours {
                roles.push("sql-server");
            }
            let roles = quoted(roles.into_iter().map(str::to_owned));
            text += &format!(
                "[host.{}]\nsite = \"{code}\"\naddress = [\"10.0.0.{1}\", \"2001:db8::{1}\"]\nroles = {roles}\n",
                code.to_lowercase(),
                n + 1
            );
        }
        text
    }

    fn of_networks(&self) -> String {
        let mut text = String::from(
            "[network.servers]\ncidr = [\"10.0.0.0/16\", \"2001:db8::/48\"]\n[network.public]\ncidr = [\"203.0.113.0/24\"]\n",
        );
        for (n, network) in self.networks.iter().enumerate() {
            text += &format!("[network.n{n}]\n");
            text += match network.zone {
                0 => "",
                1 => "zone = \"plant\"\n",
                _ => "zone = \"internet\"\n",
            };
            if network.zone < 2 {
                let v4 = format!("10.{}.0.0/16", n + 1);
                let v6 = network.both_families.then(|| format!("2001:db8:{:x}::/48", n + 1));
                text += &format!("cidr = {}\n", quoted([v4].into_iter().chain(v6)));
            }
            let code = self.code(&network.site);
            if !network.clients || code == "CAS" {
                continue;
            }
            text += &format!("clients = \"{code}\"\n");
            let words = |words: [&str; 3], n: u8| words[usize::from(n)].to_owned();
            if let Some(said) = network.addresses {
                text += &format!("addresses = \"{}\"\n", words(["static", "dhcp", "any"], said));
            }
            if let Some(said) = network.members {
                let said = words(["domain", "workgroup", "internet-only"], said);
                text += &format!("clients-are = \"{said}\"\n");
            }
            if network.leases && self.ours && network.addresses != Some(0) {
                text += "dhcp-servers = [\"10.0.9.1\"]\n";
            }
            let groups: BTreeSet<usize> = match self.groups.len() {
                0 => BTreeSet::new(),
                len => network.groups.iter().map(|group| group.index(len)).collect(),
            };
            let groups = quoted(groups.into_iter().map(|group| format!("g{group}")));
            text += &format!("boundary-groups = {groups}\n");
        }
        text
    }

    fn roles(&self, host: &Host) -> Vec<&'static str> {
        let all = if self.ours { OURS } else { MICROSOFT };
        let mut roles: BTreeSet<&str> = host.roles.iter().map(|n| all[n % all.len()]).collect();
        // The one is a property of the other.
        if roles.contains("distribution-point-multicast") {
            roles.insert("distribution-point");
        }
        roles.into_iter().collect()
    }

    fn of_host(&self, n: usize, host: &Host) -> String {
        let mut text = format!("[host.h{n}]\n");
        let wired: Vec<usize> =
            (0..self.networks.len()).filter(|n| self.networks[*n].zone < 2).collect();
        let home = match wired.len() {
            0 => None,
            len => Some(wired[host.home.index(len)]),
        };
        let both = home.is_none_or(|home| self.networks[home].both_families);
        let block = home.map_or(0, |home| home + 1);
        let v4 = format!("10.{block}.5.{}", n + 1);
        let v6 = match block {
            0 => format!("2001:db8::5:{}", n + 1),
            _ => format!("2001:db8:{block:x}::5:{}", n + 1),
        };
        let addresses = match host.addresses {
            1 if both => vec![v4, v6],
            2 if both => vec![v6],
            3 => vec![v4, format!("10.0.6.{}", n + 1)],
            4 => vec![format!("203.0.113.{}", n + 1)],
            _ => vec![v4],
        };
        text += &format!("address = {}\n", quoted(addresses));
        if host.range {
            text += "dynamic-ports = \"50000-50999\"\n";
        }
        let plant = self.networks.iter().any(|network| network.zone == 1);
        let internet = self.networks.iter().any(|network| network.zone == 2);
        let seen = |from: &str, ports: &str| {
            format!("nat = [{{ from = \"{from}\", address = \"198.51.100.{}\"{ports} }}]\n", n + 1)
        };
        text += &match host.nat {
            1 if plant => seen("plant", ""),
            2 if internet => seen("internet", ""),
            3 if internet => seen("internet", ", ports = { https = 443 }"),
            _ => String::new(),
        };
        text + &self.of_roles(n, host)
    }

    fn of_roles(&self, n: usize, host: &Host) -> String {
        let mut sites: BTreeSet<String> = [self.code(&host.site)].into();
        sites.extend(host.second.as_ref().map(|site| self.code(site)));
        let sites = quoted(sites);
        let mut text = if host.by_role { String::new() } else { format!("site = {sites}\n") };
        let roles = self.roles(host);
        let turning = if self.ours { "distribution-point" } else { "state-migration-point" };
        for role in roles {
            let mut said = Vec::new();
            if host.by_role {
                said.push(format!("site = {sites}"));
            }
            if role == turning && host.turned {
                said.push("site-link = \"site-server-opens\"".to_owned());
            }
            if let Some(service) = host.port.filter(|service| PORTS[*service].1 == role) {
                let key = PORTS[service].0;
                if !self.ours || service < 2 {
                    said.push(format!("ports = {{ {key} = {} }}", port(service, 9)));
                }
            }
            // Its database and that of the site would want one port.
            if role == "wsus-sql-server" {
                said.push(format!("ports = {{ sql-wsus = {} }}", port(50, n)));
            }
            text += &format!("role.{role} = {{ {} }}\n", said.join(", "));
        }
        text
    }

    fn of_groups(&self) -> String {
        let mut text = String::new();
        let near: Vec<usize> = (0..self.hosts.len())
            .filter(|n| self.roles(&self.hosts[*n]).iter().any(|role| NEAR.contains(role)))
            .collect();
        for (n, (hosts, neighbours)) in self.groups.iter().enumerate() {
            let hosts: BTreeSet<usize> = match near.len() {
                0 => BTreeSet::new(),
                len => hosts.iter().map(|host| near[host.index(len)]).collect(),
            };
            let hosts = quoted(hosts.into_iter().map(|host| format!("h{host}")));
            let others: BTreeSet<usize> =
                neighbours.iter().map(|group| group.index(self.groups.len())).collect();
            let others = others.into_iter().filter(|other| *other != n);
            let others: Vec<String> =
                others.map(|other| format!("{{ group = \"g{other}\" }}")).collect();
            text += &format!("[boundary-group.g{n}]\nhosts = {hosts}\n");
            text += &format!("neighbours = [{}]\n", others.join(", "));
        }
        text
    }

    /// Whoever serves all sites, the first site's database, and what is switched on.
    fn of_others(&self) -> String {
        let mut text = String::new();
        let first = self.sites()[0].0.clone();
        let role = if self.ours { "site-database-server" } else { "sql-server" };
        let key = if self.ours { "site-database" } else { "sql" };
        let ports = format!("ports = {{ {key} = {} }}", port(51, 0));
        match self.database {
            Database::Own => {}
            Database::Host => {
                text += &format!(
                    "[host.db]\nsite = \"{first}\"\naddress = \"10.0.8.1\"\nrole.{role} = {{ {ports} }}\n"
                );
            }
            Database::Cluster => {
                // What a host behind a cluster says of the same role, nobody asks for.
                text += &format!(
                    "[host.db-1]\nsite = \"{first}\"\naddress = \"10.0.8.2\"\nroles = [\"{role}\"]\n"
                );
                text += "[host.db-2]\naddress = \"10.0.8.3\"\n";
                text += &format!(
                    "[cluster.db]\nrole = \"{role}\"\nsite = \"{first}\"\nhosts = [\"db-1\", \"db-2\"]\nlistener = \"10.0.8.4\"\n{ports}\n"
                );
            }
        }
        let balanced = self.balanced.as_ref().map(|site| self.code(site));
        if let Some(code) = balanced.filter(|code| code != "CAS") {
            text += &format!(
                "[cluster.points]\nrole = \"management-point\"\nsite = \"{code}\"\nhosts = [\"{}\"]\nlistener = \"10.0.8.9\"\nports.https = {}\n",
                code.to_lowercase(),
                port(52, 0)
            );
        }
        if self.ours {
            text += "[host.lease]\naddress = \"10.0.9.1\"\nroles = [\"dhcp-server\"]\n";
            text += &format!(
                "[host.mirror]\nsite = \"{first}\"\naddress = \"10.0.9.2\"\nrole.package-mirror = {{ suite = \"bookworm\", clients = {} }}\n",
                self.way == Some(true)
            );
        } else {
            text += "[host.dc]\naddress = [\"10.0.9.1\", \"2001:db8::9:1\"]\nroles = [\"domain-controller\", \"global-catalog-domain-controller\", \"issuing-certification-authority\"]\n";
            text += "[cloud.gateway]\nrole = \"cloud-management-gateway\"\nnames = [\"cmg.example.net\"]\n";
            text += "[cloud.azure]\nrole = \"azure\"\naddresses = [\"2001:db8:ff::1\"]\n";
            text += &format!(
                "[cloud.depot]\nrole = \"cloud-distribution-point\"\nsite = \"{first}\"\naddresses = [\"198.51.100.250\"]\n"
            );
            if let Some(way) = self.way {
                let way = if way { "gateway-https" } else { "gateway-https-many" };
                text += &format!("[alternatives]\ngateway-channel = \"{way}\"\n");
            }
        }
        text += "[features]\n";
        for n in &self.features {
            let (feature, ours) = FEATURES[*n];
            if ours == self.ours {
                text += &format!("{feature} = true\n");
            }
        }
        text
    }
}
