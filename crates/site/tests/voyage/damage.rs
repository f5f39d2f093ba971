//! What is damaged on the way: a corrupt block on a distribution point, and a link
//! that is cut in the middle of a large content.

use crate::Test;

pub(crate) const TESTS: &[Test] = &[];
