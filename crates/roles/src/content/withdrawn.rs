//! Content on its way out: out of sight, and not gone yet. It lies where an
//! upload would lie, whole and unverified, so that a crash here leaves nothing
//! that is not understood: who sends it again only has it verified, and
//! otherwise it is swept away with the abandoned uploads.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::upload::Turn;
use super::{blocking, list_of, part_of, remove, size_of};

/// A piece of content that nobody finds, and nobody can send meanwhile.
#[must_use = "it is given back or removed"]
pub struct Withdrawn {
    whole: PathBuf,
    /// It was complete.
    complete: bool,
    _turn: Turn,
}

impl Withdrawn {
    pub(super) fn new(turn: Turn, whole: PathBuf) -> io::Result<Self> {
        let complete = size_of(&whole)?.is_some();
        if complete {
            fs::rename(&whole, part_of(&whole))?;
        }
        Ok(Self { whole, complete, _turn: turn })
    }

    /// It stays.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn give_back(self) -> io::Result<()> {
        let back = move || match self.complete {
            true => fs::rename(part_of(&self.whole), &self.whole),
            false => Ok(()),
        };
        blocking(back).await
    }

    /// It goes.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn remove(self) -> io::Result<()> {
        let gone = move || {
            remove(&part_of(&self.whole))?;
            remove(&list_of(&self.whole)).map(drop)
        };
        blocking(gone).await
    }
}

impl std::fmt::Debug for Withdrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Withdrawn({})", self.whole.display())
    }
}
