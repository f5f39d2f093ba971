//! Who becomes a device, and who does not.

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::Request;
use rustls::pki_types::CertificateDer;
use trust::map::VerifiedMap;
use wire::client::{Enrolled, Renew, Renewed};

use crate::world::{Machine, World, post, refusal};

#[tokio::test]
async fn a_token_lets_one_machine_in_once() {
    let world = World::new().await;
    let (machine, token) = (Machine::new("m1"), world.token().await);
    let enrolled: Enrolled = world.enrol(&machine, &token).await.json();
    assert_eq!(enrolled.site, "P01");
    let leaf = CertificateDer::from(BASE64.decode(&enrolled.certificates[0]).unwrap());
    let id = trust::certificate::device_id_of(&leaf, "P01");
    assert_eq!(id, Some(enrolled.device.clone()));
    let (map, now) = (BASE64.decode(&enrolled.map).unwrap(), node::clock::now());
    let map = VerifiedMap::open(&map, &world.root, "P01", now, 0).unwrap();
    let mut roles: Vec<_> = map.entries().iter().map(|entry| entry.role().slug).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["distribution-point", "management-point"]);

    // Its answer was lost: it asks again.
    let again: Enrolled = world.enrol(&machine, &token).await.json();
    assert_eq!(again.device, enrolled.device);
    let thief = world.enrol(&Machine::new("thief"), &token).await;
    assert_eq!(thief.refused(), refusal(401, "token-spent"));
    let other = world.enrol(&machine, &world.token().await).await;
    assert_eq!(other.refused(), refusal(409, "key-known"));
    assert_eq!(world.store.devices().await.unwrap().len(), 1);

    // Nor does that way lead around a block.
    world.store.block_device(&enrolled.device, "stolen", 1).await.unwrap();
    let blocked = world.enrol(&machine, &token).await;
    assert_eq!(blocked.refused(), refusal(403, "device-blocked"));
}

#[tokio::test]
async fn wrong_tokens_are_told_apart() {
    let world = World::new().await;
    let (machine, token) = (Machine::new("m1"), trust::token::Token::generate().unwrap());
    let unknown = world.enrol(&machine, &token.text()).await;
    assert_eq!(unknown.refused(), refusal(401, "token-unknown"));
    world.store.create_token(&token.hash(), 0, 1).await.unwrap();
    let expired = world.enrol(&machine, &token.text()).await;
    assert_eq!(expired.refused(), refusal(401, "token-expired"));
    assert_eq!(world.enrol(&machine, "ptk_").await.refused(), refusal(401, "token-malformed"));
    assert!(world.store.devices().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_forged_request_spends_no_token() {
    let world = World::new().await;
    let (machine, token) = (Machine::new("m1"), world.token().await);
    let mut forged = machine.enrol(&token);
    let mut csr = machine.csr();
    *csr.last_mut().unwrap() ^= 1;
    forged.csr = BASE64.encode(csr);
    let refused = world.send(post("/mp/v1/enrol", &forged)).await;
    assert_eq!(refused.refused(), refusal(400, "csr-refused"));

    let mut deaf = machine.enrol(&token);
    // Too short; and the point of small order, to which nothing can be sealed.
    for key in [&[0; 31][..], &[0; 32]] {
        deaf.sealing_key = BASE64.encode(key);
        let refused = world.send(post("/mp/v1/enrol", &deaf)).await;
        assert_eq!(refused.refused(), refusal(400, "sealing-key-malformed"));
    }

    let mut rude = machine.enrol(&token);
    rude.name = "a\u{1b}[2J".into();
    let refused = world.send(post("/mp/v1/enrol", &rude)).await;
    assert_eq!(refused.refused(), refusal(400, "name-invalid"));

    let _enrolled: Enrolled = world.enrol(&machine, &token).await.json();
}

#[tokio::test]
async fn renewal_needs_the_key_and_nothing_else() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let renew = |machine: &Machine| Renew { csr: BASE64.encode(machine.csr()) };
    let renewed: Renewed = world.send(post("/mp/v1/renew", &renew(&device))).await.json();
    let leaf = CertificateDer::from(BASE64.decode(&renewed.certificates[0]).unwrap());
    assert_eq!(trust::certificate::device_id_of(&leaf, "P01"), Some(device.id.clone()));

    let stranger = world.send(post("/mp/v1/renew", &renew(&Machine::new("m2")))).await;
    assert_eq!(stranger.refused(), refusal(403, "device-unknown"));
    world.store.block_device(&device.id, "stolen", 1).await.unwrap();
    let blocked = world.send(post("/mp/v1/renew", &renew(&device))).await;
    assert_eq!(blocked.refused(), refusal(403, "device-blocked"));
}

#[tokio::test]
async fn keys_are_renewed_while_the_site_runs() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let renewed = async || {
        let renew = Renew { csr: BASE64.encode(device.csr()) };
        let answer: Renewed = world.send(post("/mp/v1/renew", &renew)).await.json();
        let kept = world.keeper.keys();
        let above = BASE64.decode(&answer.certificates[1]).unwrap();
        let fresh = !kept.needs_renewal(node::clock::now());
        (fresh && above == **kept.authority().certificate()).then_some(())
    };
    world.until("a certificate from a renewed authority", renewed).await;
    assert_eq!(world.keeper.keys().fingerprint(), world.root);
}

#[tokio::test]
async fn a_stranger_is_not_listened_to_for_long() {
    let world = World::new().await;
    let long = " ".repeat(wire::limit::UNAUTHENTICATED_BODY + 1);
    let announced = Request::post("/mp/v1/enrol").header("content-length", long.len());
    let announced = world.send(announced.body(Body::empty()).unwrap()).await;
    let pieces = futures_util::stream::iter(
        long.into_bytes()
            .chunks(1000)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
            .collect::<Vec<_>>(),
    );
    let unannounced = Request::post("/mp/v1/enrol").body(Body::from_stream(pieces)).unwrap();
    let unannounced = world.send(unannounced).await;
    for answer in [announced, unannounced] {
        assert_eq!(answer.refused(), refusal(413, "body-too-large"));
        let limit = wire::limit::UNAUTHENTICATED_BODY.to_string();
        assert!(answer.problem().message.contains(&limit));
    }

    let torn = Request::post("/mp/v1/enrol").body(Body::from("{\n  \"token\": 7\n}")).unwrap();
    let torn = world.send(torn).await;
    assert_eq!(torn.refused(), refusal(400, "json-malformed"));
    assert!(torn.problem().message.contains("line 2, column"), "{}", torn.problem());
}
