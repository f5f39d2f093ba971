//! One Debian package: its files laid out in a folder, and packed.
//!
//! Modes are set here and not taken from the work tree, in which git keeps one
//! bit of them and the umask the rest.

use std::io::BufRead as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, place};

/// What goes into a package.
pub(super) struct Content<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub architecture: &'a str,
    /// The program's file.
    pub program: &'a Path,
    /// The folder `packaging`.
    pub packaging: &'a Path,
    /// Empty folders, without the leading `/`.
    pub folders: &'a [&'a str],
    /// Lines about the libraries inside.
    pub linked: &'a [String],
    /// Seconds since 1970.
    pub moment: &'a str,
    /// Compress well, or not at all.
    pub small: bool,
}

const SCRIPTS: &[&str] = &["postinst", "prerm", "postrm"];

impl Content<'_> {
    /// Packs it; gives the package's path in `dist`.
    pub(super) fn pack(&self, dist: &Path) -> Outcome<PathBuf> {
        let stage = dist.join("stage").join(self.name);
        if stage.exists() {
            std::fs::remove_dir_all(&stage)?;
        }
        self.lay_out(&stage)?;
        let deb = dist.join(format!("{}_{}_{}.deb", self.name, self.version, self.architecture));
        let mut pack = Command::new("dpkg-deb");
        pack.args(["--root-owner-group"]).env("SOURCE_DATE_EPOCH", self.moment);
        pack.args(if self.small { ["-Zxz", "-z6"].as_slice() } else { &["-Znone"] });
        place::output_of(pack.arg("--build").arg(&stage).arg(&deb))?;
        std::fs::remove_dir_all(&stage)?;
        Ok(deb)
    }

    fn lay_out(&self, stage: &Path) -> Outcome {
        let own = self.packaging.join(self.name);
        let unit = format!("{}.service", self.name);
        let documents = format!("usr/share/doc/{}", self.name);
        let program = std::fs::read(self.program)
            .map_err(|error| format!("cannot read {}: {error}", self.program.display()))?;
        let libc = libc_of(&program).ok_or("the program does not say which C library it needs")?;
        let read = |path: PathBuf| {
            std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        put(stage, &format!("usr/bin/{}", self.name), &program, 0o755)?;
        put(stage, &format!("usr/lib/systemd/system/{unit}"), &read(own.join(&unit))?, 0o644)?;
        put(
            stage,
            &format!("{documents}/copyright"),
            &read(self.packaging.join("copyright"))?,
            0o644,
        )?;
        let linked = self.linked.join("\n") + "\n";
        put(stage, &format!("{documents}/linked-packages"), linked.as_bytes(), 0o644)?;
        for folder in self.folders {
            folders(stage, Path::new(folder))?;
        }
        for script in SCRIPTS {
            put(stage, &format!("DEBIAN/{script}"), &read(own.join(script))?, 0o755)?;
        }
        let control = String::from_utf8(read(own.join("control"))?)?;
        let control = control
            .replace("{version}", self.version)
            .replace("{architecture}", self.architecture)
            .replace("{installed-size}", &program.len().div_ceil(1024).to_string())
            .replace("{libc6}", &libc);
        put(stage, "DEBIAN/control", control.as_bytes(), 0o644)
    }
}

fn put(stage: &Path, path: &str, bytes: &[u8], mode: u32) -> Outcome {
    if let Some(folder) = Path::new(path).parent() {
        folders(stage, folder)?;
    }
    let at = stage.join(path);
    std::fs::write(&at, bytes)?;
    Ok(std::fs::set_permissions(&at, PermissionsExt::from_mode(mode))?)
}

/// Makes a folder and those above it, each open to everybody's eyes.
fn folders(stage: &Path, path: &Path) -> Outcome {
    let mut at = stage.to_path_buf();
    for part in [Path::new("")].into_iter().chain(path.iter().map(Path::new)) {
        at.push(part);
        std::fs::create_dir_all(&at)?;
        std::fs::set_permissions(&at, PermissionsExt::from_mode(0o755))?;
    }
    Ok(())
}

/// The oldest C library that has all the symbols which the program asks for:
/// `2.34`. It says so in its own strings, so that no tool is needed to ask.
fn libc_of(program: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"LIBC_2.";
    let mut newest = None;
    let mut rest = program;
    // The standard library looks for one letter far faster than we for a word.
    while rest.skip_until(b'G').is_ok_and(|skipped| skipped > 0) {
        let Some(digits) = rest.strip_prefix(MARK) else { continue };
        let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
        let minor = std::str::from_utf8(digits.get(..end)?).ok()?.parse::<u32>().ok();
        newest = newest.max(minor);
    }
    let newest = newest?;
    Some(format!("2.{newest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_decides_which_c_library_is_needed() {
        let program = b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_PRIVATE\0GLIBC_2.9\0GLIBC_2.x\0";
        assert_eq!(libc_of(program).as_deref(), Some("2.34"));
        assert_eq!(libc_of(b"#!/bin/sh"), None);
    }

    /// Packed twice, under different umasks and times, it is the same; and what
    /// is inside is root's, with the modes that Debian wants.
    #[test]
    fn the_same_content_gives_the_same_package() -> Outcome {
        if !place::on_path("dpkg-deb") {
            return Ok(());
        }
        let dist = std::env::temp_dir().join(format!("portolan-dist-{}", std::process::id()));
        std::fs::create_dir_all(&dist)?;
        let program = dist.join("program");
        std::fs::write(&program, b"\0GLIBC_2.36\0")?;
        let content = Content {
            name: "portolan",
            version: "0.1.0",
            architecture: "amd64",
            program: &program,
            packaging: &place::root().join("packaging"),
            folders: &["var/lib/portolan"],
            linked: &["serde 1.0.0: MIT".to_owned()],
            moment: "1700000000",
            small: false,
        };
        let first = std::fs::read(content.pack(&dist)?)?;
        std::fs::remove_file(&program)?;
        std::fs::write(&program, b"\0GLIBC_2.36\0")?;
        let deb = content.pack(&dist)?;
        assert!(first == std::fs::read(&deb)?, "two packages of one content differ");
        let listed = place::output_of(Command::new("dpkg-deb").arg("--contents").arg(&deb))?;
        for (mode, path) in [
            ("-rwxr-xr-x", "./usr/bin/portolan"),
            ("-rw-r--r--", "./usr/lib/systemd/system/portolan.service"),
            ("drwxr-xr-x", "./var/lib/portolan/"),
        ] {
            let line = listed.lines().find(|line| line.ends_with(path)).ok_or(path)?;
            assert!(line.starts_with(mode) && line.contains(" root/root "), "{line}");
        }
        let said = place::output_of(Command::new("dpkg-deb").arg("--field").arg(&deb))?;
        assert!(said.contains("libc6 (>= 2.36)") && !said.contains('{'), "{said}");
        Ok(std::fs::remove_dir_all(&dist)?)
    }
}
