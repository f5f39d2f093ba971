//! Who is away: a client that is cut off while others install, one that roams to
//! another network, and a distribution point that is dead.

use crate::Test;

pub(crate) const TESTS: &[Test] = &[];
