//! Runs [`hostile::site_file`] on what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::site_file(data));
