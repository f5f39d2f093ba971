//! `cargo xtask lab`: the tools that the tests need, in target/lab.
//!
//! Debian's packages are downloaded and unpacked, never installed: a test run
//! must not start a database server on somebody's machine, and must not need
//! root. One table says what is fetched and why. Considered and rejected:
//! asking people to install the tools (the second command of the README would
//! then not be one command) and containers (not everywhere, and root again).
//!
//! What tests may rely on:
//! - `target/lab/bin`: programs, which work from any folder and as any user;
//! - `target/lab/debs/*.deb`: single packages;
//! - `target/lab/debian`: a bare Debian root, the lower layer of the lab's machines;
//! - `target/lab/upgrade`: a package with all that the bare root lacks for it,
//!   in two versions ([`upgrade`]);
//! - `target/lab/python`: programs of PyPI ([`python`]), which are in `bin` too.
//!
//! The bare root and the package need root, and are skipped aloud without it.

mod debian;
mod programs;
mod python;
mod root;
mod upgrade;

use std::path::{Path, PathBuf};

use crate::{Outcome, place, say};

/// One thing to have in the lab.
pub(crate) struct Tool {
    /// Its folder in target/lab.
    pub folder: &'static str,
    /// Debian packages; the first names it in messages.
    pub packages: &'static [&'static str],
    pub form: Form,
    /// What it is for: printed while it is fetched, and when it cannot be.
    pub why: &'static str,
    /// Gives a folder of programs where the machine has the tool already.
    pub present: fn() -> Option<PathBuf>,
    /// Links or wrappers to make in target/lab/bin.
    pub programs: &'static [programs::Program],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The package's own file, without its dependencies.
    File,
    /// The files of the package and of all that it depends on.
    Unpacked,
}

/// Raised when a change of this program makes what it unpacked earlier stale.
const REVISION: u32 = 2;

const TOOLS: &[Tool] = &[
    Tool {
        folder: "debs",
        packages: &["hello"],
        form: Form::File,
        why: "the package that the end-to-end tests install and uninstall",
        present: || None,
        programs: &[],
    },
    Tool {
        folder: "mingw",
        packages: &["gcc-mingw-w64-x86-64-win32"],
        form: Form::Unpacked,
        why: "the C compiler for the check of the agent for Windows",
        present: || None,
        programs: programs::MINGW,
    },
    Tool {
        folder: "postgresql",
        packages: &["postgresql"],
        form: Form::Unpacked,
        why: "the database server on which the store's tests run every statement",
        present: system_postgresql,
        programs: programs::POSTGRESQL,
    },
    Tool {
        folder: "network",
        packages: &["tcpdump", "nftables", "iproute2", "ethtool"],
        form: Form::Unpacked,
        why: "networks, faults and captures of the lab",
        present: || None,
        programs: programs::NETWORK,
    },
    Tool {
        folder: "names",
        packages: &["dnsmasq-base"],
        form: Form::Unpacked,
        why: "the name server that `portolan plan resolve` is tested against",
        present: || None,
        programs: programs::NAMES,
    },
    // They look for their own files at fixed places, so a test puts the folder below
    // this machine's root file system, and no wrapper is needed.
    Tool {
        folder: "firewalls",
        packages: &["firewalld", "iptables"],
        form: Form::Unpacked,
        why: "the checks of rules for firewalld and iptables by those programs themselves",
        present: || None,
        programs: &[],
    },
    Tool {
        folder: "containers",
        packages: &["systemd-container", "apt-utils", "debootstrap"],
        form: Form::Unpacked,
        why: "booted machines, package mirrors, and the bare Debian root",
        present: || None,
        programs: programs::CONTAINERS,
    },
    Tool {
        folder: "nginx",
        packages: &["nginx"],
        form: Form::Unpacked,
        why: "the web server that ours is measured against",
        present: || None,
        programs: programs::NGINX,
    },
];

/// Brings target/lab up to date and gives its path.
///
/// # Errors
/// Where something cannot be fetched: which package, and what to do.
pub(crate) fn prepare() -> Outcome<PathBuf> {
    let lab = place::lab();
    std::fs::create_dir_all(lab.join("bin"))?;
    let mut apt = None;
    for tool in TOOLS {
        let stamp = lab.join(format!("{}.stamp", tool.folder));
        let present = (tool.present)();
        let wanted = wish(tool, present.as_deref(), &lab);
        if std::fs::read_to_string(&stamp).is_ok_and(|had| had == wanted) {
            continue;
        }
        let folder = match present {
            Some(folder) => {
                say::line(&format!("lab: {} of this machine: {}", tool.folder, folder.display()));
                PathBuf::from("/")
            }
            None => {
                let folder = lab.join(tool.folder);
                let fetched = opened(&mut apt, &lab).and_then(|apt| apt.fetch(tool, &folder));
                fetched.map_err(|error| unavailable(tool, &*error))?;
                say::line(&format!("lab: {} is in {}", tool.folder, folder.display()));
                folder
            }
        };
        for program in tool.programs {
            program.place(&folder, &lab.join("bin"))?;
        }
        std::fs::write(&stamp, wanted)?;
    }
    root::prepare(&lab, &mut apt)?;
    upgrade::prepare(&lab, &mut apt)?;
    python::prepare(&lab)?;
    windows_target()?;
    Ok(lab)
}

/// The apt that keeps to itself; its lists are read once.
fn opened<'a>(apt: &'a mut Option<debian::Apt>, lab: &Path) -> Outcome<&'a debian::Apt> {
    if apt.is_none() {
        *apt = Some(debian::Apt::open(lab)?);
    }
    apt.as_ref().ok_or_else(|| "apt was opened".into())
}

/// What the stamp of a tool says when nothing is left to do.
///
/// It holds the lab's path: the wrappers name it, and a work tree may be moved.
fn wish(tool: &Tool, present: Option<&Path>, lab: &Path) -> String {
    let from = present.map_or_else(|| tool.packages.join(" "), |path| path.display().to_string());
    format!("revision {REVISION}\n{from}\n{}\n", lab.display())
}

fn unavailable(tool: &Tool, error: &dyn std::error::Error) -> String {
    format!(
        "{} is missing ({}), and could not be fetched: {error}\n\
         what to do: see that /etc/apt names a mirror that answers, and run `cargo xtask lab` \
         again",
        tool.packages.join(", "),
        tool.why,
    )
}

/// The newest PostgreSQL that the machine has, as Debian lays it out.
fn system_postgresql() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").is_file().then_some((version, bin))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

/// The standard library for Windows, where rustup is the one who keeps it.
fn windows_target() -> Outcome {
    if !place::on_path("rustup") {
        return Ok(());
    }
    let mut rustup = std::process::Command::new("rustup");
    let installed = place::output_of(rustup.args(["target", "list", "--installed"]))?;
    if installed.lines().any(|line| line == WINDOWS) {
        return Ok(());
    }
    say::line(&format!("lab: Rust's standard library for {WINDOWS}"));
    place::output_of(std::process::Command::new("rustup").args(["target", "add", WINDOWS]))
        .map(drop)
}

/// The Windows that the agent is checked for.
pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_table_or_of_the_place_makes_a_stamp_stale() {
        let [first, second, ..] = TOOLS else { return };
        let here = wish(first, None, Path::new("/a/target/lab"));
        assert_ne!(here, wish(second, None, Path::new("/a/target/lab")));
        assert_ne!(here, wish(first, None, Path::new("/b/target/lab")));
        assert_ne!(here, wish(first, Some(Path::new("/usr/bin")), Path::new("/a/target/lab")));
    }
}
