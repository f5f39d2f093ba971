//! What is said of an estate before it has a site file, and the file that a person
//! would have written from that.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use catalog::{Edition, ROLES, Reading, Role, nearest};
use plan::Cidr;
use plan::cidr::NotCidr;

/// All that was said.
pub(super) struct Outline {
    pub(super) edition: Edition,
    /// Three letters or digits.
    pub(super) code: String,
    /// For people.
    pub(super) name: String,
    pub(super) servers: Vec<Server>,
    pub(super) networks: Vec<Network>,
}

pub(super) struct Server {
    /// Its key in the site file.
    pub(super) name: String,
    pub(super) dns: Option<String>,
    pub(super) address: IpAddr,
    pub(super) roles: Vec<&'static Role>,
    /// The code of its site, where that was said.
    pub(super) site: Option<String>,
}

pub(super) struct Network {
    pub(super) name: String,
    pub(super) cidr: Vec<Cidr>,
    pub(super) clients: bool,
}

impl Server {
    /// `NAME=ADDRESS[:ROLE,ROLE…]`; or everything that is wrong with it.
    pub(super) fn parse(said: &str, edition: Edition) -> Result<Self, Vec<String>> {
        let Some((name, rest)) = said.split_once('=') else {
            return Err(vec!["write NAME=ADDRESS:ROLE,ROLE".to_owned()]);
        };
        // The address may have colons of its own.
        let (address, roles) = match rest.rsplit_once(':') {
            Some((address, roles)) if rest.parse::<IpAddr>().is_err() => (address, roles),
            _ => (rest, ""),
        };
        let address = address.trim_start_matches('[').trim_end_matches(']');
        Self::new(name, address, roles.split(',').filter(|role| !role.is_empty()), edition)
    }

    /// From the words of a list; or everything that is wrong with them.
    pub(super) fn new<'a>(
        name: &str,
        address: &str,
        roles: impl IntoIterator<Item = &'a str>,
        edition: Edition,
    ) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let full = name.trim().trim_end_matches('.').to_ascii_lowercase();
        let (key, dns) = match full.split_once('.') {
            Some((label, _)) => (label.to_owned(), Some(full.clone())),
            None => (full, None),
        };
        if let Err(why) = is_key(&key) {
            wrong.push(why);
        }
        let address = address.trim().parse::<IpAddr>().map_err(|_| {
            wrong.push(format!("`{}` is no IP address", address.trim()));
        });
        let mut known: Vec<&'static Role> = Vec::new();
        for word in roles {
            match role(word.trim(), edition) {
                Ok(role) if known.contains(&role) => {}
                Ok(role) => known.push(role),
                Err(why) => wrong.push(why),
            }
        }
        match address {
            Ok(address) if wrong.is_empty() => {
                Ok(Self { name: key, dns, address, roles: known, site: None })
            }
            _ => Err(wrong),
        }
    }
}

impl Network {
    /// `NAME=CIDR[,CIDR…]`. Whether the prefixes hold the file's reader says.
    pub(super) fn parse(said: &str, clients: bool) -> Result<Self, String> {
        let (name, cidr) = said.split_once('=').ok_or("write NAME=10.7.0.0/16")?;
        is_key(name)?;
        let mut blocks = Vec::new();
        for block in cidr.split(',') {
            let block = Cidr::parse(block.trim()).map_err(|why| match why {
                NotCidr::Inside(network) => {
                    format!("{block} is an address inside a network; did you mean {network}?")
                }
                _ => format!("`{block}` is no network; write address/length, such as 10.7.0.0/16"),
            })?;
            blocks.push(block);
        }
        Ok(Self { name: name.to_owned(), cidr: blocks, clients })
    }
}

/// Hosts that are named more than once.
pub(super) fn repeated(servers: &[Server]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    servers.iter().for_each(|server| *seen.entry(&server.name).or_default() += 1);
    let twice = seen.into_iter().filter(|(_, count)| *count > 1);
    twice.map(|(name, count)| format!("{name} is named {count} times")).collect()
}

fn is_key(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (1..=63).contains(&name.len()) && name.chars().all(plain);
    if fits && !name.starts_with('-') && !name.ends_with('-') {
        return Ok(());
    }
    Err(format!("`{name}` is no name: lower-case letters, digits, and hyphens between them"))
}

/// A role by its slug, or by what people call it.
fn role(word: &str, edition: Edition) -> Result<&'static Role, String> {
    let slug = word.to_lowercase().replace([' ', '_'], "-");
    let found = ROLES
        .iter()
        .find(|role| role.slug == slug || role.name.to_lowercase().replace(' ', "-") == slug);
    let known = || catalog::rows(edition, Reading::Corrected).flat_map(|row| [row.from, row.to]);
    match found {
        Some(role) if known().any(|one| one == *role) => Ok(role),
        Some(role) => Err(format!("edition {edition} has no role {}", role.slug)),
        None => Err(match nearest(&slug, known().map(|role| role.slug)) {
            Some(near) => format!("unknown role `{word}`; did you mean {near}?"),
            None => format!("unknown role `{word}`"),
        }),
    }
}

impl Outline {
    /// The file.
    pub(super) fn text(&self) -> String {
        let Self { edition, code, .. } = self;
        let mut text = format!(
            "# What this estate is. It is yours to edit: `portolan plan` shows what follows\n\
             # from it, and `portolan plan explain` why.\n\
             edition = {}\n\n[site.{code}]\nname = {}\n",
            quoted(edition.slug()),
            quoted(&self.name),
        );
        let others = self.other_sites();
        for other in &others {
            text.push_str(&format!("\n[site.{other}]\nparent = {}\n", quoted(code)));
        }
        let guessed = self.guessed();
        let said = |clients| self.networks.iter().filter(move |network| network.clients == clients);
        let kinds: [(&str, bool, Vec<&Network>); 3] = [
            ("Machines in these networks are clients of the site.", true, said(true).collect()),
            ("Here are no clients.", false, said(false).collect()),
            (
                "Guessed from the addresses of hosts: write the true prefixes.",
                false,
                guessed.iter().collect(),
            ),
        ];
        for (comment, clients, networks) in kinds {
            for (n, network) in networks.into_iter().enumerate() {
                let comment = if n == 0 { format!("# {comment}\n") } else { String::new() };
                let blocks: Vec<String> = network.cidr.iter().map(Cidr::to_string).collect();
                let cidr = list(blocks.iter().map(String::as_str));
                text.push_str(&format!("\n{comment}[network.{}]\ncidr = {cidr}\n", network.name));
                if clients {
                    text.push_str(&format!("clients = {}\n", quoted(code)));
                }
            }
        }
        for (n, server) in self.servers.iter().enumerate() {
            let comment = if n == 0 { "# The hosts, and what each does.\n" } else { "" };
            text.push_str(&format!("\n{comment}{}", self.host(server, !others.is_empty())));
        }
        text
    }

    /// A network for the hosts that no named network holds: every host must be in one.
    fn guessed(&self) -> Option<Network> {
        let named: Vec<&Cidr> = self.networks.iter().flat_map(|network| &network.cidr).collect();
        let mut blocks: BTreeSet<Cidr> = BTreeSet::new();
        for address in self.servers.iter().map(|server| server.address) {
            if named.iter().any(|block| block.contains(address)) {
                continue;
            }
            let (usual, alone) = if address.is_ipv4() { (24, 32) } else { (64, 128) };
            let overlaps = |block: &Cidr| {
                named
                    .iter()
                    .any(|other| other.contains(block.first()) || block.contains(other.first()))
            };
            let block = around(address, usual).filter(|block| !overlaps(block));
            blocks.extend(block.or_else(|| around(address, alone)));
        }
        let taken = |name: &&str| self.networks.iter().any(|network| network.name == *name);
        let name = ["servers", "other-servers", "guessed"].into_iter().find(|name| !taken(name))?;
        let cidr: Vec<Cidr> = blocks.into_iter().collect();
        (!cidr.is_empty()).then(|| Network { name: name.to_owned(), cidr, clients: false })
    }

    /// The sites that the list names beside the first, in its order.
    fn other_sites(&self) -> Vec<&str> {
        let mut others: Vec<&str> = Vec::new();
        for site in self.servers.iter().filter_map(|server| server.site.as_deref()) {
            if site != self.code && !others.contains(&site) {
                others.push(site);
            }
        }
        others
    }

    fn host(&self, server: &Server, several: bool) -> String {
        let mut text = format!("[host.{}]\n", server.name);
        if let Some(dns) = &server.dns {
            text.push_str(&format!("name = {}\n", quoted(dns)));
        }
        text.push_str(&format!("address = \"{}\"\n", server.address));
        if several {
            let site = server.site.as_ref().unwrap_or(&self.code);
            text.push_str(&format!("site = {}\n", quoted(site)));
        }
        if !server.roles.is_empty() {
            let roles = list(server.roles.iter().map(|role| role.slug));
            text.push_str(&format!("roles = {roles}\n"));
        }
        text
    }
}

/// The network of this length that holds an address.
fn around(address: IpAddr, length: u8) -> Option<Cidr> {
    match Cidr::parse(&format!("{address}/{length}")) {
        Ok(network) | Err(NotCidr::Inside(network)) => Some(network),
        Err(_) => None,
    }
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", words.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// A text of TOML. Controls, which no file of ours holds, are left out, so that JSON
/// writes it alike.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    serde_json::Value::from(plain).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn outline(hosts: &[&str], networks: &[&str]) -> Outline {
        let edition = Edition::Portolan;
        let servers = hosts.iter().map(|host| Server::parse(host, edition).unwrap());
        let networks = networks.iter().map(|said| Network::parse(said, true).unwrap());
        Outline {
            edition,
            code: "P01".into(),
            name: "Head \"office\" \u{7f}ä\\".into(),
            servers: servers.collect(),
            networks: networks.collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_without_a_mistake() {
        let hosts = [
            "keel.example.org=10.1.0.10:site-server,management-point,distribution-point,sms-provider",
            "dp7=2001:db8::5:Distribution Point",
            "dp8=[2001:db8::6]:distribution-point",
        ];
        let text = outline(&hosts, &["branch-7=10.7.0.0/16,2001:db8::/32"]).text();
        let estate = plan::read(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:#?}"));
        plan::plan(&estate).unwrap();
        assert_eq!(estate.hosts.len(), 3);
        assert_eq!(estate.hosts[0].dns.as_ref().unwrap().value, "keel.example.org");
        assert!(text.contains("name = \"Head \\\"office\\\" ä\\\\\"\n"), "{text}");
        assert!(text.contains("[network.servers]\ncidr = [\"10.1.0.0/24\"]\n\n"), "{text}");
        assert!(text.contains("\n# The hosts, and what each does.\n[host.keel]\n"), "{text}");
    }

    #[test]
    fn everything_wrong_with_a_host_is_told_at_once() {
        let wrong = Server::parse(
            "Key_1=10.1.0.300:managment-point,reporting-services-point",
            Edition::Portolan,
        );
        let wrong = wrong.err().unwrap();
        assert_eq!(wrong.len(), 4, "{wrong:?}");
        assert!(wrong[2].contains("did you mean management-point?"), "{wrong:?}");
        assert!(Server::parse("keel", Edition::Portolan).is_err());
        assert!(Network::parse("a=10.7.0.1/16", true).err().unwrap().contains("10.7.0.0/16"));
    }
}
