//! Where the lab's tools are, and whether a lab can be made here.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What `cargo xtask lab` fetched: target/lab, or what `PORTOLAN_LAB` names.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("PORTOLAN_LAB")
        .map_or_else(|| repository().join("target/lab"), PathBuf::from);
    std::fs::canonicalize(&folder).unwrap_or(folder)
}

/// The bare Debian root, the lower layer of the machines' file systems.
pub(crate) fn debian() -> PathBuf {
    folder().join("debian")
}

/// A program of the lab, or else of this machine.
pub(crate) fn tool(name: &str) -> PathBuf {
    let unpacked = folder().join("bin").join(name);
    if unpacked.is_file() { unpacked } else { PathBuf::from(name) }
}

/// Why no lab can be made here; nothing when one can.
pub fn obstacle() -> Option<String> {
    if let Some(why) = obstacle_to_alone() {
        return Some(why);
    }
    if !debian().join("usr/bin/dpkg").is_file() {
        return Some("has no target/lab/debian: run `cargo xtask lab` as root first".into());
    }
    let missing =
        ["ip", "tcpdump", "nft", "ss"].into_iter().find(|name| !starts(&tool(name), "-V"))?;
    Some(format!("has no {missing}: run `cargo xtask lab` first"))
}

/// Why no machine without a network ([`crate::Machine::alone`]) can be made
/// here; nothing when one can.
pub fn obstacle_to_alone() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("needs root, for namespaces and for installing packages".into());
    }
    (!starts(Path::new("unshare"), "--version"))
        .then(|| "needs unshare, of the package util-linux".into())
}

/// Why no machine with what is unpacked in this folder of target/lab
/// ([`crate::Machine::unpacked`]) can be made here; nothing when one can.
pub fn obstacle_to_unpacked(tool: &str) -> Option<String> {
    let there = folder().join(tool).is_dir();
    let missing = || format!("has no target/lab/{tool}: run `cargo xtask lab` as root first");
    obstacle().or_else(|| (!there).then(missing))
}

fn starts(program: &Path, word: &str) -> bool {
    Command::new(program).arg(word).output().is_ok()
}
