//! The content that this host holds: made what the orders say, piece by piece,
//! and reported. Nothing is remembered between two looks but what the library
//! holds, so it can stop anywhere.
//!
//! Content comes in requests of some megabytes: between two of them there is
//! room on the connection for a report, and a moment to see that something else
//! is wanted by now.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use content::block::{self, BlockList};
use content::part::PartError;
use http::header::{CONTENT_RANGE, HeaderValue, RANGE};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use node::clock::Stopwatch;
use node::http::{Body, Incoming};
use tokio::sync::watch;
use wire::limit;
use wire::link::{self, Held, Orders, Report, Wanted};

use super::line::{ANSWER, Line, LineError, request};
use crate::content::{Arrival, Arrived, Digest};
use crate::problem::chain;

/// Asked for at once. Bytes.
const PORTION: u64 = 64 * block::SIZE;
/// For how long the site server may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// How often progress is reported while content arrives.
const PROGRESS: Duration = Duration::from_secs(2);
/// Everything is looked at and reported so often, news or none.
const LOOK: Duration = Duration::from_secs(5 * 60);

type Told = watch::Receiver<Option<Arc<Orders>>>;

/// Why a piece of content is not here, or not right.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("the transfer broke off")]
    Broken,
    #[error("the site server's copy has the wrong block list")]
    List(#[from] block::BadList),
    #[error(
        "the site server's own copy is damaged in block {block}; send the file to the site again"
    )]
    Damaged { block: u64 },
    #[error("the site server sent other bytes than it was asked for")]
    Answer,
    #[error("the content library's disk failed")]
    Disk(#[from] io::Error),
    #[error("another transfer of it is under way")]
    Busy,
    /// Something else is wanted by now.
    #[error("there are new orders")]
    Overtaken,
}

impl From<PartError> for CopyError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Damaged { block } => Self::Damaged { block },
            PartError::TooMuch => Self::Answer,
            PartError::Disk(source) => Self::Disk(source),
        }
    }
}

impl CopyError {
    /// Whether another piece of content may fare better.
    fn is_of_this_copy(&self) -> bool {
        !matches!(self, Self::Line(_) | Self::Broken | Self::Overtaken)
            || matches!(self, Self::Line(LineError::Refused(_)))
    }
}

pub(super) async fn run(line: Line, told: Told) {
    let stop = line.office.stop.clone();
    let mut copies = Copies { line, told, troubles: BTreeMap::new(), reported: None };
    tokio::select! {
        () = stop.stopped() => {}
        () = copies.keep() => {}
    }
}

struct Copies {
    line: Line,
    told: Told,
    /// Why pieces of content do not come, by digest.
    troubles: BTreeMap<String, Trouble>,
    /// Since the last report.
    reported: Option<Stopwatch>,
}

/// Why a piece of content does not come.
#[derive(Debug)]
struct Trouble {
    text: String,
    /// The block that the site server sent damaged.
    block: Option<u64>,
}

impl From<&CopyError> for Trouble {
    fn from(error: &CopyError) -> Self {
        let block = match error {
            CopyError::Damaged { block } => Some(*block),
            _ => None,
        };
        Self { text: chain(error), block }
    }
}

impl Copies {
    async fn keep(&mut self) {
        loop {
            let orders = self.told.borrow_and_update().clone();
            let Some(orders) = orders else {
                if self.told.changed().await.is_err() {
                    return;
                }
                continue;
            };
            match self.follow(&orders).await {
                Ok(()) => self.line.succeeded(),
                Err(CopyError::Overtaken) => continue,
                Err(error) => {
                    tracing::warn!("content does not come from the site server: {}", chain(&error));
                    if !self.line.pause().await {
                        return;
                    }
                    continue;
                }
            }
            let soon = if self.troubles.is_empty() { LOOK } else { LOOK / 10 };
            tokio::select! {
                news = self.told.changed() => if news.is_err() { return },
                () = node::clock::sleep(soon) => {}
            }
        }
    }

    /// Makes the library what the orders say. What is wrong with one piece of
    /// content is its own trouble; what is wrong with the link ends the turn.
    async fn follow(&mut self, orders: &Orders) -> Result<(), CopyError> {
        self.remove_others(orders).await?;
        self.report(orders, None).await?;
        let mut changed = false;
        for wanted in &orders.contents {
            if self.told.has_changed().unwrap_or(false) {
                return Err(CopyError::Overtaken);
            }
            match self.follow_one(orders, wanted).await {
                Ok(did) => {
                    changed |= self.troubles.remove(&wanted.digest).is_some() || did;
                }
                Err(error) if error.is_of_this_copy() => {
                    let (name, digest) =
                        (wire::problem::printable(&wanted.name, 100), &wanted.digest);
                    let trouble = Trouble::from(&error);
                    tracing::warn!(digest, "{name} is not here as it should be: {}", trouble.text);
                    self.troubles.insert(digest.clone(), trouble);
                    changed = true;
                    // What is left of its answer is not read.
                    self.line.close();
                }
                Err(error) => return Err(error),
            }
        }
        if changed {
            self.report(orders, None).await?;
        }
        Ok(())
    }

    /// Fetches a piece of content or looks at it, where there is need; says
    /// whether there was.
    async fn follow_one(&mut self, orders: &Orders, wanted: &Wanted) -> Result<bool, CopyError> {
        let digest: Digest = wanted.digest.parse().map_err(|_| CopyError::Answer)?;
        let library = &self.line.office.library;
        if !library.arrived(digest).await?.complete {
            self.fetch(orders, wanted, digest).await?;
            // What was proved just now need not be doubted.
            self.note(wanted, 0);
            return Ok(true);
        }
        if self.line.office.looked(&wanted.digest).doubt < wanted.doubt {
            self.look(wanted, digest).await?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn remove_others(&mut self, orders: &Orders) -> Result<(), CopyError> {
        let wanted: HashSet<&str> = orders.contents.iter().map(|c| c.digest.as_str()).collect();
        let office = Arc::clone(&self.line.office);
        for (digest, _) in office.library.held().await? {
            let name = digest.to_string();
            if !wanted.contains(name.as_str()) && office.library.remove(digest).await? {
                tracing::info!(%digest, "removed content that is no longer wanted");
            }
        }
        self.troubles.retain(|digest, _| wanted.contains(digest.as_str()));
        office.remember(|memory| memory.copies.retain(|d, _| wanted.contains(d.as_str())));
        Ok(())
    }

    async fn fetch(
        &mut self,
        orders: &Orders,
        wanted: &Wanted,
        digest: Digest,
    ) -> Result<(), CopyError> {
        let list = self.list(digest, wanted.size).await?;
        let begun = self.line.office.library.begin(digest, list).await?;
        let mut arrival = begun.ok_or(CopyError::Busy)?;
        while let Some(missing) = arrival.wanted() {
            let portion = missing.start..missing.end.min(portion_end(missing.start));
            self.take(&mut arrival, digest, portion).await?;
            if !self.still_wants(&wanted.digest) {
                return Err(CopyError::Overtaken);
            }
            if self.reported.is_none_or(|since| since.elapsed() > PROGRESS) {
                let arrived = arrival.arrived();
                self.report(orders, Some((&wanted.digest, arrived))).await?;
            }
        }
        arrival.finish().await?;
        tracing::info!(%digest, name = wire::problem::printable(&wanted.name, 100), "content is here");
        Ok(())
    }

    /// Whether the newest orders name it, too.
    fn still_wants(&self, digest: &str) -> bool {
        let newest = self.told.borrow();
        newest.as_ref().is_some_and(|orders| orders.contents.iter().any(|c| c.digest == digest))
    }

    /// The block list: kept, or fetched.
    async fn list(&mut self, digest: Digest, size: u64) -> Result<BlockList, CopyError> {
        if let Some(list) = self.line.office.library.kept_list(digest, size).await? {
            return Ok(list);
        }
        let path = format!("{}{digest}{}", link::CONTENT, link::BLOCKS);
        let limit = usize::try_from(block::byte_length(size)).unwrap_or(usize::MAX);
        let ask = || request(Method::GET, &path, Body::empty());
        let bytes = self.line.ask(ask, ANSWER, limit).await?;
        Ok(BlockList::parse(&bytes, size, &digest)?)
    }

    /// Takes a portion into the arrival. What has come before a break stays.
    async fn take(
        &mut self,
        arrival: &mut Arrival,
        digest: Digest,
        portion: Range<u64>,
    ) -> Result<(), CopyError> {
        let mut body = self.ask_for(digest, &portion).await?.into_body();
        let mut place = portion.start;
        while place < portion.end {
            // To the end of a block, so that it is proved where it came in.
            let end = (place / block::SIZE + 1).saturating_mul(block::SIZE).min(portion.end);
            let (bytes, whole) = collect(&mut body, end - place).await;
            place += bytes.len() as u64;
            arrival.push(bytes).await?;
            whole?;
        }
        finish(&mut body).await
    }

    async fn ask_for(
        &mut self,
        digest: Digest,
        portion: &Range<u64>,
    ) -> Result<Response<Incoming>, CopyError> {
        let path = format!("{}{digest}", link::CONTENT);
        let range = format!("bytes={}-{}", portion.start, portion.end.saturating_sub(1));
        let ask = || {
            let mut request = request(Method::GET, &path, Body::empty());
            if let Ok(range) = HeaderValue::try_from(&range) {
                request.headers_mut().insert(RANGE, range);
            }
            request
        };
        let response = self.line.send(ask, ANSWER).await?;
        if response.status() != StatusCode::PARTIAL_CONTENT {
            if response.status().is_success() {
                return Err(CopyError::Answer);
            }
            let problem = self.line.problem(response).await?;
            return Err(LineError::Refused(problem).into());
        }
        let place = format!("bytes {}-{}/", portion.start, portion.end.saturating_sub(1));
        let said = response.headers().get(CONTENT_RANGE).and_then(|said| said.to_str().ok());
        if said.is_some_and(|said| said.starts_with(&place)) {
            Ok(response)
        } else {
            Err(CopyError::Answer)
        }
    }

    /// Looks at all blocks of a copy that somebody doubts, and fetches again
    /// what is damaged.
    async fn look(&mut self, wanted: &Wanted, digest: Digest) -> Result<(), CopyError> {
        let list = self.list(digest, wanted.size).await?;
        let library = self.line.office.library.clone();
        let damaged = library.look_with(digest, list.clone()).await?;
        for block in &damaged {
            let range = list.range(*block);
            let mut body = self.ask_for(digest, &range).await?.into_body();
            let (bytes, whole) = collect(&mut body, range.end - range.start).await;
            whole?;
            library.repair_block(digest, list.clone(), *block, bytes).await?;
            finish(&mut body).await?;
            tracing::warn!(%digest, block, "a damaged block was fetched again");
        }
        self.note(wanted, damaged.len() as u64);
        Ok(())
    }

    /// The copy was looked at, and so many blocks were mended.
    fn note(&self, wanted: &Wanted, mended: u64) {
        self.line.office.remember(|memory| {
            let copy = memory.copies.entry(wanted.digest.clone()).or_default();
            copy.doubt = copy.doubt.max(wanted.doubt);
            copy.repaired += mended;
        });
    }

    /// Reports everything; `arriving` is what the library cannot count yet.
    async fn report(
        &mut self,
        orders: &Orders,
        arriving: Option<(&str, Arrived)>,
    ) -> Result<(), CopyError> {
        let office = Arc::clone(&self.line.office);
        let mut contents = Vec::with_capacity(orders.contents.len());
        for wanted in &orders.contents {
            let Ok(digest) = wanted.digest.parse() else { continue };
            let arrived = match arriving.filter(|(arriving, _)| *arriving == wanted.digest) {
                Some((_, arrived)) => arrived,
                None => office.library.arrived(digest).await?,
            };
            let looked = office.looked(&wanted.digest);
            let trouble = self.troubles.get(&wanted.digest);
            contents.push(Held {
                digest: wanted.digest.clone(),
                have: arrived.have,
                complete: arrived.complete,
                looked: looked.doubt,
                repaired: looked.repaired,
                source_damaged: trouble.and_then(|trouble| trouble.block),
                trouble: trouble.map(|trouble| trouble.text.clone()).unwrap_or_default(),
            });
        }
        let report = Report { version: office.version.clone(), contents };
        let _nothing = self.line.post(link::REPORT, &report, limit::UNAUTHENTICATED_BODY).await?;
        self.reported = Some(Stopwatch::start());
        Ok(())
    }
}

/// A portion ends where a multiple of it ends, so that all but the first and
/// the last are alike.
fn portion_end(start: u64) -> u64 {
    (start / PORTION + 1).saturating_mul(PORTION)
}

/// Collects `length` bytes of a body; what came before it broke off, with the
/// reason.
async fn collect(body: &mut Incoming, length: u64) -> (Vec<u8>, Result<(), CopyError>) {
    let wanted = usize::try_from(length).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(wanted);
    while bytes.len() < wanted {
        let frame = tokio::time::timeout(SILENCE, body.frame()).await;
        let Ok(Some(Ok(frame))) = frame else { return (bytes, Err(CopyError::Broken)) };
        let Ok(data) = frame.into_data() else { continue };
        bytes.extend_from_slice(&data);
    }
    (bytes, Ok(()))
}

/// A body that has ended, so that its connection serves for the next question.
async fn finish(body: &mut Incoming) -> Result<(), CopyError> {
    match tokio::time::timeout(SILENCE, body.frame()).await {
        Ok(None) => Ok(()),
        Ok(Some(Ok(frame))) if frame.data_ref().is_none_or(|data| data.is_empty()) => Ok(()),
        Ok(Some(Ok(_more))) => Err(CopyError::Answer),
        Ok(Some(Err(_))) | Err(_) => Err(CopyError::Broken),
    }
}
