//! The site server's own copies: where a client found one damaged, all of it is
//! looked at. There is nobody to fetch it from, because this is where everybody
//! else has it from: a damaged copy is given up from its first bad block on and
//! reported, and is whole again when an administrator has sent it again.

use std::collections::HashMap;
use std::sync::Arc;

use store::StoreError;
use store::held::{Held, Wanted};

use super::{Office, Pace};
use crate::content::Digest;

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
