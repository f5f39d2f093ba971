//! How a host becomes one of the site: it is invited, and comes with a key of
//! its own.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use catalog::Role;
use http::StatusCode;
use store::host::JoinError;
use store::invitation::InviteError;
use trust::certificate::HostNames;
use trust::host_invitation::HostInvitation;
use trust::host_plan::NoHostPlan;
use trust::key::PublicKey;
use trust::token::Token;
use wire::client::Renew;
use wire::link::{Join, Joined};
use wire::rest;

use super::host_plans::HostPlanError;
use super::{Office, enrolment};
use crate::desk::Invite;
use crate::problem::Refusal;

impl Office {
    pub(super) async fn invite(&self, invite: &Invite) -> Result<rest::HostInvitation, Refusal> {
        let Invite { host, valid_for } = invite;
        let now = node::clock::now();
        let plan = self.host_plan(host, now).await?;
        let token = Token::generate();
        let token = token.map_err(|error| Refusal::internal("make a token", &error))?;
        let valid_for = i64::try_from(*valid_for).unwrap_or(i64::MAX).saturating_mul(1000);
        let expires = now.saturating_add(valid_for);
        self.store.invite_host(host, &token.hash(), now, expires).await?;
        tracing::info!(host, "invited a host");
        let keys = self.keys();
        let invitation = HostInvitation {
            site: keys.site().to_owned(),
            host: host.clone(),
            root: keys.fingerprint(),
            token,
            expires,
            plan: plan.envelope,
        };
        Ok(rest::HostInvitation { host: host.clone(), expires, file: invitation.to_text() })
    }

    /// The invitation decides who the host is, and the plan what it may do;
    /// of the request only the key counts. Everything that can fail is done
    /// before the invitation is spent.
    pub(super) async fn join(&self, join: &Join) -> Result<Joined, Refusal> {
        let failed = |error| Refusal::internal("look up the invitation", &error);
        // Found by its hash: 256 random bits leave nothing to guess, however
        // long a comparison takes.
        let hash = enrolment::token(&join.token)?.hash();
        let (csr, key) = enrolment::proven(&join.csr)?;
        let version = enrolment::word("a program's version", &join.version)?;
        let invitation = self.store.invitation(&hash).await.map_err(failed)?;
        let host = invitation.ok_or(JoinError::Unknown)?.host;
        let now = node::clock::now();
        let joined = self.joined(&host, &csr, now).await?;
        let host = self.store.join_host(&hash, &key.0, &version, now).await?;
        tracing::info!(host, version, "a host joined");
        Ok(joined)
    }

    /// From a host whose certificate may have expired long ago: the signature
    /// of its request is its proof, so no certificate is asked for.
    pub(super) async fn renew_host(&self, renew: &Renew) -> Result<Joined, Refusal> {
        let (csr, key) = enrolment::proven(&renew.csr)?;
        let host = self.host_with(&key).await?;
        let joined = self.joined(&host, &csr, node::clock::now()).await?;
        tracing::info!(host, "renewed a host's certificate");
        Ok(joined)
    }

    async fn host_with(&self, key: &PublicKey) -> Result<String, Refusal> {
        let hosts = self.store.hosts().await;
        let hosts = hosts.map_err(|error| Refusal::internal("look up the host", &error))?;
        match hosts.into_iter().find(|host| host.public_key == key.0) {
            Some(host) if host.removed.is_some() => Err(super::link::removed(&host.name)),
            Some(host) => Ok(host.name),
            None => Err(super::link::unknown()),
        }
    }

    async fn joined(&self, host: &str, csr: &[u8], now: i64) -> Result<Joined, Refusal> {
        let plan = self.host_plan(host, now).await?;
        let said = self.plan();
        let (roles, dns, address): (&[&'static Role], _, _) = match said.host(host) {
            Some(at) => (&at.roles, at.dns.clone(), Some(at.address)),
            None => (&[], None, None),
        };
        let names = HostNames { host, roles, dns: dns.as_slice(), ips: address.as_slice() };
        let chain = self.keys().issue_host(&names, csr, now);
        let chain = chain.map_err(|error| Refusal::internal("issue a certificate", &error))?;
        Ok(Joined {
            certificates: chain.iter().map(|certificate| BASE64.encode(certificate)).collect(),
            host_plan: BASE64.encode(plan.envelope),
        })
    }
}

impl From<HostPlanError> for Refusal {
    fn from(error: HostPlanError) -> Self {
        let HostPlanError::None(none) = &error else {
            return Self::internal("sign the host's plan", &error);
        };
        let text = none.to_string();
        match none {
            NoHostPlan::NoSuchHost(_) => Self::absent(text),
            NoHostPlan::SiteServer(_) => Self::conflict("host-here", text, ""),
            NoHostPlan::NoRole(_) | NoHostPlan::NeedsDatabase { .. } => {
                Self::conflict("host-roles", text, "")
            }
        }
    }
}

impl From<InviteError> for Refusal {
    fn from(error: InviteError) -> Self {
        let text = error.to_string();
        match error {
            InviteError::Joined { .. } => Self::conflict("host-joined", text, ""),
            InviteError::Store(cause) => Self::internal("invite the host", &cause),
        }
    }
}

impl From<JoinError> for Refusal {
    fn from(error: JoinError) -> Self {
        let text = error.to_string();
        let refused = |code| Self::new(StatusCode::UNAUTHORIZED, code, &text, "");
        match error {
            JoinError::Unknown => refused("invitation-unknown"),
            JoinError::Spent { .. } => refused("invitation-spent"),
            JoinError::Expired { .. } => refused("invitation-expired"),
            JoinError::Store(cause) => Self::internal("let the host join", &cause),
        }
    }
}
