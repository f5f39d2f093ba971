//! TLS 1.3 on a socket: rustls set up once, the same way for everybody, with
//! the verdicts of `trust::tls` on who may be at the other end.
//!
//! The provider (aws-lc-rs) is named here and not installed for the process: a
//! library that brings another one into the tree cannot change what we use.
//! Nothing older than TLS 1.3 is spoken, so that there is nothing to negotiate
//! down to.

mod failure;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use trust::Fingerprint;
use trust::certificate::HostIdentity;
use trust::tls::{
    AnyServerForPendingJoin, Peer, PeerRefusal, PinnedServer, SiteClients, SiteServerOnly, peer_of,
};

pub use failure::TlsFailure;

/// The one protocol inside our TLS.
const ALPN: &[u8] = b"http/1.1";
/// How much is encrypted before it is handed to the system: four records in one
/// call, because one record a call costs a tenth more CPU for large content. It is
/// held only while the other side takes less than we send; an idle connection
/// holds nothing. Bytes.
const BUFFER: usize = 64 * 1024; // not a port: bytes

/// A certificate with the authorities above it, and its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// `chain` starts with the own certificate.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivatePkcs8KeyDer<'static>) -> Self {
        Self { chain, key: key.into() }
    }

    /// From bytes that were kept in files: DER certificates, the own one first,
    /// and a key in PKCS #8.
    pub fn from_der(chain: Vec<Vec<u8>>, pkcs8: Vec<u8>) -> Self {
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        Self::new(chain, PrivatePkcs8KeyDer::from(pkcs8))
    }
}

impl From<HostIdentity> for Identity {
    fn from(role: HostIdentity) -> Self {
        Self::new(role.chain, role.key)
    }
}

impl fmt::Debug for Identity {
    /// Never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Certificate and key do not fit each other, or one cannot be read.
    #[error("the TLS certificate and its key cannot be used together")]
    Identity(#[source] rustls::Error),
    /// There is no certificate.
    #[error("the TLS identity has no certificate")]
    Empty,
    /// The site's root, at the end of the chain, cannot be read.
    #[error("the last certificate of the chain is no root by which clients could be known")]
    Root(#[source] PeerRefusal),
    /// The provider does not offer TLS 1.3: a build without it.
    #[error("this build cannot speak TLS 1.3")]
    Version(#[source] rustls::Error),
}

/// The server's side of TLS for one site. Clones share certificate and counts.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

struct Shared {
    site: String,
    visitors: Visitors,
    config: RwLock<Arc<ServerConfig>>,
    refusals: Mutex<Refusals>,
}

/// Handshakes that failed at a server since it was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals {
    /// How many.
    pub count: u64,
    /// The newest: when (Unix milliseconds), who, and why.
    pub last: Option<(i64, IpAddr, String)>,
}

/// Whom a server lets in.
enum Visitors {
    /// Devices and hosts of the site, and who shows no certificate.
    Site,
    /// The site server of the site with this root.
    SiteServer(Fingerprint),
}

impl Visitors {
    fn verifier(
        &self,
        identity: &Identity,
        site: &str,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        Ok(match self {
            Self::Site => {
                let root = identity.chain.last().ok_or(TlsError::Empty)?;
                SiteClients::new(root, site).map_err(TlsError::Root)?
            }
            Self::SiteServer(root) => SiteServerOnly::new(*root, site),
        })
    }
}

/// A server with this identity, whose chain must end with the site's root: it
/// asks its clients for certificates below that root and demands none.
///
/// # Errors
/// [`TlsError`].
pub fn server(identity: Identity, site: &str) -> Result<Server, TlsError> {
    Server::new(identity, site, Visitors::Site)
}

/// A host's end of a site link that the site server opens: nobody but the site
/// server with this root is let in. A host that joins has no better identity
/// than a certificate that it signed itself.
///
/// # Errors
/// [`TlsError`].
pub fn host_server(identity: Identity, root: Fingerprint, site: &str) -> Result<Server, TlsError> {
    Server::new(identity, site, Visitors::SiteServer(root))
}

fn server_config(
    identity: Identity,
    site: &str,
    visitors: &Visitors,
) -> Result<Arc<ServerConfig>, TlsError> {
    let verifier = visitors.verifier(&identity, site)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Version)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain, identity.key)
        .map_err(TlsError::Identity)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // Our clients keep one connection: a second ticket would only cost memory.
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

impl Server {
    fn new(identity: Identity, site: &str, visitors: Visitors) -> Result<Self, TlsError> {
        let config = RwLock::new(server_config(identity, site, &visitors)?);
        let refusals = Mutex::new(Refusals::default());
        let shared = Shared { site: site.to_owned(), visitors, config, refusals };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Uses a renewed certificate from the next connection on.
    ///
    /// # Errors
    /// [`TlsError`]; the old one then stays in use.
    pub fn renew(&self, identity: Identity) -> Result<(), TlsError> {
        let config = server_config(identity, &self.shared.site, &self.shared.visitors)?;
        *self.shared.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// The handshakes that failed.
    pub fn refusals(&self) -> Refusals {
        self.shared.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shakes hands with a client; says who it is when it showed a certificate.
    /// `None` when nothing came of it; that is logged and counted here.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        from: SocketAddr,
        within: Duration,
    ) -> Option<(ServerStream, Option<Peer>)> {
        let config = self.shared.config.read().unwrap_or_else(PoisonError::into_inner).clone();
        let shaking = TlsAcceptor::from(config)
            .accept_with(stream, |session| session.set_buffer_limit(Some(BUFFER)))
            .into_fallible();
        match tokio::time::timeout(within, shaking).await {
            Ok(Ok(stream)) => {
                let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
                let own = certificates.first();
                if own.is_some_and(|own| has_expired(own, crate::clock::now())) {
                    self.refuse(from, &TlsFailure::Outlived);
                    return None;
                }
                let peer = own.and_then(|own| peer_of(own, &self.shared.site));
                Some((stream, peer))
            }
            Ok(Err((error, stream))) => {
                self.refuse(from, &TlsFailure::of(error));
                hang_up(stream).await;
                None
            }
            Err(_over) => {
                self.refuse(from, &TlsFailure::TimedOut(within));
                None
            }
        }
    }

    fn refuse(&self, from: SocketAddr, failure: &TlsFailure) {
        match failure {
            TlsFailure::Peer(_) | TlsFailure::Outlived => tracing::info!(%from, "client {failure}"),
            other => tracing::info!(%from, "no TLS with a client: {other}"),
        }
        let mut refusals = self.shared.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.count += 1;
        refusals.last = Some((crate::clock::now(), from.ip(), failure.to_string()));
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tls::Server(site {})", self.shared.site)
    }
}

/// A resumed session remembers a certificate that was verified in its time, and
/// TLS does not look at it again. The client's next handshake is a whole one,
/// because a ticket serves once.
fn has_expired(certificate: &CertificateDer<'_>, now: i64) -> bool {
    trust::certificate::validity(certificate).is_none_or(|(_, until)| until < now)
}

/// Ends a refused connection so that the client can read why: closing it with
/// bytes unread would send a reset, which may overtake the alert.
async fn hang_up(mut stream: TcpStream) {
    const AT_MOST: Duration = Duration::from_secs(1);
    let said = async {
        stream.shutdown().await?;
        let mut rest = stream.take(64 * 1024); // not a port: bytes
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // It is refused either way.
    drop(tokio::time::timeout(AT_MOST, said).await);
}

/// A server's end of a connection.
pub(crate) type ServerStream = tokio_rustls::server::TlsStream<TcpStream>;
/// A client's end of a connection.
pub(crate) type ClientStream = tokio_rustls::client::TlsStream<TcpStream>;

/// The client's side of TLS: whom it will speak to, and as whom.
#[derive(Debug, Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
}

/// A client that speaks only to servers that `pin` accepts, as `identity` or
/// as nobody.
///
/// # Errors
/// [`TlsError`].
pub fn client(pin: Arc<PinnedServer>, identity: Option<Identity>) -> Result<Client, TlsError> {
    client_that_trusts(pin, identity)
}

/// A client for the one connection on which the other end cannot be known: the
/// site server's, to a host that was invited and waits. Nothing may be served
/// on it but the join (see [`AnyServerForPendingJoin`]).
///
/// # Errors
/// [`TlsError`].
pub fn client_to_pending_join(identity: Identity) -> Result<Client, TlsError> {
    client_that_trusts(AnyServerForPendingJoin::that_serves_nothing_else(), Some(identity))
}

fn client_that_trusts(
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<Identity>,
) -> Result<Client, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Version)?
        // "Dangerous" means: not the web's rules. Ours are stricter.
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.chain, identity.key)
            .map_err(TlsError::Identity)?,
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Client { config: Arc::new(config) })
}

impl Client {
    /// Shakes hands with the server. It is known by pin and role; the address
    /// serves only to find a session that can be resumed, and no name is sent.
    pub(crate) async fn connect(&self, stream: TcpStream) -> Result<ClientStream, TlsFailure> {
        let address = stream.peer_addr().map_err(TlsFailure::of)?.ip();
        TlsConnector::from(self.config.clone())
            .connect_with(ServerName::IpAddress(address.into()), stream, |session| {
                session.set_buffer_limit(Some(BUFFER));
            })
            .await
            .map_err(TlsFailure::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_session_does_not_outlive_its_certificate() {
        let identity = Sample::new().identity();
        let until = trust::certificate::validity(&identity.chain[0]).map(|(_, until)| until);
        assert!(until.is_some_and(|until| !has_expired(&identity.chain[0], until)));
        assert!(until.is_some_and(|until| has_expired(&identity.chain[0], until + 1)));
        assert!(has_expired(&CertificateDer::from(vec![0x30]), 0));
    }
}
