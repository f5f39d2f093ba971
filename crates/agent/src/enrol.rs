//! How a machine becomes a client: it shows a one-time token to the management
//! point that an invitation names, and is given a device id, a certificate for
//! its own key, and the service map. The site is known by its root's
//! fingerprint, from the invitation, before the token is shown.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use node::http::{Body, BodyError, Connection, OpenError, SendError};
use node::net::Dial;
use node::tls;
use trust::envelope::Refusal;
use trust::invitation::Invitation;
use trust::map::VerifiedMap;
use trust::tls::PinnedServer;
use trust::token::Token;
use wire::client::{self, Enrol, Enrolled};
use wire::limit;
use wire::problem::Problem;

use crate::folder::AgentFolder;
use crate::home::{decode_map, post};
use crate::identity::{Identity, IdentityError, Keys};
use crate::journal::{Fact, Journal, JournalError};
use crate::link::{problem_in, read};

const OPEN: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);

/// Why the machine did not become a client.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("the answer could not be read")]
    Body(#[from] BodyError),
    #[error("TLS could not be set up")]
    Tls(#[from] tls::TlsError),
    /// The site says no.
    #[error("the site refused: {0}")]
    Problem(Problem),
    #[error("the site's answer makes no sense: {0}")]
    Answer(&'static str),
    #[error("the site's answer makes no sense")]
    Json(#[from] serde_json::Error),
    #[error("the service map was refused")]
    Map(#[from] Refusal),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl EnrolError {
    /// Whether the same token may be shown again: the site was not reached, or
    /// could not answer just then.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Open(_) | Self::Send(_) | Self::Body(_) => true,
            Self::Problem(problem) => {
                matches!(problem.code.as_str(), "internal" | "no-problem")
                    || problem.next.starts_with("try again")
            }
            _ => false,
        }
    }
}

/// Enrols this machine. The keys are on disk before the token is shown, and the
/// identity is written last: what is cut off before can be begun again.
pub async fn enrol(
    folder: &AgentFolder,
    journal: &Journal,
    invitation: &Invitation,
    token: &Token,
) -> Result<Identity, EnrolError> {
    let keys = Keys::load_or_make(&folder.identity())?;
    let name = node::interfaces::hostname();
    let body = serde_json::to_vec(&Enrol {
        token: token.text(),
        csr: keys.request(&name)?,
        sealing_key: BASE64.encode(keys.sealing.public()),
        name,
        agent_version: crate::VERSION.to_owned(),
    })?;
    let enrolled = ask(invitation, body).await?;
    if enrolled.site != invitation.site {
        return Err(EnrolError::Answer("it is of another site"));
    }
    let map = decode_map(&enrolled.map).ok_or(EnrolError::Answer("its map is not base64"))?;
    let now = node::clock::now();
    VerifiedMap::open(&map, &invitation.root, &invitation.site, now, 0)?;
    // What was remembered is of another device, and perhaps of another site.
    journal.begin_anew()?;
    journal.keep(&[(Fact::Map, &map)])?;
    let Enrolled { device, site, certificates, .. } = enrolled;
    let (folder, root) = (folder.identity(), invitation.root);
    Ok(Identity::create(&folder, keys, site, root, device, &certificates)?)
}

async fn ask(invitation: &Invitation, body: Vec<u8>) -> Result<Enrolled, EnrolError> {
    let way = invitation.way();
    let pin = PinnedServer::new(invitation.root, way.flow().to, &invitation.site);
    let tls = tls::client(Arc::clone(&pin), None)?;
    let mut connection = Connection::open(&Dial::along(&way), &tls, OPEN).await?;
    let request = post(client::ENROL, body).map(Body::from);
    let answer = read(connection.send(request, ANSWER).await?, limit::REST_BODY).await?;
    if !answer.status.is_success() {
        return Err(EnrolError::Problem(problem_in(answer.status, &answer.body)));
    }
    Ok(serde_json::from_slice(&answer.body)?)
}
