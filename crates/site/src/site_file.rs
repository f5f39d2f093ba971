//! The site file as a command meets it: read, planned, and its mistakes shown
//! all at once, each with the line that it stands on.

use std::path::Path;

use catalog::Reading;
use plan::{Finding, Plan};

use crate::folder::Folder;
use crate::outcome::{Failure, Kind};

pub(crate) use mistaken::{Mistaken, finding};

mod mistaken;

pub(crate) struct SiteFile {
    /// What reports call it.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
}

impl SiteFile {
    /// The folder's site file, if it holds no mistake.
    pub(crate) fn read(folder: &Folder) -> Result<Self, Failure> {
        let path = folder.site_file();
        Self::parse(text_in(folder)?, &path.display().to_string())
    }

    /// The site file that a running site of this folder has, whatever became of
    /// the other since; nothing where none ever ran.
    pub(crate) fn applied(folder: &Folder) -> Option<Self> {
        let path = folder.applied();
        let text = std::fs::read_to_string(&path).ok()?;
        Self::parse(text, &path.display().to_string()).ok()
    }

    /// Itself, if what it says can be run and not only planned.
    pub(crate) fn runnable(self) -> Result<Self, Failure> {
        match self.plan.only_planned() {
            None => Ok(self),
            Some(why) => Err(Failure::new(format!("{}: {why}", self.name))
                .next("`portolan plan` shows what follows from it")),
        }
    }

    /// A site file's text; `name` is what reports call it.
    pub(crate) fn parse(text: String, name: &str) -> Result<Self, Failure> {
        Self::check(text, name, Reading::Corrected).map_err(Failure::from)
    }

    /// As [`Self::parse`], in either reading, with the mistakes one by one.
    pub(crate) fn check(text: String, name: &str, reading: Reading) -> Result<Self, Mistaken> {
        let name = name.to_owned();
        match plan::read(&text).and_then(|estate| plan::plan_as(&estate, reading)) {
            Ok((plan, findings)) => Ok(Self { name, text, plan, findings }),
            Err(mistakes) => Err(Mistaken { name, text, mistakes }),
        }
    }
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
