//! Deployments: an application meant for a collection. Deploying it there
//! again replaces the earlier deployment; where a device is in several
//! collections, the newest deployment of each application counts.

use crate::app::App;
use crate::change::Topic;
use crate::statement::{Call, statements};
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    REPLACE = "DELETE FROM deployment
        WHERE app = (SELECT id FROM app WHERE name = $1)
            AND collection = (SELECT id FROM collection WHERE name = $2)";
    INSERT = "INSERT INTO deployment (app, collection, uninstall, deadline, created)
        SELECT app.id, collection.id, $3, $4, $5 FROM app CROSS JOIN collection
        WHERE app.name = $1 AND collection.name = $2 RETURNING id";
    LIST = "SELECT deployment.id, app.name, collection.name, deployment.uninstall,
            deployment.deadline, deployment.created
        FROM deployment JOIN app ON app.id = deployment.app
            JOIN collection ON collection.id = deployment.collection
        ORDER BY deployment.id";
    OF_APP = "SELECT deployment.id, app.name, collection.name, deployment.uninstall,
            deployment.deadline, deployment.created
        FROM deployment JOIN app ON app.id = deployment.app
            JOIN collection ON collection.id = deployment.collection
        WHERE app.name = $1 ORDER BY deployment.id";
    DELETE = "DELETE FROM deployment WHERE id = $1";
    ASSIGNED = "SELECT deployment.id, deployment.uninstall, deployment.deadline, app.id, app.name,
            app.created, app.installer, app.time_limit, app.success_codes
        FROM device CROSS JOIN deployment JOIN app ON app.id = deployment.app
        WHERE device.id = $1 AND deployment.id IN (
            SELECT MAX(meant.id) FROM deployment AS meant
            WHERE meant.collection IN (SELECT id FROM collection WHERE built_in = 1
                UNION ALL SELECT collection FROM member WHERE member.device = $1)
            GROUP BY meant.app)
        ORDER BY deployment.id";
}

/// A deployment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment {
    /// The application's name.
    pub app: String,
    /// The collection's name.
    pub collection: String,
    /// Remove the application instead of installing it.
    pub uninstall: bool,
    /// When it must be done, in Unix milliseconds; none is at once.
    pub deadline: Option<i64>,
}

/// A deployment, by the names of its two ends. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub id: u64,
    pub app: String,
    pub collection: String,
    pub uninstall: bool,
    pub deadline: Option<i64>,
    pub created: i64,
}

/// What one device is to do about one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The deployment that asks for it.
    pub deployment: u64,
    pub uninstall: bool,
    /// Unix milliseconds; none is at once.
    pub deadline: Option<i64>,
    pub app: App,
}

/// Why a deployment was not made.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("there is no application called {name:?}; see portolan app list")]
    AppUnknown { name: String },
    #[error("there is no collection called {name:?}; see portolan collection list")]
    CollectionUnknown { name: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn deployment(row: &mut Row) -> Result<Deployment, StoreError> {
    Ok(Deployment {
        id: row.count()?,
        app: row.text()?,
        collection: row.text()?,
        uninstall: row.flag()?,
        deadline: row.int_or_null()?,
        created: row.int()?,
    })
}

fn assignment(row: &mut Row) -> Result<Assignment, StoreError> {
    Ok(Assignment {
        deployment: row.count()?,
        uninstall: row.flag()?,
        deadline: row.int_or_null()?,
        app: crate::app::app(row)?,
    })
}

/// The steps that make a deployment anew, the same but for its number.
pub(crate) fn again(deployed: &Deployment, now: i64) -> [Call; 2] {
    [
        DELETE.with([deployed.id.into()]).affecting(1),
        INSERT
            .with([
                (&deployed.app).into(),
                (&deployed.collection).into(),
                deployed.uninstall.into(),
                deployed.deadline.into(),
                now.into(),
            ])
            .affecting(1),
    ]
}

impl Store {
    /// Deploys, in place of an earlier deployment of the same application to
    /// the same collection.
    pub async fn deploy(&self, new: &NewDeployment, now: i64) -> Result<Deployment, DeployError> {
        let calls = vec![
            REPLACE.with([(&new.app).into(), (&new.collection).into()]),
            INSERT
                .with([
                    (&new.app).into(),
                    (&new.collection).into(),
                    new.uninstall.into(),
                    new.deadline.into(),
                    now.into(),
                ])
                .affecting(1),
        ];
        match self.change(&[Topic::Progress, Topic::Policy], calls).await {
            Ok(mut outcomes) => {
                let row = outcomes.last_mut().and_then(|outcome| outcome.rows.first_mut());
                let row = row.ok_or(StoreError::Empty { statement: INSERT.name() })?;
                Ok(Deployment {
                    id: row.count()?,
                    app: new.app.clone(),
                    collection: new.collection.clone(),
                    uninstall: new.uninstall,
                    deadline: new.deadline,
                    created: now,
                })
            }
            Err(StoreError::Conflict { .. }) => Err(if self.app(&new.app).await?.is_none() {
                DeployError::AppUnknown { name: new.app.clone() }
            } else {
                DeployError::CollectionUnknown { name: new.collection.clone() }
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// All, oldest first.
    pub async fn deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        self.list(&LIST, [], deployment).await
    }

    /// Those of one application, by its name, oldest first.
    pub async fn deployments_of(&self, app: &str) -> Result<Vec<Deployment>, StoreError> {
        self.list(&OF_APP, [app.into()], deployment).await
    }

    /// Ends a deployment and forgets where devices stood with it; says whether
    /// there was one. Nothing is removed from devices.
    pub async fn delete_deployment(&self, id: u64) -> Result<bool, StoreError> {
        let calls = vec![DELETE.with([id.into()])];
        let outcomes = self.change(&[Topic::Progress, Topic::Policy], calls).await?;
        Ok(outcomes.first().is_some_and(|outcome| outcome.affected == 1))
    }

    /// Everything that a device is to do: of each application, the newest
    /// deployment to any collection that it is in. Oldest first.
    pub async fn assignments_for(&self, device: &str) -> Result<Vec<Assignment>, StoreError> {
        self.list(&ASSIGNED, [device.into()], assignment).await
    }
}
