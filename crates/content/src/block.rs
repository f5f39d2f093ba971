//! Blocks, and the list that proves them.
//!
//! BLAKE3 is a tree: chunks of 1024 bytes are its leaves, and the digest is its
//! root. A block is 1024 chunks, a subtree of ten storeys, and the list holds
//! the value at the top of each. Merged pair by pair they give the digest, so a
//! list is right exactly if it leads to the digest that policy names, and a
//! block is right exactly if it leads to its value in the list. Content of one
//! block has its digest as its only value (BLAKE3 marks the root, so there is
//! no value below it); content of no bytes has no blocks.
//!
//! The size is part of the question, never of the answer: it says how many
//! values there must be and how long each block is, and comes from policy like
//! the digest. A merge cannot tell a block's value from a deeper or a higher
//! one, and with the size fixed it need not.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::ops::Range;

use blake3::Hasher;
use blake3::hazmat::{HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root};

use crate::Digest;

/// Bytes in a block; the last may be shorter. A power of two of chunks, as the
/// tree demands.
pub const SIZE: u64 = 1024 * 1024;
/// The same, for buffers.
pub(crate) const BUFFER: usize = 1024 * 1024;
/// Bytes in a block's value.
const VALUE: usize = 32;

/// How many blocks content of `size` bytes has.
pub const fn count(size: u64) -> u64 {
    size.div_ceil(SIZE)
}

/// The values of all blocks of a piece of content, proved by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockList {
    size: u64,
    values: Vec<[u8; VALUE]>,
}

/// Bytes that are not the list of this content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    #[error("a block list of {found} bytes, and content of {size} bytes has one of {expected}")]
    Length { size: u64, expected: u64, found: usize },
    #[error("the block list leads to the digest {found}, and the content's is {expected}")]
    Digest { expected: Digest, found: Digest },
}

/// Bytes that are not this block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBlock {
    #[error("there is no block {block}: the content has {blocks}")]
    Beyond { block: u64, blocks: u64 },
    #[error("block {block} has {expected} bytes, and {found} came")]
    Length { block: u64, expected: u64, found: usize },
    #[error("block {block} is damaged: its bytes are not those that the digest proves")]
    Damaged { block: u64 },
}

impl BlockList {
    /// Reads a whole file, from its beginning, and gives its digest and list.
    ///
    /// # Errors
    ///
    /// The disk's; a file that changes its size meanwhile.
    pub fn of_file(mut file: &File) -> io::Result<(Digest, Self)> {
        let size = file.metadata()?.len();
        file.rewind()?;
        let blocks = usize::try_from(count(size)).map_err(io::Error::other)?;
        let mut values = Vec::with_capacity(blocks);
        for_each_block(file, size, |block, bytes| {
            if bytes.len() as u64 != length(block, size) {
                let shrunk = "the file became shorter while it was read";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, shrunk));
            }
            values.push(value(block, bytes, size));
            Ok(())
        })?;
        let digest = root(&values);
        Ok((digest, Self { size, values }))
    }

    /// The list of content that is in memory.
    pub fn of(bytes: &[u8]) -> (Digest, Self) {
        let size = bytes.len() as u64;
        let blocks = bytes.chunks(BUFFER).zip(0..);
        let values: Vec<_> = blocks.map(|(bytes, block)| value(block, bytes, size)).collect();
        (root(&values), Self { size, values })
    }

    /// The list of content of at most one block, which need not be asked for:
    /// it is the digest itself. `None` for larger content.
    pub fn of_small(size: u64, digest: &Digest) -> Option<Self> {
        let values = match count(size) {
            0 if *digest == Digest::of(b"") => vec![],
            1 => vec![digest.0],
            _ => return None,
        };
        Some(Self { size, values })
    }

    /// Takes bytes from anywhere as the list of the content with this size and
    /// digest, if they are that.
    ///
    /// # Errors
    ///
    /// See [`BadList`].
    pub fn parse(bytes: &[u8], size: u64, digest: &Digest) -> Result<Self, BadList> {
        let expected = byte_length(size);
        let (values, rest) = bytes.as_chunks::<VALUE>();
        if bytes.len() as u64 != expected || !rest.is_empty() {
            return Err(BadList::Length { size, expected, found: bytes.len() });
        }
        let found = root(values);
        if found != *digest {
            return Err(BadList::Digest { expected: *digest, found });
        }
        Ok(Self { size, values: values.to_vec() })
    }

    /// What [`Self::parse`] reads: 32 bytes a block.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.values.as_flattened().to_vec()
    }

    /// Bytes of the content.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How many blocks there are.
    pub const fn len(&self) -> u64 {
        self.values.len() as u64
    }

    /// Whether the content has no bytes.
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Where a block lies in the content: bytes, the end not included. Empty
    /// for a block that is not there.
    pub fn range(&self, block: u64) -> Range<u64> {
        let first = block.saturating_mul(SIZE).min(self.size);
        first..first.saturating_add(SIZE).min(self.size)
    }

    /// Whether these bytes are that block.
    ///
    /// # Errors
    ///
    /// See [`BadBlock`].
    pub fn check(&self, block: u64, bytes: &[u8]) -> Result<(), BadBlock> {
        let value_of = usize::try_from(block).ok().and_then(|block| self.values.get(block));
        let right = value_of.ok_or_else(|| BadBlock::Beyond { block, blocks: self.len() })?;
        let expected = length(block, self.size);
        if bytes.len() as u64 != expected {
            return Err(BadBlock::Length { block, expected, found: bytes.len() });
        }
        if value(block, bytes, self.size) == *right {
            Ok(())
        } else {
            Err(BadBlock::Damaged { block })
        }
    }
}

/// How many bytes the list of content of `size` bytes has.
pub const fn byte_length(size: u64) -> u64 {
    count(size) * VALUE as u64
}

/// The blocks of a file, read from where it stands, that are not what the list
/// says, in rising order; those that are missing among them.
pub(crate) fn compare(file: &File, list: &BlockList) -> io::Result<Vec<u64>> {
    let mut damaged = Vec::new();
    for_each_block(file, list.size, |block, bytes| {
        if list.check(block, bytes).is_err() {
            damaged.push(block);
        }
        Ok(())
    })?;
    Ok(damaged)
}

/// Hands on each block of content of `size` bytes; a shorter one, or none of
/// its bytes, where the file has ended.
fn for_each_block(
    mut file: &File,
    size: u64,
    mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(BUFFER);
    for block in 0..count(size) {
        buffer.clear();
        let _read = Read::by_ref(&mut file).take(length(block, size)).read_to_end(&mut buffer)?;
        each(block, &buffer)?;
    }
    Ok(())
}

/// Bytes in one block of content of `size` bytes; 0 beyond its end.
fn length(block: u64, size: u64) -> u64 {
    size.saturating_sub(block.saturating_mul(SIZE)).min(SIZE)
}

/// What the list says of this block. `bytes` must have the block's length.
fn value(block: u64, bytes: &[u8], size: u64) -> [u8; VALUE] {
    if size <= SIZE || bytes.is_empty() {
        return *blake3::hash(bytes).as_bytes();
    }
    let mut hasher = Hasher::new();
    hasher.set_input_offset(block * SIZE).update(bytes);
    hasher.finalize_non_root()
}

/// The digest to which the values of all blocks lead.
fn root(values: &[[u8; VALUE]]) -> Digest {
    match values {
        [] => Digest::of(b""),
        [alone] => Digest(*alone),
        many => {
            let (left, right) = split(many);
            let (left, right) = (subtree(left), subtree(right));
            Digest(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes())
        }
    }
}

/// The value at the top of a part of the tree that is not the whole.
fn subtree(values: &[[u8; VALUE]]) -> [u8; VALUE] {
    match values {
        [] => [0; VALUE], // never: `split` leaves something on both sides
        [alone] => *alone,
        many => {
            let (left, right) = split(many);
            merge_subtrees_non_root(&subtree(left), &subtree(right), Mode::Hash)
        }
    }
}

/// The left side of a tree is the largest power of two that leaves something
/// for the right. `values` are two or more.
fn split(values: &[[u8; VALUE]]) -> (&[[u8; VALUE]], &[[u8; VALUE]]) {
    values.split_at(values.len().div_ceil(2).next_power_of_two())
}

#[cfg(test)]
pub(crate) mod tests;
