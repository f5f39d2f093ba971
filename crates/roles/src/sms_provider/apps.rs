//! Applications: what can be deployed. Their content must be there completely
//! before they are made, so that nothing is ever deployed that cannot arrive.

use axum::Json;
use axum::extract::State;
use store::app::{CreateAppError, DeleteAppError};
use wire::limit;
use wire::rest::{App, AppInstaller, ContentRef, NewApp};

use super::Uses;
use super::name;
use crate::content::Digest;
use crate::problem::Refusal;
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
    check(&new)?;
    let now = node::clock::now();
    let contents = contents(&new.installer);
    for content in &contents {
        arrived(&uses, content, now).await?;
    }
    let installer = serde_json::to_string(&new.installer);
    let kept = store::app::NewApp {
        name: new.name.clone(),
        installer: installer.map_err(|error| Refusal::internal("keep the installer", &error))?,
        contents: contents.iter().map(|content| content.digest.clone()).collect(),
        time_limit: new.time_limit,
        success_codes: new.success_codes,
    };
    let _id = uses.store.create_app(&kept, now).await?;
    find(&uses, &new.name).await.map(Json)
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
        AppInstaller::Deb { content, .. } => vec![content],
        AppInstaller::Script { install, uninstall, detect } => {
            std::iter::once(install).chain(uninstall).chain(detect).collect()
        }
    }
}

/// Has the store know content that the library holds. The library alone can
/// tell: the process may have ended between an upload's last byte and the
/// store's word on it. The store first, so that what is found in the library
/// is not removed as unused (see `site_server::retention`).
async fn arrived(uses: &Uses, content: &ContentRef, now: i64) -> Result<(), Refusal> {
    let digest: Digest = content.digest.parse()?;
    let failed = |error| Refusal::internal("note the content", &error);
    let announced =
        uses.store.announce_content(&content.digest, content.size, &content.name, now).await;
    announced.map_err(failed)?;
    let there = uses.library.arrived(digest).await;
    let there = there.map_err(|error| Refusal::internal("read content", &error))?;
    if !there.complete {
        let message = format!("content {digest} has not arrived completely");
        return Err(Refusal::conflict("content-missing", message, "send it first"));
    }
    if there.have != content.size {
        let message = format!("content {digest} has {} bytes, not {}", there.have, content.size);
        return Err(Refusal::bad("content-size", message, "name the size of what was sent"));
    }
    let complete = uses.store.complete_content(&content.digest, content.size, now).await;
    let _known = complete.map_err(failed)?;
    Ok(())
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
    if let AppInstaller::Deb { package, version, architecture, .. } = &new.installer {
        name::check_deb(package, version, architecture)?;
    }
    contents(&new.installer).into_iter().try_for_each(|content| name::check_file(&content.name))
}

impl From<CreateAppError> for Refusal {
    fn from(error: CreateAppError) -> Self {
        let text = error.to_string();
        match error {
            CreateAppError::NameTaken { .. } => {
                Self::conflict("name-taken", text, "choose another name, or delete that one first")
            }
            CreateAppError::ContentMissing { .. } => Self::conflict("content-missing", text, ""),
            CreateAppError::Store(cause) => Self::internal("create the application", &cause),
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
