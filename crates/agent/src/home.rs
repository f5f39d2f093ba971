//! Visits to the management point. A visit renews the certificate if it is
//! time, delivers the spool, and asks for the service map and the policy as it
//! was told to; then the connection is closed until the next.
//!
//! What arrives is believed or refused here. A refusal changes nothing that
//! was accepted before, and is told to the site, once.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
use http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use http::{Method, Request, StatusCode};
use node::http::BodyError;
use tokio::sync::watch;
use trust::map::VerifiedMap;
use wire::client::{self, Body, Receipt, Refused, Renew, Renewed};
use wire::limit;
use wire::problem::{BATCH_TOO_LONG, BODY_TOO_LARGE, BODY_TOO_SLOW, JSON_MALFORMED, Problem};

use crate::identity::IdentityError;
use crate::journal::{Fact, Journal, JournalError};
use crate::link::{Answer, Credentials, Link, LinkError, problem_in, read};
use crate::policy::{self, Accepted};
use crate::words::{chain, date, printable};

/// What a visit is for, beside delivering messages.
#[derive(Debug, Clone, Default)]
pub struct Errands {
    /// Ask for policy.
    pub policy: bool,
    /// Ask for the service map.
    pub map: bool,
    /// A service map that came another way: from the parent on this machine.
    pub given_map: Option<Vec<u8>>,
}

/// What came of asking for policy.
#[derive(Debug, Clone)]
pub enum News {
    /// It was not asked for.
    NotAsked,
    /// The site has none for this device yet.
    NoPolicy,
    /// The one that is known.
    Unchanged,
    New(Arc<Accepted>),
    /// What came was not believed; this is why.
    Refused(String),
}

/// Why a visit failed.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("the answer could not be read")]
    Body(#[from] BodyError),
    /// The site says no.
    #[error("the site refused: {0}")]
    Problem(Problem),
    #[error("the management point's answer makes no sense: {0}")]
    Answer(#[from] serde_json::Error),
    /// A certificate that is fresh cannot have expired.
    #[error(
        "the certificate that the site has just given ends at {}, and here it is {}; set this machine's clock",
        date(*until),
        date(*now)
    )]
    Clock { now: i64, until: i64 },
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl HomeError {
    /// Before when another visit is useless, where that is known.
    pub fn until(&self) -> Option<i64> {
        match self {
            Self::Link(LinkError::Unreachable { until, .. }) => Some(*until),
            _ => None,
        }
    }
}

/// The agent's end of the conversation with its management point.
#[derive(Debug)]
pub struct Home {
    link: Link,
    journal: Arc<Journal>,
    credentials: watch::Sender<Credentials>,
    identity_folder: PathBuf,
    /// Messages in one batch; fewer after a batch that was not taken.
    batch: usize,
    /// The journal became another, and has not delivered anything yet.
    another: bool,
}

impl Home {
    pub fn new(
        journal: Arc<Journal>,
        credentials: watch::Sender<Credentials>,
        identity_folder: PathBuf,
        seed: u64,
    ) -> Self {
        let link = Link::new(
            &CLIENT_TO_MANAGEMENT_POINT_HTTPS,
            Fact::ManagementPoint,
            Arc::clone(&journal),
            credentials.subscribe(),
            seed,
        );
        Self { link, journal, credentials, identity_folder, batch: limit::MESSAGES, another: false }
    }

    /// Goes there, does the errands, and comes back.
    pub async fn visit(&mut self, errands: Errands) -> Result<News, HomeError> {
        let news = self.do_errands(errands).await;
        self.link.close();
        news
    }

    async fn do_errands(&mut self, errands: Errands) -> Result<News, HomeError> {
        if let Some(map) = errands.given_map {
            self.take_map(&map)?;
        }
        self.renew().await?;
        self.deliver().await?;
        if errands.map {
            self.ask_for_map().await?;
        }
        let news = if errands.policy { self.ask_for_policy().await? } else { News::NotAsked };
        // What is new to do is done with the newest map: a host that the site has
        // removed since is not asked for content any more.
        if matches!(news, News::New(_))
            && !errands.map
            && let Err(error) = self.ask_for_map().await
        {
            tracing::debug!("the service map was not asked for: {}", chain(&error));
        }
        self.deliver().await?;
        Ok(news)
    }

    async fn renew(&mut self) -> Result<(), HomeError> {
        let identity = Arc::clone(&self.credentials.borrow().identity);
        let now = node::clock::now();
        if !identity.needs_renewal(now) {
            return Ok(());
        }
        let body = serde_json::to_vec(&Renew { csr: identity.request()? })?;
        let renewed = match self.ask(post(client::RENEW, body), limit::REST_BODY).await {
            Ok(answer) => serde_json::from_slice::<Renewed>(&answer.body)?,
            Err(error) if identity.until().is_some_and(|until| now < until) => {
                tracing::warn!("the certificate was not renewed yet: {}", chain(&error));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let fresh = identity.renewed(&self.identity_folder, &renewed.certificates)?;
        let until = fresh.until().unwrap_or(0);
        tracing::info!("this device's certificate was renewed; it is good until {}", date(until));
        if until <= now {
            return Err(HomeError::Clock { now, until });
        }
        self.credentials.send_modify(|credentials| credentials.identity = Arc::new(fresh));
        Ok(())
    }

    /// Sends the spool until it is empty.
    async fn deliver(&mut self) -> Result<(), HomeError> {
        while let Some(mut parcel) = self.journal.parcel(node::clock::now(), self.batch)? {
            let request = post(client::MESSAGES, std::mem::take(&mut parcel.body));
            let receipt: Receipt = match self.ask(request, limit::MESSAGES_BODY).await {
                Ok(answer) => serde_json::from_slice(&answer.body)?,
                Err(HomeError::Problem(problem)) if is_about_the_body(&problem) => {
                    if parcel.len() == 1 {
                        tracing::warn!(
                            "a message that the site does not take is dropped: {problem}"
                        );
                        self.journal.give_up(&parcel)?;
                        // That it was dropped is a message as well: one that may
                        // be disliked, too, and must not be tried without end.
                        return Ok(());
                    }
                    self.batch = (parcel.len() / 2).max(1);
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.batch = limit::MESSAGES;
            let (receipt, another) = self.look_for_refusals(receipt);
            let taken = self.journal.received(&parcel, &receipt)?;
            if another {
                self.journal.become_another()?;
            } else if taken == 0 {
                // Nothing was taken; to ask again at once would be a loop.
                tracing::warn!("the management point took none of {} messages", parcel.len());
                return Ok(());
            }
        }
        Ok(())
    }

    /// A number that was used for something else is one that this journal has
    /// forgotten to have used: it is an earlier state of itself. As another
    /// journal it can say what it has to say. Where that has not helped, what is
    /// refused is given up. What counts of the receipt, and whether the journal
    /// must become another.
    fn look_for_refusals(&mut self, mut receipt: Receipt) -> (Receipt, bool) {
        let Some(number) = receipt.refused.first() else {
            self.another = false;
            return (receipt, false);
        };
        if std::mem::replace(&mut self.another, true) {
            tracing::warn!("the site refused message {number} in a new journal; it is dropped");
            return (receipt, false);
        }
        tracing::warn!(
            "the site knows message {number} with another content: this machine's journal is an \
             older copy; it goes on as a new one"
        );
        receipt.refused.clear();
        (receipt, true)
    }

    async fn ask_for_map(&mut self) -> Result<(), HomeError> {
        let known = self.credentials.borrow().map.as_ref().map(|map| map.number());
        let answer = self.ask(get(client::MAP, known), limit::MAP_BODY).await?;
        if answer.status == StatusCode::OK {
            self.take_map(&answer.body)?;
        }
        Ok(())
    }

    fn take_map(&mut self, envelope: &[u8]) -> Result<(), JournalError> {
        let Credentials { identity, map } = self.credentials.borrow().clone();
        let known = map.map_or(0, |map| map.number());
        let now = node::clock::now();
        match VerifiedMap::open(envelope, &identity.root, &identity.site, now, known) {
            Ok(map) if map.number() == known => {}
            Ok(map) => {
                self.journal.keep(&[(Fact::Map, envelope)])?;
                tracing::info!("service map {} accepted", map.number());
                self.credentials.send_modify(|credentials| credentials.map = Some(Arc::new(map)));
            }
            Err(refusal) => self.refuse("map", &refusal.to_string())?,
        }
        Ok(())
    }

    async fn ask_for_policy(&mut self) -> Result<News, HomeError> {
        let known = self.journal.number(Fact::PolicyNumber)?;
        let request = get(client::POLICY, (known > 0).then_some(known));
        let answer = self.ask(request, limit::POLICY_BODY).await?;
        match answer.status {
            StatusCode::NOT_MODIFIED => return Ok(News::Unchanged),
            StatusCode::NO_CONTENT => return Ok(News::NoPolicy),
            _ => {}
        }
        let identity = Arc::clone(&self.credentials.borrow().identity);
        match policy::open(&answer.body, &identity, known, node::clock::now()) {
            Ok(accepted) if accepted.number == known => Ok(News::Unchanged),
            Ok(accepted) => {
                if accepted.stale {
                    tracing::warn!("policy {} is stale: its date has passed", accepted.number);
                }
                let number = accepted.number.to_be_bytes();
                self.journal
                    .keep(&[(Fact::Policy, &answer.body), (Fact::PolicyNumber, &number)])?;
                tracing::info!(
                    "policy {} accepted: {} assignments",
                    accepted.number,
                    accepted.policy.assignments.len()
                );
                Ok(News::New(Arc::new(accepted)))
            }
            Err(refusal) => {
                let why = refusal.to_string();
                self.refuse("policy", &why)?;
                Ok(News::Refused(why))
            }
        }
    }

    /// Logs a refusal, and reports it unless it is the one reported last.
    fn refuse(&self, what: &str, why: &str) -> Result<(), JournalError> {
        let why = printable(why);
        tracing::warn!("refused a {what}: {why}");
        report_refusal(&self.journal, what, &why)
    }

    /// Sends a request and reads the answer; what is no success is an error.
    async fn ask(&mut self, request: Request<Bytes>, most: usize) -> Result<Answer, HomeError> {
        let response = self.link.send(&request).await?;
        let answer = read(response, most).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let mut problem = problem_in(answer.status, &answer.body);
        if answer.status == StatusCode::PAYLOAD_TOO_LARGE {
            problem.code = BODY_TOO_LARGE.to_owned();
        }
        Err(HomeError::Problem(problem))
    }
}

/// Whether the site dislikes the batch itself, so that it is never taken as it
/// is.
fn is_about_the_body(problem: &Problem) -> bool {
    [BODY_TOO_LARGE, BODY_TOO_SLOW, JSON_MALFORMED, BATCH_TOO_LONG].contains(&problem.code.as_str())
}

/// Reports that a document or a content was refused, once.
pub fn report_refusal(journal: &Journal, what: &str, why: &str) -> Result<(), JournalError> {
    let refused = format!("{what}: {why}");
    if journal.fact(Fact::Refusal)?.as_deref() == Some(refused.as_bytes()) {
        return Ok(());
    }
    journal.keep(&[(Fact::Refusal, refused.as_bytes())])?;
    let body = Refused { what: what.to_owned(), why: why.to_owned() };
    journal.send(Body::Refused(body), node::clock::now())
}

/// A map in base64, as it comes from an enrolment or a parent.
pub fn decode_map(text: &str) -> Option<Vec<u8>> {
    (text.len() <= limit::MAP_BODY * 2).then(|| BASE64.decode(text).ok()).flatten()
}

pub(crate) fn post(path: &'static str, body: Vec<u8>) -> Request<Bytes> {
    let mut request = request(Method::POST, path, Bytes::from(body));
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    request
}

/// With the number of the document that is there already, as its entity tag.
fn get(path: &'static str, known: Option<u64>) -> Request<Bytes> {
    let mut request = request(Method::GET, path, Bytes::new());
    if let Some(tag) = known.and_then(|number| format!("\"{number}\"").parse().ok()) {
        request.headers_mut().insert(IF_NONE_MATCH, tag);
    }
    request
}

fn request(method: Method, path: &'static str, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = http::Uri::from_static(path);
    request
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::identity::{Identity, Keys};
    use crate::journal::Bounds;

    #[test]
    fn a_number_used_twice_makes_another_journal_and_only_one() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("j"), Bounds::default()).unwrap();
        let keys = Keys::load_or_make(&folder.path().join("identity")).unwrap();
        let (root, device) = (keys.signing.public().fingerprint(), "0".repeat(32));
        let identity = Identity { site: "P01".into(), root, device, chain: vec![], keys };
        let credentials = Credentials { identity: Arc::new(identity), map: None };
        let (credentials, _known) = watch::channel(credentials);
        let mut home = Home::new(Arc::new(journal), credentials, folder.path().into(), 1);

        let refused = Receipt { stored: vec![2], duplicates: vec![], refused: vec![1] };
        let kept = Receipt { refused: vec![], ..refused.clone() };
        assert_eq!(home.look_for_refusals(refused.clone()), (kept.clone(), true));
        assert_eq!(home.look_for_refusals(refused.clone()), (refused.clone(), false), "no loop");
        assert_eq!(home.look_for_refusals(kept.clone()), (kept.clone(), false));
        assert_eq!(home.look_for_refusals(refused), (kept, true), "a second snapshot");
    }
}
