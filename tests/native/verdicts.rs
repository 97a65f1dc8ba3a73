//! Token recipe × policy × time → verdict.

use serde_json::{Value, json};
use validate_jwt::time::UnixTime;
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, now, tamper};

use crate::bench::{AUDIENCE, Bench, bearer, inline, plain, request};

/// Verdicts of one policy over several recipes.
#[track_caller]
fn check(more: &Value, cases: &[(&str, validate_jwt_testbed::token::TokenRecipe, &str)]) {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, more));
    for (what, recipe, expected) in cases {
        assert_eq!(bench.on(&recipe.sign(&key)), *expected, "{what}");
    }
}

#[test]
fn expiry_is_exclusive_and_clock_skew_moves_it_to_the_second() {
    let key = SigningKey::p256();
    let at = 1_700_000_000;
    for (skew, exp, expected) in [
        (0.0, json!(at + 1), "allowed"),
        (0.0, json!(at), "token_expired"),
        (0.0, json!(at - 1), "token_expired"),
        (0.0, json!(1_700_000_000.5), "allowed"),
        (0.0, json!(1_699_999_999.5), "token_expired"),
        (60.0, json!(at - 59), "allowed"),
        (60.0, json!(at - 60), "token_expired"),
        (60.0, json!(at - 61), "token_expired"),
        (0.5, json!(at), "allowed"),
        (0.0, json!(0), "token_expired"),
        (0.0, json!(-1), "token_expired"),
        (0.0, json!(1e300), "allowed"),
        (0.0, json!(u64::MAX), "allowed"),
        (0.0, json!(-1e300), "token_expired"),
        (0.0, json!("1800000000"), "token_malformed"),
        (0.0, json!(null), "token_malformed"),
        (0.0, json!([at + 1]), "token_malformed"),
        (0.0, json!(true), "token_malformed"),
    ] {
        let mut bench = Bench::new(&inline(&key, &json!({"clock_skew": skew})));
        bench.now = UnixTime::from_seconds(at);
        let recipe = plain().without_claim("nbf").without_claim("iat").claim("exp", exp.clone());
        assert_eq!(bench.on(&recipe.sign(&key)), expected, "skew {skew}, exp {exp}");
    }
}

#[test]
fn not_before_is_inclusive_and_clock_skew_moves_it_to_the_second() {
    let key = SigningKey::p256();
    let at = 1_700_000_000;
    for (skew, nbf, expected) in [
        (0, json!(at), "allowed"),
        (0, json!(at + 1), "token_not_yet_valid"),
        (60, json!(at + 60), "allowed"),
        (60, json!(at + 61), "token_not_yet_valid"),
        (0, json!(i64::MAX), "token_not_yet_valid"),
        (0, json!("0"), "token_malformed"),
    ] {
        let mut bench = Bench::new(&inline(&key, &json!({"clock_skew": skew})));
        bench.now = UnixTime::from_seconds(at);
        let recipe = plain().claim("exp", at + 10_000).claim("nbf", nbf.clone());
        assert_eq!(bench.on(&recipe.sign(&key)), expected, "skew {skew}, nbf {nbf}");
    }
}

#[test]
fn require_expiration_time_and_maximum_lifetime() {
    check(&json!({}), &[("no exp", plain().without_claim("exp"), "expiration_missing")]);
    check(
        &json!({"require_expiration_time": false}),
        &[
            ("no exp", plain().without_claim("exp"), "allowed"),
            ("exp is checked all the same", plain().expires_in(-1), "token_expired"),
        ],
    );
    let now = now();
    let issued = plain().claim("iat", now - 600);
    check(
        &json!({"maximum_lifetime": 3600}),
        &[
            ("an hour", issued.clone().claim("exp", now + 3000), "allowed"),
            ("more", issued.claim("exp", now + 3001), "lifetime_too_long"),
            ("without iat", plain().without_claim("iat").expires_in(3500), "allowed"),
            ("without iat, more", plain().without_claim("iat").expires_in(3700), "lifetime_too_long"),
            ("without exp", plain().without_claim("exp"), "expiration_missing"),
        ],
    );
    check(
        &json!({}),
        &[("iat of tomorrow refuses nothing", plain().issued_in(86_400).expires_in(90_000), "allowed")],
    );
}

#[test]
fn audiences_match_exactly_and_any_one_is_enough() {
    check(
        &json!({"audiences": [AUDIENCE, "api://orders"]}),
        &[
            ("a string", plain(), "allowed"),
            ("the other one", plain().audience("api://orders"), "allowed"),
            ("in a list", plain().claim("aud", json!(["x", AUDIENCE])), "allowed"),
            ("with a slash", plain().audience("api://orders/"), "audience_not_allowed"),
            ("another case", plain().audience("API://orders"), "audience_not_allowed"),
            ("a prefix", plain().audience("api://order"), "audience_not_allowed"),
            ("an empty list", plain().claim("aud", json!([])), "audience_not_allowed"),
            ("none", plain().without_claim("aud"), "audience_not_allowed"),
            ("a number", plain().claim("aud", 7), "token_malformed"),
            ("a list in a list", plain().claim("aud", json!([[AUDIENCE]])), "token_malformed"),
        ],
    );
    check(&json!({}), &[("no check by this field", plain().without_claim("aud"), "allowed")]);
}

#[test]
fn issuers_match_exactly() {
    check(
        &json!({"issuers": ["https://idp.example"]}),
        &[
            ("the issuer", plain(), "allowed"),
            ("with a slash", plain().issuer("https://idp.example/"), "issuer_not_allowed"),
            ("another scheme", plain().issuer("http://idp.example"), "issuer_not_allowed"),
            ("a suffix", plain().issuer("https://idp.example.evil.example"), "issuer_not_allowed"),
            ("none", plain().without_claim("iss"), "issuer_not_allowed"),
        ],
    );
}

#[test]
fn required_claims_compare_values_by_their_json_text() {
    let claims = |rule: Value| json!({"required_claims": [rule]});
    let with = |value: Value| plain().claim("c", value);
    check(
        &claims(json!({"name": "c", "values": ["a", "b"]})),
        &[
            ("all of a list", with(json!(["a", "b", "x"])), "allowed"),
            ("one is missing", with(json!(["a"])), "claim_value_not_allowed"),
            ("a string is one value", with(json!("a b")), "claim_value_not_allowed"),
            ("no claim", plain(), "claim_not_found"),
            ("null is missing", with(json!(null)), "claim_not_found"),
        ],
    );
    check(
        &claims(json!({"name": "c", "values": ["a", "3", "true", "1.5"], "match": "any"})),
        &[
            ("a string", with(json!("a")), "allowed"),
            ("a number", with(json!(3)), "allowed"),
            ("a fraction", with(json!(1.5)), "allowed"),
            ("a boolean", with(json!(true)), "allowed"),
            ("in a list", with(json!([3])), "allowed"),
            ("another", with(json!(false)), "claim_value_not_allowed"),
            ("an object", with(json!({"a": 1})), "claim_value_not_allowed"),
        ],
    );
    check(
        &claims(json!({"name": "c", "values": ["a", "b"], "separator": " "})),
        &[
            ("split", with(json!("b x a")), "allowed"),
            ("a prefix", with(json!("a bc")), "claim_value_not_allowed"),
        ],
    );
    check(
        &claims(json!({"path": ["realm_access", "roles"], "values": ["admin"]})),
        &[
            ("nested", plain().claim("realm_access", json!({"roles": ["admin"]})), "allowed"),
            (
                "dotted is another claim",
                plain().claim("realm_access.roles", json!(["admin"])),
                "claim_not_found",
            ),
        ],
    );
    check(
        &claims(json!({"name": "c"})),
        &[("present", with(json!(0)), "allowed"), ("absent", plain(), "claim_not_found")],
    );
    check(
        &claims(json!({"name": "https://x/y", "values": ["1"]})),
        &[("a URL is a name", plain().claim("https://x/y", "1"), "allowed")],
    );
}

#[test]
fn token_types_without_a_slash_stand_for_application_and_no_others() {
    let key = SigningKey::p256();
    for (configured, typ, expected) in [
        ("at+jwt", "application/at+jwt", true),
        ("application/at+jwt", "at+jwt", true),
        ("application/at+jwt", "Application/AT+JWT", true),
        ("APPLICATION/JWT", "jwt", true),
        ("text/plain", "text/plain", true),
        ("text/plain", "TEXT/Plain", true),
        ("application/text/plain", "application/text/plain", true),
        ("at+jwt;v=1", "application/at+jwt;v=1", true),
        ("at+jwt;v=1", "AT+JWT;v=1", true),
        ("text/plain", "application/text/plain", false),
        ("application/text/plain", "text/plain", false),
        ("application/application/jwt", "jwt", false),
        ("jwt", "application/application/jwt", false),
        ("application/application/jwt", "application/jwt", false),
        ("text/plain", "plain", false),
        ("plain", "text/plain", false),
        ("jwt", "text/jwt", false),
        ("jwt", "/jwt", false),
        ("jwt", "application/", false),
        ("jwt", "application//jwt", false),
        ("jwt", "application/jwt/", false),
        ("jwt", " jwt", false),
        ("jwt", "applicationjwt", false),
        ("at+jwt", "at+jwt;v=1", false),
        ("at+jwt;v=A", "at+jwt;v=a", false),
        ("at+jwt;p=\"a/b\"", "application/at+jwt;p=\"a/b\"", false),
    ] {
        let bench = Bench::new(&inline(&key, &json!({"token_types": [configured]})));
        let token = plain().header("typ", typ).sign(&key);
        let expected = if expected { "allowed" } else { "token_type_not_allowed" };
        assert_eq!(bench.on(&token), expected, "{configured} over {typ}");
    }
}

#[test]
fn ed25519_is_another_name_of_eddsa_in_tokens_keys_and_algorithms() {
    let key = SigningKey::ed25519();
    let pinned = |alg: &str| {
        let mut jwk = key.public_jwk();
        jwk["alg"] = json!(alg);
        json!({"issuer_signing_keys": [{"jwk": jwk}], "audiences": [AUDIENCE]})
    };
    for alg in ["Ed25519", "EdDSA"] {
        for (pin, allowed) in [("Ed25519", "EdDSA"), ("EdDSA", "Ed25519"), ("EdDSA", "EdDSA")] {
            let mut policy = pinned(pin);
            policy["algorithms"] = json!([allowed]);
            let bench = Bench::new(&json!({"validate_jwt": policy}));
            let token = plain().header("alg", alg).sign(&key);
            assert_eq!(bench.on(&token), "allowed", "{alg} under {pin}, {allowed}");
        }
    }
    let bench = Bench::new(&json!({"validate_jwt": pinned("EdDSA")}));
    for alg in ["ed25519", "ED25519", "Ed25519 ", "Ed448", "Ed25519ph", "EDDSA", "ES256"] {
        let token = plain().header("alg", alg).sign(&key);
        assert_eq!(bench.on(&token), "algorithm_not_allowed", "{alg}");
    }
    let other = SigningKey::p256();
    let bench = Bench::new(&inline(&other, &json!({})));
    let token = plain().header("alg", "Ed25519").sign(&other);
    assert_eq!(bench.on(&token), "algorithm_not_allowed", "a key of another type");
}

#[test]
fn token_types_are_media_types() {
    let typed = |typ: &str| plain().header("typ", typ);
    check(
        &json!({}),
        &[
            ("JWT", typed("jwt"), "allowed"),
            ("absent", plain().without_header("typ"), "allowed"),
            ("RFC 9068", typed("application/AT+JWT"), "allowed"),
            ("a logout token", typed("logout+jwt"), "token_type_not_allowed"),
            ("a number", plain().header("typ", 1), "token_malformed"),
        ],
    );
    check(
        &json!({"token_types": ["at+jwt"]}),
        &[
            ("at+jwt", typed("at+jwt"), "allowed"),
            ("JWT", typed("JWT"), "token_type_not_allowed"),
            ("absent", plain().without_header("typ"), "token_type_not_allowed"),
        ],
    );
}

#[test]
fn algorithms_are_an_allow_list() {
    let key = SigningKey::rsa(RsaFixture::First);
    let bench = Bench::new(&inline(&key, &json!({"algorithms": ["PS256"]})));
    assert_eq!(bench.on(&plain().algorithm(Algorithm::Ps256).sign(&key)), "allowed");
    assert_eq!(bench.on(&plain().algorithm(Algorithm::Rs256).sign(&key)), "algorithm_not_allowed");
    assert_eq!(bench.on(&plain().unsigned()), "algorithm_not_allowed");
}

#[test]
fn require_signed_tokens_false_lets_unsigned_ones_pass_and_checks_them_all_the_same() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({"require_signed_tokens": false, "audiences": [AUDIENCE]})));
    assert_eq!(bench.on(&plain().unsigned()), "allowed");
    assert_eq!(bench.on(&plain().audience("x").unsigned()), "audience_not_allowed");
    assert_eq!(bench.on(&plain().sign(&key)), "allowed");
    assert_eq!(bench.on(&tamper::flip_signature_bit(&plain().sign(&key), 5)), "signature_invalid");
    assert_eq!(bench.on(&format!("{}AAAA", plain().unsigned())), "token_malformed");
}

#[test]
fn symmetric_keys_are_inline_only_and_never_mistaken() {
    let secret = SigningKey::symmetric(vec![7; 64]);
    let bench = Bench::new(&inline(&secret, &json!({})));
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        assert_eq!(bench.on(&plain().algorithm(algorithm).sign(&secret)), "allowed", "{algorithm}");
    }
    let rsa = SigningKey::rsa(RsaFixture::First);
    let bench = Bench::new(&inline(&rsa, &json!({})));
    let pem = rsa.public_pem().expect("RSA keys have one");
    let forged = SigningKey::symmetric(pem.into_bytes()).with_key_id(rsa.key_id());
    assert_eq!(bench.on(&plain().algorithm(Algorithm::Hs256).sign(&forged)), "algorithm_not_allowed");
}

#[test]
fn a_larger_token_than_allowed_is_not_even_read() {
    let key = SigningKey::p256();
    let mut configuration = inline(&key, &json!({}));
    configuration["limits"] = json!({"token_bytes": 1000});
    let bench = Bench::new(&configuration);
    assert_eq!(bench.on(&plain().sign(&key)), "allowed");
    assert_eq!(bench.on(&plain().claim("pad", "x".repeat(900)).sign(&key)), "token_malformed");
}

#[test]
fn a_bound_token_needs_its_certificate() {
    let key = SigningKey::p256();
    let mut bench = Bench::new(&inline(&key, &json!({})));
    // SHA-256 of nothing, in base64url.
    let thumbprint = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let bound = plain().claim("cnf", json!({"x5t#S256": thumbprint})).sign(&key);
    let other = plain().claim("cnf", json!({"jkt": thumbprint})).sign(&key);
    assert_eq!(bench.on(&bound), "confirmation_failed");
    bench.certificate = Some([0; 32]);
    assert_eq!(bench.on(&bound), "confirmation_failed");
    bench.certificate = Some([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);
    assert_eq!(bench.on(&bound), "allowed");
    assert_eq!(bench.on(&other), "confirmation_failed");
    assert_eq!(bench.on(&plain().claim("cnf", json!("x")).sign(&key)), "confirmation_failed");
}

#[test]
fn the_token_comes_from_the_configured_place_only() {
    let key = SigningKey::p256();
    let token = plain().sign(&key);
    let bearer_value = format!("Bearer {token}");
    let target = format!("/?access_token={token}");
    let cookie = format!("a=b; session={token}");
    let header = Bench::new(&inline(&key, &json!({})));
    let custom = Bench::new(&inline(&key, &json!({"header_name": "X-Token"})));
    let query = Bench::new(&inline(&key, &json!({"query_parameter_name": "access_token"})));
    let cookies = Bench::new(&inline(&key, &json!({"cookie_name": "session"})));
    let scheme = Bench::new(&inline(&key, &json!({"require_scheme": "JWT"})));
    let at_header = request(&[("authorization", &bearer_value)]);
    let at_custom = request(&[("x-token", &token)]);
    let at_query = request(&[(":path", &target)]);
    let at_cookie = request(&[("cookie", &cookie)]);
    for (bench, own) in
        [(&header, &at_header), (&custom, &at_custom), (&query, &at_query), (&cookies, &at_cookie)]
    {
        for place in [&at_header, &at_custom, &at_query, &at_cookie] {
            let expected = if std::ptr::eq(own, place) { "allowed" } else { "token_not_present" };
            assert_eq!(bench.verdict(place), expected);
        }
    }
    assert_eq!(scheme.verdict(&at_header), "token_not_present");
    assert_eq!(scheme.verdict(&request(&[("authorization", &format!("jwt {token}"))])), "allowed");
}

#[test]
fn an_encrypted_token_needs_decryption_keys() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({})));
    assert_eq!(bench.on("e30.AA.AA.AA.AA"), "token_malformed");
}

/// Each token is wrong in two ways that stand next to each other in the order of checks.
#[test]
fn of_two_faults_the_earlier_check_is_told() {
    let key = SigningKey::p256();
    let more = json!({
        "issuers": ["https://idp.example"], "audiences": [AUDIENCE], "required_claims": [{"name": "c"}],
        "authorize": {"scopes": {"any": ["read"]}},
    });
    let mut configuration = inline(&key, &more);
    configuration["limits"] = json!({"token_bytes": 1000});
    let bench = Bench::new(&configuration);
    let bad_signature = |token: String| tamper::flip_signature_bit(&token, 5);
    let segment = |token: &str, at: usize, with: &str| {
        let mut segments: Vec<&str> = token.split('.').collect();
        segments[at] = with;
        segments.join(".")
    };
    let sign = |recipe: validate_jwt_testbed::token::TokenRecipe| recipe.sign(&key);
    for (what, token, expected) in [
        ("size, typ", sign(plain().claim("pad", "x".repeat(900)).header("typ", "x")), "token_malformed"),
        ("typ, alg", plain().header("typ", "x").unsigned(), "token_type_not_allowed"),
        ("alg, payload", segment(&plain().unsigned(), 1, "!!"), "algorithm_not_allowed"),
        ("payload, issuer", segment(&sign(plain()), 1, "W10"), "token_malformed"),
        ("signature's text, issuer", segment(&sign(plain().issuer("https://x")), 2, "A"), "token_malformed"),
        ("alg, issuer", plain().issuer("https://x").unsigned(), "algorithm_not_allowed"),
        ("issuer, time", sign(plain().issuer("https://x").expires_in(-1)), "issuer_not_allowed"),
        ("time, audience", sign(plain().expires_in(-1).audience("x")), "token_expired"),
        ("audience, signature", bad_signature(sign(plain().audience("x"))), "audience_not_allowed"),
        ("signature, claim", bad_signature(sign(plain())), "signature_invalid"),
        ("claim, scope", sign(plain()), "claim_not_found"),
        ("scope", sign(plain().claim("c", 1)), "insufficient_scope"),
    ] {
        assert_eq!(bench.on(&token), expected, "{what}");
    }
}

#[test]
fn statuses_follow_the_contract() {
    let key = SigningKey::p256();
    let audience = json!({"audiences": [AUDIENCE]});
    let free = Bench::new(&inline(&key, &audience));
    let mut fixed = audience.clone();
    fixed["failed_validation_httpcode"] = json!(407);
    let fixed = Bench::new(&inline(&key, &fixed));
    let two = request(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]);
    for (request, default, configured) in [
        (request(&[]), 401, 407),
        (bearer("garbage"), 401, 407),
        (bearer(&plain().audience("x").sign(&key)), 401, 407),
        (two, 400, 407),
    ] {
        assert_eq!(free.answer(&request).status, default);
        assert_eq!(fixed.answer(&request).status, configured);
    }
}
