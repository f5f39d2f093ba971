//! Policy: what one client is told to do. A CBOR map with integer keys, which
//! travels sealed to the client inside an envelope that the site server
//! signed. Unknown keys are ignored, so that an older agent can read what a
//! newer site says; what an old agent must not overlook is marked critical in
//! the envelope.

use minicbor::{Decode, Encode};

/// Everything that one client is told.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Policy {
    /// The device that this policy is for: 32 hexadecimal digits.
    #[n(0)]
    pub device: String,
    /// How the agent itself behaves.
    #[n(1)]
    pub settings: Settings,
    /// What is deployed to the client, at most one for each application.
    #[n(2)]
    pub assignments: Vec<Assignment>,
}

/// Client settings. All intervals in seconds; the agent spreads each by ±20 %.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Settings {
    /// Between two requests for policy.
    #[n(0)]
    pub poll: u32,
    /// Between two heartbeats.
    #[n(1)]
    pub heartbeat: u32,
    /// Between two inventories.
    #[n(2)]
    pub inventory: u32,
}

impl Default for Settings {
    /// 60 s, an hour, a day.
    fn default() -> Self {
        Self { poll: 60, heartbeat: 60 * 60, inventory: 24 * 60 * 60 }
    }
}

/// One application, to be installed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assignment {
    /// The deployment that asks for it.
    #[n(0)]
    pub deployment: u64,
    /// The application's id; two deployments of one application share it.
    #[n(1)]
    pub app: u64,
    /// The application's name, for people.
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub intent: Intent,
    /// When it must be done, in Unix milliseconds; absent is now. Content is
    /// fetched before.
    #[n(4)]
    pub deadline: Option<i64>,
    #[n(5)]
    pub installer: Installer,
    #[n(6)]
    pub detection: Detection,
    /// After so many seconds an action is ended and has failed.
    #[n(7)]
    pub time_limit: u32,
    /// Exit codes that mean success; never empty.
    #[n(8)]
    pub success_codes: Vec<i32>,
}

/// Whether an application should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Intent {
    #[n(0)]
    Install,
    #[n(1)]
    Uninstall,
}

/// How an application is installed and removed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Installer {
    /// A Debian package, and where what it depends on comes from.
    #[n(0)]
    Deb(#[n(0)] Content, #[n(1)] Package, #[n(2)] Dependencies),
    /// A script to install, and one to remove where there is one.
    #[n(1)]
    Script(#[n(0)] Content, #[n(1)] Option<Content>),
}

/// Where a package's dependencies come from.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Dependencies {
    /// They must be there: `dpkg --install`, and nothing else.
    #[n(0)]
    Present,
    /// Published with it: apt takes what the machine lacks from a repository
    /// made of these packages, with its network off.
    #[n(1)]
    Published(#[n(0)] Vec<Content>),
    /// The machine's own package sources, that is a mirror that the plan
    /// allows to clients.
    #[n(2)]
    Sources,
}

/// How an agent finds out whether an application is there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Detection {
    /// The package database lists this package, in this version, as installed.
    #[n(0)]
    Package(#[n(0)] Package),
    /// A script: exit code 0 is *there*, 1 is *not there*, others are failures.
    #[n(1)]
    Script(#[n(0)] Content),
    /// It cannot: an action that is cut off ends as `unknown` and is never
    /// repeated by itself.
    #[n(2)]
    Absent,
}

/// A piece of content, by digest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Content {
    /// BLAKE3 of all its bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// Bytes.
    #[n(1)]
    pub size: u64,
    /// The file's name as it was published, for people and for `dpkg`.
    #[n(2)]
    pub name: String,
}

impl Content {
    /// The digest as it stands in addresses and messages: 64 lower-case
    /// hexadecimal digits.
    pub fn hex(&self) -> String {
        use std::fmt::Write as _;
        self.digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String does not fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A Debian package's identity, from its control file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Package {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub version: String,
    #[n(2)]
    pub architecture: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn sample(name: String, deadline: Option<i64>, digest: [u8; 32]) -> Policy {
        let content = Content { digest, size: 7, name: name.clone() };
        let package =
            Package { name: name.clone(), version: "1".into(), architecture: "all".into() };
        let assignment = Assignment {
            deployment: 3,
            app: 2,
            name,
            intent: Intent::Uninstall,
            deadline,
            installer: Installer::Deb(
                content.clone(),
                package.clone(),
                Dependencies::Published(vec![content.clone()]),
            ),
            detection: Detection::Package(package),
            time_limit: 60,
            success_codes: vec![0, 3010],
        };
        let script = Assignment {
            installer: Installer::Script(content.clone(), None),
            detection: Detection::Script(content),
            ..assignment.clone()
        };
        Policy {
            device: "d".into(),
            settings: Settings::default(),
            assignments: vec![assignment, script],
        }
    }

    proptest! {
        #[test]
        fn round_trip(name in ".{0,40}", deadline in any::<Option<i64>>(), digest in any::<[u8; 32]>()) {
            let policy = sample(name, deadline, digest);
            let bytes = minicbor::to_vec(&policy).unwrap();
            prop_assert_eq!(minicbor::decode::<Policy>(&bytes).unwrap(), policy);
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _either = minicbor::decode::<Policy>(&bytes);
        }
    }

    #[test]
    fn unknown_keys_are_ignored() {
        // {0: "d", 1: {0: 1, 1: 2, 2: 3}, 2: [], 99: true}
        let bytes = [
            0xa4, 0x00, 0x61, b'd', 0x01, 0xa3, 0x00, 0x01, 0x01, 0x02, 0x02, 0x03, 0x02, 0x80,
            0x18, 99, 0xf5,
        ];
        let policy: Policy = minicbor::decode(&bytes).unwrap();
        assert_eq!(policy.settings, Settings { poll: 1, heartbeat: 2, inventory: 3 });
    }
}
