//! The site file as a command meets it: read, planned, and its mistakes shown
//! all at once, each with the line that it stands on.

use std::path::{Path, PathBuf};

use catalog::Reading;
use plan::{Estate, Finding, Lock, Mistake, Plan};

use crate::folder::Folder;
use crate::outcome::{Failure, Kind};

pub(crate) use mistaken::{Mistaken, finding, silenced};
pub(crate) use schema::schema;

mod mistaken;
mod schema;

pub(crate) struct SiteFile {
    /// What reports call it.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
    /// Findings that the file silences, each with the reason that it gives.
    pub(crate) silenced: Vec<(Finding, String)>,
}

impl SiteFile {
    /// The folder's site file, if it holds no mistake.
    pub(crate) fn read(folder: &Folder) -> Result<Self, Failure> {
        Self::parse(text_in(folder)?, &folder.site_file())
    }

    /// The site file that a running site of this folder has, whatever became of
    /// the other since; nothing where none ever ran.
    pub(crate) fn applied(folder: &Folder) -> Option<Self> {
        let text = std::fs::read_to_string(folder.applied()).ok()?;
        Self::parse(text, &folder.site_file()).ok()
    }

    /// Itself, if what it says can be run and not only planned.
    pub(crate) fn runnable(self) -> Result<Self, Failure> {
        match self.plan.only_planned() {
            None => Ok(self),
            Some(why) => Err(Failure::new(format!("{}: {why}", self.name))
                .next("`portolan plan` shows what follows from it")),
        }
    }

    /// A site file's text, which stands or stood at `path`; its lock is there too.
    pub(crate) fn parse(text: String, path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        Self::check(text, &name, Reading::Corrected, path)?.map_err(Failure::from)
    }

    /// As [`Self::parse`], in either reading, with the mistakes one by one; `name` is
    /// what reports call it.
    pub(crate) fn check(
        text: String,
        name: &str,
        reading: Reading,
        path: &Path,
    ) -> Result<Result<Self, Mistaken>, Failure> {
        let beside = lock_beside(path);
        let lock = lock_at(&beside)?;
        Ok(Self::planned(text, name, reading, lock.map(|lock| (lock, beside))))
    }

    /// A site file's text, and the addresses of its names, if there is a lock.
    pub(crate) fn planned(
        text: String,
        name: &str,
        reading: Reading,
        lock: Option<(Lock, PathBuf)>,
    ) -> Result<Self, Mistaken> {
        let name = name.to_owned();
        let stale =
            lock.as_ref().map(|(lock, path)| lock.stale(&text, &path.display().to_string()));
        let lock = lock.map(|(lock, _)| lock).unwrap_or_default();
        let estate = plan::read_with(&text, &lock);
        match estate.and_then(|estate| findings_and_all(estate, reading, stale.unwrap_or_default()))
        {
            Ok((plan, findings, silenced)) => Ok(Self { name, text, plan, findings, silenced }),
            Err(mistakes) => Err(Mistaken { name, text, mistakes }),
        }
    }
}

type Planned = (Plan, Vec<Finding>, Vec<(Finding, String)>);

/// The plan, what is worth saying, and what somebody does not want to hear again.
fn findings_and_all(
    mut estate: Estate,
    reading: Reading,
    stale: Vec<Finding>,
) -> Result<Planned, Vec<Mistake>> {
    // The plan leaves them out, and a list of what was left out is wanted too.
    let reasons = std::mem::take(&mut estate.silenced);
    let (plan, findings) = plan::plan_as(&estate, reading)?;
    let mut told = Vec::new();
    let mut silenced = Vec::new();
    for finding in stale.into_iter().chain(findings) {
        match reasons.get(&finding.kind) {
            Some(reason) => silenced.push((finding, reason.value.clone())),
            None => told.push(finding),
        }
    }
    Ok((plan, told, silenced))
}

/// Where the addresses of a site file's names are kept: `site.lock` for `site.toml`.
pub(crate) fn lock_beside(site_file: &Path) -> PathBuf {
    site_file.with_extension("lock")
}

/// A lock, if there is one.
pub(crate) fn lock_at(path: &Path) -> Result<Option<Lock>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::because(format!("cannot read {}", path.display()), &error));
        }
    };
    let name = path.display().to_string();
    Lock::parse(&text).map(Some).map_err(|mistakes| Mistaken { name, text, mistakes }.into())
}

/// The text of the folder's site file.
pub(crate) fn text_in(folder: &Folder) -> Result<String, Failure> {
    let path = folder.site_file();
    if path.exists() {
        return text_at(&path);
    }
    Err(Failure::new(format!("there is no site in {}", folder.path().display()))
        .kind(Kind::Unreachable)
        .next("`portolan up` makes one; --dir names another folder"))
}

/// The text of any site file.
pub(crate) fn text_at(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::because(format!("cannot read {}", path.display()), &error))
}
