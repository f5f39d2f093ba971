//! Applications, content, collections, deployments.

use store::Store;
use store::app::{CreateAppError, DeleteAppError, NewApp, UpdateAppError};
use store::change::Topic;
use store::collection::{CreateCollectionError, DeleteCollectionError};
use store::deployment::{DeployError, Deployment, NewDeployment};

use crate::Base;
use crate::devices::enrolled;

pub(crate) fn app(name: &str, contents: &[String]) -> NewApp {
    NewApp {
        name: name.into(),
        installer: "{}".into(),
        contents: contents.to_vec(),
        time_limit: 60,
        success_codes: vec![0, 3010],
    }
}

pub(crate) async fn deploy(store: &Store, app: &str, collection: &str) -> Deployment {
    let (app, collection) = (app.to_owned(), collection.to_owned());
    let new = NewDeployment { app, collection, uninstall: false, deadline: None };
    store.deploy(&new, 1).await.unwrap()
}

pub(crate) async fn an_application_needs_its_content(base: Base) {
    let store = base.open().await;
    let digests = ["d1".to_owned(), "d2".to_owned()];
    for digest in &digests {
        store.announce_content(digest, 7, "a.deb", 1).await.unwrap();
    }
    assert!(store.complete_content("d1", 7, 1).await.unwrap());
    assert!(!store.complete_content("d3", 7, 1).await.unwrap());

    let missing = store.create_app(&app("hello", &digests), 1).await;
    assert!(matches!(missing, Err(CreateAppError::ContentMissing { digest }) if digest == "d2"));
    assert_eq!(store.app("hello").await.unwrap(), None);

    assert!(store.complete_content("d2", 8, 1).await.unwrap());
    // Named twice is needed once.
    let twice = [digests[0].clone(), digests[1].clone(), digests[0].clone()];
    let id = store.create_app(&app("hello", &twice), 1).await.unwrap();
    let made = store.app("hello").await.unwrap().unwrap();
    assert_eq!((made.id, made.success_codes), (id, vec![0, 3010]));

    assert!(!store.forget_content("d1", 9).await.unwrap());
    store.announce_content("d3", 1, "b.sh", 2).await.unwrap();
    let unused = async |before| {
        let unused = store.unused_content(before, 10).await.unwrap();
        unused.into_iter().map(|content| content.digest).collect::<Vec<_>>()
    };
    assert_eq!(unused(3).await, ["d3"]);
    // Whoever wants it again keeps it, between the look and the deed too.
    store.want_content("d3", 5).await.unwrap();
    assert!(!store.forget_content("d3", 3).await.unwrap());
    store.announce_content("d3", 1, "b.sh", 7).await.unwrap();
    store.want_content("d3", 4).await.unwrap();
    assert!(unused(7).await.is_empty());
    assert!(store.forget_content("d3", 8).await.unwrap());

    store.delete_app("hello").await.unwrap();
    assert_eq!(unused(2).await, ["d1", "d2"]);
    assert!(store.forget_content("d1", 2).await.unwrap());
    assert_eq!(store.content("d2").await.unwrap().unwrap().size, 8);
}

pub(crate) async fn names_are_unique(base: Base) {
    let store = base.open().await;
    store.create_app(&app("a", &[]), 1).await.unwrap();
    let taken = store.create_app(&app("a", &[]), 1).await;
    assert!(matches!(taken, Err(CreateAppError::NameTaken { name }) if name == "a"));

    let mars = enrolled(&store, "mars").await;
    let unknown = [mars.clone(), "nobody".to_owned()];
    let refused = store.create_collection("some", &unknown).await;
    assert!(matches!(refused, Err(CreateCollectionError::DeviceUnknown { id }) if id == "nobody"));
    assert_eq!(store.collection("some").await.unwrap(), None);
    store.create_collection("some", &[mars.clone(), mars.clone()]).await.unwrap();
    let taken = store.create_collection("all", &[]).await;
    assert!(matches!(taken, Err(CreateCollectionError::NameTaken { .. })));

    enrolled(&store, "venus").await;
    let found = store.collections().await.unwrap();
    let listed: Vec<_> =
        found.iter().map(|found| (found.name.as_str(), found.devices.len())).collect();
    assert_eq!(listed, [("all", 2), ("some", 1)]);
}

pub(crate) async fn the_newest_deployment_counts(base: Base) {
    let store = base.open().await;
    let mars = enrolled(&store, "mars").await;
    let venus = enrolled(&store, "venus").await;
    store.create_collection("some", std::slice::from_ref(&mars)).await.unwrap();
    store.create_app(&app("a", &[]), 1).await.unwrap();
    store.create_app(&app("b", &[]), 1).await.unwrap();

    let everywhere = deploy(&store, "a", "all").await;
    let there = deploy(&store, "a", "some").await;
    let other = deploy(&store, "b", "all").await;
    let assigned = |device: String| {
        let store = store.clone();
        async move {
            let found = store.assignments_for(&device).await.unwrap();
            found.into_iter().map(|found| found.deployment).collect::<Vec<_>>()
        }
    };
    assert_eq!(assigned(mars.clone()).await, [there.id, other.id]);
    assert_eq!(assigned(venus.clone()).await, [everywhere.id, other.id]);
    // An application deployed again to the same collection: one deployment.
    let again = NewDeployment {
        app: "a".into(),
        collection: "all".into(),
        uninstall: true,
        deadline: Some(77),
    };
    let again = store.deploy(&again, 2).await.unwrap();
    assert_eq!(assigned(mars.clone()).await, [other.id, again.id]);
    let last = store.assignments_for(&venus).await.unwrap().pop().unwrap();
    assert_eq!((last.uninstall, last.deadline, last.app.name.as_str()), (true, Some(77), "a"));
    assert_eq!(store.deployments_of("a").await.unwrap(), [there.clone(), again.clone()]);

    // The newest goes, and what stood behind it counts again.
    assert!(store.delete_deployment(again.id).await.unwrap());
    assert!(!store.delete_deployment(again.id).await.unwrap());
    assert_eq!(assigned(mars).await, [there.id, other.id]);
    assert_eq!(assigned(venus).await, [other.id]);
    // Clients remember deployments by id: none comes twice.
    assert!(deploy(&store, "a", "all").await.id > again.id);
}

pub(crate) async fn what_is_deployed_stays(base: Base) {
    let store = base.open().await;
    store.create_app(&app("a", &[]), 1).await.unwrap();
    store.create_collection("none", &[]).await.unwrap();
    let new = |app: &str, collection: &str| NewDeployment {
        app: app.into(),
        collection: collection.into(),
        uninstall: false,
        deadline: None,
    };
    let unknown = store.deploy(&new("x", "none"), 1).await;
    assert!(matches!(unknown, Err(DeployError::AppUnknown { name }) if name == "x"));
    let unknown = store.deploy(&new("a", "x"), 1).await;
    assert!(matches!(unknown, Err(DeployError::CollectionUnknown { name }) if name == "x"));
    let made = store.deploy(&new("a", "none"), 1).await.unwrap();

    let refused = store.delete_app("a").await.unwrap_err();
    assert!(
        matches!(&refused, DeleteAppError::Deployed { collections, .. } if *collections == ["none"])
    );
    let refused = store.delete_collection("none").await.unwrap_err();
    assert!(matches!(&refused, DeleteCollectionError::Deployed { apps, .. } if *apps == ["a"]));
    let refused = store.delete_collection("all").await;
    assert!(matches!(refused, Err(DeleteCollectionError::BuiltIn { .. })));
    let refused = store.delete_collection("x").await;
    assert!(matches!(refused, Err(DeleteCollectionError::Unknown { .. })));
    assert!(matches!(store.delete_app("x").await, Err(DeleteAppError::Unknown { .. })));

    assert!(store.delete_deployment(made.id).await.unwrap());
    store.delete_app("a").await.unwrap();
    store.delete_collection("none").await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.apps, counts.deployments), (0, 0));
}

pub(crate) async fn news_wakes_who_waits(base: Base) {
    let store = base.open().await;
    store.create_app(&app("a", &[]), 1).await.unwrap();
    let before = store.progress("a").await.unwrap().version;
    let mut changes = store.changes();
    changes.mark_unchanged();
    let waiter = async {
        changes.wait_for(|version| *version > before).await.map(|version| *version).unwrap()
    };
    let (woken, _) = tokio::join!(waiter, deploy(&store, "a", "all"));
    let progress = store.progress("a").await.unwrap();
    assert_eq!(progress.version, woken);
    assert_eq!(progress.deployments.len(), 1);

    // A refused change is no news.
    assert!(store.delete_app("a").await.is_err());
    assert_eq!(*store.changes().borrow(), woken);
}

pub(crate) async fn an_update_makes_deployments_anew(base: Base) {
    let store = base.open().await;
    let mars = enrolled(&store, "mars").await;
    for digest in ["d1", "d2"] {
        store.announce_content(digest, 7, digest, 1).await.unwrap();
        store.complete_content(digest, 7, 1).await.unwrap();
    }
    store.create_collection("some", std::slice::from_ref(&mars)).await.unwrap();
    let id = store.create_app(&app("a", &["d1".into()]), 1).await.unwrap();
    deploy(&store, "a", "some").await;
    let everywhere = deploy(&store, "a", "all").await;
    let before = store.version(Topic::Policy).await.unwrap();

    let missing = store.update_app(&app("a", &["d3".into()]), 2).await;
    assert!(matches!(missing, Err(UpdateAppError::ContentMissing { digest }) if digest == "d3"));
    let unknown = store.update_app(&app("b", &["d2".into()]), 2).await;
    assert!(matches!(unknown, Err(UpdateAppError::Unknown { name }) if name == "b"));
    assert_eq!(store.version(Topic::Policy).await.unwrap(), before);

    let newer = NewApp { installer: "[2]".into(), time_limit: 9, ..app("a", &["d2".into()]) };
    store.update_app(&newer, 2).await.unwrap();
    let found = store.app("a").await.unwrap().unwrap();
    assert_eq!((found.id, found.installer.as_str(), found.time_limit), (id, "[2]", 9));
    // The same deployments, in the same order, with numbers never seen.
    let deployments = store.deployments_of("a").await.unwrap();
    let collections: Vec<_> = deployments.iter().map(|one| one.collection.as_str()).collect();
    assert_eq!(collections, ["some", "all"]);
    assert!(deployments.iter().all(|one| one.id > everywhere.id));
    let assigned = store.assignments_for(&mars).await.unwrap();
    assert_eq!((assigned.len(), assigned[0].deployment), (1, deployments[1].id));
    assert!(store.version(Topic::Policy).await.unwrap() > before);
    // What nothing needs any more may go.
    assert!(store.forget_content("d1", 9).await.unwrap());
    assert!(!store.forget_content("d2", 9).await.unwrap());
}
