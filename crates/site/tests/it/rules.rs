//! Firewall rules, as a person gets them: `portolan rules` on the estates of the
//! plan's goldens, against goldens of its own, in every dialect. What the dialect's
//! own program says of those files stands in a module for each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ::rules::Dialect;
use ::rules::dialect::Takes;

use crate::Test;
use crate::sandbox::repository;

mod aerleon;
mod firewalld;
mod guide;
mod import;
mod iptables;
mod nftables;
mod terraform;

pub(crate) const TESTS: &[Test] = &[
    ("rules::every_dialect_writes_its_goldens", goldens),
    ("rules::what_cannot_be_written_is_said_with_the_next_step", refusals),
    ("rules::nftables_loads_twice_into_one_table_with_a_counter_for_each_hole", || {
        checked("network", nftables::loads_twice_into_one_table);
    }),
    ("rules::nftables_leaves_the_keepers_own_rules", || {
        checked("network", nftables::the_keepers_own_rules_survive_a_load);
    }),
    ("rules::the_commands_of_the_guide_work", || checked("network", guide::its_commands_work)),
    ("rules::iptables_has_what_the_files_say", || {
        checked("firewalls", iptables::the_kernel_has_what_the_file_says);
    }),
    ("rules::firewalld_checks_and_loads_what_the_files_say", || {
        checked("firewalls", firewalld::checks_and_loads_what_the_files_say);
    }),
    ("rules::import_finds_the_ten_faults_that_were_put_in_and_nothing_else", || {
        checked("network", import::ten_faults_are_found_and_nothing_else);
    }),
    ("rules::diff_finds_our_own_rules_the_same_and_another_plan_drift", || {
        checked("network", import::our_own_rules_are_no_difference_and_another_plan_is_drift);
    }),
    (
        "rules::diff_of_two_plans_names_each_firewall_that_changes",
        import::two_plans_differ_as_their_rules_do,
    ),
    ("rules::aerleon_generates_every_firewall_from_our_policy", || {
        checked("python", aerleon::generates_every_firewall);
    }),
    (
        "rules::every_argument_of_terraform_is_one_of_the_provider",
        terraform::every_argument_is_one_of_the_provider,
    ),
    (
        "rules::terraform_finds_no_fault_with_amazons",
        terraform::terraform_finds_no_fault_with_amazons,
    ),
];

/// The estates, each with those of its firewalls whose rules are kept.
pub(crate) const ESTATES: [(&str, &[&str]); 2] = [
    (
        "branches-portolan",
        &[
            "--host head",
            "--host dp7",
            "--clients branch-7",
            "--clients roaming",
            "--between office dp7",
        ],
    ),
    (
        "hierarchy-2006",
        &[
            "--host p01-mp",
            "--host p01-dp",
            "--host p01-db1",
            "--clients branch-1",
            "--between branch-1 p01-dp",
        ],
    ),
];

/// A dialect's own program looks at what is kept, where target/lab has it. Elsewhere
/// the check is skipped aloud, and has failed where `PORTOLAN_CI` is set.
fn checked(tool: &str, check: fn()) {
    let Some(why) = lab::obstacle_to_unpacked(tool) else { return check() };
    eprintln!("skipped: {why}");
    assert!(std::env::var_os("PORTOLAN_CI").is_none(), "{why}");
}

/// Every file that is kept in a dialect, by its path behind the estate.
fn golden(dialect: &str) -> Vec<(String, String)> {
    let of = |(estate, _): (&str, _)| {
        let files = files(&kept(estate, dialect)).into_iter();
        let named =
            move |(path, text): (PathBuf, _)| (format!("{}/{}", estate, path.display()), text);
        files.map(named).collect::<Vec<_>>()
    };
    let all: Vec<(String, String)> = ESTATES.into_iter().flat_map(of).collect();
    assert!(!all.is_empty(), "nothing is kept for {dialect}: UPDATE_GOLDEN=1 writes it");
    all
}

/// The site file of an estate.
pub(crate) fn site_file(estate: &str) -> PathBuf {
    repository().join(format!("crates/plan/src/tests/golden/{estate}.toml"))
}

/// Where the rules of an estate are kept in a dialect.
pub(crate) fn kept(estate: &str, dialect: &str) -> PathBuf {
    repository().join(format!("crates/site/tests/golden/rules/{estate}/{dialect}"))
}

/// `portolan rules` with these words. It needs the site file alone, so it runs here.
pub(crate) fn rules(words: &str) -> Output {
    let portolan = env!("CARGO_BIN_EXE_portolan");
    let mut command = Command::new(portolan);
    command.arg("rules").args(words.split_whitespace()).env("NO_COLOR", "1");
    command.output().unwrap()
}

fn goldens() {
    let mut differences = Vec::new();
    for (estate, machines) in ESTATES {
        for dialect in Dialect::ALL {
            let have = written(estate, dialect, machines);
            assert!(!have.is_empty(), "{dialect} writes nothing for {estate}");
            let folder = kept(estate, dialect.slug());
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                let _none = std::fs::remove_dir_all(&folder);
                for (name, text) in &have {
                    let path = folder.join(name);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, text).unwrap();
                }
            }
            let want = files(&folder);
            for name in have.keys().chain(want.keys()) {
                if have.get(name) != want.get(name) {
                    differences.push(folder.join(name).display().to_string());
                }
            }
        }
    }
    differences.sort();
    differences.dedup();
    assert!(
        differences.is_empty(),
        "not as kept (UPDATE_GOLDEN=1 writes them anew): {differences:#?}"
    );
}

/// What a dialect writes for the firewalls of an estate that it is for.
fn written(estate: &str, dialect: Dialect, machines: &[&str]) -> BTreeMap<PathBuf, String> {
    let out = tempfile::tempdir().unwrap();
    let whole = [""];
    let places = if dialect.takes() == Takes::Estate { &whole } else { machines };
    for place in places {
        let site = site_file(estate);
        let said = rules(&format!(
            "--site {} --dialect {dialect} {place} --out {}",
            site.display(),
            out.path().display()
        ));
        let error = String::from_utf8_lossy(&said.stderr);
        // Not every machine's dialect is one for borders.
        let border = place.starts_with("--between") && said.status.code() == Some(2);
        assert!(said.status.success() || border, "{estate} {dialect} {place}: {error}");
    }
    files(out.path())
}

/// Every file in a folder, by its path there.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn refusals() {
    let site = site_file("branches-portolan").display().to_string();
    for (words, says) in [
        (format!("--site {site}"), "--dialect is one of"),
        (format!("--site {site} --dialect csv --host dp9"), "did you mean dp7?"),
        (format!("--site {site} --dialect iptables --host dp7"), "--out DIR"),
        (format!("--site {site} --dialect windows --between office dp7"), "name a --host"),
    ] {
        let said = rules(&words);
        let error = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(2), "{words}: {error}");
        assert!(error.contains(says), "{words}: {error}");
    }
}
