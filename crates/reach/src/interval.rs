//! Regular work, spread out. Ten thousand machines that boot together after a
//! power cut must not ask for policy together for ever after.

use crate::random::between;

/// An interval of 80 to 120 % of `base`, in milliseconds. `random` is any
/// number that differs from machine to machine and from time to time.
pub fn spread(base: i64, random: u64) -> i64 {
    let base = base.max(0);
    let fifth = base / 5;
    between(base - fifth, base.saturating_add(fifth), random)
}
