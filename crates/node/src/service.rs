//! What a service manager wants to hear (systemd's `sd_notify(3)`): that we are
//! ready, that we are ending, and that we are alive. It tells us where it
//! listens in `NOTIFY_SOCKET`; where nobody does, all of this does nothing, so
//! callers need not ask how they were started. The socket is a Unix socket,
//! which is no flow.

use std::time::Duration;

use crate::os;
use crate::stop::Stop;

/// We do what we are there for: whoever waited for us may begin.
pub fn ready() {
    tell("READY=1");
}

/// We have begun to end.
pub fn stopping() {
    tell("STOPPING=1");
}

/// One line on how we are, for `systemctl status`.
pub fn status(text: &str) {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    tell(&format!("STATUS={line}"));
}

/// Shows signs of life until `stop`, as often as they are wanted; ends at once
/// where nobody wants any. It proves that the runtime on which it was spawned
/// still runs tasks: one that is stuck is then restarted.
pub async fn watchdog(stop: Stop) {
    let Some(within) = os::watchdog() else { return };
    // Half the time, as systemd advises: one may come late.
    let pace = (within / 2).max(Duration::from_millis(1));
    loop {
        tell("WATCHDOG=1");
        tokio::select! {
            () = stop.stopped() => return,
            () = tokio::time::sleep(pace) => {}
        }
    }
}

fn tell(assignment: &str) {
    // Whoever is not heard is not therefore at an end.
    if let Err(error) = os::tell_service_manager(assignment) {
        tracing::warn!("cannot tell the service manager {assignment}: {error}");
    }
}
