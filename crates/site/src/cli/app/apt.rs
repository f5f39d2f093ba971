//! An apt that keeps to itself: lists, cache, sources and the list of what is
//! installed are its own, in a folder that goes with it. Nothing of the
//! machine's configuration counts but the keys that it trusts, so that the
//! answer depends on the mirror and not on where it was asked; and it may be
//! run by anybody.
//!
//! apt is asked rather than imitated: whoever computes dependencies by himself
//! computes them differently one day.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::control::{field, paragraphs};
use crate::deb::Deb;
use crate::outcome::Failure;

pub(super) struct Apt {
    home: PathBuf,
    /// What lies in its own repository.
    local: Vec<Deb>,
}

/// A package that apt would install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) version: String,
}

impl Chosen {
    fn exactly(&self) -> String {
        format!("{}={}", self.name, self.version)
    }
}

/// Why apt would not install a package.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What it said.
    pub(super) said: String,
}

impl Apt {
    /// An apt for this architecture. It believes that the packages of `status`
    /// are installed, in the format of dpkg's database.
    pub(super) fn open(architecture: &str, status: &str) -> Result<Self, Failure> {
        let apt = Self { home: private_folder().map_err(cannot)?, local: Vec::new() };
        for folder in ["repository", "state/lists/partial", "cache/archives/partial", "fetched"] {
            std::fs::create_dir_all(apt.home.join(folder)).map_err(cannot)?;
        }
        std::fs::write(apt.home.join("status"), status).map_err(cannot)?;
        let configuration = configuration(&apt.home, architecture);
        std::fs::write(apt.home.join("apt.conf"), configuration).map_err(cannot)?;
        Ok(apt)
    }

    /// Reads the lists of these sources (lines of `sources.list`), and of a
    /// repository of these packages.
    pub(super) fn read(&mut self, sources: &[String], local: Vec<Deb>) -> Result<(), Failure> {
        let repository = self.home.join("repository");
        let mut index = String::new();
        for (number, deb) in local.iter().enumerate() {
            let path = std::fs::canonicalize(&deb.path).map_err(cannot)?;
            let size = std::fs::metadata(&path).map_err(cannot)?.len();
            std::os::unix::fs::symlink(path, repository.join(format!("{number}.deb")))
                .map_err(cannot)?;
            let (control, sha256) = (deb.control()?, deb.sha256()?);
            index.push_str(control.trim_end());
            index.push_str(&format!(
                "\nFilename: ./{number}.deb\nSize: {size}\nSHA256: {sha256}\n\n"
            ));
        }
        std::fs::write(repository.join("Packages"), index).map_err(cannot)?;
        // What the caller names himself needs no signature.
        let mut list = format!("deb [trusted=yes] file:{} ./\n", repository.display());
        for source in sources {
            list.push_str(source);
            list.push('\n');
        }
        std::fs::write(self.home.join("sources.list"), list).map_err(cannot)?;
        self.local = local;
        let output = self.run(self.get().arg("update"))?;
        // Some versions of apt take a source that does not answer for a success.
        let said = words(&output);
        let failed = said.lines().any(|line| line.starts_with("W: Failed to fetch"));
        if output.status.success() && !failed {
            return Ok(());
        }
        Err(Failure::new(format!("apt cannot read the package mirror:\n{}", complaints(&said)))
            .next("see that it answers, and that `signed-by` in the site file names its keys"))
    }

    /// What apt would install to have this package, that package included.
    pub(super) fn resolve(&self, package: &str) -> Result<Result<Vec<Chosen>, Refusal>, Failure> {
        let output = self.run(self.get().args(["--simulate", "install", "--"]).arg(package))?;
        let said = words(&output);
        if !output.status.success() {
            return Ok(Err(Refusal { said }));
        }
        Ok(Ok(said.lines().filter_map(chosen).collect()))
    }

    /// What the lists say of these packages: a paragraph for each.
    pub(super) fn describe(&self, packages: &[Chosen]) -> Result<Vec<String>, Failure> {
        if packages.is_empty() {
            return Ok(Vec::new());
        }
        let mut show = self.tool("apt-cache");
        show.arg("show").arg("--").args(packages.iter().map(Chosen::exactly));
        let text = self.run_well(&mut show)?;
        Ok(paragraphs(&text).map(str::to_owned).collect())
    }

    /// Fetches these packages, and gives their files. Each was signed for, or
    /// lies where the caller said.
    pub(super) fn fetch(&self, packages: &[Chosen]) -> Result<Vec<PathBuf>, Failure> {
        let here = |chosen: &Chosen| {
            self.local
                .iter()
                .find(|deb| deb.package == chosen.name && deb.version == chosen.version)
                .map(|deb| deb.path.clone())
        };
        let mut files: Vec<PathBuf> = packages.iter().filter_map(here).collect();
        let away: Vec<String> =
            packages.iter().filter(|chosen| here(chosen).is_none()).map(Chosen::exactly).collect();
        if !away.is_empty() {
            let into = self.home.join("fetched");
            let mut get = self.get();
            get.arg("download").arg("--").args(&away).current_dir(&into);
            self.run_well(&mut get)?;
            let mut fetched = Vec::new();
            for entry in std::fs::read_dir(&into).map_err(cannot)? {
                fetched.push(entry.map_err(cannot)?.path());
            }
            fetched.retain(|path| path.extension().is_some_and(|word| word == "deb"));
            if fetched.len() != away.len() {
                return Err(Failure::new("apt did not fetch all packages"));
            }
            fetched.sort();
            files.extend(fetched);
        }
        Ok(files)
    }

    fn get(&self) -> Command {
        let mut command = self.tool("apt-get");
        command.args(["--quiet", "--yes"]);
        command
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("APT_CONFIG", self.home.join("apt.conf")).env("LC_ALL", "C");
        // The plan knows of a way to the mirror, and of no way around.
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "ftp_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        command
    }

    fn run(&self, command: &mut Command) -> Result<Output, Failure> {
        command.output().map_err(|error| {
            let name = command.get_program().to_string_lossy().into_owned();
            Failure::because(format!("cannot run {name} to find the dependencies"), &error)
                .next("publish from a machine that has apt (every Debian has it)")
        })
    }

    fn run_well(&self, command: &mut Command) -> Result<String, Failure> {
        let output = self.run(command)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Failure::new(format!(
            "apt cannot fetch the dependencies:\n{}",
            complaints(&words(&output))
        )))
    }
}

impl Drop for Apt {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the place.
        let _kept = std::fs::remove_dir_all(&self.home);
    }
}

/// A folder of our own, which nobody can have put there before.
fn private_folder() -> std::io::Result<PathBuf> {
    let mut tries = 0;
    loop {
        let name = format!("portolan-apt-{}-{tries}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match std::fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && tries < 100 => {
                tries += 1;
            }
            made => return made.map(|()| path),
        }
    }
}

/// Read before anything of the machine's own, of which it leaves nothing but
/// the keys.
fn configuration(home: &Path, architecture: &str) -> String {
    let home = home.display();
    format!(
        r#"Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{home}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{home}/state";
Dir::State::status "{home}/status";
Dir::Cache "{home}/cache";
Dir::Log "{home}";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Update::Error-Mode "any";
// The folder is closed to apt's own user, and root is not needed.
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
"#
    )
}

/// `Inst libx [1.0] (1.2-3 Debian:12/stable [amd64])`
fn chosen(line: &str) -> Option<Chosen> {
    let rest = line.strip_prefix("Inst ")?;
    let name = rest.split_whitespace().next()?;
    let version = rest.split_once('(')?.1.split_whitespace().next()?;
    Some(Chosen { name: name.to_owned(), version: version.to_owned() })
}

fn words(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What apt complains of, without the rest.
pub(super) fn complaints(said: &str) -> String {
    let complains = |line: &&str| ["E:", "W:"].iter().any(|mark| line.starts_with(mark));
    let lines: Vec<String> =
        said.lines().filter(complains).map(|line| format!("    | {line}")).collect();
    lines.join("\n")
}

/// Whether every Debian has a package of which the lists say this.
pub(super) fn is_everywhere(paragraph: &str) -> bool {
    field(paragraph, "Essential") == Some("yes") || field(paragraph, "Priority") == Some("required")
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn cannot(error: std::io::Error) -> Failure {
    Failure::because("cannot keep what apt needs to find the dependencies", &error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_apt_would_do_is_read_from_its_simulation() {
        let of = |name: &str, version: &str| {
            Some(Chosen { name: name.to_owned(), version: version.to_owned() })
        };
        assert_eq!(chosen("Inst libx1 (1:1.2-3 Debian:12/stable [amd64])"), of("libx1", "1:1.2-3"));
        assert_eq!(chosen("Inst libx1 [1.0] (1.2 localhost [all]) []"), of("libx1", "1.2"));
        assert_eq!(chosen("Conf libx1 (1.2 localhost [all])"), None);
        assert_eq!(chosen("Inst"), None);
    }

    #[test]
    fn its_folder_is_private_and_goes_with_it() -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        let apt = Apt::open("amd64", "")?;
        let home = apt.home.clone();
        let mode = std::fs::metadata(&home).map_err(cannot)?.permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(apt);
        assert!(!home.exists());
        Ok(())
    }
}
