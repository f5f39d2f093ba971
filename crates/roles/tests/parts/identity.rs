//! Who is served: a device of the site that is not blocked, and nobody else;
//! an administrator with the token, and nobody else.

use axum::body::Body;
use catalog::role;
use http::Request;
use trust::tls::Peer;
use trust::token::Token;

use crate::world::{Machine, World, get, post, refusal};

const CONTENT: &str =
    "/dp/v1/content/0000000000000000000000000000000000000000000000000000000000000000";

/// One request to each place that is for devices alone.
fn requests() -> [Request<Body>; 3] {
    let batch = wire::client::Batch { journal: "0".repeat(32), messages: vec![] };
    [get("/mp/v1/policy"), get(CONTENT), post("/mp/v1/messages", &batch)]
}

async fn all_refused(world: &World, peer: Option<Peer>, status: u16, code: &str) {
    for mut request in requests() {
        let path = request.uri().path().to_owned();
        if let Some(peer) = &peer {
            let _before = request.extensions_mut().insert(peer.clone());
        }
        assert_eq!(world.send(request).await.refused(), refusal(status, code), "{path}");
    }
}

#[tokio::test]
async fn only_devices_are_served() {
    let world = World::new().await;
    all_refused(&world, None, 401, "certificate-missing").await;
    let role =
        Peer::Host { host: "dp7".to_owned(), roles: vec![&role::DISTRIBUTION_POINT], key: None };
    all_refused(&world, Some(role), 403, "wrong-role").await;
    let unknown = Peer::Device("a".repeat(32));
    all_refused(&world, Some(unknown), 403, "device-unknown").await;
}

#[tokio::test]
async fn a_blocked_device_is_refused_at_its_next_request_and_no_other_is() {
    let world = World::new().await;
    let (bad, good) = (world.device("bad").await, world.device("good").await);
    let block = wire::rest::Block { reason: "stolen".into() };
    let shown: wire::rest::Device =
        world.admin("POST", "/api/v1/devices/bad/block", &block).await.json();
    assert!(shown.blocked);
    all_refused(&world, Some(Peer::Device(bad.id.clone())), 403, "device-blocked").await;
    let refused = world.send(bad.get("/mp/v1/policy")).await.problem();
    assert!(refused.message.contains("stolen"), "{refused}");
    for request in requests() {
        let code = world.send(good.shows(request)).await.status;
        assert!(code.is_success() || code == 404, "{code}");
    }

    let path = format!("/api/v1/devices/{}/unblock", bad.id);
    let _shown: wire::rest::Device = world.admin("POST", &path, &()).await.json();
    assert!(world.send(bad.get("/mp/v1/policy")).await.status.is_success());
}

#[tokio::test]
async fn nothing_of_the_api_goes_without_the_token() {
    let world = World::new().await;
    let device: Machine = world.device("m1").await;
    for endpoint in wire::rest::ENDPOINTS {
        let request = |authorization: Option<&str>| {
            let mut request = Request::builder().method(endpoint.method).uri(endpoint.path);
            if let Some(text) = authorization {
                request = request.header("authorization", text);
            }
            device.shows(request.body(Body::empty()).unwrap())
        };
        let missing = world.send(request(None)).await;
        assert_eq!(missing.refused(), refusal(401, "token-missing"), "{}", endpoint.path);
        assert_eq!(missing.header("www-authenticate"), "Bearer");
        let other = format!("Bearer {}", Token::generate().unwrap().text());
        let basic = format!("Basic {}", world.administrator.text());
        for wrong in [other.as_str(), &basic, "Bearer", "Bearer ", "Bearer ptk_é"] {
            let answer = world.send(request(Some(wrong))).await;
            assert_eq!(answer.refused(), refusal(401, "token-wrong"), "{wrong}");
        }
    }
}
