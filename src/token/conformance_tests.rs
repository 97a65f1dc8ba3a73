//! Raw signature vectors of a conformance corpus (Wycheproof and others), against the bare engine.
//!
//! The corpus is other projects' data and not in this repository: `VALIDATE_JWT_CORPUS` names its folder.
//! Without the variable there is nothing to run; with it, a missing file is a failure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use validate_jwt_testbed::corpus;

use super::{Algorithm, Key, KeyUnusable, SandboxEngine, SignatureEngine};

#[derive(Deserialize)]
struct RawVectors {
    keys: BTreeMap<String, Map<String, Value>>,
    vectors: Vec<RawVector>,
}

#[derive(Deserialize)]
struct RawVector {
    id: String,
    alg: String,
    key: String,
    msg_hex: String,
    sig_hex: String,
    expect: String,
    level: String,
    comment: String,
}

#[test]
fn every_raw_vector_of_the_corpus_agrees() {
    let Some(folder) = corpus::folder().unwrap() else { return };
    let path = folder.join("wycheproof/raw_vectors.json");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let corpus: RawVectors = serde_json::from_slice(&text).unwrap();
    let keys: BTreeMap<_, _> = corpus.keys.iter().map(|(id, jwk)| (id, Key::from_inline_jwk(jwk))).collect();
    let disagreeing: Vec<String> =
        corpus.vectors.iter().filter_map(|vector| check(vector, &keys[&vector.key])).collect();
    println!("{} vectors, {} disagree", corpus.vectors.len(), disagreeing.len());
    assert!(disagreeing.is_empty(), "{}", disagreeing.join("\n"));
    assert!(corpus.vectors.len() > 1_000, "the corpus is not whole");
}

/// What is wrong, if the engine and the vector disagree.
fn check(vector: &RawVector, key: &Result<Key, KeyUnusable>) -> Option<String> {
    let algorithm = Algorithm::from_name(&vector.alg).unwrap();
    let verified = key.as_ref().map_err(|reason| format!("{reason:?}")).and_then(|key| {
        SandboxEngine
            .verify(algorithm, key, &hex(&vector.msg_hex), &hex(&vector.sig_hex))
            .map_err(|error| format!("{error:?}"))
    });
    // "The MAC is right, but a key loader must refuse the key."
    let expected = vector.expect == "accept" && vector.level != "primitive-only";
    (verified.is_ok() != expected).then(|| {
        format!(
            "{} ({}, {}): expected {}, {verified:?}",
            vector.id, vector.alg, vector.comment, vector.expect
        )
    })
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
