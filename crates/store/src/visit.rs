//! Visits: all that is needed when a device asks for its policy, with one look.
//! Devices ask far more often than anything changes for them, and many of them
//! at the same time of day, so what was read is remembered until something is
//! written: anything, by anybody. To know what a change does not concern would
//! need more care than a look costs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::statement::statements;
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    SELECT = "SELECT device.name, device.last_seen, device.blocked, device.blocked_reason,
            COALESCE(policy.number, 0), policy.envelope
        FROM device LEFT JOIN policy ON policy.device = device.id
        WHERE device.id = $1";
}

/// So many bytes of policies are remembered.
const ROOM: usize = 16 * 1024 * 1024;

/// What there is for a device that asks. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub name: String,
    pub last_seen: i64,
    /// Since when it is refused.
    pub blocked: Option<i64>,
    pub blocked_reason: String,
    /// Number of its policy; 0 for none.
    pub number: u64,
    /// Its policy, as it is handed out; empty for none.
    pub envelope: Vec<u8>,
}

/// What was read, and from which state of the database.
#[derive(Debug, Default)]
pub(crate) struct Visits(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    state: u64,
    by_device: HashMap<String, Arc<Visit>>,
    bytes: usize,
}

impl Visits {
    fn find(&self, state: u64, device: &str) -> Option<Arc<Visit>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.by_device.get(device).filter(|_| known.state == state).cloned()
    }

    fn remember(&self, state: u64, device: &str, visit: &Arc<Visit>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state < known.state {
            return;
        }
        if state > known.state || known.bytes > ROOM {
            *known = Known { state, ..Known::default() };
        }
        known.bytes += size_of::<Visit>() + device.len() + visit.envelope.len();
        known.by_device.insert(device.to_owned(), Arc::clone(visit));
    }
}

fn visit(row: &mut Row) -> Result<Visit, StoreError> {
    Ok(Visit {
        name: row.text()?,
        last_seen: row.int()?,
        blocked: row.int_or_null()?,
        blocked_reason: row.text()?,
        number: row.count()?,
        envelope: row.blob_or_null()?.unwrap_or_default(),
    })
}

impl Store {
    /// What there is for a device, by its id; `None` for a stranger. What was
    /// written through this store is seen at once.
    pub async fn visit(&self, device: &str) -> Result<Option<Arc<Visit>>, StoreError> {
        // Before the look: what is written meanwhile counts.
        let state = self.driver.state();
        if let Some(state) = state
            && let Some(visit) = self.visits.find(state, device)
        {
            return Ok(Some(visit));
        }
        let found = self.first(&SELECT, [device.into()], visit).await?.map(Arc::new);
        if let (Some(state), Some(visit)) = (state, &found) {
            self.visits.remember(state, device, visit);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(number: u64) -> Arc<Visit> {
        let envelope = vec![0; ROOM / 4];
        let (name, blocked_reason) = (String::new(), String::new());
        Arc::new(Visit { name, last_seen: 0, blocked: None, blocked_reason, number, envelope })
    }

    #[test]
    fn nothing_is_remembered_beyond_a_change_or_without_room() {
        let visits = Visits::default();
        visits.remember(7, "a", &of(1));
        assert_eq!(visits.find(7, "a"), Some(of(1)));
        assert_eq!(visits.find(8, "a"), None);
        visits.remember(8, "b", &of(2));
        assert_eq!((visits.find(8, "a"), visits.find(8, "b")), (None, Some(of(2))));
        visits.remember(7, "b", &of(1));
        assert_eq!(visits.find(8, "b"), Some(of(2)), "read before the change, told after it");
        for device in ["c", "d", "e", "f"] {
            visits.remember(8, device, &of(3));
        }
        assert!(visits.find(8, "b").is_none() && visits.find(8, "f").is_some());
    }
}
