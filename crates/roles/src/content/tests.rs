//! The library: uploads that break, copies that are damaged, lists that are
//! lost, and what is served of all that.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use content::BlockList;
use content::block::SIZE;
use content::part::PartError;
use http::header::{ETAG, IF_NONE_MATCH, RANGE};
use http::{HeaderMap, StatusCode};

use super::*;

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

async fn put(library: &Library, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    let body = Body::from(bytes.to_vec());
    let arrived = library.receive(digest, 0, bytes.len() as u64, body).await.unwrap();
    assert!(arrived.complete);
    digest
}

async fn read(library: &Library, digest: Digest, offset: u64) -> Vec<u8> {
    let mut asked = HeaderMap::new();
    asked.insert(RANGE, format!("bytes={offset}-").parse().unwrap());
    let answer = serve::content(library, digest, &asked).await.unwrap();
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    answer.into_body().collect().await.unwrap().to_bytes().to_vec()
}

/// One bit of the file is another.
fn damage(library: &Library, digest: Digest, at: usize) {
    let path = library.whole(digest);
    let mut bytes = fs::read(&path).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path().join("library")).unwrap();
    let bytes = content(3 * WRITE + 77);
    let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);

    let broken = Body::from_stream(futures_util::stream::iter([
        Ok(Bytes::copy_from_slice(&bytes[..WRITE + 5])),
        Err(io::Error::other("the cable")),
    ]));
    let cut = library.receive(digest, 0, size, broken).await.unwrap_err();
    assert!(matches!(cut, ReceiveError::CutOff { have, .. } if have == WRITE as u64 + 5));
    assert!(library.find(digest).await.unwrap().is_none());

    let wrong = library.receive(digest, 1, size, Body::empty()).await.unwrap_err();
    assert!(matches!(wrong, ReceiveError::Offset { offset: 1, .. }), "{wrong}");

    let Arrived { have, complete: false } = library.arrived(digest).await.unwrap() else {
        panic!("complete too early")
    };
    let rest = Body::from(bytes[usize::try_from(have).unwrap()..].to_vec());
    let done = library.receive(digest, have, size, rest).await.unwrap();
    assert_eq!(done, Arrived { have: size, complete: true });
    assert_eq!(read(&library, digest, 0).await, bytes);
    assert_eq!(read(&library, digest, size - 9).await, bytes[bytes.len() - 9..]);

    let again = library.receive(digest, 0, size, Body::from("unread")).await.unwrap();
    assert!(again.complete);
}

#[tokio::test]
async fn what_is_wrong_does_not_stay() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let digest = Digest::of(b"right");

    let wrong = library.receive(digest, 0, 5, Body::from("wrong")).await.unwrap_err();
    assert!(matches!(wrong, ReceiveError::WrongDigest { size: 5, .. }), "{wrong}");
    let long = library.receive(digest, 0, 5, Body::from("right and more")).await.unwrap_err();
    assert!(matches!(long, ReceiveError::TooMuch { size: 5 }), "{long}");
    let large = library.receive(digest, 0, u64::MAX, Body::empty()).await.unwrap_err();
    assert!(matches!(large, ReceiveError::TooLarge { .. }), "{large}");
    let full = library.receive(digest, 0, limit::CONTENT, Body::empty()).await;
    assert!(matches!(full, Ok(_) | Err(ReceiveError::NoSpace { .. })));

    assert_eq!(library.arrived(digest).await.unwrap(), Arrived { have: 0, complete: false });
    let _cut = library.receive(digest, 0, 5, Body::from("ri")).await.unwrap();
    assert_eq!(sweep(dir.path(), ABANDONED).unwrap(), 0);
    assert_eq!(sweep(dir.path(), Duration::ZERO).unwrap(), 1);
    assert!(library.receive(digest, 0, 5, Body::from("right")).await.unwrap().complete);
    assert_eq!(sweep(dir.path(), Duration::ZERO).unwrap(), 0);
}

#[tokio::test]
async fn two_uploads_of_one_content_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let digest = Digest::of(b"right");
    let turn = Turn::take(&library.0, digest).unwrap();
    let busy = library.receive(digest, 0, 5, Body::from("right")).await.unwrap_err();
    assert!(matches!(busy, ReceiveError::Busy));
    assert!(library.begin(digest, BlockList::of(b"right").1).await.unwrap().is_none());
    drop(turn);
    assert!(library.receive(digest, 0, 5, Body::from("right")).await.unwrap().complete);
}

#[tokio::test]
async fn every_size_is_served_whole_and_with_its_list() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let (small, block) = (usize::try_from(small::SMALL).unwrap(), usize::try_from(SIZE).unwrap());
    for size in [0, 1, small, small + 1, block, block + 1, 2 * block + 300_000] {
        let bytes = content(size);
        let digest = put(&library, &bytes).await;
        // From the disk, and from memory where it is small.
        for _ in 0..2 {
            let answer = serve::content(&library, digest, &HeaderMap::new()).await.unwrap();
            let served = answer.into_body().collect().await.unwrap().to_bytes();
            assert!(served == bytes, "{size}");
        }
        if size > 3 {
            assert!(read(&library, digest, 3).await == bytes[3..], "{size}");
        }
        let answer = serve::blocks(&library, digest, &HeaderMap::new()).await.unwrap();
        let tag = answer.headers()[ETAG].clone();
        let list = answer.into_body().collect().await.unwrap().to_bytes();
        let list = BlockList::parse(&list, size as u64, &digest).unwrap();
        assert_eq!(list, BlockList::of(&bytes).1);
        let known = HeaderMap::from_iter([(IF_NONE_MATCH, tag)]);
        let unchanged = serve::blocks(&library, digest, &known).await.unwrap();
        assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(unchanged.headers()[ETAG], known[IF_NONE_MATCH]);
    }
    let absent = serve::blocks(&library, Digest([0; 32]), &HeaderMap::new()).await.unwrap_err();
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lost_list_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let digest = put(&library, &content(3 * WRITE)).await;
    let list = library.list(digest).await.unwrap().unwrap();
    let path = list_of(&library.whole(digest));
    for lost in [None, Some(b"".as_slice()), Some(&[7; 96]), Some(&[7; 95])] {
        match lost {
            None => fs::remove_file(&path).unwrap(),
            Some(bytes) => fs::write(&path, bytes).unwrap(),
        }
        assert_eq!(library.list(digest).await.unwrap().as_ref(), Some(&list));
        assert_eq!(fs::read(&path).unwrap(), list.to_bytes());
    }
    // With the file damaged too, there is nothing to make it from.
    damage(&library, digest, 5);
    fs::remove_file(&path).unwrap();
    let error = library.list(digest).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(library.look(digest).await.unwrap(), Some(vec![0, 1, 2]));

    assert!(library.remove(digest).await.unwrap());
    assert_eq!(library.held().await.unwrap(), []);
    assert_eq!(library.look(digest).await.unwrap(), None);
    assert!(fs::read_dir(path.parent().unwrap()).unwrap().next().is_none());
}

#[tokio::test]
async fn a_copy_arrives_block_by_block_and_is_mended() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let bytes = content(2 * WRITE + 10);
    let (digest, list) = BlockList::of(&bytes);
    let size = bytes.len() as u64;
    let mut arrival = library.begin(digest, list.clone()).await.unwrap().unwrap();
    arrival.push(bytes[..WRITE + 9].to_vec()).await.unwrap();
    assert_eq!(library.held().await.unwrap().len(), 1);
    assert!(!library.arrived(digest).await.unwrap().complete);
    drop(arrival);

    // The list was kept: whoever goes on needs nothing but the bytes.
    let kept = library.kept_list(digest, size).await.unwrap().unwrap();
    let mut arrival = library.begin(digest, kept).await.unwrap().unwrap();
    assert_eq!(arrival.wanted(), Some(WRITE as u64 + 9..size));
    let wrong = arrival.push(vec![1; WRITE]).await.unwrap_err();
    assert!(matches!(wrong, PartError::Damaged { block: 1 }), "{wrong}");
    arrival.push(bytes[WRITE..].to_vec()).await.unwrap();
    assert_eq!((arrival.wanted(), arrival.arrived().have), (None, size));
    arrival.finish().await.unwrap();
    assert_eq!(library.held().await.unwrap(), [(digest, Arrived { have: size, complete: true })]);
    assert_eq!(library.look(digest).await.unwrap(), Some(vec![]));

    damage(&library, digest, 2 * WRITE + 1);
    assert_eq!(library.look(digest).await.unwrap(), Some(vec![2]));
    let wrong = library.repair_block(digest, list.clone(), 2, vec![0; 10]).await.unwrap_err();
    assert!(matches!(wrong, PartError::Damaged { block: 2 }), "{wrong}");
    let block = bytes[2 * WRITE..].to_vec();
    library.repair_block(digest, list, 2, block).await.unwrap();
    assert_eq!(library.look(digest).await.unwrap(), Some(vec![]));
    assert!(read(&library, digest, 0).await == bytes);
}

#[tokio::test]
async fn a_damaged_copy_that_nobody_else_has_is_sent_again_from_there() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let bytes = content(3 * WRITE);
    let digest = put(&library, &bytes).await;
    assert_eq!(library.give_up_damaged(digest).await.unwrap(), 0);
    assert!(library.arrived(digest).await.unwrap().complete);

    damage(&library, digest, WRITE);
    assert_eq!(library.give_up_damaged(digest).await.unwrap(), 1);
    let here = library.arrived(digest).await.unwrap();
    assert_eq!(here, Arrived { have: WRITE as u64, complete: false });
    let rest = Body::from(bytes[WRITE..].to_vec());
    let size = bytes.len() as u64;
    assert!(library.receive(digest, here.have, size, rest).await.unwrap().complete);
    assert!(read(&library, digest, 0).await == bytes);
    assert_eq!(library.give_up_damaged(Digest([1; 32])).await.unwrap(), 0);
}

/// Memory must not serve what the disk has lost, or lost for good.
#[tokio::test]
async fn small_content_in_memory_is_right_and_goes_with_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let digest = put(&library, b"small").await;
    damage(&library, digest, 0);
    assert_ne!(read(&library, digest, 1).await, b"");
    assert!(library.0.small.find(digest).is_none(), "damaged bytes are not kept");
    let list = BlockList::of(b"small").1;
    library.repair_block(digest, list, 0, b"small".to_vec()).await.unwrap();
    assert_eq!(read(&library, digest, 1).await, b"mall");
    assert!(library.0.small.find(digest).is_some());
    assert!(library.remove(digest).await.unwrap());
    let gone = serve::content(&library, digest, &HeaderMap::new()).await.unwrap_err();
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}
