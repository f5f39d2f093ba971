//! How `portolan up` lives: a child is started while we are root, then root's
//! rights are given up for good, and the child ends when our pipe closes. A
//! program of its own, without the test harness: rights can be given up only
//! while there is one thread, and a child is this program again.

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, ExitCode};
use std::time::Duration;

use node::privilege::{drop_to, is_root, lookup_user, may_bind};
use node::process::{Child, End, spawn_self};
use node::stop::Stop;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The child's way of saying that it saw the pipe close, and was root.
const ROOT_TO_THE_END: u8 = 7;

fn main() -> Outcome<ExitCode> {
    if std::env::args().nth(1).is_some_and(|argument| argument == "child") {
        return child();
    }
    let mut child = spawn_self(["child"])?;
    let was_root = is_root();
    if was_root {
        give_up_root()?;
        writeln!(std::io::stdout(), "ok: root's rights were given up for good")?;
    } else {
        writeln!(std::io::stdout(), "skipped: only root can give up root's rights")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = runtime.block_on(end_of(&mut child))?;
    assert_eq!(end, End::Exit(if was_root { ROOT_TO_THE_END.into() } else { 0 }));
    writeln!(std::io::stdout(), "ok: the child saw the pipe close")?;
    Ok(ExitCode::SUCCESS)
}

fn child() -> Outcome<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = Stop::new();
    stop.when_stdin_closes()?;
    runtime.block_on(stop.stopped());
    Ok(ExitCode::from(if is_root() { ROOT_TO_THE_END } else { 0 }))
}

async fn end_of(child: &mut Child) -> std::io::Result<End> {
    child.tell("a line is no end")?;
    child.end(Duration::from_secs(20)).await
}

fn give_up_root() -> Outcome<()> {
    let secret = tempfile::NamedTempFile::new()?;
    node::files::write_private(secret.path(), b"root's own")?;
    let nobody = lookup_user("nobody")?.ok_or("no user nobody")?;
    drop_to(&nobody)?;

    assert!(!is_root());
    assert!(node::files::read_private(secret.path()).is_err(), "root's files stay root's");
    let https = catalog::service::HTTPS.default_port().ok_or("https has no port")?;
    assert!(may_bind(https));
    let host = IpAddr::V4(Ipv4Addr::new(127, 77, 1, 1));
    assert_eq!(node::net::free_port(host, &[https])?, https, "low ports can be bound");
    assert!(drop_to(&lookup_user("root")?.ok_or("no root")?).is_err(), "there is no way back");
    // A child has nothing of it.
    let status = Command::new("grep").args(["Cap", "/proc/self/status"]).output()?;
    let status = String::from_utf8(status.stdout)?;
    for set in status.lines().filter(|line| !line.starts_with("CapBnd")) {
        assert!(set.ends_with("0000000000000000"), "a child has {set}");
    }
    Ok(())
}
