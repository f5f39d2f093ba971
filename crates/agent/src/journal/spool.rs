//! Messages on their way to the site, in the journal's file. Numbered when they
//! are made, removed when a management point has said that they are stored.
//!
//! The spool is bounded: beyond 64 MiB or 7 days the oldest goes
//! first within a class, logs before inventory before states; what goes is
//! counted, and the count is itself sent. Of a heartbeat and an inventory only
//! the latest is worth keeping.

use redb::{
    ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use wire::client::{Body, Dropped, Message, Receipt};

use super::{Journal, JournalError, json, next};

/// (class, number) → (when, subject, the message as JSON).
const SPOOL: TableDefinition<'_, Key, (i64, u8, &[u8])> = TableDefinition::new("spool");
/// class → messages dropped and not yet told.
const DROPPED: TableDefinition<'_, u8, u64> = TableDefinition::new("dropped");
/// One row: bytes in the spool.
const TOTAL: TableDefinition<'_, u8, u64> = TableDefinition::new("spool-bytes");

type Key = (u8, u64);

const NEXT_MESSAGE: &str = "next-message";
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
        Body::State(_) | Body::Dropped(_) => (Class::State, 0),
        Body::Inventory(_) => (Class::Inventory, 1),
        Body::Refused(_) => (Class::Log, 0),
        Body::Heartbeat(_) => (Class::Log, 2),
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
        replace(tx, class, subject)?;
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

fn replace(tx: &WriteTransaction, class: Class, subject: u8) -> Result<(), JournalError> {
    let mut table = tx.open_table(SPOOL)?;
    let mut freed = 0;
    table.retain_in(class.keys(), |_, (_, other, message)| {
        let stays = other != subject;
        if !stays {
            freed += message.len() as i64 + OVERHEAD as i64;
        }
        stays
    })?;
    drop(table);
    add_total(tx, -freed)
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
        }
    }
    Ok(())
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
            tell_dropped(tx, self.bounds, now)
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
        self.remove(parcel, |number| named.contains(&number))
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
            Ok(())
        })?;
        self.remove(parcel, |_| true)
    }

    fn remove(&self, parcel: &Parcel, which: impl Fn(u64) -> bool) -> Result<usize, JournalError> {
        self.write(|tx| {
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
        })
    }

    /// Messages in the spool, and messages dropped that it has not told yet.
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
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wire::client::{Batch, Heartbeat, Inventory, Phase, Refused, State, System};

    fn open(bounds: Bounds) -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("j"), bounds).unwrap();
        (folder, journal)
    }

    fn state(size: usize) -> Body {
        Body::State(State {
            deployment: 1,
            app: 1,
            phase: Phase::Failed,
            reason: String::new(),
            exit_code: None,
            output: "x".repeat(size),
        })
    }

    fn log(size: usize) -> Body {
        Body::Refused(Refused { what: "map".into(), why: "x".repeat(size) })
    }

    fn heartbeat() -> Body {
        Body::Heartbeat(Heartbeat {
            name: "n".into(),
            agent_version: "1".into(),
            addresses: vec![],
            limits: vec![],
            policy: 0,
        })
    }

    fn inventory() -> Body {
        let system = System {
            hostname: String::new(),
            os: String::new(),
            kernel: String::new(),
            architecture: String::new(),
            cpu: String::new(),
            cpus: 1,
            memory: 0,
            booted: 0,
            manufacturer: String::new(),
            model: String::new(),
            serial: String::new(),
        };
        Body::Inventory(Box::new(Inventory {
            system,
            disks: vec![],
            interfaces: vec![],
            packages: vec![],
        }))
    }

    fn messages(parcel: &Parcel) -> Vec<Message> {
        serde_json::from_slice::<Batch>(&parcel.body).unwrap().messages
    }

    /// Sends everything to a site that stores it.
    fn drain(journal: &Journal, now: i64) -> Vec<Vec<Message>> {
        let mut sent = Vec::new();
        while let Some(parcel) = journal.parcel(now, usize::MAX).unwrap() {
            let batch = messages(&parcel);
            let stored = batch.iter().map(|message| message.number).collect();
            journal.received(&parcel, &Receipt { stored, ..Receipt::default() }).unwrap();
            sent.push(batch);
        }
        sent
    }

    #[test]
    fn states_go_first_and_inventory_goes_alone() {
        let (_folder, journal) = open(Bounds::default());
        for body in [heartbeat(), inventory(), state(1), log(1), inventory(), heartbeat(), state(2)]
        {
            journal.send(body, 1).unwrap();
        }
        let numbers: Vec<Vec<u64>> = drain(&journal, 1)
            .iter()
            .map(|batch| batch.iter().map(|message| message.number).collect())
            .collect();
        assert_eq!(numbers, [vec![3, 7], vec![5], vec![4, 6]]);
        assert_eq!(journal.waiting().unwrap(), (0, 0));
    }

    #[test]
    fn what_the_receipt_does_not_name_is_sent_again() {
        let (_folder, journal) = open(Bounds::default());
        for _ in 0..3 {
            journal.send(state(1), 1).unwrap();
        }
        let parcel = journal.parcel(1, 2).unwrap().unwrap();
        let receipt = Receipt { stored: vec![1, 3], refused: vec![2], ..Receipt::default() };
        // 3 was not in the parcel: a receipt for it is a mistake, not a reason to forget it.
        assert_eq!(journal.received(&parcel, &receipt).unwrap(), 2);
        assert_eq!(messages(&journal.parcel(1, 2).unwrap().unwrap())[0].number, 3);
    }

    #[test]
    fn what_is_too_old_is_dropped_and_told() {
        let (_folder, journal) = open(Bounds { age: 100, ..Bounds::default() });
        journal.send(state(1), 0).unwrap();
        journal.send(log(1), 0).unwrap();
        journal.send(state(1), 90).unwrap();
        let sent = drain(&journal, 150);
        let told: Vec<_> = sent[0].iter().map(|message| &message.body).collect();
        let dropped = |class: &str| Body::Dropped(Dropped { class: class.into(), count: 1 });
        assert_eq!(told, [&state(1), &dropped("state"), &dropped("log")]);
    }

    #[test]
    fn a_parcel_given_up_is_told() {
        let (_folder, journal) = open(Bounds::default());
        journal.send(log(1), 0).unwrap();
        let parcel = journal.parcel(0, 1).unwrap().unwrap();
        assert_eq!(journal.give_up(&parcel).unwrap(), 1);
        let told = drain(&journal, 0);
        let dropped = Dropped { class: "log".into(), count: 1 };
        assert_eq!(told[0][0].body, Body::Dropped(dropped));
    }

    #[test]
    fn what_no_batch_can_hold_is_not_kept() {
        let (_folder, journal) = open(Bounds::default());
        journal.send(state(wire::limit::MESSAGES_BODY), 0).unwrap();
        assert_eq!(journal.waiting().unwrap(), (0, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn bounds_and_order_hold(
            sizes in proptest::collection::vec((any::<bool>(), 0usize..3000), 1..60),
            bytes in 2_000u64..40_000,
        ) {
            let (_folder, journal) = open(Bounds { bytes, ..Bounds::default() });
            let lost = |class: Class| {
                let table = journal.db.begin_read().unwrap().open_table(DROPPED).unwrap();
                table.get(class as u8).unwrap().map_or(0, |count| count.value())
            };
            let mut lost_states = 0;
            for (important, size) in &sizes {
                journal.send(if *important { state(*size) } else { log(*size) }, 1).unwrap();
                let tx = journal.db.begin_write().unwrap();
                prop_assert!(total(&tx).unwrap() <= bytes);
                // No state goes while there is a log that could.
                if lost(Class::State) > lost_states {
                    lost_states = lost(Class::State);
                    let spool = tx.open_table(SPOOL).unwrap();
                    prop_assert!(first(&spool, Class::Log).unwrap().is_none());
                }
            }
            // Whatever was not kept is counted.
            let (kept, dropped) = journal.waiting().unwrap();
            prop_assert_eq!(kept + dropped, sizes.len() as u64);
            for batch in drain(&journal, 1) {
                let sent: Vec<_> =
                    batch.iter().map(|message| (subject(&message.body).0, message.number)).collect();
                let mut sorted = sent.clone();
                sorted.sort();
                prop_assert_eq!(sent, sorted);
            }
            let tx = journal.db.begin_write().unwrap();
            prop_assert_eq!(total(&tx).unwrap(), 0);
        }
    }
}
