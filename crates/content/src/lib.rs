//! Content: files that are known by what is in them, and how to prove it piece
//! by piece.
//!
//! Policy, signed by the site, names the [`Digest`] of a file. A [`BlockList`]
//! is proved by that digest and proves each block of the file, so a copy can
//! come from anybody, in any number of pieces, from several places, and what is
//! wrong with it is known to the block: that one is fetched again, and not the
//! other 64 GiB. The list is not signed and needs no trust of its own; that is
//! why it is made of BLAKE3's own tree and not of a second kind of hash.
//!
//! Distribution points keep the list beside each file, hosts and clients write
//! what arrives with a [`Part`], and whoever doubts a copy asks [`verify_file`].
//! Nothing here holds more than one block and one list in memory.

pub mod block;
mod digest;
pub mod part;

use std::fs::File;
use std::io;
use std::path::Path;

pub use block::BlockList;
pub use digest::{BadDigest, Digest};
pub use part::Part;

/// The blocks of a file that are not what `list` says, in rising order. What is
/// missing at the end counts as damaged; so does the last block of a file that
/// is too long, because writing that block again mends it.
///
/// # Errors
///
/// The disk's.
pub fn verify_file(path: &Path, list: &BlockList) -> io::Result<Vec<u64>> {
    let file = File::open(path)?;
    let found = file.metadata()?.len();
    let mut damaged = block::compare(&file, list)?;
    let last = list.len().checked_sub(1);
    if let Some(last) = last.filter(|last| found > list.size() && damaged.last() != Some(last)) {
        damaged.push(last);
    }
    Ok(damaged)
}
