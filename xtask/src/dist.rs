//! `cargo xtask dist`: both programs as Debian packages, in target/dist or
//! where it is told.
//!
//! What goes into a package stands in `packaging/`, as files that a Debian
//! maintainer knows: control, unit, maintainer scripts, copyright. Here they
//! are only put together, with dpkg-deb: every Debian has it, and it needs no
//! root. Considered and rejected: debhelper and cargo-deb, each of which is
//! more to learn and to install than what is below.
//!
//! The same commit in the same folder gives the same bytes: owners and times
//! are those of the commit, and nothing else is read from the machine.

mod deb;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tidy::packages::Packages;
use crate::{Outcome, place, say};
use deb::Content;

/// A program and the package that it is shipped in, which has its name.
struct Program {
    name: &'static str,
    krate: &'static str,
    /// Folders that belong to root and everybody may read.
    folders: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program { name: "portolan", krate: "site", folders: &["var/lib/portolan"] },
    Program { name: "portolan-agent", krate: "agent", folders: &[] },
];

/// What is to be packed.
#[derive(Debug, PartialEq)]
pub(crate) struct Wish<'a> {
    version: &'a str,
    /// Where programs lie that were built already.
    binaries: Option<&'a str>,
    /// Where the packages are put.
    output: &'a str,
}

impl<'a> Wish<'a> {
    /// Nothing where the words are not understood.
    pub(crate) fn parse(words: &[&'a str]) -> Option<Self> {
        let mut wish =
            Self { version: env!("CARGO_PKG_VERSION"), binaries: None, output: "target/dist" };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--version" => wish.version = words.next().copied().filter(|v| is_version(v))?,
                "--binaries" => wish.binaries = Some(words.next()?),
                "--output" => wish.output = words.next()?,
                _ => return None,
            }
        }
        Some(wish)
    }
}

/// Debian's rule for a version without epoch and revision.
fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".+~".contains(c))
}

/// Builds, packs, and prints what came of it.
///
/// # Errors
/// Where a program is missing on this machine, or something cannot be built.
pub(crate) fn run(wish: &Wish<'_>) -> Outcome {
    if let Some(missing) = ["dpkg-deb", "sha256sum"].iter().find(|name| !place::on_path(name)) {
        return Err(
            format!("this machine has no {missing}; Debian and its relatives have it").into()
        );
    }
    let programs = match wish.binaries {
        Some(folder) => place::root().join(folder),
        None => build()?,
    };
    let packages = Packages::read(&place::root())?;
    let linked = [&packages.site, &packages.agent];
    let architecture = place::output_of(Command::new("dpkg").arg("--print-architecture"))?;
    let dist = place::root().join(wish.output);
    for (program, linked) in PROGRAMS.iter().zip(linked) {
        let content = Content {
            name: program.name,
            version: wish.version,
            architecture: architecture.trim(),
            program: &programs.join(program.name),
            packaging: &place::root().join("packaging"),
            folders: program.folders,
            linked: &linked
                .iter()
                .map(|one| format!("{} {}: {}", one.name, one.version, one.licence))
                .collect::<Vec<_>>(),
            moment: &moment()?,
            // What was built for tests is not worth the time of compression.
            small: wish.binaries.is_none(),
        };
        report(&content.pack(&dist)?)?;
    }
    Ok(())
}

/// Each by itself, so that neither carries features that only the other wants.
fn build() -> Outcome<PathBuf> {
    for program in PROGRAMS {
        say::line(&format!("building {}", program.name));
        let mut cargo = place::cargo();
        cargo.args(["build", "--release", "--locked", "--package", program.krate]);
        place::output_of(&mut cargo)?;
    }
    Ok(place::release())
}

/// When the packages' files were made, in seconds since 1970: what the
/// environment says, otherwise the time of the commit.
fn moment() -> Outcome<String> {
    if let Some(said) = std::env::var_os("SOURCE_DATE_EPOCH") {
        return Ok(said.to_string_lossy().into_owned());
    }
    let mut git = Command::new("git");
    git.current_dir(place::root()).args(["log", "-1", "--format=%ct"]);
    Ok(place::output_of(&mut git)?.trim().to_owned())
}

fn report(deb: &Path) -> Outcome {
    let size = std::fs::metadata(deb)?.len() as f64 / 1e6;
    let summed = place::output_of(Command::new("sha256sum").arg("--").arg(deb))?;
    let digest = summed.split_whitespace().next().unwrap_or_default();
    say::line(&format!("{}\n  {size:.1} MB  SHA256:{digest}", deb.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_wholly_or_not_at_all() {
        let version = env!("CARGO_PKG_VERSION");
        let usual = Wish { version, binaries: None, output: "target/dist" };
        assert_eq!(Wish::parse(&[]), Some(usual));
        let words = ["--binaries", "target/debug", "--version", "0.2~rc1", "--output", "/tmp/x"];
        let binaries = Some("target/debug");
        let wish = Wish { version: "0.2~rc1", binaries, output: "/tmp/x" };
        assert_eq!(Wish::parse(&words), Some(wish));
        for bad in [&["--version"][..], &["--version", "v1"], &["--version", "1-1"], &["x"]] {
            assert_eq!(Wish::parse(bad), None, "{bad:?}");
        }
    }

    /// What a unit does not need must not come back unnoticed. The agent's is
    /// not judged so: it does as root what the site deploys.
    #[test]
    fn the_roles_unit_is_as_confined_as_it_can_be() -> Outcome {
        if !place::on_path("systemd-analyze") {
            return Ok(());
        }
        let unit = place::root().join("packaging/portolan/portolan.service");
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["security", "--offline=true", "--no-pager", "--threshold=20"]);
        place::output_of(analyze.arg(unit)).map(drop)
    }
}
