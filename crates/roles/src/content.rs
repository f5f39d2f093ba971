//! The content library: files by their BLAKE3 digest, in one folder, for the
//! SMS provider that fills it and the distribution point that serves it.
//!
//! `DIR/ab/<digest>` is a whole piece of content whose digest was verified
//! when it came; `DIR/ab/<digest>.part` is one that is still arriving and can
//! be resumed. Only a rename turns the one into the other, so a file without
//! `.part` can be trusted after any crash. The digest is taken from the disk
//! when the last byte has come, not on the way: an upload that was resumed
//! after a power cut is then covered without another thought.

mod upload;
mod withdrawn;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use wire::limit;

use crate::problem::Refusal;

pub use content::{BadDigest, Digest};
pub use self::upload::ReceiveError;
use self::upload::{Begun, STALL, Turn, Upload};
pub use self::withdrawn::Withdrawn;

/// Bytes that are collected before they are written.
const WRITE: usize = 1024 * 1024;
/// Bytes that are read and sent at once; larger pieces cost more.
const READ: usize = 128 * 1024;
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
        Ok(Self(Arc::new(Inner { dir, busy: Mutex::default() })))
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
        blocking(move || Withdrawn::new(turn, whole).map(Some)).await
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

/// `length` bytes of `file` from `offset` on, as a body that reads ahead no
/// further than one piece. When the disk fails, the connection breaks, and the
/// client resumes.
pub fn body(file: File, offset: u64, length: u64) -> Body {
    let whole = Rest { file, offset, length };
    Body::from_stream(futures_util::stream::unfold(Some(whole), |rest| async move {
        let rest = rest.filter(|rest| rest.length > 0)?;
        Some(match blocking(move || rest.next_piece()).await {
            Ok((bytes, rest)) => (Ok(bytes), Some(rest)),
            Err(error) => (Err(error), None),
        })
    }))
}

/// What of a file is still to be sent.
struct Rest {
    file: File,
    offset: u64,
    length: u64,
}

impl Rest {
    fn next_piece(mut self) -> io::Result<(Bytes, Self)> {
        let piece = self.length.min(READ as u64);
        let _at = self.file.seek(io::SeekFrom::Start(self.offset))?;
        let mut bytes = vec![0; usize::try_from(piece).unwrap_or(READ)];
        self.file.read_exact(&mut bytes)?;
        self.offset += piece;
        self.length -= piece;
        Ok((bytes.into(), self))
    }
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
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn digest_of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    fn content(size: usize) -> Vec<u8> {
        (0..size).map(|i| (i % 251) as u8).collect()
    }

    async fn read(library: &Library, digest: Digest, offset: u64) -> Vec<u8> {
        let (file, size) = library.find(digest).await.unwrap().unwrap();
        let body = body(file, offset, size - offset);
        body.collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn an_upload_goes_on_where_it_was_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::open(dir.path().join("library")).unwrap();
        let bytes = content(3 * WRITE + 77);
        let (digest, size) = (digest_of(&bytes), bytes.len() as u64);

        let broken = Body::from_stream(futures_util::stream::iter([
            Ok(Bytes::copy_from_slice(&bytes[..WRITE + 5])),
            Err(io::Error::other("the cable")),
        ]));
        let cut = library.receive(digest, 0, size, broken).await.unwrap_err();
        assert!(matches!(cut, ReceiveError::CutOff { have, .. } if have == WRITE as u64 + 5));
        assert!(library.find(digest).await.unwrap().is_none());

        let wrong = library.receive(digest, 1, size, Body::empty()).await.unwrap_err();
        assert!(matches!(wrong, ReceiveError::Offset { offset: 1, .. }), "{wrong}");

        let Arrived { have, complete: false } = library.arrived(digest).await.unwrap() else {
            panic!("complete too early")
        };
        let rest = Body::from(bytes[usize::try_from(have).unwrap()..].to_vec());
        let done = library.receive(digest, have, size, rest).await.unwrap();
        assert_eq!(done, Arrived { have: size, complete: true });
        assert_eq!(read(&library, digest, 0).await, bytes);
        assert_eq!(read(&library, digest, size - 9).await, bytes[bytes.len() - 9..]);

        let again = library.receive(digest, 0, size, Body::from("unread")).await.unwrap();
        assert!(again.complete);
    }

    #[tokio::test]
    async fn what_is_wrong_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::open(dir.path()).unwrap();
        let digest = digest_of(b"right");

        let wrong = library.receive(digest, 0, 5, Body::from("wrong")).await.unwrap_err();
        assert!(matches!(wrong, ReceiveError::WrongDigest { size: 5, .. }), "{wrong}");
        let long = library.receive(digest, 0, 5, Body::from("right and more")).await.unwrap_err();
        assert!(matches!(long, ReceiveError::TooMuch { size: 5 }), "{long}");
        let large = library.receive(digest, 0, u64::MAX, Body::empty()).await.unwrap_err();
        assert!(matches!(large, ReceiveError::TooLarge { .. }), "{large}");
        let full = library.receive(digest, 0, limit::CONTENT, Body::empty()).await;
        assert!(matches!(full, Ok(_) | Err(ReceiveError::NoSpace { .. })));

        assert_eq!(library.arrived(digest).await.unwrap(), Arrived { have: 0, complete: false });
        let _cut = library.receive(digest, 0, 5, Body::from("ri")).await.unwrap();
        assert_eq!(sweep(dir.path(), ABANDONED).unwrap(), 0);
        assert_eq!(sweep(dir.path(), Duration::ZERO).unwrap(), 1);
        assert!(library.receive(digest, 0, 5, Body::from("right")).await.unwrap().complete);
        assert_eq!(sweep(dir.path(), Duration::ZERO).unwrap(), 0);
    }

    #[tokio::test]
    async fn two_uploads_of_one_content_do_not_mix() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::open(dir.path()).unwrap();
        let digest = digest_of(b"right");
        let turn = Turn::take(&library.0, digest).unwrap();
        let busy = library.receive(digest, 0, 5, Body::from("right")).await.unwrap_err();
        assert!(matches!(busy, ReceiveError::Busy));
        drop(turn);
        assert!(library.receive(digest, 0, 5, Body::from("right")).await.unwrap().complete);
    }
}
