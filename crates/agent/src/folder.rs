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
        let folder = given.unwrap_or_else(Self::by_default);
        // Scripts and dpkg run in other folders, and must find what is in here.
        Self(std::path::absolute(&folder).unwrap_or(folder))
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
        if node::privilege::is_root() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_said_the_folder_is_absolute() {
        assert!(AgentFolder::at(Some("here".into())).content().is_absolute());
        assert!(AgentFolder::at(None).root().ends_with("portolan-agent"));
    }
}
