//! A machine that is a host of the site, or wants to be one, as tests play it.

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use catalog::role;
use http::Request;
use rustls::pki_types::CertificateDer;
use serde_json::json;
use trust::host_invitation::HostInvitation;
use trust::key::SigningKey;
use trust::tls::{Peer, peer_of};
use wire::client::Renew;
use wire::link::{Held, Join, Joined, Orders, Report};
use wire::rest;

use crate::world::{Answer, World, get, post};

/// A machine with a host's key.
pub(crate) struct Helm {
    pub(crate) name: String,
    pub(crate) key: SigningKey,
}

impl Helm {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), key: SigningKey::generate().unwrap() }
    }

    /// A host that joined.
    pub(crate) async fn joined(world: &World, name: &str) -> Self {
        let helm = Self::new(name);
        let invitation = invite(world, name).await;
        let joined: Joined = world.ask(helm.join(&invitation.token.text())).await.json();
        // Who is served afterwards is decided by the certificate.
        let leaf = CertificateDer::from(BASE64.decode(&joined.certificates[0]).unwrap());
        assert_eq!(peer_of(&leaf, "P01"), Some(helm.peer()));
        helm
    }

    pub(crate) fn csr(&self) -> String {
        BASE64.encode(trust::certificate::csr(&self.key, &self.name).unwrap())
    }

    pub(crate) fn join(&self, token: &str) -> Request<Body> {
        let (token, csr) = (token.to_owned(), self.csr());
        post(wire::link::JOIN, &Join { token, csr, version: "0.1.0".into() })
    }

    pub(crate) fn renew(&self) -> Request<Body> {
        post(wire::link::RENEW, &Renew { csr: self.csr() })
    }

    pub(crate) fn peer(&self) -> Peer {
        let mut roles = vec![&role::DISTRIBUTION_POINT, &role::SITE_SYSTEM];
        roles.sort_by_key(|role| role::ROLES.iter().position(|known| known == role));
        Peer::Host { host: self.name.clone(), roles, key: Some(self.key.public()) }
    }

    pub(crate) fn shows(&self, mut request: Request<Body>) -> Request<Body> {
        let _before = request.extensions_mut().insert(self.peer());
        request
    }

    pub(crate) async fn get(&self, world: &World, path: &str) -> Answer {
        world.ask(self.shows(get(path))).await
    }

    pub(crate) async fn orders(&self, world: &World, after: u64) -> Orders {
        self.get(world, &format!("{}?after={after}", wire::link::ORDERS)).await.json()
    }

    pub(crate) async fn report(&self, world: &World, contents: Vec<Held>) -> Answer {
        let report = Report { version: "0.1.1".into(), contents };
        world.ask(self.shows(post(wire::link::REPORT, &report))).await
    }
}

/// What an administrator carries to the host.
pub(crate) async fn invite(world: &World, name: &str) -> HostInvitation {
    let path = format!("/api/v1/hosts/{name}/invite");
    let made = world.admin("POST", &path, &json!({ "valid_for": 60 })).await;
    HostInvitation::parse(&made.json::<rest::HostInvitation>().file).unwrap()
}
