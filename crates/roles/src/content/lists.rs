//! Block lists, beside the files that they are of.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use content::BlockList;

use super::{Digest, Library, blocking, list_of};

impl Library {
    /// The block list of a whole piece of content; `None` if it is not (yet)
    /// there. It is made from the file where it is absent or damaged.
    ///
    /// # Errors
    ///
    /// The disk's; [`io::ErrorKind::InvalidData`] where list and file are both
    /// damaged, so that no list can be made.
    pub async fn list(&self, digest: Digest) -> io::Result<Option<BlockList>> {
        let whole = self.whole(digest);
        let kept = blocking({
            let whole = whole.clone();
            move || {
                let Some(size) = super::size_of(&whole)? else { return Ok(None) };
                Ok(Some((kept(&whole, size, digest)?, size)))
            }
        });
        match kept.await? {
            None => return Ok(None),
            Some((Some(list), _size)) => return Ok(Some(list)),
            Some((None, _size)) => {}
        }
        let _one_at_a_time = self.0.listing.lock().await;
        blocking(move || make(&whole, digest)).await
    }

    /// The list of content of `size` bytes that is here or still arriving, if
    /// it was kept.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn kept_list(&self, digest: Digest, size: u64) -> io::Result<Option<BlockList>> {
        let whole = self.whole(digest);
        blocking(move || kept(&whole, size, digest)).await
    }
}

/// The list on the disk, if it is there and right.
pub(super) fn kept(whole: &Path, size: u64, digest: Digest) -> io::Result<Option<BlockList>> {
    if let Some(list) = BlockList::of_small(size, &digest) {
        return Ok(Some(list));
    }
    match fs::read(list_of(whole)) {
        Ok(bytes) => Ok(BlockList::parse(&bytes, size, &digest).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a list down, unless it needs no writing. Whoever reads it looks
/// whether it is right: it need not survive a power cut.
pub(super) fn keep(whole: &Path, list: &BlockList) -> io::Result<()> {
    if list.len() <= 1 {
        return Ok(());
    }
    let draft = whole.with_extension("blocks.new");
    fs::write(&draft, list.to_bytes())?;
    fs::rename(&draft, list_of(whole))
}

fn make(whole: &Path, digest: Digest) -> io::Result<Option<BlockList>> {
    let Some(size) = super::size_of(whole)? else { return Ok(None) };
    // Somebody else may have made it meanwhile.
    if let Some(list) = kept(whole, size, digest)? {
        return Ok(Some(list));
    }
    let (found, list) = BlockList::of_file(&File::open(whole)?)?;
    if found != digest {
        let what = format!("the copy of {digest} is damaged, and so is its block list");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    keep(whole, &list)?;
    tracing::info!(%digest, "made a block list again");
    Ok(Some(list))
}
