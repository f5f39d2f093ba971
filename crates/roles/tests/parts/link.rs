//! The site link: who joins, who is served, and what a host is told.

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use content::BlockList;
use http::{Request, StatusCode};
use trust::host_plan::VerifiedHostPlan;
use trust::map::VerifiedMap;
use trust::tls::Peer;
use trust::token::Token;
use wire::client::{Batch, Body as Said, Damaged, Message};
use wire::link::{self, Held, Joined};
use wire::rest::{Block, Content, Host, HostState};

use crate::hosts::{Helm, invite};
use crate::world::{Machine, World, get, post, refusal};

/// What is for hosts that joined, and for nobody else.
fn requests() -> Vec<Request<Body>> {
    let content = format!("{}{}", link::CONTENT, "0".repeat(64));
    vec![
        get(link::ORDERS),
        get(link::HOST_PLAN),
        get(&content),
        get(&format!("{content}{}", link::BLOCKS)),
        post(link::REPORT, &link::Report::default()),
    ]
}

async fn all_refused(world: &World, peer: Option<Peer>, status: u16, code: &str) {
    for mut request in requests() {
        let path = request.uri().path().to_owned();
        if let Some(peer) = &peer {
            let _before = request.extensions_mut().insert(peer.clone());
        }
        assert_eq!(world.ask(request).await.refused(), refusal(status, code), "{path}");
    }
}

/// Hosts in the service map.
async fn mapped(world: &World) -> Vec<String> {
    let map = world.store.document("map").await.unwrap().unwrap();
    let map = VerifiedMap::open(&map.envelope, &world.root, "P01", node::clock::now(), 0).unwrap();
    let mut hosts: Vec<_> = map.entries().iter().map(|entry| entry.host().to_owned()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

#[tokio::test]
async fn an_invitation_lets_one_machine_be_that_host() {
    let world = World::new().await;
    let (helm, thief) = (Helm::new("dp7"), Helm::new("dp7"));
    let void = invite(&world, "dp7").await;
    let invitation = invite(&world, "dp7").await;
    assert_eq!((invitation.host.as_str(), invitation.root), ("dp7", world.root));
    let plan = invitation.verified_plan(node::clock::now()).unwrap();
    assert_eq!((plan.host(), plan.roles().len()), ("dp7", 1));
    assert_eq!(mapped(&world).await, ["keel"], "nobody is sent to a host that has not joined");

    let token = invitation.token.text();
    let mut forged = helm.csr();
    forged.replace_range(40..41, if &forged[40..41] == "A" { "B" } else { "A" });
    let join = link::Join { token: token.clone(), csr: forged, version: "1".into() };
    let forged = world.ask(post(link::JOIN, &join)).await;
    assert_eq!(forged.refused(), refusal(400, "csr-refused"));
    for (token, code) in [
        (void.token.text(), "invitation-unknown"),
        (Token::generate().unwrap().text(), "invitation-unknown"),
        ("ptk_".to_owned(), "token-malformed"),
    ] {
        assert_eq!(world.ask(helm.join(&token)).await.refused(), refusal(401, code));
    }

    let joined: Joined = world.ask(helm.join(&token)).await.json();
    let plan = BASE64.decode(&joined.host_plan).unwrap();
    let now = node::clock::now();
    let plan = VerifiedHostPlan::open(&plan, &world.root, "P01", "dp7", now, 0).unwrap();
    assert_eq!(plan.dns(), Some("dp7.example.org"));
    assert_eq!(joined.certificates.len(), 3);
    let there = async || (mapped(&world).await == ["dp7", "keel"]).then_some(());
    world.until("the host in the map", there).await;

    // Its answer was lost: it asks again. Who found the file does so in vain.
    let _again: Joined = world.ask(helm.join(&token)).await.json();
    assert_eq!(world.ask(thief.join(&token)).await.refused(), refusal(401, "invitation-spent"));
    let twice = world
        .admin("POST", "/api/v1/hosts/dp7/invite", &serde_json::json!({ "valid_for": 9 }))
        .await;
    assert_eq!(twice.refused(), refusal(409, "host-joined"));

    let late = Token::generate().unwrap();
    world.store.invite_host("dp8", &late.hash(), 0, 1).await.unwrap();
    let late = world.ask(Helm::new("dp8").join(&late.text())).await;
    assert_eq!(late.refused(), refusal(401, "invitation-expired"));
    let long = Request::post(link::JOIN).body(Body::from(vec![b' '; 17 * 1024])).unwrap();
    assert_eq!(world.ask(long).await.refused(), refusal(413, "body-too-large"));
}

#[tokio::test]
async fn only_hosts_that_joined_are_served() {
    let world = World::new().await;
    let (helm, device) = (Helm::joined(&world, "dp7").await, world.device("m1").await);
    all_refused(&world, None, 401, "certificate-missing").await;
    all_refused(&world, Some(Peer::Device(device.id.clone())), 403, "wrong-role").await;
    all_refused(&world, Some(Helm::new("dp8").peer()), 403, "host-unknown").await;
    // The name of one that joined, and another key: its former one, perhaps.
    all_refused(&world, Some(Helm::new("dp7").peer()), 403, "host-key").await;
    let Peer::Host { host, roles, .. } = helm.peer() else { panic!() };
    all_refused(&world, Some(Peer::Host { host, roles, key: None }), 403, "host-key").await;

    // Nor is a distribution point a client, or an administrator.
    for request in [get("/mp/v1/policy"), post("/mp/v1/locations", &serde_json::json!({}))] {
        let refused = world.send(helm.shows(request)).await;
        assert_eq!(refused.refused(), refusal(403, "wrong-role"));
    }
    let refused = world.send(helm.shows(get("/api/v1/status"))).await;
    assert_eq!(refused.refused(), refusal(401, "token-missing"));
    // What it asks for is its own: nothing that it sends names a host.
    let plan = helm.get(&world, &format!("{}?host=keel", link::HOST_PLAN)).await.body;
    let now = node::clock::now();
    VerifiedHostPlan::open(&plan, &world.root, "P01", "dp7", now, 0).unwrap();
    let elsewhere = helm.get(&world, &format!("{}/dp8", link::HOST_PLAN)).await;
    assert_eq!(elsewhere.refused(), refusal(404, "not-found"));
}

#[tokio::test]
async fn a_removed_host_is_refused_everywhere_until_it_is_invited_again() {
    let world = World::new().await;
    let helm = Helm::joined(&world, "dp7").await;
    let version = helm.orders(&world, 0).await.version;
    let next = format!("{}?after={version}", link::ORDERS);
    let removing = async {
        let gone: Host = world.admin("DELETE", "/api/v1/hosts/dp7", &()).await.json();
        assert_eq!(gone.state, HostState::Removed);
    };
    // Even what it has asked before is answered with a no.
    let (told, ()) = tokio::join!(helm.get(&world, &next), removing);
    assert_eq!(told.refused(), refusal(403, link::HOST_REMOVED));
    all_refused(&world, Some(helm.peer()), 403, link::HOST_REMOVED).await;
    let renewal = world.ask(helm.renew()).await;
    assert_eq!(renewal.refused(), refusal(403, link::HOST_REMOVED));
    let gone = async || (mapped(&world).await == ["keel"]).then_some(());
    world.until("a map without the host", gone).await;

    // Another machine takes its place; whoever has the old key has nothing.
    let other = Helm::joined(&world, "dp7").await;
    all_refused(&world, Some(helm.peer()), 403, link::HOST_KEY).await;
    assert_eq!(world.ask(helm.renew()).await.refused(), refusal(403, "host-unknown"));
    let _orders = other.orders(&world, 0).await;
    // With no certificate left, the key is proof enough.
    let renewed: Joined = world.ask(other.renew()).await.json();
    assert_eq!(renewed.certificates.len(), 3);
}

#[tokio::test]
async fn orders_come_when_they_change() {
    let world = World::new().await;
    let (helm, device) = (Helm::joined(&world, "dp7").await, world.device("m1").await);
    let app = world.app("hello").await;
    let wire::rest::AppInstaller::Script { install, .. } = &app.installer else { panic!() };
    let first = helm.orders(&world, 0).await;
    let wanted: Vec<_> = first.contents.iter().map(|c| (&c.digest, c.size, &*c.name)).collect();
    assert_eq!(wanted, [(&install.digest, install.size, "install")]);
    assert!(first.blocked.is_empty() && first.host_plan > 0);

    let blocking = async {
        let block = Block { reason: "stolen".into() };
        let _blocked: wire::rest::Device =
            world.admin("POST", "/api/v1/devices/m1/block", &block).await.json();
    };
    let (second, ()) = tokio::join!(helm.orders(&world, first.version), blocking);
    assert!(second.version > first.version);
    assert_eq!(second.blocked, std::slice::from_ref(&device.id));

    // Another site file, another plan; the rest of the site goes on.
    let replanning = async {
        world.replan(|text| text.replace("dp7.example.org", "dp7.example.net"));
    };
    let (third, ()) = tokio::join!(helm.orders(&world, second.version), replanning);
    assert!(third.host_plan > second.host_plan);
    let plan = helm.get(&world, link::HOST_PLAN).await.body;
    let now = node::clock::now();
    let plan = VerifiedHostPlan::open(&plan, &world.root, "P01", "dp7", now, second.host_plan);
    let plan = plan.unwrap();
    assert_eq!((plan.number(), plan.dns()), (third.host_plan, Some("dp7.example.net")));

    // A host that comes from the future, or from before a restore, is told too.
    assert_eq!(helm.orders(&world, u64::MAX).await, third);
    world.replan(|text| text.replace("[host.dp7]", "[host.dp6]"));
    all_refused(&world, Some(helm.peer()), 403, link::HOST_UNPLANNED).await;
}

#[tokio::test]
async fn content_goes_over_the_link_in_ranges_and_blocks() {
    let world = World::new().await;
    let helm = Helm::joined(&world, "dp7").await;
    let bytes: Vec<u8> = (0..2_500_000_u32).map(|i| (i % 251) as u8).collect();
    let content = world.publish(&bytes, "big.bin").await;
    let path = format!("{}{}", link::CONTENT, content.digest);
    // What no application needs is for nobody: a host takes what its orders name.
    for path in [path.clone(), format!("{path}{}", link::BLOCKS)] {
        assert_eq!(helm.get(&world, &path).await.refused(), refusal(404, "not-found"));
    }
    let _app = world.app_of("big", content.clone()).await;
    let list = helm.get(&world, &format!("{path}{}", link::BLOCKS)).await.body;
    let digest = content.digest.parse().unwrap();
    let list = BlockList::parse(&list, content.size, &digest).unwrap();
    assert_eq!(list.len(), 3);

    let range = list.range(1);
    let mut request = helm.shows(get(&path));
    let asked = format!("bytes={}-{}", range.start, range.end - 1);
    let _before = request.headers_mut().insert("range", asked.parse().unwrap());
    let part = world.ask(request).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    list.check(1, &part.body).unwrap();
    assert!(helm.get(&world, &path).await.body == bytes);
    let hostile = helm.get(&world, &format!("{}..%2F..%2Fsite.db", link::CONTENT)).await;
    assert_eq!(hostile.refused(), refusal(400, "digest-malformed"));
}

fn held(digest: &str, have: u64, looked: u64) -> Held {
    let (digest, trouble) = (digest.to_owned(), String::new());
    Held { digest, have, complete: true, looked, repaired: looked, source_damaged: None, trouble }
}

async fn listed(world: &World, digest: &str) -> Content {
    let all: Vec<Content> = world.admin_get("/api/v1/content").await.json();
    all.into_iter().find(|content| content.digest == digest).unwrap()
}

async fn damaged(world: &World, device: &Machine, number: u64, host: &str, digest: &str) {
    let said = Damaged { host: host.into(), digest: digest.into(), block: 0 };
    let message = Message { number, at: 1, body: Said::Damaged(said) };
    let batch = Batch { journal: "ab".repeat(16), messages: vec![message] };
    let sent = world.send(device.shows(post("/mp/v1/messages", &batch))).await;
    assert_eq!(sent.status, StatusCode::OK);
}

#[tokio::test]
async fn damage_becomes_a_doubt_and_is_repaired() {
    let world = World::new().await;
    let (helm, device) = (Helm::joined(&world, "dp7").await, world.device("m1").await);
    let app = world.app("hello").await;
    let wire::rest::AppInstaller::Script { install, .. } = &app.installer else { panic!() };
    let (digest, size) = (install.digest.as_str(), install.size);
    let places = listed(&world, digest).await.places;
    let silent: Vec<_> = places.iter().map(|p| (p.host.as_str(), p.have, p.complete)).collect();
    assert_eq!(silent, [("keel", size, true), ("dp7", 0, false)]);
    let told = helm.report(&world, vec![held(digest, size, 0)]).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
    assert_eq!(listed(&world, digest).await.places[1].have, size);
    assert_eq!(world.store.host("dp7").await.unwrap().unwrap().version, "0.1.1");

    let before = helm.orders(&world, 0).await;
    assert_eq!(before.contents[0].doubt, 0);
    // A host that nobody knows, and then this one.
    damaged(&world, &device, 1, "nobody", digest).await;
    let (after, ()) = tokio::join!(
        helm.orders(&world, before.version),
        damaged(&world, &device, 2, "dp7", digest)
    );
    assert_eq!(after.contents[0].doubt, 1);
    assert!(listed(&world, digest).await.places[1].doubted);
    helm.report(&world, vec![held(digest, size, 1)]).await;
    let place = listed(&world, digest).await.places.remove(1);
    assert_eq!((place.doubted, place.repaired), (false, 1));

    let wrong = helm.report(&world, vec![held("../../etc", 1, 0)]).await;
    assert_eq!(wrong.refused(), refusal(400, "digest-malformed"));
}

/// There is nobody from whom the site server could fetch its own content.
#[tokio::test]
async fn the_site_servers_own_damage_is_mended_by_sending_again() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let app = world.app("hello").await;
    let wire::rest::AppInstaller::Script { install, .. } = &app.installer else { panic!() };
    let digest = install.digest.as_str();
    // Nothing is wrong with it: it was the network, or a client that lies.
    damaged(&world, &device, 1, "keel", digest).await;
    let looked = async || {
        let held = world.store.held_by("keel").await.unwrap();
        held.first().is_some_and(|held| held.looked == 1).then_some(())
    };
    world.until("a look at the copy", looked).await;
    let place = listed(&world, digest).await.places.remove(0);
    assert_eq!((place.complete, place.doubted, place.trouble.as_str()), (true, false, ""));

    let file = world.content_file(digest);
    std::fs::write(&file, b"something else of any length").unwrap();
    damaged(&world, &world.device("m2").await, 1, "keel", digest).await;
    let given_up = async || {
        let place = listed(&world, digest).await.places.remove(0);
        (!place.complete && place.trouble.contains("send the file again")).then_some(place.have)
    };
    let have = world.until("word of the damage", given_up).await;
    let asked = world.send(device.get(&format!("/dp/v1/content/{digest}"))).await;
    assert_eq!(asked.refused(), refusal(404, "not-found"), "what is damaged is not served");
    let bytes = b"#!/bin/sh\n# hello\n";
    let rest = &bytes[usize::try_from(have).unwrap()..];
    world.put_content(digest, have, install.size, rest).await;
    let mended = async || {
        let place = listed(&world, digest).await.places.remove(0);
        (place.complete && place.trouble.is_empty()).then_some(())
    };
    world.until("the end of the trouble", mended).await;
}
