//! Who may be at the other end of a TLS connection.
//!
//! [`PinnedServer`] is a client's question: is this a host of *my* site, in the
//! role that I came for? The server sends its certificate, the authority's and
//! the root's; the root is known by the pinned fingerprint, and everything else
//! follows from it. The name that the caller dialled plays no part: addresses
//! come from maps and hints, and only the role counts.
//!
//! [`SiteClients`] is a server's question: whose device is this? Certificates
//! are asked for and not required, because enrolment and renewal come without
//! one; what needs one says so at its prefix.
//!
//! Only TLS 1.3, and only the two signature schemes that the site uses.

use std::sync::Arc;

use catalog::role::Role;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use webpki::aws_lc_rs::{ECDSA_P256_SHA256, ED25519};

use crate::Fingerprint;
use crate::certificate::{device_id_of, dns_names, ed25519_key_of, role_name, roles_of};

#[cfg(test)]
mod tests;

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
        "the server is not of this site: none of its certificates has the pinned key {pin}; either the address belongs to something else, or something on the way intercepts TLS"
    )]
    NotPinned { pin: Fingerprint },
    #[error("the server's certificate does not count for {role}; it names {names}")]
    NotTheRole { role: &'static str, names: String },
    #[error(
        "the certificate was valid until {ago} ago; if that cannot be, look at this machine's clock"
    )]
    Expired { ago: String },
    #[error("the certificate is not valid for another {ahead}; look at this machine's clock")]
    NotYet { ahead: String },
    #[error("the certificate does not lead to the site's root")]
    Chain(#[source] webpki::Error),
    #[error("the certificate names neither a device nor a role of site {site}")]
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
    /// A host, in these roles; never empty.
    Role(Vec<&'static Role>),
}

/// Who the holder of a certificate is. Only for one that [`SiteClients`] or
/// [`PinnedServer`] accepted in this handshake: names alone prove nothing.
/// `None` for a certificate that names nobody, or two.
pub fn peer_of(certificate: &CertificateDer<'_>, site: &str) -> Option<Peer> {
    let roles = roles_of(certificate, site);
    match (device_id_of(certificate, site), roles.is_empty()) {
        (Some(id), true) => Some(Peer::Device(id)),
        (None, false) => Some(Peer::Role(roles)),
        _ => None,
    }
}

/// A client's check of a server: pinned root, expected role.
#[derive(Debug)]
pub struct PinnedServer {
    pin: Fingerprint,
    role: &'static Role,
    name: String,
}

impl PinnedServer {
    /// Accepts hosts of the site with this root that play `role`.
    pub fn new(pin: Fingerprint, role: &'static Role, site: &str) -> Arc<Self> {
        Arc::new(Self { pin, role, name: role_name(role, site) })
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), PeerRefusal> {
        limit(chain)?;
        let root = chain
            .iter()
            .find(|certificate| {
                ed25519_key_of(certificate).is_some_and(|key| key.fingerprint() == self.pin)
            })
            .ok_or(PeerRefusal::NotPinned { pin: self.pin })?;
        let anchor = webpki::anchor_from_trusted_cert(root).map_err(PeerRefusal::Chain)?;
        let leaf_read = verify(leaf, chain, &anchor, now, webpki::KeyUsage::server_auth())?;
        let not_the_role =
            || PeerRefusal::NotTheRole { role: self.role.slug, names: listed(&dns_names(leaf)) };
        let name = ServerName::try_from(self.name.as_str()).map_err(|_| not_the_role())?;
        leaf_read.verify_is_valid_for_subject_name(&name).map_err(|_| not_the_role())
    }
}

impl ServerCertVerifier for PinnedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates, now).map_err(refuse)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}

/// A server's check of a client: a device or a host of the site, or nobody.
#[derive(Debug)]
pub struct SiteClients {
    anchor: TrustAnchor<'static>,
    site: String,
}

impl SiteClients {
    /// Accepts devices and hosts of the site with this root certificate, and
    /// those who show none. A server has the root at the end of its own chain.
    pub fn new(root: &CertificateDer<'_>, site: &str) -> Result<Arc<Self>, PeerRefusal> {
        let anchor = webpki::anchor_from_trusted_cert(root).map_err(PeerRefusal::Chain)?.to_owned();
        Ok(Arc::new(Self { anchor, site: site.to_owned() }))
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), PeerRefusal> {
        limit(chain)?;
        verify(leaf, chain, &self.anchor, now, webpki::KeyUsage::client_auth())?;
        peer_of(leaf, &self.site)
            .map(|_| ())
            .ok_or_else(|| PeerRefusal::NoName { site: self.site.clone() })
    }
}

impl ClientCertVerifier for SiteClients {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// None: a client has one certificate, and needs no hint which to show.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates, now).map_err(refuse)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
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
