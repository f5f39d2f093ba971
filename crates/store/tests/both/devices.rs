//! Devices, tokens, and what is kept for each device.

use store::Store;
use store::device::{EnrolError, FindDeviceError, NewDevice};
use store::document::Document;
use store::policy::Policy;

use crate::Base;

pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) fn new_device(id: &str, name: &str, public_key: [u8; 32]) -> NewDevice {
    NewDevice {
        id: id.into(),
        name: name.into(),
        public_key,
        sealing_key: vec![9; 32],
        agent_version: "0.1.0".into(),
    }
}

/// A token that is valid from 0 until 100.
pub(crate) async fn token(store: &Store, seed: u8) -> [u8; 32] {
    store.create_token(&[seed; 32], 0, 100).await.unwrap();
    [seed; 32]
}

/// A device whose id and key come from its name; its id.
pub(crate) async fn enrolled(store: &Store, name: &str) -> String {
    let hash: [u8; 32] = blake(name);
    store.create_token(&hash, 0, 100).await.unwrap();
    let device = new_device(&format!("id-{name}"), name, hash);
    store.enrol(&device, &hash, 1).await.unwrap()
}

fn blake(name: &str) -> [u8; 32] {
    blake3::hash(name.as_bytes()).into()
}

pub(crate) async fn a_token_lets_one_machine_in(base: Base) {
    let store = base.open().await;
    let device = new_device("1", "mars", KEY);
    let unknown = store.enrol(&device, &[1; 32], 5).await;
    assert!(matches!(unknown, Err(EnrolError::TokenUnknown)));

    let hash = token(&store, 1).await;
    let expired = store.enrol(&device, &hash, 100).await;
    assert!(matches!(expired, Err(EnrolError::TokenExpired { when: 100 })));
    assert!(store.devices().await.unwrap().is_empty(), "nothing of a refused enrolment stays");

    assert_eq!(store.enrol(&device, &hash, 5).await.unwrap(), "1");
    let kept = store.token(&hash).await.unwrap().unwrap();
    assert_eq!((kept.spent, kept.spent_by.as_deref()), (Some(5), Some("1")));

    // The answer was lost, and the machine asks again.
    assert_eq!(store.enrol(&new_device("2", "mars", KEY), &hash, 6).await.unwrap(), "1");
    // Somebody else found the token.
    let other = new_device("3", "venus", [8; 32]);
    let spent = store.enrol(&other, &hash, 6).await;
    assert!(matches!(spent, Err(EnrolError::TokenSpent { when: 5 })));
    // The same machine with a second token: that one stays unspent.
    let second = token(&store, 2).await;
    let known = store.enrol(&new_device("4", "mars", KEY), &second, 7).await;
    assert!(matches!(known, Err(EnrolError::KeyKnown { device }) if device == "1"));
    assert_eq!(store.enrol(&other, &second, 8).await.unwrap(), "3");

    assert_eq!(store.prune_tokens(101, 1).await.unwrap(), 1);
    assert_eq!(store.prune_tokens(101, 10).await.unwrap(), 1);
}

/// Four hosts, 64 tasks on each.
pub(crate) async fn one_token_and_256_machines(base: Base) {
    let mut running = tokio::task::JoinSet::new();
    for host in 0..4_u8 {
        let store = base.open().await;
        if host == 0 {
            token(&store, 1).await;
        }
        for machine in 0..64_u8 {
            let store = store.clone();
            let mut key = [0; 32];
            (key[0], key[1]) = (host, machine);
            let device = new_device(&format!("{host}-{machine}"), "clone", key);
            running.spawn(async move { store.enrol(&device, &[1; 32], 5).await });
        }
    }
    let mut winners = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended.unwrap() {
            Ok(id) => winners.push(id),
            Err(EnrolError::TokenSpent { when: 5 }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    let devices = base.open().await.devices().await.unwrap();
    assert_eq!(devices.iter().map(|device| &device.id).collect::<Vec<_>>(), [&winners[0]]);
}

pub(crate) async fn a_word_finds_one_device_or_says_which(base: Base) {
    let store = base.open().await;
    enrolled(&store, "mars").await;
    for (id, seed) in [("x1", 1), ("x2", 2)] {
        let hash = token(&store, seed).await;
        store.enrol(&new_device(id, "twin", hash), &hash, 1).await.unwrap();
    }
    assert_eq!(store.find_device("mars").await.unwrap().id, "id-mars");
    assert_eq!(store.find_device("x2").await.unwrap().name, "twin");
    let twin = store.find_device("twin").await.unwrap_err();
    assert!(matches!(&twin, FindDeviceError::Ambiguous { ids, .. } if *ids == ["x1", "x2"]));
    assert!(twin.to_string().ends_with("say which by id: x1, x2"), "{twin}");
    assert!(matches!(store.find_device("pluto").await, Err(FindDeviceError::Unknown { .. })));
    assert_eq!(store.device_with_key(&[2; 32]).await.unwrap().as_deref(), Some("x2"));
    assert_eq!(store.device_with_key(&[3; 32]).await.unwrap(), None);

    // Never backwards.
    store.touch_device("x1", 50).await.unwrap();
    store.touch_device("x1", 40).await.unwrap();
    assert_eq!(store.device("x1").await.unwrap().unwrap().last_seen, 50);
}

pub(crate) async fn a_block_is_kept_and_lifted(base: Base) {
    let store = base.open().await;
    let id = enrolled(&store, "mars").await;
    assert!(store.block_device(&id, "stolen", 9).await.unwrap());
    let device = store.device(&id).await.unwrap().unwrap();
    assert_eq!((device.blocked, device.blocked_reason.as_str()), (Some(9), "stolen"));
    assert_eq!(store.counts().await.unwrap().blocked, 1);
    assert!(store.unblock_device(&id).await.unwrap());
    let device = store.device(&id).await.unwrap().unwrap();
    assert_eq!((device.blocked, device.blocked_reason.as_str()), (None, ""));
    assert!(!store.block_device("nobody", "", 9).await.unwrap());
    assert_eq!(store.counts().await.unwrap().devices, 1);
}

/// However often a visit was answered from memory before.
pub(crate) async fn a_visit_sees_what_was_written(base: Base) {
    let (store, other) = (base.open().await, base.open().await);
    assert_eq!(store.visit("nobody").await.unwrap(), None);
    let id = enrolled(&store, "mars").await;
    let seen = async || {
        let first = store.visit(&id).await.unwrap().unwrap();
        assert_eq!(store.visit(&id).await.unwrap().unwrap(), first);
        (first.number, first.envelope.len(), first.last_seen, first.blocked)
    };
    assert_eq!(seen().await, (0, 0, 1, None));
    let policy = |number: u64| {
        let envelope = vec![2; number as usize];
        Policy { number, digest: vec![1], envelope, issued: 1, expires: 2 }
    };
    for number in 5..25 {
        assert!(store.put_policy(&id, &policy(number)).await.unwrap());
        assert_eq!(seen().await, (number, number as usize, 1, None));
    }
    store.touch_device(&id, 7).await.unwrap();
    assert!(store.block_device(&id, "stolen", 9).await.unwrap());
    assert_eq!(seen().await, (24, 24, 7, Some(9)));
    // Of another process it is heard soon.
    assert!(other.put_policy(&id, &policy(30)).await.unwrap());
    while store.visit(&id).await.unwrap().unwrap().number != 30 {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn newer_documents_replace_older_ones(base: Base) {
    let store = base.open().await;
    let id = enrolled(&store, "mars").await;
    let policy =
        |number| Policy { number, digest: vec![1], envelope: vec![2; 3], issued: 1, expires: 2 };
    assert!(store.put_policy(&id, &policy(5)).await.unwrap());
    assert!(!store.put_policy(&id, &policy(5)).await.unwrap());
    assert!(!store.put_policy(&id, &policy(4)).await.unwrap());
    assert!(store.put_policy(&id, &policy(6)).await.unwrap());
    assert_eq!(store.policy_of(&id).await.unwrap(), Some(policy(6)));
    assert_eq!(store.policies().await.unwrap()[0].number, 6);
    assert_eq!(store.device(&id).await.unwrap().unwrap().policy_offered, 6);

    let map = |number| Document { number, envelope: vec![number as u8], issued: 1 };
    assert_eq!(store.document("map").await.unwrap(), None);
    for (number, newer) in [(3, true), (2, false), (3, false), (9, true), (10, true)] {
        assert_eq!(store.put_document("map", &map(number)).await.unwrap(), newer, "{number}");
    }
    assert!(store.put_document("other", &map(1)).await.unwrap());
    assert_eq!(store.prune_documents("map", 1).await.unwrap(), 2);
    assert_eq!(store.document("map").await.unwrap(), Some(map(10)));
}
