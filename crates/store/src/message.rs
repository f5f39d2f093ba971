//! Messages of clients: taken in durably first, understood afterwards.
//!
//! Taking in: `(device, journal, number)` makes a message unique, so that a
//! client may send again whatever it has no receipt for. The digest tells a
//! message that came twice from a number that was used twice.
//!
//! Understanding: [`Store::process`] writes a message's effects and marks it
//! processed in one transaction. A crash between two messages loses nothing,
//! and repeats nothing. The body goes with it: kept for weeks, the inventories
//! of many clients would be most of the database.
//!
//! Pruning: processed messages go after a while, and leave a floor for their
//! journal; what comes with a number up to the floor is a duplicate. A gap
//! below the floor is taken for one, too: messages must therefore be kept for
//! longer than a client's spool keeps them (7 days), after which nothing that
//! is missing can still come.

use crate::change::{Topic, raising};
use crate::damage::{self, Damage};
use crate::device::{self, Heartbeat};
use crate::state::{self, Report};
use crate::statement::{Call, Outcome, statements};
use crate::value::Row;
use crate::{Store, StoreError, inventory};

statements! {
    INSERT = "INSERT INTO message (device, journal, number, at, body, digest, received)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE NOT EXISTS (SELECT 1 FROM journal
            WHERE journal.device = $1 AND journal.journal = $2 AND journal.floor >= $3)
        ON CONFLICT (device, journal, number) DO NOTHING";
    DIGEST = "SELECT digest FROM message WHERE device = $1 AND journal = $2 AND number = $3";
    NUMBERS = "SELECT number FROM message WHERE device = $1 ORDER BY journal, number";
    SIZES = "SELECT arrival, OCTET_LENGTH(body) FROM message
        WHERE processed IS NULL ORDER BY arrival LIMIT $1";
    HELD = "SELECT COUNT(*), COALESCE(SUM(OCTET_LENGTH(held.body)), 0)
        FROM (SELECT body FROM message WHERE device = $1 LIMIT $2) AS held";
    UNPROCESSED = "SELECT arrival, device, journal, number, at, body, received FROM message
        WHERE processed IS NULL AND arrival <= $1 ORDER BY arrival LIMIT $2";
    // What it said has become knowledge; to recognise it the digest is enough.
    PROCESSED = "UPDATE message SET processed = $2, body = ''
        WHERE arrival = $1 AND processed IS NULL";
    RAISE_FLOOR = "INSERT INTO journal (device, journal, floor)
        SELECT old.device, old.journal, MAX(old.number) FROM (
            SELECT device, journal, number FROM message
            WHERE processed IS NOT NULL AND received < $1 ORDER BY received, arrival LIMIT $2
        ) AS old
        WHERE true GROUP BY old.device, old.journal
        ON CONFLICT (device, journal) DO UPDATE SET floor = excluded.floor
            WHERE journal.floor < excluded.floor";
    // Only what the floor covers: another host may have processed more since.
    PRUNE = "DELETE FROM message WHERE arrival IN (
            SELECT arrival FROM message
            WHERE processed IS NOT NULL AND received < $1 ORDER BY received, arrival LIMIT $2)
        AND EXISTS (SELECT 1 FROM journal WHERE journal.device = message.device
            AND journal.journal = message.journal AND journal.floor >= message.number)";
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// From 1.
    pub number: u64,
    /// By the client's clock, in Unix milliseconds.
    pub at: i64,
    /// JSON of the body.
    pub body: String,
}

/// What became of a batch, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Stored durably.
    pub stored: Vec<u64>,
    /// Already there.
    pub duplicates: Vec<u64>,
    /// The number was used for something else.
    pub refused: Vec<u64>,
}

/// What is kept of one device's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub messages: u64,
    /// Bytes of those that wait to be processed.
    pub bytes: u64,
}

/// A message that waits to be processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its place in the order of arrival.
    pub arrival: u64,
    pub device: String,
    pub journal: String,
    pub number: u64,
    /// By the client's clock, in Unix milliseconds.
    pub at: i64,
    /// JSON of the body.
    pub body: String,
    /// By the site's clock, in Unix milliseconds.
    pub received: i64,
}

/// What a message does to the site's knowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    Heartbeat(Heartbeat),
    State(Report),
    /// The report's JSON.
    Inventory(String),
    /// What was refused, and why.
    Refused(String),
    Damaged(Damage),
}

/// Where an effect comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) device: &'a str,
    pub(crate) journal: &'a str,
    pub(crate) number: u64,
    pub(crate) at: i64,
    pub(crate) received: i64,
}

impl Effect {
    fn calls(&self, origin: &Origin<'_>) -> Vec<Call> {
        match self {
            Self::Heartbeat(said) => vec![device::heartbeat(origin, said)],
            Self::State(report) => vec![state::report(origin, report)],
            Self::Inventory(report) => vec![inventory::replace(origin, report)],
            Self::Refused(what) => vec![device::refused(origin, what)],
            Self::Damaged(damage) => damage::report(origin, damage).into(),
        }
    }

    fn topics(effects: &[Self]) -> Vec<Topic> {
        let has = |is: fn(&Self) -> bool| effects.iter().any(is);
        let progress = has(|effect| matches!(effect, Self::State(_))).then_some(Topic::Progress);
        let orders = has(|effect| matches!(effect, Self::Damaged(_))).then_some(Topic::Orders);
        progress.into_iter().chain(orders).collect()
    }
}

fn message(row: &mut Row) -> Result<Message, StoreError> {
    Ok(Message {
        arrival: row.count()?,
        device: row.text()?,
        journal: row.text()?,
        number: row.count()?,
        at: row.int()?,
        body: row.text()?,
        received: row.int()?,
    })
}

fn digest(message: &NewMessage) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&message.at.to_le_bytes());
    hasher.update(message.body.as_bytes());
    hasher.finalize().into()
}

impl Store {
    /// Takes in a batch of one journal. It is on the disk when this returns.
    pub async fn take_in(
        &self,
        device: &str,
        journal: &str,
        batch: &[NewMessage],
        now: i64,
    ) -> Result<Receipt, StoreError> {
        // A number that no database can hold was never given by a journal.
        let (numbered, absurd): (Vec<_>, Vec<_>) =
            batch.iter().partition(|message| i64::try_from(message.number).is_ok());
        let insert = |message: &&NewMessage| {
            INSERT.with([
                device.into(),
                journal.into(),
                message.number.into(),
                message.at.into(),
                (&message.body).into(),
                digest(message).as_slice().into(),
                now.into(),
            ])
        };
        let outcomes = self.transact(numbered.iter().map(insert).collect()).await?;

        let mut receipt = Receipt::default();
        receipt.refused.extend(absurd.iter().map(|message| message.number));
        for (message, outcome) in numbered.into_iter().zip(outcomes) {
            let number = message.number;
            if outcome.affected == 1 {
                receipt.stored.push(number);
                continue;
            }
            let key = [device.into(), journal.into(), number.into()];
            match self.first(&DIGEST, key, |row| row.blob()).await? {
                Some(there) if there != digest(message) => receipt.refused.push(number),
                // Below the floor there is nothing left to compare with.
                Some(_) | None => receipt.duplicates.push(number),
            }
        }
        if !receipt.stored.is_empty() {
            self.signals.arrivals.send_modify(|count| *count += 1);
        }
        Ok(receipt)
    }

    /// How much of a device is kept; counts no further than `limit` messages.
    pub async fn held(&self, device: &str, limit: u64) -> Result<Held, StoreError> {
        let held = |row: &mut Row| Ok(Held { messages: row.count()?, bytes: row.count()? });
        self.one(&HELD, [device.into(), limit.into()], held).await
    }

    /// The numbers of a device's messages, journal by journal, rising: what is
    /// missing shows as a gap.
    pub async fn message_numbers(&self, device: &str) -> Result<Vec<u64>, StoreError> {
        self.list(&NUMBERS, [device.into()], |row| row.count()).await
    }

    /// At most `limit` messages that nobody has processed, as they arrived, and
    /// of no more than `bytes` together, unless the first alone has more.
    pub async fn unprocessed(&self, limit: u64, bytes: u64) -> Result<Vec<Message>, StoreError> {
        let size = |row: &mut Row| Ok((row.count()?, row.count()?));
        let mut left = Some(bytes);
        let fits = |(_, size): &(u64, u64)| {
            let first = left == Some(bytes);
            left = left.and_then(|left| left.checked_sub(*size));
            first || left.is_some()
        };
        let sizes = self.list(&SIZES, [limit.into()], size).await?;
        let Some((last, _)) = sizes.into_iter().take_while(fits).last() else {
            return Ok(Vec::new());
        };
        self.list(&UNPROCESSED, [last.into(), limit.into()], message).await
    }

    /// Writes each message's effects and marks it processed, message by
    /// message, in the given order. Says of each whether this call did it
    /// (`false`: it had been done before, and nothing was changed).
    pub async fn process(
        &self,
        messages: &[(Message, Vec<Effect>)],
        now: i64,
    ) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
        let transaction = |(message, effects): &(Message, Vec<Effect>)| {
            let origin = Origin {
                device: &message.device,
                journal: &message.journal,
                number: message.number,
                at: message.at,
                received: message.received,
            };
            let mark = PROCESSED.with([message.arrival.into(), now.into()]).affecting(1);
            std::iter::once(mark)
                .chain(effects.iter().flat_map(|effect| effect.calls(&origin)))
                .chain(raising(&Effect::topics(effects)))
                .collect()
        };
        let answers = self.transact_each(messages.iter().map(transaction).collect()).await?;
        let tell =
            |((_, effects), answer): (&(_, Vec<Effect>), Result<Vec<Outcome>, _>)| match answer {
                Ok(mut outcomes) => {
                    self.announce(&Effect::topics(effects), &mut outcomes)?;
                    Ok(true)
                }
                Err(StoreError::Conflict { step: 0, .. }) => Ok(false),
                Err(error) => Err(error),
            };
        Ok(messages.iter().zip(answers).map(tell).collect())
    }

    /// Forgets at most `limit` processed messages that came before a time, in
    /// Unix milliseconds; says how many. See the head of this file for how
    /// far back that must be.
    pub async fn prune_messages(&self, older_than: i64, limit: u64) -> Result<u64, StoreError> {
        let calls = vec![
            RAISE_FLOOR.with([older_than.into(), limit.into()]),
            PRUNE.with([older_than.into(), limit.into()]),
        ];
        let outcomes = self.transact(calls).await?;
        Ok(outcomes.last().map_or(0, |outcome| outcome.affected))
    }
}
