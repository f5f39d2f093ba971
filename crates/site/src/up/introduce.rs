//! Makes the site and this machine's agent known to each other: a fresh token
//! for an agent that belongs to no site yet, the current service map for one
//! that does. Both go through the pipe that `up` holds to the agent, which no
//! other process can read.

use std::time::Duration;

use agent::folder::AgentFolder;
use agent::identity::Identity;
use agent::parent::Word;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::role::MANAGEMENT_POINT;
use catalog::service::HTTPS;
use http::Request;
use node::http::{Body, Connection};
use node::net::Dial;
use node::process::Child;
use trust::invitation::Invitation;
use trust::tls::PinnedServer;
use wire::limit;
use wire::rest::{Device, NewToken, Status, Token};

use crate::api::Api;
use crate::folder::Folder;
use crate::outcome::{Failure, Kind};
use crate::site_file::SiteFile;

/// Between two looks at whether something has come up.
const LOOK: Duration = Duration::from_millis(100);
/// How long the machine may take to become a client.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a management point on this machine may take to be reached.
const REACH: Duration = Duration::from_secs(5);

/// What `up` tells of the machine's own client.
pub(crate) use wire::rest::Device as Managed;

/// Waits until every part of the site runs.
pub(crate) async fn until_ready(folder: &Folder) -> Result<(), Failure> {
    let mut site = Api::of(folder)?;
    loop {
        match site.get::<Status>("/api/v1/status").await {
            Ok(status) if status.ready => return Ok(()),
            Err(failure) if !failure.is(Kind::Unreachable) => return Err(failure),
            Ok(_) | Err(_) => node::clock::sleep(LOOK).await,
        }
    }
}

/// Brings the agent home, and waits until it acts on the site's policy.
pub(crate) async fn agent(
    child: &mut Child,
    folder: &Folder,
    file: &SiteFile,
) -> Result<Managed, Failure> {
    let mut site = Api::of(folder)?;
    if own_device(folder)?.is_some() {
        map(child, file, folder).await?;
    } else {
        let token: Token = site.post("/api/v1/tokens", &NewToken { valid_for: 600 }).await?;
        let invitation = invitation(file, folder)?.to_text();
        tell(child, &Word::Enrol { invitation, token: token.token })?;
    }
    let begun = node::clock::Stopwatch::start();
    loop {
        if let Some(own) = own_device(folder)? {
            let all: Vec<Device> = site.get("/api/v1/devices").await?;
            if let Some(found) =
                all.into_iter().find(|device| device.id == own && device.policy > 0)
            {
                return Ok(found);
            }
        }
        tokio::select! {
            end = child.ended() => {
                let end = end.map_or_else(|error| error.to_string(), |end| end.to_string());
                return Err(Failure::new(format!("the agent did not start ({end}); the reason stands above")));
            }
            () = node::clock::sleep(LOOK) => {}
        }
        if begun.elapsed() > PATIENCE {
            return Err(Failure::new("this machine did not become a client within a minute").next(
                "the agent's lines above say why; `portolan device list` shows whom the site knows",
            ));
        }
    }
}

/// Hands the agent the map that the site publishes now.
pub(crate) async fn map(
    child: &mut Child,
    file: &SiteFile,
    folder: &Folder,
) -> Result<(), Failure> {
    let envelope = fetch_map(&invitation(file, folder)?).await?;
    tell(child, &Word::Map(STANDARD.encode(envelope)))
}

fn invitation(file: &SiteFile, folder: &Folder) -> Result<Invitation, Failure> {
    let endpoints = file.plan.endpoints(&MANAGEMENT_POINT, &HTTPS);
    let Some(endpoint) = endpoints.first() else {
        return Err(Failure::new("no host of the site file has the role management-point")
            .kind(Kind::SiteFile));
    };
    let root = crate::api::fingerprint(folder)?;
    let site = file.plan.site_code().to_owned();
    Ok(Invitation { site, address: endpoint.address, port: endpoint.port, root })
}

async fn fetch_map(invitation: &Invitation) -> Result<bytes::Bytes, Failure> {
    let failed =
        |error: &dyn std::error::Error| Failure::because("cannot fetch the service map", error);
    let pin = PinnedServer::new(invitation.root, &MANAGEMENT_POINT, &invitation.site);
    let tls = node::tls::client(pin, None).map_err(|error| failed(&error))?;
    let dial = Dial::along(&invitation.way());
    let mut connection =
        Connection::open(&dial, &tls, REACH).await.map_err(|error| failed(&error))?;
    let request =
        Request::get(wire::client::MAP).body(Body::empty()).map_err(|error| failed(&error))?;
    let response = connection.send(request, REACH).await.map_err(|error| failed(&error))?;
    node::http::read_limited(response.into_body(), limit::MAP_BODY)
        .await
        .map_err(|error| failed(&error))
}

/// The machine's own device, once it is enrolled.
fn own_device(folder: &Folder) -> Result<Option<String>, Failure> {
    let place = AgentFolder::at(Some(folder.agent()));
    let identity = Identity::load(&place.identity())
        .map_err(|error| Failure::because("cannot read the agent's identity", &error))?;
    Ok(identity.map(|identity| identity.device))
}

fn tell(child: &mut Child, word: &Word) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::error::Error| Failure::because("cannot speak to the agent", error);
    let line = word.to_line().map_err(|error| failed(&error))?;
    child.tell(&line).map_err(|error| failed(&error))
}
