//! Runs [`hostile::range`] on what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::range(data));
