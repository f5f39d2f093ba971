//! Runs [`hostile::package_status`] on what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::package_status(data));
