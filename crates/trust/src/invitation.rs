//! What a person is given to install a client: where the site is, and the
//! fingerprint by which to know it. One line, so that it survives a terminal, a
//! chat and a configuration tool. It holds no secret: the token comes by file,
//! prompt or standard input.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;

use crate::way::{Ground, Way};
use crate::{BadFingerprint, Fingerprint};

/// An invitation to a site: `portolan:P01@10.1.0.10:PORT#sha256:…`, with an IPv6
/// address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The site's code: 1 to 16 letters, digits and dashes.
    pub site: String,
    /// Of a management point.
    pub address: IpAddr,
    pub port: u16,
    /// The site's root, by which the management point must be known.
    pub root: Fingerprint,
}

/// A text that is no invitation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInvitation {
    #[error(
        "an invitation starts with `portolan:`; copy it whole, as the site gave it with the token"
    )]
    Prefix,
    #[error("no `@` between the site's code and its address")]
    NoAt,
    #[error("{0:?} is no site code: 1 to 16 letters, digits and dashes")]
    Site(String),
    #[error(
        "no `#sha256:…` after the address; without it the site could not be told from an impostor"
    )]
    NoFingerprint,
    #[error("{0:?} is no address and port, such as 192.0.2.1:PORT or [2001:db8::1]:PORT")]
    Address(String),
    #[error("the site's fingerprint: {0}")]
    Fingerprint(#[from] BadFingerprint),
}

impl Invitation {
    /// Reads an invitation; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, BadInvitation> {
        let rest = text.trim().strip_prefix("portolan:").ok_or(BadInvitation::Prefix)?;
        let (place, root) = rest.split_once('#').ok_or(BadInvitation::NoFingerprint)?;
        let (site, endpoint) = place.split_once('@').ok_or(BadInvitation::NoAt)?;
        if !is_site_code(site) {
            return Err(BadInvitation::Site(site.chars().take(32).collect()));
        }
        let (address, port) = endpoint_of(endpoint)
            .ok_or_else(|| BadInvitation::Address(endpoint.chars().take(64).collect()))?;
        Ok(Self { site: site.to_owned(), address, port, root: root.parse()? })
    }

    /// One line; [`Self::parse`] reads it again.
    pub fn to_text(&self) -> String {
        let Self { site, address, port, root } = self;
        match address {
            IpAddr::V4(address) => format!("portolan:{site}@{address}:{port}#{root}"),
            IpAddr::V6(address) => format!("portolan:{site}@[{address}]:{port}#{root}"),
        }
    }

    /// The one way that an invitation opens: to the management point.
    pub const fn way(&self) -> Way {
        Way::new(&CLIENT_TO_MANAGEMENT_POINT_HTTPS, self.address, self.port, Ground::Invited)
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl FromStr for Invitation {
    type Err = BadInvitation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

pub(crate) fn is_site_code(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `address:port`, the address in brackets where it is IPv6.
fn endpoint_of(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let address = match address.strip_prefix('[') {
        Some(rest) => IpAddr::V6(rest.strip_suffix(']')?.parse().ok()?),
        None => IpAddr::V4(address.parse().ok()?),
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn invitation(address: &str) -> Invitation {
        Invitation {
            site: "P01".to_owned(),
            address: address.parse().unwrap(),
            port: CLIENT_TO_MANAGEMENT_POINT_HTTPS.service.default_port().unwrap(),
            root: Fingerprint::of(b"root"),
        }
    }

    #[test]
    fn text_comes_back_in_both_families() {
        for address in ["192.0.2.1", "2001:db8::1", "::1"] {
            let invitation = invitation(address);
            let text = invitation.to_text();
            assert!(!text.contains(char::is_whitespace));
            assert_eq!(Invitation::parse(&format!("{text}\n")), Ok(invitation), "{text}");
        }
        let way = invitation("192.0.2.1").way();
        assert_eq!(way.flow().to.slug, "management-point");
        assert_eq!(way.ground(), Ground::Invited);
    }

    #[test]
    fn every_mistake_has_its_words() {
        let text = invitation("192.0.2.1").to_text();
        let address = || BadInvitation::Address(String::new());
        let kind = std::mem::discriminant::<BadInvitation>;
        for (wrong, error) in [
            (text.replace("portolan:", ""), BadInvitation::Prefix),
            (text.replace('@', ""), BadInvitation::NoAt),
            (text.replace('#', ""), BadInvitation::NoFingerprint),
            (text.replace("P01", "P 1"), BadInvitation::Site(String::new())),
            (text.replace("P01", ""), BadInvitation::Site(String::new())),
            (text.replace("192.0.2.1", "mp.example.org"), address()),
            (text.replace("192.0.2.1", "2001:db8::1"), address()),
            (text.replace("192.0.2.1", "[192.0.2.1]"), address()),
            (text.replace("192.0.2.1:", "192.0.2.1:99"), address()),
            (text.replace("sha256", "md5"), BadInvitation::Fingerprint(BadFingerprint::Prefix)),
        ] {
            let found = Invitation::parse(&wrong).unwrap_err();
            assert_eq!(kind(&found), kind(&error), "{wrong}: {found}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(portolan:)?.{0,80}") {
            if let Ok(invitation) = Invitation::parse(&text) {
                prop_assert_eq!(Invitation::parse(&invitation.to_text()), Ok(invitation));
            }
        }
    }
}
