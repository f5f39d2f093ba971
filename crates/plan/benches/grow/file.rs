//! Site files of any size, each size a picture of the others: as many machines to a
//! site, and as many distribution points to a client, in the small as in the large.

/// How much of the largest estate there is, in parts of this many.
pub(crate) const WHOLE: usize = 32; // not a port: parts

/// The largest estate.
const PRIMARIES: usize = 25;
const SECONDARIES: usize = 250;
const POINTS: usize = 2000; // not a port: distribution points
const NETWORKS: usize = 5000; // not a port: client networks

/// Distribution points to a boundary group. Each group has a neighbour, so that a
/// client finds twice as many.
const IN_GROUP: usize = 2;

/// Which estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Configuration Manager hierarchy.
    Hierarchy,
    /// One site of ours, with as many distribution points and client networks.
    OneSite,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hierarchy => "edition 2006, a central site with primaries and secondaries",
            Self::OneSite => "edition portolan, one site",
        }
    }
}

/// An estate's site file.
pub(crate) fn text(kind: Kind, parts: usize) -> String {
    let part = |of: usize| (of * parts).div_ceil(WHOLE);
    let (points, networks) = (part(POINTS), part(NETWORKS));
    let mut file = File { text: String::new(), points, networks, servers: 0 };
    match kind {
        Kind::Hierarchy => file.hierarchy(part(PRIMARIES), part(SECONDARIES)),
        Kind::OneSite => file.one_site(),
    }
    file.text
}

struct File {
    text: String,
    points: usize,
    networks: usize,
    /// Hosts among the servers so far.
    servers: usize,
}

impl File {
    fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn hierarchy(&mut self, primaries: usize, secondaries: usize) {
        self.say("edition = \"2006\"\n\n[site.CAS]\nname = \"Central\"");
        let of_primaries: Vec<String> = (0..primaries).map(|n| code('P', n)).collect();
        let of_secondaries: Vec<String> = (0..secondaries).map(|n| code('S', n)).collect();
        for code in &of_primaries {
            let ports = "ports = { http = 8080, client-notification = 10150 }"; // not a port: text
            self.say(&format!("[site.{code}]\nname = \"{code}\"\nparent = \"CAS\"\n{ports}"));
        }
        for (n, code) in of_secondaries.iter().enumerate() {
            let parent = &of_primaries[n % primaries];
            self.say(&format!("[site.{code}]\nname = \"{code}\"\nparent = \"{parent}\""));
        }
        self.servers();
        self.host("cas", &["CAS"], &["site-server", "sms-provider", "service-connection-point"]);
        self.host("cas-db", &["CAS"], &["sql-server"]);
        for code in &of_primaries {
            let host = |what: &str| format!("{}-{what}", code.to_lowercase());
            let roles: [(&str, &[&str]); 6] = [
                ("head", &["site-server", "sms-provider"]),
                ("db", &["sql-server"]),
                ("mp1", &["management-point"]),
                ("mp2", &["management-point", "fallback-status-point"]),
                ("sup", &["software-update-point"]),
                ("report", &["reporting-services-point"]),
            ];
            for (what, roles) in roles {
                self.host(&host(what), &[code], roles);
            }
        }
        for code in &of_secondaries {
            let roles = ["site-server", "sql-server", "management-point"];
            self.host(&code.to_lowercase(), &[code], &roles);
        }
        for name in ["dc1", "dc2"] {
            let roles = ["domain-controller", "global-catalog-domain-controller"];
            self.host(name, &[], &roles);
        }
        self.say("[cloud.world]\nrole = \"internet\"\n[features]\nwake-up-proxy = true");
        self.host("desk", &[], &["console"]);
        let sites: Vec<String> = of_primaries.into_iter().chain(of_secondaries).collect();
        self.branches(&sites);
    }

    fn one_site(&mut self) {
        let https = "ports = { https = { default = 8443, alternate = 9443 } }"; // not a port: text
        self.say(&format!("[site.P01]\nname = \"Head office\"\n{https}"));
        self.servers();
        self.host("head", &[], &["site-server", "management-point", "sms-provider"]);
        for (name, role) in [("ns", "dns-server"), ("clock", "time-server"), ("desk", "console")] {
            self.host(name, &[], &[role]);
        }
        self.branches(&["P01".to_owned()]);
    }

    fn servers(&mut self) {
        self.say("[network.servers]\ncidr = [\"172.16.0.0/12\"]");
    }

    fn host(&mut self, name: &str, sites: &[&str], roles: &[&str]) {
        let address = format!("172.16.{}.{}", self.servers / 250, self.servers % 250 + 1);
        self.servers += 1;
        self.host_at(name, &address, sites);
        self.say(&format!("roles = {roles:?}"));
    }

    fn host_at(&mut self, name: &str, address: &str, sites: &[&str]) {
        self.say(&format!("\n[host.{name}]\naddress = \"{address}\""));
        if let [site] = sites {
            self.say(&format!("site = \"{site}\""));
        }
    }

    /// The client networks, the distribution points that stand in them, and the
    /// boundary groups by which the former find the latter.
    fn branches(&mut self, sites: &[String]) {
        let groups = self.points.div_ceil(IN_GROUP);
        let many = sites.len() > 1;
        for n in 0..self.networks {
            let (high, low) = (n / 250, n % 250);
            let group = n * groups / self.networks;
            let site = &sites[group % sites.len()];
            self.say(&format!(
                "\n[network.branch-{n}]\ncidr = [\"10.{high}.{low}.0/24\"]\nclients = \"{site}\"\n\
                 addresses = \"dhcp\"\nboundary-groups = [\"group-{group}\"]"
            ));
        }
        for n in 0..self.points {
            let network = n * self.networks / self.points;
            let group = n / IN_GROUP;
            let site = sites[group % sites.len()].as_str();
            let address = format!("10.{}.{}.10", network / 250, network % 250);
            let own = [site];
            self.host_at(&format!("dp-{n}"), &address, if many { &own } else { &[] });
            self.say(match n % 4 {
                0 => "role.distribution-point = { site-link = \"site-server-opens\" }",
                1 if many => "roles = [\"distribution-point\", \"distribution-point-pxe\"]",
                _ => "roles = [\"distribution-point\"]",
            });
        }
        for group in 0..groups {
            let hosts = (group * IN_GROUP..self.points.min((group + 1) * IN_GROUP))
                .map(|n| format!("dp-{n}"))
                .collect::<Vec<_>>();
            let next = (group + 1) % groups;
            self.say(&format!(
                "\n[boundary-group.group-{group}]\nhosts = {hosts:?}\n\
                 neighbours = [{{ group = \"group-{next}\", after = \"2h\" }}]"
            ));
        }
    }
}

/// A letter and two digits to the base of 36.
fn code(letter: char, n: usize) -> String {
    let digit = |n: usize| char::from_digit(n as u32, 36).map(|c| c.to_ascii_uppercase());
    [Some(letter), digit(n / 36), digit(n % 36)].into_iter().flatten().collect()
}
