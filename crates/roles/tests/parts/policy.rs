//! From a deployment to a policy that its device, and nobody else, can read.

use http::StatusCode;
use trust::envelope::{self, Expect, Expiry, Kind};
use wire::policy::{Detection, Installer, Intent, Policy};

use crate::world::{Machine, World};

/// The number and the policy that the device reads, if it has been told
/// anything yet.
async fn read(world: &World, device: &Machine) -> Option<(u64, Policy)> {
    let answer = world.send(device.get("/mp/v1/policy")).await;
    if answer.status == StatusCode::NO_CONTENT {
        return None;
    }
    assert_eq!(answer.header("content-type"), "application/cbor");
    let expect = Expect {
        kind: Kind::Policy,
        site: "P01",
        root: &world.root,
        now: node::clock::now(),
        after: 0,
        expiry: Expiry::Hard,
        known: &[],
    };
    let opened = envelope::open(&answer.body, &expect).unwrap();
    assert_eq!(answer.header("etag"), format!("\"{}\"", opened.number));
    let plain = device.sealing.open(device.id.as_bytes(), &opened.body).unwrap();
    Some((opened.number, minicbor::decode(&plain).unwrap()))
}

#[tokio::test]
async fn a_deployment_becomes_a_signed_and_sealed_policy() {
    let world = World::new().await;
    let (device, other) = (world.device("m1").await, world.device("m2").await);
    let (first, empty) = world.until("a first policy", async || read(&world, &device).await).await;
    assert_eq!((empty.device.as_str(), empty.settings.poll), (device.id.as_str(), 7));
    assert!(empty.assignments.is_empty());

    let app = world.app("hello").await;
    let one = wire::rest::NewCollection { name: "one".into(), devices: vec!["m1".into()] };
    let _one: wire::rest::Collection =
        world.admin("POST", "/api/v1/collections", &one).await.json();
    let deployment = world.deploy("hello", "one", false).await;
    let told = async || read(&world, &device).await.filter(|(number, _)| *number > first);
    let (second, policy) = world.until("a policy with the deployment", told).await;
    let [assignment] = policy.assignments.as_slice() else { panic!("{policy:?}") };
    assert_eq!((assignment.deployment, assignment.app), (deployment.id, app.id));
    assert_eq!((assignment.name.as_str(), assignment.intent), ("hello", Intent::Install));
    assert_eq!(assignment.detection, Detection::Absent);
    let Installer::Script(content, None) = &assignment.installer else { panic!("{assignment:?}") };
    let wire::rest::AppInstaller::Script { install, .. } = &app.installer else {
        panic!("{app:?}")
    };
    assert_eq!((content.hex(), content.size), (install.digest.clone(), install.size));

    // Nobody else is told, and nobody else could read it.
    let (_, others) = world.until("the other's policy", async || read(&world, &other).await).await;
    assert!(others.assignments.is_empty());
    let theirs = world.send(device.get("/mp/v1/policy")).await.body;
    assert!(!theirs.windows(5).any(|window| window == b"hello"));

    let _again = world.deploy("hello", "one", true).await;
    let told = async || read(&world, &device).await.filter(|(number, _)| *number > second);
    let (_, policy) = world.until("a policy to uninstall", told).await;
    assert_eq!(policy.assignments[0].intent, Intent::Uninstall);
}

#[tokio::test]
async fn a_policy_that_the_device_has_is_not_sent_again() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let (number, _) = world.until("a policy", async || read(&world, &device).await).await;
    let ask = |tag: String| {
        let mut request = device.get("/mp/v1/policy");
        let _before = request.headers_mut().insert("if-none-match", tag.parse().unwrap());
        request
    };
    let known = world.send(ask(format!("\"{number}\""))).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let older = world.send(ask(format!("\"{}\"", number - 1))).await;
    assert_eq!(older.status, StatusCode::OK);
}
