//! The spool's laws: bounds, order, and that nothing goes unseen.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use proptest::prelude::*;
use wire::client::{Batch, Heartbeat, Inventory, Phase, Refused, State, System};

fn open(bounds: Bounds) -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("j"), bounds).unwrap();
    (folder, journal)
}

fn state(size: usize) -> Body {
    Body::State(State {
        deployment: 1,
        app: 1,
        phase: Phase::Failed,
        reason: String::new(),
        exit_code: None,
        output: "x".repeat(size),
    })
}

fn log(size: usize) -> Body {
    Body::Refused(Refused { what: "map".into(), why: "x".repeat(size) })
}

fn heartbeat() -> Body {
    Body::Heartbeat(Heartbeat {
        name: "n".into(),
        agent_version: "1".into(),
        addresses: vec![],
        limits: vec![],
        policy: 0,
    })
}

fn inventory() -> Body {
    let system = System {
        hostname: String::new(),
        os: String::new(),
        kernel: String::new(),
        architecture: String::new(),
        cpu: String::new(),
        cpus: 1,
        memory: 0,
        booted: 0,
        manufacturer: String::new(),
        model: String::new(),
        serial: String::new(),
    };
    Body::Inventory(Box::new(Inventory {
        system,
        disks: vec![],
        interfaces: vec![],
        packages: vec![],
    }))
}

fn messages(parcel: &Parcel) -> Vec<Message> {
    serde_json::from_slice::<Batch>(&parcel.body).unwrap().messages
}

/// Sends everything to a site that stores it.
fn drain(journal: &Journal, now: i64) -> Vec<Vec<Message>> {
    let mut sent = Vec::new();
    while let Some(parcel) = journal.parcel(now, usize::MAX).unwrap() {
        let batch = messages(&parcel);
        let stored = batch.iter().map(|message| message.number).collect();
        journal.received(&parcel, &Receipt { stored, ..Receipt::default() }).unwrap();
        sent.push(batch);
    }
    sent
}

#[test]
fn states_go_first_and_inventory_goes_alone() {
    let (_folder, journal) = open(Bounds::default());
    for body in [heartbeat(), inventory(), state(1), log(1), inventory(), heartbeat(), state(2)] {
        journal.send(body, 1).unwrap();
    }
    let numbers: Vec<Vec<u64>> = drain(&journal, 1)
        .iter()
        .map(|batch| batch.iter().map(|message| message.number).collect())
        .collect();
    // 8 tells that the first inventory gave way to the second.
    assert_eq!(numbers, [vec![3, 7, 8], vec![5], vec![1, 4, 6]]);
    assert_eq!(journal.waiting().unwrap(), (0, 0));
}

#[test]
fn what_the_receipt_does_not_name_is_sent_again() {
    let (_folder, journal) = open(Bounds::default());
    for _ in 0..3 {
        journal.send(state(1), 1).unwrap();
    }
    let parcel = journal.parcel(1, 2).unwrap().unwrap();
    let receipt = Receipt { stored: vec![1, 3], refused: vec![2], ..Receipt::default() };
    // 3 was not in the parcel: a receipt for it is a mistake, not a reason to forget it.
    assert_eq!(journal.received(&parcel, &receipt).unwrap(), 2);
    assert_eq!(messages(&journal.parcel(1, 2).unwrap().unwrap())[0].number, 3);
}

#[test]
fn what_is_too_old_is_dropped_and_told() {
    let (_folder, journal) = open(Bounds { age: 100, ..Bounds::default() });
    journal.send(state(1), 0).unwrap();
    journal.send(log(1), 0).unwrap();
    journal.send(state(1), 90).unwrap();
    let sent = drain(&journal, 150);
    let told: Vec<_> = sent[0].iter().map(|message| &message.body).collect();
    let dropped = |class: &str| Body::Dropped(Dropped { class: class.into(), count: 1 });
    assert_eq!(told, [&state(1), &dropped("state"), &dropped("log")]);
}

#[test]
fn where_deployments_stand_is_said_again_after_states_were_dropped() {
    let (_folder, journal) = open(Bounds { age: 100, ..Bounds::default() });
    let Body::State(installed) = state(3) else { panic!() };
    let standing = crate::journal::Standing { state: installed, attempts: 0 };
    journal.report(&standing, None, 0).unwrap();
    journal.send(log(1), 90).unwrap();
    let sent = drain(&journal, 150);
    let bodies: Vec<_> = sent.iter().flatten().map(|message| &message.body).collect();
    let dropped = Body::Dropped(Dropped { class: "state".into(), count: 1 });
    assert_eq!(bodies, [&dropped, &log(1), &state(3)]);
    assert_eq!(journal.waiting().unwrap(), (0, 0));
}

#[test]
fn a_parcel_given_up_is_told() {
    let (_folder, journal) = open(Bounds::default());
    journal.send(log(1), 0).unwrap();
    let parcel = journal.parcel(0, 1).unwrap().unwrap();
    assert_eq!(journal.give_up(&parcel).unwrap(), 1);
    let told = drain(&journal, 0);
    let dropped = Dropped { class: "log".into(), count: 1 };
    assert_eq!(told[0][0].body, Body::Dropped(dropped));
}

#[test]
fn what_no_batch_can_hold_is_not_kept() {
    let (_folder, journal) = open(Bounds::default());
    journal.send(state(wire::limit::MESSAGES_BODY), 0).unwrap();
    assert_eq!(journal.waiting().unwrap(), (0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn bounds_and_order_hold(
        sizes in proptest::collection::vec((any::<bool>(), 0usize..3000), 1..60),
        bytes in 2_000u64..40_000,
    ) {
        let (_folder, journal) = open(Bounds { bytes, ..Bounds::default() });
        let lost = |class: Class| {
            let table = journal.db.begin_read().unwrap().open_table(DROPPED).unwrap();
            table.get(class as u8).unwrap().map_or(0, |count| count.value())
        };
        let mut lost_states = 0;
        for (important, size) in &sizes {
            journal.send(if *important { state(*size) } else { log(*size) }, 1).unwrap();
            let tx = journal.db.begin_write().unwrap();
            prop_assert!(total(&tx).unwrap() <= bytes);
            // No state goes while there is a log that could.
            if lost(Class::State) > lost_states {
                lost_states = lost(Class::State);
                let spool = tx.open_table(SPOOL).unwrap();
                prop_assert!(first(&spool, Class::Log).unwrap().is_none());
            }
        }
        // Whatever was not kept is counted.
        let (kept, dropped) = journal.waiting().unwrap();
        prop_assert_eq!(kept + dropped, sizes.len() as u64);
        for batch in drain(&journal, 1) {
            let sent: Vec<_> =
                batch.iter().map(|message| (subject(&message.body).0, message.number)).collect();
            let mut sorted = sent.clone();
            sorted.sort();
            prop_assert_eq!(sent, sorted);
        }
        let tx = journal.db.begin_write().unwrap();
        prop_assert_eq!(total(&tx).unwrap(), 0);
    }
}

#[test]
fn another_journal_says_all_of_it_under_another_name() {
    let (_folder, journal) = open(Bounds::default());
    let State { deployment, .. } = match state(1) {
        Body::State(state) => {
            let standing = crate::journal::Standing { state, attempts: 1 };
            journal.report(&standing, None, 0).unwrap();
            standing.state
        }
        _ => unreachable!(),
    };
    journal.send(heartbeat(), 0).unwrap();
    let read = || {
        let parcel = journal.parcel(0, 500).unwrap().unwrap();
        let batch: Batch = serde_json::from_slice(&parcel.body).unwrap();
        (parcel, batch)
    };
    let (_, before) = read();
    journal.become_another().unwrap();
    let (parcel, after) = read();
    assert_ne!(before.journal, after.journal);
    assert_eq!(before.messages, after.messages, "what waits, waits on");

    let stored = after.messages.iter().map(|message| message.number).collect();
    journal.received(&parcel, &Receipt { stored, ..Receipt::default() }).unwrap();
    let (_, again) = read();
    let last = before.messages.iter().map(|message| message.number).max().unwrap();
    let [message] = again.messages.as_slice() else { panic!("{again:?}") };
    assert!(message.number > last);
    assert!(matches!(&message.body, Body::State(state) if state.deployment == deployment));
}
