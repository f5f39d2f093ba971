//! Two networks with a router between, and somebody who answers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use lab::{Lab, Machine, Network, Router};

/// A server and a client on networks of their own.
pub(crate) struct Path {
    pub(crate) lab: Lab,
    pub(crate) servers: Network,
    pub(crate) branch: Network,
    pub(crate) _router: Router,
    pub(crate) server: Machine,
    pub(crate) client: Machine,
}

impl Path {
    /// With IPv6 on both networks.
    pub(crate) fn new() -> Self {
        Self::made(" 2001:db8:1::/64", " 2001:db8:1::10")
    }

    /// With IPv6 on the client's network only.
    pub(crate) fn to_ipv4() -> Self {
        Self::made("", "")
    }

    fn made(prefix: &str, address: &str) -> Self {
        let lab = Lab::new(&[]);
        let servers = lab.network("servers", &format!("10.1.0.0/24{prefix}"));
        let branch = lab.network("branch", "10.7.0.0/24 2001:db8:7::/64");
        let router = lab.router("router", &[&servers, &branch]);
        let server = lab.machine("server", &servers, &format!("10.1.0.10{address}"));
        let client = lab.machine("client", &branch, "10.7.0.20 2001:db8:7::20");
        Self { lab, servers, branch, _router: router, server, client }
    }

    /// A byte from the client to the server and back, and how long it took.
    pub(crate) fn ping(&self, at: SocketAddr, within: Duration) -> std::io::Result<Duration> {
        let begin = Instant::now();
        self.client.inside(|| {
            let mut stream = TcpStream::connect_timeout(&at, within)?;
            stream.set_read_timeout(Some(within))?;
            stream.write_all(b"x")?;
            stream.read_exact(&mut [0])
        })?;
        Ok(begin.elapsed())
    }
}

/// Answers each byte with itself, at a free port of the machine, for as long as
/// the test's process lives.
pub(crate) fn echo(machine: &Machine, address: &str) -> SocketAddr {
    let address: SocketAddr = format!("{address}:0").parse().unwrap();
    let listener = machine.inside(|| TcpListener::bind(address)).unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut back = stream.try_clone().unwrap();
                std::io::copy(&mut &stream, &mut back)
            });
        }
    });
    at
}
