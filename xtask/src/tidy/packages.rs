//! What is linked: the packages behind the crates, as cargo resolves them.
//!
//! `cargo tree` is asked rather than `cargo metadata` or the lock file: only it
//! leaves out packages of features that nothing turns on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::house::House;
use super::{Breach, Law};
use crate::{Outcome, place};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "pure-packages",
        reason: "a pure crate that links a runtime or the system's calls is no longer pure, \
                 and its tests no longer build in a second",
        way_out: "take a thinner feature set, or move the code to node",
        check: pure_packages,
    },
    Law {
        name: "small-agent",
        reason: "every managed machine carries the agent: no database, no server framework",
        way_out: "let the site do it, or keep it in the agent's journal",
        check: small_agent,
    },
    Law {
        name: "no-lab",
        reason: "the lab starts programs, enters namespaces and panics: it is for tests",
        way_out: "name it under [dev-dependencies]",
        check: no_lab,
    },
    Law {
        name: "one-tls",
        reason: "two TLS providers are two sets of flaws, and rustls refuses to choose by itself",
        way_out: "turn off the package's default features and take aws-lc-rs",
        check: one_tls,
    },
    Law {
        name: "no-own-sockets",
        reason: "every connection is a row of the catalog; a client library would open its own",
        way_out: "use hyper's connection on a stream of node",
        check: no_own_sockets,
    },
    Law {
        name: "licences",
        reason: "the project is MIT OR Apache-2.0, and so must be what is linked into it",
        way_out: "use another package",
        check: licences,
    },
];

/// What cargo says about the workspace.
#[derive(Default)]
pub(crate) struct Packages {
    /// Arrows between our crates, those for tests and for building included.
    pub edges: Vec<Edge>,
    /// What is linked into any of the pure crates.
    pub pure: BTreeSet<Package>,
    /// What is linked into the agent.
    pub agent: BTreeSet<Package>,
    /// What is built for the agent's binary, and for the site's: build scripts'
    /// needs included.
    pub agent_built: BTreeSet<Package>,
    pub site: BTreeSet<Package>,
    /// Everything, on every platform.
    pub all: BTreeSet<Package>,
}

pub(crate) struct Edge {
    pub from: String,
    pub to: String,
    pub manifest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub name: String,
    pub version: String,
    pub licence: String,
}

/// The crates without socket, clock, file and process.
pub(super) const PURE: &[&str] = &["catalog", "plan", "rules", "wire", "trust", "reach"];

const NOT_PURE: &[&str] = &[
    "tokio",
    "hyper",
    "hyper-util",
    "rustix",
    "socket2",
    "mio",
    "async-std",
    "smol",
    "tracing-subscriber",
    "rusqlite",
    "redb",
];
const NOT_IN_AGENT: &[&str] = &[
    "store",
    "roles",
    "site",
    "rusqlite",
    "libsqlite3-sys",
    "tokio-postgres",
    "axum",
    "schemars",
    "comfy-table",
    "indicatif",
    "hickory-proto",
];
const OTHER_TLS: &[&str] = &[
    "ring",
    "openssl",
    "openssl-sys",
    "native-tls",
    "boring",
    "boring-sys",
    "rustls-openssl",
    "s2n-tls",
];
const OPENS_SOCKETS: &[&str] = &[
    "reqwest",
    "ureq",
    "attohttpc",
    "isahc",
    "curl",
    "hyper-rustls",
    "hyper-tls",
    "sqlx",
    "postgres",
];

/// Licences that ask for no more than their text.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Goals for what is built on Linux (CONTRIBUTING.md).
const SITE_GOAL: usize = 250;
const AGENT_GOAL: usize = 180;

/// How many packages are built for a binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Built {
    pub program: &'static str,
    pub packages: usize,
    pub goal: usize,
}

impl Packages {
    /// Asks cargo.
    ///
    /// # Errors
    /// Where cargo cannot read the manifests, or Cargo.lock is behind them.
    pub(crate) fn read(root: &Path) -> Outcome<Self> {
        let metadata = place::output_of(place::cargo().args([
            "metadata",
            "--locked",
            "--no-deps",
            "--format-version=1",
        ]))?;
        let edges = edges(&serde_json::from_str(&metadata)?, root);
        let ours: BTreeSet<&str> = edges.1.iter().map(String::as_str).collect();
        let pure: Vec<&str> = PURE.iter().copied().filter(|krate| ours.contains(krate)).collect();
        Ok(Self {
            pure: tree(&pure, "normal", &[])?,
            agent: tree(&["agent"], "normal", &[])?,
            agent_built: tree(&["agent"], "normal,build", &[])?,
            site: tree(&["site"], "normal,build", &[])?,
            all: tree(&[], "normal,build,dev", &["--workspace", "--target=all"])?,
            edges: edges.0,
        })
    }

    pub(crate) fn built(&self) -> [Built; 2] {
        [
            Built { program: "portolan", packages: self.site.len(), goal: SITE_GOAL },
            Built { program: "portolan-agent", packages: self.agent_built.len(), goal: AGENT_GOAL },
        ]
    }
}

/// Edges between workspace members, and the members' names.
fn edges(metadata: &serde_json::Value, root: &Path) -> (Vec<Edge>, Vec<String>) {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let members = list(&metadata["packages"]);
    let names: Vec<String> = members.iter().map(|package| text(&package["name"])).collect();
    let mut edges = Vec::new();
    for package in &members {
        let manifest = text(&package["manifest_path"]);
        let manifest = Path::new(&manifest);
        let manifest = manifest.strip_prefix(root).unwrap_or(manifest).display().to_string();
        for dependency in list(&package["dependencies"]) {
            // A path marks our own: a stranger may be called "store" too.
            if dependency["path"].is_string() {
                let (from, to) = (text(&package["name"]), text(&dependency["name"]));
                edges.push(Edge { from, to, manifest: manifest.clone() });
            }
        }
    }
    (edges, names)
}

fn tree(crates: &[&str], kinds: &str, more: &[&str]) -> Outcome<BTreeSet<Package>> {
    let mut command = place::cargo();
    command.args(["tree", "--locked", "--prefix=none", "--format={p}|{l}", "--edges", kinds]);
    command.args(more);
    for krate in crates {
        command.args(["--package", krate]);
    }
    Ok(place::output_of(&mut command)?.lines().filter_map(package).collect())
}

/// `serde v1.0.1 (proc-macro)|MIT OR Apache-2.0 (*)`
fn package(line: &str) -> Option<Package> {
    let (words, licence) = line.split_once('|')?;
    let mut words = words.split_whitespace();
    Some(Package {
        name: words.next()?.to_owned(),
        version: words.next()?.trim_start_matches('v').to_owned(),
        licence: licence.trim_end_matches(" (*)").trim().to_owned(),
    })
}

fn found(packages: &BTreeSet<Package>, forbidden: &[&str], at: &str, why: &str) -> Vec<Breach> {
    packages
        .iter()
        .filter(|package| forbidden.contains(&package.name.as_str()))
        .map(|package| Breach {
            at: at.to_owned(),
            what: format!(
                "{} {} {why} (`cargo tree --invert {}` says through whom)",
                package.name, package.version, package.name
            ),
        })
        .collect()
}

fn pure_packages(house: &House) -> Vec<Breach> {
    found(&house.packages.pure, NOT_PURE, "Cargo.toml", "is linked into a pure crate")
}

fn small_agent(house: &House) -> Vec<Breach> {
    found(
        &house.packages.agent,
        NOT_IN_AGENT,
        "crates/agent/Cargo.toml",
        "is linked into the agent",
    )
}

fn no_lab(house: &House) -> Vec<Breach> {
    found(&house.packages.site, &["lab"], "crates/site/Cargo.toml", "is linked into portolan")
}

fn one_tls(house: &House) -> Vec<Breach> {
    found(&house.packages.all, OTHER_TLS, "Cargo.lock", "is another TLS provider")
}

fn no_own_sockets(house: &House) -> Vec<Breach> {
    found(&house.packages.all, OPENS_SOCKETS, "Cargo.lock", "opens sockets of its own")
}

fn licences(house: &House) -> Vec<Breach> {
    house
        .packages
        .all
        .iter()
        .filter(|package| !is_permissive(&package.licence))
        .map(|package| Breach {
            at: "Cargo.lock".to_owned(),
            what: format!("{} {} is under \"{}\"", package.name, package.version, package.licence),
        })
        .collect()
}

/// Judges an SPDX expression: of `OR` one side must be permissive, of `AND`
/// both. The old `/` between names means `OR`.
fn is_permissive(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest) && rest.is_empty()
}

fn either(words: &mut &[&str]) -> bool {
    let mut good = both(words);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        good |= both(words);
    }
    good
}

fn both(words: &mut &[&str]) -> bool {
    let mut good = one(words);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        good &= one(words);
    }
    good
}

fn one(words: &mut &[&str]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let good = either(words);
            if let [")", rest @ ..] = *words {
                *words = rest;
                return good;
            }
            false
        }
        [name, "WITH", exception, rest @ ..] => {
            *words = rest;
            PERMISSIVE.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, rest @ ..] => {
            *words = rest;
            PERMISSIVE.contains(name)
        }
        [] => false,
    }
}

/// What is worth knowing and breaks no law.
pub(super) fn notes(house: &House) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in house.packages.site.iter().chain(&house.packages.agent) {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    let mut notes: Vec<String> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| {
            let list: Vec<&str> = versions.iter().copied().collect();
            format!("{name} is built in {} versions: {}", versions.len(), list.join(", "))
        })
        .collect();
    for Built { program, packages, goal } in house.packages.built() {
        let word = if packages > goal { "over" } else { "within" };
        notes.push(format!("{program}: {packages} packages, {word} the goal of {goal}"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(line: &str) -> BTreeSet<Package> {
        line.lines().filter_map(package).collect()
    }

    #[test]
    fn a_forbidden_package_is_found_wherever_it_is_linked() {
        let mut house = House::of(&[]);
        house.packages.pure = linked("tokio v1.0.0|MIT\nserde v1.0.0|MIT");
        house.packages.agent = linked("schemars v1.2.0|MIT (*)");
        house.packages.site = linked("lab v0.1.0|MIT");
        house.packages.all = linked("ring v0.17.0|ISC\nreqwest v0.12.0|MIT");
        assert_eq!(pure_packages(&house).len(), 1);
        assert_eq!(small_agent(&house).len(), 1);
        assert_eq!(no_lab(&house).len(), 1);
        assert_eq!(one_tls(&house).len(), 1);
        assert_eq!(no_own_sockets(&house).len(), 1);
    }

    #[test]
    fn a_licence_counts_as_a_whole() {
        for good in
            ["MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
        {
            assert!(is_permissive(good), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "", "(MIT", "MIT MIT", "AGPL-3.0 OR LGPL-2.1"] {
            assert!(!is_permissive(bad), "{bad}");
        }
        let mut house = House::of(&[]);
        house.packages.all = linked("readline v1.0.0|GPL-3.0");
        assert_eq!(licences(&house).len(), 1);
    }

    #[test]
    fn edges_are_those_to_our_own_crates() {
        let metadata = serde_json::json!({ "packages": [{
            "name": "store", "manifest_path": "/r/crates/store/Cargo.toml",
            "dependencies": [{ "name": "node", "path": "/r/crates/node" }, { "name": "serde" }],
        }]});
        let (edges, _) = edges(&metadata, Path::new("/r"));
        let [edge] = edges.as_slice() else { panic!("one edge") };
        assert_eq!((edge.to.as_str(), edge.manifest.as_str()), ("node", "crates/store/Cargo.toml"));
    }
}
