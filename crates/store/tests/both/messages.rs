//! What clients say: taken in once, understood once.

use store::Store;
use store::device::Heartbeat;
use store::message::{Effect, Held, Message, NewMessage};
use store::state::Report;

use crate::Base;
use crate::apps::{app, deploy};
use crate::devices::enrolled;

fn new(number: u64, body: &str) -> NewMessage {
    NewMessage { number, at: 10, body: body.into() }
}

pub(crate) fn report(deployment: u64, phase: &str) -> Effect {
    let (reason, output) = (String::new(), String::new());
    Effect::State(Report { deployment, phase: phase.into(), reason, exit_code: Some(-1), output })
}

pub(crate) async fn taken_in(
    store: &Store,
    device: &str,
    journal: &str,
    numbers: &[u64],
) -> Vec<Message> {
    let batch: Vec<_> = numbers.iter().map(|number| new(*number, "{}")).collect();
    store.take_in(device, journal, &batch, 20).await.unwrap();
    store.unprocessed(100, u64::MAX).await.unwrap()
}

async fn process(store: &Store, message: &Message, effect: Effect) -> bool {
    let one = [(message.clone(), vec![effect])];
    store.process(&one, 30).await.unwrap().pop().unwrap().unwrap()
}

pub(crate) async fn each_is_stored_once(base: Base) {
    let store = base.open().await;
    let device = enrolled(&store, "mars").await;
    let arrivals = store.arrivals();
    let batch = [new(2, "b"), new(1, "a"), new(3, "c")];
    let receipt = store.take_in(&device, "j", &batch, 20).await.unwrap();
    assert_eq!(receipt.stored, [2, 1, 3]);
    assert!(arrivals.has_changed().unwrap());

    // The receipt was lost; and a number is used for something else.
    let batch = [new(1, "a"), new(2, "forged"), new(4, "d"), new(u64::MAX, "x")];
    let receipt = store.take_in(&device, "j", &batch, 21).await.unwrap();
    assert_eq!(receipt.stored, [4]);
    assert_eq!(receipt.duplicates, [1]);
    assert_eq!(receipt.refused, [u64::MAX, 2]);
    // Another journal has numbers of its own.
    let receipt = store.take_in(&device, "k", &[new(1, "other")], 22).await.unwrap();
    assert_eq!(receipt.stored, [1]);

    assert_eq!(store.held(&device, 9).await.unwrap(), Held { messages: 5, bytes: 9 });
    assert_eq!(store.held(&device, 2).await.unwrap().messages, 2);
    assert_eq!(store.held("nobody", 9).await.unwrap(), Held { messages: 0, bytes: 0 });
    let waiting = store.unprocessed(100, u64::MAX).await.unwrap();
    let bodies: Vec<_> = waiting.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["b", "a", "c", "d", "other"]);
    assert_eq!(store.unprocessed(2, u64::MAX).await.unwrap(), waiting[..2]);
    assert_eq!(store.unprocessed(100, 3).await.unwrap(), waiting[..3]);
    assert_eq!(store.unprocessed(100, 0).await.unwrap(), waiting[..1], "one always goes");
    assert!(store.take_in("nobody", "j", &[new(1, "a")], 20).await.is_err());
}

/// Two hosts process the same messages at the same time.
pub(crate) async fn effects_happen_once(base: Base) {
    let (one, other) = (base.open().await, base.open().await);
    let device = enrolled(&one, "mars").await;
    one.create_app(&app("a", &[]), 1).await.unwrap();
    let deployment = deploy(&one, "a", "all").await.id;
    let waiting = taken_in(&one, &device, "j", &(1..=50).collect::<Vec<_>>()).await;
    let work: Vec<_> = waiting
        .iter()
        .map(|message| (message.clone(), vec![report(deployment, "installing")]))
        .collect();
    let before = one.progress("a").await.unwrap().version;
    let (left, right) = tokio::join!(one.process(&work, 30), other.process(&work, 30));
    for (left, right) in left.unwrap().into_iter().zip(right.unwrap()) {
        assert!(left.unwrap() ^ right.unwrap(), "exactly one of them did it");
    }
    assert_eq!(one.counts().await.unwrap().waiting, 0);
    let progress = other.progress("a").await.unwrap();
    assert_eq!(progress.version, before + 50);

    // Effects that cannot be written leave the message for the next time.
    let waiting = taken_in(&one, &device, "j", &[51]).await;
    let nowhere = Message { device: "nobody".into(), ..waiting[0].clone() };
    let failed = one.process(&[(nowhere, vec![Effect::Inventory("{}".into())])], 30).await.unwrap();
    assert!(failed[0].as_ref().is_err_and(|error| error.is_lasting()), "{failed:?}");
    assert_eq!(one.unprocessed(10, u64::MAX).await.unwrap(), waiting);
}

pub(crate) async fn a_late_message_does_not_undo_a_newer(base: Base) {
    let store = base.open().await;
    let device = enrolled(&store, "mars").await;
    enrolled(&store, "venus").await;
    store.create_app(&app("a", &[]), 1).await.unwrap();
    let deployment = deploy(&store, "a", "all").await.id;
    let waiting = taken_in(&store, &device, "j", &[1, 2, 3, 4]).await;
    let beat = |name: &str| {
        Effect::Heartbeat(Heartbeat {
            name: name.into(),
            agent_version: "2".into(),
            addresses: vec!["10.0.0.1".into()],
            limits: vec!["cannot install".into()],
            policy: 5,
        })
    };
    assert!(process(&store, &waiting[1], report(deployment, "installed")).await);
    assert!(!process(&store, &waiting[1], report(deployment, "failed")).await, "done already");
    assert!(process(&store, &waiting[0], report(deployment, "installing")).await);
    assert!(process(&store, &waiting[3], beat("newer")).await);
    assert!(process(&store, &waiting[2], beat("older")).await);

    let progress = store.progress("a").await.unwrap();
    let phases: Vec<_> = progress
        .states
        .iter()
        .map(|state| (state.device_name.as_str(), state.said.as_ref().map(|said| &*said.phase)))
        .collect();
    assert_eq!(phases, [("newer", Some("installed")), ("venus", None)]);
    let said = progress.states[0].said.clone().unwrap();
    assert_eq!((said.exit_code, said.at), (Some(-1), 10));
    assert_eq!(store.states_of(&device).await.unwrap(), progress.states[..1]);
    let kept = store.device(&device).await.unwrap().unwrap();
    assert_eq!((kept.policy, kept.addresses.len(), kept.limits.len()), (5, 1, 1));
}

pub(crate) async fn a_new_journal_counts_from_its_start(base: Base) {
    let store = base.open().await;
    let device = enrolled(&store, "mars").await;
    store.create_app(&app("a", &[]), 1).await.unwrap();
    let deployment = deploy(&store, "a", "all").await.id;
    let waiting = taken_in(&store, &device, "j", &[9]).await;
    assert!(process(&store, &waiting[0], report(deployment, "installed")).await);

    // The agent lost its memory.
    let waiting = taken_in(&store, &device, "k", &[1, 2, 3]).await;
    assert!(process(&store, &waiting[0], report(deployment, "failed")).await);
    let states = store.states_of(&device).await.unwrap();
    assert_eq!(states[0].said.as_ref().unwrap().phase, "failed");
    assert!(process(&store, &waiting[2], Effect::Inventory("[3]".into())).await);
    assert!(process(&store, &waiting[1], Effect::Inventory("[2]".into())).await);
    assert_eq!(store.inventory_of(&device).await.unwrap().unwrap().report, "[3]");

    // Word of a deployment that is gone has no effect, and is no failure.
    store.delete_deployment(deployment).await.unwrap();
    let waiting = taken_in(&store, &device, "k", &[4, 5]).await;
    assert!(process(&store, &waiting[0], report(deployment, "installed")).await);
    assert!(store.states_of(&device).await.unwrap().is_empty());
    assert!(process(&store, &waiting[1], Effect::Refused("policy: too old".into())).await);
    assert_eq!(store.device(&device).await.unwrap().unwrap().refused, "policy: too old");
}

pub(crate) async fn pruned_messages_stay_known(base: Base) {
    let store = base.open().await;
    let device = enrolled(&store, "mars").await;
    let waiting = taken_in(&store, &device, "j", &(1..=10).collect::<Vec<_>>()).await;
    for message in &waiting[..8] {
        assert!(process(&store, message, Effect::Refused(String::new())).await);
    }
    let held = store.held(&device, 100).await.unwrap();
    assert_eq!(held, Held { messages: 10, bytes: 4 }, "only what waits has a body");
    assert_eq!(store.prune_messages(20, 100).await.unwrap(), 0, "none came before 20");
    assert_eq!(store.prune_messages(21, 5).await.unwrap(), 5);
    assert_eq!(store.prune_messages(21, 5).await.unwrap(), 3, "what nobody processed stays");
    assert_eq!(store.unprocessed(100, u64::MAX).await.unwrap(), waiting[8..]);

    let batch: Vec<_> = (1..=11).map(|number| new(number, "{}")).collect();
    let receipt = store.take_in(&device, "j", &batch, 40).await.unwrap();
    assert_eq!(receipt.stored, [11]);
    assert_eq!(receipt.duplicates, (1..=10).collect::<Vec<_>>());
}
