//! The text opens what the rules say, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::tests::{BRANCHES, HIERARCHY, plan_of};
use crate::{Compiler, Place};

/// Every firewall of an estate and the border, as text.
fn each(estate: &str, form: Form, check: impl Fn(&RuleSet<'_>, &str)) {
    let plan = plan_of(estate);
    let (compiler, decided) = (Compiler::new(&plan), Decided::new(estate));
    for place in compiler.places().into_iter().chain([Place::Border]) {
        let set = compiler.rules(&place).unwrap();
        check(&set, &text(&set, &decided, form));
    }
}

/// The words of a line between `key` and what follows it: one, or those in braces.
fn values(line: &str, key: &str) -> Vec<String> {
    let Some((_, after)) = line.split_once(&format!(" {key} ")) else { return Vec::new() };
    let inside = match after.strip_prefix("{ ") {
        Some(set) => set.split_once(" }").unwrap().0,
        None => after.split(' ').next().unwrap(),
    };
    inside.split(", ").map(str::to_owned).collect()
}

#[test]
fn every_hole_is_one_line_with_exactly_its_addresses_and_ports() {
    for estate in [BRANCHES, HIERARCHY] {
        each(estate, Form::Plain, |set, text| {
            let opens = |line: &&str| line.contains(" accept comment ");
            let mut lines = text.lines().filter(opens).collect::<Vec<_>>();
            for rule in set.rules.iter().filter(|rule| not_needed(rule).is_none()) {
                let name = format!(" counter name \"{}\" ", rule.id);
                let at = lines.iter().position(|line| line.contains(&name)).expect(&rule.id);
                let line = format!(" {}", lines.swap_remove(at).trim_start());
                let ip = if rule.version == Version::V4 { "ip" } else { "ip6" };
                for (key, ends) in [("saddr", &rule.source), ("daddr", &rule.destination)] {
                    let blocks: Vec<String> = ends.blocks.iter().map(plain).collect();
                    assert!(!blocks.is_empty());
                    assert_eq!(values(&line, &format!("{ip} {key}")), blocks, "{line}");
                }
                let protocol = rule.protocol_text();
                let ports = rule.ports.iter().map(|range| range_text(*range));
                assert_eq!(values(&line, &format!("{protocol} dport")), ports.collect::<Vec<_>>());
                let sport = rule.source_ports.map(range_text).into_iter().collect::<Vec<_>>();
                assert_eq!(values(&line, &format!("{protocol} sport")), sport);
                let types = rule.types.iter().map(u8::to_string).collect::<Vec<_>>();
                assert_eq!(values(&line, &format!("{protocol} type")), types);
                let meta = values(&line, "meta l4proto");
                assert!(!rule.ports.is_empty() || !types.is_empty() || meta == [protocol]);
            }
            assert!(lines.is_empty(), "no rule stands for {lines:?}");
            assert!(!text.contains("0.0.0.0/0") && !text.contains("::/0"));
        });
    }
}

#[test]
fn each_rule_says_who_needs_it_and_no_comment_is_too_long() {
    each(HIERARCHY, Form::Plain, |set, text| {
        for rule in &set.rules {
            let told = text.lines().any(|line| {
                let line = line.trim_start();
                line.starts_with(&format!("# {}: ", rule.id))
                    && set.connections(rule).iter().all(|one| line.contains(one))
                    && rule.source.parties.iter().all(|party| line.contains(party))
            });
            assert!(told, "{}", rule.id);
        }
        let comments =
            text.lines().filter_map(|line| line.split_once("comment \"")).map(|(_, c)| c);
        for comment in comments {
            let comment = comment.strip_suffix('"').expect("a comment ends its line");
            assert!(comment.len() <= COMMENT && !comment.contains('"'), "{comment}");
        }
        assert!(text.contains(&set.digest.to_string()) && text.contains(&set.place.to_string()));
    });
}

#[test]
fn a_direction_that_is_not_asked_for_is_left_alone() {
    let plan = plan_of(BRANCHES);
    let compiler = Compiler::new(&plan);
    let place = compiler.places().into_iter().next().unwrap();
    let mut set = compiler.rules(&place).unwrap();
    set.only(&[Direction::In]);
    let text = text(&set, &Decided::new(BRANCHES), Form::Plain);
    assert!(text.contains("hook input") && !text.contains("output") && !text.contains("forward"));
}

#[test]
fn a_trial_differs_only_in_its_table_and_its_end() {
    let form = Form::Trial { seconds: 60 };
    each(BRANCHES, form, |set, trial| {
        let mut kept = Vec::new();
        let mut in_set = false;
        for line in trial.lines() {
            in_set |= line == "\tset trial {";
            if !in_set && !line.contains("@trial") && !line.contains("the time is over") {
                kept.push(line.replace(TRIAL_TABLE, TABLE));
            }
            // Its closing brace, and the empty line after it.
            in_set &= !line.is_empty();
        }
        let plain = super::text(set, &Decided::new(BRANCHES), Form::Plain);
        assert_eq!(kept, plain.lines().collect::<Vec<_>>());
        assert_eq!(trial.matches("!= @trial accept").count(), set.directions.len());
    });
}

#[test]
fn a_long_remark_goes_on_below_and_loses_nothing() {
    let text = vec!["branch-100,"; 1000].join(" ");
    let remark = remark(&text);
    let lines: Vec<&str> = remark.lines().collect();
    assert!(lines.len() > 10 && lines.iter().all(|line| line.len() < LINE + 20), "{remark}");
    let said: Vec<&str> =
        lines.iter().map(|line| line.trim_start_matches(['\t', '#', ' '])).collect();
    assert_eq!(said.join(" "), text);
}
