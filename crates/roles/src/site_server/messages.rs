//! What clients reported, from messages into what the site knows: each exactly
//! once, in the order in which they arrived. The store writes a message's
//! effects and the mark on it in one transaction, so a crash anywhere repeats
//! nothing and loses nothing.

use std::sync::Arc;

use plan::Plan;
use store::StoreError;
use store::damage::Damage;
use store::device::Heartbeat;
use store::message::{Effect, Message};
use store::state::Report;
use wire::client::{Body, Phase};

use super::{Office, Pace};

/// Messages that are processed in one go.
const BATCH: u64 = 200;
/// Bytes that are processed in one go: all of it is in memory, several times.
const BYTES: u64 = 8 * 1024 * 1024;

pub(super) async fn run(office: Arc<Office>) {
    let news = office.store.arrivals();
    let mut pace = Pace::new("messages", news, &office);
    while pace.next(office.process(node::clock::now()).await).await {}
}

impl Office {
    /// Says whether there is more.
    async fn process(&self, now: i64) -> Result<bool, StoreError> {
        let messages = self.store.unprocessed(BATCH, BYTES).await?;
        let more = !messages.is_empty();
        let plan = self.plan();
        let understand = |message| {
            let effects = effects(&message, &plan);
            (message, effects)
        };
        let understood: Vec<_> = messages.into_iter().map(understand).collect();
        let outcomes = self.store.process(&understood, now).await?;
        for ((message, _), outcome) in understood.into_iter().zip(outcomes) {
            match outcome {
                Ok(_done) => {}
                Err(error) if error.is_lasting() => self.set_aside(message, &error, now).await?,
                // Not the message's fault: later, and it is not lost.
                Err(error) => return Err(error),
            }
        }
        Ok(more)
    }

    /// A message whose effects the store does not take must not stand in the
    /// way of those behind it.
    async fn set_aside(
        &self,
        message: Message,
        error: &StoreError,
        now: i64,
    ) -> Result<(), StoreError> {
        let Message { number, journal, device, .. } = &message;
        let cause = crate::problem::chain(error);
        tracing::error!(device, cause, "message {number} of journal {journal} has no effect");
        let outcomes = self.store.process(&[(message, Vec::new())], now).await?;
        outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))
    }
}

/// What a message changes. One that cannot be read came from a management
/// point of another version; it changes nothing.
fn effects(message: &Message, plan: &Plan) -> Vec<Effect> {
    let body = match serde_json::from_str(&message.body) {
        Ok(body) => body,
        Err(error) => {
            let Message { number, journal, device, .. } = message;
            tracing::warn!(device, "message {number} of journal {journal} is not known: {error}");
            return Vec::new();
        }
    };
    match body {
        Body::Heartbeat(said) => vec![Effect::Heartbeat(Heartbeat {
            name: said.name,
            agent_version: said.agent_version,
            addresses: said.addresses,
            limits: said.limits,
            policy: said.policy,
        })],
        // Only the site says that nothing was said.
        Body::State(said) if said.phase == Phase::Pending => Vec::new(),
        Body::State(said) => vec![Effect::State(Report {
            deployment: said.deployment,
            phase: said.phase.word().to_owned(),
            reason: said.reason,
            exit_code: said.exit_code,
            output: said.output,
        })],
        Body::Inventory(report) => {
            serde_json::to_string(&report).map(Effect::Inventory).into_iter().collect()
        }
        // No host of ours: a client of a site file that has changed since, or
        // one that lies.
        Body::Damaged(said) if plan.host(&said.host).is_none() => Vec::new(),
        Body::Damaged(said) => {
            let (host, digest, block) = (&said.host, &said.digest, said.block);
            tracing::warn!(device = message.device, host, digest, block, "content is damaged");
            vec![Effect::Damaged(Damage { host: said.host, digest: said.digest, block })]
        }
        Body::Refused(said) => vec![Effect::Refused(format!("{}: {}", said.what, said.why))],
        Body::Dropped(said) => vec![Effect::Refused(format!(
            "{} messages of class {} were dropped, because the spool was full or they were too old",
            said.count, said.class
        ))],
    }
}
