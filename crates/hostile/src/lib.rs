//! What must hold whatever arrives: one function for each kind of foreign
//! bytes. It gives them to the readers that the product has for them, and
//! panics where a reader does, or breaks its word.
//!
//! `fuzz/` lets libFuzzer think of such bytes, and keeps the interesting ones
//! in `fuzz/corpus`; the tests here replay those on every run of the suite,
//! beside honest documents made by the product itself. One shared place,
//! because a fuzz target that only a nightly compiler builds rots unseen.
//!
//! Not part of the product: nothing uses this crate but its tests and `fuzz/`.

mod block_list;
mod document;
mod package_status;
mod range;
mod report;
mod rule_set;
mod site_file;

#[cfg(test)]
mod replay;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod words;

pub use block_list::block_list;
pub use document::document;
pub use package_status::package_status;
pub use range::range;
pub use report::report;
pub use rule_set::rule_set;
pub use site_file::site_file;
