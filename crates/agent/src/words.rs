//! Words for people: an error with its causes in one line, foreign text made
//! harmless, times and sizes that can be read.

/// As long as a reason may be, in characters: a management point takes 1024.
const REASON: usize = 1000;

/// An error and its causes in one line that a message holds.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    printable(&wire::problem::chain(error))
}

/// Text of one line, without control characters, cut to what a message holds.
pub(crate) fn printable(text: &str) -> String {
    wire::problem::printable(text, REASON)
}

/// `2026-11-21 08:00 UTC`, from Unix milliseconds.
pub(crate) fn date(millis: i64) -> String {
    let minutes = millis.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
}

/// Year, month and day of a day since 1970 (Howard Hinnant, *chrono-compatible
/// low-level date algorithms*, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut size = bytes as f64;
    let mut unit = "bytes";
    for next in units {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{size:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_sizes() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_400_000), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_795_248_895_000), "2026-11-21 08:14 UTC");
        assert_eq!(date(-60_000), "1969-12-31 23:59 UTC");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(3 * 512 * 1024), "1.5 MiB");
        assert_eq!(size(u64::MAX), "16.0 EiB");
        assert_eq!(printable("a\nb\u{1b}[1m"), "a b [1m");
    }
}
