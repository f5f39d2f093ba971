//! What a server has cost: CPU time of its processes, all threads together, as
//! the kernel counts it.

use std::time::Duration;

/// What `/proc/PID/stat` counts in, on every Linux that we know.
const TICK: Duration = Duration::from_millis(10);

/// CPU time, in user mode and in the system, that a process and its children
/// that still run have used since they began.
pub(crate) fn used(pid: u32) -> Duration {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let family = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    std::iter::once(pid).chain(family).map(own).sum()
}

fn own(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let text = text.unwrap_or_else(|error| panic!("process {pid} is gone: {error}"));
    // The name may hold spaces, and stands in brackets.
    let (_, rest) = text.rsplit_once(')').expect("a name in brackets");
    let fields = rest.split_whitespace().skip(11).take(2);
    let ticks: u32 = fields.map(|field| field.parse::<u32>().expect("a number")).sum();
    TICK * ticks
}
