//! What a firewall must let pass: plan → rules → text in the dialects that
//! people use.
//!
//! [`Compiler`] makes the [`RuleSet`] of one firewall (a host's, that of the
//! machines of a network, or a border's) out of a plan. [`Dialect`] names the ways to
//! write it down; each renderer is a file of its own and decides nothing. The other way
//! round, [`read`] takes a rule set that somebody has, and [`compare`] holds it
//! against what must be.
//!
//! Pure, as the plan is: text in, text out. Who loads rules into a kernel is `site`.

pub mod compare;
pub mod dialect;
pub mod read;
pub mod rule;
pub mod space;

mod compile;
mod decided;
mod digest;
#[cfg(test)]
mod tests;
mod wires;

pub use compile::Compiler;
pub use decided::Decided;
pub use dialect::Dialect;
pub use digest::Digest;
pub use rule::{Direction, Ends, Finding, Kind, Place, Rule, RuleSet, Version};
