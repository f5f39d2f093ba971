//! The agent's memory: one small key-value file (`redb`), in which every write
//! is on disk before the call returns. It holds what must survive a `kill -9`
//! or a power cut: unsent messages ([`spool`]), actions that have begun, where
//! each deployment stands, the newest documents accepted and the address that
//! worked last. An agent without its journal could do a thing twice, so a
//! damaged one stops it, with words, instead of being replaced in silence.
//!
//! SQLite would do as well and is eight times the size in the binary; plain
//! files would need their own transactions.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use redb::{
    Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
    WriteTransaction,
};
use serde::{Deserialize, Serialize};
use wire::client::{Body, State};

use crate::platform::ProcessId;

pub mod spool;

pub use spool::{Bounds, Parcel};

const FACTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("facts");
const ACTIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("actions");
const STANDINGS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("standings");

const ID: &str = "id";
const NEXT_ACTION: &str = "next-action";

/// Pages that redb keeps in memory, in bytes: the agent reads little, rarely.
const CACHE: usize = 1024 * 1024;
/// Deployments that are remembered beyond those in force, so that one which
/// comes back is not done again.
const REMEMBERED_DEPLOYMENTS: usize = 4096;

/// Why the journal could not be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another agent runs in the same folder.
    #[error("another agent is running in this folder; stop it first, or choose another --dir")]
    InUse,
    /// Disk full, damaged file, no permission.
    #[error("the agent's journal cannot be read or written")]
    Database(#[source] Box<redb::Error>),
    /// A record that this version cannot read.
    #[error("the agent's journal holds a {0} that this version cannot read")]
    Record(&'static str, #[source] serde_json::Error),
}

impl JournalError {
    /// Whether it may work again when the journal is opened again: the disk is
    /// full, or was when something was written before.
    pub fn is_passing(&self) -> bool {
        let Self::Database(error) = self else { return false };
        match error.as_ref() {
            redb::Error::Io(error) => crate::action::child::is_passing(error),
            redb::Error::PreviousIo => true,
            _ => false,
        }
    }
}

impl<E: Into<redb::Error>> From<E> for JournalError {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            other => Self::Database(Box::new(other)),
        }
    }
}

/// A document or value that is kept under a name, newest only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The last policy envelope that was accepted, as received.
    Policy,
    /// Its number, which no later policy may fall below.
    PolicyNumber,
    /// The last service map that was accepted, as received.
    Map,
    /// Where the management point answered last: `address:port`.
    ManagementPoint,
    /// Which distribution points are near, as the management point said last,
    /// where the machine was then.
    Locations,
    /// Since when content is wanted that could not be had: JSON, by digest.
    Wanted,
    /// Damaged blocks that were reported: JSON.
    Damaged,
    /// The last refusal that was reported, so that it is reported once.
    Refusal,
    /// When the last inventory was taken: Unix milliseconds.
    InventoryAt,
}

impl Fact {
    fn key(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::PolicyNumber => "policy-number",
            Self::Map => "map",
            Self::ManagementPoint => "last-management-point",
            Self::Locations => "locations",
            Self::Wanted => "wanted",
            Self::Damaged => "damaged",
            Self::Refusal => "last-refusal",
            Self::InventoryAt => "inventory-at",
        }
    }
}

/// An action that has begun and whose end is not recorded yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub deployment: u64,
    pub app: u64,
    /// When it was begun.
    pub started: i64,
    /// The process that carries it out; none until it has been started.
    pub runner: Option<ProcessId>,
}

/// Where a deployment stands, as far as the site has been (or will be) told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub state: State,
    /// How often an action of this deployment was begun.
    #[serde(default)]
    pub attempts: u32,
}

/// The open journal. One process has it at a time.
#[derive(Debug)]
pub struct Journal {
    db: Database,
    id: RwLock<String>,
    bounds: Bounds,
}

impl Journal {
    /// Opens the journal, or makes a new one with an id of its own.
    pub fn open(path: &Path, bounds: Bounds) -> Result<Self, JournalError> {
        let new = !path.exists();
        let db = Database::builder().set_cache_size(CACHE).create(path).inspect_err(|_| {
            // The beginning of a file, without room for the rest, is no journal.
            if new {
                drop(std::fs::remove_file(path));
            }
        })?;
        let tx = db.begin_write()?;
        spool::create(&tx)?;
        tx.open_table(ACTIONS)?;
        tx.open_table(STANDINGS)?;
        let id = {
            let mut facts = tx.open_table(FACTS)?;
            let known =
                facts.get(ID)?.map(|value| String::from_utf8_lossy(value.value()).into_owned());
            match known {
                Some(id) => id,
                None => {
                    let id = random_id()?;
                    facts.insert(ID, id.as_bytes())?;
                    id
                }
            }
        };
        tx.commit()?;
        Ok(Self { db, id: RwLock::new(id), bounds })
    }

    /// 32 hexadecimal digits, made with the journal.
    pub fn id(&self) -> String {
        self.id.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Becomes another journal, with all that it holds: the site knows this one
    /// with other messages. That is so where a machine was set back to an
    /// earlier state; its numbers would be used twice. Where every deployment
    /// stands is said again.
    pub fn become_another(&self) -> Result<(), JournalError> {
        let id = random_id()?;
        self.write(|tx| {
            tx.open_table(FACTS)?.insert(ID, id.as_bytes())?;
            spool::say_again(tx)
        })?;
        *self.id.write().unwrap_or_else(PoisonError::into_inner) = id;
        Ok(())
    }

    pub fn fact(&self, fact: Fact) -> Result<Option<Vec<u8>>, JournalError> {
        let facts = self.db.begin_read()?.open_table(FACTS)?;
        Ok(facts.get(fact.key())?.map(|value| value.value().to_vec()))
    }

    /// A fact that is a number; 0 where there is none.
    pub fn number(&self, fact: Fact) -> Result<u64, JournalError> {
        let bytes = self.fact(fact)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(0, u64::from_be_bytes))
    }

    /// Keeps all of these, or none.
    pub fn keep(&self, facts: &[(Fact, &[u8])]) -> Result<(), JournalError> {
        self.write(|tx| {
            let mut table = tx.open_table(FACTS)?;
            for (fact, value) in facts {
                table.insert(fact.key(), *value)?;
            }
            Ok(())
        })
    }

    /// Puts a message into the spool.
    pub fn send(&self, body: Body, at: i64) -> Result<(), JournalError> {
        self.write(|tx| spool::push(tx, self.bounds, body, at))
    }

    /// Forgets what was for another device, for a machine that becomes one.
    /// Actions that run stay, and no number is used again.
    pub fn begin_anew(&self) -> Result<(), JournalError> {
        self.write(|tx| {
            spool::clear(tx)?;
            tx.delete_table(STANDINGS)?;
            tx.open_table(STANDINGS)?;
            let mut facts = tx.open_table(FACTS)?;
            facts.retain(|key, _| [ID, NEXT_ACTION, spool::NEXT_MESSAGE].contains(&key))?;
            Ok(())
        })
    }

    /// Actions whose end is not recorded, with their ids, oldest first.
    pub fn actions(&self) -> Result<Vec<(u64, Action)>, JournalError> {
        let table = self.db.begin_read()?.open_table(ACTIONS)?;
        let mut actions = Vec::new();
        for row in table.iter()? {
            let (id, json) = row?;
            actions.push((id.value(), read("action", json.value())?));
        }
        Ok(actions)
    }

    /// Records that an action begins, with the message that says so, and
    /// returns its id: never used before.
    pub fn begin(
        &self,
        action: &Action,
        standing: &Standing,
        at: i64,
    ) -> Result<u64, JournalError> {
        self.write(|tx| {
            let id = next(tx, NEXT_ACTION)?;
            tx.open_table(ACTIONS)?.insert(id, json(action)?.as_slice())?;
            set_standing(tx, standing)?;
            spool::push(tx, self.bounds, Body::State(standing.state.clone()), at)?;
            Ok(id)
        })
    }

    /// Records who carries an action out, before it is told to go.
    pub fn update(&self, id: u64, action: &Action) -> Result<(), JournalError> {
        self.write(|tx| {
            tx.open_table(ACTIONS)?.insert(id, json(action)?.as_slice())?;
            Ok(())
        })
    }

    /// Records that an action is over without having done anything.
    pub fn forget(&self, id: u64) -> Result<(), JournalError> {
        self.write(|tx| {
            tx.open_table(ACTIONS)?.remove(id)?;
            Ok(())
        })
    }

    /// Records where a deployment stands now, the message that says so, and
    /// the end of the action that led there: in one step.
    pub fn report(
        &self,
        standing: &Standing,
        ended: Option<u64>,
        at: i64,
    ) -> Result<(), JournalError> {
        self.write(|tx| {
            set_standing(tx, standing)?;
            if let Some(id) = ended {
                tx.open_table(ACTIONS)?.remove(id)?;
            }
            spool::push(tx, self.bounds, Body::State(standing.state.clone()), at)
        })
    }

    pub fn standing(&self, deployment: u64) -> Result<Option<Standing>, JournalError> {
        let table = self.db.begin_read()?.open_table(STANDINGS)?;
        table.get(deployment)?.map(|json| read("standing", json.value())).transpose()
    }

    /// Forgets where the oldest deployments stood that are no longer in force,
    /// beyond [`REMEMBERED_DEPLOYMENTS`].
    pub fn forget_all_but(&self, in_force: &HashSet<u64>) -> Result<(), JournalError> {
        let count = self.db.begin_read()?.open_table(STANDINGS)?.len()?;
        let most = (REMEMBERED_DEPLOYMENTS + in_force.len()) as u64;
        let Some(surplus @ 1..) = count.checked_sub(most) else { return Ok(()) };
        self.write(|tx| {
            let mut table = tx.open_table(STANDINGS)?;
            let mut left = surplus;
            // Deployment ids rise, so the first are the oldest.
            table.retain(|deployment, _| {
                let stays = left == 0 || in_force.contains(&deployment);
                left -= u64::from(!stays);
                stays
            })?;
            Ok(())
        })
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        // Durability::Immediate is redb's default: commit returns after fsync.
        let tx = self.db.begin_write()?;
        let value = change(&tx)?;
        tx.commit()?;
        Ok(value)
    }
}

/// The next number of a sequence that begins at 1.
fn next(tx: &WriteTransaction, sequence: &str) -> Result<u64, JournalError> {
    let mut facts = tx.open_table(FACTS)?;
    let last = facts
        .get(sequence)?
        .and_then(|value| value.value().try_into().ok())
        .map_or(0, u64::from_be_bytes);
    facts.insert(sequence, (last + 1).to_be_bytes().as_slice())?;
    Ok(last + 1)
}

fn set_standing(tx: &WriteTransaction, standing: &Standing) -> Result<(), JournalError> {
    let mut table = tx.open_table(STANDINGS)?;
    table.insert(standing.state.deployment, json(standing)?.as_slice())?;
    Ok(())
}

/// Where every deployment stands, the oldest first.
fn standings(tx: &WriteTransaction) -> Result<Vec<Standing>, JournalError> {
    let table = tx.open_table(STANDINGS)?;
    table.iter()?.map(|row| read("standing", row?.1.value())).collect()
}

fn json(record: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(record).map_err(|error| JournalError::Record("new record", error))
}

fn read<T: serde::de::DeserializeOwned>(
    what: &'static str,
    json: &[u8],
) -> Result<T, JournalError> {
    serde_json::from_slice(json).map_err(|error| JournalError::Record(what, error))
}

fn random_id() -> Result<String, JournalError> {
    let bytes: [u8; 16] = crate::platform::random().map_err(redb::Error::Io)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use wire::client::Phase;

    fn standing(deployment: u64, phase: Phase) -> Standing {
        let state = State {
            deployment,
            app: 1,
            phase,
            reason: String::new(),
            exit_code: None,
            output: String::new(),
        };
        Standing { state, attempts: 1 }
    }

    #[test]
    fn everything_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        let action = Action { deployment: 7, app: 1, started: 5, runner: None };
        let journal = Journal::open(&path, Bounds::default()).unwrap();
        let id = journal.id();
        assert_eq!(id.len(), 32);
        journal
            .keep(&[(Fact::Policy, b"envelope"), (Fact::PolicyNumber, &9u64.to_be_bytes())])
            .unwrap();
        let first = journal.begin(&action, &standing(7, Phase::Installing), 5).unwrap();
        let second = journal.begin(&action, &standing(7, Phase::Installing), 5).unwrap();
        assert_ne!(first, second);
        journal.forget(first).unwrap();
        drop(journal);

        let journal = Journal::open(&path, Bounds::default()).unwrap();
        assert_eq!(journal.id(), id);
        assert_eq!(journal.fact(Fact::Policy).unwrap().unwrap(), b"envelope");
        assert_eq!(journal.number(Fact::PolicyNumber).unwrap(), 9);
        assert_eq!(journal.actions().unwrap(), [(second, action)]);
        journal.report(&standing(7, Phase::Installed), Some(second), 6).unwrap();
        assert!(journal.actions().unwrap().is_empty());
        assert_eq!(journal.standing(7).unwrap(), Some(standing(7, Phase::Installed)));
        assert_eq!(journal.parcel(6, 10).unwrap().unwrap().len(), 3);
    }

    #[test]
    fn another_device_begins_anew_and_uses_no_number_again() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("j"), Bounds::default()).unwrap();
        let action = Action { deployment: 7, app: 1, started: 5, runner: None };
        let id = journal.begin(&action, &standing(7, Phase::Installing), 5).unwrap();
        journal.keep(&[(Fact::PolicyNumber, &9u64.to_be_bytes())]).unwrap();
        journal.begin_anew().unwrap();
        assert_eq!(journal.number(Fact::PolicyNumber).unwrap(), 0);
        assert_eq!((journal.standing(7).unwrap(), journal.waiting().unwrap()), (None, (0, 0)));
        assert_eq!(journal.actions().unwrap(), [(id, action.clone())]);
        assert_ne!(journal.begin(&action, &standing(7, Phase::Installing), 5).unwrap(), id);
        let parcel = journal.parcel(5, 1).unwrap().unwrap();
        assert!(String::from_utf8(parcel.body).unwrap().contains("\"number\":2"));
    }

    #[test]
    fn a_full_disk_passes_and_damage_does_not() {
        let database = |error| JournalError::Database(Box::new(error));
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(database(redb::Error::Io(full)).is_passing());
        assert!(database(redb::Error::PreviousIo).is_passing(), "after the first error");
        assert!(!database(redb::Error::Corrupted(String::new())).is_passing());
        assert!(!JournalError::InUse.is_passing());
    }

    #[test]
    fn two_agents_in_one_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        let _first = Journal::open(&path, Bounds::default()).unwrap();
        let second = Journal::open(&path, Bounds::default());
        assert!(matches!(second, Err(JournalError::InUse)));
    }

    #[test]
    fn old_deployments_are_forgotten_at_last() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("j"), Bounds::default()).unwrap();
        let last = REMEMBERED_DEPLOYMENTS as u64 + 2;
        journal
            .write(|tx| {
                (1..=last).try_for_each(|id| set_standing(tx, &standing(id, Phase::Failed)))
            })
            .unwrap();
        journal.forget_all_but(&HashSet::from([1])).unwrap();
        let known = |id| journal.standing(id).unwrap().is_some();
        assert!(known(1), "it is in force, however old");
        assert!(!known(2) && known(3) && known(last));
    }
}
