//! What devices are made of: the newest report of each, as the client sent it.

use crate::message::Origin;
use crate::statement::{Call, statements};
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    REPLACE = "INSERT INTO inventory (device, at, report, journal, number)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (device) DO UPDATE SET at = excluded.at, report = excluded.report,
            journal = excluded.journal, number = excluded.number
        WHERE inventory.journal <> excluded.journal OR inventory.number < excluded.number";
    SELECT = "SELECT at, report FROM inventory WHERE device = $1";
}

/// A device's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// By the client's clock, in Unix milliseconds.
    pub at: i64,
    /// JSON.
    pub report: String,
}

/// The effect of an inventory report. A late one does not undo a newer.
pub(crate) fn replace(origin: &Origin<'_>, report: &str) -> Call {
    REPLACE.with([
        origin.device.into(),
        origin.at.into(),
        report.into(),
        origin.journal.into(),
        origin.number.into(),
    ])
}

impl Store {
    /// The newest report of a device.
    pub async fn inventory_of(&self, device: &str) -> Result<Option<Inventory>, StoreError> {
        let inventory = |row: &mut Row| Ok(Inventory { at: row.int()?, report: row.text()? });
        self.first(&SELECT, [device.into()], inventory).await
    }
}
