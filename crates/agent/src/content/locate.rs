//! Where this machine is, and so which distribution points are near: asked of
//! the management point, because boundary groups are the site's to know. The
//! last answer is kept, and holds while the management point cannot be asked.

use std::sync::Arc;
use std::time::Duration;

use catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use wire::client::{self, Locations, Whereabouts};

use super::memory::{keep_if_new, recall};
use crate::heartbeat;
use crate::home::post;
use crate::journal::{Fact, Journal, JournalError};
use crate::link::{Credentials, Link, LinkError, problem_in, read};
use crate::words::chain;

/// Whoever has an answer already, if an old one, waits no longer for a new one.
const HURRY: Duration = Duration::from_secs(2);
/// For as long an answer is believed without asking again, in milliseconds.
const FRESH: i64 = 10 * 60 * 1000;

/// The last answer, and what it answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Unix milliseconds.
    asked: i64,
    /// Where the machine was.
    addresses: Vec<String>,
    answer: Locations,
}

/// Asks, and remembers.
#[derive(Debug)]
pub(super) struct Locator {
    link: Link,
    journal: Arc<Journal>,
    /// The last answer did not help.
    doubted: bool,
}

impl Locator {
    pub(super) fn new(
        journal: Arc<Journal>,
        credentials: watch::Receiver<Credentials>,
        seed: u64,
    ) -> Self {
        let (flow, fact) = (&CLIENT_TO_MANAGEMENT_POINT_HTTPS, Fact::ManagementPoint);
        let link = Link::new(flow, fact, Arc::clone(&journal), credentials, seed);
        Self { link, journal, doubted: false }
    }

    /// The management point is asked again before the answer is used again: all
    /// places that it named have failed.
    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// The answer that holds now; none where there never was one.
    pub(super) async fn ask(&mut self, now: i64) -> Result<Option<Locations>, JournalError> {
        let addresses = heartbeat::addresses();
        let known: Option<Known> = recall(&self.journal, Fact::Locations)?;
        let holds = known.as_ref().is_some_and(|known| {
            known.addresses == addresses && (0..FRESH).contains(&now.saturating_sub(known.asked))
        });
        if !holds || self.doubted {
            let answered = match known {
                Some(_) => tokio::time::timeout(HURRY, self.question(&addresses)).await,
                None => Ok(self.question(&addresses).await),
            };
            match answered.unwrap_or(Err(Unanswered::NotYet)) {
                Ok(answer) => {
                    self.doubted = false;
                    let known = Known { asked: now, addresses, answer };
                    keep_if_new(&self.journal, Fact::Locations, &known)?;
                    return Ok(Some(known.answer));
                }
                Err(Unanswered::Journal(error)) => return Err(error),
                Err(Unanswered::Because(why)) => {
                    tracing::debug!("where content is near could not be asked: {why}");
                }
                Err(Unanswered::NotYet) => {
                    self.link.close();
                    tracing::debug!("where content is near was not answered soon");
                }
            }
        }
        Ok(known.map(|known| known.answer))
    }

    async fn question(&mut self, addresses: &[String]) -> Result<Locations, Unanswered> {
        let because = |error: &dyn std::error::Error| Unanswered::Because(chain(error));
        let body = serde_json::to_vec(&Whereabouts { addresses: addresses.to_vec() });
        let request = post(client::LOCATIONS, body.map_err(|error| because(&error))?);
        let response = self.link.send(&request).await;
        let answer = match response {
            Ok(response) => read(response, wire::limit::REST_BODY).await,
            Err(LinkError::Journal(error)) => return Err(Unanswered::Journal(error)),
            Err(error) => return Err(because(&error)),
        };
        self.link.close();
        let answer = answer.map_err(|error| because(&error))?;
        if !answer.status.is_success() {
            let problem = problem_in(answer.status, &answer.body);
            return Err(Unanswered::Because(problem.to_string()));
        }
        serde_json::from_slice(&answer.body).map_err(|error| because(&error))
    }
}

/// Why there is no answer.
enum Unanswered {
    Because(String),
    /// It was not waited for.
    NotYet,
    Journal(JournalError),
}
