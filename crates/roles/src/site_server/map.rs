//! The service map: what the plan says of where clients go, signed, as far as
//! there is somebody: the site server's own host, and those that joined. A new
//! one is published when any of that has changed, and when the last one has
//! lived half its life.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::role::CLIENT;
use catalog::service::HTTP;
use catalog::{Edition, FLOWS, RunBy};
use store::StoreError;
use store::document::Document;
use trust::envelope::{self, Expect, Expiry, Kind, Opened, next_number};
use trust::map::{Row, ServiceMap};
use wire::limit;

use super::{Office, Pace, half_over};

/// Maps that are kept; clients are given the newest.
const KEEP: u64 = 4;

#[derive(Debug, thiserror::Error)]
enum MapError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a service map of {found} bytes, and {} are allowed", limit::MAP_BODY)]
    TooLarge { found: usize },
}

pub(super) async fn run(office: Arc<Office>) {
    let mut pace = Pace::new("service map", office.store.order_changes(), &office);
    while pace.next(office.publish(node::clock::now()).await).await {}
}

impl Office {
    async fn publish(&self, now: i64) -> Result<bool, MapError> {
        let map = self.map(&self.present().await?);
        let last = self.store.document(crate::MAP).await?;
        let fresh = last.as_ref().and_then(|last| self.own(Kind::Map, &last.envelope, now));
        if fresh.is_some_and(|last| {
            last.body == map.encode() && !half_over(last.issued, last.expires, now)
        }) {
            return Ok(false);
        }
        let number = next_number(last.map_or(0, |last| last.number), now);
        let envelope = self.keys().sign_map(&map, number, now);
        if envelope.len() > limit::MAP_BODY {
            return Err(MapError::TooLarge { found: envelope.len() });
        }
        let new = Document { number, envelope, issued: now };
        if self.store.put_document(crate::MAP, &new).await? {
            tracing::info!(number, services = map.rows.len(), "published a service map");
        }
        self.store.prune_documents(crate::MAP, KEEP).await?;
        Ok(false)
    }

    /// The hosts that are of the site now.
    async fn present(&self) -> Result<HashSet<String>, StoreError> {
        let hosts = self.store.hosts().await?.into_iter();
        let joined = hosts.filter(|host| host.removed.is_none()).map(|host| host.name);
        Ok(joined.chain([self.host.clone()]).collect())
    }

    /// Every service that a client may come for, wherever the plan has it.
    fn map(&self, present: &HashSet<String>) -> ServiceMap {
        let (keys, plan) = (self.keys(), self.plan());
        let site = keys.site();
        let mut served: Vec<_> = FLOWS
            .iter()
            .filter(|flow| flow.editions.contains(Edition::Portolan) && *flow.from == CLIENT)
            .filter(|flow| flow.to.run_by == RunBy::Site && flow.service.served)
            // Plain HTTP is for machines that have no map yet; who has one must
            // not come to think that it may do without TLS.
            .filter(|flow| *flow.service != HTTP)
            .map(|flow| (flow.to, flow.service))
            .collect();
        served.sort();
        served.dedup();
        let rows = served.into_iter().flat_map(|(role, service)| {
            let places = plan.endpoints(role, service).into_iter();
            places.filter(|at| present.contains(&at.host)).map(move |at| {
                Row::new(role, service, site, &at.host, at.address, at.port, at.alternate)
            })
        });
        ServiceMap {
            site: site.to_owned(),
            rows: rows.collect(),
            next_root: None,
            recovery: keys.recovery().0,
        }
    }

    /// A document of this site's own, or nothing if it is somebody else's.
    pub(super) fn own(&self, kind: Kind, envelope: &[u8], now: i64) -> Option<Opened> {
        let keys = self.keys();
        let expect = Expect {
            kind,
            site: keys.site(),
            root: &keys.fingerprint(),
            now,
            after: 0,
            expiry: Expiry::Kept,
            known: &[],
        };
        envelope::open(envelope, &expect).ok()
    }
}
