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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_minute_is_48_to_72_seconds() {
        assert_eq!(spread(60_000, 0), 48_000);
        assert_eq!(spread(60_000, u64::MAX), 72_000);
        assert_eq!(spread(60_000, u64::MAX / 2), 60_000);
        assert_eq!(spread(0, 7), 0);
        assert_eq!(spread(-5, 7), 0);
    }

    proptest! {
        #[test]
        fn never_further_than_a_fifth(base in 0..i64::MAX / 2, random in any::<u64>()) {
            let spread = spread(base, random);
            prop_assert!(spread.abs_diff(base) <= base.unsigned_abs() / 5);
        }
    }
}
