//! A file that is still arriving. Its bytes may stop at any point and go on
//! later, from somebody else, in another process; what is on the disk is proved
//! before it is written and again before it is believed after a restart.
//!
//! A block is collected in memory and written when it is whole and right: so a
//! wrong block never reaches the disk, its sender is known while the connection
//! is still open, and a cut costs at most the block in which it fell. Even that
//! one is kept where it can be: its beginning is written when the part is given
//! up ([`Part::keep`], or by dropping it) and counted when it is opened again.
//!
//! All of it blocks: with large content, [`Part::open`] reads for minutes.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::block::{self, BlockList};

/// A file of which some blocks are there.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    list: BlockList,
    /// Which blocks are on the disk, and right.
    there: Vec<bool>,
    /// Bytes in them.
    verified: u64,
    /// The first block that is not.
    at: usize,
    /// Its beginning, as far as it has come.
    begun: Vec<u8>,
    /// How much of the beginning is on the disk too.
    kept: usize,
}

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// All of a block has come, and it is wrong. It is wanted again from its
    /// beginning. Where the bytes that were asked for began inside it, its
    /// beginning came from somebody else, and either may be to blame.
    #[error("block {block} is damaged: its bytes are not those that the digest proves")]
    Damaged { block: u64 },
    /// More came than was wanted.
    #[error("more bytes came than were asked for")]
    TooMuch,
    #[error("the file that arrives could not be kept")]
    Disk(#[from] io::Error),
}

impl Part {
    /// Goes on with the file at `path`, which is made if it is not there. What
    /// is in it is read, and only what is right is counted; but the beginning
    /// of a block at the end of the file is taken on trust until the whole of
    /// it can be looked at.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn open(path: impl Into<PathBuf>, list: BlockList) -> io::Result<Self> {
        let path = path.into();
        let options = File::options().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(&path)?;
        if file.metadata()?.len() > list.size() {
            file.set_len(list.size())?;
        }
        let mut there = vec![true; usize::try_from(list.len()).map_err(io::Error::other)?];
        let mut verified = list.size();
        for damaged in block::compare(&file, &list)? {
            let place = usize::try_from(damaged).ok().and_then(|block| there.get_mut(block));
            if let Some(place) = place {
                *place = false;
                let range = list.range(damaged);
                verified -= range.end - range.start;
            }
        }
        let mut part =
            Self { file, path, list, there, verified, at: 0, begun: Vec::new(), kept: 0 };
        part.at = part.next_missing(0);
        part.read_begun()?;
        Ok(part)
    }

    /// The bytes to ask for next, the end not included; `None` when all are
    /// there. What is pushed must be these, from their beginning, and may end
    /// anywhere.
    pub fn wanted(&self) -> Option<Range<u64>> {
        if self.is_complete() {
            return None;
        }
        let missing = self.there.iter().skip(self.at).take_while(|there| !**there).count();
        let last = (self.at + missing).saturating_sub(1);
        Some(self.position()..self.list.range(last as u64).end)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// See [`PartError`]; after each, [`Self::wanted`] says where to go on.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), PartError> {
        let mut follows = self.at;
        while !bytes.is_empty() {
            if self.is_complete() || self.at != follows {
                return Err(PartError::TooMuch);
            }
            let lacks = self.block_length() - self.begun.len();
            let (now, later) = bytes.split_at(lacks.min(bytes.len()));
            bytes = later;
            if now.len() < lacks {
                self.begun.extend_from_slice(now);
            } else if self.begun.is_empty() {
                self.take(now)?;
                follows += 1;
            } else {
                self.begun.extend_from_slice(now);
                let whole = std::mem::take(&mut self.begun);
                let taken = self.take(&whole);
                self.begun = whole;
                self.begun.clear();
                taken?;
                follows += 1;
            }
        }
        Ok(())
    }

    /// Bytes that have come, those of a block that is not whole among them.
    pub fn have(&self) -> u64 {
        self.verified + self.begun.len() as u64
    }

    /// Whether all is there, and right.
    pub fn is_complete(&self) -> bool {
        self.at >= self.there.len()
    }

    /// What the file will be.
    pub const fn list(&self) -> &BlockList {
        &self.list
    }

    /// Writes down the beginning of a block, so that whoever goes on later need
    /// not fetch it again. Dropping the part does the same and cannot say
    /// whether it went well.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn keep(&mut self) -> io::Result<()> {
        if let Some(new) = self.begun.get(self.kept..).filter(|new| !new.is_empty()) {
            let end = self.position();
            self.file.seek(SeekFrom::Start(end - new.len() as u64))?;
            self.file.write_all(new)?;
            self.kept = self.begun.len();
        }
        Ok(())
    }

    /// Gives a file that is complete its name, once it is on the disk for good.
    /// The folder is for the caller to sync.
    ///
    /// # Errors
    ///
    /// The disk's; [`io::ErrorKind::UnexpectedEof`] when it is not complete.
    pub fn finish(self, whole: &Path) -> io::Result<()> {
        if !self.is_complete() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.sync_all()?;
        std::fs::rename(&self.path, whole)
    }

    /// A whole block: to the disk with it, if it is right.
    fn take(&mut self, bytes: &[u8]) -> Result<(), PartError> {
        let (number, kept) = (self.at as u64, std::mem::take(&mut self.kept));
        let range = self.list.range(number);
        if self.list.check(number, bytes).is_err() {
            // Its beginning must not be taken for a good one after a restart.
            if kept > 0 && self.file.metadata()?.len() < range.end {
                self.file.set_len(range.start)?;
            }
            return Err(PartError::Damaged { block: number });
        }
        self.file.seek(SeekFrom::Start(range.start))?;
        self.file.write_all(bytes)?;
        if let Some(there) = self.there.get_mut(self.at) {
            *there = true;
        }
        self.verified += bytes.len() as u64;
        self.at = self.next_missing(self.at);
        Ok(())
    }

    fn next_missing(&self, from: usize) -> usize {
        let ahead = self.there.iter().skip(from).take_while(|there| **there).count();
        from + ahead
    }

    /// Where the next byte belongs.
    fn position(&self) -> u64 {
        self.list.range(self.at as u64).start + self.begun.len() as u64
    }

    /// Bytes in the block that is arriving.
    fn block_length(&self) -> usize {
        let range = self.list.range(self.at as u64);
        usize::try_from(range.end - range.start).unwrap_or(block::BUFFER)
    }

    /// Only at the end of a file can it be told how much of a block is there.
    fn read_begun(&mut self) -> io::Result<()> {
        use io::Read as _;
        let (range, end) = (self.list.range(self.at as u64), self.file.metadata()?.len());
        if range.start < end && end < range.end {
            self.file.seek(SeekFrom::Start(range.start))?;
            let read = (&self.file).take(end - range.start).read_to_end(&mut self.begun)?;
            self.kept = read;
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // At worst it is fetched again.
        drop(self.keep());
    }
}

/// Writes one block of a file again, if the bytes are right: for a copy of
/// which [`crate::verify_file`] said that this block is damaged.
///
/// # Errors
///
/// See [`PartError`]; a wrong block changes nothing.
pub fn mend(path: &Path, list: &BlockList, block: u64, bytes: &[u8]) -> Result<(), PartError> {
    list.check(block, bytes).map_err(|_wrong| PartError::Damaged { block })?;
    let mut file = File::options().write(true).open(path)?;
    let range = list.range(block);
    file.seek(SeekFrom::Start(range.start))?;
    file.write_all(bytes)?;
    if range.end == list.size() {
        file.set_len(list.size())?;
    }
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests;
