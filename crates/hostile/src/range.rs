//! The headers `Range` and `If-Range`, and how large the content is.

use http::header::{IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};
use roles::distribution_point::range::{Asked, asked};

const TAG: &str = "\"d1ge57\"";

/// The first eight bytes are the content's size, little end first; then come
/// the two headers, each on its line.
pub fn range(data: &[u8]) {
    let Some((size, rest)) = data.split_first_chunk() else { return };
    let size = u64::from_le_bytes(*size);
    let mut lines = rest.split(|byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    add(&mut headers, RANGE, lines.next());
    add(&mut headers, IF_RANGE, lines.next());
    let wanted = asked(&headers, TAG, size);
    if headers.get(IF_RANGE).is_some_and(|condition| condition != TAG) {
        assert_eq!(wanted, Asked::Whole, "a part of other content");
    }
    if let Asked::Part { first, last } = wanted {
        assert!(first <= last && last < size, "{first}-{last} of {size}");
        let Ok(plain) = HeaderValue::try_from(format!("bytes={first}-{last}")) else { return };
        headers.insert(RANGE, plain);
        assert_eq!(asked(&headers, TAG, size), wanted, "the same part in plain words");
    }
    if wanted != Asked::Whole {
        assert!(headers.contains_key(RANGE), "a part that nobody asked for");
    }
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: Option<&[u8]>) {
    if let Some(value) = value.filter(|value| !value.is_empty())
        && let Ok(value) = HeaderValue::from_bytes(value)
    {
        headers.insert(name, value);
    }
}
