//! A stolen distribution point: what an attacker with all its keys can do, which is
//! nothing that the site did not allow it.

use crate::Test;

pub(crate) const TESTS: &[Test] = &[];
