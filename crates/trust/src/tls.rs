//! Who may be at the other end of a TLS connection.
//!
//! A client asks: is this a host of *my* site, in the role that I came for
//! ([`PinnedServer`])? The other end sends its certificate, the authority's and
//! the root's; the root is known by the pinned fingerprint, and everything else
//! follows from it. The name that the caller dialled plays no part: addresses
//! come from maps and hints, and only role and host count.
//!
//! A server asks: whose device is this ([`SiteClients`])? Certificates are asked
//! for and not required, because enrolment and renewal come without one; what
//! needs one says so at its prefix.
//!
//! On a site link that the site server opens, the host is the TLS server and yet
//! the one that asks: it lets nobody in but the site server
//! ([`SiteServerOnly`]). While the host joins, it has no certificate yet
//! ([`AnyServerForPendingJoin`]).
//!
//! Only TLS 1.3, and only the two signature schemes that the site uses.

use std::sync::Arc;

use catalog::role::Role;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::{CertificateError, Error, OtherError, SignatureScheme};
use webpki::aws_lc_rs::{ECDSA_P256_SHA256, ED25519};

use crate::Fingerprint;
use crate::certificate::name::dns_names;
use crate::certificate::{device_id_of, ed25519_key_of, host_name, host_of, role_name, roles_of};
use crate::key::PublicKey;

/// What every verifier answers about signatures.
macro_rules! only_tls_1_3 {
    () => {
        fn verify_tls12_signature(
            &self,
            _message: &[u8],
            _cert: &rustls::pki_types::CertificateDer<'_>,
            _dss: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Err(rustls::Error::General("only TLS 1.3 is spoken here".to_owned()))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &rustls::pki_types::CertificateDer<'_>,
            dss: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            rustls::crypto::verify_tls13_signature(message, cert, dss, &super::ALGORITHMS)
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            super::ALGORITHMS.supported_schemes()
        }
    };
}

mod clients;
mod servers;
#[cfg(test)]
mod tests;

pub use clients::{SiteClients, SiteServerOnly};
pub use servers::{AnyServerForPendingJoin, PinnedServer};

/// Certificates that a peer may send beside its own.
const CHAIN_LIMIT: usize = 4;

static ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[ECDSA_P256_SHA256, ED25519],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[ECDSA_P256_SHA256]),
        (SignatureScheme::ED25519, &[ED25519]),
    ],
};

/// Why the other end of a connection is not who it should be. Found again in a
/// [`rustls::Error`] by [`refusal_of`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerRefusal {
    #[error(
        "the other end is not of this site: none of its certificates has the pinned key {pin}; either the address belongs to something else, or something on the way intercepts TLS"
    )]
    NotPinned { pin: Fingerprint },
    #[error("the certificate does not count for {role}; it names {names}")]
    NotTheRole { role: &'static str, names: String },
    #[error("this is not host {host}; the certificate names {names}")]
    NotTheHost { host: String, names: String },
    #[error(
        "the certificate was valid until {ago} ago; if that cannot be, look at this machine's clock"
    )]
    Expired { ago: String },
    #[error("the certificate is not valid for another {ahead}; look at this machine's clock")]
    NotYet { ahead: String },
    #[error("the certificate does not lead to the site's root")]
    Chain(#[source] webpki::Error),
    #[error("the certificate names neither a device nor a host of site {site}")]
    NoName { site: String },
    #[error("{found} certificates, and at most {limit} are looked at")]
    TooMany { limit: usize, found: usize },
}

/// The refusal behind a failed handshake, if this module refused.
pub fn refusal_of(error: &Error) -> Option<&PeerRefusal> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(refusal))) => {
            refusal.downcast_ref()
        }
        _ => None,
    }
}

/// Who a verified certificate says its holder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A device, by its id: 32 lower-case hexadecimal digits.
    Device(String),
    /// A host of the site.
    Host {
        /// Its key in the site file.
        host: String,
        /// `site-system`, and what it does beside being one.
        roles: Vec<&'static Role>,
        /// Its key, which tells it from a machine that had its name before;
        /// `None` for the site server's own, which is of another kind.
        key: Option<PublicKey>,
    },
}

/// Who the holder of a certificate is. Only for one that was accepted in this
/// handshake by a verifier of this module: names alone prove nothing. `None` for
/// a certificate that names nobody, or two.
pub fn peer_of(certificate: &CertificateDer<'_>, site: &str) -> Option<Peer> {
    let roles = roles_of(certificate, site);
    match (device_id_of(certificate, site), host_of(certificate, site)) {
        (Some(id), None) if roles.is_empty() => Some(Peer::Device(id)),
        (None, Some(host)) if !roles.is_empty() => {
            Some(Peer::Host { host, roles, key: ed25519_key_of(certificate) })
        }
        _ => None,
    }
}

/// What a pinned site's certificate must name.
#[derive(Debug)]
struct Wanted {
    pin: Fingerprint,
    site: String,
    role: &'static Role,
    /// Any host with that role where this is `None`.
    host: Option<String>,
}

impl Wanted {
    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
        usage: webpki::KeyUsage,
    ) -> Result<(), PeerRefusal> {
        limit(chain)?;
        let root = chain
            .iter()
            .find(|certificate| {
                ed25519_key_of(certificate).is_some_and(|key| key.fingerprint() == self.pin)
            })
            .ok_or(PeerRefusal::NotPinned { pin: self.pin })?;
        let anchor = webpki::anchor_from_trusted_cert(root).map_err(PeerRefusal::Chain)?;
        let read = verify(leaf, chain, &anchor, now, usage)?;
        let named = |name: &str| {
            ServerName::try_from(name)
                .is_ok_and(|name| read.verify_is_valid_for_subject_name(&name).is_ok())
        };
        let names = || listed(&dns_names(leaf));
        if !named(&role_name(self.role, &self.site)) {
            return Err(PeerRefusal::NotTheRole { role: self.role.slug, names: names() });
        }
        match &self.host {
            Some(host) if !named(&host_name(host, &self.site)) => {
                Err(PeerRefusal::NotTheHost { host: host.clone(), names: names() })
            }
            _ => Ok(()),
        }
    }
}

/// A leaf that leads to the anchor, is valid now, and is meant for this use.
fn verify<'a>(
    leaf: &'a CertificateDer<'a>,
    chain: &[CertificateDer<'_>],
    anchor: &TrustAnchor<'_>,
    now: UnixTime,
    usage: webpki::KeyUsage,
) -> Result<webpki::EndEntityCert<'a>, PeerRefusal> {
    let certificate = webpki::EndEntityCert::try_from(leaf).map_err(PeerRefusal::Chain)?;
    certificate
        .verify_for_usage(
            ALGORITHMS.all,
            std::slice::from_ref(anchor),
            chain,
            now,
            usage,
            None,
            None,
        )
        .map_err(refusal)?;
    Ok(certificate)
}

fn refusal(error: webpki::Error) -> PeerRefusal {
    match error {
        webpki::Error::CertExpired { time, not_after } => {
            PeerRefusal::Expired { ago: days(time.as_secs().saturating_sub(not_after.as_secs())) }
        }
        webpki::Error::CertNotValidYet { time, not_before } => {
            PeerRefusal::NotYet { ahead: days(not_before.as_secs().saturating_sub(time.as_secs())) }
        }
        other => PeerRefusal::Chain(other),
    }
}

fn refuse(refusal: PeerRefusal) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refusal))))
}

fn limit(chain: &[CertificateDer<'_>]) -> Result<(), PeerRefusal> {
    if chain.len() > CHAIN_LIMIT {
        return Err(PeerRefusal::TooMany { limit: CHAIN_LIMIT, found: chain.len() });
    }
    Ok(())
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// Seconds in words: hours below two days, days above.
fn days(seconds: u64) -> String {
    let hours = seconds / 3600;
    if hours < 48 { format!("{hours} hours") } else { format!("{} days", hours / 24) }
}
