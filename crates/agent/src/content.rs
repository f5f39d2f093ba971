//! Content by digest, from distribution points. Every block is verified when it
//! comes, so what is on the disk is right, a break costs nothing but the way
//! back, and a wrong block is known with the host that gave it: it is fetched
//! from the next place, and the site is told, once.
//!
//! - [`locate`] asks the management point which places are near; [`places`]
//!   puts them into order, [`point`] is the conversation with one of them;
//!   [`memory`] is what must survive a restart.
//! - `<digest>.part` is what has arrived, `<digest>.blocks` what proves it. The
//!   content has its final name when all of it is there.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::content::{BlockList, Digest, Part};
use node::files::{FileError, Folder, create_folder, write_private};
use reach::backoff::{Backoff, LONGEST};
use tokio::sync::watch;
use wire::policy::Content;
use wire::problem::Problem;

use crate::journal::{Journal, JournalError};
use crate::link::Credentials;
use crate::platform;
use crate::words::{chain, size};

mod locate;
mod memory;
pub mod places;
mod point;

use locate::Locator;
use memory::Memory;
use places::Place;
use point::{Point, Trouble};

/// Bytes that a download leaves free, for everybody else on the machine.
const SPARE: u64 = 64 * 1024 * 1024;

/// Why content is not there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No place can be asked now: all of them rest after failures, or their
    /// time has not come.
    #[error("{name} cannot be fetched: {cause}")]
    Nowhere {
        name: String,
        /// Why the last place failed.
        cause: String,
        /// When to try again, in Unix milliseconds.
        until: i64,
    },
    #[error("{name} could not be downloaded from {host}: {problem}")]
    Problem { name: String, host: String, problem: Problem },
    /// Whoever wanted it has got other things to do.
    #[error("the download of {name} was given up for a newer policy")]
    GivenUp { name: String },
    #[error("the download of {name} from {host} broke off after {have} of {size} bytes: {why}")]
    Broken { name: String, host: String, have: u64, size: u64, why: String },
    #[error("{name} needs {} more, and {} can be used; it is tried again later", size(*needs), size(*free))]
    Space { name: String, needs: u64, free: u64 },
    #[error("{name} has {}, and content may have {}", size(*found), size(wire::limit::CONTENT))]
    TooLarge { name: String, found: u64 },
    /// The bytes that came are not those that the site server signed for.
    #[error(
        "{host} gave a damaged block of {name} (block {block}), which the site has been told; \
         it is tried again later"
    )]
    Damaged { name: String, host: String, block: u64 },
    #[error("{host} has a wrong block list of {name}: {why}")]
    List { name: String, host: String, why: String },
    #[error("{name} could not be kept")]
    Disk { name: String, source: io::Error },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl FetchError {
    /// This machine is in the way: another place would change nothing.
    fn is_ours(&self) -> bool {
        matches!(self, Self::Disk { .. } | Self::Space { .. } | Self::File(_) | Self::Journal(_))
    }

    fn is_unreachable(&self) -> bool {
        matches!(self, Self::Nowhere { .. })
    }
}

/// The agent's content, and where more of it comes from.
#[derive(Debug)]
pub struct Contents {
    folder: PathBuf,
    memory: Memory,
    credentials: watch::Receiver<Credentials>,
    locator: Locator,
    /// Hosts that failed: how often, and until when they are left alone.
    resting: HashMap<String, (Backoff, i64)>,
    open: Option<Point>,
}

impl Contents {
    pub fn new(
        folder: PathBuf,
        journal: Arc<Journal>,
        credentials: watch::Receiver<Credentials>,
        seed: u64,
    ) -> Result<Self, FetchError> {
        create_folder(&folder, Folder::Private)?;
        let locator = Locator::new(Arc::clone(&journal), credentials.clone(), seed);
        let memory = Memory::recall(journal)?;
        let resting = HashMap::new();
        Ok(Self { folder, memory, credentials, locator, resting, open: None })
    }

    /// Where content lies, by digest.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a piece of content is, if all of it is there.
    pub fn find(&self, content: &Content) -> Option<PathBuf> {
        let path = self.folder.join(content.hex());
        let size = fs::metadata(&path).ok()?.len();
        (size == content.size).then_some(path)
    }

    /// Where a piece of content is, after downloading what is missing of it:
    /// one round over the places that may be asked at `now`. May be given up at
    /// any time; what has arrived stays.
    pub async fn fetch(&mut self, content: &Content, now: i64) -> Result<PathBuf, FetchError> {
        if let Some(path) = self.find(content) {
            return Ok(path);
        }
        if content.size > wire::limit::CONTENT {
            return Err(FetchError::TooLarge { name: content.name.clone(), found: content.size });
        }
        let since = self.memory.wanted(&content.hex(), now);
        let fetched = self.go_round(content, since, now).await;
        match &fetched {
            Ok(_) => self.memory.had(&content.hex())?,
            Err(_) => self.memory.not_had()?,
        }
        fetched
    }

    /// Closes the connection, until the next download.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Removes what is not in this list of digests.
    pub fn keep(&mut self, needed: &HashSet<String>) -> Result<(), JournalError> {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let digest = name.split('.').next().unwrap_or(&name);
            if needed.contains(digest) {
                continue;
            }
            match fs::remove_file(entry.path()) {
                Ok(()) => tracing::debug!("content {name} is no longer needed"),
                Err(error) => tracing::warn!("content {name} could not be removed: {error}"),
            }
        }
        self.memory.keep(needed)
    }

    async fn go_round(
        &mut self,
        content: &Content,
        since: i64,
        now: i64,
    ) -> Result<PathBuf, FetchError> {
        let mut part = match self.known_list(content) {
            Some(list) => Some(self.open_part(content, list).await?),
            None => None,
        };
        if let Some(whole) = part.take_if(|part| part.is_complete()) {
            return self.finish(content, whole).await;
        }
        let places = self.places(now).await?;
        let (mut last, mut until) = (None, i64::MAX);
        for place in &places {
            let from = since.saturating_add(place.after).max(self.rests_until(&place.host, now));
            if now < from {
                until = until.min(from);
                continue;
            }
            match self.take_from(place, content, &mut part, now).await {
                Ok(()) => match part.take() {
                    Some(whole) => return self.finish(content, whole).await,
                    None => continue,
                },
                // Other places would change nothing.
                Err(error) if error.is_ours() => return Err(error),
                Err(error) => {
                    tracing::debug!("{}", chain(&error));
                    if let FetchError::Nowhere { until: again, .. } = error {
                        until = until.min(again);
                    }
                    // That a place could be asked says more than that one could not.
                    last = last.filter(|_| error.is_unreachable()).or(Some(error));
                }
            }
        }
        self.locator.doubt();
        Err(self.nowhere(content, &places, last, until, now))
    }

    /// What to say when a round has ended without the content.
    fn nowhere(
        &self,
        content: &Content,
        places: &[Place],
        last: Option<FetchError>,
        until: i64,
        now: i64,
    ) -> FetchError {
        let name = content.name.clone();
        let cause = match last {
            Some(FetchError::Nowhere { cause, .. }) => cause,
            Some(other) => return other,
            None if places.is_empty() => {
                "the service map names no distribution point for this machine".to_owned()
            }
            None => "no distribution point may be asked yet".to_owned(),
        };
        let until = if until == i64::MAX { now + LONGEST } else { until };
        FetchError::Nowhere { name, cause, until }
    }

    /// The places that there are, in the order in which to ask them.
    async fn places(&mut self, now: i64) -> Result<Vec<Place>, FetchError> {
        let answer = self.locator.ask(now).await?;
        let Credentials { identity, map } = self.credentials.borrow().clone();
        let Some(map) = map else { return Ok(Vec::new()) };
        Ok(places::order(&map, answer.as_ref(), &identity.device))
    }

    /// Takes from one place what is missing. `part` is there afterwards where
    /// anything could be taken at all.
    async fn take_from(
        &mut self,
        place: &Place,
        content: &Content,
        part: &mut Option<Part>,
        now: i64,
    ) -> Result<(), FetchError> {
        let mut point = match self.open.take().filter(|point| point.is_usable(place)) {
            Some(point) => point,
            None => {
                let credentials = self.credentials.borrow().clone();
                match Point::open(place, &credentials, node::clock::now()).await {
                    Ok(point) => point,
                    Err(cause) => {
                        let (name, until) = (content.name.clone(), self.rest(&place.host, now));
                        return Err(FetchError::Nowhere { name, cause, until });
                    }
                }
            }
        };
        let taken = self.converse(&mut point, content, part).await;
        match taken {
            Ok(()) => {
                self.resting.remove(&place.host);
                self.open = Some(point);
                Ok(())
            }
            Err(trouble) => {
                let have = part.as_ref().map_or(0, Part::have);
                if trouble.is_the_hosts() {
                    self.rest(&place.host, now);
                }
                self.blame(place, content, have, trouble)
            }
        }
    }

    async fn converse(
        &mut self,
        point: &mut Point,
        content: &Content,
        part: &mut Option<Part>,
    ) -> Result<(), Trouble> {
        let part = match part {
            Some(part) => part,
            None => {
                let list = point.list(content).await?;
                let path = self.folder.join(format!("{}.blocks", content.hex()));
                write_private(&path, &list.to_bytes()).map_err(Trouble::file)?;
                let opened = self.open_part(content, list).await;
                part.insert(opened.map_err(Trouble::Own)?)
            }
        };
        self.check_space(content, part.have()).map_err(Trouble::Own)?;
        point.fill(content, part).await
    }

    /// Turns what a place did wrong into an error, and tells the site of a
    /// damaged block.
    fn blame(
        &self,
        place: &Place,
        content: &Content,
        have: u64,
        trouble: Trouble,
    ) -> Result<(), FetchError> {
        let (name, host, size) = (content.name.clone(), place.host.clone(), content.size);
        Err(match trouble {
            Trouble::Broken(why) => FetchError::Broken { name, host, have, size, why },
            Trouble::Refused(problem) => FetchError::Problem { name, host, problem },
            Trouble::List(why) => FetchError::List { name, host, why },
            Trouble::Damaged(block) => {
                self.memory.tell_damage(&host, &content.hex(), block)?;
                FetchError::Damaged { name, host, block }
            }
            Trouble::Disk(source) => FetchError::Disk { name, source },
            Trouble::Own(error) => error,
        })
    }

    /// Leaves a host alone for a while; says until when.
    fn rest(&mut self, host: &str, now: i64) -> i64 {
        let random = u64::from_le_bytes(platform::random().unwrap_or_default());
        let (backoff, until) = self.resting.entry(host.to_owned()).or_default();
        *until = now.saturating_add(backoff.failed(random));
        *until
    }

    fn rests_until(&self, host: &str, now: i64) -> i64 {
        let until = self.resting.get(host).map_or(i64::MIN, |(_, until)| *until);
        // What is further away was said before the clock was set back.
        if until.saturating_sub(now) > LONGEST { i64::MIN } else { until }
    }

    /// The list of blocks, where it need not be asked for.
    fn known_list(&self, content: &Content) -> Option<BlockList> {
        let digest = Digest(content.digest);
        BlockList::of_small(content.size, &digest).or_else(|| {
            let bytes = fs::read(self.folder.join(format!("{}.blocks", content.hex()))).ok()?;
            BlockList::parse(&bytes, content.size, &digest).ok()
        })
    }

    /// Opens what has arrived before, and verifies it: a part of many gigabytes
    /// must not hold up the agent's other work.
    async fn open_part(&self, content: &Content, list: BlockList) -> Result<Part, FetchError> {
        let path = self.folder.join(format!("{}.part", content.hex()));
        off_thread(content, list.len() > 1, move || Part::open(path, list)).await
    }

    async fn finish(&mut self, content: &Content, part: Part) -> Result<PathBuf, FetchError> {
        let whole = self.folder.join(content.hex());
        let (to, large) = (whole.clone(), part.list().len() > 1);
        off_thread(content, large, move || part.finish(&to)).await?;
        // Where there was none, or it cannot be removed, nothing is lost.
        let _absent = fs::remove_file(whole.with_extension("blocks"));
        Ok(whole)
    }

    fn check_space(&self, content: &Content, have: u64) -> Result<(), FetchError> {
        let name = content.name.clone();
        let free = platform::free_space(&self.folder)
            .map_err(|source| FetchError::Disk { name: name.clone(), source })?;
        let (needs, free) = (content.size.saturating_sub(have), free.saturating_sub(SPARE));
        if needs > free { Err(FetchError::Space { name, needs, free }) } else { Ok(()) }
    }
}

/// Does what may take long on another thread, and what is short here.
async fn off_thread<T: Send + 'static>(
    content: &Content,
    long: bool,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, FetchError> {
    let done = if long {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|lost| Err(io::Error::other(lost)))
    } else {
        work()
    };
    done.map_err(|source| FetchError::Disk { name: content.name.clone(), source })
}
