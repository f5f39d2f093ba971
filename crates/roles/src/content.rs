//! The content library: files by their BLAKE3 digest, in one folder, for the
//! SMS provider that fills it and the distribution point that serves it.
//!
//! `DIR/ab/<digest>` is a whole piece of content whose digest was verified
//! when it came; `DIR/ab/<digest>.part` is one that is still arriving and can
//! be resumed. Only a rename turns the one into the other, so a file without
//! `.part` can be trusted after any crash. The digest is taken from the disk
//! when the last byte has come, not on the way: an upload that was resumed
//! after a power cut is then covered without another thought.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use wire::limit;

use crate::problem::Refusal;

/// Bytes that are collected before they are written.
const WRITE: usize = 1024 * 1024;
/// Bytes that are read and sent at once; larger pieces cost more.
const READ: usize = 128 * 1024;
/// An upload that brings nothing for so long is ended; it can be resumed.
const STALL: Duration = Duration::from_secs(30);
/// An upload that nobody has gone on with for so long will not come back.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// What an upload must leave free on the disk. Bytes.
const RESERVE: u64 = 64 * 1024 * 1024;

/// BLAKE3 of a piece of content; 64 lower-case hexadecimal digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let malformed = || {
            let message = "a digest is 64 lower-case hexadecimal digits (BLAKE3)";
            Refusal::bad("digest-malformed", message, "")
        };
        let mut digest = [0; 32];
        if text.len() != 64 {
            return Err(malformed());
        }
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let &[high, low] = pair else { return Err(malformed()) };
            *byte = nibble(high).zip(nibble(low)).map(|(h, l)| h << 4 | l).ok_or_else(malformed)?;
        }
        Ok(Self(digest))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// How much of a piece of content is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Bytes.
    pub have: u64,
    pub complete: bool,
}

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
            ReceiveError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", ""),
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
    /// The library in `dir`, which is made if it is not there. Uploads that
    /// nobody has gone on with for a week are removed.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or read.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir)?;
        let removed = sweep(&dir, ABANDONED)?;
        if removed > 0 {
            tracing::info!(removed, "removed abandoned uploads");
        }
        Ok(Self(Arc::new(Inner { dir, busy: Mutex::default() })))
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
            let frame = tokio::time::timeout(STALL, body.frame()).await;
            let ended = match frame {
                Ok(Some(Ok(frame))) => {
                    waiting.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()));
                    None
                }
                Ok(None) => Some(Ok(())),
                Ok(Some(Err(source))) => Some(Err(source)),
                Err(_elapsed) => {
                    upload.write(waiting).await?;
                    return Err(ReceiveError::Stalled);
                }
            };
            if ended.is_some() || waiting.len() >= WRITE {
                upload = upload.write(std::mem::take(&mut waiting)).await?;
            }
            match ended {
                None => {}
                Some(Ok(())) => return upload.finish().await,
                Some(Err(source)) => {
                    return Err(ReceiveError::CutOff { have: upload.have, source });
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

/// The right to write one piece of content. It goes along with the file, into
/// blocking writes too: a request that is dropped in the middle of a write
/// keeps its turn until that write has ended.
struct Turn {
    library: Arc<Inner>,
    digest: Digest,
}

impl Turn {
    fn take(library: &Arc<Inner>, digest: Digest) -> Option<Self> {
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

struct Upload {
    turn: Turn,
    whole: PathBuf,
    part: File,
    have: u64,
    size: u64,
}

enum Begun {
    Complete(Arrived),
    Open(Upload),
}

impl Upload {
    fn begin(turn: Turn, whole: PathBuf, offset: u64, size: u64) -> Result<Begun, ReceiveError> {
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

    async fn write(mut self, bytes: Vec<u8>) -> Result<Self, ReceiveError> {
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

    /// Whole and right, or removed; a rest that is missing may come later.
    async fn finish(self) -> Result<Arrived, ReceiveError> {
        if self.have < self.size {
            return Ok(Arrived { have: self.have, complete: false });
        }
        blocking(move || Ok(self.verify())).await?
    }

    fn verify(self) -> Result<Arrived, ReceiveError> {
        let part = part_of(&self.whole);
        self.part.sync_all()?;
        let mut hasher = blake3::Hasher::new();
        let _hashed = io::copy(&mut File::open(&part)?, &mut hasher)?;
        let found = Digest(*hasher.finalize().as_bytes());
        if found != self.turn.digest {
            fs::remove_file(&part)?;
            return Err(ReceiveError::WrongDigest { size: self.size, found });
        }
        fs::rename(&part, &self.whole)?;
        File::open(folder_of(&self.whole))?.sync_all()?;
        Ok(Arrived { have: self.size, complete: true })
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

/// Bytes that this process may still write to the file system of `dir`.
fn free_space(dir: &Path) -> io::Result<u64> {
    let system = rustix::fs::statvfs(dir)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
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

    #[test]
    fn digests_are_64_lower_case_digits() {
        let digest = digest_of(b"x");
        assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        let upper = digest.to_string().to_uppercase();
        for wrong in ["", "ab", "../../etc/passwd", upper.as_str(), &"é".repeat(32)] {
            let refusal = wrong.parse::<Digest>().unwrap_err();
            assert_eq!(refusal.problem.code, "digest-malformed");
        }
    }
}
