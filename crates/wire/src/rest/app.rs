//! Applications: what can be deployed, and how it is installed.

use serde::{Deserialize, Serialize};

use super::ContentRef;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewApp {
    /// Letters, digits, `.`, `_`, `+` and `-`; at most 64.
    pub name: String,
    pub installer: AppInstaller,
    /// Seconds.
    pub time_limit: u32,
    pub success_codes: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AppInstaller {
    Deb {
        content: ContentRef,
        /// Name, version and architecture, as the package's control file says.
        package: String,
        version: String,
        architecture: String,
        #[serde(default)]
        dependencies: AppDependencies,
    },
    Script {
        install: ContentRef,
        uninstall: Option<ContentRef>,
        detect: Option<ContentRef>,
    },
}

/// Where what a package depends on comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AppDependencies {
    /// It must be there already.
    #[default]
    Present,
    /// Published with it.
    Published { packages: Vec<ContentRef> },
    /// The client's own package sources.
    Sources,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct App {
    pub id: u64,
    pub name: String,
    pub created: i64,
    pub installer: AppInstaller,
    pub time_limit: u32,
    pub success_codes: Vec<i32>,
}
