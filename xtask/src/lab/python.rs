//! Programs of PyPI, in a virtual environment of their own: `target/lab/python`, with
//! links in `target/lab/bin`. pip takes only files whose digests stand in python.txt.
//!
//! A machine without Python or PyPI lacks only the tests that need them, and hears so.

use std::path::Path;
use std::process::Command;

use crate::{Outcome, place, say};

/// What pip is to install.
const REQUIREMENTS: &str = include_str!("python.txt");
/// Programs that are linked, and what they are for.
const PROGRAMS: &[(&str, &str)] = &[("aclgen", "Aerleon, which generates firewalls from ours")];

/// Installs the programs where they are not there.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn prepare(lab: &Path) -> Outcome {
    let stamp = lab.join("python.stamp");
    let wanted = format!("{REQUIREMENTS}{}\n", lab.display());
    if std::fs::read_to_string(&stamp).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    for (name, why) in PROGRAMS {
        say::line(&format!("lab: {name} from PyPI: {why}"));
    }
    let folder = lab.join("python");
    if let Err(error) = install(lab, &folder) {
        // Half of it would look like the whole.
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        say::problem(&format!(
            "lab: SKIPPED: programs of PyPI: {error}\n\
             what to do: see that this machine has python3 with venv and pip (Debian: python3-venv), \
             and that PyPI answers"
        ));
        return Ok(());
    }
    for (name, _) in PROGRAMS {
        let link = lab.join("bin").join(name);
        if link.symlink_metadata().is_ok() {
            std::fs::remove_file(&link)?;
        }
        std::os::unix::fs::symlink(folder.join("bin").join(name), link)?;
    }
    Ok(std::fs::write(&stamp, wanted)?)
}

/// A new environment in place of the former one: its programs name its folder, so it
/// cannot be made elsewhere and moved.
fn install(lab: &Path, folder: &Path) -> Outcome {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let list = lab.join("python.txt");
    std::fs::write(&list, REQUIREMENTS)?;
    place::output_of(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    pip.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]).arg(&list);
    place::output_of(&mut pip).map(drop)
}

#[cfg(test)]
mod tests {
    use super::REQUIREMENTS;

    #[test]
    fn every_requirement_has_a_version_and_a_digest() {
        let mut lines = REQUIREMENTS.lines().filter(|line| !line.starts_with('#')).peekable();
        let mut count = 0;
        while let Some(line) = lines.next() {
            if !line.starts_with(' ') {
                assert!(line.contains("=="), "{line}");
                let digest = lines.peek().is_some_and(|next| next.contains("--hash=sha256:"));
                assert!(digest, "{line}");
                count += 1;
            }
        }
        assert!(count > 0);
    }
}
