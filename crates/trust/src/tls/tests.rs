//! Whole handshakes in memory: who gets in, who does not, and what they hear.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT, SITE_SERVER, SITE_SYSTEM};
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ED25519,
};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

use super::*;
use crate::certificate::{
    Authority, DAY, DEVICE_LIFE, HOST_LIFE, HostIdentity, HostNames, Root, csr, joining,
};
use crate::key::SigningKey;

const NOW: i64 = 1_700_000_000_000;
const SITE: &str = "P01";
const DEVICE: &str = "0123456789abcdef0123456789abcdef";

type Identity = (Vec<CertificateDer<'static>>, PrivatePkcs8KeyDer<'static>);

struct Site {
    root: Root,
    authority: Authority,
}

impl Site {
    fn new() -> Self {
        let root = Root::create(SITE, NOW).unwrap();
        let authority = Authority::create(&root, SITE, NOW).unwrap();
        Self { root, authority }
    }

    fn role(&self, role: &'static Role) -> Identity {
        let names = HostNames { host: "keel", roles: &[role], dns: &[], ips: &[] };
        let HostIdentity { chain, key } = self.authority.host_identity(SITE, &names, NOW).unwrap();
        (chain, key)
    }

    fn device(&self) -> Identity {
        let key = SigningKey::generate().unwrap();
        let request = csr(&key, "a laptop").unwrap();
        let chain = self.authority.issue_device(SITE, DEVICE, &request, NOW).unwrap();
        (chain, PrivatePkcs8KeyDer::from(key.to_pkcs8().to_vec()))
    }
}

#[derive(Debug)]
struct Clock(i64);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(self.0).ok()?)))
    }
}

/// The server's and the client's view: who the other is, or why not.
struct Outcome {
    server: Result<Option<Peer>, Error>,
    client: Result<(), Error>,
}

impl Outcome {
    /// What the client has against the server.
    fn refusal(&self) -> Option<&PeerRefusal> {
        self.client.as_ref().err().and_then(refusal_of)
    }
}

/// A client of `site` looks for its management point at `now`.
fn meet(site: &Site, server: Identity, client: Option<Identity>, now: i64) -> Outcome {
    let at_server = SiteClients::new(&site.root.certificate, SITE).unwrap();
    let at_client = PinnedServer::new(site.root.fingerprint(), &MANAGEMENT_POINT, SITE);
    meet_as((server, at_server), (client, at_client), now)
}

fn meet_as(
    (server, at_server): (Identity, Arc<dyn ClientCertVerifier>),
    (client, at_client): (Option<Identity>, Arc<dyn ServerCertVerifier>),
    now: i64,
) -> Outcome {
    let clock = Arc::new(Clock(now));
    let server_config =
        ServerConfig::builder_with_details(Arc::new(default_provider()), clock.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(at_server)
            .with_cert_resolver(shown(server));
    let client_config = ClientConfig::builder_with_details(Arc::new(default_provider()), clock)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(at_client);
    let client_config = match client {
        Some(identity) => client_config.with_client_cert_resolver(shown(identity)),
        None => client_config.with_no_client_auth(),
    };
    // The name that is dialled plays no part.
    let name = ServerName::try_from("192.0.2.1").unwrap();
    let mut client = ClientConnection::new(Arc::new(client_config), name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server_config)).unwrap();
    shake_hands(&mut client, &mut server)
}

/// Shows a chain whether or not the key belongs to it, as a thief would.
fn shown((chain, key): Identity) -> Arc<SingleCertAndKey> {
    let key = any_supported_type(&PrivateKeyDer::from(key)).unwrap();
    Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)))
}

fn shake_hands(client: &mut ClientConnection, server: &mut ServerConnection) -> Outcome {
    let mut failed = (Ok(()), Ok(()));
    for _ in 0..8 {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        if server.read_tls(&mut bytes.as_slice()).is_ok() && failed.1.is_ok() {
            failed.1 = server.process_new_packets().map(|_| ());
        }
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        if client.read_tls(&mut bytes.as_slice()).is_ok() && failed.0.is_ok() {
            failed.0 = client.process_new_packets().map(|_| ());
        }
    }
    let peer = || server.peer_certificates()?.first().and_then(|leaf| peer_of(leaf, SITE));
    Outcome { server: failed.1.map(|()| peer()), client: failed.0 }
}

#[test]
fn a_device_and_its_management_point_meet() {
    let site = Site::new();
    let outcome = meet(&site, site.role(&MANAGEMENT_POINT), Some(site.device()), NOW);
    assert_eq!(outcome.client, Ok(()));
    assert_eq!(outcome.server, Ok(Some(Peer::Device(DEVICE.to_owned()))));
    // To enrol, or to renew an expired certificate, a client comes without one.
    let outcome = meet(&site, site.role(&MANAGEMENT_POINT), None, NOW);
    assert_eq!((outcome.client, outcome.server), (Ok(()), Ok(None)));
    // Hosts of the site meet, too.
    let host = site.role(&DISTRIBUTION_POINT);
    let outcome = meet(&site, site.role(&MANAGEMENT_POINT), Some(host), NOW);
    let roles = vec![&DISTRIBUTION_POINT, &SITE_SYSTEM];
    assert_eq!(outcome.server, Ok(Some(Peer::Host { host: "keel".to_owned(), roles, key: None })));
}

#[test]
fn a_role_counts_for_itself_only() {
    let site = Site::new();
    let outcome = meet(&site, site.role(&DISTRIBUTION_POINT), None, NOW);
    assert_eq!(
        outcome.refusal().unwrap().to_string(),
        "the certificate does not count for management-point; it names \
         keel.host.p01.portolan.internal, site-system.p01.portolan.internal, \
         distribution-point.p01.portolan.internal"
    );
    // A device that says it is the management point, with the whole chain.
    let (mut chain, key) = site.device();
    chain.push(site.root.certificate.clone());
    let outcome = meet(&site, (chain, key), None, NOW);
    assert!(matches!(outcome.refusal(), Some(PeerRefusal::Chain(_))));
}

#[test]
fn a_device_cannot_issue() {
    let site = Site::new();
    let (above, key) = site.device();
    let signer = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519).unwrap();
    let issuer = Issuer::from_ca_cert_der(above.first().unwrap(), signer).unwrap();
    let own = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut forged = CertificateParams::new(vec![role_name(&MANAGEMENT_POINT, SITE)]).unwrap();
    forged.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = forged.signed_by(&own, &issuer).unwrap();
    let mut chain = vec![CertificateDer::from(leaf)];
    chain.extend(above);
    chain.push(site.root.certificate.clone());
    let key = PrivatePkcs8KeyDer::from(own.serialize_der());
    let outcome = meet(&site, (chain, key), None, NOW);
    assert!(matches!(outcome.refusal(), Some(PeerRefusal::Chain(_))));
}

#[test]
fn another_site_is_not_this_one() {
    let (site, other) = (Site::new(), Site::new());
    let outcome = meet(&site, other.role(&MANAGEMENT_POINT), None, NOW);
    let pin = site.root.fingerprint();
    assert_eq!(outcome.refusal(), Some(&PeerRefusal::NotPinned { pin }));
    // The root's certificate is public: adding it to a forged chain is easy.
    let (mut chain, key) = other.role(&MANAGEMENT_POINT);
    chain.pop();
    chain.push(site.root.certificate.clone());
    let outcome = meet(&site, (chain, key), None, NOW);
    assert!(matches!(outcome.refusal(), Some(PeerRefusal::Chain(_))));
    // A server that sends no root cannot be known.
    let (mut chain, key) = site.role(&MANAGEMENT_POINT);
    chain.pop();
    let outcome = meet(&site, (chain, key), None, NOW);
    assert_eq!(outcome.refusal(), Some(&PeerRefusal::NotPinned { pin }));
    // The client's side of the same.
    let outcome = meet(&site, site.role(&MANAGEMENT_POINT), Some(other.device()), NOW);
    let refusal = outcome.server.as_ref().unwrap_err();
    assert!(matches!(refusal_of(refusal), Some(PeerRefusal::Chain(_))));
}

#[test]
fn a_stolen_certificate_without_its_key_is_nothing() {
    let site = Site::new();
    let ((chain, _), (_, key)) = (site.device(), site.device());
    let outcome = meet(&site, site.role(&MANAGEMENT_POINT), Some((chain, key)), NOW);
    let bad = Error::InvalidCertificate(CertificateError::BadSignature);
    assert_eq!(outcome.server, Err(bad.clone()));
    let ((chain, _), (_, key)) = (site.role(&MANAGEMENT_POINT), site.role(&MANAGEMENT_POINT));
    assert_eq!(meet(&site, (chain, key), None, NOW).client, Err(bad));
}

#[test]
fn dates_count() {
    let site = Site::new();
    let at = |now| meet(&site, site.role(&MANAGEMENT_POINT), Some(site.device()), now);
    assert!(at(NOW - DAY / 2).client.is_ok(), "half a day behind is forgiven");
    let outcome = at(NOW - 2 * DAY);
    assert!(matches!(outcome.refusal(), Some(PeerRefusal::NotYet { .. })));
    let outcome = at(NOW + HOST_LIFE + 3 * DAY);
    assert_eq!(
        outcome.refusal().unwrap().to_string(),
        "the certificate was valid until 3 days ago; \
         if that cannot be, look at this machine's clock"
    );
    let outcome = at(NOW + DEVICE_LIFE + DAY);
    let refusal = outcome.server.as_ref().unwrap_err();
    assert!(matches!(refusal_of(refusal), Some(PeerRefusal::Expired { .. })));
}

/// A host with a key of its own, as a distribution point is one.
fn host(site: &Site, host: &str, key: &SigningKey) -> Identity {
    let names = HostNames { host, roles: &[&DISTRIBUTION_POINT], dns: &[], ips: &[] };
    let request = csr(key, host).unwrap();
    let chain = site.authority.issue_host(SITE, &names, &request, NOW).unwrap();
    (chain, PrivatePkcs8KeyDer::from(key.to_pkcs8().to_vec()))
}

#[test]
fn on_a_reversed_link_each_side_knows_the_other() {
    let site = Site::new();
    let pin = site.root.fingerprint();
    let link = |as_server: Identity, as_client: Option<Identity>| {
        let dp7 = PinnedServer::host(pin, "dp7", &SITE_SYSTEM, SITE);
        meet_as((as_server, SiteServerOnly::new(pin, SITE)), (as_client, dp7), NOW)
    };
    let key = SigningKey::generate().unwrap();
    let dp7 = || host(&site, "dp7", &key);
    let server = || Some(site.role(&SITE_SERVER));
    let outcome = link(dp7(), server());
    assert_eq!(outcome.client, Ok(()));
    assert!(matches!(outcome.server, Ok(Some(Peer::Host { host, .. })) if host == "keel"));
    // Another host of the same site, however genuine.
    let outcome = link(host(&site, "dp8", &key), server());
    assert!(
        matches!(outcome.refusal(), Some(PeerRefusal::NotTheHost { host, .. }) if host == "dp7")
    );
    // Nobody but the site server gets in: no host, no device, no stranger.
    let not_the_role = |outcome: &Outcome| {
        let refusal = outcome.server.as_ref().unwrap_err();
        matches!(refusal_of(refusal), Some(PeerRefusal::NotTheRole { .. }))
    };
    assert!(not_the_role(&link(dp7(), Some(host(&site, "dp8", &key)))));
    let (mut chain, device) = site.device();
    chain.push(site.root.certificate.clone());
    assert!(not_the_role(&link(dp7(), Some((chain, device)))));
    assert!(link(dp7(), None).server.is_err());
    let foreign = link(dp7(), Some(Site::new().role(&SITE_SERVER)));
    let refusal = foreign.server.as_ref().unwrap_err();
    assert_eq!(refusal_of(refusal), Some(&PeerRefusal::NotPinned { pin }));
}

#[test]
fn who_joins_needs_no_certificate_and_asks_for_the_site_servers() {
    let site = Site::new();
    let pin = site.root.fingerprint();
    let join = |client: Option<Identity>| {
        let key = SigningKey::generate().unwrap();
        let shown = vec![joining(&key, NOW).unwrap()];
        let key = PrivatePkcs8KeyDer::from(key.to_pkcs8().to_vec());
        let any = AnyServerForPendingJoin::that_serves_nothing_else();
        meet_as(((shown, key), SiteServerOnly::new(pin, SITE)), (client, any), NOW)
    };
    let outcome = join(Some(site.role(&SITE_SERVER)));
    assert!(outcome.client.is_ok() && outcome.server.is_ok());
    assert!(join(Some(Site::new().role(&SITE_SERVER))).server.is_err());
    assert!(join(Some(site.role(&DISTRIBUTION_POINT))).server.is_err());
    assert!(join(None).server.is_err());
    // The certificate that it showed is good for nothing else.
    let key = SigningKey::generate().unwrap();
    let shown = (vec![joining(&key, NOW).unwrap()], key.to_pkcs8().to_vec().into());
    assert_eq!(meet(&site, shown, None, NOW).refusal(), Some(&PeerRefusal::NotPinned { pin }));
}
