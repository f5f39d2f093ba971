//! The library of a host that has its content from the site server: what it
//! holds, how a piece arrives block by block, and how a copy of which somebody
//! found a block damaged is looked at and mended.

use std::fs;
use std::io;
use std::path::PathBuf;

use content::part::{self, PartError};
use content::{BlockList, Part, verify_file};

use super::upload::{self, Turn};
use super::{Arrived, Digest, Library, arrived, blocking, folder_of, lists, part_of};

/// A piece of content that is arriving. As long as it lives, nobody else writes
/// to it. A future of it that is dropped halfway ends it: what has come stays,
/// and another one goes on from there.
pub struct Arrival {
    /// None while, or after, a thread has it.
    part: Option<Part>,
    whole: PathBuf,
    turn: Turn,
}

impl Library {
    /// Begins to take a piece of content, or goes on with what has come of it.
    /// `None` while another arrival is under way.
    ///
    /// # Errors
    ///
    /// The disk's; [`io::ErrorKind::StorageFull`] before it is, so that there is
    /// room for everybody else.
    pub async fn begin(&self, digest: Digest, list: BlockList) -> io::Result<Option<Arrival>> {
        let Some(turn) = Turn::take(&self.0, digest) else { return Ok(None) };
        let whole = self.whole(digest);
        blocking(move || {
            fs::create_dir_all(folder_of(&whole))?;
            lists::keep(&whole, &list)?;
            let part = Part::open(part_of(&whole), list)?;
            upload::check_room(&whole, part.list().size() - part.have())?;
            Ok(Some(Arrival { part: Some(part), whole, turn }))
        })
        .await
    }

    /// Everything that is here, or arriving, by digest.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn held(&self) -> io::Result<Vec<(Digest, Arrived)>> {
        let dir = self.0.dir.clone();
        blocking(move || {
            let mut held = Vec::new();
            for folder in fs::read_dir(&dir)? {
                let folder = folder?;
                if !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in fs::read_dir(folder.path())? {
                    let path = file?.path();
                    let whole = path.with_extension("");
                    let name = whole.file_name().and_then(|name| name.to_str());
                    let Some(digest) = name.and_then(|name| name.parse().ok()) else { continue };
                    held.push((digest, arrived(&whole)?));
                }
            }
            // A part, its list and the whole are one piece of content.
            held.sort_by_key(|(digest, _)| *digest);
            held.dedup_by_key(|(digest, _)| *digest);
            Ok(held)
        })
        .await
    }

    /// Looks at every block of a copy; gives those that are damaged. `None` if
    /// it is not here. Where its list is damaged as well, no block can be told
    /// from another, and all of them count.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn look(&self, digest: Digest) -> io::Result<Option<Vec<u64>>> {
        match self.list(digest).await {
            Ok(None) => Ok(None),
            Ok(Some(list)) => self.look_with(digest, list).await.map(Some),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let arrived = self.arrived(digest).await?;
                Ok(Some((0..content::block::count(arrived.have)).collect()))
            }
            Err(error) => Err(error),
        }
    }

    /// The same for a list that the caller has.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn look_with(&self, digest: Digest, list: BlockList) -> io::Result<Vec<u64>> {
        let whole = self.whole(digest);
        blocking(move || verify_file(&whole, &list)).await
    }

    /// Writes one block of a copy again. It is served meanwhile: a reader gets
    /// the damaged bytes or the right ones, and proves them.
    ///
    /// # Errors
    ///
    /// [`PartError`]; wrong bytes change nothing.
    pub async fn repair_block(
        &self,
        digest: Digest,
        list: BlockList,
        block: u64,
        bytes: Vec<u8>,
    ) -> Result<(), PartError> {
        let whole = self.whole(digest);
        let mended = blocking(move || Ok(part::mend(&whole, &list, block, &bytes))).await?;
        self.0.small.forget(digest);
        mended
    }

    /// Looks at every block of a copy that is whole, and gives it up where some
    /// are damaged: it becomes a part again, which ends before the first of
    /// them, and whoever sends the content again sends the rest only. Says how
    /// many are damaged; 0 as well where there is no such copy, or where
    /// somebody writes to it.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn give_up_damaged(&self, digest: Digest) -> io::Result<u64> {
        let damaged = self.look(digest).await?.unwrap_or_default();
        let Some(first) = damaged.first() else { return Ok(0) };
        let right = first.saturating_mul(content::block::SIZE);
        let Some(turn) = Turn::take(&self.0, digest) else { return Ok(0) };
        let whole = self.whole(digest);
        let given_up = blocking(move || {
            let _turn = turn;
            let part = part_of(&whole);
            fs::rename(&whole, &part)?;
            let file = fs::File::options().write(true).open(&part)?;
            file.set_len(file.metadata()?.len().min(right))
        });
        given_up.await?;
        self.0.small.forget(digest);
        Ok(damaged.len() as u64)
    }

    /// Removes a piece of content, or what has come of it. `false` while
    /// somebody writes to it.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn remove(&self, digest: Digest) -> io::Result<bool> {
        match self.withdraw(digest).await? {
            Some(withdrawn) => withdrawn.remove().await.map(|()| true),
            None => Ok(false),
        }
    }
}

impl Arrival {
    /// The bytes to ask for next; `None` when all are there. See
    /// [`Part::wanted`].
    pub fn wanted(&self) -> Option<std::ops::Range<u64>> {
        self.part.as_ref()?.wanted()
    }

    /// How much is there.
    pub fn arrived(&self) -> Arrived {
        let have = self.part.as_ref().map_or(0, Part::have);
        Arrived { have, complete: false }
    }

    /// Takes the next bytes; best a block or more at once.
    ///
    /// # Errors
    ///
    /// [`PartError`].
    pub async fn push(&mut self, bytes: Vec<u8>) -> Result<(), PartError> {
        let mut part = self.part.take().ok_or_else(ended)?;
        let (part, pushed) = blocking(move || {
            let pushed = part.push(&bytes);
            Ok((part, pushed))
        })
        .await?;
        self.part = Some(part);
        pushed
    }

    /// All is there: from now on it is whole, and is served.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn finish(mut self) -> io::Result<()> {
        let part = self.part.take().ok_or_else(ended)?;
        blocking(move || {
            let Self { whole, turn, .. } = self;
            part.finish(&whole)?;
            fs::File::open(folder_of(&whole))?.sync_all()?;
            drop(turn);
            Ok(())
        })
        .await
    }
}

fn ended() -> io::Error {
    io::Error::other("this arrival was ended in the middle of a write")
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Arrival({})", self.whole.display())
    }
}
