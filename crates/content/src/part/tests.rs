//! A part under interruptions: whatever happens, the file is right in the end,
//! and little comes twice.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::block::SIZE;
use crate::block::tests::sample;
use crate::verify_file;

/// What somebody sends who was asked for `range`.
fn bytes_of(content: &[u8], range: &Range<u64>) -> Vec<u8> {
    let at = |place: u64| usize::try_from(place).unwrap();
    content[at(range.start)..at(range.end)].to_vec()
}

#[derive(Debug, Clone)]
enum Event {
    /// So many bytes come, in frames of this length.
    Come { bytes: usize, frame: usize },
    /// The connection is cut, and the process goes on or starts again.
    Reopen,
    /// The process is killed: nothing more is written.
    Kill,
    /// The next block is wrong.
    Damage,
    /// The disk loses a byte of what is there.
    Rot(prop::sample::Index),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..3_000_000usize, 1..200_000usize).prop_map(|(bytes, frame)| Event::Come { bytes, frame }),
        1 => Just(Event::Reopen),
        1 => Just(Event::Kill),
        1 => Just(Event::Damage),
        1 => any::<prop::sample::Index>().prop_map(Event::Rot),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_is_right_in_the_end(size in 1..5 * SIZE, events in prop::collection::vec(event(), 0..16)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.part");
        let content = sample(size, 7);
        let (_digest, list) = BlockList::of(&content);
        let mut part = Part::open(&path, list.clone()).unwrap();
        let (mut came, mut may_repeat, mut rotten) = (0, 0, false);
        for event in events {
            let Some(range) = part.wanted() else { break };
            match event {
                Event::Come { bytes, frame } => {
                    let mut sent = bytes_of(&content, &range);
                    sent.truncate(bytes);
                    came += sent.len() as u64;
                    // A beginning that rotted away is noticed with its block.
                    let refused = sent.chunks(frame).find_map(|frame| part.push(frame).err());
                    prop_assert!(refused.is_none() || std::mem::take(&mut rotten), "{:?}", refused);
                }
                Event::Reopen => {
                    let have = part.have();
                    drop(part);
                    part = Part::open(&path, list.clone()).unwrap();
                    // In a hole, a beginning cannot be told from what was there.
                    let lost = have.saturating_sub(part.have());
                    may_repeat += lost;
                    prop_assert!(lost < SIZE);
                }
                Event::Kill => {
                    let have = part.have();
                    part.begun.clear();
                    drop(part);
                    part = Part::open(&path, list.clone()).unwrap();
                    let lost = have.saturating_sub(part.have());
                    may_repeat += lost;
                    prop_assert!(lost < SIZE);
                }
                Event::Damage => {
                    let before = part.have();
                    let block = range.start / SIZE;
                    let mut sent = bytes_of(&content, &(range.start..list.range(block).end));
                    sent[0] ^= 1;
                    came += sent.len() as u64;
                    let refused = part.push(&sent).unwrap_err();
                    let named = matches!(refused, PartError::Damaged { block: b } if b == block);
                    prop_assert!(named, "{}", refused);
                    prop_assert_eq!(part.wanted().unwrap().start, list.range(block).start);
                    may_repeat += before - part.have() + sent.len() as u64;
                }
                Event::Rot(place) => {
                    part.keep().unwrap();
                    let before = part.have();
                    drop(part);
                    let mut bytes = fs::read(&path).unwrap();
                    if !bytes.is_empty() {
                        let at = place.index(bytes.len());
                        bytes[at] ^= 1;
                        fs::write(&path, bytes).unwrap();
                    }
                    part = Part::open(&path, list.clone()).unwrap();
                    // The block, or the beginning and what comes with it; and
                    // the beginning that a hole before it hides.
                    rotten = true;
                    may_repeat += 2 * SIZE + 3_000_000;
                    prop_assert!(before.saturating_sub(part.have()) <= 2 * SIZE);
                }
            }
        }
        while let Some(range) = part.wanted() {
            let sent = bytes_of(&content, &range);
            came += sent.len() as u64;
            if let Err(error) = part.push(&sent) {
                prop_assert!(std::mem::take(&mut rotten), "{}", error);
                may_repeat += sent.len() as u64;
            }
        }
        prop_assert!(came <= size + may_repeat, "{} came, of {} + {}", came, size, may_repeat);
        prop_assert_eq!(part.have(), size);
        let whole = dir.path().join("x");
        part.finish(&whole).unwrap();
        prop_assert!(fs::read(&whole).unwrap() == content);
        prop_assert!(!path.exists());
    }
}

#[test]
fn more_than_was_wanted_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.part");
    let content = sample(3 * SIZE, 1);
    let (_digest, list) = BlockList::of(&content);
    // Block 1 is there, 0 and 2 are not.
    let mut bytes = content.clone();
    bytes[..1024].fill(0);
    bytes.truncate(2 * crate::block::BUFFER);
    fs::write(&path, &bytes).unwrap();
    let mut part = Part::open(&path, list).unwrap();
    assert_eq!((part.have(), part.wanted()), (SIZE, Some(0..SIZE)));
    assert!(matches!(part.push(&content), Err(PartError::TooMuch)));
    assert_eq!((part.have(), part.wanted()), (2 * SIZE, Some(2 * SIZE..3 * SIZE)));
    part.push(&bytes_of(&content, &(2 * SIZE..3 * SIZE))).unwrap();
    assert!(part.is_complete());
    assert!(matches!(part.push(b"x"), Err(PartError::TooMuch)));
    part.finish(&dir.path().join("x")).unwrap();
}

#[test]
fn a_copy_is_mended_block_by_block() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    let content = sample(3 * SIZE + 9, 2);
    let (_digest, list) = BlockList::of(&content);
    fs::write(&path, &content).unwrap();
    assert_eq!(verify_file(&path, &list).unwrap(), []);

    let mut bytes = content.clone();
    bytes[5] ^= 1;
    bytes[3 * crate::block::BUFFER] ^= 1;
    for (damage, damaged) in [
        (bytes.clone(), vec![0, 3]),
        (bytes[..crate::block::BUFFER + 1].to_vec(), vec![0, 1, 2, 3]),
        ([content.as_slice(), b"more"].concat(), vec![3]),
        (vec![], vec![0, 1, 2, 3]),
    ] {
        fs::write(&path, damage).unwrap();
        assert_eq!(verify_file(&path, &list).unwrap(), damaged);
        let wrong = mend(&path, &list, damaged[0], b"wrong").unwrap_err();
        assert!(matches!(wrong, PartError::Damaged { .. }));
        for block in damaged {
            mend(&path, &list, block, &bytes_of(&content, &list.range(block))).unwrap();
        }
        assert_eq!(verify_file(&path, &list).unwrap(), []);
        assert!(fs::read(&path).unwrap() == content);
    }
}

#[test]
fn nothing_is_complete_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (_digest, list) = BlockList::of(b"");
    let part = Part::open(dir.path().join("x.part"), list).unwrap();
    assert!(part.is_complete() && part.wanted().is_none());
    part.finish(&dir.path().join("x")).unwrap();
    assert_eq!(fs::read(dir.path().join("x")).unwrap(), b"");
}
