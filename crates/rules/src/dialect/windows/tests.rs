//! What the files say of the estates that the plan's goldens describe.
#![allow(clippy::unwrap_used)]

use super::super::Dialect;
use crate::{Compiler, Decided, Place};

#[test]
fn a_border_is_no_windows() {
    let plan = crate::tests::plan_of(crate::tests::BRANCHES);
    let set = Compiler::new(&plan).rules(&Place::Border).unwrap();
    assert!(Dialect::Windows.write(&set, &Decided::new("")).is_err());
}
