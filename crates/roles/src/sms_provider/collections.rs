//! Collections: sets of devices, which is what things are deployed to.

use axum::Json;
use axum::extract::State;
use store::collection::{self, CreateCollectionError, DeleteCollectionError};
use wire::limit;
use wire::rest::{Collection, DeviceName, NewCollection};

use super::Uses;
use super::name;
use crate::problem::Refusal;
use crate::request::{self, Segment};

pub(super) async fn list(State(uses): State<Uses>) -> Result<Json<Vec<Collection>>, Refusal> {
    let found = uses.store.collections().await;
    let found = found.map_err(|error| Refusal::internal("list collections", &error))?;
    Ok(Json(found.into_iter().map(collection).collect()))
}

pub(super) async fn show(
    State(uses): State<Uses>,
    Segment(name): Segment,
) -> Result<Json<Collection>, Refusal> {
    find(&uses, &name).await.map(Json)
}

pub(super) async fn create(
    State(uses): State<Uses>,
    request::Json(new): request::Json<NewCollection, { limit::REST_BODY }>,
) -> Result<Json<Collection>, Refusal> {
    name::check("a collection", &new.name)?;
    let mut devices = Vec::with_capacity(new.devices.len());
    for word in &new.devices {
        devices.push(uses.store.find_device(word).await?.id);
    }
    let _id = uses.store.create_collection(&new.name, &devices).await?;
    find(&uses, &new.name).await.map(Json)
}

pub(super) async fn delete(
    State(uses): State<Uses>,
    Segment(name): Segment,
) -> Result<Json<Collection>, Refusal> {
    let found = find(&uses, &name).await?;
    uses.store.delete_collection(&name).await?;
    Ok(Json(found))
}

async fn find(uses: &Uses, name: &str) -> Result<Collection, Refusal> {
    let found = uses.store.collection(name).await;
    let found = found.map_err(|error| Refusal::internal("read the collection", &error))?;
    let next = "see `portolan collection list`";
    found.map(collection).ok_or_else(|| Refusal::not_found("collection", name, next))
}

fn collection(found: collection::Collection) -> Collection {
    let device = |member: collection::Member| DeviceName { id: member.id, name: member.name };
    Collection {
        id: found.id,
        name: found.name,
        built_in: found.built_in,
        devices: found.devices.into_iter().map(device).collect(),
    }
}

impl From<CreateCollectionError> for Refusal {
    fn from(error: CreateCollectionError) -> Self {
        let text = error.to_string();
        match error {
            CreateCollectionError::NameTaken { .. } => {
                Self::conflict("name-taken", text, "choose another name, or delete that one first")
            }
            CreateCollectionError::DeviceUnknown { .. } => Self::absent(text),
            CreateCollectionError::Store(cause) => Self::internal("create the collection", &cause),
        }
    }
}

impl From<DeleteCollectionError> for Refusal {
    fn from(error: DeleteCollectionError) -> Self {
        let text = error.to_string();
        match error {
            DeleteCollectionError::Unknown { .. } => Self::absent(text),
            DeleteCollectionError::BuiltIn { .. } => {
                Self::conflict("collection-built-in", text, "")
            }
            DeleteCollectionError::Deployed { .. } => {
                Self::conflict("collection-deployed", text, "")
            }
            DeleteCollectionError::Store(cause) => Self::internal("delete the collection", &cause),
        }
    }
}
