//! Aerleon itself reads the policies and definitions that are kept, and generates all
//! five firewalls from them; each rule must be found in each of them again.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::{ESTATES, kept};

/// A term of the policy, by its keys.
type Term = BTreeMap<String, String>;

/// How a rule's name looks in what a generator writes.
type Named = fn(&str) -> String;

/// Generators, by the endings of their files.
const NAMED: [(&str, &str, Named); 5] = [
    ("cisco", "acl", |name| format!(" remark {name}\n")),
    ("juniper", "jcl", |name| format!("            term {name} {{\n")),
    ("paloalto", "xml", |name| format!("<entry name=\"{name}\">")),
    ("fortigate", "fgacl", |name| format!("        set name \"{name}\"\n")),
    ("gce", "gce", |name| format!("    \"name\": \"default-{name}\",\n")),
];

pub(super) fn generates_every_firewall() {
    let aclgen = lab::folder().join("bin/aclgen");
    for (estate, _) in ESTATES {
        let folder = kept(estate, "aerleon").join("border");
        let out = tempfile::tempdir().unwrap();
        let mut command = Command::new(&aclgen);
        command.arg("--output_directory").arg(out.path()).current_dir(&folder);
        let said = command.output().unwrap();
        let log = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{estate}: {log}");
        // It counts policies aloud. Everything else that is not mere information is a
        // rule that it understood otherwise or not at all.
        let complaints = |line: &&str| !line.starts_with('I') && !line.contains("pol files found");
        assert_eq!(log.lines().find(complaints), None, "{estate}");
        let filters = filters(&folder.join("policies/pol/portolan.yaml"));
        for (generator, ending, named) in NAMED {
            let text = out.path().join(format!("portolan.{ending}"));
            let text = std::fs::read_to_string(text).unwrap();
            let mut rules = 0;
            for (targets, terms) in &filters {
                let Some(words) = targets.get(generator) else { continue };
                // So Aerleon tells Google's rules for senders from those for receivers.
                let suffix = if words.contains("EGRESS") { "-e" } else { "" };
                for term in terms {
                    let name = format!("{}{suffix}", term["name"]);
                    let excluded =
                        term.get("platform-exclude").is_some_and(|other| other == generator);
                    let found = text.matches(&named(&name)).count();
                    assert_eq!(found, usize::from(!excluded), "{estate} {generator} {name}");
                    rules += usize::from(!excluded);
                }
            }
            assert!(rules > 10, "{estate} {generator}: {rules} rules");
        }
        let fortios = std::fs::read_to_string(out.path().join("portolan.fgacl")).unwrap();
        for wide in ["\"all\"", "\"ALL\"", "\"none\""] {
            assert!(!fortios.contains(wide), "{estate}: FortiOS gets {wide}");
        }
        let lines = std::fs::read_to_string(out.path().join("portolan.acl")).unwrap();
        let lines = lines.lines().filter(|line| line.starts_with(" permit ")).count();
        let terms = filters.iter().filter(|(targets, _)| targets.contains_key("cisco"));
        let sizes = sizes(&folder.join("def/portolan.yaml"));
        let want: usize = terms.flat_map(|(_, terms)| terms).map(|term| size(term, &sizes)).sum();
        assert_eq!(lines, want, "{estate}: lines of Cisco's list");
    }
}

/// The filters of a policy: their targets with their words, and their terms.
fn filters(policy: &Path) -> Vec<(Term, Vec<Term>)> {
    let mut filters: Vec<(Term, Vec<Term>)> = Vec::new();
    for line in std::fs::read_to_string(policy).unwrap().lines() {
        let Some((key, value)) = line.trim().split_once(": ") else {
            if line == "  - header:" {
                filters.push(Default::default());
            }
            continue;
        };
        let Some((targets, terms)) = filters.last_mut() else { continue };
        let (key, value) = (key.to_owned(), value.to_owned());
        match (key.strip_prefix("- "), terms.last_mut()) {
            (Some(name), _) => terms.push(Term::from([(name.to_owned(), value)])),
            (None, Some(term)) => drop(term.insert(key, value)),
            (None, None) => drop(targets.insert(key, value)),
        }
    }
    filters
}

/// How many addresses a network has, and how many lines Cisco needs for a service.
fn sizes(definitions: &Path) -> BTreeMap<String, usize> {
    let mut sizes = BTreeMap::new();
    let mut of = String::new();
    for line in std::fs::read_to_string(definitions).unwrap().lines() {
        if let Some(name) = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':')) {
            if !name.starts_with(' ') {
                of = name.to_owned();
            }
        } else if line.trim().starts_with("- address:") || line.trim().starts_with("- port:") {
            *sizes.entry(of.clone()).or_default() += 1;
        }
    }
    sizes
}

/// One line for each address of the source and of the destination, each port, and
/// each type of ICMP.
fn size(term: &Term, sizes: &BTreeMap<String, usize>) -> usize {
    let many = |key: &str| {
        let tokens = term.get(key).into_iter().flat_map(|value| value.split(' '));
        tokens.map(|token| sizes.get(token).copied().unwrap_or(1)).sum::<usize>().max(1)
    };
    ["source-address", "destination-address", "source-port", "destination-port", "icmp-type"]
        .map(many)
        .iter()
        .product()
}
