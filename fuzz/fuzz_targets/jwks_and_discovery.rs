#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| validate_jwt_fuzz::jwks_and_discovery(bytes));
