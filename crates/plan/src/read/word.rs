//! The small forms that values of a site file have: codes, keys, names,
//! addresses, intervals.

use std::net::IpAddr;

/// Three letters or digits, upper case: `P01`.
pub(crate) fn is_site_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A key of a host or a network: lower-case letters, digits and hyphens
/// between them, at most 63, so that it can be a DNS label too.
pub(crate) fn is_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A DNS name, without the last dot.
pub(crate) fn is_dns_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|label| is_key(&label.to_ascii_lowercase()))
}

/// Why no host can have `address`: after `it`.
pub fn unfit(address: IpAddr) -> Option<&'static str> {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    match address {
        _ if address.is_unspecified() => Some("stands for every address of a machine"),
        _ if address.is_multicast() || broadcast => Some("is shared by many machines"),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
            Some("is an IPv4 address in disguise; write it as IPv4")
        }
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some("means something else on every link"),
        _ => None,
    }
}

/// `50000-50999`: the first and the last port.
pub(crate) fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    let port = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|port| plain && *port > 0)
    };
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some((first, last))
}

/// `60s`, `5m`, `1h`, `1d`: in seconds; none where it is anything else.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let unit = text.chars().last()?;
    let factor: u32 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u32>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn intervals() {
        for (text, want) in [
            ("60s", Some(60)),
            ("1m", Some(60)),
            ("1h", Some(3600)),
            ("2d", Some(172_800)),
            ("0s", Some(0)),
            ("s", None),
            ("", None),
            ("60", None),
            ("+1s", None),
            ("1.5h", None),
            ("1ä", None),
            ("99999999d", None),
        ] {
            assert_eq!(seconds(text), want, "{text}");
        }
    }

    #[test]
    fn names() {
        for (text, key, dns) in [
            ("keel", true, true),
            ("branch-7", true, true),
            ("Keel", false, true),
            ("keel.example.org", false, true),
            ("-keel", false, false),
            ("keel-", false, false),
            ("keel..org", false, false),
            ("keel_1", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_key(text), is_dns_name(text)), (key, dns), "{text}");
        }
    }

    #[test]
    fn addresses_that_no_host_has() {
        for (text, fit) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(unfit(text.parse().unwrap()).is_none(), fit, "{text}");
        }
    }
}
