//! Estate → plan: the one function.

use crate::{Estate, Finding, Mistake, Plan};

/// The plan of an estate.
pub fn plan(estate: &Estate) -> Result<(Plan, Vec<Finding>), Vec<Mistake>> {
    let _ = estate;
    Err(Vec::new())
}
