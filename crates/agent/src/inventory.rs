//! What this machine is made of, and what is installed on it: real values, or
//! nothing where the machine does not tell. Only the latest inventory is worth
//! keeping, so the spool holds one.

use std::fs::File;
use std::io::BufReader;

use wire::client::{InstalledPackage, Inventory};

use crate::{dpkg, platform};

/// More packages than any machine has; what is beyond is left out.
const PACKAGES: usize = 30_000;
/// Bytes read at once.
const BUFFER: usize = 64 * 1024;

/// Takes the inventory. Blocking, for some milliseconds.
pub fn take(now: i64) -> Inventory {
    let facts = platform::facts(now);
    Inventory {
        system: facts.system,
        disks: facts.disks,
        interfaces: facts.interfaces,
        packages: packages(),
    }
}

/// Empty on a system without dpkg.
fn packages() -> Vec<InstalledPackage> {
    let file = match File::open(dpkg::STATUS) {
        Ok(file) => file,
        Err(error) => {
            tracing::debug!("no packages in the inventory: {}: {error}", dpkg::STATUS);
            return Vec::new();
        }
    };
    let read = dpkg::status::installed(BufReader::with_capacity(BUFFER, file), PACKAGES);
    read.unwrap_or_else(|error| {
        tracing::warn!("no packages in the inventory: {}: {error}", dpkg::STATUS);
        Vec::new()
    })
}
