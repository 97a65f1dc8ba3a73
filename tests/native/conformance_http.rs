//! `http_cases.json` of a conformance corpus: whole requests, with the token in one of several places.

use serde_json::{Value, json};
use validate_jwt::gate::Request;
use validate_jwt::time::UnixTime;
use validate_jwt_testbed::corpus;

use crate::bench::Bench;

#[test]
fn every_request_of_the_corpus_is_decided_as_it_says() {
    let Some(folder) = corpus::folder().expect("the corpus that is named") else { return };
    let mut count = 0;
    for source in std::fs::read_dir(folder).expect("the corpus").flatten() {
        let Ok(text) = std::fs::read_to_string(source.path().join("http_cases.json")) else { continue };
        let file: Value = serde_json::from_str(&text).expect("JSON");
        for case in file["cases"].as_array().expect("a list") {
            let verdicts = verdicts(&file, case);
            let passes = verdicts.iter().any(|verdict| verdict == "allowed");
            // A source has its own status for a refusal; that it is one is what counts.
            assert_eq!(passes, case["expect"]["status"] == 200, "{}: {verdicts:?}", case["id"]);
            count += 1;
        }
    }
    assert!(count > 0, "the corpus holds no requests");
}

/// The verdict of one policy for each place that a case names: a policy of ours looks at one place only.
fn verdicts(file: &Value, case: &Value) -> Vec<String> {
    let config = &case["config"];
    let jwks = file["jwks"][config["jwks"].as_str().expect("a name")]["keys"].as_array().expect("keys");
    let text = |value: &Value| {
        let tokens = file["tokens"].as_object().expect("tokens").iter();
        tokens.fold(value.as_str().unwrap_or_default().to_owned(), |text, (name, token)| {
            text.replace(&format!("{{{name}}}"), token.as_str().unwrap_or_default())
        })
    };
    let mut headers = vec![
        (":method".to_owned(), text(&case["request"]["method"])),
        (":path".to_owned(), text(&case["request"]["path"])),
    ];
    for pair in case["request"]["headers"].as_array().expect("headers") {
        headers.push((text(&pair[0]), text(&pair[1])));
    }
    let request =
        Request::from_pairs(headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    let list = |name: &str| config[name].as_array().cloned().unwrap_or_default().into_iter();
    let places = list("from_headers")
        .map(|header| ("header_name", header["name"].clone()))
        .chain(list("from_params").map(|name| ("query_parameter_name", name)))
        .chain(list("from_cookies").map(|name| ("cookie_name", name)));
    places
        .map(|(place, name)| {
            let issuer = config["issuer"].as_str().expect("an issuer");
            let provider = json!({"jwks_uri": "https://keys.example/keys", "issuer": issuer});
            let mut bench = Bench::new(&json!({"validate_jwt": {"openid_config": [provider], place: name}}));
            bench.provide(0, issuer, jwks);
            bench.now = UnixTime::from_seconds(file["now"].as_i64().expect("a time"));
            bench.verdict(&request)
        })
        .collect()
}
