//! The agent's package, which new machines install. It is content like any
//! other; what is added is its SHA-256, because that is what a machine without
//! the agent can check.

use std::fs::File;
use std::io::{self, Read as _};
use std::net::SocketAddr;

use aws_lc_rs::digest::{Context, SHA256};
use axum::Json;
use axum::extract::State;
use catalog::role::MANAGEMENT_POINT;
use catalog::service::HTTP;
use plan::Endpoint;
use store::agent_package;
use wire::client;
use wire::limit;
use wire::rest::{AgentPackage, NewAgentPackage};

use super::{Uses, apps, name};
use crate::content::Digest;
use crate::problem::Refusal;
use crate::request;

/// Bytes that are read at once.
const READ: usize = 128 * 1024; // not a port: bytes

pub(super) async fn show(State(uses): State<Uses>) -> Result<Json<AgentPackage>, Refusal> {
    newest(&uses).await?.map(Json).ok_or_else(|| {
        let message = "no package of the agent has been published".to_owned();
        Refusal::new(
            http::StatusCode::NOT_FOUND,
            "not-found",
            message,
            "publish one with `portolan agent publish FILE`",
        )
    })
}

pub(super) async fn publish(
    State(uses): State<Uses>,
    request::Json(new): request::Json<NewAgentPackage, { limit::REST_BODY }>,
) -> Result<Json<AgentPackage>, Refusal> {
    name::check_deb("portolan-agent", &new.version, &new.architecture)?;
    name::check_file(&new.content.name)?;
    let now = node::clock::now();
    apps::arrived(&uses, &[&new.content], now).await?;
    let found = sha256(&uses, &new.content.digest).await?;
    if found != new.sha256 {
        let message = format!("the package has the SHA-256 {found}, not {}", printed(&new.sha256));
        return Err(Refusal::bad("package-digest", message, "send what `sha256sum` prints"));
    }
    let kept = agent_package::AgentPackage {
        sha256: found,
        digest: new.content.digest.clone(),
        size: new.content.size,
        version: new.version,
        architecture: new.architecture,
        published: now,
    };
    let published = uses.store.publish_agent_package(&kept).await;
    if !published.map_err(|error| Refusal::internal("publish the agent's package", &error))? {
        return Err(apps::missing(&new.content.digest));
    }
    tracing::info!(version = kept.version, sha256 = kept.sha256, "published the agent's package");
    show(State(uses)).await
}

/// The package that new machines are told to install.
pub(super) async fn newest(uses: &Uses) -> Result<Option<AgentPackage>, Refusal> {
    let found = uses.store.agent_package().await;
    let found = found.map_err(|error| Refusal::internal("read the agent's package", &error))?;
    let endpoints = uses.plan().endpoints(&MANAGEMENT_POINT, &HTTP);
    let place = endpoints.first().map(socket).unwrap_or_default();
    Ok(found.map(|found| AgentPackage {
        url: format!("http://{place}{}{}", client::AGENT, found.sha256),
        sha256: found.sha256,
        version: found.version,
        architecture: found.architecture,
        size: found.size,
    }))
}

/// `10.1.0.10:443`, `[2001:db8::1]:443`.
pub(super) fn socket(at: &Endpoint) -> String {
    SocketAddr::new(at.address, at.port).to_string()
}

fn printed(text: &str) -> String {
    crate::problem::printable(text)
}

async fn sha256(uses: &Uses, digest: &str) -> Result<String, Refusal> {
    let failed = |error| Refusal::internal("read the agent's package", &error);
    let digest: Digest = digest.parse()?;
    let Some((file, _size)) = uses.library.find(digest).await.map_err(failed)? else {
        return Err(apps::missing(&digest.to_string()));
    };
    let hashed = tokio::task::spawn_blocking(move || hash(file)).await;
    hashed.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(failed)
}

fn hash(mut file: File) -> io::Result<String> {
    let mut hashing = Context::new(&SHA256);
    let mut bytes = vec![0; READ];
    loop {
        let length = file.read(&mut bytes)?;
        if length == 0 {
            return Ok(trust::hex::encode(hashing.finish().as_ref()));
        }
        hashing.update(bytes.get(..length).unwrap_or_default());
    }
}
