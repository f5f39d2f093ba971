//! Collections: sets of devices, which is what things are deployed to. `all`
//! holds every device without listing any; it comes with the schema.

use crate::change::Topic;
use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    INSERT = "INSERT INTO collection (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id";
    ADD = "INSERT INTO member (collection, device)
        SELECT collection.id, device.id FROM collection CROSS JOIN device
        WHERE collection.name = $1 AND device.id = $2";
    NAMED = "SELECT id, name, built_in FROM collection WHERE name = $1";
    LIST = "SELECT id, name, built_in FROM collection ORDER BY name";
    MEMBERS = "SELECT device.id, device.name
        FROM belongs JOIN device ON device.id = belongs.device
        WHERE belongs.collection = $1 ORDER BY device.name, device.id";
    DELETE = "DELETE FROM collection WHERE name = $1 AND built_in = 0
        AND NOT EXISTS (SELECT 1 FROM deployment WHERE deployment.collection = collection.id)";
    DEPLOYED = "SELECT app.name FROM deployment
        JOIN app ON app.id = deployment.app
        JOIN collection ON collection.id = deployment.collection
        WHERE collection.name = $1 ORDER BY app.name";
}

/// A collection and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    pub id: u64,
    pub name: String,
    /// Holds every device, also future ones, and cannot be deleted.
    pub built_in: bool,
    pub devices: Vec<Member>,
}

/// A device in a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    pub name: String,
}

/// Why a collection was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateCollectionError {
    #[error("there is already a collection called {name:?}")]
    NameTaken { name: String },
    #[error("there is no device {id}; see portolan device list")]
    DeviceUnknown { id: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a collection was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteCollectionError {
    #[error("there is no collection called {name:?}; see portolan collection list")]
    Unknown { name: String },
    #[error("{name} is built in: it holds every device and cannot be deleted")]
    BuiltIn { name: String },
    #[error("{} is deployed to {name}; delete these deployments first", apps.join(", "))]
    Deployed { name: String, apps: Vec<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn collection(row: &mut Row) -> Result<Collection, StoreError> {
    Ok(Collection {
        id: row.count()?,
        name: row.text()?,
        built_in: row.flag()?,
        devices: Vec::new(),
    })
}

impl Store {
    /// Makes a collection of these devices, by id; gives its id.
    pub async fn create_collection(
        &self,
        name: &str,
        devices: &[String],
    ) -> Result<u64, CreateCollectionError> {
        let mut devices = devices.to_vec();
        devices.sort_unstable();
        devices.dedup();
        let add = devices.iter().map(|id| ADD.with([name.into(), id.into()]).affecting(1));
        let insert = INSERT.with([name.into()]).affecting(1);
        let calls = std::iter::once(insert).chain(add).collect();
        match self.change(&[Topic::Policy], calls).await {
            Ok(mut outcomes) => {
                let row = outcomes.first_mut().and_then(|outcome| outcome.rows.first_mut());
                let row = row.ok_or(StoreError::Empty { statement: INSERT.name() })?;
                Ok(row.count()?)
            }
            Err(StoreError::Conflict { step, .. }) => {
                Err(match devices.get(step.wrapping_sub(1)) {
                    None => CreateCollectionError::NameTaken { name: name.into() },
                    Some(id) => CreateCollectionError::DeviceUnknown { id: id.clone() },
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// By name, with its devices.
    pub async fn collection(&self, name: &str) -> Result<Option<Collection>, StoreError> {
        let Some(mut found) = self.first(&NAMED, [name.into()], collection).await? else {
            return Ok(None);
        };
        found.devices = self.members(found.id).await?;
        Ok(Some(found))
    }

    /// All, by name, with their devices.
    pub async fn collections(&self) -> Result<Vec<Collection>, StoreError> {
        let mut found = self.list(&LIST, [], collection).await?;
        for collection in &mut found {
            collection.devices = self.members(collection.id).await?;
        }
        Ok(found)
    }

    async fn members(&self, collection: u64) -> Result<Vec<Member>, StoreError> {
        let member = |row: &mut Row| Ok(Member { id: row.text()?, name: row.text()? });
        self.list(&MEMBERS, [collection.into()], member).await
    }

    /// Deletes a collection that nothing is deployed to.
    pub async fn delete_collection(&self, name: &str) -> Result<(), DeleteCollectionError> {
        if self.execute(DELETE.with([name.into()])).await?.affected == 1 {
            return Ok(());
        }
        let found = self.first(&NAMED, [name.into()], collection).await?;
        let name = name.to_owned();
        match found {
            None => Err(DeleteCollectionError::Unknown { name }),
            Some(found) if found.built_in => Err(DeleteCollectionError::BuiltIn { name }),
            Some(_) => {
                let apps = self.list(&DEPLOYED, [(&name).into()], |row| row.text()).await?;
                Err(DeleteCollectionError::Deployed { name, apps })
            }
        }
    }
}
