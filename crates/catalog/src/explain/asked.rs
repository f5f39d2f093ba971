//! What people type, read: ports in every usual way, connections, notes, and the words
//! of the catalog; refused with the nearest right one.

use std::fmt;

use crate::edition::Edition;
use crate::notes::{self, Note};
use crate::port::Protocol;
use crate::role::{ROLES, Role};
use crate::service::{SERVICES, Service};
use crate::{find_role, find_service, nearest};

/// Why nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub message: String,
    /// What was probably meant.
    pub near: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.near {
            Some(near) => write!(f, "; did you mean {near}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unknown {}

/// What people asked for.
pub(super) enum Subject {
    Ports { protocol: Option<Protocol>, first: u16, last: u16 },
    Connection { from: &'static Role, to: &'static Role, service: Option<&'static Service> },
    Note(&'static Note),
    Words(String),
}

pub(super) fn subject(asked: &str) -> Result<Subject, Unknown> {
    let word = asked.trim().to_lowercase().replace('→', ">").replace("->", ">");
    let rest = word.strip_prefix("note").map(|rest| rest.trim_matches([' ', '-', '_']));
    if let Some(number) = rest.and_then(|rest| rest.parse::<u8>().ok()) {
        let unknown = || Unknown {
            message: format!("there is no note {number}: the articles have 1 to 6"),
            near: None,
        };
        return notes::find(number).map(Subject::Note).ok_or_else(unknown);
    }
    if let Some((from, rest)) = word.split_once('>') {
        let (to, service) = match rest.split_once('/') {
            Some((to, service)) => (to, Some(service.trim())),
            None => (rest, None),
        };
        return Ok(Subject::Connection {
            from: role(from.trim())?,
            to: role(to.trim())?,
            service: service.map(self::service).transpose()?,
        });
    }
    match ports(&word)? {
        Some(ports) => Ok(ports),
        None => Ok(Subject::Words(word)),
    }
}

/// `443`, `8530-8531`, `tcp 443`, `443/tcp`.
fn ports(word: &str) -> Result<Option<Subject>, Unknown> {
    let mut protocol = None;
    let mut numbers = Vec::new();
    for piece in word.split([' ', '/', ':', '-', '–']).filter(|piece| !piece.is_empty()) {
        match (piece, piece.parse::<u64>()) {
            ("tcp", _) => protocol = Some(Protocol::Tcp),
            ("udp", _) => protocol = Some(Protocol::Udp),
            (_, Ok(number)) => numbers.push(number),
            _ => return Ok(None),
        }
    }
    let (first, last) = match numbers.as_slice() {
        [one] => (within(*one)?, within(*one)?),
        [first, last] if first <= last => (within(*first)?, within(*last)?),
        [first, last] => {
            let message = format!("{first}-{last} is no range: the first is the greater");
            return Err(Unknown { message, near: Some(format!("{last}-{first}")) });
        }
        _ => return Ok(None),
    };
    Ok(Some(Subject::Ports { protocol, first, last }))
}

/// The role with this slug.
///
/// # Errors
/// With the nearest one, where there is none.
pub fn role(slug: &str) -> Result<&'static Role, Unknown> {
    find_role(slug).ok_or_else(|| Unknown {
        message: format!("there is no role `{slug}`"),
        near: nearest(slug, ROLES.iter().map(|role| role.slug)).map(str::to_owned),
    })
}

/// The edition with this name.
///
/// # Errors
/// With the nearest one, where there is none.
pub fn edition(slug: &str) -> Result<Edition, Unknown> {
    // Of a version the nearest is that of the nearest month, not of the nearest digits.
    let month = |edition: &Edition| {
        let number: u32 = edition.slug().parse().ok()?;
        Some(number.abs_diff(slug.parse().ok()?))
    };
    let version = || {
        let known = Edition::MICROSOFT.into_iter();
        known.filter_map(|one| Some((month(&one)?, one.slug()))).min().map(|(_, slug)| slug)
    };
    Edition::parse(slug).ok_or_else(|| Unknown {
        message: format!("there is no edition `{slug}`: known are 1802, 2002, 2006 and portolan"),
        near: version()
            .or_else(|| nearest(slug, Edition::ALL.map(Edition::slug)))
            .map(str::to_owned),
    })
}

/// A single port.
///
/// # Errors
/// Where it is none; for the name of a service with its usual port.
pub fn port(text: &str) -> Result<u16, Unknown> {
    match text.parse::<u64>() {
        Ok(number) => within(number),
        Err(_) => Err(Unknown {
            message: format!("`{text}` is no port: ports are 1 to 65535"),
            near: find_service(text).and_then(Service::default_port).map(|port| port.to_string()),
        }),
    }
}

fn within(number: u64) -> Result<u16, Unknown> {
    u16::try_from(number).ok().filter(|port| *port > 0).ok_or_else(|| Unknown {
        message: format!("{number} is no port: ports are 1 to 65535"),
        near: None,
    })
}

fn service(slug: &str) -> Result<&'static Service, Unknown> {
    find_service(slug).ok_or_else(|| Unknown {
        message: format!("there is no service `{slug}`"),
        near: nearest(slug, SERVICES.iter().map(|service| service.slug)).map(str::to_owned),
    })
}
