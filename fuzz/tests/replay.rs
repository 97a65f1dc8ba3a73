//! Every input of the corpora, without a fuzzer: what was found once stays fixed.

use std::fs;
use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("a corpus").flatten() {
        let bytes = fs::read(entry.path()).expect("a file");
        run(&bytes);
        // Beside each input its neighbours, so that a replay is more than a smoke test.
        for end in (0..bytes.len()).step_by(7) {
            run(&bytes[..end]);
            let mut flipped = bytes.clone();
            flipped[end] ^= 1 << (end % 8);
            run(&flipped);
        }
        count += 1;
    }
    assert!(count > 0, "no inputs in {}", folder.display());
}

#[test]
fn the_inputs_of_token() {
    replay("token", validate_jwt_fuzz::token);
}

#[test]
fn the_inputs_of_jwks_and_discovery() {
    replay("jwks_and_discovery", validate_jwt_fuzz::jwks_and_discovery);
}

#[test]
fn the_inputs_of_config_json() {
    replay("config_json", validate_jwt_fuzz::config_json);
}

#[test]
fn the_inputs_of_config_xml() {
    replay("config_xml", validate_jwt_fuzz::config_xml);
}

#[test]
fn the_inputs_of_differential() {
    replay("differential", validate_jwt_fuzz::differential);
}
