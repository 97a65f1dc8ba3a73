//! The conformance corpus: other projects' cases against whole verdicts.
//!
//! The folder is named by `VALIDATE_JWT_CORPUS`; CONTRIBUTING.md describes its form. The cases are other
//! projects' data and not part of this repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use validate_jwt::time::UnixTime;
use validate_jwt_testbed::corpus;
use validate_jwt_testbed::token::now;

use crate::bench::{Bench, request};

/// Cases at level "should" that are decided otherwise, each with its reason.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "attackA/set-1000-keys",
    "a set beyond limits.keys (200) is refused as a whole: which 200 to keep would be anybody's guess",
)];

#[test]
fn every_case_of_the_corpus_is_decided_as_it_says() {
    let Some(folder) = corpus::folder().expect("the corpus that is named") else { return };
    let mut tally = Tally::default();
    for file in files(&folder) {
        let text = std::fs::read_to_string(&file).expect("the corpus is readable");
        let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        for case in &cases {
            tally.run(case);
        }
    }
    tally.report();
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let sources = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = sources
        .flatten()
        .flat_map(|source| ["cases.json", "disputed.json"].map(|name| source.path().join(name)))
        .filter(|file| file.exists())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no cases", folder.display());
    files
}

#[derive(Default)]
struct Tally {
    agreed: usize,
    skipped: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
    printed: Vec<String>,
}

impl Tally {
    fn run(&mut self, case: &Value) {
        let id = case["id"].as_str().unwrap_or_default();
        let level = case["level"].as_str().unwrap_or_default();
        match decide(case) {
            Err(why) => *self.skipped.entry(why).or_default() += 1,
            Ok(verdict) => {
                let accepted = verdict == "allowed";
                if accepted == (case["expect"] == "accept") {
                    self.agreed += 1;
                    return;
                }
                let line =
                    format!("{level} {id}: expected {}, got {verdict} ({})", case["expect"], case["reason"]);
                let excused = EXCEPTIONS.iter().any(|(excepted, _)| *excepted == id);
                if level == "must" || (level == "should" && !excused) {
                    self.wrong.push(line);
                } else {
                    self.printed.push(line);
                }
            }
        }
    }

    fn report(&self) {
        println!("{} cases agree; skipped: {:?}", self.agreed, self.skipped);
        for line in &self.printed {
            println!("not gated: {line}");
        }
        assert!(self.wrong.is_empty(), "{} cases disagree:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(self.agreed > 0, "no case was run");
    }
}

/// The verdict on a case, through real configuration, or why it cannot be asked.
fn decide(case: &Value) -> Result<String, &'static str> {
    let layer = case["layer"].as_str().unwrap_or_default();
    let document = match &case["jwks_text"] {
        Value::String(text) => text.clone(),
        _ => case["jwks"].to_string(),
    };
    if layer == "jwks" {
        let symmetric =
            case["jwks"]["keys"].as_array().is_some_and(|keys| keys.iter().all(|key| key["kty"] == "oct"));
        if case["expect"] == "accept" && (case["expect_keys"] == 0 || symmetric) {
            return Err("a set that parses without a usable key is a failed fetch here");
        }
        let keys = validate_jwt::token::KeySet::from_jwks_document(document.as_bytes(), 200);
        return Ok(keys.map_or_else(|error| error.to_string(), |_| "allowed".to_owned()));
    }
    let token = case["token"].as_str().ok_or("no token")?;
    if layer == "parse" && case["expect"] == "accept" {
        return Err("the signature is a dummy");
    }
    let needs: Vec<&str> = case["needs"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if case["expect"] == "accept" && ["short_hmac_key", "rsa_lt_2048"].iter().any(|need| needs.contains(need))
    {
        return Err("weak keys are refused at load");
    }
    let claims = peek(token, 1);
    if layer == "jws" && claims.is_none() {
        return Err("the payload is no JSON object: a whole filter refuses it anyway");
    }
    let mut policy = policy(case, layer, &needs)?;
    let keys: Vec<Value> = case["jwks"]["keys"].as_array().cloned().unwrap_or_default();
    let symmetric = keys.iter().any(|key| key["kty"] == "oct");
    let issuer = case["issuer"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| claims.as_ref()?["iss"].as_str().map(str::to_owned));
    let fetched = issuer.filter(|issuer| issuer.starts_with("https://") && layer != "claims");
    let inline_only = symmetric && case["expect"] == "accept";
    let mut bench = match fetched {
        Some(issuer) if !inline_only => {
            policy["openid_config"] = json!([{"jwks_uri": "https://keys.example/jwks", "issuer": issuer}]);
            let Some(mut bench) = compile(&policy) else { return Ok(REFUSED.to_owned()) };
            match validate_jwt::token::KeySet::from_jwks_document(document.as_bytes(), 200) {
                Ok(_) => bench.provide_document(&issuer, &document),
                Err(error) if case["expect"] == "reject" => return Ok(error.to_string()),
                Err(_) => return Ok("no usable key in the set".to_owned()),
            }
            bench
        }
        _ => {
            if keys.is_empty() {
                return Err("no key to configure");
            }
            if keys.iter().any(|key| !key.is_object()) {
                return Err("an inline key must be an object");
            }
            policy["issuer_signing_keys"] = keys.iter().map(|key| json!({"jwk": key})).collect();
            match compile(&policy) {
                Some(bench) => bench,
                None => return Ok(REFUSED.to_owned()),
            }
        }
    };
    bench.now = UnixTime::from_seconds(time(case, claims.as_ref()));
    let authorization = format!("Bearer {token}");
    let verdict = bench.verdict(&request(&[("authorization", &authorization)]));
    Ok(if verdict == "await" { "signature_key_not_found".to_owned() } else { verdict })
}

/// The case's own settings, as a policy without keys.
fn policy(case: &Value, layer: &str, needs: &[&str]) -> Result<Value, &'static str> {
    let mut policy = json!({});
    let empty = |value: &Value| {
        value == "" || value.as_array().is_some_and(|list| list.is_empty() || list.contains(&json!("")))
    };
    if empty(&case["audiences"])
        || empty(&case["issuer"])
        || case["typ_required"] == ""
        || case["subject"] == ""
    {
        return Err("an empty setting is refused at load");
    }
    if needs.contains(&"exp_optional") || layer != "jwt" {
        policy["require_expiration_time"] = json!(false);
    }
    if let Some(skew) = case["clock_skew"].as_f64() {
        policy["clock_skew"] = json!(skew);
    }
    if case["audiences"].is_array() {
        policy["audiences"] = case["audiences"].clone();
    }
    match &case["issuer"] {
        Value::String(issuer) => policy["issuers"] = json!([issuer]),
        Value::Array(_) => policy["issuers"] = case["issuer"].clone(),
        _ => {}
    }
    if let Some(algorithms) = case["algs_allowed"].as_array() {
        let known = |name: &&Value| {
            name.as_str().is_some_and(|name| {
                name != "none" && validate_jwt::token::Algorithm::from_name(name).is_some()
            })
        };
        let known: Vec<&Value> = algorithms.iter().filter(known).collect();
        if known.is_empty() {
            return Err("no algorithm of the allow-list can be configured");
        }
        policy["algorithms"] = json!(known);
    }
    let typ = peek(case["token"].as_str().unwrap_or_default(), 0)
        .and_then(|header| header["typ"].as_str().map(str::to_owned));
    match (&case["typ_required"], typ) {
        (Value::String(required), _) => policy["token_types"] = json!([required]),
        (_, Some(typ)) if needs.contains(&"typ_other") || layer == "jws" => {
            policy["token_types"] = json!([typ]);
        }
        _ => {}
    }
    if case["max_lifetime"].is_number() {
        policy["maximum_lifetime"] = case["max_lifetime"].clone();
    }
    let mut required: Vec<Value> = case["required_claims"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|name| *name != "exp")
        .map(|name| json!({"name": name}))
        .collect();
    if case["subject"].is_string() {
        required.push(json!({"name": "sub", "values": [case["subject"]]}));
    }
    if !required.is_empty() {
        policy["required_claims"] = json!(required);
    }
    Ok(policy)
}

/// A configuration that is refused cannot accept a token either.
fn compile(policy: &Value) -> Option<Bench> {
    let configuration = json!({"validate_jwt": policy}).to_string();
    let config = validate_jwt::config::Config::parse(configuration.as_bytes());
    config.is_ok().then(|| Bench::of_text(&configuration))
}

/// The verdict of a configuration that does not load.
const REFUSED: &str = "refused at load";

/// The time of a case: its own, or one at which the token is valid.
fn time(case: &Value, claims: Option<&Value>) -> i64 {
    let number = |name: &str| claims.and_then(|claims| claims[name].as_f64());
    #[expect(clippy::cast_possible_truncation, reason = "saturating is what is wanted")]
    match case["now"].as_f64() {
        Some(now) => now as i64,
        None => match (number("exp"), number("nbf").or_else(|| number("iat"))) {
            (Some(exp), _) if exp > 0.0 && exp < 1e12 => exp as i64 - 1,
            (_, Some(start)) if start < 1e12 => start.ceil() as i64,
            _ => now(),
        },
    }
}

/// A segment of a token as JSON object, decoded leniently: only for looking at it.
fn peek(token: &str, segment: usize) -> Option<Value> {
    let bytes = validate_jwt::token::base64url::decode(token.split('.').nth(segment)?).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
}
