//! A small site for this crate's tests: one host on a loopback address of its
//! own, so that tests beside one another cannot take each other's ports.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use catalog::Role;
use catalog::role::{MANAGEMENT_POINT, SITE_SERVER};
use rustls::pki_types::PrivatePkcs8KeyDer;
use trust::certificate::{Authority, HostNames, Root, csr};
use trust::invitation::Invitation;
use trust::key::SigningKey;
use trust::tls::PinnedServer;

use crate::net::{Dial, Listen, free_port};
use crate::tls::{self, Identity};

/// Long enough for a busy machine, short enough for a broken test.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// The id of the device in every sample.
pub(crate) const DEVICE: &str = "0123456789abcdef0123456789abcdef";

const SITE: &str = "P01";

pub(crate) struct Sample {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    root: Root,
    authority: Authority,
    now: i64,
}

impl Sample {
    pub(crate) fn new() -> Self {
        static HOST: AtomicU8 = AtomicU8::new(1);
        let host = HOST.fetch_add(1, Ordering::Relaxed);
        let address = IpAddr::V4(Ipv4Addr::new(127, 77, 0, host));
        let now = crate::clock::now();
        let root = Root::create(SITE, now).unwrap();
        let authority = Authority::create(&root, SITE, now).unwrap();
        Self { address, port: free_port(address, &[]).unwrap(), root, authority, now }
    }

    /// What the plan says: a management point on our address and port.
    pub(crate) fn listen(&self) -> Listen {
        self.listen_at(self.address)
    }

    pub(crate) fn listen_at(&self, address: IpAddr) -> Listen {
        let port = self.port;
        let text = format!(
            r#"
            edition = "portolan"
            [site.P01]
            name = "Head office"
            ports = {{ https = {port} }}
            [network.here]
            cidr = ["127.0.0.0/8", "192.0.2.0/24"]
            clients = "P01"
            [host.keel]
            address = "{address}"
            roles = ["site-server", "management-point"]
            "#
        );
        let estate = plan::read(&text).expect("the sample's site file");
        let (plan, _findings) = plan::plan(&estate).expect("the sample's plan");
        let listens = plan.listens("keel");
        let https = listens.iter().find(|listen| listen.port() == port);
        Listen::planned(https.expect("the sample's listener"))
    }

    /// Leave to go there, as an invited client has it.
    pub(crate) fn dial(&self) -> Dial {
        let Self { address, port, root, .. } = self;
        let (address, port, root) = (*address, *port, root.fingerprint());
        Dial::along(&Invitation { site: SITE.to_owned(), address, port, root }.way())
    }

    pub(crate) fn server(&self) -> tls::Server {
        tls::server(self.host_identity(&[&MANAGEMENT_POINT]), SITE).unwrap()
    }

    /// The same host, where only the site server is let in.
    pub(crate) fn host_server(&self) -> tls::Server {
        let identity = self.host_identity(&[&MANAGEMENT_POINT]);
        tls::host_server(identity, self.root.fingerprint(), SITE).unwrap()
    }

    /// The site server, as a client of that host.
    pub(crate) fn site_server(&self) -> tls::Client {
        let identity = self.host_identity(&[&SITE_SERVER]);
        tls::client(self.pin(&MANAGEMENT_POINT), Some(identity)).unwrap()
    }

    fn host_identity(&self, roles: &[&Role]) -> Identity {
        let names = HostNames { host: "keel", roles, dns: &[], ips: &[] };
        self.authority.host_identity(SITE, &names, self.now).unwrap().into()
    }

    /// A client that looks for `role` of this site, as a device of it.
    pub(crate) fn device(&self, role: &'static Role) -> tls::Client {
        tls::client(self.pin(role), Some(self.identity())).unwrap()
    }

    /// A client of this site without a certificate.
    pub(crate) fn nobody(&self) -> tls::Client {
        tls::client(self.pin(&MANAGEMENT_POINT), None).unwrap()
    }

    /// A client that knows this site, with a certificate of another.
    pub(crate) fn stranger(&self, other: &Self) -> tls::Client {
        tls::client(self.pin(&MANAGEMENT_POINT), Some(other.identity())).unwrap()
    }

    fn pin(&self, role: &'static Role) -> std::sync::Arc<PinnedServer> {
        PinnedServer::new(self.root.fingerprint(), role, SITE)
    }

    /// A device of this site.
    pub(crate) fn identity(&self) -> Identity {
        let key = SigningKey::generate().unwrap();
        let request = csr(&key, "sample").unwrap();
        let chain = self.authority.issue_device(SITE, DEVICE, &request, self.now).unwrap();
        Identity::new(chain, PrivatePkcs8KeyDer::from(key.to_pkcs8().to_vec()))
    }
}
