//! The install command of `portolan token create`, on a bare Debian machine.

use crate::Test;

pub(crate) const TESTS: &[Test] = &[];
