//! The signing desk's other side: machines become devices here, devices get
//! fresh certificates, and hosts are invited.
//!
//! A device's id comes from its public key, which is its identity: whoever
//! asks again with the same key and the same token, because the answer was
//! lost on the way, gets the same answer.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::StatusCode;
use store::device::{EnrolError, NewDevice};
use tokio::task::JoinSet;
use trust::certificate::csr_public_key;
use trust::key::PublicKey;
use trust::seal::seal;
use trust::token::Token;
use wire::client::{Enrol, Enrolled, Renew, Renewed};

use super::Office;
use crate::desk::{Queue, Request};
use crate::identity;
use crate::problem::Refusal;

/// What to do about requests that no agent of ours makes.
const UPDATE: &str = "update the program that asks";
/// So many requests are worked on at once: their writes share one flush of the
/// disk, which is what each of them waits for.
const AT_ONCE: usize = 64;
/// Bytes of what a machine calls itself, and of its agent's version.
const NAME: usize = 255;

pub(super) async fn run(office: Arc<Office>, mut queue: Queue) {
    let stop = office.stop.clone();
    let mut begun = JoinSet::new();
    loop {
        let request = tokio::select! {
            () = stop.stopped() => return,
            Some(ended) = begun.join_next() => {
                if let Err(error) = ended {
                    tracing::error!("a request to the signing desk has ended: {error}");
                }
                continue;
            }
            request = queue.next(), if begun.len() < AT_ONCE => request,
        };
        let office = Arc::clone(&office);
        match request {
            // Nobody is left who could ask.
            None => return stop.stopped().await,
            Some(request) if request.is_abandoned() => {}
            // Who asked may have gone away; the next try gets the same answer.
            Some(Request::Enrol(enrol, answer)) => drop(begun.spawn(async move {
                let _gone = answer.send(office.enrol(&enrol).await);
            })),
            Some(Request::Renew(renew, answer)) => drop(begun.spawn(async move {
                let _gone = answer.send(office.renew(&renew).await);
            })),
            Some(Request::Invite(invite, answer)) => {
                let _gone = answer.send(office.invite(&invite).await);
            }
        }
    }
}

impl Office {
    async fn enrol(&self, enrol: &Enrol) -> Result<Enrolled, Refusal> {
        let token = token(&enrol.token)?;
        let (csr, key) = proven(&enrol.csr)?;
        let new = NewDevice {
            id: device_id(&key),
            name: word("a machine's name", &enrol.name)?,
            public_key: key.0,
            sealing_key: sealing_key(&enrol.sealing_key)?,
            agent_version: word("an agent's version", &enrol.agent_version)?,
        };
        // Before the token is spent: a client without a map would be lost.
        let map = self.store.document(crate::MAP).await;
        let map = map.map_err(|error| Refusal::internal("read the service map", &error))?;
        let Some(map) = map else {
            return Err(Refusal::later("not-ready", "the site has not published its map yet"));
        };
        let now = node::clock::now();
        let id = self.store.enrol(&new, &token.hash(), now).await?;
        // Known already, where the answer was lost; and perhaps blocked since.
        let device = self.store.device(&id).await;
        let device = device.map_err(|error| Refusal::internal("look up the device", &error))?;
        if let Some(device) = device.filter(|device| device.blocked.is_some()) {
            return Err(identity::blocked(&device.blocked_reason));
        }
        let certificates = self.certificates(&id, &csr, now)?;
        tracing::info!(device = id, name = new.name, "enrolled");
        let site = self.keys().site().to_owned();
        Ok(Enrolled { device: id, site, certificates, map: BASE64.encode(map.envelope) })
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed, Refusal> {
        let failed = |error| Refusal::internal("look up the device", &error);
        let (csr, key) = proven(&renew.csr)?;
        let known = self.store.device_with_key(&key.0).await.map_err(failed)?;
        let id = known.unwrap_or_default();
        let Some(device) = self.store.device(&id).await.map_err(failed)? else {
            return Err(identity::unknown(&device_id(&key)));
        };
        if device.blocked.is_some() {
            tracing::info!(device = device.name, "renewal refused: the device is blocked");
            return Err(identity::blocked(&device.blocked_reason));
        }
        let certificates = self.certificates(&id, &csr, node::clock::now())?;
        tracing::info!(device = device.name, "certificate renewed");
        Ok(Renewed { certificates })
    }

    fn certificates(&self, id: &str, csr: &[u8], now: i64) -> Result<Vec<String>, Refusal> {
        let chain = self.keys().issue_device(id, csr, now);
        let chain = chain.map_err(|error| Refusal::internal("issue a certificate", &error))?;
        Ok(chain.iter().map(|certificate| BASE64.encode(certificate)).collect())
    }
}

/// A token, of a machine or of a host.
pub(super) fn token(text: &str) -> Result<Token, Refusal> {
    Token::parse(text).map_err(|error| {
        Refusal::new(StatusCode::UNAUTHORIZED, "token-malformed", error.to_string(), "")
    })
}

/// A request for a certificate, and the key whose possession it proves.
pub(super) fn proven(csr: &str) -> Result<(Vec<u8>, PublicKey), Refusal> {
    let csr = BASE64.decode(csr).map_err(|_| {
        let message = "the certificate signing request is not base64";
        Refusal::bad("csr-malformed", message, UPDATE)
    })?;
    let key = csr_public_key(&csr);
    let key = key.map_err(|error| Refusal::bad("csr-refused", error.to_string(), UPDATE))?;
    Ok((csr, key))
}

/// Half of the key's SHA-256: 128 bits, which nobody can choose.
fn device_id(key: &PublicKey) -> String {
    let digest = key.fingerprint().0;
    trust::hex::encode(&digest[..16])
}

/// One that secrets can be sealed to, which not every 32 bytes are: without it
/// no policy could ever be made.
fn sealing_key(text: &str) -> Result<Vec<u8>, Refusal> {
    let key = BASE64.decode(text).ok().filter(|key| seal(key, b"", b"").is_ok());
    let message = "a sealing key is an X25519 public key in base64";
    key.ok_or_else(|| Refusal::bad("sealing-key-malformed", message, UPDATE))
}

pub(super) fn word(what: &str, text: &str) -> Result<String, Refusal> {
    if text.is_empty() || text.len() > NAME || text.chars().any(char::is_control) {
        let message = format!("{what} is one line of 1 to {NAME} bytes");
        return Err(Refusal::bad("name-invalid", message, "give the machine another host name"));
    }
    Ok(text.to_owned())
}

impl From<EnrolError> for Refusal {
    fn from(error: EnrolError) -> Self {
        let text = error.to_string();
        let refused = |code| Self::new(StatusCode::UNAUTHORIZED, code, &text, "");
        match error {
            EnrolError::TokenUnknown => refused("token-unknown"),
            EnrolError::TokenSpent { .. } => refused("token-spent"),
            EnrolError::TokenExpired { .. } => refused("token-expired"),
            EnrolError::KeyKnown { .. } => {
                Self::conflict("key-known", text, "renew the certificate instead")
            }
            EnrolError::Store(cause) => Self::internal("enrol the machine", &cause),
        }
    }
}
