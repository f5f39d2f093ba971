//! Hosts: how they come and go, what they hold, and where that is damaged.

use store::Store;
use store::agent_package::AgentPackage;
use store::change::Topic;
use store::damage::Damage;
use store::document::Document;
use store::held::Held;
use store::host::JoinError;
use store::invitation::InviteError;
use store::message::{Effect, NewMessage};

use crate::Base;
use crate::apps::app;
use crate::devices::enrolled;

const KEY: [u8; 32] = [7; 32];
const HOUR: i64 = 60 * 60 * 1000;

/// A host that joined, with a key made of its name.
async fn joined(store: &Store, name: &str) {
    let hash: [u8; 32] = blake3::hash(name.as_bytes()).into();
    store.invite_host(name, &hash, 0, 100).await.unwrap();
    assert_eq!(store.join_host(&hash, &hash, "1", 5).await.unwrap(), name);
}

/// Content that an application needs.
async fn needed(store: &Store, digest: &str, size: u64) {
    store.announce_content(digest, size, "", 1).await.unwrap();
    store.announce_content(digest, size, "a.deb", 1).await.unwrap();
    store.complete_content(digest, size, 1).await.unwrap();
    store.create_app(&app(digest, &[digest.to_owned()]), 1).await.unwrap();
}

fn held(digest: &str, looked: u64) -> Held {
    let (digest, trouble) = (digest.to_owned(), String::new());
    Held { digest, have: 7, complete: true, looked, repaired: 0, trouble }
}

pub(crate) async fn an_invitation_lets_one_host_join(base: Base) {
    let store = base.open().await;
    let (first, second) = ([1; 32], [2; 32]);
    let unknown = store.join_host(&first, &KEY, "1", 5).await;
    assert!(matches!(unknown, Err(JoinError::Unknown)));
    store.invite_host("dp7", &first, 0, 100).await.unwrap();
    // Another takes its place.
    store.invite_host("dp7", &second, 0, 100).await.unwrap();
    let open = store.open_invitations(99).await.unwrap();
    assert_eq!(open.iter().map(|one| one.host.as_str()).collect::<Vec<_>>(), ["dp7"]);
    assert!(store.open_invitations(100).await.unwrap().is_empty());
    let void = store.join_host(&first, &KEY, "1", 5).await;
    assert!(matches!(void, Err(JoinError::Unknown)));
    let expired = store.join_host(&second, &KEY, "1", 100).await;
    assert!(matches!(expired, Err(JoinError::Expired { when: 100 })));
    assert!(store.hosts().await.unwrap().is_empty());

    let before = store.version(Topic::Orders).await.unwrap();
    assert_eq!(store.join_host(&second, &KEY, "1", 5).await.unwrap(), "dp7");
    assert!(*store.order_changes().borrow() > before);
    // The answer was lost, and the host asks again; somebody else does, too.
    assert_eq!(store.join_host(&second, &KEY, "1", 200).await.unwrap(), "dp7");
    let spent = store.join_host(&second, &[8; 32], "1", 6).await;
    assert!(matches!(spent, Err(JoinError::Spent { when: 5 })));
    let again = store.invite_host("dp7", &[3; 32], 0, 100).await;
    assert!(matches!(again, Err(InviteError::Joined { host }) if host == "dp7"));

    store.touch_host("dp7", 50).await.unwrap();
    store.touch_host("dp7", 40).await.unwrap();
    store.note_host_version("dp7", "2").await.unwrap();
    let host = store.host("dp7").await.unwrap().unwrap();
    assert_eq!((host.last_seen, host.version.as_str()), (50, "2"));
    assert_eq!((host.public_key, host.removed), (KEY.to_vec(), None));
    assert_eq!(store.prune_invitations(101, 10).await.unwrap(), 1);
}

pub(crate) async fn a_removed_host_comes_back_with_another_key(base: Base) {
    let store = base.open().await;
    joined(&store, "dp7").await;
    needed(&store, "d1", 7).await;
    store.report_held("dp7", &[held("d1", 0)], 9).await.unwrap();
    assert!(store.remove_host("dp7", 10).await.unwrap());
    assert!(!store.remove_host("dp7", 11).await.unwrap());
    assert!(!store.remove_host("nobody", 11).await.unwrap());
    assert_eq!(store.host("dp7").await.unwrap().unwrap().removed, Some(10));
    assert!(store.copies().await.unwrap().is_empty());
    // Nor does its old invitation help.
    let hash: [u8; 32] = blake3::hash(b"dp7").into();
    let spent = store.join_host(&hash, &hash, "1", 12).await;
    assert!(matches!(spent, Err(JoinError::Spent { .. })));

    store.invite_host("dp7", &[1; 32], 12, 100).await.unwrap();
    store.join_host(&[1; 32], &KEY, "1", 13).await.unwrap();
    let host = store.host("dp7").await.unwrap().unwrap();
    assert_eq!((host.public_key, host.removed, host.joined), (KEY.to_vec(), None, 13));
    // One that only was invited is no longer.
    store.invite_host("dp8", &[2; 32], 12, 100).await.unwrap();
    assert!(store.remove_host("dp8", 14).await.unwrap());
    assert!(store.open_invitations(15).await.unwrap().is_empty());
    assert!(store.host("dp8").await.unwrap().is_none());
}

/// One invitation, found by many.
pub(crate) async fn one_invitation_and_64_machines(base: Base) {
    let (one, other) = (base.open().await, base.open().await);
    one.invite_host("dp7", &[1; 32], 0, 100).await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for machine in 0..64_u8 {
        let store = if machine % 2 == 0 { one.clone() } else { other.clone() };
        running.spawn(async move { store.join_host(&[1; 32], &[machine; 32], "1", 5).await });
    }
    let mut winners = 0;
    while let Some(ended) = running.join_next().await {
        match ended.unwrap() {
            Ok(_) => winners += 1,
            Err(JoinError::Spent { when: 5 }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners, 1);
}

pub(crate) async fn what_a_host_holds_is_what_it_says(base: Base) {
    let store = base.open().await;
    joined(&store, "dp7").await;
    for digest in ["d1", "d2"] {
        needed(&store, digest, 7).await;
    }
    store.announce_content("d3", 7, "unused", 1).await.unwrap();
    let wanted = store.wanted_by("dp7").await.unwrap();
    let names: Vec<_> = wanted.iter().map(|w| (w.digest.as_str(), w.name.as_str())).collect();
    assert_eq!(names, [("d1", "a.deb"), ("d2", "a.deb")]);
    let uses = store.content_uses().await.unwrap();
    assert_eq!(uses, [("d1".into(), "d1".into()), ("d2".into(), "d2".into())]);
    assert_eq!(store.contents().await.unwrap().len(), 3);

    let nowhere = held("nowhere", 0);
    store.report_held("dp7", &[held("d1", 0), held("d2", 0), nowhere], 9).await.unwrap();
    assert_eq!(store.held_by("dp7").await.unwrap(), [held("d1", 0), held("d2", 0)]);
    // What it does not name it does not have; what it repeats keeps its time.
    store.report_held("dp7", &[held("d1", 0)], 10).await.unwrap();
    let copies = store.copies().await.unwrap();
    assert_eq!((copies.len(), copies[0].at, copies[0].host.as_str()), (1, 9, "dp7"));

    // The site server's own host joined nothing.
    store.report_held("keel", &[held("d1", 0)], 9).await.unwrap();
    store.report_held("ghost", &[held("d1", 0)], 9).await.unwrap();
    assert_eq!(store.prune_held("keel").await.unwrap(), 1);
    assert_eq!(store.copies().await.unwrap().len(), 2);
    // Content that goes takes along what was said of it.
    store.delete_app("d1").await.unwrap();
    assert!(store.forget_content("d1", 2).await.unwrap());
    assert!(store.copies().await.unwrap().is_empty());
}

async fn damaged(store: &Store, device: &str, number: u64, at: i64, digest: &str, block: u64) {
    let new = NewMessage { number, at: 1, body: "{}".into() };
    store.take_in(device, "j", &[new], at).await.unwrap();
    let message = store.unprocessed(1, 100).await.unwrap().pop().unwrap();
    let damage = Damage { host: "dp7".into(), digest: digest.into(), block };
    let done = store.process(&[(message, vec![Effect::Damaged(damage)])], at).await.unwrap();
    assert!(*done[0].as_ref().unwrap());
}

pub(crate) async fn damage_raises_a_doubt(base: Base) {
    let store = base.open().await;
    joined(&store, "dp7").await;
    let (mars, venus) = (enrolled(&store, "mars").await, enrolled(&store, "venus").await);
    // Two blocks, the second of one byte.
    needed(&store, "d1", 1024 * 1024 + 1).await;
    let doubt = || async { store.wanted_by("dp7").await.unwrap()[0].doubt };
    let before = store.version(Topic::Orders).await.unwrap();
    damaged(&store, &mars, 1, 10, "d1", 1).await;
    assert_eq!(doubt().await, 1);
    assert_eq!(store.version(Topic::Orders).await.unwrap(), before + 1);
    assert_eq!(store.doubt_of("dp7", "d1").await.unwrap(), 1);
    assert_eq!(store.doubt_of("keel", "d1").await.unwrap(), 0);

    // One device is not believed twice in an hour; another is.
    damaged(&store, &mars, 2, 11, "d1", 0).await;
    assert_eq!(doubt().await, 1);
    damaged(&store, &venus, 1, 12, "d1", 0).await;
    assert_eq!(doubt().await, 2);
    damaged(&store, &mars, 3, 12 + HOUR, "d1", 1).await;
    assert_eq!(doubt().await, 3);
    // A block and content that there are not.
    damaged(&store, &venus, 2, 13 + 2 * HOUR, "d1", 2).await;
    damaged(&store, &venus, 3, 13 + 2 * HOUR, "d2", 0).await;
    assert_eq!(doubt().await, 3);

    store.report_held("dp7", &[held("d1", 3)], 99).await.unwrap();
    let copy = store.copies().await.unwrap().pop().unwrap();
    assert_eq!((copy.held.looked, copy.doubt), (3, 3));
    assert_eq!(store.prune_damage(13).await.unwrap(), 2);
    assert_eq!(doubt().await, 3);
}

pub(crate) async fn blocks_and_plans_are_orders(base: Base) {
    let store = base.open().await;
    let mars = enrolled(&store, "mars").await;
    let mut changes = store.order_changes();
    changes.mark_unchanged();
    assert!(store.block_device(&mars, "stolen", 9).await.unwrap());
    assert!(changes.has_changed().unwrap());
    assert_eq!(store.blocked_devices().await.unwrap(), std::slice::from_ref(&mars));
    assert!(store.unblock_device(&mars).await.unwrap());
    assert!(store.blocked_devices().await.unwrap().is_empty());

    let plan = |number| Document { number, envelope: vec![1], issued: 1 };
    let before = store.version(Topic::Orders).await.unwrap();
    assert_eq!(store.document_number("host-plan:dp7").await.unwrap(), 0);
    assert!(store.put_ordered_document("host-plan:dp7", &plan(5)).await.unwrap());
    assert!(!store.put_ordered_document("host-plan:dp7", &plan(5)).await.unwrap());
    assert_eq!(store.document_number("host-plan:dp7").await.unwrap(), 5);
    assert_eq!(store.version(Topic::Orders).await.unwrap(), before + 1);
}

pub(crate) async fn the_newest_package_is_for_new_machines(base: Base) {
    let store = base.open().await;
    let package = |sha256: &str, digest: &str, published| AgentPackage {
        sha256: sha256.into(),
        digest: digest.into(),
        size: 7,
        version: "1".into(),
        architecture: "amd64".into(),
        published,
    };
    store.announce_content("d1", 7, "a.deb", 1).await.unwrap();
    assert!(!store.publish_agent_package(&package("s1", "d1", 1)).await.unwrap());
    store.complete_content("d1", 7, 1).await.unwrap();
    assert!(store.publish_agent_package(&package("s1", "d1", 1)).await.unwrap());
    assert!(!store.forget_content("d1", 9).await.unwrap(), "machines may come for it");
    assert!(store.unused_content(9, 9).await.unwrap().is_empty());

    store.announce_content("d2", 7, "b.deb", 1).await.unwrap();
    store.complete_content("d2", 7, 1).await.unwrap();
    assert!(store.publish_agent_package(&package("s2", "d2", 5)).await.unwrap());
    assert_eq!(store.agent_package().await.unwrap(), Some(package("s2", "d2", 5)));
    assert_eq!(store.agent_package_with("s1").await.unwrap(), Some(package("s1", "d1", 1)));
    // Back to the earlier one.
    assert!(store.publish_agent_package(&package("s1", "d1", 6)).await.unwrap());
    assert_eq!(store.agent_package().await.unwrap().unwrap().sha256, "s1");
    assert_eq!(store.prune_agent_packages(9).await.unwrap(), 1);
    assert!(store.forget_content("d2", 9).await.unwrap());
    assert_eq!(store.agent_package_with("s2").await.unwrap(), None);
}
