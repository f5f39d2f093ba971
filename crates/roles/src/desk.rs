//! The signing desk: how a part that holds no signing key has something signed
//! by the site server: an enrolment or a renewal (the management point), the
//! invitation of a host (the SMS provider). A bounded queue with an answer for
//! each request; when the queue is full or the answer is late, the client is
//! told to come again, so nobody waits for ever and nothing grows.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use wire::client::{Enrol, Enrolled, Renew, Renewed};
use wire::rest::HostInvitation;

use crate::problem::Refusal;

/// Requests that may wait for the site server.
const QUEUE: usize = 64;
/// So long a part waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The side of whoever asks. Clones put into the same queue.
#[derive(Debug, Clone)]
pub struct SigningDesk(mpsc::Sender<Request>);

/// The site server's side.
#[derive(Debug)]
pub struct Queue(mpsc::Receiver<Request>);

type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// What is asked of the site server.
#[derive(Debug)]
pub enum Request {
    Enrol(Enrol, Answer<Enrolled>),
    Renew(Renew, Answer<Renewed>),
    Invite(Invite, Answer<HostInvitation>),
}

/// A host of the site file may join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub host: String,
    /// Seconds until it may no longer.
    pub valid_for: u64,
}

/// Both sides of a new desk.
pub fn open() -> (SigningDesk, Queue) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (SigningDesk(sender), Queue(receiver))
}

impl SigningDesk {
    /// # Errors
    ///
    /// The site server's refusal, or 503 `signing-busy`.
    pub async fn enrol(&self, enrol: Enrol) -> Result<Enrolled, Refusal> {
        self.ask(|answer| Request::Enrol(enrol, answer)).await
    }

    /// # Errors
    ///
    /// The site server's refusal, or 503 `signing-busy`.
    pub async fn renew(&self, renew: Renew) -> Result<Renewed, Refusal> {
        self.ask(|answer| Request::Renew(renew, answer)).await
    }

    /// # Errors
    ///
    /// The site server's refusal, or 503 `signing-busy`.
    pub async fn invite(&self, invite: Invite) -> Result<HostInvitation, Refusal> {
        self.ask(|answer| Request::Invite(invite, answer)).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, Refusal> {
        let (answer, answered) = oneshot::channel();
        let busy = || Refusal::later("signing-busy", "the site server does not answer in time");
        self.0.try_send(request(answer)).map_err(|_full_or_stopped| busy())?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_stopped)) => Err(busy()),
            Err(_elapsed) => Err(busy()),
        }
    }
}

impl Queue {
    /// The next request; `None` when everybody who could ask is gone.
    pub async fn next(&mut self) -> Option<Request> {
        self.0.recv().await
    }
}

impl Request {
    /// Nobody waits for the answer any more; an enrolment that is not begun
    /// then leaves its token unspent, and no host is invited.
    pub fn is_abandoned(&self) -> bool {
        match self {
            Self::Enrol(_, answer) => answer.is_closed(),
            Self::Renew(_, answer) => answer.is_closed(),
            Self::Invite(_, answer) => answer.is_closed(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[tokio::test]
    async fn a_full_desk_and_an_empty_chair_send_their_callers_away() {
        let (desk, mut queue) = open();
        let renew = || Renew { csr: String::new() };
        let mut waiting: Vec<_> = (0..QUEUE).map(|_| Box::pin(desk.renew(renew()))).collect();
        for request in &mut waiting {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(request.as_mut().poll(&mut context).is_pending());
        }
        let full = desk.renew(renew()).await.unwrap_err();
        assert_eq!(full.problem.code, "signing-busy");

        drop(waiting);
        assert!(queue.next().await.unwrap().is_abandoned());
        drop(queue);
        let gone = desk.renew(renew()).await.unwrap_err();
        assert_eq!(gone.status, http::StatusCode::SERVICE_UNAVAILABLE);
    }
}
