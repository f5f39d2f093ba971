//! The site's folder: what lies where, and who may touch it.
//!
//! ```text
//! DIR/                 root's, so that nobody else can put another folder in place of one below
//! ├── site.toml        the site file: what the administrator says
//! ├── site/            the roles' own (user `portolan`, 0700): keys, database, content library
//! └── agent/           the agent's own (root, 0700)
//! ```
//!
//! On a host of a site that is elsewhere:
//!
//! ```text
//! DIR/
//! ├── host/            the roles' own (user `portolan`, 0700): key, certificate, host plan
//! └── content/         the same: the content library
//! ```
//!
//! Without root all of it belongs to the user who runs the site.

use std::path::{Path, PathBuf};

use crate::outcome::Failure;

/// The account that the roles run as where the site was made by root.
pub(crate) const ACCOUNT: &str = "portolan";

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder that was named, or the usual one. Absolute, so that a child
    /// with another working folder finds the same.
    pub(crate) fn at(named: Option<PathBuf>) -> Result<Self, Failure> {
        let chosen = named.map_or_else(usual, Ok)?;
        let root = std::path::absolute(&chosen).map_err(|error| {
            Failure::because(format!("{} is no folder's name", chosen.display()), &error)
        })?;
        Ok(Self { root })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// Whether it is the one that is meant where none is named.
    pub(crate) fn is_usual(&self) -> bool {
        Self::at(None).is_ok_and(|usual| usual.root == self.root)
    }

    /// How a command line names it: not at all, or ` --dir DIR`.
    pub(crate) fn said(&self) -> String {
        if self.is_usual() { String::new() } else { format!(" --dir {}", self.root.display()) }
    }

    pub(crate) fn site_file(&self) -> PathBuf {
        self.root.join("site.toml")
    }

    /// Everything that the roles own.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("site")
    }

    /// The site file as the running site has it: the other may have been edited
    /// since, in a way that was refused.
    pub(crate) fn applied(&self) -> PathBuf {
        self.site().join("applied.toml")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.site().join("keys")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.site().join("portolan.db")
    }

    pub(crate) fn content(&self) -> PathBuf {
        self.site().join("content")
    }

    /// The administrator's token, for whoever may read this folder.
    pub(crate) fn administrator(&self) -> PathBuf {
        self.site().join("administrator.token")
    }

    /// The fingerprint of the site's root, for tools that want to know whom
    /// they talk to.
    pub(crate) fn fingerprint(&self) -> PathBuf {
        self.site().join("root.fingerprint")
    }

    /// Held by the one `serve` that runs a site here.
    pub(crate) fn lock(&self) -> PathBuf {
        self.site().join("lock")
    }

    /// What a host of a site elsewhere is ([`crate::member`]).
    pub(crate) fn host(&self) -> PathBuf {
        self.root.join("host")
    }

    /// Its content library.
    pub(crate) fn host_content(&self) -> PathBuf {
        self.root.join("content")
    }

    /// Held by the one `serve` that runs such a host here.
    pub(crate) fn host_lock(&self) -> PathBuf {
        self.host().join("lock")
    }

    pub(crate) fn agent(&self) -> PathBuf {
        self.root.join("agent")
    }
}

fn usual() -> Result<PathBuf, Failure> {
    if node::privilege::is_root() {
        return Ok(PathBuf::from("/var/lib/portolan"));
    }
    let data = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    match data {
        Some(data) => Ok(data.join("portolan")),
        None => Err(Failure::new("neither HOME nor XDG_DATA_HOME says where data may be kept")
            .next("name a folder with --dir")),
    }
}
