//! Section 3: encoding and JSON.

use serde_json::{Value, json};
use validate_jwt::gate::HeaderEdit;
use validate_jwt::token::base64url;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe};

use super::{guarded, guarded_with, row, settled, settled_and_counted};
use crate::bench::{AUDIENCE, bearer, plain, request};

fn key() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

fn segments(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three segments")
}

/// The token with each segment in turn changed.
fn each_segment(token: &str, change: impl Fn(&str) -> String) -> Vec<String> {
    let parts = segments(token);
    let changed = |at: usize| {
        let mut parts = parts.clone();
        parts[at] = change(&parts[at]);
        parts.join(".")
    };
    (0..3).map(changed).collect()
}

#[test]
fn base64url_has_one_alphabet_and_no_padding() {
    let bench = guarded(&[&key()]);
    let good = plain().sign(&key());
    for junk in [
        "=", "==", "+", "/", " ", "\t", "\n", "\r\n", "?", "#", "%2E", "\u{ff0e}", "\0", "\u{7f}", "*",
        "\u{e9}",
    ] {
        row(29, &bench, "token_malformed", each_segment(&good, |segment| format!("{segment}{junk}")));
        let inside = |segment: &str| format!("{}{junk}{}", &segment[..8], &segment[8..]);
        row(29, &bench, "token_malformed", each_segment(&good, inside));
    }
    let other_alphabet = each_segment(&good, |segment| segment.replace('-', "+").replace('_', "/"));
    row(29, &bench, "token_malformed", other_alphabet.into_iter().filter(|token| *token != good));
    assert_eq!(settled(&bench, &good), "allowed");
}

#[test]
fn one_token_has_one_spelling() {
    let bench = guarded(&[&key()]);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let respelt = |segment: &str| {
        let (rest, last) = segment.split_at(segment.len() - 1);
        let at = alphabet.find(last).expect("of the alphabet") + 1;
        format!("{rest}{}", alphabet.get(at..=at).unwrap_or("B"))
    };
    // Payloads of every length modulo three; the signature's 256 bytes leave four bits over.
    for pad in 0..3 {
        let good = plain().claim("pad", "x".repeat(pad)).header("pad", "x".repeat(pad)).sign(&key());
        for (at, token) in each_segment(&good, respelt).into_iter().enumerate() {
            if !segments(&good)[at].len().is_multiple_of(4) {
                row(30, &bench, "token_malformed", [token]);
            }
        }
        assert_eq!(settled(&bench, &good), "allowed");
    }
}

#[test]
fn a_token_has_three_segments_that_are_not_empty() {
    let bench = guarded(&[&key()]);
    let good = plain().sign(&key());
    let [header, payload, signature] = segments(&good);
    let shapes = [
        header.clone(),
        format!("{header}.{payload}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{header}.{payload}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        "..".to_owned(),
        ".".to_owned(),
        "...".to_owned(),
        ".".repeat(5000),
        "a.".repeat(5000),
        "A".repeat(16_000),
        format!("{good}.{good}"),
        format!("{good}{good}"),
    ];
    row(31, &bench, "token_malformed", shapes);
}

#[test]
fn an_encrypted_token_costs_nothing_where_none_is_expected() {
    let bench = guarded(&[&key()]);
    let encrypted = |header: Value| format!("{}.AAAA.AAAA.AAAA.AAAA", base64url::encode(header.to_string()));
    row(
        32,
        &bench,
        "token_malformed",
        [
            encrypted(
                json!({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647, "p2s": "AAAA"}),
            ),
            encrypted(json!({"alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF"})),
            encrypted(
                json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}),
            ),
            encrypted(json!({"alg": "RSA-OAEP", "enc": "A128GCM"})),
            encrypted(json!({"alg": "RSA1_5", "enc": "A128GCM"})),
        ],
    );
    let opening = guarded_with(
        &[&key()],
        &json!({"decryption_keys": [{"key": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}]}),
    );
    row(
        32,
        &opening,
        "decryption_failed",
        [
            encrypted(
                json!({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647, "p2s": "AAAA"}),
            ),
            encrypted(json!({"alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF"})),
            encrypted(json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"kty": "EC"}})),
            encrypted(json!({"alg": "RSA1_5", "enc": "A128GCM"})),
            encrypted(json!({"alg": "none", "enc": "A128GCM"})),
            encrypted(json!({"alg": "dir", "enc": "none"})),
        ],
    );
}

#[test]
fn json_serialisations_are_no_tokens() {
    let bench = guarded(&[&key()]);
    let [header, payload, signature] = segments(&plain().sign(&key()));
    let flattened = json!({"payload": payload, "protected": header, "signature": signature}).to_string();
    let general = json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]})
        .to_string();
    // Commas are what repeated headers are joined with.
    row(33, &bench, "token_ambiguous", [flattened, general]);
    row(
        33,
        &bench,
        "token_malformed",
        [json!({"aud": AUDIENCE}).to_string(), "{}".to_owned(), format!("{header}.{{}}.{signature}")],
    );
}

#[test]
fn a_member_given_twice_is_refused_in_every_spelling() {
    let bench = guarded(&[&key()]);
    let good = Value::Object(plain().claims().clone()).to_string();
    for again in [
        r#""exp":9999999999"#,
        r#""\u0065xp":9999999999"#,
        r#""aud":"x""#,
        r#""iss":"x""#,
        r#""x":{"a":1,"a":1}"#,
        r#""x":[{"a":1,"\u0061":1}]"#,
    ] {
        let front = good.replacen('{', &format!("{{{again},"), 1);
        let back = format!("{},{again}}}", good.trim_end_matches('}'));
        row(
            34,
            &bench,
            "token_malformed",
            [front, back].map(|payload| plain().raw_payload(payload).sign(&key())),
        );
    }
    for header in [
        r#"{"alg":"none","alg":"RS256"}"#,
        r#"{"alg":"RS256","alg":"none"}"#,
        r#"{"alg":"RS256","\u0061lg":"RS256"}"#,
        r#"{"alg":"RS256","kid":"a","kid":"a"}"#,
        r#"{"alg":"RS256","x":{"a":1,"a":2}}"#,
    ] {
        row(34, &bench, "token_malformed", [plain().raw_header(header).sign(&key())]);
    }
}

#[test]
fn what_is_no_json_object_in_utf8_is_refused() {
    let bench = guarded(&[&key()]);
    let whole = Value::Object(plain().claims().clone()).to_string();
    let (start, header) =
        (&whole[..whole.len() - 1], format!(r#"{{"alg":"RS256","kid":"{}"}}"#, key().key_id()));
    let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let broken = |bytes: &[u8]| [start.as_bytes(), br#","x":""#, bytes, br#""}"#].concat();
    let mut payloads: Vec<Vec<u8>> =
        ["", " ", "[]", "\"a\"", "1", "null", "true", "{", "}", "{}{}", "{'a':1}", "{a:1}"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec();
    payloads.extend([
        format!("\u{feff}{whole}").into_bytes(),
        utf16,
        format!("{whole}{whole}").into_bytes(),
        format!("{whole} x").into_bytes(),
        format!("[{whole}]").into_bytes(),
        format!("{start},}}").into_bytes(),
        format!("{start}/*c*/}}").into_bytes(),
        format!("{whole}//c").into_bytes(),
        format!("{whole}\0").into_bytes(),
        broken(b"\xff"),
        broken(b"\xc0\xae"),
        broken(b"\xed\xa0\x80"),
        broken(b"\\ud800"),
        broken(b"\\udc00\\ud800"),
        broken(b"\n"),
        broken(b"\\x41"),
        broken(b"\\"),
    ]);
    row(
        35,
        &bench,
        "token_malformed",
        payloads.into_iter().map(|payload| plain().raw_payload(payload).sign(&key())),
    );
    let headers = ["", "[]", "\"RS256\"", "null", "1"].map(str::to_owned).into_iter().chain([
        format!("\u{feff}{header}"),
        format!("{header}{header}"),
        format!("{header},"),
        format!("[{header}]"),
    ]);
    row(35, &bench, "token_malformed", headers.map(|header| plain().raw_header(header).sign(&key())));
}

#[test]
fn nesting_is_bounded_in_header_and_payload() {
    let bench = guarded(&[&key()]);
    let nested =
        |depth: usize, open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let claims = Value::Object(plain().claims().clone()).to_string();
    let with = |value: &str| {
        plain().raw_payload(format!("{},\"x\":{value}}}", claims.trim_end_matches('}'))).sign(&key())
    };
    row(36, &bench, "allowed", [with(&nested(31, "[", "]"))]);
    for depth in [32, 127, 128, 2000, 60_000] {
        let texts = [
            nested(depth, "[", "]"),
            nested(depth, "{\"a\":", "}"),
            "[".repeat(depth),
            "{\"a\":".repeat(depth),
        ];
        let tokens = texts.iter().flat_map(|text| {
            [with(text), plain().raw_header(format!("{{\"alg\":\"RS256\",\"x\":{text}}}")).sign(&key())]
        });
        row(36, &bench, "token_malformed", tokens.filter(|token| token.len() < 262_144));
    }
}

#[test]
fn many_members_and_groups_pass_and_their_overage_is_not_followed() {
    let bench = guarded(&[&key()]);
    let many = (0..1500).fold(plain(), |recipe, at| recipe.claim(&format!("m{at}"), at));
    let groups: Vec<_> = (0..200).map(|at| format!("00000000-0000-0000-0000-{at:012}")).collect();
    let overage = plain()
        .claim("_claim_names", json!({"groups": "src1"}))
        .claim("_claim_sources", json!({"src1": {"endpoint": "https://evil.example/groups"}}));
    row(
        37,
        &bench,
        "allowed",
        [many, plain().claim("groups", groups), overage].map(|recipe| recipe.sign(&key())),
    );
}

/// The headers that the API would see of claims mapped to `x-…`.
fn forwarded(claims: &Value, recipe: &TokenRecipe, sent: &[(&str, &str)]) -> Vec<String> {
    let bench = guarded_with(&[&key()], &json!({"forward": {"claims_to_headers": claims}}));
    let bearer = format!("Bearer {}", recipe.sign(&key()));
    let headers: Vec<_> = sent.iter().copied().chain([("authorization", bearer.as_str())]).collect();
    let admission = bench.admission(&request(&headers));
    let line = |edit: &HeaderEdit| match edit {
        HeaderEdit::Remove(name) => format!("-{name}"),
        HeaderEdit::Set(name, value) => format!("{name}={}", String::from_utf8_lossy(value)),
        HeaderEdit::SetPath(_) => "path".to_owned(),
    };
    admission.edits().iter().map(line).collect()
}

#[test]
fn claim_names_are_literal() {
    let rules = json!([{"claim": "__proto__", "header": "x-a"}, {"claim": "constructor", "header": "x-b"}, {"claim": "a.b", "header": "x-c"}, {"claim": "https://x/y", "header": "x-d"}, {"claim": "toString", "header": "x-e"}]);
    let nested = plain().claim("a", json!({"b": "nested"}));
    assert!(forwarded(&rules, &nested, &[]).is_empty(), "row 38");
    let literal = nested.claim("a.b", "1").claim("https://x/y", "2").claim("__proto__", "3");
    assert_eq!(forwarded(&rules, &literal, &[]), ["x-a=3", "x-c=1", "x-d=2"], "row 38");
}

#[test]
fn no_claim_value_injects_a_header_and_a_forged_one_goes_all_the_same() {
    let rules = json!([{"claim": "v", "header": "x-v"}]);
    for value in [
        json!("a\r\nx-admin: 1"),
        json!("a\nb"),
        json!("a\0"),
        json!("\u{7f}"),
        json!("\u{85}"),
        json!("x".repeat(64_000)),
        json!(null),
        json!([["a"]]),
    ] {
        assert_eq!(
            forwarded(&rules, &plain().claim("v", value.clone()), &[("X-V", "root")]),
            ["-X-V"],
            "row 39: {value}"
        );
    }
    assert_eq!(
        forwarded(&rules, &plain().claim("v", json!(["a\r\nb", "c,d"])), &[]),
        ["x-v=a%0D%0Ab,c%2Cd"],
        "row 39"
    );
    assert_eq!(forwarded(&rules, &plain(), &[("x-v", "root"), ("X-V", "admin")]), ["-X-V", "-x-v"], "row 68");
}

#[test]
fn junk_costs_no_signature() {
    let bench = guarded(&[&key()]);
    let [header, payload, signature] = segments(&plain().sign(&key()));
    let foreign = [
        plain().expires_in(-9),
        plain().audience("x"),
        plain().issuer("https://evil.example"),
        plain().header("alg", "none"),
        plain().header("typ", "x"),
    ]
    .map(|recipe| recipe.sign(&key()));
    let shapes = [
        format!("{header}.{payload}.{signature}="),
        format!("{header}.!.{signature}"),
        "junk".to_owned(),
        format!("{header}.{payload}"),
    ];
    for token in foreign.into_iter().chain(shapes) {
        let (verdict, signatures) = settled_and_counted(&bench, &bearer(&token));
        assert_eq!(signatures, 0, "row 110: {verdict}");
    }
}
