//! Section 2: key material and instructions smuggled in the header.

use serde_json::{Value, json};
use validate_jwt::gate::{Decision, Demand, Fate, Pending};
use validate_jwt::keys::ProviderId;
use validate_jwt::token::base64url;
use validate_jwt_testbed::token::{RsaFixture, SigningKey};

use super::{given_up, guarded, guarded_with, row, settled, settled_and_counted, with_header};
use crate::bench::{Bench, bearer, line, plain};

fn rsa() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

fn stranger() -> SigningKey {
    SigningKey::rsa(RsaFixture::Stranger)
}

/// Header members that name or carry the stranger's key.
fn smuggled() -> Vec<Value> {
    let jwk = stranger().public_jwk();
    let x5c = stranger().entra_jwk()["x5c"].clone();
    vec![
        json!({"jwk": jwk}),
        json!({"jwk": {"kty": "oct", "k": "AAAA"}}),
        json!({"jku": "https://evil.example/keys"}),
        json!({"jku": "https://login.microsoftonline.com@evil.example/keys"}),
        json!({"jku": "http://169.254.169.254/latest/meta-data"}),
        json!({"x5u": "https://evil.example/certificate"}),
        json!({"x5c": x5c}),
        json!({"x5t": stranger().key_id(), "x5t#S256": "AAAA"}),
        json!({"jwk": 1, "jku": [], "x5c": "x", "x5u": null, "x5t": {}}),
    ]
}

#[test]
fn keys_and_addresses_in_the_header_are_ignored() {
    let bench = guarded(&[&rsa()]);
    for members in smuggled() {
        let forged = with_header(&members);
        row(18, &bench, "signature_invalid", [forged.clone().key_id(rsa().key_id()).sign(&stranger())]);
        row(19, &bench, "signature_key_not_found", [forged.clone().sign(&stranger())]);
        row(20, &bench, "signature_invalid", [forged.clone().without_header("kid").sign(&stranger())]);
        assert_eq!(settled(&bench, &forged.sign(&rsa())), "allowed", "{members}");
    }
}

/// A policy over a provider and an inline key, which has this id.
fn with_inline(id: Option<&str>, key: &SigningKey) -> Bench {
    let jwk = key.public_jwk();
    let mut inline = json!({"n": jwk["n"], "e": jwk["e"]});
    if let Some(id) = id {
        inline["id"] = json!(id);
    }
    guarded_with(&[&rsa()], &json!({"issuer_signing_keys": [inline]}))
}

#[test]
fn a_key_that_the_operator_named_is_asked_of_no_provider() {
    let key = SigningKey::rsa(RsaFixture::Second);
    let bench = with_inline(Some("partner"), &key);
    let recipe = plain().key_id("partner");
    assert_eq!(bench.on(&recipe.sign(&key)), "allowed");
    assert_eq!(bench.on(&recipe.sign(&stranger())), "signature_invalid", "and nobody waits");
    assert_eq!(bench.on(&recipe.sign(&SigningKey::p256())), "algorithm_not_allowed");
}

#[test]
fn a_key_that_nobody_has_is_told_as_such_though_nameless_keys_were_tried() {
    let bench = with_inline(None, &SigningKey::rsa(RsaFixture::Second));
    let unknown = plain().key_id("next").sign(&stranger());
    assert_eq!(bench.on(&unknown), "await");
    assert_eq!(settled_and_counted(&bench, &bearer(&unknown)), ("signature_key_not_found".to_owned(), 1));
    assert_eq!(given_up(&bench, &unknown), "keys_unavailable", "a rotation costs nobody a wrong 401");
}

#[test]
fn an_unknown_key_is_asked_of_the_configured_provider_only() {
    let bench = guarded(&[&rsa()]);
    for members in smuggled() {
        match bench.decide(&bearer(&with_header(&members).sign(&stranger()))) {
            Decision::Wait(Pending { demand: Demand::Keys(keys), .. }) => {
                assert_eq!(keys.providers, [ProviderId(0)], "row 19: {members}");
            }
            other => panic!("row 19: {members}: {other:?}"),
        }
    }
}

#[test]
fn an_invented_key_id_names_no_key_and_reaches_no_log_unescaped() {
    let bench = guarded(&[&rsa()]);
    let real = rsa().key_id().to_owned();
    let prefix: String = real.chars().take(10).collect();
    for key_id in [
        "../../../../etc/passwd".to_owned(),
        "' OR 1=1 --".to_owned(),
        "$(sleep 9)".to_owned(),
        "https://evil.example/keys".to_owned(),
        "a\r\nx-admin: 1".to_owned(),
        format!("{real}\0"),
        "k".repeat(4096),
        format!("{real} "),
        real.to_uppercase(),
        format!("{real}{real}"),
        prefix,
        String::new(),
        "__proto__".to_owned(),
        "\u{202e}\u{1f511}".to_owned(),
    ] {
        let token = plain().key_id(&key_id).sign(&rsa());
        row(21, &bench, "signature_key_not_found", [token.clone()]);
        let rejection = bench.rejection(&bearer(&plain().key_id(&key_id).expires_in(-9).sign(&rsa())));
        let line = line(&rejection, Fate::Refused);
        assert!(line.len() < 400 && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
    }
}

#[test]
fn a_key_id_is_a_string() {
    let bench = guarded(&[&rsa()]);
    let kinds = [json!(1), json!(null), json!([rsa().key_id()]), json!({"kid": 1}), json!(true)];
    row(22, &bench, "token_malformed", kinds.map(|key_id| plain().header("kid", key_id).sign(&rsa())));
}

#[test]
fn without_a_key_id_every_fitting_key_is_tried_up_to_a_bound() {
    let nameless = plain().without_header("kid");
    let few = [SigningKey::p256(), stranger(), rsa()];
    let bench = guarded(&few.each_ref());
    let counted = settled_and_counted(&bench, &bearer(&nameless.sign(&rsa())));
    assert!(
        counted == ("allowed".to_owned(), 1) || counted == ("allowed".to_owned(), 2),
        "row 23: {counted:?}"
    );
    let many: Vec<_> = (0..100).map(|at| stranger().with_key_id(format!("k{at}"))).collect();
    let bench = guarded(&many.iter().collect::<Vec<_>>());
    let counted = settled_and_counted(&bench, &bearer(&nameless.sign(&rsa())));
    assert_eq!(counted, ("signature_key_not_found".to_owned(), 8), "row 23");
}

#[test]
fn a_key_id_binds_the_token_to_its_key() {
    let second = SigningKey::rsa(RsaFixture::Second);
    let bench = guarded(&[&rsa(), &second]);
    let forged = plain().key_id(rsa().key_id()).sign(&second);
    assert_eq!(settled_and_counted(&bench, &bearer(&forged)), ("signature_invalid".to_owned(), 1), "row 24");
}

#[test]
fn no_critical_extension_is_understood() {
    let bench = guarded(&[&rsa()]);
    for crit in [
        json!(["unknown"]),
        json!(["exp"]),
        json!(["alg"]),
        json!(["b64"]),
        json!([]),
        json!(null),
        json!("exp"),
        json!(["a", "a"]),
        json!([1]),
        json!({}),
        json!([["b64"]]),
    ] {
        let members = json!({"crit": crit, "unknown": 1, "b64": true, "exp": 1});
        row(25, &bench, "token_malformed", [with_header(&members).sign(&rsa())]);
    }
    let spelt = r#"{"alg":"RS256","cri\u0074":["exp"],"exp":1}"#;
    row(25, &bench, "token_malformed", [plain().raw_header(spelt).sign(&rsa())]);
}

#[test]
fn an_unencoded_payload_is_refused_with_and_without_crit() {
    let bench = guarded(&[&rsa()]);
    for b64 in [json!(false), json!("false"), json!(0), json!(null)] {
        row(26, &bench, "token_malformed", [with_header(&json!({"b64": b64})).sign(&rsa())]);
        let members = json!({"b64": b64, "crit": ["b64"]});
        row(26, &bench, "token_malformed", [with_header(&members).sign(&rsa())]);
    }
    let header = base64url::encode(json!({"alg": "RS256", "b64": false, "crit": ["b64"]}).to_string());
    row(26, &bench, "token_malformed", [format!(r#"{header}.{{"iss":1.5}}.AAAA"#)]);
}

#[test]
fn a_token_of_another_type_is_no_access_token() {
    let bench = guarded(&[&rsa()]);
    for typ in [
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "application/dpop+jwt",
        "JWS",
        "id_token",
        "",
        "jwt ",
        "at+jwt;v=1",
    ] {
        row(27, &bench, "token_type_not_allowed", [plain().header("typ", typ).sign(&rsa())]);
    }
    let strict = guarded_with(&[&rsa()], &json!({"token_types": ["at+jwt"]}));
    row(
        27,
        &strict,
        "token_type_not_allowed",
        [plain().sign(&rsa()), plain().without_header("typ").sign(&rsa())],
    );
}

#[test]
fn nested_and_compressed_payloads_are_no_claims_and_stray_members_change_nothing() {
    let bench = guarded(&[&rsa()]);
    let inner = plain().sign(&rsa());
    let nested = plain().header("cty", "JWT").raw_payload(inner).sign(&rsa());
    let deflated = hex_deflated_object();
    let zipped = plain().header("zip", "DEF").raw_payload(deflated).sign(&rsa());
    row(28, &bench, "token_malformed", [nested, zipped]);
    let stray = json!({"zip": "DEF", "enc": "A128GCM", "cty": "JWT", "epk": {}, "p2c": 2_147_483_647});
    row(28, &bench, "allowed", [with_header(&stray).sign(&rsa())]);
}

/// `{}` by raw DEFLATE.
fn hex_deflated_object() -> Vec<u8> {
    super::hexadecimal("ab ae 05 00")
}
