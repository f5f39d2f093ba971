//! Each fault, seen from the machines that it hits.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::Test;
use crate::talk::{Path, echo};

pub(crate) const TESTS: &[Test] = &[
    ("broken::cut_mended_and_moved", cut),
    ("broken::loss", loss),
    ("broken::delay", delay),
    ("broken::rate", rate),
    ("broken::reset", reset),
    ("broken::corrupt_and_killed", corrupt),
];

const SOON: Duration = Duration::from_millis(500);
const LATE: Duration = Duration::from_secs(20);

fn cut() {
    let path = Path::new();
    let (four, six) = (echo(&path.server, "10.1.0.10"), echo(&path.server, "[2001:db8:1::10]"));
    path.ping(four, LATE).unwrap();
    path.ping(six, LATE).unwrap();
    path.client.cut();
    path.ping(four, SOON).unwrap_err();
    path.client.mend();
    path.ping(four, LATE).unwrap();
    path.client.move_to(&path.servers, "10.1.0.99 2001:db8:1::99");
    path.ping(four, LATE).unwrap();
    path.client.run("ip -o addr show eth0").ok().says("10.1.0.99/24");
    path.client.move_to(&path.branch, "10.7.0.21");
    path.ping(four, LATE).unwrap();
}

/// Of a hundred datagrams about a third arrives where a half is lost on each of
/// two sides; and what TCP does arrives.
fn loss() {
    let path = Path::new();
    let at = echo(&path.server, "10.1.0.10");
    let count = || {
        let from = path.server.inside(|| std::net::UdpSocket::bind("10.1.0.10:0")).unwrap();
        let to = path.client.inside(|| std::net::UdpSocket::bind("10.7.0.20:0")).unwrap();
        to.set_read_timeout(Some(SOON)).unwrap();
        let address = to.local_addr().unwrap();
        (0..100).for_each(|n| assert_eq!(from.send_to(&[n], address).unwrap(), 1));
        std::iter::from_fn(|| to.recv(&mut [0]).ok()).count()
    };
    path.ping(at, LATE).unwrap();
    assert_eq!(count(), 100);
    path.lab.loss(&path.branch, 50);
    let arrived = count();
    assert!((20..80).contains(&arrived), "{arrived} of 100 arrived");
    path.ping(at, LATE).unwrap();
    path.lab.loss(&path.branch, 0);
    assert_eq!(count(), 100);
}

fn delay() {
    let path = Path::new();
    let at = echo(&path.server, "10.1.0.10");
    let direct = path.ping(at, LATE).unwrap();
    path.client.delay(Duration::from_millis(100));
    let delayed = path.ping(at, LATE).unwrap();
    println!("there and back twice: {direct:?}, delayed {delayed:?}");
    assert!(delayed >= Duration::from_millis(400), "{delayed:?}");
    big(&path, at, 2_000_000);
    path.client.delay(Duration::ZERO);
    assert!(path.ping(at, LATE).unwrap() < Duration::from_millis(400));
}

/// So many bytes to the server and back.
fn big(path: &Path, at: std::net::SocketAddr, bytes: usize) -> Duration {
    let begin = std::time::Instant::now();
    let stream = path.client.inside(|| TcpStream::connect(at)).unwrap();
    let mut to = stream.try_clone().unwrap();
    let sends = std::thread::spawn(move || {
        to.write_all(&vec![7; bytes]).unwrap();
        to.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut back = Vec::new();
    (&stream).read_to_end(&mut back).unwrap();
    sends.join().unwrap();
    assert_eq!(back.len(), bytes);
    begin.elapsed()
}

fn rate() {
    let path = Path::new();
    let at = echo(&path.server, "10.1.0.10");
    path.client.rate(16);
    let slow = big(&path, at, 2_000_000);
    path.client.rate(0);
    let fast = big(&path, at, 2_000_000);
    println!("2 MB there and back: {fast:?}, with 16 Mbit/s {slow:?}");
    assert!(slow > Duration::from_millis(700) && fast < slow, "{slow:?}, {fast:?}");
}

fn reset() {
    let path = Path::new();
    let at = echo(&path.server, "10.1.0.10");
    let mut stream = path.client.inside(|| TcpStream::connect(at)).unwrap();
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    assert_eq!(path.server.reset_connections(), 1);
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

fn corrupt() {
    let path = Path::new();
    path.server.write("/root/file", "abc");
    path.server.corrupt("/root/file", 1);
    assert_eq!(std::fs::read(path.server.path("/root/file")).unwrap(), [b'a', !b'b', b'c']);
    let sleeper = path.server.start("sleep 1000");
    sleeper.kill();
    let mut sleeper = path.server.start_shell("echo up; exec sleep 1001");
    sleeper.wait_for("up");
    assert_eq!(path.server.kill_all("sleep 1001"), 1);
    assert_eq!(sleeper.ended().0, None);
}
