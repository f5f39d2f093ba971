//! Numbers that need not be secret, only different on every machine: SplitMix64
//! (Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, 2014).
//! Seeded by the caller, so that a simulation repeats to the last bit.

/// A stream of numbers out of a seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Puts a list into random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = between(0, i64::try_from(last).unwrap_or(0), self.next_u64());
            list.swap(last, usize::try_from(other).unwrap_or(0));
        }
    }
}

/// One of the whole numbers from `low` to `high`, both included, each as likely
/// as the other. `low` where the range is empty.
pub(crate) fn between(low: i64, high: i64, random: u64) -> i64 {
    let Ok(width) = u64::try_from(i128::from(high) - i128::from(low)) else { return low };
    // The upper half of the product is the number scaled down to the range.
    let scaled = (u128::from(random) * (u128::from(width) + 1)) >> 64;
    low.saturating_add(i64::try_from(scaled).unwrap_or(0))
}
