//! A package of Debian's archive with its dependencies, in two versions.
//!
//! `target/lab/upgrade/older` and `…/newer` each hold every .deb that the bare
//! root lacks for that version, `…/archive` what a machine that has nothing at
//! all lacks for either: enough to be a mirror. `target/lab/upgrade/package`
//! says in three lines which package it is, and both versions. The archive keeps the version of the
//! release beside that of security updates; which package has two at the moment
//! changes, so the first fitting row of a table is taken.

use std::path::Path;

use super::debian::Apt;
use super::{opened, root};
use crate::{Outcome, place, say};

/// A package, and those that must have its very version.
const CANDIDATES: &[(&str, &[&str])] =
    &[("curl", &["libcurl4"]), ("bind9-dnsutils", &["bind9-host", "bind9-libs"])];
const ARCHIVE: &str = "archive";
/// It has to bring more than itself.
const DEPENDENCIES: usize = 5;

/// Fetches the pair where it is not there.
///
/// # Errors
/// Where the archive has no such package, or does not answer.
pub(super) fn prepare(lab: &Path, apt: &mut Option<Apt>) -> Outcome {
    let folder = lab.join("upgrade");
    let status = root::folder(lab).join("var/lib/dpkg/status");
    if folder.join(ARCHIVE).is_dir() {
        return Ok(());
    }
    if !status.is_file() {
        say::problem("lab: SKIPPED: a package in two versions: there is no bare Debian root");
        return Ok(());
    }
    let apt = opened(apt, lab)?;
    for (package, companions) in CANDIDATES {
        let Some((older, newer)) = versions(apt, package)? else { continue };
        say::line(&format!("lab: {package} {older} and {newer}, to install and to upgrade"));
        let partial = lab.join("upgrade.partial");
        if partial.exists() {
            std::fs::remove_dir_all(&partial)?;
        }
        let mut counts = Vec::new();
        for (name, version) in [("older", &older), ("newer", &newer)] {
            let wanted: Vec<String> = std::iter::once(package)
                .chain(companions.iter())
                .map(|one| format!("{one}={version}"))
                .collect();
            apt.download_for(&status, &wanted, &partial.join(name))?;
            apt.download_for(Path::new("/dev/null"), &wanted, &partial.join(ARCHIVE))?;
            counts.push(std::fs::read_dir(partial.join(name))?.count());
        }
        if counts.iter().all(|count| *count > DEPENDENCIES) {
            std::fs::write(partial.join("package"), format!("{package}\n{older}\n{newer}\n"))?;
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            std::fs::rename(&partial, &folder)?;
            return Ok(());
        }
    }
    let names: Vec<&str> = CANDIDATES.iter().map(|(package, _)| *package).collect();
    Err(format!(
        "the archive has neither of {} in two versions\n\
         what to do: name another package in xtask's table",
        names.join(", ")
    )
    .into())
}

/// The oldest and the newest version that the sources have, where they differ.
fn versions(apt: &Apt, package: &str) -> Outcome<Option<(String, String)>> {
    Ok(oldest_and_newest(&place::output_of(apt.cache().args(["madison", package]))?))
}

/// Reads `apt-cache madison`, which says the newest first.
fn oldest_and_newest(said: &str) -> Option<(String, String)> {
    let versions: Vec<&str> =
        said.lines().filter_map(|line| Some(line.split('|').nth(1)?.trim())).collect();
    let (newest, oldest) = (versions.first()?, versions.last()?);
    (newest != oldest).then(|| ((*oldest).to_owned(), (*newest).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_versions_are_told_from_one_that_two_sources_have() {
        let line = |version: &str| format!(" curl | {version} | http://d/debian bookworm/main\n");
        let both = format!("{}{}", line("7.88-u15"), line("7.88-u5"));
        assert_eq!(oldest_and_newest(&both), Some(("7.88-u5".into(), "7.88-u15".into())));
        assert_eq!(oldest_and_newest(&line("7.88-u5").repeat(2)), None);
        assert_eq!(oldest_and_newest(""), None);
    }
}
