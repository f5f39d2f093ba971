//! What is deployed to whom, and where each device stands.

use serde::{Deserialize, Serialize};

use super::DeviceName;
use crate::client::Phase;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewCollection {
    pub name: String,
    /// Names or ids.
    pub devices: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Collection {
    pub id: u64,
    pub name: String,
    /// `all` holds every device, also future ones, and cannot be deleted.
    pub built_in: bool,
    pub devices: Vec<DeviceName>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewDeployment {
    pub app: String,
    pub collection: String,
    /// Remove the application instead of installing it.
    pub uninstall: bool,
    /// When it must be done; absent is at once.
    pub deadline: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deployment {
    pub id: u64,
    pub app: String,
    pub collection: String,
    pub uninstall: bool,
    pub deadline: Option<i64>,
    pub created: i64,
}

/// One application's deployments and where each device stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeploymentProgress {
    /// Rises with every news; pass it as `after` to wait for the next.
    pub version: u64,
    pub deployments: Vec<Deployment>,
    pub states: Vec<DeviceState>,
}

/// Where one device stands with one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceState {
    pub device: DeviceName,
    pub deployment: u64,
    pub app: String,
    pub phase: Phase,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub exit_code: Option<i32>,
    /// The last lines of output.
    #[serde(default)]
    pub output: String,
    /// When the client reached this phase, by its clock; 0 for `pending`.
    pub at: i64,
}
