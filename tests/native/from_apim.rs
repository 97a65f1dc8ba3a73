//! `docs/from-apim.md`: Microsoft's example shapes, in XML and in JSON, decide as API Management's documentation says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe, tamper};

use crate::bench::{Bench, bearer, encrypted, request};
use crate::documents::blocks;

const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const API: &str = "api.contoso.example";
const SECRET: &[u8] = b"not a secret: everybody can read this!";

/// What a chapter's tokens have in common.
struct Example {
    heading: &'static str,
    /// What the documents of its providers say.
    issuers: Vec<String>,
    /// A good token.
    good: TokenRecipe,
    key: SigningKey,
}

fn examples() -> Vec<Example> {
    let rsa = || SigningKey::rsa(RsaFixture::First);
    let secret = || SigningKey::symmetric(SECRET);
    let v1 = format!("https://sts.windows.net/{TENANT}/");
    let v2 = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let external = format!("https://{TENANT}.ciamlogin.com/{TENANT}/v2.0");
    let flow = format!("https://contoso.b2clogin.com/{TENANT}/v2.0/");
    let contoso = || TokenRecipe::plain("http://contoso.example/", API);
    let client = "11112222-bbbb-3333-cccc-4444dddd5555";
    let example = |heading, issuers: &[&str], good, key| Example {
        heading,
        issuers: issuers.iter().map(|issuer| (*issuer).to_owned()).collect(),
        good,
        key,
    };
    vec![
        example(
            "The policy of the how-to",
            &[&v1],
            TokenRecipe::entra_v1(TENANT, "00001111-aaaa-2222-bbbb-3333cccc4444"),
            rsa(),
        ),
        example("A symmetric key", &[], contoso(), secret()),
        example("An RSA key", &[], contoso(), rsa().with_key_id("contoso")),
        example(
            "An Entra tenant",
            &[&v1],
            TokenRecipe::entra_v1(TENANT, "25eef6e4-c905-4a07-8eb4-0d08d5df8b3f").claim("id", "orders"),
            rsa(),
        ),
        example(
            "External ID",
            &[&external],
            TokenRecipe::entra_v2(TENANT, "any").issuer(&external).claim("azp", client),
            rsa(),
        ),
        example(
            "Azure AD B2C",
            &[&flow],
            TokenRecipe::plain(&flow, "d313c4e4-de5f-4197-9470-e509a2f0b806").claim("tfp", "b2c_1_signin"),
            rsa(),
        ),
        example("Encrypted tokens", &[], contoso(), secret()),
        example(
            "validate-azure-ad-token",
            &[&v2, &v1],
            TokenRecipe::entra_v2(TENANT, API).claim("azp", client).claim("ctry", "US"),
            rsa(),
        ),
        example(
            "Two policies in one document",
            &["https://login.contoso.example"],
            TokenRecipe::plain("https://login.contoso.example", API).claim("scp", "orders.write orders.read"),
            rsa(),
        ),
    ]
}

/// The policy in XML and the one in JSON of a chapter, with keys at hand.
fn pair(example: &Example) -> [Bench; 2] {
    let blocks = blocks(DOCUMENT);
    ["xml", "json"].map(|language| {
        let mut fitting = blocks.iter().filter(|block| {
            block.heading == example.heading && block.language == language && block.mark == "validate-jwt"
        });
        let block = fitting.next().unwrap_or_else(|| panic!("{}: no {language}", example.heading));
        assert!(fitting.next().is_none(), "{}: two policies in {language}", example.heading);
        let mut bench = Bench::of_text(&block.text);
        for (provider, issuer) in example.issuers.iter().enumerate() {
            bench.provide(provider, issuer, &[example.key.entra_jwk()]);
        }
        bench
    })
}

#[track_caller]
fn check(example: &Example, cases: &[(&str, String, &str)]) {
    for (bench, language) in pair(example).iter().zip(["xml", "json"]) {
        for (what, token, expected) in cases {
            assert_eq!(bench.settled(token), *expected, "{}, {language}: {what}", example.heading);
        }
    }
}

#[test]
fn both_forms_of_every_example_decide_alike_and_as_documented() {
    let own = "Access token is missing or invalid.";
    let mut pairs = 0;
    for example in examples() {
        let Example { heading, good, key, .. } = &example;
        let stranger = SigningKey::rsa(RsaFixture::Stranger).with_key_id(key.key_id());
        check(
            &example,
            &[
                ("good", good.sign(key), "allowed"),
                ("expired", good.clone().expires_in(-1).sign(key), "token_expired"),
                ("not yet", good.clone().not_before_in(60).sign(key), "token_not_yet_valid"),
                ("no exp", good.clone().without_claim("exp").sign(key), "expiration_missing"),
                ("tampered", tamper::flip_signature_bit(&good.sign(key), 9), "signature_invalid"),
                ("unsigned", good.unsigned(), "algorithm_not_allowed"),
                ("garbage", "garbage".to_owned(), "token_malformed"),
            ],
        );
        for bench in pair(&example) {
            assert_ne!(bench.on(&good.sign(&stranger)), "allowed", "{heading}");
            let answer = bench.answer(&request(&[]));
            assert_eq!(answer.status, 401, "{heading}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(body.contains(own), *heading == "The policy of the how-to", "{heading}: {body}");
            assert_eq!(bench.verdict(&request(&[])), "token_not_present", "{heading}");
        }
        pairs += 1;
    }
    let xml = blocks(DOCUMENT)
        .iter()
        .filter(|block| (&*block.language, &*block.mark) == ("xml", "validate-jwt"))
        // Alone, for what XML has a word for.
        .filter(|block| block.heading != "What differs")
        .count();
    assert_eq!(pairs, xml, "a pair that is not in the table");
}

#[test]
fn what_an_example_demands_of_its_tokens_is_demanded_in_both_forms() {
    let (audience, issuer) = ("audience_not_allowed", "issuer_not_allowed");
    let (value, missing) = ("claim_value_not_allowed", "claim_not_found");
    for example in examples() {
        let Example { heading, good, key, .. } = &example;
        let changed = |change: fn(TokenRecipe) -> TokenRecipe| change(good.clone()).sign(key);
        let cases: Vec<(&str, String, &str)> = match *heading {
            "The policy of the how-to" => vec![
                ("another API", changed(|good| good.audience("x")), value),
                (
                    "several audiences",
                    changed(|good| good.claim("aud", json!(["x", "00001111-aaaa-2222-bbbb-3333cccc4444"]))),
                    "allowed",
                ),
                ("another tenant", changed(|good| good.issuer("https://sts.windows.net/x/")), issuer),
            ],
            "A symmetric key" | "An RSA key" => vec![
                ("another API", changed(|good| good.audience("x")), audience),
                ("another issuer", changed(|good| good.issuer("http://contoso.example")), issuer),
            ],
            "An Entra tenant" => vec![
                ("another API", changed(|good| good.audience("x")), audience),
                ("another id", changed(|good| good.claim("id", "invoices")), value),
                ("among others", changed(|good| good.claim("id", json!(["invoices", "orders"]))), "allowed"),
                ("no id", changed(|good| good.without_claim("id")), missing),
            ],
            "External ID" => vec![
                ("another client", changed(|good| good.claim("azp", "x")), value),
                ("no client", changed(|good| good.without_claim("azp")), missing),
                ("any API", changed(|good| good.audience("x")), "allowed"),
                (
                    "the issuer by name",
                    changed(|good| good.issuer("https://contoso.ciamlogin.com/x/v2.0")),
                    issuer,
                ),
            ],
            "Azure AD B2C" => vec![
                ("another application", changed(|good| good.audience("x")), audience),
                (
                    "another directory",
                    changed(|good| good.issuer("https://fabrikam.b2clogin.com/x/v2.0/")),
                    issuer,
                ),
            ],
            "Encrypted tokens" => vec![
                ("encrypted", encrypted(&good.sign(key), DECRYPTION, None), "allowed"),
                (
                    "for somebody else",
                    encrypted(&good.sign(key), b"another key of thirty-two bytes!", None),
                    "decryption_failed",
                ),
                (
                    "encrypted, another API",
                    encrypted(&changed(|good| good.audience("x")), DECRYPTION, None),
                    audience,
                ),
            ],
            "validate-azure-ad-token" => vec![
                (
                    "v1.0",
                    TokenRecipe::entra_v1(TENANT, API)
                        .claim("appid", good.claims()["azp"].clone())
                        .claim("ctry", "US")
                        .sign(key),
                    "allowed",
                ),
                ("another client", changed(|good| good.claim("azp", "x")), "client_not_allowed"),
                ("another API", changed(|good| good.audience("x")), audience),
                ("another country", changed(|good| good.claim("ctry", "FR")), value),
            ],
            "Two policies in one document" => vec![
                ("without the scope", changed(|good| good.claim("scp", "orders.write")), value),
                ("another API", changed(|good| good.audience("x")), audience),
            ],
            other => panic!("{other}: nothing is demanded"),
        };
        check(&example, &cases);
    }
}

#[test]
fn require_scheme_of_an_example_is_required_in_both_forms() {
    for example in examples().iter().filter(|example| example.heading == "A symmetric key") {
        let token = example.good.sign(&example.key);
        for bench in pair(example) {
            assert_eq!(bench.verdict(&request(&[("authorization", &format!("bearer {token}"))])), "allowed");
            assert_eq!(bench.verdict(&request(&[("authorization", &token)])), "token_not_present");
        }
    }
}

#[test]
fn a_group_that_may_read_gets_403_where_it_may_not_write() {
    let blocks = blocks(DOCUMENT);
    let here = |language: &str| {
        let mut here = blocks.iter().filter(|block| block.heading == "403 for some requests");
        here.find(|block| block.language == language).expect(language).text.clone()
    };
    let json = Bench::of_text(&here("json"));
    // The policy of the page without what stands behind it.
    let text = here("xml");
    let (before, rest) = text.split_once("<choose>").expect("<choose>");
    let (_, after) = rest.split_once("</choose>").expect("</choose>");
    let xml = Bench::of_text(&format!("{before}{after}"));
    let key = SigningKey::symmetric(SECRET);
    for (groups, get, post) in [
        (json!(["finance"]), None, None),
        (json!(["logistics"]), None, Some(403)),
        (json!(["logistics", "finance"]), None, None),
        (json!(["legal"]), Some(401), Some(401)),
    ] {
        let token = TokenRecipe::plain("any", API).claim("group", groups.clone()).sign(&key);
        let authorization = format!("Bearer {token}");
        let status = |bench: &Bench, method: &str| {
            let request = request(&[(":method", method), ("authorization", &authorization)]);
            (bench.verdict(&request) != "allowed").then(|| bench.answer(&request).status)
        };
        assert_eq!((status(&json, "GET"), status(&json, "POST")), (get, post), "{groups}");
        assert_eq!(status(&xml, "GET"), get, "{groups}");
    }
    assert_eq!(json.verdict(&bearer("garbage")), "token_malformed");
}

#[test]
fn the_keys_in_the_document_are_those_of_the_tests() {
    let text: String = blocks(DOCUMENT).iter().map(|block| block.text.clone()).collect();
    let jwk = SigningKey::rsa(RsaFixture::First).public_jwk();
    for key in [
        STANDARD.encode(SECRET),
        STANDARD.encode(DECRYPTION),
        jwk["n"].as_str().unwrap_or_default().to_owned(),
    ] {
        assert!(text.contains(&key), "{key}");
    }
}

const DECRYPTION: &[u8; 32] = b"also not a secret: public since!";

const DOCUMENT: &str = "docs/from-apim.md";
