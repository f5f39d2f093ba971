//! The driver's own promises.

use store::change::Topic;
use store::document::Document;
use store::message::Message;
use store::{OpenError, StoreError, statement};

use crate::Base;
use crate::apps::{app, deploy};
use crate::devices::{KEY, enrolled, new_device, token};
use crate::messages::{report, taken_in};

/// The law of the house: one text, both databases.
pub(crate) async fn every_statement_is_understood(base: Base) {
    let store = base.open().await;
    let mut wrong = Vec::new();
    for statement in statement::all() {
        if let Err(error) = store.prepare(statement).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            wrong.push(format!("{error}: {}", cause.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) async fn hosts_that_start_together_migrate_once(base: Base) {
    let (a, b, c) = tokio::join!(base.open(), base.open(), base.open());
    for store in [a, b, c, base.open().await] {
        let collections = store.collections().await.unwrap();
        assert_eq!(collections.len(), 1);
        assert!(collections[0].built_in && collections[0].name == "all");
    }
}

pub(crate) async fn a_newer_database_is_refused(base: Base) {
    drop(base.open().await);
    base.sql("INSERT INTO migration (number, title) VALUES (999, 'from the future')");
    let refusal = base.try_open().await.expect_err("a refusal");
    assert!(matches!(refusal, OpenError::Newer { found: 999, known } if known < 999));
    assert!(refusal.to_string().contains("a newer portolan has used it"), "{refusal}");
}

pub(crate) async fn what_is_written_is_read_by_others(base: Base) {
    let (one, other) = (base.open().await, base.open().await);
    let device = enrolled(&one, "a").await;
    assert_eq!(other.device(&device).await.unwrap().unwrap().name, "a");
    // What another host changed shows in the version, if not in the waker.
    assert_eq!(other.version(Topic::Policy).await.unwrap(), 1);
    assert_eq!(*one.policy_changes().borrow(), 1);
    assert_eq!(*base.open().await.policy_changes().borrow(), 1);
}

/// All of them share commits; those that fail must take nobody with them.
pub(crate) async fn a_failed_transaction_leaves_its_neighbours_alone(base: Base) {
    let store = base.open().await;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..100_u8 {
        let store = store.clone();
        running.spawn(async move {
            // Every third asks for content that is not there: its application
            // is inserted first and must go again. Every fifth breaks a rule
            // of the database itself.
            let missing = number % 3 == 0;
            let contents = if missing { vec!["nowhere".to_owned()] } else { Vec::new() };
            let made = store.create_app(&app(&format!("app-{number}"), &contents), 1).await;
            assert_eq!(made.is_err(), missing);
            if number % 5 == 0 {
                // Only one of the first tries is the first of all.
                drop(store.create_token(&[0; 32], 1, 2).await);
                let again = store.create_token(&[0; 32], 1, 2).await;
                assert!(matches!(again, Err(StoreError::Database { .. })), "{again:?}");
            }
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    let names = store.apps().await.unwrap();
    assert_eq!(names.len(), (0..100).filter(|number| number % 3 != 0).count());
    assert!(store.token(&[0; 32]).await.unwrap().is_some());
}

/// One host locks what the other wants next, and the other way round.
pub(crate) async fn hosts_that_want_the_same_both_get_it(base: Base) {
    let (one, other) = (base.open().await, base.open().await);
    let mars = enrolled(&one, "mars").await;
    one.create_app(&app("a", &[]), 1).await.unwrap();
    deploy(&one, "a", "all").await;
    let before = one.version(Topic::Policy).await.unwrap();
    let deployment = one.deployments().await.unwrap()[0].id;
    let work = |messages: &[Message]| -> Vec<_> {
        let effects = || vec![report(deployment, "installing")];
        messages.iter().map(|message| (message.clone(), effects())).collect()
    };
    for round in 0..5 {
        let numbers: Vec<_> = (round * 80 + 1..=round * 80 + 80).collect();
        let waiting = taken_in(&one, &mars, "j", &numbers).await;
        let (mine, yours) = (work(&waiting[..40]), work(&waiting[40..]));
        let names = [format!("one-{round}"), format!("other-{round}")];
        let (a, b, c, d) = tokio::join!(
            one.create_collection(&names[0], &[]),
            one.process(&mine, 30),
            other.process(&yours, 30),
            other.create_collection(&names[1], &[]),
        );
        assert!(a.is_ok() && d.is_ok(), "{a:?} {d:?}");
        for done in b.unwrap().into_iter().chain(c.unwrap()) {
            assert!(done.unwrap());
        }
    }
    assert_eq!(other.version(Topic::Policy).await.unwrap(), before + 10);
    assert_eq!(other.counts().await.unwrap().waiting, 0);
}

pub(crate) async fn texts_come_back_as_they_went(base: Base) {
    let store = base.open().await;
    let hash = token(&store, 1).await;
    let hostile = "'; DROP TABLE device; -- $1 ?1 \\ \" ü 🜚 \u{202e}\n\t";
    let id = store.enrol(&new_device("1", hostile, KEY), &hash, 5).await.unwrap();
    assert_eq!(store.device(&id).await.unwrap().unwrap().name, hostile);
    assert_eq!(store.find_device(hostile).await.unwrap().id, id);

    // PostgreSQL cannot keep U+0000: on both it becomes what stands for it.
    assert!(store.block_device(&id, "a\0b", 6).await.unwrap());
    assert_eq!(store.device(&id).await.unwrap().unwrap().blocked_reason, "a\u{fffd}b");

    let bytes: Vec<u8> = (0..=255).collect();
    let document = Document { number: u64::MAX >> 1, envelope: bytes, issued: i64::MIN };
    assert!(store.put_document("map", &document).await.unwrap());
    assert_eq!(store.document("map").await.unwrap(), Some(document));
}

/// The server ends both of our connections; nobody who asks then notices.
pub(crate) async fn a_broken_connection_is_made_again(base: Base) {
    let store = base.open().await;
    let device = enrolled(&store, "a").await;
    for now in [7, 8, 9] {
        if let Base::Postgres { server, name } = &base {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
            server.run("psql", &["-q", "-c", &format!("{end} '{name}'")]);
        }
        assert!(store.block_device(&device, "lost", now).await.unwrap());
        assert_eq!(store.device(&device).await.unwrap().unwrap().blocked, Some(now));
    }
}
