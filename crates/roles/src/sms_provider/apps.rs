//! Applications: what can be deployed. Their content, and that of everything
//! that is published with them, must be there completely before they are made,
//! so that nothing is ever deployed that cannot arrive.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use store::app::{CreateAppError, DeleteAppError, UpdateAppError};
use wire::limit;
use wire::rest::{App, AppDependencies, AppInstaller, ContentRef, NewApp};

use super::Uses;
use super::name;
use crate::content::Digest;
use crate::problem::{Refusal, printable};
use crate::request::{self, Segment};

/// An action may take at most a week. Seconds.
const LONGEST: u32 = 7 * 24 * 60 * 60;
/// Exit codes that mean success.
const CODES: usize = 64;

pub(super) async fn list(State(uses): State<Uses>) -> Result<Json<Vec<App>>, Refusal> {
    let apps = uses.store.apps().await;
    let apps = apps.map_err(|error| Refusal::internal("list applications", &error))?;
    apps.into_iter().map(app).collect::<Result<_, _>>().map(Json)
}

pub(super) async fn show(
    State(uses): State<Uses>,
    Segment(name): Segment,
) -> Result<Json<App>, Refusal> {
    find(&uses, &name).await.map(Json)
}

pub(super) async fn create(
    State(uses): State<Uses>,
    request::Json(new): request::Json<NewApp, { limit::REST_BODY }>,
) -> Result<Json<App>, Refusal> {
    let kept = kept(&uses, &new).await?;
    let _id = uses.store.create_app(&kept, node::clock::now()).await?;
    find(&uses, &new.name).await.map(Json)
}

/// Another installer; whoever has the application gets it anew.
pub(super) async fn update(
    State(uses): State<Uses>,
    Segment(name): Segment,
    request::Json(new): request::Json<NewApp, { limit::REST_BODY }>,
) -> Result<Json<App>, Refusal> {
    if name != new.name {
        let message = format!("an application keeps its name: {}", printable(&name));
        return Err(Refusal::bad("name-invalid", message, "say the same name twice"));
    }
    let _there = find(&uses, &name).await?;
    let kept = kept(&uses, &new).await?;
    uses.store.update_app(&kept, node::clock::now()).await?;
    find(&uses, &name).await.map(Json)
}

/// As the store keeps it, if it may be so and all its content is there.
async fn kept(uses: &Uses, new: &NewApp) -> Result<store::app::NewApp, Refusal> {
    check(new)?;
    let contents = contents(&new.installer);
    arrived(uses, &contents, node::clock::now()).await?;
    let installer = serde_json::to_string(&new.installer);
    Ok(store::app::NewApp {
        name: new.name.clone(),
        installer: installer.map_err(|error| Refusal::internal("keep the installer", &error))?,
        contents: contents.iter().map(|content| content.digest.clone()).collect(),
        time_limit: new.time_limit,
        success_codes: new.success_codes.clone(),
    })
}

pub(super) async fn delete(
    State(uses): State<Uses>,
    Segment(name): Segment,
) -> Result<Json<App>, Refusal> {
    let found = find(&uses, &name).await?;
    uses.store.delete_app(&name).await?;
    Ok(Json(found))
}

async fn find(uses: &Uses, name: &str) -> Result<App, Refusal> {
    let found = uses.store.app(name).await;
    let found = found.map_err(|error| Refusal::internal("read the application", &error))?;
    found.map_or_else(|| Err(unknown(name)), app)
}

/// 404 for an application.
pub(super) fn unknown(name: &str) -> Refusal {
    Refusal::not_found("application", name, "see `portolan app list`")
}

fn app(found: store::app::App) -> Result<App, Refusal> {
    let installer = serde_json::from_str(&found.installer);
    Ok(App {
        id: found.id,
        name: found.name,
        created: found.created,
        installer: installer.map_err(|error| Refusal::internal("read the installer", &error))?,
        time_limit: found.time_limit,
        success_codes: found.success_codes,
    })
}

/// Every piece of content that an installer names.
fn contents(installer: &AppInstaller) -> Vec<&ContentRef> {
    match installer {
        AppInstaller::Deb { content, dependencies, .. } => {
            std::iter::once(content).chain(published(dependencies)).collect()
        }
        AppInstaller::Script { install, uninstall, detect } => {
            std::iter::once(install).chain(uninstall).chain(detect).collect()
        }
    }
}

fn published(dependencies: &AppDependencies) -> &[ContentRef] {
    match dependencies {
        AppDependencies::Published { packages } => packages,
        AppDependencies::Present | AppDependencies::Sources => &[],
    }
}

/// Has the store know content that the library holds. The library alone can
/// tell: the process may have ended between an upload's last byte and the
/// store's word on it. The store first, so that what is found in the library
/// is not removed as unused (see `site_server::retention`).
pub(super) async fn arrived(
    uses: &Uses,
    contents: &[&ContentRef],
    now: i64,
) -> Result<(), Refusal> {
    let failed = |error| Refusal::internal("note the content", &error);
    let digests: Vec<Digest> =
        contents.iter().map(|content| content.digest.parse()).collect::<Result<_, _>>()?;
    let said = contents.iter().map(|one| (one.digest.as_str(), one.size, one.name.as_str()));
    uses.store.announce_contents(&said.collect::<Vec<_>>(), now).await.map_err(failed)?;
    for (content, digest) in contents.iter().zip(digests) {
        let there = uses.library.arrived(digest).await;
        let there = there.map_err(|error| Refusal::internal("read content", &error))?;
        if !there.complete {
            return Err(missing(&content.digest));
        }
        if there.have != content.size {
            let message =
                format!("content {digest} has {} bytes, not {}", there.have, content.size);
            return Err(Refusal::bad("content-size", message, "name the size of what was sent"));
        }
    }
    let there = contents.iter().map(|one| (one.digest.as_str(), one.size));
    uses.store.complete_contents(&there.collect::<Vec<_>>(), now).await.map_err(failed)
}

/// 409 for content.
pub(super) fn missing(digest: &str) -> Refusal {
    let message = format!("content {digest} has not arrived completely");
    Refusal::conflict("content-missing", message, "send it first")
}

fn check(new: &NewApp) -> Result<(), Refusal> {
    name::check("an application", &new.name)?;
    if !(1..=LONGEST).contains(&new.time_limit) {
        let message = format!("a time limit is 1 to {LONGEST} seconds, which is a week");
        return Err(Refusal::bad("time-limit-invalid", message, ""));
    }
    if new.success_codes.is_empty() || new.success_codes.len() > CODES {
        let message = format!("1 to {CODES} exit codes can mean success");
        return Err(Refusal::bad(
            "success-codes-invalid",
            message,
            "0 is what most installers say",
        ));
    }
    if let AppInstaller::Deb { content, package, version, architecture, dependencies } =
        &new.installer
    {
        name::check_deb(package, version, architecture)?;
        check_repository(content, published(dependencies))?;
    }
    contents(&new.installer).into_iter().try_for_each(|content| name::check_file(&content.name))
}

/// A package and those that are published with it lie in one folder, on every
/// client.
fn check_repository(package: &ContentRef, others: &[ContentRef]) -> Result<(), Refusal> {
    if others.len() > limit::DEPENDENCIES {
        let message = format!(
            "{} packages, and at most {} are published with one",
            others.len(),
            limit::DEPENDENCIES
        );
        return Err(Refusal::bad("dependencies-invalid", message, "publish fewer of them"));
    }
    let mut names = HashMap::from([(package.name.as_str(), package)]);
    for other in others {
        if names.insert(&other.name, other).is_some_and(|known| known != other) {
            let message = format!("two packages have the file name `{}`", printable(&other.name));
            return Err(Refusal::bad("dependencies-invalid", message, "rename one of them"));
        }
    }
    Ok(())
}

impl From<CreateAppError> for Refusal {
    fn from(error: CreateAppError) -> Self {
        let text = error.to_string();
        match error {
            CreateAppError::NameTaken { .. } => {
                let next = "choose another name, or change that one with `portolan app update`";
                Self::conflict("name-taken", text, next)
            }
            CreateAppError::ContentMissing { .. } => Self::conflict("content-missing", text, ""),
            CreateAppError::Store(cause) => Self::internal("create the application", &cause),
        }
    }
}

impl From<UpdateAppError> for Refusal {
    fn from(error: UpdateAppError) -> Self {
        let text = error.to_string();
        match error {
            UpdateAppError::Unknown { .. } => Self::absent(text),
            UpdateAppError::ContentMissing { .. } => Self::conflict("content-missing", text, ""),
            UpdateAppError::Busy { .. } => Self::later("app-busy", text),
            UpdateAppError::Store(cause) => Self::internal("change the application", &cause),
        }
    }
}

impl From<DeleteAppError> for Refusal {
    fn from(error: DeleteAppError) -> Self {
        let text = error.to_string();
        match error {
            DeleteAppError::Unknown { .. } => Self::absent(text),
            DeleteAppError::Deployed { .. } => Self::conflict("app-deployed", text, ""),
            DeleteAppError::Store(cause) => Self::internal("delete the application", &cause),
        }
    }
}
