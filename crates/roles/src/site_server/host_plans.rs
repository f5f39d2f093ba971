//! Each host's plan: what the site's plan says of it, signed. A new one is
//! published for every host that joined when its part of the plan has changed,
//! and when the last one has lived half its life; who is invited gets one with
//! the invitation.

use std::sync::Arc;

use store::StoreError;
use store::document::Document;
use trust::envelope::{Kind, next_number};
use trust::host_plan::{self, HostPlan, NoHostPlan};

use super::{Office, Pace, half_over};

/// Plans of one host that are kept; it is given the newest.
const KEEP: u64 = 2;

#[derive(Debug, thiserror::Error)]
pub(super) enum HostPlanError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    None(#[from] NoHostPlan),
    #[error("the plan of host {host} has {found} bytes, and {} are allowed", host_plan::LIMIT)]
    TooLarge { host: String, found: usize },
}

pub(super) async fn run(office: Arc<Office>) {
    let mut pace = Pace::new("host plans", office.store.order_changes(), &office);
    while pace.next(office.publish_host_plans(node::clock::now()).await).await {}
}

/// What the store calls a host's plan.
pub(super) fn kind(host: &str) -> String {
    format!("host-plan:{host}")
}

impl Office {
    async fn publish_host_plans(&self, now: i64) -> Result<bool, HostPlanError> {
        let mut looked = Ok(false);
        for host in self.store.hosts().await? {
            if host.removed.is_some() {
                continue;
            }
            match self.host_plan(&host.name, now).await {
                Ok(_) => {}
                // The site file has no (such) host any more: it keeps the plan
                // that it has, and the link refuses it until it is removed.
                Err(HostPlanError::None(none)) => tracing::debug!("no host plan: {none}"),
                Err(error) => looked = Err(error),
            }
        }
        looked
    }

    /// A host's plan as it is now, published.
    pub(super) async fn host_plan(&self, host: &str, now: i64) -> Result<Document, HostPlanError> {
        let plan = HostPlan::of(&self.plan(), host)?;
        let kind = kind(host);
        let last = self.store.document(&kind).await?;
        let number = next_number(last.as_ref().map_or(0, |last| last.number), now);
        if let Some(last) = last
            && let Some(own) = self.own(Kind::HostPlan, &last.envelope, now)
            && own.body == plan.encode()
            && !half_over(own.issued, own.expires, now)
        {
            return Ok(last);
        }
        let envelope = self.keys().sign_host_plan(&plan, number, now);
        if envelope.len() > host_plan::LIMIT {
            return Err(HostPlanError::TooLarge { host: host.to_owned(), found: envelope.len() });
        }
        let new = Document { number, envelope, issued: now };
        if self.store.put_ordered_document(&kind, &new).await? {
            tracing::info!(number, host, "published a host plan");
        }
        self.store.prune_documents(&kind, KEEP).await?;
        Ok(new)
    }
}
