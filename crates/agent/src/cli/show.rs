//! What the commands print.

use std::io::{self, Write as _};

use crate::control::Status;
use crate::words::{date, printable};

/// One line (or several) on standard output.
pub(super) fn line(text: &str) {
    // Nobody is left to tell when standard output is closed.
    let _closed = writeln!(io::stdout(), "{text}");
}

pub(super) fn status(status: &Status) {
    if status.device.is_empty() {
        line("this machine is not enrolled");
    } else {
        line(&format!("device    {} of site {}", status.device, status.site));
        line(&format!("root      {}", status.root));
    }
    line(&format!("version   {}", status.version));
    if !status.running {
        line("the agent is not running; `portolan-agent run` starts it");
        return;
    }
    let contact = if status.last_contact == 0 {
        "not since the agent was started".to_owned()
    } else {
        format!("{} at {}", date(status.last_contact), status.management_point)
    };
    line(&format!("contact   {contact}"));
    if !status.trouble.is_empty() {
        line(&format!("trouble   {}", status.trouble));
    }
    line(&format!("documents policy {}, service map {}", status.policy, status.map));
    line(&format!("spool     {} messages to be delivered", status.spool));
    for limit in &status.limits {
        line(&format!("limit     {limit}"));
    }
    assignments(status);
}

pub(super) fn assignments(status: &Status) {
    for one in &status.assignments {
        let reason = printable(&one.reason);
        let colon = if reason.is_empty() { "" } else { ": " };
        line(&format!("{:<24} {}{colon}{reason}", one.name, one.phase));
    }
}
