//! `Range` of RFC 9110 §14, as far as a resuming client needs it: one range of
//! bytes. A header that asks for several, or that is not understood, is
//! ignored, as the RFC allows: the answer is then the whole content.

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

use super::serve::text;

/// What a request asks of content of a known size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Whole,
    /// `first` and `last` are within the content, and `first <= last`.
    Part {
        first: u64,
        last: u64,
    },
    /// The range begins where the content has ended: 416.
    Beyond,
}

/// What a request's headers ask of content of `size` bytes whose `ETag` is
/// `tag`. A range counts only if it is of what the client has the beginning of.
pub fn asked(headers: &HeaderMap, tag: &str, size: u64) -> Asked {
    let same = headers.get(IF_RANGE).is_none_or(|condition| condition == tag);
    let range = text(headers, &RANGE).filter(|_| same);
    range.map_or(Asked::Whole, |range| parse(range, size))
}

/// The meaning of a `Range` header for content of `size` bytes.
fn parse(header: &str, size: u64) -> Asked {
    let range =
        header.split_once('=').filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"));
    let Some((first, last)) = range.and_then(|(_, range)| range.trim().split_once('-')) else {
        return Asked::Whole;
    };
    match (number(first), number(last)) {
        // `-n`: the last n bytes, or all if there are fewer.
        (Number::Absent, Number::Is(length)) => match length.min(size) {
            0 => Asked::Beyond,
            length => Asked::Part { first: size - length, last: size - 1 },
        },
        (Number::Is(first), last) => {
            let last = match last {
                Number::Is(last) if last < first => return Asked::Whole,
                Number::Is(last) => last,
                Number::Absent => u64::MAX,
                Number::Malformed => return Asked::Whole,
            };
            if first >= size {
                Asked::Beyond
            } else {
                Asked::Part { first, last: last.min(size - 1) }
            }
        }
        _ => Asked::Whole,
    }
}

enum Number {
    Absent,
    Is(u64),
    Malformed,
}

/// Digits only (no sign, no space); what is too large for a `u64` is larger
/// than any content.
fn number(text: &str) -> Number {
    if text.is_empty() {
        return Number::Absent;
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::Malformed;
    }
    Number::Is(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_of_the_rfc() {
        let part = |first, last| Asked::Part { first, last };
        for (header, size, asked) in [
            ("bytes=0-499", 10_000, part(0, 499)),
            ("bytes=500-999", 10_000, part(500, 999)),
            ("bytes=-500", 10_000, part(9500, 9999)),
            ("bytes=9500-", 10_000, part(9500, 9999)),
            ("Bytes=0-0", 1, part(0, 0)),
            ("bytes=0-18446744073709551616", 10, part(0, 9)),
            ("bytes=-20", 10, part(0, 9)),
            ("bytes=10-", 10, Asked::Beyond),
            ("bytes=10-20", 10, Asked::Beyond),
            ("bytes=99999999999999999999-", 10, Asked::Beyond),
            ("bytes=-0", 10, Asked::Beyond),
            ("bytes=0-", 0, Asked::Beyond),
            ("bytes=5-4", 10, Asked::Whole),
            ("bytes=0-0,-1", 10, Asked::Whole),
            ("bytes=-", 10, Asked::Whole),
            ("bytes=+1-2", 10, Asked::Whole),
            ("lines=1-2", 10, Asked::Whole),
            ("", 10, Asked::Whole),
        ] {
            assert_eq!(parse(header, size), asked, "{header} of {size}");
        }
    }

    /// A condition that is not even text is one that does not hold.
    #[test]
    fn a_range_of_other_content_is_ignored() {
        for (condition, met) in
            [(&b"\"a\""[..], true), (b"\"b\"", false), (b"W/\"a\"", false), (b"\"\xff\"", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, HeaderValue::from_static("bytes=1-"));
            headers.insert(IF_RANGE, HeaderValue::from_bytes(condition).unwrap());
            let part = Asked::Part { first: 1, last: 9 };
            let meant = if met { part } else { Asked::Whole };
            assert_eq!(asked(&headers, "\"a\"", 10), meant, "{condition:?}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_content(
            header in "(bytes=)?[0-9]{0,21}-[0-9]{0,21}(,[0-9]*-)?|.{0,30}",
            size in prop_oneof![Just(0), 1..100u64, any::<u64>()],
        ) {
            if let Asked::Part { first, last } = parse(&header, size) {
                prop_assert!(first <= last && last < size);
            }
        }

        #[test]
        fn what_a_client_resumes_is_what_it_lacks(size in 1..u64::MAX, have in any::<u64>()) {
            let asked = parse(&format!("bytes={have}-"), size);
            let meant = if have < size { Asked::Part { first: have, last: size - 1 } } else { Asked::Beyond };
            prop_assert_eq!(asked, meant);
        }
    }
}
