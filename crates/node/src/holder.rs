//! Who holds a port: the answer to the first question after "address already
//! in use". Linux tells in `/proc`; elsewhere the answer is "unknown".

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// The process behind a listening socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A process that we may look at.
    Process {
        /// Its process id.
        pid: u32,
        /// The name of its program.
        program: String,
    },
    /// The socket is there, its process is not ours to see.
    AnotherUser {
        /// The user who opened the socket.
        uid: u32,
    },
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, program } => write!(f, "process {pid} ({program})"),
            Self::AnotherUser { uid } => write!(f, "a process of another user (uid {uid})"),
        }
    }
}

/// Who listens on TCP at `address`, or at all addresses with that port.
/// `None` when nobody does, or the system does not tell.
pub fn of(address: SocketAddr) -> Option<Holder> {
    let socket = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| table.lines().find_map(|line| listening(line, address)))?;
    Some(process_with(socket.inode).unwrap_or(Holder::AnotherUser { uid: socket.uid }))
}

#[derive(Debug, PartialEq, Eq)]
struct Socket {
    inode: u64,
    uid: u32,
}

/// One line of `/proc/net/tcp`, when it is a listener in the way of `wanted`.
/// Columns: `sl local_address rem_address st queues timer retrnsmt uid timeout inode`.
fn listening(line: &str, wanted: SocketAddr) -> Option<Socket> {
    const LISTEN: &str = "0A";
    let mut columns = line.split_ascii_whitespace();
    let local = endpoint(columns.nth(1)?)?;
    if columns.nth(1)? != LISTEN || local.port() != wanted.port() {
        return None;
    }
    let uid = columns.nth(3)?.parse().ok()?;
    let inode = columns.nth(1)?.parse().ok()?;
    let everywhere = local.ip().is_unspecified() || wanted.ip().is_unspecified();
    (everywhere || local.ip().to_canonical() == wanted.ip().to_canonical())
        .then_some(Socket { inode, uid })
}

/// `0100007F:1F90`: the address in words of the machine's own byte order.
fn endpoint(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| {
        let digits = address.get(at..at + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let ip: IpAddr = if address.len() == 8 {
        Ipv4Addr::from(word(0)?).into()
    } else {
        let bytes: Vec<u8> = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
        Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

fn process_with(inode: u64) -> Option<Holder> {
    let link = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| holds(Path::new(&format!("/proc/{pid}/fd")), &link))
        .map(|pid| Holder::Process { pid, program: program(pid) })
}

fn holds(descriptors: &Path, link: &str) -> bool {
    let Ok(entries) = fs::read_dir(descriptors) else { return false };
    entries
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target.as_os_str() == link))
}

fn program(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .map_or_else(|_| "unknown program".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// Lines as Linux prints them on a little-endian machine.
    const V4: &str = "   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1230 1 0 100 0 0 10 0";
    const V6: &str = "   1: 00000000000000000000000001000000:20FB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0";

    #[cfg(target_endian = "little")]
    #[test]
    fn lines_of_the_kernel_are_understood() {
        // not a port: part of a text that a kernel printed
        let port = 0x20FB;
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), port);
        let found = Some(Socket { inode: 1230, uid: 1000 });
        assert_eq!(listening(V4, at("127.0.0.1")), found);
        assert_eq!(listening(V4, at("0.0.0.0")), found);
        assert_eq!(listening(V4, at("127.0.0.2")), None);
        assert_eq!(listening(V6, at("::1")), Some(Socket { inode: 77, uid: 0 }));
        assert_eq!(listening(&V4.replace(" 0A ", " 01 "), at("127.0.0.1")), None, "not a listener");
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in ".{0,200}") {
            let _found = listening(&line, "[::]:0".parse().unwrap());
        }
    }
}
