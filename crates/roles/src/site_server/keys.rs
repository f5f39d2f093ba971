//! The site's keys over the years. What the root signed for a year is replaced
//! at half of it, while the site runs: a site that is never restarted must not
//! come to a day on which nothing that it signs is believed.

use std::fmt::Debug;
use std::sync::{Arc, PoisonError};

use tokio::sync::watch;
use trust::site::SiteKeys;

use super::{Office, Pace};

/// Whoever keeps the files of the keys.
pub trait KeyKeeper: Debug + Send + Sync {
    /// The site's keys, with what had lived half its life at `now` (Unix
    /// milliseconds) renewed, and on the disk. May block.
    ///
    /// # Errors
    ///
    /// They cannot be read, made or kept; the old ones are then still there.
    fn renewed(&self, now: i64) -> Result<SiteKeys, KeeperError>;
}

/// Why the keys were not renewed.
#[derive(Debug, thiserror::Error)]
#[error("the site's keys were not renewed: {0}")]
pub struct KeeperError(pub String);

pub(super) async fn run(office: Arc<Office>, keeper: Arc<dyn KeyKeeper>) {
    // Only time brings news.
    let (_silent, news) = watch::channel(0);
    let mut pace = Pace::new("keys", news, &office);
    while pace.next(office.renew_keys(&keeper, node::clock::now()).await).await {}
}

impl Office {
    /// From here on everything is signed with the new keys. What the old ones
    /// signed is good for the rest of their year, and renewed before.
    async fn renew_keys(&self, keeper: &Arc<dyn KeyKeeper>, now: i64) -> Result<bool, KeeperError> {
        if !self.keys().needs_renewal(now) {
            return Ok(false);
        }
        let keeper = Arc::clone(keeper);
        let renewed = tokio::task::spawn_blocking(move || keeper.renewed(now)).await;
        let renewed = renewed.unwrap_or_else(|panic| Err(KeeperError(panic.to_string())))?;
        if renewed.fingerprint() != self.keys().fingerprint() {
            return Err(KeeperError("the files hold the keys of another root".to_owned()));
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
        tracing::info!("renewed the site's keys");
        Ok(false)
    }
}
