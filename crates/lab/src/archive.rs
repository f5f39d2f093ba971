//! What the lab has of Debian's archive: a package with dependencies that a
//! bare machine lacks, in two versions.

use std::path::PathBuf;

use crate::place;

/// A package to install and then to upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// Its name, for example `curl`.
    pub package: String,
    pub older: Release,
    pub newer: Release,
    /// A folder with the .deb of all that either version needs on a machine
    /// that has nothing at all.
    pub archive: PathBuf,
}

/// One version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub version: String,
    /// The .deb of the package, and of each dependency that a bare machine lacks.
    pub debs: Vec<PathBuf>,
    /// The one of them that is the package itself.
    pub deb: PathBuf,
}

/// The package that `cargo xtask lab` has fetched.
///
/// # Panics
/// Where it is not there.
pub fn upgrade() -> Upgrade {
    let folder = place::folder().join("upgrade");
    let read = std::fs::read_to_string(folder.join("package"));
    let text = read.unwrap_or_else(|error| {
        panic!("{}: {error}: run `cargo xtask lab` as root first", folder.display())
    });
    let mut lines = text.lines();
    let mut line = || lines.next().expect("three lines").to_owned();
    let package = line();
    let release = |name: &str, version: String| {
        let found = std::fs::read_dir(folder.join(name)).expect("a folder for each version");
        let mut debs: Vec<PathBuf> = found.flatten().map(|entry| entry.path()).collect();
        debs.sort();
        let own = format!("{package}_");
        let is_own = |path: &&PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&own))
        };
        let deb = debs.iter().find(is_own).expect("the package is among them").clone();
        Release { version, debs, deb }
    };
    let (older, newer) = (line(), line());
    let (older, newer) = (release("older", older), release("newer", newer));
    Upgrade { package, older, newer, archive: folder.join("archive") }
}
