//! Debian's packages, through apt on a private state.
//!
//! apt itself computes what a package needs: its status file is empty, so the
//! closure is complete whatever this machine has installed. The machine's
//! sources and keyrings are used, so apt checks every signature and digest; its
//! hooks are not, and nothing outside target/lab is written.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Form, Tool};
use crate::{Outcome, place, say};

/// Never unpacked: a C library runs only with the loader of the same version,
/// and every machine that has cargo has one.
const NEVER_UNPACKED: &[&str] = &["libc6", "libc-bin", "locales"];

/// An apt that keeps to itself.
pub(super) struct Apt {
    config: PathBuf,
    archives: PathBuf,
    no_archives: PathBuf,
}

impl Apt {
    /// Makes the private state and reads the lists of the machine's sources.
    pub(super) fn open(lab: &Path) -> Outcome<Self> {
        for needed in ["apt-get", "dpkg"] {
            if !place::on_path(needed) {
                return Err(format!("this machine has no {needed}").into());
            }
        }
        let home = lab.join("apt");
        let archives = home.join("cache/archives");
        std::fs::create_dir_all(home.join("state/lists/partial"))?;
        std::fs::create_dir_all(archives.join("partial"))?;
        let no_archives = home.join("empty");
        std::fs::create_dir_all(no_archives.join("partial"))?;
        std::fs::write(home.join("status"), "")?;
        let config = home.join("apt.conf");
        std::fs::write(&config, private_state(&home))?;
        let apt = Self { config, archives, no_archives };
        say::line("lab: reads the package lists of this machine's sources");
        // A source that does not answer is no error to apt: the others may do.
        let said = place::output_of(apt.get().arg("update"))?;
        for line in said.lines().filter(|line| line.starts_with("Err:")) {
            say::problem(&format!("lab: apt cannot reach a source: {line}"));
        }
        Ok(apt)
    }

    /// `apt-cache` on the private state.
    pub(super) fn cache(&self) -> Command {
        let mut command = Command::new("apt-cache");
        command.arg("-c").arg(&self.config).env("LC_ALL", "C");
        command
    }

    /// Where the machine's sources have Debian's main archive of this release,
    /// for example `http://deb.debian.org/debian`.
    pub(super) fn mirror(&self, codename: &str) -> Outcome<String> {
        let mut targets = self.get();
        targets.args(["indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)"]);
        let said = place::output_of(&mut targets)?;
        let wanted = format!(" {codename} main");
        let found = said.lines().find_map(|line| line.strip_suffix(wanted.as_str()));
        Ok(found.ok_or_else(|| format!("/etc/apt names no mirror of {codename} main"))?.to_owned())
    }

    /// Downloads what an installation of these packages adds to a system with
    /// this status file, into a folder.
    pub(super) fn download_for(&self, status: &Path, packages: &[String], into: &Path) -> Outcome {
        std::fs::create_dir_all(into.join("partial"))?;
        let mut get = self.get();
        get.arg("-o").arg(format!("Dir::State::status={}", status.display()));
        get.arg("-o").arg(format!("Dir::Cache::archives={}", into.display()));
        place::output_of(get.args(["install", "--download-only"]).args(packages))?;
        std::fs::remove_dir_all(into.join("partial"))?;
        let lock = into.join("lock");
        if lock.exists() {
            std::fs::remove_file(lock)?;
        }
        Ok(())
    }

    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.arg("-c").arg(&self.config).args(["--quiet", "--yes"]);
        command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    /// Downloads a tool and puts it into its folder, which is replaced as a whole.
    pub(super) fn fetch(&self, tool: &Tool, folder: &Path) -> Outcome {
        let partial = folder.with_extension("partial");
        if partial.exists() {
            std::fs::remove_dir_all(&partial)?;
        }
        std::fs::create_dir_all(&partial)?;
        match tool.form {
            Form::File => {
                say::line(&format!("lab: {}, {}", tool.packages.join(", "), tool.why));
                place::output_of(
                    self.get().arg("download").args(tool.packages).current_dir(&partial),
                )?;
            }
            Form::Unpacked => self.unpack(tool, &partial)?,
        }
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        Ok(std::fs::rename(&partial, folder)?)
    }

    fn unpack(&self, tool: &Tool, into: &Path) -> Outcome {
        // apt is silent about what it has: it is shown an empty cache, and
        // then downloads into the real one only what that lacks.
        let mut uris = self.get();
        uris.arg("-o").arg(format!("Dir::Cache::archives={}", self.no_archives.display()));
        let uris = place::output_of(uris.args(["install", "--print-uris"]).args(tool.packages))?;
        let closure: Vec<Archive> =
            uris.lines().filter_map(Archive::parse).filter(Archive::is_wanted).collect();
        let bytes: u64 = closure.iter().map(|archive| archive.bytes).sum();
        say::line(&format!(
            "lab: {}, {}: {} packages, {} MB",
            tool.packages.join(", "),
            tool.why,
            closure.len(),
            bytes / 1_000_000
        ));
        place::output_of(self.get().args(["install", "--download-only"]).args(tool.packages))?;
        if closure.is_empty() {
            return Err("apt names no package to download".into());
        }
        for archive in &closure {
            let file = self.archives.join(&archive.file);
            place::output_of(Command::new("dpkg").arg("--extract").arg(&file).arg(into))
                .map_err(|error| format!("cannot unpack {}: {error}", archive.file))?;
        }
        Ok(())
    }
}

/// One line of `apt-get install --print-uris`: 'URI' file bytes digest.
#[derive(Debug, PartialEq, Eq)]
struct Archive {
    file: String,
    bytes: u64,
}

impl Archive {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix('\'')?.split_whitespace();
        let _uri = words.next()?;
        Some(Self { file: words.next()?.to_owned(), bytes: words.next()?.parse().ok()? })
    }

    fn is_wanted(&self) -> bool {
        let package = self.file.split('_').next().unwrap_or_default();
        !NEVER_UNPACKED.contains(&package)
    }
}

/// apt's configuration, read after the machine's own.
fn private_state(home: &Path) -> String {
    let home = home.display();
    format!(
        "Dir::State \"{home}/state\";\n\
         Dir::State::status \"{home}/status\";\n\
         Dir::Cache \"{home}/cache\";\n\
         Dir::Log \"{home}\";\n\
         // The folder may be closed to apt's own user, and root is not needed.\n\
         APT::Sandbox::User \"root\";\n\
         APT::Install-Recommends \"false\";\n\
         Acquire::Languages \"none\";\n\
         Acquire::Retries \"3\";\n\
         #clear APT::Update::Pre-Invoke;\n\
         #clear APT::Update::Post-Invoke;\n\
         #clear APT::Update::Post-Invoke-Success;\n\
         #clear DPkg::Pre-Install-Pkgs;\n\
         #clear DPkg::Post-Invoke;\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_uris_is_read_and_chatter_is_not() {
        let line = "'http://deb.debian.org/d/libx_1%2b2_amd64.deb' libx_1+2_amd64.deb 42 MD5Sum:0";
        let archive = Archive { file: "libx_1+2_amd64.deb".to_owned(), bytes: 42 };
        assert_eq!(Archive::parse(line), Some(archive));
        // Some archives carry no digest that apt shows here; it checks it all the same.
        assert!(Archive::parse("'http://d/a_1.deb' a_1.deb 7 ").is_some());
        assert_eq!(Archive::parse("Need to get 64.5 MB of archives."), None);
    }

    #[test]
    fn the_c_library_is_not_unpacked() {
        let archive = |file: &str| Archive { file: file.to_owned(), bytes: 0 };
        assert!(!archive("libc6_2.36-9_amd64.deb").is_wanted());
        assert!(archive("libc6-dev-lookalike_1_amd64.deb").is_wanted());
    }
}
