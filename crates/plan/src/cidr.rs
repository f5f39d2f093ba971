//! Networks as address and prefix length: `10.7.0.0/16`, `2001:db8::/32`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses that share a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    first: IpAddr,
    length: u8,
}

/// Why a text is no [`Cidr`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCidr {
    /// Not an address, a slash and a number.
    Form,
    /// A prefix longer than an address of this family, which has so many bits.
    TooLong(u8),
    /// The address says more than the prefix; this network was meant.
    Inside(Cidr),
}

impl Cidr {
    pub fn parse(text: &str) -> Result<Self, NotCidr> {
        let (address, length) = text.split_once('/').ok_or(NotCidr::Form)?;
        let address: IpAddr = address.parse().map_err(|_| NotCidr::Form)?;
        if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotCidr::Form);
        }
        let width = width(address);
        let length: u8 = length.parse().map_err(|_| NotCidr::TooLong(width))?;
        if length > width {
            return Err(NotCidr::TooLong(width));
        }
        let network =
            Self { first: with_bits(address, bits(address) & !rest(length, width)), length };
        if network.first == address { Ok(network) } else { Err(NotCidr::Inside(network)) }
    }

    /// The network of so many leading bits in which `address` is; none where an address
    /// of its family has fewer.
    pub fn around(address: IpAddr, length: u8) -> Option<Self> {
        let width = width(address);
        (length <= width).then(|| {
            let first = with_bits(address, bits(address) & !rest(length, width));
            Self { first, length }
        })
    }

    /// How many leading bits its addresses share.
    pub fn length(&self) -> u8 {
        self.length
    }

    pub fn first(&self) -> IpAddr {
        self.first
    }

    pub fn last(&self) -> IpAddr {
        with_bits(self.first, bits(self.first) | rest(self.length, width(self.first)))
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.first <= address && address <= self.last()
    }

    /// Whether only this machine can have such addresses.
    pub fn is_loopback(&self) -> bool {
        self.first.is_loopback() && self.last().is_loopback()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// `bits` as an address of the same family as `like`.
fn with_bits(like: IpAddr, bits: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::from_bits(bits as u32).into(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(bits).into(),
    }
}

/// The bits that the prefix leaves open.
fn rest(length: u8, width: u8) -> u128 {
    let open = u32::from(width.saturating_sub(length));
    1_u128.checked_shl(open).map_or(u128::MAX, |bit| bit - 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["0.0.0.0/0", "127.0.0.0/8", "10.1.2.3/32", "::/0", "2001:db8::/32", "::1/128"]
        {
            assert_eq!(Cidr::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_network_says_why() {
        let inside = Cidr::parse("10.1.0.0/24").unwrap();
        for (text, why) in [
            ("10.1.0.0", NotCidr::Form),
            ("10.1.0.0/", NotCidr::Form),
            ("10.1.0.0/+8", NotCidr::Form),
            ("ten/8", NotCidr::Form),
            ("10.1.0.0/33", NotCidr::TooLong(32)),
            ("::/129", NotCidr::TooLong(128)),
            ("10.1.0.0/1000", NotCidr::TooLong(32)),
            ("10.1.0.5/24", NotCidr::Inside(inside)),
        ] {
            assert_eq!(Cidr::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn it_holds_its_ends_and_not_their_neighbours() {
        let network = Cidr::parse("10.7.0.0/16").unwrap();
        for (address, inside) in [
            ("10.7.0.0", true),
            ("10.7.255.255", true),
            ("10.8.0.0", false),
            ("10.6.255.255", false),
            ("::", false),
        ] {
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!(Cidr::parse("0.0.0.0/0").unwrap().contains("255.255.255.255".parse().unwrap()));
    }
}
