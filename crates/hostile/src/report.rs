//! The JSON bodies: what clients tell a management point, what hosts tell the
//! site server, and the administrators' API, each in both directions.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::client::{Batch, Enrol, Enrolled, Locations, Receipt, Renew, Renewed, Whereabouts};
use wire::link::{Join, Joined, Orders, Report};
use wire::problem::Problem;
use wire::rest;

/// Reads the same bytes as every body there is: a body knows itself by its
/// fields.
pub fn report(data: &[u8]) {
    for one in [
        one::<Batch>,
        one::<Enrol>,
        one::<Enrolled>,
        one::<Receipt>,
        one::<Renew>,
        one::<Renewed>,
        one::<Whereabouts>,
        one::<Locations>,
        one::<Join>,
        one::<Joined>,
        one::<Orders>,
        one::<Report>,
        one::<Problem>,
        one::<rest::Status>,
        one::<rest::DeviceDetails>,
        one::<rest::Block>,
        one::<rest::NewToken>,
        one::<rest::Token>,
        one::<rest::NewAgentPackage>,
        one::<rest::AgentPackage>,
        one::<Vec<rest::Host>>,
        one::<rest::NewInvitation>,
        one::<rest::HostInvitation>,
        one::<Vec<rest::PackageMirror>>,
        one::<rest::NewApp>,
        one::<Vec<rest::App>>,
        one::<rest::ContentState>,
        one::<Vec<rest::Content>>,
        one::<rest::NewCollection>,
        one::<Vec<rest::Collection>>,
        one::<rest::NewDeployment>,
        one::<rest::Deployment>,
        one::<rest::DeploymentProgress>,
    ] {
        one(data);
    }
}

/// What was read is written so that the next reader sees the same.
fn one<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    match roles::request::parse::<T>(data) {
        Ok(body) => {
            let text = serde_json::to_vec(&body).unwrap_or_default();
            let again = roles::request::parse::<T>(&text);
            assert_eq!(again.as_ref(), Ok(&body), "{}", String::from_utf8_lossy(&text));
        }
        Err(refusal) => {
            let problem = &refusal.problem;
            assert!(refusal.status.is_client_error() && !problem.code.is_empty());
            let said = problem.to_string();
            // It stands in the answer and in the log.
            assert!(!said.is_empty() && said.len() < 1024, "{} bytes", said.len());
            assert!(!said.chars().any(char::is_control), "{said:?} would upset a terminal");
        }
    }
}
