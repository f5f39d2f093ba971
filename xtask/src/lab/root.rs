//! A bare Debian root: what a machine of the lab has before anything of ours.
//!
//! As small as a client can be (debootstrap's minbase), with systemd to boot
//! and iproute2 to look at its network. It is of this machine's release, so
//! that what is built here runs there. Its archive and its name server are
//! nobody: a machine of the lab knows what a test tells it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::debian::Apt;
use super::opened;
use crate::{Outcome, place, say};

/// Raised when a change of this file makes an earlier root stale.
const REVISION: u32 = 1;
const INCLUDE: &str = "--include=systemd-sysv,iproute2";

/// Where the root is.
pub(super) fn folder(lab: &Path) -> PathBuf {
    lab.join("debian")
}

/// Makes the root where there is none; skipped aloud without root.
///
/// # Errors
/// Where debootstrap cannot do it, with its last lines.
pub(super) fn prepare(lab: &Path, apt: &mut Option<Apt>) -> Outcome {
    let (stamp, root) = (lab.join("debian.stamp"), folder(lab));
    let codename = codename()?;
    let wanted = format!("revision {REVISION}\n{codename}\n{INCLUDE}\n");
    if root.is_dir() && std::fs::read_to_string(&stamp).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    if let Some(why) = obstacle()? {
        say::problem(&format!("lab: SKIPPED: the bare Debian root: {why}"));
        return Ok(());
    }
    let mirror = opened(apt, lab)?.mirror(&codename)?;
    say::line(&format!("lab: a bare Debian root from {mirror}: this takes a minute"));
    let partial = lab.join("debian.partial");
    for old in [&partial, &root] {
        if old.exists() {
            std::fs::remove_dir_all(old)?;
        }
    }
    debootstrap(lab, &codename, &partial, &mirror)
        .map_err(|error| format!("the bare Debian root: {error}"))?;
    strip(&partial)?;
    std::fs::rename(&partial, &root)?;
    say::line(&format!("lab: debian is in {}", root.display()));
    Ok(std::fs::write(&stamp, wanted)?)
}

fn obstacle() -> Outcome<Option<String>> {
    if place::output_of(Command::new("id").arg("-u"))?.trim() != "0" {
        return Ok(Some("needs root".to_owned()));
    }
    let missing = ["wget", "gpgv", "chroot"].into_iter().find(|program| !place::on_path(program));
    Ok(missing.map(|program| format!("this machine has no {program}")))
}

/// The release of this machine, such as `bookworm`.
fn codename() -> Outcome<String> {
    let text = std::fs::read_to_string("/etc/os-release")?;
    let found = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(found.ok_or("/etc/os-release has no VERSION_CODENAME")?.trim_matches('"').to_owned())
}

/// Says each new phase, and at a failure the last lines.
fn debootstrap(lab: &Path, codename: &str, into: &Path, mirror: &str) -> Outcome {
    let home = lab.join("containers");
    let cache = lab.join("apt/debootstrap");
    std::fs::create_dir_all(&cache)?;
    let mut command = Command::new("sh");
    command.arg(home.join("usr/sbin/debootstrap")).args(["--variant=minbase", INCLUDE]);
    command.arg(format!("--cache-dir={}", cache.display()));
    command.arg("--keyring=/usr/share/keyrings/debian-archive-keyring.gpg");
    command.args([codename.as_ref(), into.as_os_str(), mirror.as_ref()]);
    command.env("DEBOOTSTRAP_DIR", home.join("usr/share/debootstrap")).env("LC_ALL", "C");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let (mut phases, mut lines) = (Vec::new(), Vec::new());
    for line in BufReader::new(child.stdout.take().ok_or("no output")?).lines() {
        let line = line?;
        let phase = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        if line.starts_with("I:") && !phases.contains(&phase) {
            say::line(&format!("lab:   {}", line.trim_start_matches("I: ")));
            phases.push(phase);
        }
        lines.push(line);
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    let tail = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n  ");
    Err(format!("debootstrap ended with {status}:\n  {tail}").into())
}

/// Takes out what is of this machine, or only of use with a network.
fn strip(root: &Path) -> Outcome {
    for emptied in ["etc/resolv.conf", "etc/machine-id", "etc/apt/sources.list", "etc/hostname"] {
        std::fs::write(root.join(emptied), "")?;
    }
    for folder in ["var/cache/apt/archives", "var/lib/apt/lists", "var/log"] {
        let folder = root.join(folder);
        std::fs::remove_dir_all(&folder)?;
        std::fs::create_dir_all(&folder)?;
    }
    Ok(std::fs::create_dir_all(root.join("var/cache/apt/archives/partial"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_one_word() {
        let codename = codename().unwrap_or_default();
        assert!(codename.chars().all(|c| c.is_ascii_lowercase()) && !codename.is_empty());
    }
}
