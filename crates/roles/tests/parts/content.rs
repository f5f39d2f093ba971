//! Content: in through the SMS provider, in pieces; out through the
//! distribution point, in ranges.

use http::StatusCode;
use wire::rest::ContentState;

use crate::world::{Answer, Machine, World, refusal};

async fn ask(world: &World, device: &Machine, digest: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = device.get(&format!("/dp/v1/content/{digest}"));
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        let _before = request.headers_mut().insert(name, value.parse().unwrap());
    }
    world.send(request).await
}

#[tokio::test]
async fn an_upload_is_resumed_and_checked() {
    let world = World::new().await;
    let bytes = b"a piece of content";
    let digest = blake3::hash(bytes).to_hex().to_string();
    let size = bytes.len() as u64;
    let path = format!("/api/v1/content/{digest}");
    let none: ContentState = world.admin_get(&path).await.json();
    assert_eq!((none.have, none.complete), (0, false));

    let half: ContentState = world.put_content(&digest, 0, size, &bytes[..7]).await.json();
    assert_eq!((half.have, half.complete), (7, false));
    let gap = world.put_content(&digest, 8, size, &bytes[8..]).await;
    assert_eq!(gap.refused(), refusal(409, "content-offset"));
    let more = world.put_content(&digest, 7, size, &[0; 64]).await;
    assert_eq!(more.refused(), refusal(400, "content-size"));
    let have = world.admin_get(&path).await.json::<ContentState>().have;
    let rest = &bytes[usize::try_from(have).unwrap()..];
    let whole: ContentState = world.put_content(&digest, have, size, rest).await.json();
    assert!(whole.complete);
    assert!(world.store.content(&digest).await.unwrap().unwrap().complete);

    let wrong = "0".repeat(64);
    let other = world.put_content(&wrong, 0, size, bytes).await;
    assert_eq!(other.refused(), refusal(422, "content-digest"));
    let gone: ContentState = world.admin_get(&format!("/api/v1/content/{wrong}")).await.json();
    assert_eq!(gone.have, 0);
    let large = world.put_content(&wrong, 0, wire::limit::CONTENT + 1, b"").await;
    assert_eq!(large.refused(), refusal(413, "body-too-large"));
    let nowhere = world.put_content("..%2F..%2Fetc", 0, size, bytes).await;
    assert_eq!(nowhere.refused(), refusal(400, "digest-malformed"));
    let unsized_ = world.admin("PUT", &format!("/api/v1/content/{wrong}"), &()).await;
    assert_eq!(unsized_.refused(), refusal(400, "query-malformed"));
}

#[tokio::test]
async fn a_client_takes_up_where_it_left_off() {
    let world = World::new().await;
    let device = world.device("m1").await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    let digest = world.publish(&bytes, "big.bin").await.digest;
    let tag = format!("\"{digest}\"");

    let whole = ask(&world, &device, &digest, &[]).await;
    assert_eq!((whole.status, whole.header("accept-ranges")), (StatusCode::OK, "bytes"));
    assert_eq!((whole.header("etag"), whole.header("content-length")), (tag.as_str(), "300000"));
    assert!(whole.body == bytes);

    let rest =
        ask(&world, &device, &digest, &[("range", "bytes=299990-"), ("if-range", &tag)]).await;
    assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.header("content-range"), "bytes 299990-299999/300000");
    assert_eq!(rest.body, bytes[299_990..]);

    let changed = [("range", "bytes=5-"), ("if-range", "\"another\"")];
    assert_eq!(ask(&world, &device, &digest, &changed).await.body.len(), bytes.len());
    let several = [("range", "bytes=0-1,5-6")];
    assert_eq!(ask(&world, &device, &digest, &several).await.status, StatusCode::OK);
    let beyond = ask(&world, &device, &digest, &[("range", "bytes=300000-")]).await;
    assert_eq!(beyond.refused(), refusal(416, "range-beyond"));
    assert_eq!(beyond.header("content-range"), "bytes */300000");
    let known = ask(&world, &device, &digest, &[("if-none-match", &tag)]).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);

    let mut head = device.get(&format!("/dp/v1/content/{digest}"));
    *head.method_mut() = http::Method::HEAD;
    let head = world.send(head).await;
    assert_eq!((head.header("content-length"), head.body.len()), ("300000", 0));

    let absent = ask(&world, &device, &"0".repeat(64), &[]).await;
    assert_eq!(absent.refused(), refusal(404, "not-found"));
    let hostile = ask(&world, &device, "..%2F..%2Fsite.db", &[]).await;
    assert_eq!(hostile.refused(), refusal(400, "digest-malformed"));
}
