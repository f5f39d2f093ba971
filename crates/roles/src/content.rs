//! The content library: files by their BLAKE3 digest, in one folder, for those
//! who fill it (the SMS provider on the site server's host, the site link on
//! others) and those who serve it ([`serve`]).
//!
//! `DIR/ab/<digest>` is a whole piece of content whose digest was verified
//! when it came; `DIR/ab/<digest>.part` is one that is still arriving and can
//! be resumed. Only a rename turns the one into the other, so a file without
//! `.part` can be trusted after any crash. The digest is taken from the disk
//! when the last byte has come, not on the way: an upload that was resumed
//! after a power cut is then covered without another thought.
//!
//! `DIR/ab/<digest>.blocks` is the block list of content of more than one block.
//! It proves itself against the digest, so it needs no care: where it is absent
//! or damaged it is made again from the file.

mod copy;
mod lists;
pub mod range;
mod read;
pub mod serve;
mod small;
mod upload;
mod withdrawn;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use wire::limit;

use crate::problem::Refusal;

pub use self::copy::Arrival;
pub use self::upload::ReceiveError;
use self::upload::{Begun, STALL, Turn, Upload};
pub use self::withdrawn::Withdrawn;
pub use content::{BadDigest, Digest};

/// Bytes that are collected before they are written.
const WRITE: usize = 1024 * 1024;
/// An upload that nobody has gone on with for so long will not come back.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How much of a piece of content is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Bytes.
    pub have: u64,
    pub complete: bool,
}

/// The library. Clones are the same library.
#[derive(Debug, Clone)]
pub struct Library(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    /// What is being received: two uploads into one file would mix.
    busy: Mutex<HashSet<Digest>>,
    /// Block lists are made one at a time: it means reading a whole file.
    listing: tokio::sync::Mutex<()>,
    small: small::Small,
    buffers: read::Buffers,
}

impl Library {
    /// The library in `dir`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir)?;
        Ok(Self(Arc::new(Inner {
            dir,
            busy: Mutex::default(),
            listing: tokio::sync::Mutex::default(),
            small: small::Small::default(),
            buffers: read::Buffers::default(),
        })))
    }

    /// Removes uploads that nobody has gone on with for a week.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn sweep(&self) -> io::Result<()> {
        let dir = self.0.dir.clone();
        let removed = blocking(move || sweep(&dir, ABANDONED)).await?;
        if removed > 0 {
            tracing::info!(removed, "removed abandoned uploads");
        }
        Ok(())
    }

    /// Takes a piece of content, or what has arrived of it, out of sight; the
    /// caller decides what becomes of it. `None` while somebody is sending it.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn withdraw(&self, digest: Digest) -> io::Result<Option<Withdrawn>> {
        let Some(turn) = Turn::take(&self.0, digest) else { return Ok(None) };
        let whole = self.whole(digest);
        let withdrawn = blocking(move || Withdrawn::new(turn, whole)).await;
        self.0.small.forget(digest);
        withdrawn.map(Some)
    }

    /// How much of `digest` is there.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn arrived(&self, digest: Digest) -> io::Result<Arrived> {
        let whole = self.whole(digest);
        blocking(move || arrived(&whole)).await
    }

    /// A whole piece of content, opened, with its size in bytes; `None` if it
    /// is not (yet) there.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn find(&self, digest: Digest) -> io::Result<Option<(File, u64)>> {
        let whole = self.whole(digest);
        blocking(move || match File::open(&whole) {
            Ok(file) => file.metadata().map(|metadata| Some((file, metadata.len()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Takes the bytes of `body` as those of `digest` from `offset` on, of
    /// `size` in all. With the last byte the digest is verified; content with
    /// another digest is removed. What arrived before an error stays, so that
    /// the sender can go on from there.
    ///
    /// # Errors
    ///
    /// See [`ReceiveError`].
    pub async fn receive(
        &self,
        digest: Digest,
        offset: u64,
        size: u64,
        mut body: Body,
    ) -> Result<Arrived, ReceiveError> {
        if size > limit::CONTENT {
            return Err(ReceiveError::TooLarge { size });
        }
        let turn = Turn::take(&self.0, digest).ok_or(ReceiveError::Busy)?;
        let whole = self.whole(digest);
        let begun = blocking(move || Ok(Upload::begin(turn, whole, offset, size))).await?;
        let mut upload = match begun? {
            Begun::Complete(arrived) => return Ok(arrived),
            Begun::Open(upload) => upload,
        };
        let mut waiting = Vec::new();
        loop {
            let (data, end) = match tokio::time::timeout(STALL, body.frame()).await {
                Ok(Some(Ok(frame))) => (frame.into_data().unwrap_or_default(), None),
                Ok(Some(Err(source))) => (Bytes::new(), Some(Err(End::CutOff(source)))),
                Ok(None) => (Bytes::new(), Some(Ok(()))),
                Err(_elapsed) => (Bytes::new(), Some(Err(End::Stalled))),
            };
            waiting.extend_from_slice(&data);
            if end.is_some() || waiting.len() >= WRITE {
                upload = upload.write(std::mem::take(&mut waiting)).await?;
            }
            match end {
                None => {}
                Some(Ok(())) => return upload.finish().await,
                Some(Err(End::Stalled)) => return Err(ReceiveError::Stalled),
                Some(Err(End::CutOff(source))) => {
                    return Err(ReceiveError::CutOff { have: upload.have(), source });
                }
            }
        }
    }

    /// Where a test finds a copy to damage it.
    #[cfg(test)]
    pub(crate) fn path_of(&self, digest: Digest) -> PathBuf {
        self.whole(digest)
    }

    fn whole(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        let mut path = self.0.dir.join(name.get(..2).unwrap_or_default());
        path.push(name);
        path
    }
}

impl From<BadDigest> for Refusal {
    fn from(bad: BadDigest) -> Self {
        Self::bad("digest-malformed", bad.to_string(), "")
    }
}

/// Why a body ended before its time.
enum End {
    CutOff(axum::Error),
    Stalled,
}

fn arrived(whole: &Path) -> io::Result<Arrived> {
    if let Some(have) = size_of(whole)? {
        return Ok(Arrived { have, complete: true });
    }
    Ok(Arrived { have: size_of(&part_of(whole))?.unwrap_or(0), complete: false })
}

fn size_of(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn part_of(whole: &Path) -> PathBuf {
    whole.with_extension("part")
}

fn list_of(whole: &Path) -> PathBuf {
    whole.with_extension("blocks")
}

/// A file that may be gone already.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn folder_of(whole: &Path) -> &Path {
    whole.parent().unwrap_or(whole)
}

fn sweep(dir: &Path, age: Duration) -> io::Result<u64> {
    let mut removed = 0;
    for folder in fs::read_dir(dir)? {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            let untouched = file.metadata()?.modified()?.elapsed().unwrap_or_default();
            if file.path().extension().is_some_and(|e| e == "part") && untouched > age {
                fs::remove_file(file.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// `work` where it may block. A panic in it becomes an error.
async fn blocking<T, F>(work: F) -> io::Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests;
