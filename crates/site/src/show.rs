//! What people read: tables, times and sizes in words; and JSON for programs.
//! Colour only where a person looks: on a terminal, unless `NO_COLOR` is set.

use std::io::{IsTerminal as _, Write as _};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use wire::client::Phase;

use crate::outcome::Failure;

/// Writes one line to standard output. A reader that went away (`| head`) is
/// no failure.
pub(crate) fn line(text: impl AsRef<str>) {
    let _closed = writeln!(std::io::stdout(), "{}", text.as_ref());
}

/// A body of the REST API, as it is.
pub(crate) fn json(body: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(body)
        .map_err(|error| Failure::because("cannot write JSON", &error))?;
    line(text);
    Ok(())
}

/// A table without frames, which a person can read and `awk` can cut.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for text in table.to_string().lines() {
        // The cells' padding is for frames, and there are none.
        line(text.strip_prefix(' ').unwrap_or(text).trim_end());
    }
}

/// Whether standard output takes colour.
pub(crate) fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A phase, in its colour.
pub(crate) fn phase(phase: Phase) -> String {
    if !colour() {
        return phase.to_string();
    }
    let code = match phase {
        Phase::Installed | Phase::Uninstalled => "32",
        Phase::Failed => "31",
        Phase::Unknown => "33",
        Phase::Pending | Phase::Waiting => "2",
        Phase::Downloading | Phase::Installing | Phase::Uninstalling => "36",
    };
    format!("\x1b[{code}m{phase}\x1b[0m")
}

/// `1 device`, `2 devices`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How long ago, in one unit: `3 s ago`, `5 min ago`. Unix milliseconds.
pub(crate) fn ago(then: i64) -> String {
    if then == 0 {
        return "never".into();
    }
    let seconds = (node::clock::now() - then).max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// A moment, in UTC. Unix milliseconds.
pub(crate) fn moment(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// Bytes, in the unit that fits.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut value = bytes as f64;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// The last lines of an installer's output, set off from our own words.
pub(crate) fn quoted(output: &str) {
    for text in output.lines() {
        line(format!("    | {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_unit_that_fits() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(0, "device"), "0 devices");
        assert_eq!(counted(1, "device"), "1 device");
    }
}
