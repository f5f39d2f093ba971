//! How files look: what they begin with, how long they are, what they are called.

use super::house::House;
use super::{Breach, Law};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "argues",
        reason: "a file that cannot say in a sentence what it is for, and why so, is not finished",
        way_out: "begin with `//!`: its purpose, who calls it, what was considered and rejected",
        check: argues,
    },
    Law {
        name: "file-length",
        reason: "what does not fit into a head in one sitting is read by nobody",
        way_out: "split by subject; data may be listed in xtask's table with its reason",
        check: file_length,
    },
    Law {
        name: "function-length",
        reason: "a function that does not fit on a screen hides its plan",
        way_out: "name the steps; straight lists may be listed in xtask's table with their reason",
        check: function_length,
    },
    Law {
        name: "file-names",
        reason: "such names say nothing, and so collect everything",
        way_out: "name the idea; instead of mod.rs, x.rs beside x/",
        check: file_names,
    },
];

const FILE_LAW: usize = 800;
const FILE_ASK: usize = 400;
const FUNCTION_LAW: usize = 80;
const FUNCTION_ASK: usize = 50;

/// Longer than the law for a reason: a file, or `file::function`.
const LONG: &[(&str, &str)] = &[];

const EMPTY_NAMES: &[&str] = &[
    "util",
    "utils",
    "common",
    "helper",
    "helpers",
    "manager",
    "handler",
    "handlers",
    "misc",
    "constants",
    "mod",
];

fn may_be_long(name: &str) -> bool {
    LONG.iter().any(|(allowed, _)| *allowed == name)
}

fn argues(house: &House) -> Vec<Breach> {
    let silent = house.sources.iter().filter(|source| {
        let first = source.lines.first().map(|line| line.trim_start_matches("//!").trim());
        let starts = source.lines.first().is_some_and(|line| line.starts_with("//!"));
        !starts || first.is_none_or(str::is_empty)
    });
    silent
        .map(|source| Breach { at: source.at(1), what: "does not begin with `//!`".into() })
        .collect()
}

fn file_length(house: &House) -> Vec<Breach> {
    let long = house.sources.iter().filter(|source| source.lines.len() > FILE_LAW);
    long.filter(|source| !may_be_long(&source.path))
        .map(|source| Breach {
            at: source.at(FILE_LAW),
            what: format!("{} lines, the law is {FILE_LAW}", source.lines.len()),
        })
        .collect()
}

fn function_length(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in &house.sources {
        for function in source.functions.iter().filter(|function| function.lines > FUNCTION_LAW) {
            if !may_be_long(&format!("{}::{}", source.path, function.name)) {
                let what = format!(
                    "`{}` has {} lines, the law is {FUNCTION_LAW}",
                    function.name, function.lines
                );
                breaches.push(Breach { at: source.at(function.line), what });
            }
        }
    }
    breaches
}

fn file_names(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in house.files.iter().filter(|file| file.ends_with(".rs")) {
        for part in file.split('/') {
            let name = part.trim_end_matches(".rs");
            if EMPTY_NAMES.contains(&name) {
                breaches.push(Breach { at: file.clone(), what: format!("the name `{name}`") });
            }
        }
    }
    breaches
}

/// Files and functions that have to ask whether they are still one thing.
pub(super) fn notes(house: &House) -> Vec<String> {
    let mut notes = Vec::new();
    for source in &house.sources {
        if source.lines.len() > FILE_ASK {
            notes.push(format!(
                "{}: {} lines: still one subject?",
                source.path,
                source.lines.len()
            ));
        }
        for function in source.functions.iter().filter(|function| function.lines > FUNCTION_ASK) {
            let (at, name) = (source.at(function.line), &function.name);
            notes.push(format!("{at}: `{name}` has {} lines: still one step?", function.lines));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(path: &str, text: &str) -> House {
        House::of(&[(path, text)])
    }

    #[test]
    fn a_silent_file_is_found() {
        assert_eq!(argues(&house("crates/x/src/a.rs", "fn f() {}")).len(), 1);
        assert_eq!(argues(&house("crates/x/src/a.rs", "//!\nfn f() {}")).len(), 1);
        assert_eq!(argues(&house("crates/x/src/a.rs", "//! Says what it is for.\n")).len(), 0);
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(file_length(&house("a.rs", &"\n".repeat(801))).len(), 1);
        assert_eq!(file_length(&house("a.rs", &"\n".repeat(800))).len(), 0);
        assert_eq!(notes(&house("a.rs", &"\n".repeat(401))).len(), 1);
    }

    #[test]
    fn a_long_function_is_found_also_as_a_method() {
        let body = "\n".repeat(79);
        assert_eq!(function_length(&house("a.rs", &format!("fn f() {{{body}\n}}"))).len(), 1);
        assert_eq!(function_length(&house("a.rs", &format!("fn f() {{{body}}}"))).len(), 0);
        let method = format!("impl A {{ pub fn f(&self) {{{body}\n}} }}");
        assert_eq!(function_length(&house("a.rs", &method)).len(), 1);
    }

    #[test]
    fn an_empty_name_is_found() {
        for path in ["crates/x/src/utils.rs", "crates/x/src/a/mod.rs", "crates/common/src/lib.rs"] {
            assert_eq!(file_names(&house(path, "")).len(), 1, "{path}");
        }
        assert_eq!(file_names(&house("crates/x/src/commonwealth.rs", "")).len(), 0);
    }
}
