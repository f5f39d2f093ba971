//! The list against the library's own hash, at every size where a tree changes
//! its shape, and against every way to be wrong.

#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

/// Bytes that repeat nowhere near a block's length.
pub(crate) fn sample(size: u64, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// Around chunks, blocks and powers of two of them.
fn sizes() -> impl Strategy<Value = u64> {
    let edge = prop_oneof![Just(0), Just(1024), (1..10u64).prop_map(|blocks| blocks * SIZE)];
    (edge, -1025..1026i64).prop_map(|(edge, beside)| edge.saturating_add_signed(beside))
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn shapes_of_the_tree() {
    for size in [0, 1, 1023, 1024, 1025, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE, 2 * SIZE + 1, 3 * SIZE]
    {
        let bytes = sample(size, 1);
        let (digest, list) = BlockList::of(&bytes);
        assert_eq!(digest, Digest::of(&bytes), "{size}");
        assert_eq!((list.len(), list.size()), (count(size), size));
        assert_eq!(BlockList::of_file(&file_of(&bytes)).unwrap(), (digest, list.clone()));
        assert_eq!(BlockList::parse(&list.to_bytes(), size, &digest), Ok(list.clone()));
        let small = BlockList::of_small(size, &digest);
        assert_eq!(small, (size <= SIZE).then_some(list), "{size}");
    }
    assert_eq!(BlockList::of_small(0, &Digest::of(b"x")), None);
    assert_eq!(byte_length(64 << 30), 2 << 20, "the largest content's list is 2 MiB");
}

/// As many blocks as the largest content has, without its bytes: the storeys
/// above the blocks are BLAKE3's whatever stands below them.
#[test]
fn a_high_tree_keeps_its_shape() {
    for blocks in [1000_u64, 65_535, 65_536] {
        let values: Vec<_> = (0..blocks).map(|n| Digest::of(&n.to_le_bytes()).0).collect();
        let mut storey = values.clone();
        while storey.len() > 2 {
            let merged = storey.chunks(2).map(|pair| match pair {
                [left, right] => merge_subtrees_non_root(left, right, Mode::Hash),
                other => other[0],
            });
            storey = merged.collect();
        }
        let by_storeys = merge_subtrees_root(&storey[0], &storey[1], Mode::Hash);
        assert_eq!(root(&values).0, *by_storeys.as_bytes(), "{blocks}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_list_leads_to_the_digest_and_nothing_else_does(
        size in sizes(),
        place in any::<prop::sample::Index>(),
        flip in 1..=255u8,
    ) {
        let mut bytes = sample(size, size);
        let (digest, list) = BlockList::of(&bytes);
        prop_assert_eq!(digest, Digest::of(&bytes));
        let file = file_of(&bytes);
        prop_assert_eq!(&BlockList::of_file(&file).unwrap(), &(digest, list.clone()));
        prop_assume!(size > 0);

        // A byte of the list.
        let mut wrong = list.to_bytes();
        let at = place.index(wrong.len());
        wrong[at] ^= flip;
        let refused = BlockList::parse(&wrong, size, &digest);
        let digests_differ = matches!(refused, Err(BadList::Digest { .. }));
        prop_assert!(digests_differ);

        // A byte of a block.
        let at = place.index(bytes.len());
        let damaged = at as u64 / SIZE;
        bytes[at] ^= flip;
        for (block, bytes) in (0..).zip(bytes.chunks(BUFFER)) {
            let range = list.range(block);
            prop_assert_eq!(range.end - range.start, bytes.len() as u64);
            let right = list.check(block, bytes);
            prop_assert_eq!(right.is_err(), block == damaged, "{}", block);
        }
    }

    #[test]
    fn no_bytes_are_a_list_by_accident(bytes in prop::collection::vec(any::<u8>(), 0..200), size: u64) {
        let digest = Digest::of(b"something else");
        prop_assert!(BlockList::parse(&bytes, size, &digest).is_err());
    }
}

#[test]
fn a_block_in_the_wrong_place_or_of_the_wrong_length_is_none() {
    let mut bytes = sample(SIZE, 3).repeat(2);
    bytes.extend_from_slice(b"and a bit");
    let (digest, list) = BlockList::of(&bytes);
    let (first, rest) = bytes.split_at(BUFFER);
    assert_eq!(list.check(0, first), Ok(()));
    // The same bytes as block 0 and as block 1 have different values.
    assert_ne!(list.values[0], list.values[1]);
    let swapped: Vec<u8> = [list.values[1], list.values[0], list.values[2]].concat();
    assert!(matches!(
        BlockList::parse(&swapped, list.size(), &digest),
        Err(BadList::Digest { .. })
    ));
    let length = BadBlock::Length { block: 0, expected: SIZE, found: BUFFER - 1 };
    assert_eq!(list.check(0, &first[1..]), Err(length));
    assert_eq!(list.check(3, &rest[BUFFER..]), Err(BadBlock::Beyond { block: 3, blocks: 3 }));
    assert_eq!(list.check(2, b"and a bit"), Ok(()));
    assert_eq!(list.check(2, b""), Err(BadBlock::Length { block: 2, expected: 9, found: 0 }));
    assert!(list.range(3).is_empty() && list.range(u64::MAX).is_empty());
    // A list of the storey above is right as a merge, and wrong for the size.
    let (whole, four) = BlockList::of(&sample(4 * SIZE, 5));
    let above: Vec<u8> = four
        .values
        .chunks(2)
        .flat_map(|v| merge_subtrees_non_root(&v[0], &v[1], Mode::Hash))
        .collect();
    let refused = BlockList::parse(&above, four.size(), &whole).unwrap_err();
    assert!(matches!(refused, BadList::Length { expected: 128, found: 64, .. }), "{refused}");
}
