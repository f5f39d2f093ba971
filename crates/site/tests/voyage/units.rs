//! Both programs as packages under systemd, on booted machines.

use crate::Test;

pub(crate) const TESTS: &[Test] = &[];
