//! What the site need not remember for ever: processed messages, expired
//! tokens and invitations, reports of damage, what was held by hosts that are
//! gone, and content that nothing uses. Looked at by the clock and not when a
//! part happens to have nothing else to do, because a busy site never has
//! nothing else to do.

use std::sync::Arc;
use std::time::Duration;

use node::stop::Stop;
use store::{Store, StoreError};

use super::{Office, chain};
use crate::content::{Digest, Library};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(10 * 60);
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Processed messages are kept so long, in milliseconds: for twice the week
/// that a client's spool keeps them, so that a replay is still recognised.
const KEEP_MESSAGES: i64 = 14 * DAY;
/// Tokens and invitations that expired are kept so long, so that a refusal can
/// say why.
const KEEP_TOKENS: i64 = 30 * DAY;
/// Who reported which damage is kept so long, for people.
const KEEP_DAMAGE: i64 = 30 * DAY;
/// A package of the agent that was the newest is kept so long: a command that
/// names it may lie around for as long as its token is good.
const KEEP_PACKAGE: i64 = 30 * DAY;
/// Content that nobody has wanted for so long, and nothing uses, goes:
/// an administrator who has sent it has had a day to make something of it.
const KEEP_CONTENT: i64 = DAY;
/// What is removed in one go.
const PRUNE: u64 = 1000;

#[derive(Debug, thiserror::Error)]
enum RetentionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the content library's disk failed")]
    Disk(#[from] std::io::Error),
}

pub(super) async fn run(office: Arc<Office>) {
    let stop = office.stop.clone();
    while !stop.is_stopped() {
        if let Err(error) = office.forget(&stop, node::clock::now()).await {
            // It costs room, and nothing else; the next look tries again.
            tracing::error!("what is no longer needed was not removed: {}", chain(&error));
        }
        tokio::select! {
            () = stop.stopped() => {}
            () = node::clock::sleep(LOOK) => {}
        }
    }
}

impl Office {
    async fn forget(&self, stop: &Stop, now: i64) -> Result<(), RetentionError> {
        let store = &self.store;
        let before = |age| now.saturating_sub(age);
        while !stop.is_stopped() && store.prune_messages(before(KEEP_MESSAGES), PRUNE).await? > 0 {}
        while !stop.is_stopped() && store.prune_tokens(before(KEEP_TOKENS), PRUNE).await? > 0 {}
        store.prune_invitations(before(KEEP_TOKENS), PRUNE).await?;
        store.prune_damage(before(KEEP_DAMAGE)).await?;
        store.prune_held(&self.host).await?;
        store.prune_agent_packages(before(KEEP_PACKAGE)).await?;
        collect(store, &self.library, before(KEEP_CONTENT)).await?;
        self.library.sweep().await?;
        Ok(())
    }
}

/// Removes content that was last wanted before a time and that nothing uses.
///
/// Somebody may be about to use it at this moment. Who does says so in the
/// store first and looks into the library afterwards; here it is the other way
/// round: the library says that it is not there, and only what the store then
/// forgets is removed. Whichever comes first, nobody is left with an
/// application whose bytes are gone: at worst they are sent again.
async fn collect(store: &Store, library: &Library, before: i64) -> Result<(), RetentionError> {
    for unused in store.unused_content(before, PRUNE).await? {
        let Ok(digest) = unused.digest.parse::<Digest>() else {
            store.forget_content(&unused.digest, before).await?;
            continue;
        };
        // Busy: it is just being sent.
        let Some(withdrawn) = library.withdraw(digest).await? else { continue };
        if store.forget_content(&unused.digest, before).await? {
            withdrawn.remove().await?;
            tracing::info!(%digest, name = unused.name, "removed content that nothing uses");
        } else {
            withdrawn.give_back().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn only_what_nobody_wants_goes() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&dir.path().join("site.db")).await.unwrap();
        let library = Library::open(dir.path().join("content")).unwrap();
        let put = async |bytes: &'static [u8], size: u64| {
            let digest = Digest(*blake3::hash(bytes).as_bytes());
            let key = digest.to_string();
            store.announce_content(&key, size, "", 10).await.unwrap();
            let arrived = library.receive(digest, 0, size, Body::from(bytes)).await.unwrap();
            if arrived.complete {
                store.complete_content(&key, size, 10).await.unwrap();
            }
            digest
        };
        let (used, wanted) = (put(b"used", 4).await, put(b"wanted", 6).await);
        let (unused, part) = (put(b"unused", 6).await, put(b"par", 4).await);
        let app = store::app::NewApp {
            name: "app".into(),
            installer: "{}".into(),
            contents: vec![used.to_string()],
            time_limit: 1,
            success_codes: vec![0],
        };
        store.create_app(&app, 10).await.unwrap();
        store.want_content(&wanted.to_string(), 20).await.unwrap();

        collect(&store, &library, 15).await.unwrap();
        for kept in [used, wanted] {
            assert!(library.arrived(kept).await.unwrap().complete);
            assert!(store.content(&kept.to_string()).await.unwrap().is_some());
        }
        for gone in [unused, part] {
            assert_eq!(library.arrived(gone).await.unwrap().have, 0);
            assert!(store.content(&gone.to_string()).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn what_is_wanted_in_between_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::open(dir.path()).unwrap();
        let digest = Digest(*blake3::hash(b"wanted").as_bytes());
        let send = || library.receive(digest, 0, 6, Body::from("wanted"));
        assert!(send().await.unwrap().complete);
        let withdrawn = library.withdraw(digest).await.unwrap().unwrap();
        assert!(!library.arrived(digest).await.unwrap().complete);
        assert!(library.find(digest).await.unwrap().is_none());
        assert!(send().await.is_err(), "nobody writes into it meanwhile");
        withdrawn.give_back().await.unwrap();
        assert!(library.arrived(digest).await.unwrap().complete);

        // Cut off in the middle, it is an upload that lacks nothing but its check.
        drop(library.withdraw(digest).await.unwrap().unwrap());
        let again = library.receive(digest, 6, 6, Body::empty()).await.unwrap();
        assert!(again.complete);
    }
}
