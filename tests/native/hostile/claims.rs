//! Section 4: claims that are almost right.

use serde_json::{Value, json};
use validate_jwt::gate::Diagnosis;
use validate_jwt::time::UnixTime;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe};

use super::{guarded, guarded_with, row, settled};
use crate::bench::{AUDIENCE, Bench, bearer, plain};

fn key() -> SigningKey {
    SigningKey::ed25519()
}

/// The good payload with one member written as this text.
fn written(name: &str, text: &str) -> TokenRecipe {
    let rest = Value::Object(plain().without_claim(name).claims().clone()).to_string();
    plain().raw_payload(format!("{},\"{name}\":{text}}}", rest.trim_end_matches('}')))
}

/// A bench whose clock stands, so that edges can be met.
fn at(seconds: i64, key: &SigningKey, skew: u32) -> Bench {
    let mut bench = guarded_with(&[key], &json!({"clock_skew": skew}));
    bench.now = UnixTime::from_seconds(seconds);
    bench
}

#[test]
fn an_expiry_that_has_come_or_is_missing_is_refused() {
    let key = key();
    let (now, recipe) = (2_000_000_000, plain().without_claim("nbf").without_claim("iat"));
    let bench = at(now, &key, 0);
    for (exp, expected) in [
        (now + 1, "allowed"),
        (now, "token_expired"),
        (now - 1, "token_expired"),
        (0, "token_expired"),
        (-1, "token_expired"),
        (i64::MIN, "token_expired"),
    ] {
        row(40, &bench, expected, [recipe.clone().claim("exp", exp).sign(&key)]);
    }
    row(40, &bench, "expiration_missing", [recipe.without_claim("exp").sign(&key)]);
}

#[test]
fn a_time_that_is_no_number_is_refused() {
    let key = key();
    let bench = guarded(&[&key]);
    for name in ["exp", "nbf", "iat"] {
        for text in [
            "\"9999999999\"",
            "\"never\"",
            "\"\"",
            "null",
            "true",
            "false",
            "[9999999999]",
            "{}",
            "1e400",
            "-1e400",
            "NaN",
            "Infinity",
            "-Infinity",
            "0x7fffffff",
            "09999999999",
            "+9999999999",
            "9999999999.",
            ".5",
            "9e",
            "1_000",
            "--1",
        ] {
            row(41, &bench, "token_malformed", [written(name, text).sign(&key)]);
        }
    }
}

#[test]
fn huge_and_fractional_times_never_wrap() {
    let key = key();
    let now = 2_000_000_000;
    let bench = at(now, &key, 0);
    let forty = "9".repeat(40);
    for text in [
        "2000000000.5",
        "2e9",
        "1e10",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        &forty,
        "1e308",
        "2000000001.0",
        "20000000010e-1",
    ] {
        let expected = if text == "2e9" { "token_expired" } else { "allowed" };
        row(42, &bench, expected, [written("exp", text).sign(&key)]);
    }
    for text in
        ["1.5", "-9223372036854775808", "-9223372036854775809", "-1e308", "1e-300", "-0", "1999999999.999999"]
    {
        row(42, &bench, "token_expired", [written("exp", text).sign(&key)]);
    }
    let lasting = |text: &str| {
        let rest =
            Value::Object(plain().without_claim("nbf").claim("exp", u64::MAX).claims().clone()).to_string();
        plain().raw_payload(format!("{},\"nbf\":{text}}}", rest.trim_end_matches('}'))).sign(&key)
    };
    row(
        42,
        &bench,
        "token_not_yet_valid",
        ["9223372036854775807", "18446744073709551616", "1e308", "2000000000.5"].map(lasting),
    );
    row(42, &bench, "allowed", ["-9223372036854775808", "-1e308", "2000000000", "1999999999.5"].map(lasting));
}

#[test]
fn a_token_from_the_future_waits_for_its_time() {
    let key = key();
    let now = 2_000_000_000;
    let bench = at(now, &key, 0);
    let recipe = plain().claim("exp", now + 100_000).without_claim("iat");
    row(
        43,
        &bench,
        "token_not_yet_valid",
        [recipe.clone().claim("nbf", now + 1), recipe.clone().claim("nbf", json!(2_000_000_000.5))]
            .map(|recipe| recipe.sign(&key)),
    );
    row(
        43,
        &bench,
        "allowed",
        [recipe.clone().claim("nbf", now), recipe.clone().claim("iat", now + 86_400)]
            .map(|recipe| recipe.sign(&key)),
    );
    row(43, &bench, "token_expired", [recipe.claim("exp", now - 10).claim("nbf", now + 10).sign(&key)]);
}

#[test]
fn clock_skew_moves_both_edges_and_no_further() {
    let key = key();
    let now = 2_000_000_000;
    let bench = at(now, &key, 60);
    let recipe = plain().without_claim("iat").claim("nbf", 0);
    for (exp, expected) in [(now - 59, "allowed"), (now - 60, "token_expired"), (now - 61, "token_expired")] {
        row(44, &bench, expected, [recipe.clone().claim("exp", exp).sign(&key)]);
    }
    for (nbf, expected) in [(now + 59, "allowed"), (now + 60, "allowed"), (now + 61, "token_not_yet_valid")] {
        row(44, &bench, expected, [recipe.clone().claim("exp", now + 900).claim("nbf", nbf).sign(&key)]);
    }
}

#[test]
fn an_issuer_is_the_same_code_points_or_another() {
    let key = key();
    let bench = guarded(&[&key]);
    for issuer in [
        "https://idp.example/",
        "https://IDP.example",
        "HTTPS://idp.example",
        "http://idp.example",
        "https://idp.example:443",
        "https://idp.example ",
        " https://idp.example",
        "https://idp.example\0",
        "https://idp.exampl",
        "https://idp.example.evil.example",
        "https://idp.example@evil.example",
        "https://idp%2Eexample",
        "https://\u{456}dp.example",
        "",
        "common",
        "{tenantid}",
        "*",
    ] {
        row(45, &bench, "issuer_not_allowed", [plain().issuer(issuer).sign(&key)]);
    }
    row(45, &bench, "issuer_not_allowed", [plain().without_claim("iss").sign(&key)]);
    for issuer in [json!(["https://idp.example"]), json!(null), json!(1), json!({"iss": 1})] {
        row(45, &bench, "token_malformed", [plain().claim("iss", issuer).sign(&key)]);
    }
    row(
        45,
        &bench,
        "issuer_not_allowed",
        [plain().without_claim("iss").claim("ISS", "https://idp.example").sign(&key)],
    );
}

#[test]
fn an_audience_is_the_same_code_points_or_another() {
    let key = key();
    let bench = guarded(&[&key]);
    let with = |audience: Value| plain().claim("aud", audience).sign(&key);
    row(46, &bench, "allowed", [json!(AUDIENCE), json!([AUDIENCE]), json!(["x", AUDIENCE, "y"])].map(with));
    let others = [
        json!([]),
        json!(""),
        json!([""]),
        json!(AUDIENCE.to_uppercase()),
        json!(format!("{AUDIENCE}/")),
        json!(&AUDIENCE[..30]),
        json!("*"),
        json!(format!("x,{AUDIENCE}")),
        json!(format!("x {AUDIENCE}")),
        json!(format!("https://{AUDIENCE}")),
        json!(format!("api://{AUDIENCE}")),
        json!(format!("{AUDIENCE}\0")),
        json!(format!(" {AUDIENCE}")),
    ];
    row(46, &bench, "audience_not_allowed", others.map(with));
    row(46, &bench, "audience_not_allowed", [plain().without_claim("aud").sign(&key)]);
    row(
        46,
        &bench,
        "token_malformed",
        [
            json!(null),
            json!(1),
            json!([[AUDIENCE]]),
            json!({"aud": AUDIENCE}),
            json!([AUDIENCE, 1]),
            json!([AUDIENCE, null]),
            json!(true),
        ]
        .map(with),
    );
}

#[test]
fn a_token_of_another_application_and_an_id_token_do_not_open_the_api() {
    let key = key();
    let strict = guarded_with(
        &[&key],
        &json!({"authorize": {"scopes": {"any": ["orders.read"]}, "roles": {"any": ["orders.process"]}, "match": "any"}}),
    );
    row(
        47,
        &strict,
        "audience_not_allowed",
        [plain().audience("00000000-0000-0000-0000-000000000001").sign(&key)],
    );
    let id_token = plain().claim("nonce", "n").claim("at_hash", "AAAA");
    row(47, &strict, "insufficient_scope", [id_token.clone().sign(&key)]);
    assert_eq!(strict.rejection(&bearer(&id_token.sign(&key))).diagnosis, Some(Diagnosis::IdToken));
}

#[test]
fn scopes_are_compared_as_whole_words() {
    let key = key();
    let bench = guarded_with(&[&key], &json!({"authorize": {"scopes": {"any": ["orders.read"]}}}));
    let with = |scopes: Value| plain().claim("scp", scopes).sign(&key);
    row(
        48,
        &bench,
        "allowed",
        [json!("orders.read"), json!("a orders.read b"), json!(["a", "orders.read"])].map(with),
    );
    row(
        48,
        &bench,
        "insufficient_scope",
        [
            json!("orders.readall"),
            json!("orders.rea"),
            json!("Orders.Read"),
            json!("orders.read,a"),
            json!("xorders.read"),
            json!(""),
            json!([]),
            json!(1),
            json!(null),
            json!([["orders.read"]]),
            json!({"orders.read": true}),
            json!("orders.read\u{a0}a"),
            json!("orders"),
        ]
        .map(with),
    );
    row(
        48,
        &bench,
        "insufficient_scope",
        [plain().sign(&key), plain().claim("roles", json!(["orders.read"])).sign(&key)],
    );
}

#[test]
fn a_policy_for_one_kind_of_caller_refuses_the_other() {
    let key = key();
    let user = plain().claim("scp", "orders.read").claim("idtyp", "user");
    let app = plain().claim("roles", json!(["orders.process"])).claim("idtyp", "app");
    let users = guarded_with(&[&key], &json!({"authorize": {"scopes": {"any": ["orders.read"]}}}));
    let apps = guarded_with(&[&key], &json!({"required_claims": [{"name": "idtyp", "values": ["app"]}]}));
    row(49, &users, "insufficient_scope", [app.clone().sign(&key)]);
    row(49, &apps, "claim_value_not_allowed", [user.clone().sign(&key)]);
    assert_eq!(
        (settled(&users, &user.sign(&key)), settled(&apps, &app.sign(&key))),
        ("allowed".to_owned(), "allowed".to_owned())
    );
}

#[test]
fn a_graph_token_is_refused_and_named() {
    let rsa = SigningKey::rsa(RsaFixture::First);
    let bench = guarded(&[&rsa]);
    // Graph hashes the nonce after signing, so that nobody else can verify the token.
    let token = validate_jwt_testbed::token::tamper::change_header(
        &plain().header("nonce", "hashed").sign(&rsa),
        |header| {
            header.insert("nonce".to_owned(), json!("plain"));
        },
    );
    row(50, &bench, "signature_invalid", [token.clone()]);
    assert_eq!(bench.rejection(&bearer(&token)).diagnosis, Some(Diagnosis::GraphToken));
}

#[test]
fn a_key_of_another_tenant_signs_nothing_here() {
    let rsa = SigningKey::rsa(RsaFixture::First);
    let mut bench = guarded(&[&rsa]);
    let mut jwk = rsa.entra_jwk();
    jwk["issuer"] = json!("https://login.microsoftonline.com/other/v2.0");
    bench.provide(0, super::ISSUER, &[jwk]);
    row(51, &bench, "issuer_not_allowed", [plain().sign(&rsa)]);
}
