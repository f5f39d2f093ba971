//! nft itself, on the rules that are kept for it, in a network of a test's own.

use std::collections::BTreeSet;

use ::rules::dialect::nftables::{LOCAL, TABLE};
use lab::Machine;
use serde_json::Value;

use super::golden;

/// The holes that have a rule, by their ids.
fn holes(text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = BTreeSet::new();
    for pair in lines.windows(2) {
        if let [told, next] = pair
            && let Some((id, _)) = told.strip_prefix("# ").and_then(|told| told.split_once(": "))
            && (id.starts_with("in-") || id.starts_with("out-") || id.starts_with("through-"))
            && !next.starts_with("# no rule")
        {
            found.insert(id.to_owned());
        }
    }
    found
}

/// The names of the things of one kind in what `nft -j` says.
fn names<'a>(said: &'a Value, kind: &'a str) -> Vec<&'a str> {
    let items = said["nftables"].as_array().unwrap();
    items.iter().filter_map(|item| item[kind]["name"].as_str()).collect()
}

pub(super) fn loads_twice_into_one_table() {
    let machine = Machine::alone(&[], &[&lab::folder()]);
    let nft = lab::folder().join("bin/nft");
    let nft = nft.display();
    let mut all = 0;
    for (path, text) in golden("nftables") {
        machine.write("/tmp/rules.nft", &text);
        for words in ["-c -f", "-f", "-f"] {
            let said = machine.run(&format!("{nft} {words} /tmp/rules.nft"));
            assert_eq!(said.code, Some(0), "{path}: {}", said.err);
        }
        let said = machine.run(&format!("{nft} -j list ruleset")).json();
        assert_eq!(names(&said, "table"), [TABLE], "{path}");
        let counters =
            names(&said, "counter").into_iter().filter(|name| !name.starts_with("dropped-"));
        let counters: BTreeSet<String> = counters.map(str::to_owned).collect();
        assert_eq!(counters, holes(&text), "{path}");
        all += counters.len();
    }
    assert!(all > 0);
}

pub(super) fn the_keepers_own_rules_survive_a_load() {
    let machine = Machine::alone(&[], &[&lab::folder()]);
    let nft = lab::folder().join("bin/nft");
    let nft = nft.display();
    let own = "ip saddr 192.0.2.7 accept";
    machine.write(&format!("{LOCAL}in-office.nft"), &format!("{own}\n"));
    let (_, text) = golden("nftables").into_iter().find(|(path, _)| path.contains("head")).unwrap();
    machine.write("/tmp/head.nft", &text);
    for _ in 0..2 {
        machine.run(&format!("{nft} -f /tmp/head.nft")).ok();
        let said = machine.run(&format!("{nft} list chain inet {TABLE} local-in")).ok();
        assert_eq!(said.out.matches(own).count(), 1, "{}", said.out);
    }
}
