//! The machines that the site manages.

use serde::{Deserialize, Serialize};

use super::DeviceState;
use crate::client::Inventory;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    pub id: String,
    pub name: String,
    pub enrolled: i64,
    /// Last request that reached a management point.
    pub last_seen: i64,
    pub blocked: bool,
    #[serde(default)]
    pub blocked_reason: String,
    pub agent_version: String,
    pub addresses: Vec<String>,
    /// What its agent says it cannot do.
    pub limits: Vec<String>,
    /// Number of the policy it acts on; 0 for none yet.
    pub policy: u64,
    /// Number of the policy that is waiting for it.
    pub policy_offered: u64,
    /// The last document that it refused, and why; empty if none.
    #[serde(default)]
    pub refused: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceDetails {
    pub device: Device,
    pub inventory: Option<Inventory>,
    /// When the inventory was taken; 0 for none.
    pub inventory_at: i64,
    /// Its deployments.
    pub states: Vec<DeviceState>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceName {
    pub id: String,
    pub name: String,
}
