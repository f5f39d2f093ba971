//! The machines that the site manages.

use axum::Json;
use axum::extract::State;
use store::device::FindDeviceError;
use store::state;
use wire::client::Phase;
use wire::limit;
use wire::rest::{Block, Device, DeviceDetails, DeviceName, DeviceState};

use super::Uses;
use crate::problem::Refusal;
use crate::request::{self, Segment};

/// Bytes of an administrator's reason.
const REASON: usize = 1024;

pub(super) async fn list(State(uses): State<Uses>) -> Result<Json<Vec<Device>>, Refusal> {
    let devices = uses.store.devices().await;
    let devices = devices.map_err(|error| Refusal::internal("list devices", &error))?;
    Ok(Json(devices.into_iter().map(device).collect()))
}

pub(super) async fn show(
    State(uses): State<Uses>,
    Segment(word): Segment,
) -> Result<Json<DeviceDetails>, Refusal> {
    let failed = |error| Refusal::internal("read what is known of the device", &error);
    let found = uses.store.find_device(&word).await?;
    let inventory = uses.store.inventory_of(&found.id).await.map_err(failed)?;
    let states = uses.store.states_of(&found.id).await.map_err(failed)?;
    let report = inventory.as_ref().map(|kept| serde_json::from_str(&kept.report)).transpose();
    Ok(Json(DeviceDetails {
        inventory: report.map_err(|error| Refusal::internal("read the inventory", &error))?,
        inventory_at: inventory.map_or(0, |kept| kept.at),
        states: states.into_iter().map(device_state).collect(),
        device: device(found),
    }))
}

pub(super) async fn block(
    State(uses): State<Uses>,
    Segment(word): Segment,
    request::Json(block): request::Json<Block, { limit::REST_BODY }>,
) -> Result<Json<Device>, Refusal> {
    if block.reason.len() > REASON || block.reason.chars().any(char::is_control) {
        let message = format!("a reason is one line of at most {REASON} bytes");
        return Err(Refusal::bad("reason-invalid", message, ""));
    }
    let failed = |error| Refusal::internal("block the device", &error);
    let found = uses.store.find_device(&word).await?;
    let now = node::clock::now();
    let _there = uses.store.block_device(&found.id, &block.reason, now).await.map_err(failed)?;
    tracing::info!(device = found.name, reason = block.reason, "blocked");
    Ok(Json(device(uses.store.find_device(&found.id).await?)))
}

pub(super) async fn unblock(
    State(uses): State<Uses>,
    Segment(word): Segment,
) -> Result<Json<Device>, Refusal> {
    let failed = |error| Refusal::internal("unblock the device", &error);
    let found = uses.store.find_device(&word).await?;
    let _there = uses.store.unblock_device(&found.id).await.map_err(failed)?;
    tracing::info!(device = found.name, "unblocked");
    Ok(Json(device(uses.store.find_device(&found.id).await?)))
}

fn device(found: store::device::Device) -> Device {
    Device {
        id: found.id,
        name: found.name,
        enrolled: found.enrolled,
        last_seen: found.last_seen,
        blocked: found.blocked.is_some(),
        blocked_reason: found.blocked_reason,
        agent_version: found.agent_version,
        addresses: found.addresses,
        limits: found.limits,
        policy: found.policy,
        policy_offered: found.policy_offered,
        refused: found.refused,
    }
}

/// Where a device stands, for this and for what lists deployments.
pub(super) fn device_state(state: state::State) -> DeviceState {
    let device = DeviceName { id: state.device, name: state.device_name };
    let said = state.said.unwrap_or_else(|| state::Said {
        phase: Phase::Pending.word().to_owned(),
        reason: String::new(),
        exit_code: None,
        output: String::new(),
        at: 0,
    });
    DeviceState {
        device,
        deployment: state.deployment,
        app: state.app,
        // The store has the words of the wire; another version may have more.
        phase: serde_json::from_value(said.phase.into()).unwrap_or(Phase::Unknown),
        reason: said.reason,
        exit_code: said.exit_code,
        output: said.output,
        at: said.at,
    }
}

impl From<FindDeviceError> for Refusal {
    fn from(error: FindDeviceError) -> Self {
        let text = error.to_string();
        match error {
            FindDeviceError::Unknown { .. } => Self::absent(text),
            FindDeviceError::Ambiguous { .. } => Self::conflict("name-ambiguous", text, ""),
            FindDeviceError::Store(cause) => Self::internal("look up the device", &cause),
        }
    }
}
