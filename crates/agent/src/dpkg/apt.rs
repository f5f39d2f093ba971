//! A package with what it depends on. apt decides what is lacking and in which
//! order it comes; it is given the packages that were published, or the
//! machine's own sources, and nothing else.
//!
//! An action is one program, so what has several steps is a script (`apt.sh`),
//! written into the action's folder with its inputs. It may be cut off anywhere
//! and run again from the beginning: everything that it makes beside the
//! installation lies in that folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use node::files::{FileError, write_private};
use wire::policy::{Content, Package};

use super::{DpkgError, check, full_name};

/// Where apt is, on a system that has it.
pub const PROGRAM: &str = "/usr/bin/apt-get";

const SCRIPT: &str = include_str!("apt.sh");

/// What apt is told beside its arguments. The machine's own configuration does
/// not count: its hooks and pins were not made for this, and could ask.
const CONFIGURATION: &str = r#"Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
"#;
/// apt's ways to other machines, all closed.
const NETWORK: [&str; 8] =
    ["http", "https", "ftp", "rsh", "ssh", "tor+http", "tor+https", "mirror"];

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Install a package, with what it lacks of these contents: by digest, the
    /// package's own among them.
    Published { wanted: String, digests: Vec<String>, contents: PathBuf },
    /// Install a file, with what it lacks from the machine's package sources.
    Sources { file: PathBuf },
    /// Remove a package, and those of these that nothing needs any more.
    Remove { name: String, dependencies: Vec<String> },
}

impl Job {
    /// `contents` is where content lies by digest.
    pub fn published(
        content: &Content,
        package: &Package,
        dependencies: &[Content],
        contents: PathBuf,
    ) -> Result<Self, DpkgError> {
        let wanted = format!("{}={}", full_name(package)?, package.version);
        let mut digests: Vec<String> =
            std::iter::once(content).chain(dependencies).map(Content::hex).collect();
        digests.sort_unstable();
        digests.dedup();
        Ok(Self::Published { wanted, digests, contents })
    }

    pub fn remove(package: &Package, dependencies: &[Content]) -> Result<Self, DpkgError> {
        let name = full_name(package)?;
        let mut names: Vec<String> = dependencies.iter().filter_map(named).collect();
        names.retain(|name| *name != package.name);
        names.sort_unstable();
        names.dedup();
        Ok(Self::Remove { name, dependencies: names })
    }

    /// Writes the script and what it reads into an action's folder; gives the
    /// shell's arguments.
    pub fn write(&self, folder: &Path) -> Result<Vec<String>, FileError> {
        const NAME: &str = "apt.sh";
        write_private(&folder.join(NAME), SCRIPT.as_bytes())?;
        let lines = |lines: &[String]| {
            lines.iter().fold(String::new(), |text, line| text + line + "\n").into_bytes()
        };
        let arguments = match self {
            Self::Published { wanted, digests, contents } => {
                write_private(&folder.join("published"), &lines(digests))?;
                write_private(&folder.join("apt.conf"), configuration().as_bytes())?;
                write_private(&folder.join("sources.list"), source(folder).as_bytes())?;
                vec!["published".to_owned(), wanted.clone(), text(contents)]
            }
            Self::Sources { file } => vec!["sources".to_owned(), text(file)],
            Self::Remove { name, dependencies } => {
                write_private(&folder.join("names"), &lines(dependencies))?;
                vec!["remove".to_owned(), name.clone()]
            }
        };
        Ok(std::iter::once(NAME.to_owned()).chain(arguments).collect())
    }
}

/// The exit code that the script has when one of its programs was ended by a
/// signal (POSIX, *Exit Status for Commands*).
pub fn was_signalled(exit_code: Option<i32>) -> bool {
    matches!(exit_code, Some(129..=192))
}

/// The package that a file holds, by the file's name as archives have it:
/// `NAME_VERSION_ARCHITECTURE.deb`. (The file itself is not there any more when
/// a package is removed.)
fn named(content: &Content) -> Option<String> {
    let (name, rest) = content.name.split_once('_')?;
    let package =
        Package { name: name.to_owned(), version: "0".into(), architecture: "all".into() };
    (rest.ends_with(".deb") && check(&package).is_ok()).then_some(package.name)
}

fn configuration() -> String {
    NETWORK.iter().fold(CONFIGURATION.to_owned(), |mut text, method| {
        // Writing to a String does not fail.
        let _infallible = writeln!(text, "Dir::Bin::Methods::{method} \"false\";");
        text
    })
}

/// The folder's repository as a line of `sources.list`: an address, in which
/// only few characters stand for themselves. Who made it is known: we did, of
/// content whose digests were signed.
fn source(folder: &Path) -> String {
    let mut line = "deb [trusted=yes] file:".to_owned();
    for byte in folder.as_os_str().as_encoded_bytes() {
        // Writing to a String does not fail.
        let _infallible = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => {
                write!(line, "{}", *byte as char)
            }
            other => write!(line, "%{other:02x}"),
        };
    }
    line + "/repository ./\n"
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::fs;
    use std::process::Command;

    fn package(name: &str, version: &str) -> Package {
        Package { name: name.into(), version: version.into(), architecture: "all".into() }
    }

    fn content(digest: u8, name: &str) -> Content {
        Content { digest: [digest; 32], size: 1, name: name.into() }
    }

    #[test]
    fn names_come_from_files_as_archives_name_them() {
        let dependencies = [
            content(1, "libfoo1_1%3a2.0-1_amd64.deb"),
            content(2, "main_1_all.deb"),
            content(3, "--force-all_1_all.deb"),
            content(4, "anything.deb"),
            content(5, "libfoo1_2.0-1_i386.deb"),
            content(6, "a\nb_1_all.deb"),
        ];
        let job = Job::remove(&package("main", "1"), &dependencies).unwrap();
        let dependencies = vec!["libfoo1".to_owned()];
        assert_eq!(job, Job::Remove { name: "main".into(), dependencies });
    }

    #[test]
    fn a_folder_with_any_name_is_an_address() {
        let line = source(Path::new("/var/lib/my agent/é\"/actions/7"));
        assert_eq!(
            line,
            "deb [trusted=yes] file:/var/lib/my%20agent/%c3%a9%22/actions/7/repository ./\n"
        );
    }

    /// apt, with a status of its own and no rights, decides what would be done.
    #[test]
    fn apt_takes_what_is_lacking_and_nothing_from_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let contents = at("content");
        fs::create_dir(&contents).unwrap();
        for (digest, name, depends) in
            [(1, "main", "first"), (2, "first", "second"), (3, "second", "")]
        {
            build(&at(name), name, depends);
            fs::rename(at(&format!("{name}.deb")), contents.join(content(digest, "").hex()))
                .unwrap();
        }
        let dependencies = [content(2, "first_1_all.deb"), content(3, "second_1_all.deb")];
        let action = at("an action");
        fs::create_dir(&action).unwrap();
        let (main, wanted) = (content(1, "main_1_all.deb"), package("main", "1"));
        let job = Job::published(&main, &wanted, &dependencies, contents.clone()).unwrap();
        let output = run_simulated(&job, &action, folder.path());
        for name in ["second", "first", "main"] {
            assert!(output.contains(&format!("Inst {name} (1 ")), "{output}");
        }

        fs::create_dir(at("other")).unwrap();
        let job = Job::published(&main, &wanted, &dependencies[..1], contents).unwrap();
        let output = run_simulated(&job, &at("other"), folder.path());
        assert!(output.contains("unmet dependencies") && output.contains("second"), "{output}");
    }

    fn build(folder: &Path, name: &str, depends: &str) {
        fs::create_dir_all(folder.join("DEBIAN")).unwrap();
        let depends =
            if depends.is_empty() { String::new() } else { format!("Depends: {depends}\n") };
        let control = format!(
            "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.org>\n\
             {depends}Description: short\n long\n"
        );
        fs::write(folder.join("DEBIAN/control"), control).unwrap();
        let built = Command::new("dpkg-deb").arg("--build").arg(folder).output().unwrap();
        assert!(built.status.success(), "{built:?}");
    }

    /// Runs the script with a dpkg that does nothing, and an apt that pretends.
    fn run_simulated(job: &Job, action: &Path, folder: &Path) -> String {
        let status = folder.join("status");
        fs::write(&status, "").unwrap();
        let arguments = job.write(action).unwrap();
        let simulate =
            format!("APT::Get::Simulate \"true\";\nDir::State::status \"{}\";\n", status.display());
        let configuration = fs::read_to_string(action.join("apt.conf")).unwrap() + &simulate;
        fs::write(action.join("apt.conf"), configuration).unwrap();
        let tools = folder.join("tools");
        fs::create_dir_all(&tools).unwrap();
        fs::write(tools.join("dpkg"), "#!/bin/sh\n").unwrap();
        crate::platform::make_executable(&tools.join("dpkg")).unwrap();
        let output = Command::new(crate::platform::shell())
            .args(arguments)
            .current_dir(action)
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", tools.display()))
            .output()
            .unwrap();
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }
}
