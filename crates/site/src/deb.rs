//! What a Debian package says of itself, asked of `dpkg-deb`: it also finds a
//! file that is no package, before a byte of it is sent anywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::Failure;

/// A package's file, and its first fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deb {
    pub(crate) path: PathBuf,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
}

impl Deb {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let mut show = dpkg_deb();
        show.arg("--show").arg("--showformat=${Package}\n${Version}\n${Architecture}\n").arg(path);
        let text = said(&mut show, path)?;
        let mut fields = text.lines().map(str::to_owned);
        let (Some(package), Some(version), Some(architecture)) =
            (fields.next(), fields.next(), fields.next())
        else {
            return Err(Failure::new(format!("{} says not what it is", path.display())));
        };
        Ok(Self { path: path.to_owned(), package, version, architecture })
    }

    /// Its control file.
    pub(crate) fn control(&self) -> Result<String, Failure> {
        said(dpkg_deb().arg("--field").arg(&self.path), &self.path)
    }

    /// 64 hexadecimal digits. Debian's tools know no other digest.
    pub(crate) fn sha256(&self) -> Result<String, Failure> {
        let failed = |error: std::io::Error| {
            Failure::because(format!("cannot sum up {}", self.path.display()), &error)
        };
        let summed = Command::new("sha256sum").arg("--").arg(&self.path).output();
        let text = String::from_utf8_lossy(&summed.map_err(failed)?.stdout).into_owned();
        // A name with odd characters is told by a backslash before the digest.
        let digest = text.split_whitespace().next().unwrap_or_default().trim_start_matches('\\');
        if digest.len() != 64 {
            return Err(Failure::new(format!("cannot sum up {}", self.path.display())));
        }
        Ok(digest.to_owned())
    }
}

fn dpkg_deb() -> Command {
    let mut command = Command::new("dpkg-deb");
    command.env("LC_ALL", "C");
    command
}

fn said(command: &mut Command, path: &Path) -> Result<String, Failure> {
    let output = command.output().map_err(|error| {
        Failure::because("cannot run dpkg-deb to read the package", &error)
            .next("publish from a machine that has dpkg (every Debian has it)")
    })?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!(
            "{} is not a Debian package: {}",
            path.display(),
            why.trim()
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    /// Makes a package in the folder, with these further fields.
    pub(crate) fn make(folder: &Path, package: &str, version: &str, fields: &str) -> PathBuf {
        let stage = folder.join(format!("{package}.stage"));
        std::fs::create_dir_all(stage.join("DEBIAN")).unwrap();
        let control = format!(
            "Package: {package}\nVersion: {version}\nArchitecture: all\n\
             Maintainer: Test <test@example.org>\n{fields}Description: made for a test\n"
        );
        std::fs::write(stage.join("DEBIAN/control"), control).unwrap();
        let deb = folder.join(format!("{package}_{version}_all.deb"));
        let mut build = Command::new("dpkg-deb");
        build.args(["-Znone", "--root-owner-group", "--build"]).arg(&stage).arg(&deb);
        assert!(build.output().expect("dpkg-deb").status.success());
        std::fs::remove_dir_all(stage).unwrap();
        deb
    }

    #[test]
    fn a_package_says_what_it_is_and_another_file_is_refused() {
        let folder = std::env::temp_dir().join(format!("portolan-deb-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = make(&folder, "hello", "2.10-3", "Depends: libc6\n");
        let deb = Deb::read(&path).unwrap();
        assert_eq!((&*deb.package, &*deb.version, &*deb.architecture), ("hello", "2.10-3", "all"));
        assert!(deb.control().unwrap().contains("Depends: libc6\n"));
        assert!(deb.sha256().unwrap().bytes().all(|byte| byte.is_ascii_hexdigit()));
        let other = folder.join("other.deb");
        std::fs::write(&other, "no package").unwrap();
        assert!(Deb::read(&other).unwrap_err().to_string().contains("is not a Debian package"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
