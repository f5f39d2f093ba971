//! Applications: what can be deployed. How one is installed is the REST API's
//! JSON, kept as it is; the store only knows which content it needs, so that
//! nothing is deployed whose bytes are missing.

use crate::change::Topic;
use crate::statement::{Call, statements};
use crate::value::{Row, Value};
use crate::{Store, StoreError, deployment};

statements! {
    INSERT = "INSERT INTO app (name, created, installer, time_limit, success_codes)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING RETURNING id";
    NEEDS = "INSERT INTO app_content (app, digest)
        SELECT app.id, content.digest FROM app CROSS JOIN content
        WHERE app.name = $1 AND content.digest = $2 AND content.complete = 1";
    UPDATE = "UPDATE app SET installer = $2, time_limit = $3, success_codes = $4 WHERE name = $1";
    NEEDS_NOTHING = "DELETE FROM app_content WHERE app = (SELECT id FROM app WHERE name = $1)";
    NAMED = "SELECT id, name, created, installer, time_limit, success_codes
        FROM app WHERE name = $1";
    LIST = "SELECT id, name, created, installer, time_limit, success_codes
        FROM app ORDER BY name";
    DELETE = "DELETE FROM app WHERE name = $1
        AND NOT EXISTS (SELECT 1 FROM deployment WHERE deployment.app = app.id)";
}

/// An application to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    pub name: String,
    /// JSON, as the REST API has it.
    pub installer: String,
    /// Digests of all content that the installer names.
    pub contents: Vec<String>,
    /// Seconds.
    pub time_limit: u32,
    pub success_codes: Vec<i32>,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    pub id: u64,
    pub name: String,
    /// Unix milliseconds.
    pub created: i64,
    /// JSON, as the REST API has it.
    pub installer: String,
    /// Seconds.
    pub time_limit: u32,
    pub success_codes: Vec<i32>,
}

/// Why an application was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAppError {
    #[error("there is already an application called {name:?}")]
    NameTaken { name: String },
    #[error("content {digest} has not arrived completely; send it first")]
    ContentMissing { digest: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an application was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAppError {
    #[error("there is no application called {name:?}; see portolan app list")]
    Unknown { name: String },
    #[error("content {digest} has not arrived completely; send it first")]
    ContentMissing { digest: String },
    #[error("the deployments of {name} changed at the same moment; try again")]
    Busy { name: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an application was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAppError {
    #[error("there is no application called {name:?}; see portolan app list")]
    Unknown { name: String },
    #[error("{name} is deployed to {}; delete these deployments first", collections.join(", "))]
    Deployed { name: String, collections: Vec<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn app(row: &mut Row) -> Result<App, StoreError> {
    Ok(App {
        id: row.count()?,
        name: row.text()?,
        created: row.int()?,
        installer: row.text()?,
        time_limit: u32::try_from(row.count()?).unwrap_or(u32::MAX),
        success_codes: row.list()?,
    })
}

impl NewApp {
    /// Digests of all content that the installer names, each once.
    fn needed(&self) -> Vec<&String> {
        let mut contents: Vec<_> = self.contents.iter().collect();
        contents.sort_unstable();
        contents.dedup();
        contents
    }

    fn needs(&self, digest: &str) -> Call {
        NEEDS.with([(&self.name).into(), digest.into()]).affecting(1)
    }
}

impl Store {
    /// Makes an application whose content is all there; gives its id.
    pub async fn create_app(&self, new: &NewApp, now: i64) -> Result<u64, CreateAppError> {
        let insert = INSERT.with([
            (&new.name).into(),
            now.into(),
            (&new.installer).into(),
            i64::from(new.time_limit).into(),
            Value::list(&new.success_codes),
        ]);
        let contents = new.needed();
        let needs = contents.iter().map(|digest| new.needs(digest));
        let calls = std::iter::once(insert.affecting(1)).chain(needs).collect();
        match self.change(&[Topic::Orders], calls).await {
            Ok(mut outcomes) => {
                let row = outcomes.first_mut().and_then(|outcome| outcome.rows.first_mut());
                let row = row.ok_or(StoreError::Empty { statement: INSERT.name() })?;
                Ok(row.count()?)
            }
            Err(StoreError::Conflict { step, .. }) => {
                Err(match contents.get(step.wrapping_sub(1)) {
                    None => CreateAppError::NameTaken { name: new.name.clone() },
                    Some(digest) => CreateAppError::ContentMissing { digest: digest.to_string() },
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an application of that name another installer, whose content is
    /// all there. Each of its deployments is made anew with another number,
    /// because a device's last word on a deployment stands for what the
    /// deployment was.
    pub async fn update_app(&self, new: &NewApp, now: i64) -> Result<(), UpdateAppError> {
        let update = UPDATE.with([
            (&new.name).into(),
            (&new.installer).into(),
            i64::from(new.time_limit).into(),
            Value::list(&new.success_codes),
        ]);
        let contents = new.needed();
        let mut calls = vec![update.affecting(1), NEEDS_NOTHING.with([(&new.name).into()])];
        calls.extend(contents.iter().map(|digest| new.needs(digest)));
        for deployed in self.deployments_of(&new.name).await? {
            calls.extend(deployment::again(&deployed, now));
        }
        match self.change(&Topic::ALL, calls).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { step, .. }) => {
                let name = new.name.clone();
                Err(
                    match (step.checked_sub(2), step.checked_sub(2).and_then(|n| contents.get(n))) {
                        (None, _) => UpdateAppError::Unknown { name },
                        (_, Some(digest)) => {
                            UpdateAppError::ContentMissing { digest: digest.to_string() }
                        }
                        (_, None) => UpdateAppError::Busy { name },
                    },
                )
            }
            Err(error) => Err(error.into()),
        }
    }

    /// By name.
    pub async fn app(&self, name: &str) -> Result<Option<App>, StoreError> {
        self.first(&NAMED, [name.into()], app).await
    }

    /// All, by name.
    pub async fn apps(&self) -> Result<Vec<App>, StoreError> {
        self.list(&LIST, [], app).await
    }

    /// Deletes an application that is not deployed.
    pub async fn delete_app(&self, name: &str) -> Result<(), DeleteAppError> {
        match self.change(&[Topic::Orders], vec![DELETE.with([name.into()]).affecting(1)]).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let deployed =
            self.list(&deployment::OF_APP, [name.into()], deployment::deployment).await?;
        let name = name.to_owned();
        if deployed.is_empty() {
            return Err(DeleteAppError::Unknown { name });
        }
        let collections = deployed.into_iter().map(|deployment| deployment.collection).collect();
        Err(DeleteAppError::Deployed { name, collections })
    }
}
