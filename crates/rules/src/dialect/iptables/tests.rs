//! The lines of a hole are together exactly the hole.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::*;
use crate::space::Space;
use crate::tests::{BRANCHES, HIERARCHY, plan_of};
use crate::{Compiler, Place};

/// The words after these options of a line.
fn after<'a>(line: &'a str, options: &[&str]) -> Vec<&'a str> {
    let words: Vec<&str> = line.split(' ').collect();
    let pairs = words.windows(2).filter(|pair| options.contains(&pair[0]));
    pairs.map(|pair| pair[1]).collect()
}

fn range(text: &str) -> (u16, u16) {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    (first.parse().unwrap(), last.parse().unwrap())
}

/// The lines of one rule against the rule.
fn exact(rule: &Rule, lines: &[&str]) {
    let mut ends = BTreeSet::new();
    let (mut ports, mut types) = (Vec::new(), BTreeSet::new());
    for line in lines {
        let (from, to) = (after(line, &["-s"]), after(line, &["-d"]));
        assert!(from.len() == 1 && to.len() == 1 && line.ends_with(" -j ACCEPT"), "{line}");
        ends.insert((from[0].to_owned(), to[0].to_owned()));
        let said = after(line, &["--dport", "--dports"]);
        let said: Vec<(u16, u16)> =
            said.iter().flat_map(|list| list.split(',')).map(range).collect();
        assert_eq!(said.is_empty(), rule.ports.is_empty(), "{line}");
        let weights = said.iter().map(|(first, last)| if first == last { 1 } else { 2 });
        assert!(weights.sum::<usize>() <= PORTS, "{line}");
        ports.extend(said);
        let sport = after(line, &["--sport"]).into_iter().map(range);
        assert_eq!(sport.collect::<Vec<_>>(), Vec::from_iter(rule.source_ports));
        let kind = after(line, &["--icmp-type", "--icmpv6-type"]);
        assert_eq!(kind.is_empty(), rule.types.is_empty(), "{line}");
        types.extend(kind.iter().map(|kind| kind.parse::<u8>().unwrap()));
    }
    let (from, to) = (&rule.source.blocks, &rule.destination.blocks);
    let product = from.iter().flat_map(|a| to.iter().map(|b| (a.to_string(), b.to_string())));
    assert_eq!(ends, product.collect());
    assert_eq!(Space::of_ports(ports), Space::of_ports(rule.ports.clone()));
    assert_eq!(types, rule.types.iter().copied().collect());
    assert_eq!(lines.len(), from.len() * to.len() * packets(rule).len());
}

#[test]
fn the_lines_of_a_hole_are_together_the_hole() {
    for estate in [BRANCHES, HIERARCHY] {
        let plan = plan_of(estate);
        let (compiler, decided) = (Compiler::new(&plan), Decided::new(estate));
        for place in compiler.places().into_iter().chain([Place::Border]) {
            let set = compiler.rules(&place).unwrap();
            let written = write(&set, &decided);
            for (version, file) in Version::ALL.into_iter().zip(&written.files) {
                let mut count = 0;
                let mine = |rule: &&Rule| rule.version == version && not_needed(rule).is_none();
                for rule in set.rules.iter().filter(mine) {
                    let mark = format!("--comment \"{} ", rule.id);
                    let lines: Vec<&str> =
                        file.text.lines().filter(|line| line.contains(&mark)).collect();
                    exact(rule, &lines);
                    count += lines.len();
                }
                let accepts = file.text.lines().filter(|line| line.contains("--comment \""));
                assert_eq!(accepts.count(), count, "{}", file.name);
                assert!(!file.text.contains("0.0.0.0/0") && !file.text.contains("::/0"));
                let names = file.text.lines().filter_map(|line| line.strip_prefix(':'));
                // XT_EXTENSION_MAXNAMELEN, with its closing zero.
                assert!(names.into_iter().all(|name| name.split(' ').next().unwrap().len() <= 28));
            }
        }
    }
}

#[test]
fn ports_are_parted_at_fifteen_and_a_range_is_never_torn() {
    let single = |n: u16| (n * 2, n * 2);
    let many: Vec<(u16, u16)> = (1..=14).map(single).chain([(100, 200), (300, 300)]).collect();
    let parts = in_parts(&many);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1], "100:200,300");
}
