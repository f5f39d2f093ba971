//! Messages on their way to the site, in the journal's file. Numbered when they
//! are made, removed when a management point has said that they are stored.
//!
//! The spool is bounded: beyond 64 MiB or 7 days the oldest goes
//! first within a class, logs before inventory before states; what goes is
//! counted, and the count is itself sent. Of inventories only
//! the latest is worth keeping.

use redb::{
    ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use wire::client::{Body, Dropped, Message, Receipt};

use super::{Journal, JournalError, json, next};

/// (class, number) → (when, subject, the message as JSON).
const SPOOL: TableDefinition<'_, Key, (i64, u8, &[u8])> = TableDefinition::new("spool");
/// class → messages dropped and not yet told; [`RESTATE`] → 1.
const DROPPED: TableDefinition<'_, u8, u64> = TableDefinition::new("dropped");
/// One row: bytes in the spool.
const TOTAL: TableDefinition<'_, u8, u64> = TableDefinition::new("spool-bytes");

type Key = (u8, u64);

pub(super) const NEXT_MESSAGE: &str = "next-message";
/// States were dropped, so where every deployment stands must be said again.
const RESTATE: u8 = u8::MAX;
/// What a message costs beside its JSON: key, time, its share of a page. Bytes.
const OVERHEAD: u64 = 64;

/// In the order of delivery; dropped in the opposite order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Class {
    State = 0,
    Inventory = 1,
    Log = 2,
}

impl Class {
    const ALL: [Self; 3] = [Self::State, Self::Inventory, Self::Log];

    fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Inventory => "inventory",
            Self::Log => "log",
        }
    }

    fn keys(self) -> std::ops::RangeInclusive<Key> {
        (self as u8, 0)..=(self as u8, u64::MAX)
    }
}

/// What a message is about, where a newer one replaces it; 0 where none does.
fn subject(body: &Body) -> (Class, u8) {
    match body {
        Body::State(_) | Body::Dropped(_) | Body::Damaged(_) => (Class::State, 0),
        Body::Inventory(_) => (Class::Inventory, 1),
        Body::Refused(_) => (Class::Log, 0),
        Body::Heartbeat(_) => (Class::Log, 0),
    }
}

/// How much the spool may hold.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of messages.
    pub bytes: u64,
    /// Milliseconds.
    pub age: i64,
}

impl Default for Bounds {
    /// 64 MiB, 7 days.
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, age: 7 * 24 * 60 * 60 * 1000 }
    }
}

/// Messages that travel together: a [`wire::client::Batch`] as JSON.
#[derive(Debug)]
pub struct Parcel {
    keys: Vec<Key>,
    pub body: Vec<u8>,
}

impl Parcel {
    /// How many messages; never 0.
    #[allow(clippy::len_without_is_empty, reason = "a parcel is never empty")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

pub(super) fn create(tx: &WriteTransaction) -> Result<(), JournalError> {
    tx.open_table(SPOOL)?;
    tx.open_table(DROPPED)?;
    tx.open_table(TOTAL)?;
    Ok(())
}

pub(super) fn clear(tx: &WriteTransaction) -> Result<(), JournalError> {
    tx.delete_table(SPOOL)?;
    tx.delete_table(DROPPED)?;
    tx.delete_table(TOTAL)?;
    create(tx)
}

pub(super) fn push(
    tx: &WriteTransaction,
    bounds: Bounds,
    body: Body,
    at: i64,
) -> Result<(), JournalError> {
    let (class, subject) = subject(&body);
    let number = next(tx, NEXT_MESSAGE)?;
    let message = json(&Message { number, at, body })?;
    if message.len() > most(class) {
        // No management point would take it, so keeping it helps nobody.
        return count_dropped(tx, class, 1);
    }
    if subject != 0 {
        // Told like any other loss, so that the site can tell a gap in the
        // numbers from a message that went astray.
        let replaced = replace(tx, class, subject)?;
        if replaced > 0 {
            count_dropped(tx, class, replaced)?;
        }
    }
    add_total(tx, message.len() as i64 + OVERHEAD as i64)?;
    tx.open_table(SPOOL)?.insert((class as u8, number), (at, subject, message.as_slice()))?;
    trim(tx, bounds, at)
}

/// The largest message of a class, in bytes, so that it fits into a batch.
fn most(class: Class) -> usize {
    const ENVELOPE: usize = 1024;
    match class {
        Class::Inventory => wire::limit::INVENTORY_BODY - ENVELOPE,
        Class::State | Class::Log => wire::limit::MESSAGES_BODY - ENVELOPE,
    }
}

/// Removes what a newer message makes worthless; says how many that were.
fn replace(tx: &WriteTransaction, class: Class, subject: u8) -> Result<u64, JournalError> {
    let mut table = tx.open_table(SPOOL)?;
    let (mut freed, mut count) = (0, 0);
    table.retain_in(class.keys(), |_, (_, other, message)| {
        let stays = other != subject;
        if !stays {
            count += 1;
            freed += message.len() as i64 + OVERHEAD as i64;
        }
        stays
    })?;
    drop(table);
    add_total(tx, -freed)?;
    Ok(count)
}

/// Drops what is too old, then what is too much.
fn trim(tx: &WriteTransaction, bounds: Bounds, now: i64) -> Result<(), JournalError> {
    let mut table = tx.open_table(SPOOL)?;
    let oldest = now.saturating_sub(bounds.age);
    let mut total = total(tx)?;
    for class in Class::ALL.into_iter().rev() {
        let mut dropped = 0;
        loop {
            let Some((key, at, size)) = first(&table, class)? else { break };
            if at >= oldest && total <= bounds.bytes {
                break;
            }
            table.remove(key)?;
            total = total.saturating_sub(size);
            dropped += 1;
        }
        if dropped > 0 {
            count_dropped(tx, class, dropped)?;
        }
    }
    drop(table);
    set_total(tx, total)
}

fn first(
    table: &redb::Table<'_, Key, (i64, u8, &'static [u8])>,
    class: Class,
) -> Result<Option<(Key, i64, u64)>, JournalError> {
    let Some(row) = table.range(class.keys())?.next() else { return Ok(None) };
    let (key, value) = row?;
    let (at, _, message) = value.value();
    Ok(Some((key.value(), at, message.len() as u64 + OVERHEAD)))
}

fn count_dropped(tx: &WriteTransaction, class: Class, more: u64) -> Result<(), JournalError> {
    let mut table = tx.open_table(DROPPED)?;
    let before = table.get(class as u8)?.map_or(0, |count| count.value());
    table.insert(class as u8, before.saturating_add(more))?;
    Ok(())
}

fn total(tx: &WriteTransaction) -> Result<u64, JournalError> {
    Ok(tx.open_table(TOTAL)?.get(0)?.map_or(0, |bytes| bytes.value()))
}

fn set_total(tx: &WriteTransaction, bytes: u64) -> Result<(), JournalError> {
    tx.open_table(TOTAL)?.insert(0, bytes)?;
    Ok(())
}

fn add_total(tx: &WriteTransaction, bytes: i64) -> Result<(), JournalError> {
    set_total(tx, total(tx)?.saturating_add_signed(bytes))
}

/// Turns the counts of dropped messages into messages.
fn tell_dropped(tx: &WriteTransaction, bounds: Bounds, now: i64) -> Result<(), JournalError> {
    for class in Class::ALL {
        let count = tx.open_table(DROPPED)?.remove(class as u8)?.map_or(0, |count| count.value());
        if count > 0 {
            let told = Dropped { class: class.word().to_owned(), count };
            push(tx, bounds, Body::Dropped(told), now)?;
            if class == Class::State {
                say_again(tx)?;
            }
        }
    }
    Ok(())
}

/// Sees to it that where every deployment stands is said again.
pub(super) fn say_again(tx: &WriteTransaction) -> Result<(), JournalError> {
    tx.open_table(DROPPED)?.insert(RESTATE, 1)?;
    Ok(())
}

/// Says again where every deployment stands, once all states that are left
/// have been delivered: the site would never learn what was dropped.
fn restate(tx: &WriteTransaction, bounds: Bounds, now: i64) -> Result<(), JournalError> {
    if first(&tx.open_table(SPOOL)?, Class::State)?.is_some()
        || tx.open_table(DROPPED)?.remove(RESTATE)?.is_none()
    {
        return Ok(());
    }
    for standing in super::standings(tx)? {
        push(tx, bounds, Body::State(standing.state), now)?;
    }
    Ok(())
}

fn remove(
    tx: &WriteTransaction,
    parcel: &Parcel,
    which: impl Fn(u64) -> bool,
) -> Result<usize, JournalError> {
    let mut table = tx.open_table(SPOOL)?;
    let (mut removed, mut freed) = (0, 0);
    for key in parcel.keys.iter().filter(|key| which(key.1)) {
        if let Some(row) = table.remove(key)? {
            removed += 1;
            freed += row.value().2.len() as i64 + OVERHEAD as i64;
        }
    }
    drop(table);
    add_total(tx, -freed)?;
    Ok(removed)
}

impl Journal {
    /// The next messages to send, at most `most` of them: states first, an
    /// inventory alone, then logs. None when there is nothing to send.
    pub fn parcel(&self, now: i64, most: usize) -> Result<Option<Parcel>, JournalError> {
        if self.waiting()? == (0, 0) {
            return Ok(None);
        }
        self.write(|tx| {
            trim(tx, self.bounds, now)?;
            tell_dropped(tx, self.bounds, now)?;
            restate(tx, self.bounds, now)
        })?;
        let table = self.db.begin_read()?.open_table(SPOOL)?;
        let mut parcel = Parcel {
            keys: Vec::new(),
            body: format!("{{\"journal\":\"{}\",\"messages\":[", self.id()).into_bytes(),
        };
        for row in table.iter()? {
            let (key, value) = row?;
            let (_, _, message) = value.value();
            let inventory = key.value().0 == Class::Inventory as u8;
            let body = parcel.body.len() + message.len() + ",]}".len();
            let full = inventory
                || parcel.len() >= most.min(wire::limit::MESSAGES)
                || body > wire::limit::MESSAGES_BODY;
            if full && parcel.len() > 0 {
                break;
            }
            if parcel.len() > 0 {
                parcel.body.push(b',');
            }
            parcel.body.extend_from_slice(message);
            parcel.keys.push(key.value());
            if inventory {
                break;
            }
        }
        parcel.body.extend_from_slice(b"]}");
        Ok((parcel.len() > 0).then_some(parcel))
    }

    /// Removes those messages of the parcel that the receipt names, and says
    /// how many these were. What the parcel did not hold is not touched.
    pub fn received(&self, parcel: &Parcel, receipt: &Receipt) -> Result<usize, JournalError> {
        let named =
            receipt.stored.iter().chain(&receipt.duplicates).chain(&receipt.refused).copied();
        let named: std::collections::HashSet<u64> = named.collect();
        self.write(|tx| remove(tx, parcel, |number| named.contains(&number)))
    }

    /// Gives up a parcel that no management point will ever take, and counts
    /// its messages as dropped.
    pub fn give_up(&self, parcel: &Parcel) -> Result<usize, JournalError> {
        self.write(|tx| {
            for class in Class::ALL {
                let count = parcel.keys.iter().filter(|key| key.0 == class as u8).count();
                if count > 0 {
                    count_dropped(tx, class, count as u64)?;
                }
            }
            remove(tx, parcel, |_| true)
        })
    }

    /// Messages in the spool, and what it has not told yet of those dropped.
    pub fn waiting(&self) -> Result<(u64, u64), JournalError> {
        let tx = self.db.begin_read()?;
        let mut dropped = 0;
        for row in tx.open_table(DROPPED)?.iter()? {
            dropped += row?.1.value();
        }
        Ok((tx.open_table(SPOOL)?.len()?, dropped))
    }
}

#[cfg(test)]
mod tests;
