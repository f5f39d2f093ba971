//! What is judged: the source files, their names, and what cargo says.

use std::collections::BTreeSet;
use std::path::Path;

use super::packages::Packages;
use super::source::Source;
use crate::Outcome;

/// Everything that a law may look at.
pub(crate) struct House {
    pub sources: Vec<Source>,
    /// All files of the tree, as paths from its root.
    pub files: Vec<String>,
    pub packages: Packages,
    /// Ports that only the catalog may write down.
    pub ports: BTreeSet<u16>,
    /// The text of ARCHITECTURE.md, and the anchors that the catalog cites of it.
    pub map: String,
    pub cited: Vec<&'static str>,
    /// The slugs of the catalog's roles.
    pub roles: Vec<&'static str>,
}

/// Folders that hold nothing of ours.
const NOT_OURS: &[&str] = &["target", ".git"];

const MAP: &str = "ARCHITECTURE.md";

impl House {
    /// Reads the work tree.
    ///
    /// # Errors
    /// Where a file cannot be read or is not Rust, or cargo cannot read the
    /// manifests.
    pub(crate) fn read(root: &Path) -> Outcome<Self> {
        let mut files = Vec::new();
        walk(root, "", &mut files)?;
        files.sort();
        let rust: Vec<&String> = files.iter().filter(|file| file.ends_with(".rs")).collect();
        let mut sources = parse(root, &rust)?;
        mark_test_files(&mut sources);
        let packages = Packages::read(root)?;
        let roles = catalog::role::ROLES.iter().map(|role| role.slug).collect();
        let map = std::fs::read_to_string(root.join(MAP))?;
        Ok(Self {
            sources,
            files,
            packages,
            ports: super::ports::of_the_catalog(),
            map,
            cited: cited(),
            roles,
        })
    }

    /// A house made of the given files, for the tests of the laws.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut sources: Vec<Source> = files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| Source::parse(path, text).unwrap_or_else(|e| panic!("{path}: {e}")))
            .collect();
        mark_test_files(&mut sources);
        Self {
            sources,
            files: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
            packages: Packages::default(),
            ports: BTreeSet::from([443, 8530]),
            map: String::new(),
            cited: Vec::new(),
            roles: vec!["management-point", "site-server"],
        }
    }
}

/// The anchors of the map that the catalog's rows cite.
fn cited() -> Vec<&'static str> {
    let services = catalog::service::SERVICES.iter().map(|service| &service.source);
    let flows = catalog::flows::FLOWS.iter().flat_map(|flow| flow.source);
    services
        .chain(flows)
        .filter(|source| source.document == MAP)
        .map(|source| source.anchor)
        .collect()
}

/// Reads the files on all cores: most of what tidy takes is spent here.
fn parse(root: &Path, files: &[&String]) -> Outcome<Vec<Source>> {
    let one = |file: &&String| {
        let text = std::fs::read_to_string(root.join(file.as_str()))
            .map_err(|error| format!("{file}: {error}"))?;
        Source::parse(file, &text).map_err(|error| format!("{file}: not Rust: {error}"))
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = files.len().div_ceil(cores).max(1);
    let parsed: Vec<Result<Source, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = files
            .chunks(share)
            .map(|files| scope.spawn(move || files.iter().map(one).collect::<Vec<_>>()))
            .collect();
        let lost = || vec![Err("a thread that reads the source died".to_owned())];
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    });
    Ok(parsed.into_iter().collect::<Result<_, _>>()?)
}

fn walk(root: &Path, below: &str, files: &mut Vec<String>) -> Outcome {
    for entry in std::fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            walk(root, &path, files)?;
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Marks the files of modules that are declared under `#[cfg(test)]` elsewhere.
fn mark_test_files(sources: &mut [Source]) {
    let declared: Vec<String> = sources.iter().flat_map(Source::test_module_files).collect();
    for source in sources.iter_mut() {
        let inside = |file: &String| {
            source.path == *file
                || source.path.starts_with(&format!("{}/", file.trim_end_matches(".rs")))
        };
        if declared.iter().any(inside) {
            source.all_test = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declared_for_tests_is_a_test_file() {
        let house = House::of(&[
            ("crates/x/src/lib.rs", "#[cfg(test)] mod laws; mod open;"),
            ("crates/x/src/laws.rs", ""),
            ("crates/x/src/laws/more.rs", ""),
            ("crates/x/src/open.rs", "#[cfg(test)] mod tests;"),
            ("crates/x/src/open/tests.rs", ""),
            ("crates/x/tests/it.rs", ""),
        ]);
        let tests: Vec<&str> =
            house.sources.iter().filter(|s| s.all_test).map(|s| s.path.as_str()).collect();
        assert_eq!(
            tests,
            [
                "crates/x/src/laws.rs",
                "crates/x/src/laws/more.rs",
                "crates/x/src/open/tests.rs",
                "crates/x/tests/it.rs"
            ]
        );
    }
}
