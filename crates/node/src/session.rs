//! The login session that this program was started from: whether somebody came in
//! before or after something happened. A connection that was there before new firewall
//! rules says nothing about them; one that came in afterwards does.

use std::fs;
use std::io;
use std::time::Duration;

/// How long after the machine's start this program's session began: its first process,
/// which is the shell or the command that a login started.
///
/// # Errors
/// Where the system does not tell, as where the session's first process is out of this
/// program's sight.
pub fn began() -> io::Result<Duration> {
    let leader = rustix::process::getsid(None)?.as_raw_pid();
    let stat = fs::read_to_string(format!("/proc/{leader}/stat"))?;
    let ticks = start_of(&stat).ok_or_else(|| odd(&stat))?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_millis(ticks.saturating_mul(1000) / per_second))
}

/// How long the machine runs.
///
/// # Errors
/// Where the system does not tell.
pub fn uptime() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/uptime")?;
    let seconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| odd(&text))
}

/// The 22nd field of `/proc/PID/stat`, in ticks since the machine's start (proc(5)). The
/// second one, in brackets, may hold anything.
fn start_of(stat: &str) -> Option<u64> {
    let (_, after) = stat.rsplit_once(") ")?;
    after.split(' ').nth(19)?.parse().ok()
}

fn odd(text: &str) -> io::Error {
    let message = format!("the system says `{}`, which is not what proc(5) describes", text.trim());
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 1000 1 x";
        assert_eq!(start_of(stat), Some(777));
        assert_eq!(start_of("7 (a"), None);
    }

    #[test]
    fn the_machine_ran_before_this() {
        assert!(uptime().unwrap() > Duration::ZERO);
    }
}
