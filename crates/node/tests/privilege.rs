//! Giving up root for good. A program of its own, without the test harness:
//! rights can be given up only while there is one thread, and not be had back.

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use node::privilege::{drop_to, is_root, lookup_user, may_bind, may_bind_low};

fn main() -> Result<(), Box<dyn Error>> {
    if !is_root() {
        writeln!(std::io::stdout(), "skipped: only root can give up root's rights")?;
        return Ok(());
    }
    let secret = tempfile::NamedTempFile::new()?;
    node::files::write_private(secret.path(), b"root's own")?;
    let nobody = lookup_user("nobody")?.ok_or("no user nobody")?;
    drop_to(&nobody)?;

    assert!(!is_root());
    assert!(node::files::read_private(secret.path()).is_err(), "root's files stay root's");
    assert!(may_bind_low());
    let https = catalog::service::HTTPS.default_port().ok_or("https has no port")?;
    assert!(may_bind(https));
    let host = IpAddr::V4(Ipv4Addr::new(127, 77, 1, 1));
    assert_eq!(node::net::free_port(host, &[https])?, https, "low ports can be bound");
    assert!(drop_to(&lookup_user("root")?.ok_or("no root")?).is_err(), "there is no way back");
    // A child has nothing of it.
    let status = std::process::Command::new("grep").args(["Cap", "/proc/self/status"]).output()?;
    let status = String::from_utf8(status.stdout)?;
    let sets = status.lines().filter(|line| !line.starts_with("CapBnd"));
    for set in sets {
        assert!(set.ends_with("0000000000000000"), "a child has {set}");
    }
    writeln!(std::io::stdout(), "ok: root's rights were given up for good")?;
    Ok(())
}
