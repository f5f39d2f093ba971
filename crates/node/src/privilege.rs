//! What this process may do, and how it gives that up for good: from root to
//! the user `portolan` with CAP_NET_BIND_SERVICE alone, which a later port
//! change needs.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::os;

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its login name.
    pub name: String,
    /// Its user id.
    pub uid: u32,
    /// Its own group's id.
    pub gid: u32,
    /// Its home folder.
    pub home: PathBuf,
}

/// Why an account could not be found, made or entered.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// The list of users could not be asked.
    #[error("cannot look up the user {name}")]
    Lookup {
        /// Whom we looked for.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// `useradd` could not be started.
    #[error("cannot start useradd to create the user {name}")]
    Useradd {
        /// Whom we wanted to create.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// `useradd` has refused.
    #[error("useradd did not create the user {name}: {said}")]
    Refused {
        /// Whom we wanted to create.
        name: String,
        /// Its own words.
        said: String,
    },
    /// Other threads would have kept their rights.
    #[error(
        "cannot become {name}: rights can be given up only before threads are started, and there are {threads}"
    )]
    Threads {
        /// Whom we wanted to become.
        name: String,
        /// How many there are.
        threads: usize,
    },
    /// The system has refused.
    #[error("cannot become {name}")]
    Become {
        /// Whom we wanted to become.
        name: String,
        /// Why.
        source: io::Error,
    },
}

/// Whether this process is root.
pub fn is_root() -> bool {
    os::is_root()
}

/// Whether this process has the right to listen on `port` (not: whether the
/// port is free).
pub fn may_bind(port: u16) -> bool {
    port == 0 || os::has_bind_capability() || u32::from(port) >= first_unprivileged_port()
}

/// Linux lets an administrator lower this bound.
fn first_unprivileged_port() -> u32 {
    const USUAL: u32 = 1024; // not a port: the bound below which ports are privileged
    fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(USUAL)
}

/// Finds a user by name; `None` when there is none.
///
/// # Errors
/// [`PrivilegeError::Lookup`].
pub fn lookup_user(name: &str) -> Result<Option<Account>, PrivilegeError> {
    let fail = |source| PrivilegeError::Lookup { name: name.to_owned(), source };
    let passwd = match fs::read_to_string("/etc/passwd") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        passwd => passwd.unwrap_or_default(),
    };
    if let Some(account) = passwd.lines().find_map(|line| account_named(name, line)) {
        return Ok(Some(account));
    }
    // Users may come from a directory, which only the name service knows.
    match Command::new("getent").args(["passwd", "--", name]).output() {
        Ok(asked) => {
            let lines = String::from_utf8_lossy(&asked.stdout);
            Ok(lines.lines().find_map(|line| account_named(name, line)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fail(error)),
    }
}

/// `name:password:uid:gid:comment:home:shell`
fn account_named(name: &str, line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let found = fields.next().filter(|found| *found == name)?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let home = PathBuf::from(fields.nth(1)?);
    Some(Account { name: found.to_owned(), uid, gid, home })
}

/// Creates a system user without a password, a shell or a home of its own.
///
/// # Errors
/// When `useradd` is missing or refuses, in its words.
pub fn create_system_user(name: &str) -> Result<Account, PrivilegeError> {
    let arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"];
    let made = Command::new("useradd")
        .args(arguments)
        .args(["--shell", "/usr/sbin/nologin", "--", name])
        .output()
        .map_err(|source| PrivilegeError::Useradd { name: name.to_owned(), source })?;
    let refused = |said: &str| PrivilegeError::Refused { name: name.to_owned(), said: said.into() };
    if !made.status.success() {
        return Err(refused(String::from_utf8_lossy(&made.stderr).trim()));
    }
    lookup_user(name)?.ok_or_else(|| refused("it reported success, but the user is not there"))
}

/// Becomes `account` for good and keeps CAP_NET_BIND_SERVICE alone. Children
/// get nothing, not even through setuid programs. Start children that must
/// stay root before this, and the async runtime after it.
///
/// # Errors
/// [`PrivilegeError::Threads`] when other threads exist already;
/// [`PrivilegeError::Become`] when the system refuses. After an error the
/// process must end: it may stand between two users.
pub fn drop_to(account: &Account) -> Result<(), PrivilegeError> {
    let name = account.name.clone();
    let fail = |source| PrivilegeError::Become { name: account.name.clone(), source };
    let threads = fs::read_dir("/proc/self/task").map_err(fail)?.count();
    if threads != 1 {
        return Err(PrivilegeError::Threads { name, threads });
    }
    if account.uid == 0 {
        return Err(fail(io::Error::other("that account is root itself")));
    }
    os::become_user(account.uid, account.gid).map_err(fail)?;
    tracing::info!("running as {name}, with the right to listen on low ports alone");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let line = "portolan:x:997:996:Portolan:/var/lib/portolan:/usr/sbin/nologin";
        let account = account_named("portolan", line).unwrap();
        assert_eq!((account.uid, account.gid), (997, 996));
        assert_eq!(account.home, PathBuf::from("/var/lib/portolan"));
        assert_eq!(account_named("porto", line), None);
        assert_eq!(account_named("portolan", "portolan:x:many"), None);
        assert_eq!(lookup_user("root").unwrap().unwrap().uid, 0);
        assert_eq!(lookup_user("no-such-sailor").unwrap(), None);
    }

    #[test]
    fn rights_are_not_given_up_by_halves() {
        // The test harness runs this in a thread of its own, beside others.
        let nobody = Account { name: "nobody".into(), uid: 65534, gid: 65534, home: "/".into() }; // not a port: a user id
        assert!(matches!(drop_to(&nobody), Err(PrivilegeError::Threads { .. })));
    }
}
