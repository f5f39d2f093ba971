//! The conversation with one distribution point: its block lists, and the bytes
//! that are missing, each block verified as soon as it is whole. What goes wrong
//! is told apart by whose fault it is.

use std::io;
use std::ops::Range;
use std::time::Duration;

use ::content::part::PartError;
use ::content::{BlockList, Digest, Part};
use bytes::Bytes;
use http::header::{CONTENT_RANGE, RANGE};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use node::http::{Body, Connection, Incoming};
use node::net::Dial;
use trust::tls::PinnedServer;
use wire::client::{BLOCKS, CONTENT};
use wire::policy::Content;
use wire::problem::Problem;

use super::FetchError;
use super::places::Place;
use crate::link::{Credentials, problem_in, read, tls_for};
use crate::words::chain;

/// For the connection and the TLS handshake.
const OPEN: Duration = Duration::from_secs(10);
/// For the head of an answer.
const ANSWER: Duration = Duration::from_secs(30);
/// For how long a distribution point may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes in a second below which a connection is given up for another, after
/// [`PATIENCE`].
const SLOWEST: u64 = 1024;
const PATIENCE: Duration = Duration::from_secs(600);

/// What went wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection, or an answer that is no answer to the question.
    Broken(String),
    /// The place says no.
    Refused(Problem),
    /// Its block list is wrong.
    List(String),
    /// This block of its copy is.
    Damaged(u64),
    /// This machine's disk is in trouble.
    Disk(io::Error),
    /// So is something else of this machine.
    Own(FetchError),
}

impl Trouble {
    pub(super) fn file(error: node::files::FileError) -> Self {
        Self::Own(error.into())
    }

    /// Whether the host had better be left alone for a while, whatever is
    /// wanted of it.
    pub(super) fn is_the_hosts(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

/// An open connection to a distribution point.
#[derive(Debug)]
pub(super) struct Point {
    host: String,
    connection: Connection,
}

impl Point {
    /// Tries each way to a place; or why there is none.
    pub(super) async fn open(
        place: &Place,
        credentials: &Credentials,
        now: i64,
    ) -> Result<Self, String> {
        let identity = &credentials.identity;
        let mut trouble = String::new();
        for way in &place.ways {
            // Not any distribution point: this host.
            let pin = PinnedServer::host(identity.root, &place.host, way.flow().to, &identity.site);
            let (tls, _until) = tls_for(identity, pin, now).map_err(|error| chain(&error))?;
            match Connection::open(&Dial::along(way), &tls, OPEN).await {
                Ok(connection) => return Ok(Self { host: place.host.clone(), connection }),
                Err(error) => trouble = chain(&error),
            }
        }
        Err(trouble)
    }

    pub(super) fn is_usable(&self, place: &Place) -> bool {
        self.host == place.host && !self.connection.is_closed()
    }

    /// The block list of a piece of content, proved.
    pub(super) async fn list(&mut self, content: &Content) -> Result<BlockList, Trouble> {
        let request = request(content, BLOCKS, None);
        let answer = self.send(request).await?;
        let length = ::content::block::byte_length(content.size);
        let most = usize::try_from(length).unwrap_or(usize::MAX);
        let most = most.max(wire::limit::UNAUTHENTICATED_BODY);
        let answer = read(answer, most).await.map_err(|error| Trouble::Broken(chain(&error)))?;
        if answer.status != StatusCode::OK {
            return Err(Trouble::Refused(problem_in(answer.status, &answer.body)));
        }
        BlockList::parse(&answer.body, content.size, &Digest(content.digest))
            .map_err(|error| Trouble::List(chain(&error)))
    }

    /// Takes what is missing, until all is there.
    pub(super) async fn fill(&mut self, content: &Content, part: &mut Part) -> Result<(), Trouble> {
        while let Some(wanted) = part.wanted() {
            let begin = wanted.start;
            match self.pour(content, wanted, part).await {
                // Its beginning came from somebody else, or in another answer:
                // it is fetched whole before anybody is accused.
                Err(Trouble::Damaged(block)) if part.list().range(block).start < begin => {}
                other => other?,
            }
        }
        Ok(())
    }

    /// One answer with these bytes of the content.
    async fn pour(
        &mut self,
        content: &Content,
        wanted: Range<u64>,
        part: &mut Part,
    ) -> Result<(), Trouble> {
        let mut body = self.ask_for(content, &wanted).await?.into_body();
        let watch = node::clock::Stopwatch::start();
        let length = wanted.end - wanted.start;
        let within = PATIENCE + Duration::from_secs(length / SLOWEST);
        let mut left = length;
        while left > 0 {
            let frame = match tokio::time::timeout(SILENCE, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Err(Trouble::Broken(chain(&error))),
                Ok(None) => return Err(Trouble::Broken("the answer ended too early".to_owned())),
                Err(_silent) => return Err(Trouble::Broken("it fell silent".to_owned())),
            };
            if watch.elapsed() > within {
                return Err(Trouble::Broken("it is too slow".to_owned()));
            }
            let Ok(data) = frame.into_data() else { continue };
            left = match left.checked_sub(data.len() as u64) {
                Some(left) => left,
                None => return Err(Trouble::Broken("more came than was asked for".to_owned())),
            };
            part.push(&data).map_err(|error| match error {
                PartError::Damaged { block } => Trouble::Damaged(block),
                PartError::TooMuch => Trouble::Broken("more came than was asked for".to_owned()),
                PartError::Disk(error) => Trouble::Disk(error),
            })?;
        }
        // The end of the body, so that the connection can be used again.
        let end = tokio::time::timeout(SILENCE, body.frame()).await;
        match end {
            Ok(None) => Ok(()),
            _ => Err(Trouble::Broken("more came than was asked for".to_owned())),
        }
    }

    /// An answer that holds these bytes, and no others.
    async fn ask_for(
        &mut self,
        content: &Content,
        wanted: &Range<u64>,
    ) -> Result<Response<Incoming>, Trouble> {
        let whole = wanted.start == 0 && wanted.end == content.size;
        let response = self.send(request(content, "", (!whole).then_some(wanted))).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT if begins_at(&response, wanted.start) => Ok(response),
            StatusCode::OK if whole => Ok(response),
            status if status.is_success() => {
                Err(Trouble::Broken("other bytes came than were asked for".to_owned()))
            }
            status => {
                let body = read(response, wire::limit::UNAUTHENTICATED_BODY).await;
                let body = body.map(|answer| answer.body).unwrap_or_default();
                Err(Trouble::Refused(problem_in(status, &body)))
            }
        }
    }

    async fn send(&mut self, request: Request<Bytes>) -> Result<Response<Incoming>, Trouble> {
        let sent = self.connection.send(request.map(Body::from), ANSWER).await;
        sent.map_err(|error| Trouble::Broken(chain(&error)))
    }
}

fn request(content: &Content, which: &str, range: Option<&Range<u64>>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    let path = format!("{CONTENT}{}{which}", content.hex());
    // Hexadecimal digits are always a valid path.
    *request.uri_mut() = path.parse().unwrap_or_default();
    if let Some(range) = range
        && let Ok(range) = format!("bytes={}-{}", range.start, range.end.saturating_sub(1)).parse()
    {
        request.headers_mut().insert(RANGE, range);
    }
    request
}

fn begins_at(response: &Response<Incoming>, begin: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let found = range
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split('-').next())
        .and_then(|begin| begin.parse::<u64>().ok());
    found == Some(begin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn requests_are_for_a_part_or_the_whole() {
        let content = Content { digest: [0xab; 32], size: 9, name: "x".into() };
        let whole = request(&content, "", None);
        assert_eq!(whole.uri().path(), format!("/dp/v1/content/{}", "ab".repeat(32)));
        assert!(whole.headers().is_empty());
        assert_eq!(request(&content, "", Some(&(7..9))).headers()[RANGE], "bytes=7-8");
        assert!(request(&content, BLOCKS, None).uri().path().ends_with("ab/blocks"));
    }
}
