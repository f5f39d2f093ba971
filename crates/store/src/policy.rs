//! Policies: for each device the newest signed and sealed document, as it will
//! be handed out. The digest is of the plain body, which the store never sees:
//! it tells whether what would be signed now differs from what was.

use crate::statement::{Call, statements};
use crate::value::Row;
use crate::{Store, StoreError};

statements! {
    REPLACE = "INSERT INTO policy (device, number, digest, envelope, issued, expires)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (device) DO UPDATE SET number = excluded.number, digest = excluded.digest,
            envelope = excluded.envelope, issued = excluded.issued, expires = excluded.expires
        WHERE policy.number < excluded.number";
    SELECT = "SELECT number, digest, envelope, issued, expires FROM policy WHERE device = $1";
    SUMMARIES = "SELECT device, number, digest, issued, expires FROM policy ORDER BY device";
}

/// A device's policy. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub number: u64,
    /// Of the plain body.
    pub digest: Vec<u8>,
    pub envelope: Vec<u8>,
    pub issued: i64,
    pub expires: i64,
}

/// A device's policy without the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySummary {
    pub device: String,
    pub number: u64,
    /// Of the plain body.
    pub digest: Vec<u8>,
    pub issued: i64,
    pub expires: i64,
}

fn policy(row: &mut Row) -> Result<Policy, StoreError> {
    Ok(Policy {
        number: row.count()?,
        digest: row.blob()?,
        envelope: row.blob()?,
        issued: row.int()?,
        expires: row.int()?,
    })
}

fn summary(row: &mut Row) -> Result<PolicySummary, StoreError> {
    Ok(PolicySummary {
        device: row.text()?,
        number: row.count()?,
        digest: row.blob()?,
        issued: row.int()?,
        expires: row.int()?,
    })
}

fn replace(device: &str, policy: &Policy) -> Call {
    REPLACE.with([
        device.into(),
        policy.number.into(),
        policy.digest.as_slice().into(),
        policy.envelope.as_slice().into(),
        policy.issued.into(),
        policy.expires.into(),
    ])
}

impl Store {
    /// Replaces a device's policy by a newer one; says whether it was newer.
    pub async fn put_policy(&self, device: &str, policy: &Policy) -> Result<bool, StoreError> {
        Ok(self.execute(replace(device, policy)).await?.affected == 1)
    }

    /// The same for several devices, which share the wait for the disk.
    pub async fn put_policies(&self, all: &[(String, Policy)]) -> Result<Vec<bool>, StoreError> {
        let calls = all.iter().map(|(device, policy)| vec![replace(device, policy)]);
        let put = self.transact_each(calls.collect()).await?;
        put.into_iter()
            .map(|outcomes| Ok(outcomes?.first().is_some_and(|o| o.affected == 1)))
            .collect()
    }

    /// What there is for a device.
    pub async fn policy_of(&self, device: &str) -> Result<Option<Policy>, StoreError> {
        self.first(&SELECT, [device.into()], policy).await
    }

    /// Every device's policy without the document, by device.
    pub async fn policies(&self) -> Result<Vec<PolicySummary>, StoreError> {
        self.list(&SUMMARIES, [], summary).await
    }
}
