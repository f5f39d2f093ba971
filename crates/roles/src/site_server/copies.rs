//! The site server's own copies: where a client or a host found one damaged, all
//! of it is looked at. There is nobody to fetch it from, because this is where everybody
//! else has it from: a damaged copy is given up from its first bad block on and
//! reported, and is whole again when an administrator has sent it again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use store::StoreError;
use store::held::{Held, Wanted};

use wire::link;

use super::{Office, Pace};
use crate::content::Digest;
use crate::problem::Refusal;

/// A host can have a copy looked at so often, which means reading all of it.
/// Milliseconds.
const PAUSE: i64 = 10 * 60 * 1000;

#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the content library's disk failed")]
    Disk(#[from] std::io::Error),
}

pub(super) async fn run(office: Arc<Office>) {
    let mut pace = Pace::new("copies", office.store.order_changes(), &office);
    while pace.next(office.look_at_copies(node::clock::now()).await).await {}
}

impl Office {
    async fn look_at_copies(&self, now: i64) -> Result<bool, CopyError> {
        let said = self.store.held_by(&self.host).await?.into_iter();
        let mut said: HashMap<_, _> = said.map(|held| (held.digest.clone(), held)).collect();
        let mut held = Vec::new();
        for wanted in self.store.wanted_by(&self.host).await? {
            let last = said.remove(&wanted.digest);
            // What nobody ever doubted needs no word.
            if wanted.doubt > 0 {
                held.push(self.look_at(&wanted, last).await?);
            }
        }
        self.store.report_held(&self.host, &held, now).await?;
        Ok(false)
    }

    /// A host says that what it takes from here is damaged.
    pub(super) async fn doubt_own(
        &self,
        by: &str,
        held: &link::Held,
        now: i64,
    ) -> Result<(), Refusal> {
        let failed = |error| Refusal::internal("keep the host's report", &error);
        let digest: Digest = held.digest.parse()?;
        let key = digest.to_string();
        if !self.store.is_wanted(&key).await.map_err(failed)? {
            return Ok(());
        }
        {
            let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
            doubted.retain(|_, at| (0..PAUSE).contains(&now.saturating_sub(*at)));
            if doubted.contains_key(&digest) {
                return Ok(());
            }
            let _none = doubted.insert(digest, now);
        }
        tracing::warn!(host = by, digest = key, block = held.source_damaged, "our copy is damaged");
        self.store.doubt(&self.host, &key).await.map_err(failed)
    }

    async fn look_at(&self, wanted: &Wanted, last: Option<Held>) -> Result<Held, CopyError> {
        let looked = last.as_ref().is_some_and(|last| last.looked >= wanted.doubt);
        let mut trouble = last.map(|last| last.trouble).unwrap_or_default();
        let Ok(digest) = wanted.digest.parse::<Digest>() else {
            return Ok(held(wanted, 0, false, "the store names it wrongly".to_owned()));
        };
        if !looked {
            let damaged = self.library.give_up_damaged(digest).await?;
            if damaged > 0 {
                let (name, digest) = (&wanted.name, &wanted.digest);
                trouble = format!("{damaged} damaged blocks; send the file again");
                tracing::error!(name, digest, "the content library holds {trouble}");
            }
        }
        let arrived = self.library.arrived(digest).await?;
        if arrived.complete {
            trouble.clear();
        }
        Ok(held(wanted, arrived.have, arrived.complete, trouble))
    }
}

fn held(wanted: &Wanted, have: u64, complete: bool, trouble: String) -> Held {
    let digest = wanted.digest.clone();
    Held { digest, have, complete, looked: wanted.doubt, repaired: 0, trouble }
}
