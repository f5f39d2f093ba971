//! A client's question: is this server who it should be?

use std::sync::Arc;

use catalog::role::Role;
use rustls::Error;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::{Wanted, limit, refuse};
use crate::Fingerprint;

/// A client's check of a server: pinned root, expected role.
#[derive(Debug)]
pub struct PinnedServer(Wanted);

impl PinnedServer {
    /// Accepts hosts of the site with this root that play `role`.
    pub fn new(pin: Fingerprint, role: &'static Role, site: &str) -> Arc<Self> {
        Arc::new(Self(Wanted { pin, site: site.to_owned(), role, host: None }))
    }

    /// Accepts one host of the site with this root, if it plays `role`; `host`
    /// is its key in the site file.
    pub fn host(pin: Fingerprint, host: &str, role: &'static Role, site: &str) -> Arc<Self> {
        let (site, host) = (site.to_owned(), Some(host.to_owned()));
        Arc::new(Self(Wanted { pin, site, role, host }))
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
        self.0
            .check(end_entity, intermediates, now, webpki::KeyUsage::server_auth())
            .map_err(refuse)?;
        Ok(ServerCertVerified::assertion())
    }

    only_tls_1_3!();
}

/// No check at all of who the server is, for one connection only: the site
/// server's to a host that was invited, has not joined, and waits to be dialled.
///
/// That host has no certificate yet, so there is nothing to check. It is safe
/// because nothing is believed or told before somebody proves himself: the site
/// server shows its own certificate, by which the host knows it
/// ([`SiteServerOnly`](super::SiteServerOnly)), and only then does the host send
/// the invitation's one-time token. Who answers instead of the host learns no
/// token, and is answered nothing without one. Everywhere else this would be a
/// hole; use [`PinnedServer`].
#[derive(Debug)]
pub struct AnyServerForPendingJoin(());

impl AnyServerForPendingJoin {
    /// For a connection on which nothing but a join is served.
    pub fn that_serves_nothing_else() -> Arc<Self> {
        Arc::new(Self(()))
    }
}

impl ServerCertVerifier for AnyServerForPendingJoin {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        limit(intermediates).map_err(refuse)?;
        Ok(ServerCertVerified::assertion())
    }

    only_tls_1_3!();
}
