//! Runs [`hostile::rule_set`] on what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::rule_set(data));
