//! `site.lock`: what the names of a site file stood for when somebody asked.
//!
//! The plan never resolves a name: the same inputs must give the same plan, and a
//! rule must not depend on who was asked when. So the addresses of names are an
//! input of their own, written by `portolan plan resolve`, kept beside the site file
//! and read with it ([`read_with`](crate::read_with)). Only what has no address in
//! the site file is asked for: the names of clouds, and those of hosts and clusters
//! that say nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use toml_edit::{Document, Item, TableLike, Value};

use crate::check::UNREAD;
use crate::mistake::{Finding, Kind, Mistake, Severity};
use crate::read::is_dns_name;
pub use crate::read::unfit;

/// The addresses of names, as they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// When, in UTC: `2026-11-21T17:40:00Z`.
    pub asked: String,
    /// Which name server answered.
    pub server: Option<IpAddr>,
    names: BTreeMap<String, BTreeSet<IpAddr>>,
}

/// What is not as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Name and address, in the order of names.
    pub added: Vec<(String, IpAddr)>,
    pub gone: Vec<(String, IpAddr)>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.gone.is_empty()
    }
}

impl Lock {
    /// What one name server says; nothing yet.
    pub fn new(server: IpAddr) -> Self {
        Self { server: Some(server), ..Self::default() }
    }

    /// Notes what a name stands for; its case does not matter.
    pub fn add(&mut self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        self.names.entry(name.to_ascii_lowercase()).or_default().extend(addresses);
    }

    /// Sorted; none where the name was not asked for.
    pub fn addresses(&self, name: &str) -> impl Iterator<Item = IpAddr> {
        self.names.get(&name.to_ascii_lowercase()).into_iter().flatten().copied()
    }

    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// What is in this one and not in `old`, and the other way round. When and whom
    /// somebody asked is no change.
    pub fn since(&self, old: &Self) -> Changes {
        let only = |one: &Self, other: &Self| {
            let all = one.names.iter().flat_map(|(name, all)| all.iter().map(move |a| (name, *a)));
            let own =
                all.filter(|(name, a)| !other.names.get(*name).is_some_and(|all| all.contains(a)));
            own.map(|(name, address)| (name.clone(), address)).collect()
        };
        Changes { added: only(self, old), gone: only(old, self) }
    }

    /// Reads what [`Display`](fmt::Display) writes, and reports all mistakes at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let at = error.span().unwrap_or_default();
                let message = format!("this is not TOML: {}", error.message());
                return Err(vec![Mistake::new(at, message).help(AGAIN)]);
            }
        };
        let mut lock = Self::default();
        let mut mistakes = Vec::new();
        for (key, item) in document.as_table() {
            match (key, item) {
                ("asked", Item::Value(Value::Datetime(when))) => {
                    lock.asked = when.value().to_string()
                }
                ("server", Item::Value(Value::String(text))) => {
                    lock.server = text.value().parse().ok();
                }
                ("names", item) if item.is_table_like() => {
                    item.as_table_like()
                        .into_iter()
                        .for_each(|names| lock.read(names, &mut mistakes));
                }
                _ => mistakes.push(wrong(item, &format!("`{key}` does not belong here"))),
            }
        }
        if mistakes.is_empty() { Ok(lock) } else { Err(mistakes) }
    }

    fn read(&mut self, names: &dyn TableLike, mistakes: &mut Vec<Mistake>) {
        for (name, item) in names.iter() {
            if !is_dns_name(name) {
                mistakes.push(wrong(item, "this is no DNS name"));
                continue;
            }
            let Some(list) = item.as_array() else {
                mistakes.push(wrong(item, "a name has a list of addresses"));
                continue;
            };
            let mut addresses = Vec::new();
            for value in list {
                let address = value.as_str().and_then(|text| text.parse().ok());
                match address.filter(|address| unfit(*address).is_none()) {
                    Some(address) => addresses.push(address),
                    None => {
                        let at = value.span().unwrap_or_default();
                        let message = "no host can have this address";
                        mistakes.push(Mistake::new(at, message).help(AGAIN));
                    }
                }
            }
            self.add(name, addresses);
        }
    }

    /// What a site file asks for and the lock does not have, and what it has for
    /// nobody. `file` is what reports call the lock.
    pub fn stale(&self, site_file: &str, file: &str) -> Vec<Finding> {
        let finding =
            |severity, message| Finding { severity, kind: Kind::StaleLock, at: None, message };
        let wanted: BTreeSet<String> = names(site_file).into_iter().collect();
        let lacking = wanted.iter().filter(|name| self.addresses(name).next().is_none());
        let mut findings: Vec<Finding> = lacking
            .map(|name| {
                let message =
                    format!("{file} has no address of {name}: `portolan plan resolve` asks for it");
                finding(Severity::Warning, message)
            })
            .collect();
        let surplus = self.names().filter(|name| !wanted.contains(*name));
        findings.extend(surplus.map(|name| {
            let message =
                format!("{file} has addresses of {name}, which the site file does not ask for");
            finding(Severity::Notice, message)
        }));
        findings
    }
}

const AGAIN: &str = "`portolan plan resolve` writes the file anew; delete it before";

fn wrong(item: &Item, message: &str) -> Mistake {
    Mistake::new(item.span().unwrap_or_default(), message).help(AGAIN)
}

impl fmt::Display for Lock {
    /// The file, whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "# What the names in the site file stand for. `portolan plan resolve` wrote this and\n\
             # writes it anew; it belongs to the site file, and plans are made from both.\n",
        )?;
        if !self.asked.is_empty() {
            writeln!(f, "asked = {}", self.asked)?;
        }
        if let Some(server) = self.server {
            writeln!(f, "server = \"{server}\"")?;
        }
        f.write_str("\n[names]\n")?;
        for (name, addresses) in &self.names {
            let addresses: Vec<String> = addresses.iter().map(|one| format!("\"{one}\"")).collect();
            writeln!(f, "\"{name}\" = [{}]", addresses.join(", "))?;
        }
        Ok(())
    }
}

/// The names of a site file that somebody must look up: sorted, in lower case.
///
/// # Errors
/// The site file's mistakes; that an address is missing is none.
pub fn wanted(site_file: &str) -> Result<Vec<String>, Vec<Mistake>> {
    let names = names(site_file);
    let mut answered = Lock::default();
    for name in &names {
        answered.add(name, [UNREAD]);
    }
    crate::read_with(site_file, &answered).map(|_estate| names)
}

fn names(site_file: &str) -> Vec<String> {
    let Ok(document) = Document::parse(site_file) else { return Vec::new() };
    let mut names = BTreeSet::new();
    // The table's key, where its address would be, where its names are.
    for (table, address, name) in [
        ("host", "address", "name"),
        ("cluster", "listener", "name"),
        ("cloud", "addresses", "names"),
    ] {
        let all = document.get(table).and_then(Item::as_table_like);
        let each =
            all.into_iter().flat_map(TableLike::iter).filter_map(|(_, one)| one.as_table_like());
        for said in each.filter(|one| !one.contains_key(address)).filter_map(|one| one.get(name)) {
            let list = said.as_array().into_iter().flatten().filter_map(Value::as_str);
            let texts = said.as_str().into_iter().chain(list);
            names.extend(texts.filter(|text| is_dns_name(text)).map(str::to_ascii_lowercase));
        }
    }
    names.into_iter().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    const SITE: &str = r#"
edition = "2006"
[site.P01]
[network.servers]
cidr = ["10.1.0.0/24"]
[host.cm1]
address = "10.1.0.10"
name = "cm1.example.org"
roles = ["site-server", "cmg-connection-point"]
[host.sp1]
name = "SP1.example.org"
roles = ["sms-provider", "management-point"]
[host.db1]
address = "10.1.0.41"
[cluster.db]
role = "sql-server"
hosts = ["db1"]
name = "db.example.org"
[cloud.gateway]
role = "cloud-management-gateway"
names = ["cmg.example.net"]
"#;

    fn lock() -> Lock {
        let mut lock = Lock::default();
        for (name, address) in [
            ("sp1.example.org", "10.1.0.11"),
            ("db.example.org", "10.1.0.40"),
            ("cmg.example.net", "203.0.113.7"),
            ("cmg.example.net", "2001:db8::7"),
        ] {
            lock.add(name, [address.parse().unwrap()]);
        }
        lock
    }

    #[test]
    fn what_has_a_name_and_no_address_is_asked_for() {
        let names = ["cmg.example.net", "db.example.org", "sp1.example.org"];
        assert_eq!(wanted(SITE).unwrap(), names);
        let wrong = SITE.replace("sms-provider", "sms-provder");
        let [mistake] = wanted(&wrong).unwrap_err().try_into().unwrap();
        assert!(mistake.message.contains("sms-provder"), "{mistake}");
    }

    #[test]
    fn the_plan_knows_what_the_lock_knows() {
        let without = crate::read(SITE).unwrap_err();
        let words: Vec<String> = without.iter().map(Mistake::to_string).collect();
        let all = words.join("\n");
        assert_eq!(without.len(), 2, "{all}");
        assert!(all.contains("SP1.example.org with `portolan plan resolve`"), "{all}");
        assert!(all.contains("cluster db has no `listener`"), "{all}");

        let (plan, _) = crate::plan(&crate::read_with(SITE, &lock()).unwrap()).unwrap();
        let host = plan.hosts().iter().find(|host| host.name == "sp1").unwrap();
        assert_eq!(host.address.to_string(), "10.1.0.11");
        let said = SITE
            .replace(
                "name = \"SP1.example.org\"",
                "name = \"SP1.example.org\"\naddress = \"10.1.0.11\"",
            )
            .replace(
                "name = \"db.example.org\"",
                "name = \"db.example.org\"\nlistener = \"10.1.0.40\"",
            )
            .replace(
                "names = [\"cmg",
                "addresses = [\"203.0.113.7\", \"2001:db8::7\"]\nnames = [\"cmg",
            );
        let (same, _) = crate::plan(&crate::read(&said).unwrap()).unwrap();
        assert!(crate::diff::diff(&plan, &same).is_empty());
        assert_eq!(crate::tests::lines(&plan), crate::tests::lines(&same));
    }

    #[test]
    fn an_address_of_the_lock_is_checked_like_one_of_the_file() {
        let mut lock = lock();
        lock.add("sp1.example.org", ["192.0.2.1".parse().unwrap()]);
        let [mistake] = crate::read_with(SITE, &lock).unwrap_err().try_into().unwrap();
        assert_eq!(mistake.message, "host sp1: no network holds 192.0.2.1");
        assert_eq!(SITE.get(mistake.at).unwrap(), "\"SP1.example.org\"");
    }

    #[test]
    fn a_stale_lock_says_what_is_stale() {
        assert!(lock().stale(SITE, "site.lock").is_empty());
        let later = SITE.replace("cmg.example.net", "gate.example.net");
        let stale = lock().stale(&later, "site.lock");
        let said: Vec<_> = stale.iter().map(|one| (one.severity, one.message.as_str())).collect();
        assert_eq!(
            said,
            [
                (
                    Severity::Warning,
                    "site.lock has no address of gate.example.net: `portolan plan resolve` asks for it"
                ),
                (
                    Severity::Notice,
                    "site.lock has addresses of cmg.example.net, which the site file does not ask for"
                ),
            ]
        );
    }

    #[test]
    fn a_lock_that_somebody_spoilt_is_refused_with_its_place() {
        for (text, at) in [
            ("[names]\n\"a.example\" = [\"10.0.0.1\", \"10.0.0.300\"]", "\"10.0.0.300\""),
            ("[names]\n\"a.example\" = \"10.0.0.1\"", "\"10.0.0.1\""),
            ("[names]\n\"a..example\" = []", "[]"),
            ("[names]\n\"a.example\" = [\"0.0.0.0\"]", "\"0.0.0.0\""),
            ("nmaes = 1", "1"),
            ("names = [", ""),
        ] {
            let [mistake] = Lock::parse(text).unwrap_err().try_into().unwrap();
            assert_eq!(text.get(mistake.at.clone()).unwrap(), at, "{text}: {mistake}");
        }
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        let any = prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::from(bits.to_be_bytes())),
            any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
        ];
        any.prop_filter("one that a host can have", |one| unfit(*one).is_none())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            names in prop::collection::btree_map("[a-z0-9]{1,9}(\\.[a-z]{1,9}){0,3}", prop::collection::vec(address(), 0..5), 0..6),
            server in prop::option::of(address()),
        ) {
            let asked = "2026-11-21T17:40:00Z".to_owned();
            let mut lock = Lock { asked, server, ..Lock::default() };
            names.iter().for_each(|(name, all)| lock.add(name, all.iter().copied()));
            let text = lock.to_string();
            prop_assert_eq!(Lock::parse(&text).unwrap(), lock.clone());
            prop_assert!(lock.since(&lock).is_empty());
            let gone = Lock::default().since(&lock);
            prop_assert_eq!(gone.gone, lock.since(&Lock::default()).added);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}|(asked|names|\\[names\\]|=|\"|\\[|\\]|\n|1| ){0,20}") {
            let _any = Lock::parse(&text);
            let _any = wanted(&text);
        }
    }
}
