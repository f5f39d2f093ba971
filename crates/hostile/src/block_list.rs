//! Block lists and blocks: what a distribution point sends of a content, of
//! which a client knows the size and the digest and nothing else.

use content::Digest;
use content::block::{BadBlock, BlockList, SIZE, byte_length};

/// The first eight bytes are the size that policy names, little end first; then
/// come the digest and the list.
pub fn block_list(data: &[u8]) {
    let Some((size, rest)) = data.split_first_chunk() else { return };
    let size = u64::from_le_bytes(*size);
    let Some((digest, list)) = rest.split_first_chunk() else { return };
    let digest = Digest(*digest);
    if let Ok(read) = BlockList::parse(list, size, &digest) {
        assert_eq!(read.to_bytes(), list, "the list is what came");
        assert_eq!((read.size(), byte_length(size)), (size, list.len() as u64));
        let last = read.range(read.len().saturating_sub(1)).end;
        assert_eq!(last, size, "the blocks end where the content does");
    }
    // The same bytes as content of our own, of which one byte changes on its way.
    let length = usize::try_from(size % (SIZE * 5 / 2)).unwrap_or(0);
    let mut bytes: Vec<u8> = rest.iter().copied().cycle().take(length).collect();
    let (digest, honest) = BlockList::of(&bytes);
    let sent = honest.to_bytes();
    assert_eq!(BlockList::parse(&sent, length as u64, &digest).as_ref(), Ok(&honest));
    let at = usize::from(digest.0[0]) * 8_192;
    if let Some(byte) = bytes.get_mut(at) {
        *byte = !*byte;
    }
    let blocks = bytes.chunks(SIZE as usize).zip(0..);
    for (block, number) in blocks {
        let changed = honest.range(number).contains(&(at as u64));
        let expected = if changed { Err(BadBlock::Damaged { block: number }) } else { Ok(()) };
        assert_eq!(honest.check(number, block), expected, "byte {at} of {length} has changed");
    }
    let mut other = sent;
    if let Some(byte) = other.first_mut() {
        *byte ^= 1;
        assert!(BlockList::parse(&other, length as u64, &digest).is_err(), "another list");
    }
}
