//! A server's question: who comes?

use std::sync::Arc;

use catalog::role::SITE_SERVER;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DistinguishedName, Error};

use super::{PeerRefusal, Wanted, limit, peer_of, refuse, verify};
use crate::Fingerprint;

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

    only_tls_1_3!();
}

/// A host's check of whoever opens its site link: the site server of the pinned
/// site, and nobody else. It sends its whole chain, so that a host which has no
/// more than an invitation knows it.
#[derive(Debug)]
pub struct SiteServerOnly(Wanted);

impl SiteServerOnly {
    pub fn new(pin: Fingerprint, site: &str) -> Arc<Self> {
        Arc::new(Self(Wanted { pin, site: site.to_owned(), role: &SITE_SERVER, host: None }))
    }
}

impl ClientCertVerifier for SiteServerOnly {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    /// None: the site server has one certificate.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.0
            .check(end_entity, intermediates, now, webpki::KeyUsage::client_auth())
            .map_err(refuse)?;
        Ok(ClientCertVerified::assertion())
    }

    only_tls_1_3!();
}
