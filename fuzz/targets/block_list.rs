//! Runs [`hostile::block_list`] on what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::block_list(data));
