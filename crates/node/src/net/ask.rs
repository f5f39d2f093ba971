//! Asking: one datagram there and one back. Only name servers are asked so, whose
//! address comes from this machine's settings or from a person: a hint. What they
//! answer is an address to look at, never a reason to trust.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

use super::dial::{Cause, Dial, DialError};

/// No datagram is longer; name servers are asked for at most 1,232 bytes.
const LONGEST: usize = 4096; // not a port: bytes

/// Sends one datagram, and waits at most `within` for the first one from there that
/// `answers`: what comes late, or from somebody who guesses, is left out.
///
/// # Errors
/// [`DialError`], also when the time is over.
pub async fn ask(
    dial: &Dial,
    question: &[u8],
    answers: impl Fn(&[u8]) -> bool,
    within: Duration,
) -> Result<Vec<u8>, DialError> {
    tracing::debug!("asking {dial}");
    let exchanged = tokio::time::timeout(within, exchange(dial.address(), question, answers)).await;
    match exchanged {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(dial.failed(Cause::of(&error), Some(error))),
        Err(_over) => Err(dial.failed(Cause::TimedOut(within), None)),
    }
}

async fn exchange(
    server: SocketAddr,
    question: &[u8],
    answers: impl Fn(&[u8]) -> bool,
) -> io::Result<Vec<u8>> {
    let own = match server.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    // A port of its own for each question: one thing more to guess.
    let socket = UdpSocket::bind(SocketAddr::new(own, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; LONGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let datagram = buffer.get(..length).unwrap_or_default();
        if answers(datagram) {
            return Ok(datagram.to_vec());
        }
    }
}
