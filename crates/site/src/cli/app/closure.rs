//! What a package depends on: found when it is published, so that every client
//! gets the same, and a gap shows before anything is deployed.
//!
//! From a **mirror** comes what apt would install on a machine that has nothing
//! at all, less what is essential or required: every Debian has that. It is
//! more than most clients lack, but enough for all of them; clients install of
//! it what they need, and the site keeps each file once. From a **folder**,
//! which holds what somebody put there, comes what is missing on a machine that
//! has only what this one has of the essential and required.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wire::rest::{AppDependencies, PackageMirror};

use super::apt::{Apt, Chosen, Refusal, complaints, is_everywhere};
use super::control::{everywhere, field};
use crate::api::{Api, upload};
use crate::deb::Deb;
use crate::outcome::{Failure, Kind};

/// Where dpkg keeps what is installed.
const STATUS: &str = "/var/lib/dpkg/status";
/// As deep as a chain of missing packages is followed.
const DEPTH: usize = 32;

/// Where what a package depends on comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Dependencies {
    #[default]
    None,
    Mirror,
    Folder(PathBuf),
    Sources,
}

impl FromStr for Dependencies {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "none" => Self::None,
            "mirror" => Self::Mirror,
            "sources" => Self::Sources,
            folder => Self::Folder(folder.into()),
        })
    }
}

/// What was found, and not yet published.
pub(super) enum Found {
    Nothing(AppDependencies),
    /// The files, and what they lie in.
    Files(Vec<PathBuf>, Apt),
}

/// Finds what the package depends on, and fetches it to this machine.
pub(super) async fn find(
    site: &mut Api,
    deb: &Deb,
    dependencies: &Dependencies,
) -> Result<Found, Failure> {
    let source = match dependencies {
        Dependencies::None => return Ok(Found::Nothing(AppDependencies::Present)),
        Dependencies::Sources => return Ok(Found::Nothing(AppDependencies::Sources)),
        Dependencies::Mirror => Source::Mirror(mirrors(site).await?),
        Dependencies::Folder(folder) => Source::Folder(folder.clone()),
    };
    let deb = deb.clone();
    let bar = spinner(format!("finding what {} depends on", deb.package));
    // In a thread of its own: the connection to the site wants to be looked after.
    let found = tokio::task::spawn_blocking(move || source.closure(&deb)).await;
    bar.finish_and_clear();
    found.map_err(|error| Failure::because("cannot find the dependencies", &error))?
}

impl Found {
    /// Sends the files to the site.
    pub(super) async fn publish(self, site: &mut Api) -> Result<AppDependencies, Failure> {
        let (files, _kept) = match self {
            Self::Nothing(dependencies) => return Ok(dependencies),
            Self::Files(files, apt) => (files, apt),
        };
        let mut packages = Vec::with_capacity(files.len());
        for (index, file) in files.iter().enumerate() {
            let which = format!("{} of {}", index + 1, files.len());
            packages.push(upload::file_of_many(site, file, &which).await?);
        }
        Ok(AppDependencies::Published { packages })
    }
}

async fn mirrors(site: &mut Api) -> Result<Vec<PackageMirror>, Failure> {
    let mirrors: Vec<PackageMirror> = site.get("/api/v1/package-mirrors").await?;
    if mirrors.is_empty() {
        return Err(Failure::new("the site file names no package mirror")
            .kind(Kind::SiteFile)
            .next(
                "give a host `role.package-mirror = { … }` (docs/site-file.md), or name a folder",
            ));
    }
    Ok(mirrors)
}

enum Source {
    Mirror(Vec<PackageMirror>),
    Folder(PathBuf),
}

impl Source {
    fn closure(&self, deb: &Deb) -> Result<Found, Failure> {
        let architecture = match deb.architecture.as_str() {
            "all" => native()?,
            own => own.to_owned(),
        };
        let mut local = vec![deb.clone()];
        let mut apt = match self {
            Self::Mirror(_) => Apt::open(&architecture, "")?,
            Self::Folder(folder) => {
                local.extend(debs_in(folder)?.into_iter().filter(|one| !is_same(one, deb)));
                let status = std::fs::read_to_string(STATUS)
                    .map_err(|error| Failure::because(format!("cannot read {STATUS}"), &error))?;
                Apt::open(&architecture, &everywhere(&status))?
            }
        };
        apt.read(&self.lines(&architecture), local)?;
        let all = match apt.resolve(&format!("{}={}", deb.package, deb.version))? {
            Ok(all) => all,
            Err(refusal) => return Err(self.lacks(&apt, deb, &refusal)?),
        };
        let mut needed: Vec<Chosen> =
            all.into_iter().filter(|one| one.name != deb.package).collect();
        if let Self::Mirror(_) = self {
            leave_out_what_is_everywhere(&apt, &mut needed)?;
        }
        Ok(Found::Files(apt.fetch(&needed)?, apt))
    }

    /// Lines of `sources.list`.
    fn lines(&self, architecture: &str) -> Vec<String> {
        let Self::Mirror(mirrors) = self else { return Vec::new() };
        mirrors
            .iter()
            .map(|mirror| {
                let PackageMirror { url, suite, components, signed_by, .. } = mirror;
                let signed = if signed_by.is_empty() {
                    String::new()
                } else {
                    format!(" signed-by={signed_by}")
                };
                let components = components.join(" ");
                format!("deb [arch={architecture}{signed}] {url} {suite} {components}")
            })
            .collect()
    }

    fn lacks(&self, apt: &Apt, deb: &Deb, refusal: &Refusal) -> Result<Failure, Failure> {
        let missing = missing(apt, &deb.package, refusal)?;
        let place = match self {
            Self::Mirror(_) => "the package mirror".to_owned(),
            Self::Folder(folder) => folder.display().to_string(),
        };
        if missing.is_empty() {
            let said = complaints(&refusal.said);
            return Ok(Failure::new(format!(
                "apt finds no way to install {} from {place}:\n{said}",
                deb.package
            )));
        }
        let failure = Failure::new(format!(
            "{place} lacks what {} needs:\n    {}",
            deb.package,
            missing.into_iter().collect::<Vec<_>>().join("\n    ")
        ));
        Ok(match self {
            Self::Mirror(_) => failure.next(
                "see that `suite` and `components` in the site file are those that the package was made for",
            ),
            Self::Folder(_) => failure.next("put it there, or take it from a mirror: --dependencies mirror"),
        })
    }
}

fn leave_out_what_is_everywhere(apt: &Apt, packages: &mut Vec<Chosen>) -> Result<(), Failure> {
    let described = apt.describe(packages)?;
    let everywhere: BTreeSet<&str> = described
        .iter()
        .filter(|paragraph| is_everywhere(paragraph))
        .filter_map(|paragraph| field(paragraph, "Package"))
        .collect();
    packages.retain(|one| !everywhere.contains(one.name.as_str()));
    Ok(())
}

/// The ends of the chains: apt says of a package only that what it depends on
/// will not be installed, and is asked about that in turn.
fn missing(apt: &Apt, package: &str, refusal: &Refusal) -> Result<BTreeSet<String>, Failure> {
    let mut missing = BTreeSet::new();
    let mut asked = BTreeSet::from([package.to_owned()]);
    let mut open: Vec<(String, String)> = vec![(package.to_owned(), refusal.said.clone())];
    while let Some((mut package, said)) = open.pop() {
        for Unmet { of, name, wanted, further } in said.lines().filter_map(unmet) {
            // Said of the first; the lines below it go on.
            package = of.unwrap_or(package);
            if !further {
                missing.insert(format!("{wanted}, for {package}"));
            } else if asked.len() < DEPTH
                && asked.insert(name.clone())
                && let Err(refusal) = apt.resolve(&name)?
            {
                open.push((name, refusal.said));
            }
        }
    }
    Ok(missing)
}

/// A dependency that apt cannot fulfil.
#[derive(Debug, PartialEq, Eq)]
struct Unmet {
    /// Whose it is, where the line says so.
    of: Option<String>,
    name: String,
    /// With the version.
    wanted: String,
    /// It is there, but cannot be installed itself.
    further: bool,
}

/// ` hello : Depends: libx (>= 2) but it is not installable`
fn unmet(line: &str) -> Option<Unmet> {
    let (before, why) = line.split_once(" but ")?;
    let (before, wanted) = before.rsplit_once("Depends: ")?;
    let of = before.split_once(" : ").map(|(of, _)| of.trim().to_owned());
    let name = wanted.split_whitespace().next()?;
    Some(Unmet {
        of,
        name: name.to_owned(),
        wanted: wanted.to_owned(),
        further: why.starts_with("it is not going to be installed"),
    })
}

fn debs_in(folder: &Path) -> Result<Vec<Deb>, Failure> {
    let cannot = |error| Failure::because(format!("cannot look into {}", folder.display()), &error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|word| word == "deb"));
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::new(format!("{} holds no .deb files", folder.display())));
    }
    paths.iter().map(|path| Deb::read(path)).collect()
}

fn is_same(one: &Deb, other: &Deb) -> bool {
    one.package == other.package && one.version == other.version
}

/// This machine's architecture.
fn native() -> Result<String, Failure> {
    let output = Command::new("dpkg").arg("--print-architecture").output();
    let output = output.map_err(|error| {
        Failure::because("cannot run dpkg to learn this machine's architecture", &error)
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn spinner(what: String) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_message(what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::deb::tests::make;

    /// A folder for packages, gone at the end.
    struct Shelf(PathBuf);

    impl Shelf {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("portolan-shelf-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn put(&self, package: &str, version: &str, fields: &str) -> Deb {
            Deb::read(&make(&self.0, package, version, fields)).unwrap()
        }
    }

    impl Drop for Shelf {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn found(deb: &Deb, shelf: &Shelf) -> Result<Vec<String>, Failure> {
        let Found::Files(files, _apt) = Source::Folder(shelf.0.clone()).closure(deb)? else {
            return Ok(Vec::new());
        };
        Ok(files
            .iter()
            .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
            .collect())
    }

    #[test]
    fn from_a_folder_comes_what_is_needed_and_no_more() {
        let (bench, shelf) = (Shelf::new("bench"), Shelf::new("needed"));
        // libc6 and dpkg are on every machine, and in no folder.
        let app = bench.put("app", "1", "Depends: liba (>= 2), libc6 (>= 2.2), dpkg\n");
        shelf.put("liba", "1", "");
        shelf.put("liba", "2", "Depends: libb | libc\n");
        shelf.put("libb", "1:1", "");
        shelf.put("other", "1", "");
        let mut files = found(&app, &shelf).unwrap();
        files.sort();
        assert_eq!(files, ["liba_2_all.deb", "libb_1:1_all.deb"]);
    }

    /// apt itself says no more than that `liba` will not be installed.
    #[test]
    fn the_package_that_is_missing_is_named() {
        let (bench, shelf) = (Shelf::new("bench2"), Shelf::new("missing"));
        let app = bench.put("app", "1", "Depends: liba\n");
        shelf.put("liba", "2", "Depends: libb\n");
        shelf.put("libb", "1", "Depends: libgone (>= 7), libc6\n");
        let said = found(&app, &shelf).unwrap_err().to_string();
        assert!(said.contains("libgone (>= 7), for libb"), "{said}");
        assert!(said.contains(&*shelf.0.to_string_lossy()) && !said.contains("libc6"), "{said}");
    }

    #[test]
    fn from_a_mirror_comes_all_but_what_every_debian_has() {
        let shelf = Shelf::new("mirror");
        let app = shelf.put("app", "1", "Depends: liba\n");
        let packages = vec![
            app,
            shelf.put("liba", "1", "Depends: shell, libd, tool\n"),
            shelf.put("shell", "1", "Essential: yes\nDepends: libd\n"),
            shelf.put("tool", "1", "Priority: required\n"),
            shelf.put("libd", "1", "Priority: optional\n"),
        ];
        let mut apt = Apt::open("amd64", "").unwrap();
        apt.read(&[], packages).unwrap();
        let mut all = apt.resolve("app=1").unwrap().unwrap();
        assert_eq!(all.len(), 5);
        leave_out_what_is_everywhere(&apt, &mut all).unwrap();
        let mut names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["app", "liba", "libd"]);
    }

    #[test]
    fn what_apt_says_of_an_unmet_dependency_is_understood() {
        let of = |line: &str| unmet(line).map(|one| (one.of, one.wanted, one.further));
        let app = || Some("app".to_owned());
        assert_eq!(
            of(" app : Depends: libx (>= 2) but it is not installable"),
            Some((app(), "libx (>= 2)".into(), false))
        );
        assert_eq!(
            of("        PreDepends: libx but it is not going to be installed"),
            Some((None, "libx".into(), true))
        );
        assert_eq!(
            of(" app : PreDepends: libx (>= 2) but 1.0 is to be installed"),
            Some((app(), "libx (>= 2)".into(), false))
        );
        assert_eq!(of("E: Unable to correct problems, you have held broken packages."), None);
    }
}
