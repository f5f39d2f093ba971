//! Devices: the machines that this site manages. A device's identity is its
//! public key; its id is what everything else refers to; its name is what
//! people say, and two may share one.

use crate::change::Topic;
use crate::message::Origin;
use crate::statement::{Call, statements};
use crate::value::{Row, Value};
use crate::{Store, StoreError, token};

statements! {
    INSERT = "INSERT INTO device
            (id, name, public_key, sealing_key, agent_version, enrolled, last_seen)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (public_key) DO NOTHING";
    SELECT = "SELECT device.id, device.name, device.public_key, device.sealing_key,
            device.agent_version, device.enrolled, device.last_seen, device.blocked,
            device.blocked_reason, device.addresses, device.limits, device.policy,
            COALESCE(policy.number, 0), device.refused
        FROM device LEFT JOIN policy ON policy.device = device.id
        WHERE device.id = $1";
    NAMED = "SELECT id FROM device WHERE name = $1 ORDER BY id";
    WITH_KEY = "SELECT id FROM device WHERE public_key = $1";
    LIST = "SELECT device.id, device.name, device.public_key, device.sealing_key,
            device.agent_version, device.enrolled, device.last_seen, device.blocked,
            device.blocked_reason, device.addresses, device.limits, device.policy,
            COALESCE(policy.number, 0), device.refused
        FROM device LEFT JOIN policy ON policy.device = device.id
        ORDER BY device.name, device.id";
    TOUCH = "UPDATE device SET last_seen = $2 WHERE id = $1 AND last_seen < $2";
    BLOCK = "UPDATE device SET blocked = $2, blocked_reason = $3 WHERE id = $1";
    UNBLOCK = "UPDATE device SET blocked = NULL, blocked_reason = '' WHERE id = $1";
    HEARTBEAT = "UPDATE device SET name = $2, agent_version = $3, addresses = $4, limits = $5,
            policy = $6, journal = $7, number = $8
        WHERE id = $1 AND (journal <> $7 OR number < $8)";
    REFUSED = "UPDATE device SET refused = $2 WHERE id = $1";
    BLOCKED = "SELECT id FROM device WHERE blocked IS NOT NULL ORDER BY id";
}

/// A machine that asks to become a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// 32 lower-case hexadecimal digits, fresh.
    pub id: String,
    pub name: String,
    pub public_key: [u8; 32],
    pub sealing_key: Vec<u8>,
    pub agent_version: String,
}

/// A device, and what is known of it. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: String,
    pub name: String,
    pub public_key: Vec<u8>,
    pub sealing_key: Vec<u8>,
    pub agent_version: String,
    pub enrolled: i64,
    pub last_seen: i64,
    /// Since when it is refused.
    pub blocked: Option<i64>,
    pub blocked_reason: String,
    pub addresses: Vec<String>,
    /// What its agent says it cannot do.
    pub limits: Vec<String>,
    /// Number of the policy that it acts on; 0 for none.
    pub policy: u64,
    /// Number of the policy that is there for it; 0 for none.
    pub policy_offered: u64,
    /// The last document that it did not accept, and why; empty for none.
    pub refused: String,
}

/// What a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub name: String,
    pub agent_version: String,
    pub addresses: Vec<String>,
    pub limits: Vec<String>,
    pub policy: u64,
}

/// Why a machine did not become a device.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("the enrolment token is unknown; make one with portolan token create")]
    TokenUnknown,
    #[error("the enrolment token was already used; make another with portolan token create")]
    TokenSpent {
        /// Unix milliseconds.
        when: i64,
    },
    #[error("the enrolment token has expired; make another with portolan token create")]
    TokenExpired {
        /// Unix milliseconds.
        when: i64,
    },
    #[error("this key is enrolled already, as device {device}")]
    KeyKnown { device: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a word does not stand for one device.
#[derive(Debug, thiserror::Error)]
pub enum FindDeviceError {
    #[error("no device is called {word:?} or has this id; see portolan device list")]
    Unknown { word: String },
    #[error("{} devices are called {word:?}; say which by id: {}", ids.len(), ids.join(", "))]
    Ambiguous { word: String, ids: Vec<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn device(row: &mut Row) -> Result<Device, StoreError> {
    Ok(Device {
        id: row.text()?,
        name: row.text()?,
        public_key: row.blob()?,
        sealing_key: row.blob()?,
        agent_version: row.text()?,
        enrolled: row.int()?,
        last_seen: row.int()?,
        blocked: row.int_or_null()?,
        blocked_reason: row.text()?,
        addresses: row.list()?,
        limits: row.list()?,
        policy: row.count()?,
        policy_offered: row.count()?,
        refused: row.text()?,
    })
}

/// The effect of a heartbeat. A late one does not undo a newer.
pub(crate) fn heartbeat(origin: &Origin<'_>, said: &Heartbeat) -> Call {
    HEARTBEAT.with([
        origin.device.into(),
        (&said.name).into(),
        (&said.agent_version).into(),
        Value::list(&said.addresses),
        Value::list(&said.limits),
        said.policy.into(),
        origin.journal.into(),
        origin.number.into(),
    ])
}

/// The effect of a device's refusal of a document.
pub(crate) fn refused(origin: &Origin<'_>, what: &str) -> Call {
    REFUSED.with([origin.device.into(), what.into()])
}

impl Store {
    /// Makes a device and spends its token, both or neither. Gives the id
    /// under which the machine is known: its new one, or the earlier one,
    /// where the same key shows the token that let it in (the answer to the
    /// first request was lost on the way).
    pub async fn enrol(
        &self,
        new: &NewDevice,
        token_hash: &[u8; 32],
        now: i64,
    ) -> Result<String, EnrolError> {
        let calls = vec![
            INSERT
                .with([
                    (&new.id).into(),
                    (&new.name).into(),
                    new.public_key.as_slice().into(),
                    new.sealing_key.as_slice().into(),
                    (&new.agent_version).into(),
                    now.into(),
                ])
                .affecting(1),
            token::SPEND
                .with([token_hash.as_slice().into(), now.into(), (&new.id).into()])
                .affecting(1),
        ];
        match self.change(&[Topic::Policy], calls).await {
            Ok(_) => Ok(new.id.clone()),
            Err(StoreError::Conflict { .. }) => self.known_already(new, token_hash, now).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn known_already(
        &self,
        new: &NewDevice,
        token_hash: &[u8; 32],
        now: i64,
    ) -> Result<String, EnrolError> {
        let token = self.token(token_hash).await?.ok_or(EnrolError::TokenUnknown)?;
        let device = self.device_with_key(&new.public_key).await?;
        match (token.spent, device) {
            (Some(_), Some(device)) if token.spent_by.as_ref() == Some(&device) => Ok(device),
            (Some(when), _) => Err(EnrolError::TokenSpent { when }),
            (None, _) if token.expires <= now => {
                Err(EnrolError::TokenExpired { when: token.expires })
            }
            (None, Some(device)) => Err(EnrolError::KeyKnown { device }),
            // Nothing of it holds any more: what stood in the way was undone
            // in between, and nothing does that.
            (None, None) => Err(StoreError::Empty { statement: token::SPEND.name() }.into()),
        }
    }

    /// By id.
    pub async fn device(&self, id: &str) -> Result<Option<Device>, StoreError> {
        self.first(&SELECT, [id.into()], device).await
    }

    /// By id, or by name where one device alone has it.
    pub async fn find_device(&self, word: &str) -> Result<Device, FindDeviceError> {
        if let Some(device) = self.device(word).await? {
            return Ok(device);
        }
        let mut ids = self.list(&NAMED, [word.into()], |row| row.text()).await?;
        if ids.len() > 1 {
            return Err(FindDeviceError::Ambiguous { word: word.into(), ids });
        }
        let found = match ids.pop() {
            Some(id) => self.device(&id).await?,
            None => None,
        };
        found.ok_or_else(|| FindDeviceError::Unknown { word: word.into() })
    }

    /// The id of the device that has this key.
    pub async fn device_with_key(
        &self,
        public_key: &[u8; 32],
    ) -> Result<Option<String>, StoreError> {
        self.first(&WITH_KEY, [public_key.as_slice().into()], |row| row.text()).await
    }

    /// All, by name.
    pub async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.list(&LIST, [], device).await
    }

    /// A request of the device reached a management point.
    pub async fn touch_device(&self, id: &str, now: i64) -> Result<(), StoreError> {
        self.execute(TOUCH.with([id.into(), now.into()])).await.map(drop)
    }

    /// Refuses the device from now on; says whether there is such a device.
    pub async fn block_device(&self, id: &str, why: &str, now: i64) -> Result<bool, StoreError> {
        self.changed_block(BLOCK.with([id.into(), now.into(), why.into()])).await
    }

    /// Accepts the device again; says whether there is such a device.
    pub async fn unblock_device(&self, id: &str) -> Result<bool, StoreError> {
        self.changed_block(UNBLOCK.with([id.into()])).await
    }

    async fn changed_block(&self, call: Call) -> Result<bool, StoreError> {
        let outcomes = self.change(&[Topic::Orders], vec![call]).await?;
        Ok(outcomes.first().is_some_and(|outcome| outcome.affected == 1))
    }

    /// Ids of all devices that are refused, sorted.
    pub async fn blocked_devices(&self) -> Result<Vec<String>, StoreError> {
        self.list(&BLOCKED, [], |row| row.text()).await
    }
}
