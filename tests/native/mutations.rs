//! Whatever the bytes, nothing panics; and a token changed in any place is another token.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use validate_jwt::config::Config;
use validate_jwt::gate::Request;
use validate_jwt::keys::{PlainHttp, ProviderDocument, ProviderMetadata, ProviderSettings, Record, Url};
use validate_jwt::token::{Claims, CompactToken, JoseHeader, KeySet, base64url, json as strict_json};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey};

use crate::bench::{Bench, bearer, inline, plain, request};

/// A key for every algorithm, and a bench that takes its tokens.
fn signer(algorithm: Algorithm) -> (SigningKey, Bench) {
    let key = match algorithm {
        Algorithm::Es256 => SigningKey::p256(),
        Algorithm::Es384 => SigningKey::p384(),
        Algorithm::Es512 => SigningKey::p521(),
        Algorithm::EdDsa => SigningKey::ed25519(),
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => SigningKey::symmetric(vec![7; 64]),
        _ => SigningKey::rsa(RsaFixture::First),
    };
    let mut bench = Bench::new(&inline(&key, &json!({})));
    bench.now = bench.now + Duration::from_secs(5);
    (key, bench)
}

/// Whether a bench lets these bytes in as a token.
fn passes(bench: &Bench, token: &[u8]) -> bool {
    let value = [b"Bearer ", token].concat();
    let pairs: [(&[u8], &[u8]); 3] = [(b":method", b"GET"), (b":path", b"/"), (b"authorization", &value)];
    bench.verdict(&Request::from_pairs(pairs)) == "allowed"
}

/// Every bit of the text and every bit of the three decoded segments.
fn bit_flips(token: &str) -> impl Iterator<Item = Vec<u8>> + '_ {
    let of_text = (0..token.len() * 8).map(|bit| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let segments: Vec<Vec<u8>> =
        token.split('.').map(|segment| base64url::decode(segment).expect("a good token")).collect();
    let places: Vec<_> = segments
        .iter()
        .enumerate()
        .flat_map(|(at, bytes)| (0..bytes.len() * 8).map(move |bit| (at, bit)))
        .collect();
    let of_segments = places.into_iter().map(move |(at, bit)| {
        let mut segments = segments.clone();
        segments[at][bit / 8] ^= 1 << (bit % 8);
        let encoded: Vec<_> = segments.iter().map(base64url::encode).collect();
        encoded.join(".").into_bytes()
    });
    of_text.chain(of_segments)
}

/// Scheme names ignore case, base64url does not: no flip of the token itself may pass.
fn assert_every_mutation_is_refused(algorithm: Algorithm) {
    let (key, bench) = signer(algorithm);
    let token = plain().algorithm(algorithm).sign(&key);
    assert!(passes(&bench, token.as_bytes()), "{algorithm}");
    for (at, flipped) in bit_flips(&token).enumerate() {
        assert!(!passes(&bench, &flipped), "{algorithm}: flip {at} of {token}");
    }
    for end in 0..token.len() {
        assert!(!passes(&bench, &token.as_bytes()[..end]), "{algorithm}: cut to {end} of {token}");
        assert!(!passes(&bench, &token.as_bytes()[end + 1..]), "{algorithm}: cut from {end} of {token}");
    }
}

macro_rules! every_mutation_is_refused {
    ($($name:ident: $algorithm:ident,)*) => {
        $(
            #[test]
            fn $name() {
                assert_every_mutation_is_refused(Algorithm::$algorithm);
            }
        )*
    };
}

every_mutation_is_refused! {
    every_bit_flip_and_truncation_of_an_rs256_token_is_refused: Rs256,
    every_bit_flip_and_truncation_of_an_rs384_token_is_refused: Rs384,
    every_bit_flip_and_truncation_of_an_rs512_token_is_refused: Rs512,
    every_bit_flip_and_truncation_of_a_ps256_token_is_refused: Ps256,
    every_bit_flip_and_truncation_of_a_ps384_token_is_refused: Ps384,
    every_bit_flip_and_truncation_of_a_ps512_token_is_refused: Ps512,
    every_bit_flip_and_truncation_of_an_es256_token_is_refused: Es256,
    every_bit_flip_and_truncation_of_an_es384_token_is_refused: Es384,
    every_bit_flip_and_truncation_of_an_es512_token_is_refused: Es512,
    every_bit_flip_and_truncation_of_an_eddsa_token_is_refused: EdDsa,
    every_bit_flip_and_truncation_of_an_hs256_token_is_refused: Hs256,
    every_bit_flip_and_truncation_of_an_hs384_token_is_refused: Hs384,
    every_bit_flip_and_truncation_of_an_hs512_token_is_refused: Hs512,
}

/// Text that looks like JSON more often than random bytes do.
fn jsonish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\u0061",
        "\\ud800",
        "null",
        "true",
        "1e400",
        "-0",
        "1.5",
        "18446744073709551616",
        "\"alg\"",
        "\"RS256\"",
        "\"none\"",
        "\"kid\"",
        "\"keys\"",
        "\"kty\"",
        "\"RSA\"",
        "\"EC\"",
        "\"OKP\"",
        "\"crv\"",
        "\"P-256\"",
        "\"n\"",
        "\"e\"",
        "\"AQAB\"",
        "\"x\"",
        "\"y\"",
        "\"issuer\"",
        "\"jwks_uri\"",
        "\"https://a/b\"",
        "\"exp\"",
        "\"aud\"",
        "\"validate_jwt\"",
        "\"rules\"",
        "\"policies\"",
        "\"audiences\"",
        "\"openid_config\"",
        "\"url\"",
        "\"key_refresh\"",
        "\"limits\"",
        "\u{e9}",
        "\u{feff}",
        " ",
        "\0",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Text that looks like a policy in XML.
fn xmlish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<validate-jwt",
        "</validate-jwt>",
        "<validate-azure-ad-token",
        " tenant-id=\"common\"",
        " header-name=\"x\"",
        ">",
        "/>",
        "<openid-config",
        " url=\"https://a/b\"",
        "<audiences>",
        "<audience>",
        "</audience>",
        "</audiences>",
        "<issuers>",
        "<required-claims>",
        "<claim name=\"a\">",
        "<value>",
        "</value>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml version=\"1.0\"?>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "&b;",
        "&#0;",
        "&#x41;",
        "&amp;",
        "@(x)",
        "{{name}}",
        "<policies>",
        "<inbound>",
        "<base/>",
        "\u{e9}",
        "\"",
        "'",
        "=",
        " ",
        "\0",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| format!("<{}", pieces.concat()))
}

fn provider() -> ProviderSettings {
    let url = Url::parse("https://idp.example/openid-configuration").expect("a URL");
    ProviderSettings {
        name: "idp".to_owned(),
        document: ProviderDocument::Discovery { url, issuer: None },
        cluster: "idp".to_owned(),
        jwks_cluster: None,
        timeout: Duration::from_secs(5),
        plain_http: PlainHttp::Refused,
        policies: Vec::new(),
    }
}

/// Every reader of a stranger's or an operator's bytes.
fn read_everywhere(bytes: &[u8]) {
    let _ = CompactToken::parse(bytes).map(|token| match token {
        CompactToken::Signed(token) => {
            (token.payload().is_ok_and(|payload| Claims::parse(&payload).is_ok()), token.signature().is_ok())
        }
        CompactToken::Encrypted(token) => (token.decrypt(&[]).is_ok(), false),
    });
    let _ = JoseHeader::parse(&base64url::encode(bytes));
    let _ = Claims::parse(bytes);
    let _ = strict_json::parse_value(bytes);
    let _ = KeySet::from_jwks_document(bytes, 200);
    let _ = ProviderMetadata::parse(bytes, &provider());
    let _ = Record::parse(bytes);
    let _ = Config::parse(bytes);
    let _ = Url::parse(&String::from_utf8_lossy(bytes));
    let request = Request::from_header_map(bytes.to_vec());
    assert!(request.headers().all(|(name, value)| name.len() + value.len() <= bytes.len()));
}

/// A gate that looks at paths, hosts and a query parameter.
fn looking_everywhere() -> Bench {
    let key = SigningKey::p256();
    let policy = |place: &str| {
        let mut policy = inline(&key, &json!({}));
        policy["validate_jwt"][place] = json!("t");
        policy
    };
    Bench::new(&json!({
        "policies": {"query": policy("query_parameter_name"), "cookie": policy("cookie_name"), "header": inline(&key, &json!({}))},
        "rules": [
            {"match": {"path_prefix": "/query"}, "policy": "query"},
            {"match": {"path_regex": "/c[a-z]+(/.*)?"}, "policy": "cookie"},
            {"match": {"hosts": ["*.example"], "methods": ["GET"]}, "policy": "header"},
            {"match": {}, "policy": "query"},
        ],
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        read_everywhere(&bytes);
    }

    #[test]
    fn nothing_like_json_makes_a_reader_panic(text in jsonish()) {
        read_everywhere(text.as_bytes());
        let token = format!("{}.{}.AAAA", base64url::encode(&text), base64url::encode(&text));
        read_everywhere(token.as_bytes());
    }

    #[test]
    fn nothing_like_a_policy_makes_the_reader_panic(text in xmlish()) {
        read_everywhere(text.as_bytes());
    }

    #[test]
    fn no_record_that_is_nearly_right_makes_the_reader_panic(
        times in prop::collection::vec(any::<i64>(), 3),
        counts in prop::collection::vec(any::<u64>(), 2),
        issuer in ".*",
    ) {
        let record = json!({
            "schema": 2, "attempts": counts[1], "fetched_at": times[0], "metadata": [issuer, issuer, "https://a/"],
            "keys": [[times[1], {"kty": "RSA"}]], "lease": [counts[0], times[2]], "failures": 4_294_967_295_u32, "retries": 4_294_967_295_u32,
            "failing_since": times[1], "last_error": [times[2], issuer],
            "tried_at": times[2], "draw": counts[0], "unknown_kid_at": times[0],
        });
        let record = Record::parse(record.to_string().as_bytes()).expect("the form of a record");
        prop_assert_eq!(Record::parse(&record.to_bytes()), Ok(record));
    }

    #[test]
    fn no_target_host_or_cookie_makes_the_gate_panic_or_pass(
        target in "[/a-z.%?&=;#\\\\\\x00-\\xff]{0,80}",
        prefix in prop::sample::select(vec!["", "/query", "/cookie", "/query?t=", "/c//.."]),
        host in "[a-z.:\\[\\]*]{0,30}",
        cookie in "[at=;\", .]{0,40}",
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let bench = looking_everywhere();
        let target = format!("{prefix}{target}");
        let sent = request(&[(":path", &target), (":authority", &host), ("cookie", &cookie)]);
        prop_assert_ne!(bench.verdict(&sent), "allowed");
        let pairs: [(&[u8], &[u8]); 4] = [(b":path", &bytes), (b":method", &bytes), (b":authority", &bytes), (b"authorization", &bytes)];
        prop_assert_ne!(bench.verdict(&Request::from_pairs(pairs)), "allowed");
    }

    #[test]
    fn no_random_replacement_in_a_good_token_passes(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..40)) {
        let (key, bench) = signer(Algorithm::EdDsa);
        let good = plain().sign(&key).into_bytes();
        let at = at.index(good.len());
        let mut changed = good.clone();
        let end = (at + bytes.len()).min(changed.len());
        changed.splice(at..end, bytes);
        prop_assert!(changed == good || !passes(&bench, &changed));
        prop_assert!(bench.verdict(&bearer(std::str::from_utf8(&good).expect("text"))) == "allowed");
    }
}
