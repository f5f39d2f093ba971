//! One upload into the library: who may write, what is taken, and the moment
//! in which a part becomes a whole.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use content::BlockList;
use http::StatusCode;
use wire::limit;

use super::{Arrived, Digest, Inner, arrived, blocking, folder_of, lists, part_of};
use crate::problem::Refusal;

/// An upload that brings nothing for so long is ended; it can be resumed.
pub(super) const STALL: Duration = Duration::from_secs(30);
/// What an upload must leave free on the disk. Bytes.
const RESERVE: u64 = 64 * 1024 * 1024;

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    #[error("this content is just being sent by another request")]
    Busy,
    #[error("content of {size} bytes is larger than the limit of {} bytes", limit::CONTENT)]
    TooLarge { size: u64 },
    #[error("{have} bytes are here, and bytes from {offset} on do not follow them")]
    Offset { have: u64, offset: u64 },
    #[error("more bytes came than the size of {size} that was announced")]
    TooMuch { size: u64 },
    #[error("the {size} bytes that came have the digest {found}")]
    WrongDigest { size: u64, found: Digest },
    #[error("{needed} bytes are needed in the content library, {free} are free")]
    NoSpace { needed: u64, free: u64 },
    #[error("no bytes came for {} s", STALL.as_secs())]
    Stalled,
    #[error("the connection broke after {have} bytes")]
    CutOff { have: u64, source: axum::Error },
    #[error("the content library's disk failed")]
    Disk(#[from] io::Error),
}

impl From<ReceiveError> for Refusal {
    fn from(error: ReceiveError) -> Self {
        let resume = "ask how much has arrived and send the rest";
        let again = "send it again from the beginning";
        let (status, code, next) = match &error {
            ReceiveError::Busy => (StatusCode::CONFLICT, "content-busy", "wait for that request"),
            ReceiveError::TooLarge { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "split it into several files")
            }
            ReceiveError::Offset { .. } => (StatusCode::CONFLICT, "content-offset", resume),
            ReceiveError::TooMuch { .. } => (StatusCode::BAD_REQUEST, "content-size", resume),
            ReceiveError::WrongDigest { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "content-digest", again)
            }
            ReceiveError::NoSpace { .. } => {
                (StatusCode::INSUFFICIENT_STORAGE, "no-space", "make room on the site's disk")
            }
            ReceiveError::Stalled => (StatusCode::REQUEST_TIMEOUT, "body-too-slow", resume),
            ReceiveError::CutOff { .. } => (StatusCode::BAD_REQUEST, "body-cut-off", resume),
            ReceiveError::Disk(cause) => return Self::internal("store content", cause),
        };
        Self::new(status, code, error.to_string(), next)
    }
}

/// The right to write one piece of content. It goes along with the file, into
/// blocking writes too: a request that is dropped in the middle of a write
/// keeps its turn until that write has ended.
pub(super) struct Turn {
    library: Arc<Inner>,
    digest: Digest,
}

impl Turn {
    pub(super) fn take(library: &Arc<Inner>, digest: Digest) -> Option<Self> {
        let mut busy = library.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.insert(digest).then(|| Self { library: Arc::clone(library), digest })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut busy = self.library.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let _was_there = busy.remove(&self.digest);
    }
}

/// One that has begun.
pub(super) struct Upload {
    turn: Turn,
    whole: PathBuf,
    part: File,
    have: u64,
    size: u64,
}

pub(super) enum Begun {
    Complete(Arrived),
    Open(Upload),
}

impl Upload {
    pub(super) fn begin(
        turn: Turn,
        whole: PathBuf,
        offset: u64,
        size: u64,
    ) -> Result<Begun, ReceiveError> {
        let here = arrived(&whole)?;
        if here.complete {
            return Ok(Begun::Complete(here));
        }
        if offset != here.have {
            return Err(ReceiveError::Offset { have: here.have, offset });
        }
        if here.have > size {
            // Nothing can be made of it: another size was announced before.
            fs::remove_file(part_of(&whole))?;
            return Err(ReceiveError::TooMuch { size });
        }
        let folder = folder_of(&whole);
        fs::create_dir_all(folder)?;
        let (needed, free) = (size - offset, free_space(folder)?);
        if free < needed.saturating_add(RESERVE) {
            return Err(ReceiveError::NoSpace { needed: needed.saturating_add(RESERVE), free });
        }
        let mut part =
            File::options().write(true).create(true).truncate(false).open(part_of(&whole))?;
        let _at = part.seek(io::SeekFrom::Start(offset))?;
        Ok(Begun::Open(Self { turn, whole, part, have: offset, size }))
    }

    pub(super) async fn write(mut self, bytes: Vec<u8>) -> Result<Self, ReceiveError> {
        let after = self.have + bytes.len() as u64;
        if after > self.size {
            return Err(ReceiveError::TooMuch { size: self.size });
        }
        let written = blocking(move || {
            self.part.write_all(&bytes)?;
            self.have = after;
            Ok(self)
        });
        Ok(written.await?)
    }

    /// Bytes that are on the disk.
    pub(super) fn have(&self) -> u64 {
        self.have
    }

    /// Whole and right, or removed; a rest that is missing may come later.
    pub(super) async fn finish(self) -> Result<Arrived, ReceiveError> {
        if self.have < self.size {
            return Ok(Arrived { have: self.have, complete: false });
        }
        blocking(move || Ok(self.verify())).await?
    }

    fn verify(self) -> Result<Arrived, ReceiveError> {
        let part = part_of(&self.whole);
        self.part.sync_all()?;
        let (found, list) = BlockList::of_file(&File::open(&part)?)?;
        if found != self.turn.digest {
            fs::remove_file(&part)?;
            return Err(ReceiveError::WrongDigest { size: self.size, found });
        }
        lists::keep(&self.whole, &list)?;
        fs::rename(&part, &self.whole)?;
        File::open(folder_of(&self.whole))?.sync_all()?;
        Ok(Arrived { have: self.size, complete: true })
    }
}

/// Refuses what would leave too little room where this file is to be.
pub(super) fn check_room(whole: &Path, needed: u64) -> io::Result<()> {
    let (needed, free) = (needed.saturating_add(RESERVE), free_space(folder_of(whole))?);
    if free < needed {
        let what = format!("{needed} bytes are needed in the content library, {free} are free");
        return Err(io::Error::new(io::ErrorKind::StorageFull, what));
    }
    Ok(())
}

/// Bytes that this process may still write to the file system of `dir`.
fn free_space(dir: &Path) -> io::Result<u64> {
    let system = rustix::fs::statvfs(dir)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}
