//! `explain`: each provider has its documents, and a refusal says what is at stake, what slipped, and what to change.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use validate_jwt::token::base64url;

const NOW: i64 = 1_800_000_000;
const TENANT: &str = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
const OTHER: &str = "b07a2c4e-90d1-4f7e-8c55-7d3e8f1a2b3c";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

/// The key set of a key, under this `kid`.
fn jwks(key: &SigningKey, kid: &str) -> String {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let [x, y] = [x, y].map(base64url::encode);
    json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y}]}).to_string()
}

fn discovery(issuer: &str) -> String {
    json!({"issuer": issuer, "jwks_uri": "https://keys.test/k"}).to_string()
}

/// A token with these claims and header members beside or instead of the usual ones; `null` takes one away.
fn token(key: &SigningKey, claims: &Value, header: &Value) -> String {
    let merged = |mut all: Value, own: &Value| {
        let members = all.as_object_mut().unwrap();
        for (name, value) in own.as_object().unwrap() {
            match value {
                Value::Null => members.remove(name),
                value => members.insert(name.clone(), value.clone()),
            };
        }
        base64url::encode(all.to_string())
    };
    let usual =
        json!({"iss": "https://one.test", "aud": "orders", "sub": "s", "iat": NOW, "exp": NOW + 3600});
    let input = format!(
        "{}.{}",
        merged(json!({"alg": "ES256", "kid": "k1", "typ": "JWT"}), header),
        merged(usual, claims)
    );
    let signature: Signature = key.sign(input.as_bytes());
    format!("{input}.{}", base64url::encode(signature.to_bytes()))
}

/// A folder with what `explain` reads.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, policy: &Value) -> Self {
        let folder = std::env::temp_dir().join(format!("validate-jwt-explain-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let folder = Self(folder);
        folder.write("policy.json", &json!({"validate_jwt": policy}).to_string());
        folder.write("one.json", &jwks(&key(1), "k1"));
        folder
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// What is said of a token.
    fn explain(&self, token: &str, more: &[&str]) -> (i32, String, String) {
        self.write("token", token);
        let now = NOW.to_string();
        let fixed = ["explain", "--config", "policy.json", "--token", "token", "--now", &now];
        self.run(&[&fixed[..], more].concat())
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_validate-jwt"))
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap();
        let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (status.code().unwrap(), out, err)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const ONE: &str = "https://one.test/.well-known/openid-configuration";
const TWO: &str = "https://two.test/.well-known/openid-configuration";

#[test]
fn every_provider_has_its_own_documents() {
    let folder = Folder::new(
        "providers",
        &json!({"openid_config": [{"url": ONE}, {"url": TWO}], "audiences": ["orders"]}),
    );
    folder.write("one.discovery.json", &discovery("https://one.test"));
    folder.write("two.discovery.json", &discovery("https://two.test"));
    folder.write("two.json", &jwks(&key(2), "k2"));
    let both = ["--discovery", "one.discovery.json", "--discovery", "two.discovery.json"];
    let keys = ["--jwks", "one_test=one.json", "--jwks", "two_test=two.json"];
    let all = [both, keys].concat();
    let of_two = token(&key(2), &json!({"iss": "https://two.test"}), &json!({"kid": "k2"}));
    let allowed = "allowed by policy validate_jwt\n".to_owned();
    assert_eq!(
        folder.explain(&token(&key(1), &json!({}), &json!({})), &all),
        (0, allowed.clone(), String::new())
    );
    assert_eq!(folder.explain(&of_two, &all), (0, allowed, String::new()));
    // With all documents at hand nobody could still speak for another issuer; with one missing, somebody could.
    let stranger = token(&key(1), &json!({"iss": "https://three.test"}), &json!({}));
    let (code, out, _) = folder.explain(&stranger, &all);
    assert_eq!(code, 1);
    assert!(out.starts_with("refused: issuer_not_allowed (status 401, policy validate_jwt)\n"), "{out}");
    assert!(out.contains("  iss: expected \"https://one.test\" or \"https://two.test\"\n"), "{out}");
    assert!(out.contains("add its discovery document to openid_config of policy validate_jwt"), "{out}");
    let (code, out, _) =
        folder.explain(&stranger, &["--discovery", "one.discovery.json", "--jwks", "one.json"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("note: provider two_test has no keys: give its key set with --jwks\n"), "{out}");
    assert!(out.contains("refused: keys_unavailable (status 503"), "{out}");
    for (more, expected) in [
        (
            &["--jwks", "one.json"][..],
            "--jwks: expected PROVIDER=one.json, since any of the providers one_test, two_test could have sent it",
        ),
        (
            &["--jwks", "three=one.json"],
            "--jwks: expected one of the providers one_test, two_test before \"=\", found \"three\"",
        ),
        (
            &["--jwks", "one_test=one.json", "--jwks", "one_test=two.json"],
            "--jwks: the provider one_test has one already",
        ),
    ] {
        assert_eq!(
            folder.explain(&stranger, more),
            (2, String::new(), format!("validate-jwt: {expected}\n"))
        );
    }
}

#[test]
fn a_policy_that_there_is_not_is_answered_with_those_that_there_are() {
    let folder = Folder::new("policies", &json!({"openid_config": [{"url": ONE}], "audiences": ["orders"]}));
    let good = token(&key(1), &json!({}), &json!({}));
    let (code, out, _) = folder.explain(&good, &["--jwks", "one.json", "--policy", "orders\u{1b}"]);
    assert_eq!(code, 1);
    assert!(out.contains("refused: policy_not_found (status 403"), "{out}");
    let told = "no policy is called \"orders\\u{1b}\": expected one of validate_jwt\n";
    assert!(out.contains(told), "{out}");
}

/// A policy, claims and header members of a token, and what is said of it.
type Case<'a> = (Value, Value, Value, &'a [&'a str]);

#[track_caller]
fn check(name: &str, cases: &[Case<'_>]) {
    for (policy, claims, header, expected) in cases {
        let folder = Folder::new(name, policy);
        let (code, out, err) = folder.explain(&token(&key(1), claims, header), &["--jwks", "one.json"]);
        assert_eq!((code, err.as_str()), (1, ""), "{out}");
        for part in *expected {
            assert!(out.contains(part), "{part}\n{out}");
        }
    }
}

#[test]
fn the_likeliest_slip_is_named_with_what_is_at_stake_and_what_to_change() {
    let entra = |tenant: &str, version: &str| format!("https://login.microsoftonline.com/{tenant}/{version}");
    let v2 = entra(TENANT, "v2.0");
    let url = format!("{v2}/.well-known/openid-configuration");
    let own = json!([{"url": ONE, "issuer": "https://one.test"}]);
    let of_entra = json!([{"url": url, "issuer": v2}]);
    check(
        "slips",
        &[
            (
                json!({"openid_config": own, "audiences": ["orders"]}),
                json!({"aud": "api://orders"}),
                json!({}),
                &[
                    "refused: audience_not_allowed (status 401, policy validate_jwt)",
                    "aud=\"api://orders\" allowed=\"orders\"",
                    "they differ only by api://",
                    "put its audience into audiences of policy validate_jwt",
                ],
            ),
            (
                json!({"openid_config": own, "audiences": ["https://api.test/"]}),
                json!({"aud": "https://api.test"}),
                json!({}),
                &["they differ only by a trailing slash"],
            ),
            (
                json!({"openid_config": own}),
                json!({"iss": "https://one.test/"}),
                json!({}),
                &[
                    "refused: issuer_not_allowed",
                    "differ only by a trailing slash: write it as the token does",
                ],
            ),
            (
                json!({"openid_config": of_entra}),
                json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "tid": TENANT}),
                json!({}),
                &[
                    "this is a v1.0 token: add the v1.0 discovery document, or set api.requestedAccessTokenVersion to 2",
                ],
            ),
            (
                json!({"openid_config": of_entra}),
                json!({"iss": format!("https://login.microsoftonline.us/{TENANT}/v2.0"), "tid": TENANT}),
                json!({}),
                &[
                    "the issuer belongs to another national cloud",
                    "add its discovery document to openid_config",
                ],
            ),
            (
                json!({"openid_config": of_entra}),
                json!({"iss": entra(OTHER, "v2.0"), "tid": OTHER}),
                json!({}),
                &["refused: issuer_not_allowed", "iss: expected \"https://login.microsoftonline.com/3f2c"],
            ),
            (
                json!({"openid_config": own, "audiences": ["orders"]}),
                json!({"aud": "00000003-0000-0000-c000-000000000000"}),
                json!({}),
                &["this token is for Microsoft Graph and only Graph can validate it"],
            ),
            (
                json!({"openid_config": own, "audiences": ["orders"]}),
                json!({"aud": "client", "nonce": "n"}),
                json!({}),
                &["this looks like an ID token: send an access token for this API"],
            ),
        ],
    );
}

#[test]
fn a_time_that_is_off_says_by_how_much() {
    let own = json!([{"url": ONE, "issuer": "https://one.test"}]);
    check(
        "times",
        &[
            (
                json!({"openid_config": own}),
                json!({"nbf": (NOW + 60) * 1000}),
                json!({}),
                &["refused: token_not_yet_valid", "the time is in milliseconds, it has to be in seconds"],
            ),
            (
                json!({"openid_config": own, "maximum_lifetime": 7200}),
                json!({"exp": NOW * 1000}),
                json!({}),
                &[
                    "refused: lifetime_too_long",
                    "the time is in milliseconds",
                    "the bound is maximum_lifetime of policy",
                ],
            ),
            (
                json!({"openid_config": own}),
                json!({"nbf": NOW + 42}),
                json!({}),
                &[
                    "it begins in 42 s: compare the clocks, this one may be behind; a clock_skew of 42 would do",
                ],
            ),
            (
                json!({"openid_config": own}),
                json!({"exp": NOW - 10}),
                json!({}),
                &[
                    "it ended 10 s ago: compare the clocks, this one may be ahead; a clock_skew of 11 would do",
                    "get a fresh token",
                ],
            ),
        ],
    );
}

#[test]
fn what_the_token_says_stands_beside_what_is_demanded() {
    let own = json!([{"url": ONE, "issuer": "https://one.test"}]);
    check(
        "demands",
        &[
            (
                json!({"openid_config": own}),
                json!({}),
                json!({"kid": "k9"}),
                &["refused: signature_key_not_found", "kid: found \"k9\", its issuer's keys are \"k1\""],
            ),
            (
                json!({"openid_config": own, "algorithms": ["RS256"]}),
                json!({}),
                json!({}),
                &[
                    "alg: found \"ES256\", allowed are RS256",
                    "it has to be in algorithms of policy validate_jwt, and fit the key",
                ],
            ),
            (
                json!({"openid_config": own, "token_types": ["at+jwt"]}),
                json!({}),
                json!({}),
                &["typ: found \"JWT\", allowed are at+jwt"],
            ),
            (
                json!({"openid_config": own, "required_claims": [{"name": "roles", "values": ["clerk"]}]}),
                json!({"roles": ["guest"]}),
                json!({}),
                &[
                    "claim roles: found [\"guest\"], expected all of \"clerk\"",
                    "required_claims of policy validate_jwt",
                ],
            ),
            (
                json!({"openid_config": own, "required_claims": [{"path": ["a", "b"]}]}),
                json!({}),
                json!({}),
                &["claim a > b: found nothing, expected any value"],
            ),
            (
                json!({"openid_config": own, "authorize": {"scopes": {"any": ["read", "write"]}}}),
                json!({"scp": "list"}),
                json!({}),
                &[
                    "refused: insufficient_scope (status 403",
                    "scopes (scp, scope): found \"list\", expected any of \"read\", \"write\"",
                    "the demand is in authorize of policy validate_jwt",
                ],
            ),
        ],
    );
}

#[test]
fn what_the_api_gets_and_what_the_request_is_may_be_said() {
    let policy = json!({
        "openid_config": [{"url": ONE, "issuer": "https://one.test"}],
        "sources": [{"cookie": "session"}, {"header": "authorization"}],
        "forward": {"token": "remove", "claims_to_headers": [{"claim": "sub", "header": "x-user"}]},
    });
    let folder = Folder::new("request", &policy);
    let good = token(&key(1), &json!({}), &json!({}));
    let keys = ["--jwks", "one.json"];
    let (code, out, _) = folder.explain(&good, &[&keys[..], &["--header", "X-User: root"]].concat());
    assert_eq!(code, 0);
    assert!(out.contains("  removes x-user\n") && out.contains("  sets x-user: s\n"), "{out}");
    // The token in a header of one's own, and none beside.
    let authorization = format!("Authorization: Bearer {good}");
    let now = NOW.to_string();
    let own = [
        "explain",
        "--config",
        "policy.json",
        "--now",
        &now,
        "--jwks",
        "one.json",
        "--header",
        &authorization,
    ];
    assert_eq!(folder.run(&own).0, 0);
    let (code, out, _) = folder.run(&["explain", "--config", "policy.json", "--header", "x: y"]);
    assert_eq!(code, 1);
    assert!(out.contains("refused: token_not_present"), "{out}");
    assert!(out.contains("  looked for in the cookie session, the header authorization\n"), "{out}");
    // A bound token, without its certificate and with it.
    let digest = base64url::encode([7; 32]);
    let bound = token(&key(1), &json!({"cnf": {"x5t#S256": digest}}), &json!({}));
    let (_, out, _) = folder.explain(&bound, &keys);
    assert!(out.contains("refused: confirmation_failed") && out.contains("(--certificate)"), "{out}");
    assert_eq!(folder.explain(&bound, &[&keys[..], &["--certificate", &"07".repeat(32)]].concat()).0, 0);
    let (code, out, _) = folder.explain(&bound, &[&keys[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["outcome"], &told["status"]), (1, &json!("rejected"), &json!(401)));
    assert_eq!(told["refusal"]["reason"], "confirmation_failed");
    let late = ["explain", "--config", "policy.json", "--header", "x: y", "--now", "1800000000000"];
    let (code, _, err) = folder.run(&late);
    assert_eq!(code, 2);
    assert!(err.contains("--now <SECONDS>: expected seconds since 1970, not milliseconds, found "), "{err}");
}

#[test]
fn rules_heed_the_host() {
    let folder = Folder::new("host", &json!({}));
    let policy = json!({"validate_jwt": {"openid_config": [{"url": ONE, "issuer": "https://one.test"}], "audiences": ["orders"]}});
    let rules = json!([{"match": {"hosts": ["open.test"]}, "allow": true}, {"match": {}, "policy": "p"}]);
    folder.write("policy.json", &json!({"policies": {"p": policy}, "rules": rules}).to_string());
    let good = token(&key(1), &json!({}), &json!({}));
    let said = |more: &[&str]| folder.explain(&good, &[&["--jwks", "one.json"][..], more].concat()).1;
    assert_eq!(said(&["--host", "open.test"]), "allowed without a token, by a rule\n");
    assert_eq!(said(&["--url", "https://open.test/x"]), "allowed without a token, by a rule\n");
    assert_eq!(said(&[]), "allowed by policy p\n");
}
