//! Content by digest, from a distribution point. What has arrived is kept
//! across breaks and restarts (`<digest>.part`) and hashed again before the
//! rest is asked for; nothing gets its final name before all of it has the
//! right digest. Never in memory whole.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_RANGE, RANGE};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use node::files::{FileError, Folder, create_folder};
use node::http::Incoming;
use wire::policy::Content;
use wire::problem::Problem;

use crate::link::{Link, LinkError, problem_in, read};
use crate::platform;
use crate::words::size;

/// Bytes read from disk at once.
const BUFFER: usize = 128 * 1024;
/// Bytes that a download leaves free, for everybody else on the machine.
const SPARE: u64 = 64 * 1024 * 1024;
/// For how long a distribution point may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes in a second below which a connection is given up for another, after
/// [`PATIENCE`].
const SLOWEST: u64 = 1024;
const PATIENCE: Duration = Duration::from_secs(600);

/// Why content is not there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("{name} could not be downloaded: {problem}")]
    Problem { name: String, problem: Problem },
    /// Whoever wanted it has got other things to do.
    #[error("the download of {name} was given up for a newer policy")]
    GivenUp { name: String },
    #[error("the download of {name} broke off after {have} of {size} bytes")]
    Broken { name: String, have: u64, size: u64 },
    #[error("{name} needs {} more, and {} can be used; it is tried again later", size(*needs), size(*free))]
    Space { name: String, needs: u64, free: u64 },
    #[error("{name} has {}, and content may have {}", size(*found), size(wire::limit::CONTENT))]
    TooLarge { name: String, found: u64 },
    /// The bytes that came are not those that the site server signed for.
    #[error("{name} was refused: its digest is {found}, and the policy says {expected}")]
    Digest { name: String, found: String, expected: String },
    #[error("{name} could not be kept")]
    Disk { name: String, source: io::Error },
    #[error(transparent)]
    File(#[from] FileError),
}

/// The agent's content, and where more of it comes from.
#[derive(Debug)]
pub struct Contents {
    folder: PathBuf,
    link: Link,
}

/// A download that has begun.
struct Part {
    file: File,
    hasher: Box<blake3::Hasher>,
    have: u64,
}

impl Contents {
    pub fn new(folder: PathBuf, link: Link) -> Result<Self, FileError> {
        create_folder(&folder, Folder::Private)?;
        Ok(Self { folder, link })
    }

    /// Where content lies, by digest.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Where a piece of content is, if all of it is there.
    pub fn find(&self, content: &Content) -> Option<PathBuf> {
        let path = self.folder.join(content.hex());
        let size = fs::metadata(&path).ok()?.len();
        (size == content.size).then_some(path)
    }

    /// Where a piece of content is, after downloading what is missing of it.
    /// May be given up at any time; what has arrived stays.
    pub async fn fetch(&mut self, content: &Content) -> Result<PathBuf, FetchError> {
        if let Some(path) = self.find(content) {
            return Ok(path);
        }
        let name = content.name.clone();
        if content.size > wire::limit::CONTENT {
            return Err(FetchError::TooLarge { name, found: content.size });
        }
        let path = self.folder.join(format!("{}.part", content.hex()));
        let disk = |source| FetchError::Disk { name: content.name.clone(), source };
        let mut part = Part::open(&path, content.size).await.map_err(disk)?;
        self.check_space(content, part.have)?;
        if part.have < content.size {
            let downloaded = self.download(content, &mut part).await;
            self.link.close();
            downloaded?;
        }
        let found = part.hasher.finalize();
        if *found.as_bytes() != content.digest {
            fs::remove_file(&path).map_err(disk)?;
            let (found, expected) = (found.to_hex().to_string(), content.hex());
            return Err(FetchError::Digest { name, found, expected });
        }
        part.file.sync_all().map_err(disk)?;
        let whole = self.folder.join(content.hex());
        fs::rename(&path, &whole).map_err(disk)?;
        Ok(whole)
    }

    /// Removes what is not in this list of digests.
    pub fn keep(&self, needed: &HashSet<String>) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if needed.contains(name.strip_suffix(".part").unwrap_or(&name)) {
                continue;
            }
            match fs::remove_file(entry.path()) {
                Ok(()) => tracing::debug!("content {name} is no longer needed"),
                Err(error) => tracing::warn!("content {name} could not be removed: {error}"),
            }
        }
    }

    fn check_space(&self, content: &Content, have: u64) -> Result<(), FetchError> {
        let name = content.name.clone();
        let free = platform::free_space(&self.folder)
            .map_err(|source| FetchError::Disk { name: name.clone(), source })?;
        let (needs, free) = (content.size.saturating_sub(have), free.saturating_sub(SPARE));
        if needs > free { Err(FetchError::Space { name, needs, free }) } else { Ok(()) }
    }

    async fn download(&mut self, content: &Content, part: &mut Part) -> Result<(), FetchError> {
        let response = self.link.send(&request(content, part.have)).await?;
        let name = || content.name.clone();
        let disk = |source| FetchError::Disk { name: content.name.clone(), source };
        match response.status() {
            StatusCode::PARTIAL_CONTENT if begins_at(&response, part.have) => {}
            StatusCode::OK => part.restart().map_err(disk)?,
            status => {
                if status == StatusCode::RANGE_NOT_SATISFIABLE || status.is_success() {
                    part.restart().map_err(disk)?;
                }
                let body = read(response, wire::limit::UNAUTHENTICATED_BODY).await;
                let body = body.map(|answer| answer.body).unwrap_or_default();
                return Err(FetchError::Problem {
                    name: name(),
                    problem: problem_in(status, &body),
                });
            }
        }
        let mut body = response.into_body();
        let watch = node::clock::Stopwatch::start();
        let within = PATIENCE + Duration::from_secs((content.size - part.have) / SLOWEST);
        let broken = |have| FetchError::Broken { name: name(), have, size: content.size };
        while part.have < content.size {
            let frame = tokio::time::timeout(SILENCE, body.frame()).await;
            let Ok(Some(Ok(frame))) = frame else { return Err(broken(part.have)) };
            if watch.elapsed() > within {
                return Err(broken(part.have));
            }
            let Ok(data) = frame.into_data() else { continue };
            if data.len() as u64 > content.size - part.have {
                part.restart().map_err(disk)?;
                return Err(broken(0));
            }
            part.add(&data).map_err(disk)?;
        }
        Ok(())
    }
}

impl Part {
    /// Opens what has arrived before and hashes it.
    async fn open(path: &std::path::Path, size: u64) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut part = Self { file, hasher: Box::new(blake3::Hasher::new()), have: 0 };
        if part.file.metadata()?.len() > size {
            part.restart()?;
        }
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = part.file.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return Ok(part);
            };
            part.hasher.update(bytes);
            part.have += read as u64;
            // A part of many gigabytes must not hold up the agent's other work.
            tokio::task::yield_now().await;
        }
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.have += bytes.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        use io::Seek as _;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.hasher.reset();
        self.have = 0;
        Ok(())
    }
}

fn request(content: &Content, have: u64) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    let path = format!("{}{}", wire::client::CONTENT, content.hex());
    // Hexadecimal digits are always a valid path.
    *request.uri_mut() = path.parse().unwrap_or_default();
    if have > 0
        && let Ok(range) = format!("bytes={have}-").parse()
    {
        request.headers_mut().insert(RANGE, range);
    }
    request
}

fn begins_at(response: &Response<Incoming>, have: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let begin = range
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split('-').next())
        .and_then(|begin| begin.parse::<u64>().ok());
    begin == Some(have)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[tokio::test]
    async fn a_part_is_hashed_again_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.part");
        let mut part = Part::open(&path, 10).await.unwrap();
        part.add(b"01234").unwrap();
        drop(part);
        let mut part = Part::open(&path, 10).await.unwrap();
        assert_eq!(part.have, 5);
        part.add(b"56789").unwrap();
        assert_eq!(part.hasher.finalize(), blake3::hash(b"0123456789"));
        drop(part);
        assert_eq!(fs::read(&path).unwrap(), b"0123456789");
        // Longer than it can be: it belongs to something else.
        assert_eq!(Part::open(&path, 9).await.unwrap().have, 0);
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn the_request_asks_for_the_rest() {
        let content = Content { digest: [0xab; 32], size: 9, name: "x".into() };
        let whole = request(&content, 0);
        assert_eq!(whole.uri().path(), format!("/dp/v1/content/{}", "ab".repeat(32)));
        assert!(whole.headers().is_empty());
        assert_eq!(request(&content, 7).headers()[RANGE], "bytes=7-");
    }
}
