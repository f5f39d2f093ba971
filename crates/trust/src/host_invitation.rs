//! What a host is given to join the site: one text file, made on the site server
//! and carried to the host by a person.
//!
//! It names the site and pins its root, holds a one-time token, which makes it a
//! secret, and the host's signed plan, without which the host would not know where
//! the site server is, or on what to wait for it. The plan is believed by the
//! pinned root and by nothing else in the file.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificate::name::is_host;
use crate::envelope::Refusal;
use crate::host_plan::{self, VerifiedHostPlan};
use crate::invitation::is_site_code;
use crate::token::{BadToken, Token};
use crate::{BadFingerprint, Fingerprint};

#[cfg(test)]
mod tests;

/// The first line: what the file is, and of which version.
const HEAD: &str = "portolan host invitation 1";
/// A file is at most this long, in bytes; the plan in base64 is most of it.
pub const LIMIT: usize = 2 * host_plan::LIMIT;

/// An invitation of one host. Secret, because of its token.
#[derive(Clone)]
pub struct HostInvitation {
    /// The site's code.
    pub site: String,
    /// The host's key in the site file.
    pub host: String,
    /// The site's root, by which its documents and its site server are known.
    pub root: Fingerprint,
    /// Good for one join.
    pub token: Token,
    /// Until when the token is good, in Unix milliseconds.
    pub expires: i64,
    /// The host plan: an envelope.
    pub plan: Vec<u8>,
}

/// A text that is no host invitation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHostInvitation {
    #[error("the file has {found} bytes, and a host invitation at most {LIMIT}")]
    TooLarge { found: usize },
    #[error(
        "this is no host invitation: it does not begin with `{HEAD}`; `portolan host invite` on the site server makes one"
    )]
    Head,
    #[error(
        "the host invitation says nothing of its {0}; copy it whole, as `portolan host invite` made it"
    )]
    Missing(&'static str),
    #[error("{0:?} is no site code: 1 to 16 letters, digits and dashes")]
    Site(String),
    #[error("{0:?} is no host: 1 to 63 lower-case letters and digits, with hyphens between them")]
    Host(String),
    #[error("the site's fingerprint: {0}")]
    Fingerprint(#[from] BadFingerprint),
    #[error("the host invitation's token is damaged: {0}")]
    Token(#[from] BadToken),
    #[error("the time until which the host invitation is good is damaged; copy the file whole")]
    Expires,
    #[error("the host plan in the invitation is damaged; copy the file whole")]
    Plan,
}

impl HostInvitation {
    /// The file's text; [`Self::parse`] reads it again. Secret.
    pub fn to_text(&self) -> String {
        let Self { site, host, root, token, expires, plan } = self;
        let token = token.text();
        let plan = STANDARD.encode(plan);
        let lines: Vec<&str> =
            plan.as_bytes().chunks(76).filter_map(|line| str::from_utf8(line).ok()).collect();
        let plan = lines.join("\n");
        format!(
            "{HEAD}\n\
             # Whoever holds this file can join as this host. Carry it there, run\n\
             # `portolan join FILE`, and delete it.\n\
             site: {site}\nhost: {host}\nroot: {root}\ntoken: {token}\nexpires: {expires}\nplan:\n{plan}\n"
        )
    }

    /// Reads a host invitation. Lines that begin with `#` are for people.
    pub fn parse(text: &str) -> Result<Self, BadHostInvitation> {
        use BadHostInvitation as Bad;
        if text.len() > LIMIT {
            return Err(Bad::TooLarge { found: text.len() });
        }
        let mut lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        if lines.next() != Some(HEAD) {
            return Err(Bad::Head);
        }
        let mut field = |name: &'static str| {
            let value = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(str::trim).ok_or(Bad::Missing(name))
        };
        let site = field("site")?;
        let host = field("host")?;
        let root = field("root")?;
        let token = field("token")?;
        let expires = field("expires")?;
        let first = field("plan")?;
        if !is_site_code(site) {
            return Err(Bad::Site(site.chars().take(32).collect()));
        }
        if !is_host(host) {
            return Err(Bad::Host(host.chars().take(64).collect()));
        }
        let plan: String = std::iter::once(first).chain(lines).collect();
        if plan.is_empty() {
            return Err(Bad::Missing("plan"));
        }
        Ok(Self {
            site: site.to_owned(),
            host: host.to_owned(),
            root: root.parse()?,
            token: Token::parse(token)?,
            expires: expires.parse().map_err(|_| Bad::Expires)?,
            plan: STANDARD.decode(plan).map_err(|_| Bad::Plan)?,
        })
    }

    /// The host plan, if the pinned root stands behind it and it is for this
    /// host.
    pub fn verified_plan(&self, now: i64) -> Result<VerifiedHostPlan, Refusal> {
        VerifiedHostPlan::open(&self.plan, &self.root, &self.site, &self.host, now, 0)
    }
}

impl fmt::Debug for HostInvitation {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, host, root, .. } = self;
        write!(f, "HostInvitation({site} {host} {root})")
    }
}
