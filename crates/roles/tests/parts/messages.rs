//! What clients report: taken once, whatever is sent again, and turned into
//! what administrators see.

use axum::body::Body;
use http::Request;
use wire::client::{
    Batch, Body as Said, Dropped, Heartbeat, InstalledPackage, Inventory, Message, Phase, Receipt,
    Refused, State, System,
};
use wire::rest::{DeploymentProgress, DeviceDetails};

use crate::world::{Answer, Machine, World, post, refusal};

fn message(number: u64, body: Said) -> Message {
    Message { number, at: 1_000, body }
}

fn state(deployment: u64, phase: Phase) -> Said {
    Said::State(State {
        deployment,
        app: 1,
        phase,
        reason: "disk full".into(),
        exit_code: Some(1),
        output: "no space left\n".into(),
    })
}

fn batch(messages: Vec<Message>) -> Batch {
    Batch { journal: "ab".repeat(16), messages }
}

async fn report(world: &World, device: &Machine, messages: Vec<Message>) -> Answer {
    world.send(device.shows(post("/mp/v1/messages", &batch(messages)))).await
}

fn inventory(packages: usize) -> Box<Inventory> {
    let package =
        InstalledPackage { name: "p".repeat(100), version: "1".into(), architecture: "all".into() };
    let system = System {
        hostname: "m1".into(),
        os: String::new(),
        kernel: String::new(),
        architecture: "amd64".into(),
        cpu: String::new(),
        cpus: 1,
        memory: 1,
        booted: 0,
        manufacturer: String::new(),
        model: String::new(),
        serial: String::new(),
    };
    let packages = vec![package; packages];
    Box::new(Inventory { system, disks: vec![], interfaces: vec![], packages })
}

#[tokio::test]
async fn replays_are_known_and_conflicts_refused() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let first = || message(17, Said::Dropped(Dropped { class: "log".into(), count: 3 }));
    let other = message(17, Said::Dropped(Dropped { class: "log".into(), count: 4 }));
    let stored: Receipt = report(&world, &device, vec![first()]).await.json();
    assert_eq!((stored.stored.as_slice(), stored.refused.as_slice()), (&[17][..], &[][..]));
    let replayed: Receipt = report(&world, &device, vec![first()]).await.json();
    assert_eq!(replayed, Receipt { duplicates: vec![17], ..Receipt::default() });
    let conflict: Receipt = report(&world, &device, vec![other]).await.json();
    assert_eq!(conflict, Receipt { refused: vec![17], ..Receipt::default() });

    // What no honest agent sends does not hold up what is beside it.
    let long = Refused { what: "policy".into(), why: "x".repeat(5_000) };
    let mixed = vec![message(0, Said::Refused(long.clone())), message(18, Said::Refused(long)), {
        message(19, state(1, Phase::Failed))
    }];
    let mixed: Receipt = report(&world, &device, mixed).await.json();
    assert_eq!(mixed, Receipt { stored: vec![19], refused: vec![0, 18], ..Receipt::default() });
}

#[tokio::test]
async fn reports_become_what_the_administrator_sees() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let app = world.app("hello").await;
    let deployment = world.deploy("hello", "all", false).await;
    let path = "/api/v1/deployments/hello";
    let before: DeploymentProgress = world.admin_get(path).await.json();
    assert_eq!(before.states[0].phase, Phase::Pending);

    let beat = Heartbeat {
        name: "renamed".into(),
        agent_version: "0.2.0".into(),
        addresses: vec!["127.0.0.1/8".into()],
        limits: vec!["cannot install packages: not root".into()],
        policy: 5,
    };
    let refused = Refused { what: "policy".into(), why: "older than number 7".into() };
    let sent = vec![
        message(1, Said::Heartbeat(beat)),
        message(2, state(deployment.id, Phase::Installing)),
        message(3, state(deployment.id, Phase::Failed)),
        message(4, Said::Refused(refused)),
        message(5, Said::Inventory(inventory(1))),
        // About something that is long gone: no effect, and no harm.
        message(6, state(deployment.id + 1_000, Phase::Installed)),
    ];
    let receipt: Receipt = report(&world, &device, sent).await.json();
    assert_eq!(receipt.stored.len(), 6);

    // The long poll brings it as it comes.
    let mut progress = before;
    while progress.states[0].phase != Phase::Failed {
        let after = format!("{path}?after={}", progress.version);
        progress = world.admin_get(&after).await.json();
    }
    let failed = &progress.states[0];
    assert_eq!(failed.deployment, deployment.id);
    assert_eq!((failed.reason.as_str(), failed.exit_code), ("disk full", Some(1)));
    assert_eq!((failed.output.as_str(), failed.at), ("no space left\n", 1_000));

    let processed = async || (world.store.counts().await.unwrap().waiting == 0).then_some(());
    world.until("the processing of all messages", processed).await;
    let shown: DeviceDetails = world.admin_get("/api/v1/devices/renamed").await.json();
    assert_eq!(shown.device.id, device.id);
    assert_eq!(shown.device.limits, ["cannot install packages: not root"]);
    assert_eq!(shown.device.policy, 5);
    assert_eq!(shown.device.refused, "policy: older than number 7");
    assert_eq!(shown.inventory.unwrap().packages.len(), 1);
    assert_eq!(shown.inventory_at, 1_000);
    assert_eq!(shown.states, progress.states);
    assert_eq!(shown.states[0].app, app.name);
}

#[tokio::test]
async fn a_batch_has_its_limits() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let large = wire::limit::MESSAGES_BODY / 100;
    let alone = vec![message(1, Said::Inventory(inventory(large)))];
    let receipt: Receipt = report(&world, &device, alone).await.json();
    assert_eq!(receipt.stored, [1]);
    let beside =
        vec![message(2, Said::Inventory(inventory(large))), message(3, state(1, Phase::Failed))];
    let refused = report(&world, &device, beside).await;
    assert_eq!(refused.refused(), refusal(413, "body-too-large"));
    assert!(refused.problem().message.contains(&wire::limit::MESSAGES_BODY.to_string()));
    let huge = vec![message(4, Said::Inventory(inventory(wire::limit::INVENTORY_BODY / 100)))];
    let refused = report(&world, &device, huge).await;
    assert_eq!(refused.refused(), refusal(413, "body-too-large"));

    let many = (1..=wire::limit::MESSAGES as u64 + 1).map(|n| message(n, state(1, Phase::Failed)));
    let refused = report(&world, &device, many.collect()).await;
    assert_eq!(refused.refused(), refusal(400, "batch-too-long"));
    let path = Batch { journal: "../../etc".into(), messages: vec![] };
    let refused = world.send(device.shows(post("/mp/v1/messages", &path))).await;
    assert_eq!(refused.refused(), refusal(400, "journal-malformed"));
    let newer = r#"{"journal":"","messages":[{"number":1,"at":1,"body":{"kind":"song"}}]}"#;
    let newer = Request::post("/mp/v1/messages").body(Body::from(newer)).unwrap();
    assert_eq!(world.send(device.shows(newer)).await.refused(), refusal(400, "json-malformed"));
}
