//! The site link where the site server opens it, and the site file that is edited
//! while the site runs.

use crate::Test;

pub(crate) const TESTS: &[Test] = &[];
