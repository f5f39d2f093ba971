//! Messages of clients into the store. A client drops a message from its spool
//! only after it stands in the receipt, and it stands there only after the
//! store has written it durably. What a message leads to is the site server's
//! work; here it is only looked at from outside.

use axum::Json;
use axum::extract::{Request, State};
use http::StatusCode;
use node::http::Accepted;
use store::message::NewMessage;
use wire::client::{Batch, Body, Message, Receipt};
use wire::{limit, problem};

use super::intake::Intake;
use super::{Uses, visited};
use crate::identity::Device;
use crate::problem::Refusal;
use crate::request;

/// Bytes of a text that a client gives for people to read.
const TEXT: usize = 4 * 1024;
/// Messages that are kept of one device: two weeks of it. An agent that works
/// sends a hundred in that time, or a thousand.
const HELD: u64 = 100_000;
/// Bytes of its messages that wait for the site server: as many as an agent's
/// whole spool has.
const WAITING: u64 = 64 * 1024 * 1024;
/// Entries of a list within a heartbeat.
const LIST: usize = 64;

pub(super) async fn receive(
    State(uses): State<Uses>,
    State(intake): State<Intake>,
    device: Device,
    request: Request,
) -> Result<Json<Receipt>, Refusal> {
    let from = request.extensions().get::<Accepted>().map(|accepted| accepted.peer.to_string());
    visited(&uses.store, &device.0.id, device.0.last_seen).await?;
    let Device(device) = device;
    let _place = intake.enter(&device.id, request.headers()).await?;
    has_room(&uses, &device.id).await?;
    let body = request::read(request, limit::INVENTORY_BODY).await?;
    let batch: Batch = request::parse(&body)?;
    if body.len() > limit::MESSAGES_BODY && !is_inventory(&batch) {
        let what = "a batch of messages without an inventory, or with more beside it,";
        return Err(Refusal::too_large(what, limit::MESSAGES_BODY as u64));
    }
    check(&batch)?;
    let now = node::clock::now();
    let mut batch_in = Vec::with_capacity(batch.messages.len());
    let mut receipt = Receipt::default();
    for message in &batch.messages {
        match taken(message) {
            Some(message) => batch_in.push(message),
            None => receipt.refused.push(message.number),
        }
    }
    let stored = uses.store.take_in(&device.id, &batch.journal, &batch_in, now).await;
    let stored = stored.map_err(|error| Refusal::internal("store messages", &error))?;
    receipt.stored = stored.stored;
    receipt.duplicates = stored.duplicates;
    receipt.refused.extend(stored.refused);
    let tell = |what: &str, number: &u64| {
        let journal = &batch.journal;
        tracing::info!(device = device.name, from, "{what} message {number} of journal {journal}");
    };
    receipt.duplicates.iter().for_each(|number| tell("replayed", number));
    receipt.refused.iter().for_each(|number| tell("refused", number));
    Ok(Json(receipt))
}

/// A device that floods the site is stopped before the disk is full.
async fn has_room(uses: &Uses, device: &str) -> Result<(), Refusal> {
    let held = uses.store.held(device, HELD).await;
    let held = held.map_err(|error| Refusal::internal("count messages", &error))?;
    if held.messages < HELD && held.bytes < WAITING {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-messages",
        format!(
            "the site holds {} messages of this device, and {} bytes of them wait for it",
            held.messages, held.bytes
        ),
        "send them later; a device that goes on should be blocked and looked at",
    ))
}

fn is_inventory(batch: &Batch) -> bool {
    matches!(batch.messages.as_slice(), [Message { body: Body::Inventory(_), .. }])
}

fn check(batch: &Batch) -> Result<(), Refusal> {
    let digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    if batch.journal.len() != 32 || !batch.journal.chars().all(digit) {
        let message = "a journal is named by 32 lower-case hexadecimal digits";
        return Err(Refusal::bad("journal-malformed", message, "update the agent"));
    }
    if batch.messages.len() > limit::MESSAGES {
        let message = format!(
            "{} messages, and a batch has at most {}",
            batch.messages.len(),
            limit::MESSAGES
        );
        return Err(Refusal::bad(problem::BATCH_TOO_LONG, message, "send them in several batches"));
    }
    Ok(())
}

/// The message as the store keeps it; `None` for one that nobody should keep.
/// What an honest agent sends is within these bounds by far.
fn taken(message: &Message) -> Option<NewMessage> {
    let short = |text: &str| text.len() <= TEXT;
    let few = |list: &[String]| list.len() <= LIST && list.iter().all(|text| short(text));
    let fits = match &message.body {
        Body::Heartbeat(beat) => {
            short(&beat.name)
                && short(&beat.agent_version)
                && few(&beat.addresses)
                && few(&beat.limits)
        }
        Body::State(state) => short(&state.reason) && state.output.len() <= limit::OUTPUT_TAIL,
        Body::Inventory(_) => true,
        Body::Refused(refused) => short(&refused.what) && short(&refused.why),
        Body::Dropped(dropped) => short(&dropped.class),
        Body::Damaged(damaged) => short(&damaged.host) && short(&damaged.digest),
    };
    let body = serde_json::to_string(&message.body).ok()?;
    (fits && message.number >= 1).then_some(NewMessage {
        number: message.number,
        at: message.at,
        body,
    })
}
