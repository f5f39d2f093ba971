//! Words that must not stand in the tree.

use super::house::House;
use super::source::Kind;
use super::{Breach, Law};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "no-marks",
        reason: "a mark in the code is a promise that nobody keeps: it is found by no one",
        way_out: "do it, or open an issue",
        check: no_marks,
    },
    Law {
        name: "no-ignored-tests",
        reason: "a test that does not run proves nothing, and looks as if it did",
        way_out: "let it run, say aloud why it skips (with PORTOLAN_CI=1 that is a failure), or \
                  delete it",
        check: no_ignored_tests,
    },
    Law {
        name: "no-sleep-in-tests",
        reason: "a sleep is too short on a busy machine and too long on all others",
        way_out: "wait for the event with a deadline; where polling is all there is, one loop with \
                  the comment `// bounded wait: for what`",
        check: no_sleep_in_tests,
    },
];

// In two halves, so that this file does not break its own law.
const MARKS: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("HA", "CK:")];
const MARK_MACROS: &[&str] = &["todo", "unimplemented"];

fn no_marks(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in &house.sources {
        for (index, text) in source.lines.iter().enumerate() {
            for mark in MARKS.iter().filter(|mark| text.contains(**mark)) {
                breaches
                    .push(Breach { at: source.at(index + 1), what: format!("the mark {mark}") });
            }
        }
        for (index, token) in source.tokens.iter().enumerate() {
            if let Kind::Ident(name) = &token.kind
                && MARK_MACROS.contains(&name.as_str())
                && source.punct(index + 1, '!')
            {
                breaches.push(Breach { at: source.at(token.line), what: format!("`{name}!`") });
            }
        }
    }
    breaches
}

fn no_ignored_tests(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in &house.sources {
        for (index, token) in source.tokens.iter().enumerate() {
            let attribute = index >= 2
                && source.punct(index - 2, '#')
                && matches!(source.kind(index - 1), Some(Kind::Open(_)));
            if attribute && token.kind == Kind::Ident("ignore".to_owned()) {
                breaches.push(Breach { at: source.at(token.line), what: "`#[ignore]`".to_owned() });
            }
        }
    }
    breaches
}

fn no_sleep_in_tests(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in &house.sources {
        for (line, path) in source.named_paths() {
            let sleeps = path.ends_with("thread::sleep")
                || path.ends_with("time::sleep")
                || path.ends_with("time::sleep_until");
            if sleeps && source.is_test(line) && !source.escapes(line, "bounded wait:") {
                breaches.push(Breach { at: source.at(line), what: format!("`{path}` in a test") });
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(law: fn(&House) -> Vec<Breach>, text: &str) -> usize {
        law(&House::of(&[("crates/x/src/a.rs", text)])).len()
    }

    #[test]
    fn a_mark_is_found_in_comments_and_as_a_macro() {
        assert_eq!(count(no_marks, concat!("// TO", "DO: later")), 1);
        assert_eq!(count(no_marks, "fn f() { todo!() }"), 1);
        assert_eq!(count(no_marks, "fn todo() {}"), 0);
    }

    #[test]
    fn an_ignored_test_is_found() {
        assert_eq!(count(no_ignored_tests, "#[test] #[ignore] fn f() {}"), 1);
        assert_eq!(count(no_ignored_tests, "#[test] #[ignore = \"slow\"] fn f() {}"), 1);
        assert_eq!(count(no_ignored_tests, "fn f() { ignore(); }"), 0);
    }

    #[test]
    fn a_sleep_is_found_in_tests_only() {
        let test =
            |inside: &str| format!("#[cfg(test)]\nmod tests {{\n fn f() {{\n{inside}\n }}\n}}");
        assert_eq!(count(no_sleep_in_tests, &test("std::thread::sleep(a);")), 1);
        assert_eq!(count(no_sleep_in_tests, &test("tokio::time::sleep(a).await;")), 1);
        assert_eq!(count(no_sleep_in_tests, "async fn f() { tokio::time::sleep(a).await; }"), 0);
        let waited =
            test("// bounded wait: for the file of another process\nstd::thread::sleep(a);");
        assert_eq!(count(no_sleep_in_tests, &waited), 0);
    }
}
