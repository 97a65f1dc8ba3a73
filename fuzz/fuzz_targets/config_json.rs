#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| validate_jwt_fuzz::config_json(bytes));
