//! Debian packages: how they are installed, removed and found. dpkg itself
//! keeps the truth; the agent asks it, before and after.
//!
//! A package whose maintainer script failed stays half-configured. That is
//! reported as a failure, with the script's last lines, and is not tried again
//! until a new deployment asks: a postinst that failed once is likely to fail
//! every minute.

use std::path::Path;
use std::time::Duration;

use node::process::{End, Program};
use wire::policy::Package;

use crate::script;

pub mod apt;
pub mod status;

/// The locks that dpkg holds while it works.
pub const LOCKS: [&str; 2] = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"];
/// The database of packages.
pub const STATUS: &str = "/var/lib/dpkg/status";

/// A question to dpkg's database takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why dpkg gave no answer, or was not asked.
#[derive(Debug, thiserror::Error)]
pub enum DpkgError {
    #[error("{0:?} is not a package's name, version or architecture")]
    Name(String),
    #[error("{program} could not be run; is this a Debian system?")]
    Run { program: &'static str, source: std::io::Error },
    #[error("{program} {end}: {output}")]
    Failed { program: &'static str, end: End, output: String },
}

/// What dpkg says about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Not there, or only its configuration files are.
    Absent,
    /// Installed, in this version.
    Installed { version: String },
    /// Unpacked, half-configured, …: dpkg's word for it.
    Broken { status: String },
}

/// The whole environment of dpkg and of the scripts in packages: nobody is
/// there to be asked, and what it says is in one language.
pub fn environment(app: &str, action: &str) -> Vec<(String, String)> {
    let more = [("LC_ALL", "C.UTF-8"), ("DEBIAN_FRONTEND", "noninteractive")];
    let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
    script::environment(app, action).into_iter().chain(more).collect()
}

/// dpkg's arguments to install a file. Configuration files that were changed by
/// hand are kept, because nobody is there to be asked.
pub fn install(file: &Path) -> Vec<String> {
    ["--force-confdef", "--force-confold", "--install"]
        .into_iter()
        .map(str::to_owned)
        .chain([file.to_string_lossy().into_owned()])
        .collect()
}

/// dpkg's arguments to remove a package; its configuration files stay.
pub fn remove(package: &Package) -> Result<Vec<String>, DpkgError> {
    Ok(vec!["--remove".to_owned(), full_name(package)?])
}

/// What dpkg says about a package of this name and architecture.
pub async fn presence(package: &Package) -> Result<Presence, DpkgError> {
    const FORMAT: &str = "-f=${db:Status-Status} ${Version} ${Architecture}\\n";
    check(package)?;
    let (end, output) = ask("dpkg-query", &["-W", FORMAT, &package.name]).await?;
    match end {
        End::Exit(0) => Ok(read_presence(&output, package)),
        // No package of this name is known.
        End::Exit(1) => Ok(Presence::Absent),
        end => Err(DpkgError::Failed { program: "dpkg-query", end, output }),
    }
}

/// Whether an installed version is the wanted one or newer.
pub async fn is_enough(installed: &str, wanted: &str) -> Result<bool, DpkgError> {
    if installed == wanted {
        return Ok(true);
    }
    let (end, output) = ask("dpkg", &["--compare-versions", installed, "ge", wanted]).await?;
    match end {
        End::Exit(0) => Ok(true),
        End::Exit(1) => Ok(false),
        end => Err(DpkgError::Failed { program: "dpkg", end, output }),
    }
}

/// Whether dpkg or apt did nothing because another package tool was at work.
/// Only then does dpkg end with 2; a maintainer script that says the same ends
/// it with 1. apt ends with 100 for everything, and names the lock.
pub fn was_locked(exit_code: Option<i32>, output: &str) -> bool {
    match exit_code {
        Some(2) => output.contains("lock") && output.contains("by another process"),
        Some(100) => output.contains("Could not get lock /var/lib/dpkg/"),
        _ => false,
    }
}

fn read_presence(lines: &str, package: &Package) -> Presence {
    let mut found = Presence::Absent;
    for line in lines.lines() {
        let mut words = line.split(' ');
        let (status, version, architecture) = (words.next(), words.next(), words.next());
        let same = matches!(architecture, Some(a) if a == package.architecture || a == "all")
            || package.architecture == "all";
        match (status, version) {
            (Some("not-installed" | "config-files"), _) | (None, _) => {}
            (Some("installed"), Some(version)) if same => {
                return Presence::Installed { version: version.to_owned() };
            }
            (Some(status), _) if same => found = Presence::Broken { status: status.to_owned() },
            _ => {}
        }
    }
    found
}

fn full_name(package: &Package) -> Result<String, DpkgError> {
    check(package)?;
    Ok(match package.architecture.as_str() {
        "all" => package.name.clone(),
        architecture => format!("{}:{architecture}", package.name),
    })
}

/// Debian Policy 5.6: names and versions have few characters, so that none can
/// be mistaken for an option.
fn check(package: &Package) -> Result<(), DpkgError> {
    let plain = |text: &str, more: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let fields =
        [(&package.name, "+-."), (&package.version, ".+-~:"), (&package.architecture, "-")];
    match fields.into_iter().find(|(text, more)| !plain(text, more)) {
        Some((text, _)) => Err(DpkgError::Name(text.clone())),
        None => Ok(()),
    }
}

async fn ask(program: &'static str, arguments: &[&str]) -> Result<(End, String), DpkgError> {
    let question = Program {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: environment("", "detect"),
        folder: "/".into(),
        within: PATIENCE,
        tail: wire::limit::OUTPUT_TAIL,
    };
    let outcome =
        node::process::run(&question).await.map_err(|source| DpkgError::Run { program, source })?;
    Ok((outcome.end, String::from_utf8_lossy(&outcome.output).into_owned()))
}

/// Whether a version that is installed is newer than this package.
pub async fn is_downgrade(package: &Package) -> Result<Option<String>, DpkgError> {
    match presence(package).await? {
        Presence::Installed { version } if version != package.version => {
            let newer = is_enough(&version, &package.version).await?;
            Ok(newer.then_some(version))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn package(architecture: &str) -> Package {
        Package {
            name: "hello".into(),
            version: "2.10-3".into(),
            architecture: architecture.into(),
        }
    }

    #[test]
    fn the_states_of_a_package() {
        let amd64 = package("amd64");
        let installed = |version: &str| Presence::Installed { version: version.into() };
        let broken = |status: &str| Presence::Broken { status: status.into() };
        for (lines, presence) in [
            ("installed 2.10-3 amd64\n", installed("2.10-3")),
            ("installed 3 all\n", installed("3")),
            ("installed 2.10-3 i386\n", Presence::Absent),
            ("half-configured 2.10-3 i386\ninstalled 2.9 amd64\n", installed("2.9")),
            ("half-configured 2.10-3 amd64\n", broken("half-configured")),
            ("unpacked 2.10-3 amd64\n", broken("unpacked")),
            ("config-files 2.10-3 amd64\n", Presence::Absent),
            ("not-installed  \n", Presence::Absent),
            ("", Presence::Absent),
            ("installed\n", Presence::Absent),
        ] {
            assert_eq!(read_presence(lines, &amd64), presence, "{lines:?}");
        }
    }

    #[test]
    fn a_lock_is_told_from_a_failure() {
        let dpkg = "dpkg: error: dpkg frontend lock was locked by another process with pid 7";
        let apt = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7";
        assert!(was_locked(Some(2), dpkg) && was_locked(Some(100), apt));
        assert!(!was_locked(Some(1), dpkg) && !was_locked(Some(1), apt));
        assert!(!was_locked(Some(100), "E: Unable to correct problems") && !was_locked(None, apt));
    }

    #[test]
    fn nothing_in_a_name_is_an_option() {
        for name in ["--root=/", "-r", "", "a b", "a/../b", "hello:i386", "é"] {
            let package = Package { name: name.into(), ..package("amd64") };
            assert!(remove(&package).is_err(), "{name}");
        }
        assert_eq!(remove(&package("amd64")).unwrap(), ["--remove", "hello:amd64"]);
        assert_eq!(remove(&package("all")).unwrap(), ["--remove", "hello"]);
    }
}
