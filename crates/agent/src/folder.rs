//! Where the agent keeps what it has.
//!
//! ```text
//! DIR/identity/    keys and certificates      (private)
//! DIR/journal.redb the journal
//! DIR/content/     content, by digest
//! DIR/actions/     actions that are not over
//! DIR/control      the control socket
//! ```

use std::path::{Path, PathBuf};

/// The agent's folder.
#[derive(Debug, Clone)]
pub struct AgentFolder(PathBuf);

impl AgentFolder {
    /// The folder that was given; otherwise `/var/lib/portolan-agent` for root
    /// and `portolan-agent` under the user's data folder for others.
    pub fn at(given: Option<PathBuf>) -> Self {
        Self(given.unwrap_or_else(Self::by_default))
    }

    pub fn root(&self) -> &Path {
        &self.0
    }

    pub fn identity(&self) -> PathBuf {
        self.0.join("identity")
    }

    pub fn journal(&self) -> PathBuf {
        self.0.join("journal.redb")
    }

    pub fn content(&self) -> PathBuf {
        self.0.join("content")
    }

    pub fn actions(&self) -> PathBuf {
        self.0.join("actions")
    }

    pub fn control(&self) -> PathBuf {
        self.0.join("control")
    }

    fn by_default() -> PathBuf {
        const NAME: &str = "portolan-agent";
        if crate::platform::is_administrator() {
            return Path::new("/var/lib").join(NAME);
        }
        let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
        std::env::var_os("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
            .or_else(home)
            .unwrap_or_else(std::env::temp_dir)
            .join(NAME)
    }
}
