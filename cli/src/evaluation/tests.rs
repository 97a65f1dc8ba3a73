use serde_json::{Value, json};
use validate_jwt::gate::Outcome;

use super::*;

/// RFC 7515, appendix A.3: the key, and a token that it signed.
const KEY: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

const NOW: UnixTime = UnixTime::from_seconds(1_300_819_000);

fn config(policy: &Value) -> Config {
    Config::parse(json!({"validate_jwt": policy}).to_string().as_bytes()).unwrap()
}

fn discovery(issuer: &str, url: &str) -> Vec<u8> {
    json!({"issuer": issuer, "jwks_uri": url}).to_string().into_bytes()
}

fn document(kind: DocumentKind, provider: Option<&str>, content: &[u8]) -> Document {
    let provider = provider.map(str::to_owned);
    Document { kind, provider, file: "x.json".to_owned(), content: content.to_vec() }
}

/// The verdict on [`TOKEN`] in a word, and the notes.
fn verdict(policy: &Value, documents: &[ProviderDocuments]) -> (String, Vec<String>) {
    let asked = Asked { token: Some(TOKEN.to_owned()), ..Asked::default() };
    let question = Question { documents, certificate: None, now: NOW };
    let evaluation = evaluate(config(policy), &asked, question);
    let word = match &evaluation.verdict {
        Verdict::Forward(admission) => {
            assert_eq!(admission.outcome(), Outcome::Allowed);
            "allowed"
        }
        Verdict::Refuse(rejection) => rejection.reason.code(),
        Verdict::Serve(_) => "served",
    };
    (word.to_owned(), evaluation.notes.iter().map(ToString::to_string).collect())
}

const ONE: &str = "https://one.test/.well-known/openid-configuration";
const TWO: &str = "https://two.test/.well-known/openid-configuration";

fn of_one() -> ProviderDocuments {
    ProviderDocuments {
        discovery: Some(discovery("joe", "https://one.test/keys")),
        keys: Some(KEY.as_bytes().to_vec()),
    }
}

#[test]
fn a_token_is_judged_with_the_documents_of_its_provider() {
    let policy = json!({"openid_config": [{"url": ONE}]});
    let (word, notes) = verdict(&policy, &[of_one()]);
    assert_eq!(word, "allowed");
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("names the issuer \"joe\", which is on another host"), "{notes:?}");
}

#[test]
fn a_token_of_nobody_waits_for_what_is_not_given_and_is_refused_where_everything_is() {
    let policy = json!({"openid_config": [{"url": ONE}, {"url": TWO}]});
    let other = |issuer: &str| ProviderDocuments {
        discovery: Some(discovery(issuer, "https://two.test/keys")),
        keys: Some(KEY.as_bytes().to_vec()),
    };
    let one = ProviderDocuments {
        discovery: Some(discovery("https://one.test", "https://one.test/keys")),
        ..of_one()
    };
    let (word, notes) = verdict(&policy, std::slice::from_ref(&one));
    assert_eq!(word, "keys_unavailable");
    assert_eq!(notes, ["provider two_test has no keys: give its key set with --jwks"]);
    assert_eq!(verdict(&policy, &[one, other("https://two.test")]).0, "issuer_not_allowed");
}

#[test]
fn a_key_set_is_enough_where_the_issuer_is_configured() {
    let policy = json!({"openid_config": [{"url": ONE, "issuer": "joe"}]});
    let keys = |text: &str| ProviderDocuments { discovery: None, keys: Some(text.as_bytes().to_vec()) };
    assert_eq!(verdict(&policy, &[keys(KEY)]), ("allowed".to_owned(), Vec::new()));
    let (word, notes) = verdict(&policy, &[keys("{}")]);
    assert_eq!(word, "keys_unavailable");
    assert!(notes[0].starts_with("provider one_test has no keys: the JWKS "), "{notes:?}");
    let odd = KEY.replace('[', r#"[{"kty":"oct","k":"AAAA","kid":"s"},"#);
    let (word, notes) = verdict(&policy, &[keys(&odd)]);
    assert_eq!(word, "allowed");
    assert!(notes[0].starts_with("provider one_test: 1 of the keys not used: "), "{notes:?}");
}

#[test]
fn a_document_that_is_not_the_providers_leaves_it_without_keys() {
    let policy = json!({"openid_config": [{"url": ONE, "issuer": "joe"}]});
    let wrong = ProviderDocuments { discovery: Some(discovery("jim", "https://one.test/keys")), ..of_one() };
    let (word, notes) = verdict(&policy, &[wrong]);
    assert_eq!(word, "keys_unavailable");
    let expected = "provider one_test has no keys: the discovery document names another issuer than configured: \
                    expected \"joe\", found \"jim\"";
    assert_eq!(notes, [expected]);
}

#[test]
fn an_unknown_key_is_looked_for_once_more_and_then_refused() {
    let named = KEY.replace("\"kty\"", "\"kid\":\"a\",\"kty\"");
    let policy = json!({"openid_config": [{"url": ONE}], "require_expiration_time": false});
    let documents = [ProviderDocuments { keys: Some(named.into_bytes()), ..of_one() }];
    let [header, rest] = ["eyJhbGciOiJFUzI1NiIsImtpZCI6ImIifQ", TOKEN.split_once('.').unwrap().1];
    let asked = Asked { token: Some(format!("{header}.{rest}")), ..Asked::default() };
    let question = Question { documents: &documents, certificate: None, now: NOW };
    let evaluation = evaluate(config(&policy), &asked, question);
    let Verdict::Refuse(rejection) = &evaluation.verdict else { panic!("it is let in") };
    assert_eq!(rejection.reason.code(), "signature_key_not_found");
    assert_eq!(evaluation.answer("GET").map(|answer| answer.status), Some(401));
}

#[test]
fn a_token_stands_in_one_place_of_the_policy_that_decides() {
    let provider = json!([{"url": ONE, "issuer": "joe"}]);
    let both = json!({"openid_config": provider, "sources": [{"header": "x-token"}, {"cookie": "t"}]});
    let keys = [ProviderDocuments { discovery: None, keys: Some(KEY.as_bytes().to_vec()) }];
    assert_eq!(verdict(&both, &keys).0, "allowed");
    let query = json!({"openid_config": provider, "query_parameter_name": "access token"});
    assert_eq!(verdict(&query, &keys).0, "allowed");
}

#[test]
fn documents_find_their_providers_by_name_or_by_what_they_say() {
    use DocumentKind::{Discovery, Keys};
    let policy = json!({"openid_config": [{"url": ONE}, {"url": TWO}]});
    let config = config(&policy);
    let (one, two) = (
        discovery("https://one.test", "https://one.test/k"),
        discovery("https://two.test", "https://x.test/k"),
    );
    let stranger = discovery("https://three.test", "https://three.test/k");
    let assigned = |documents: Vec<Document>| {
        assign(&config, documents).map_err(|error| error.to_string()).map(|given| {
            given.iter().map(|one| (one.discovery.clone(), one.keys.clone())).collect::<Vec<_>>()
        })
    };
    let plain = |kind, content: &[u8]| document(kind, None, content);
    let named = |kind, provider, content: &[u8]| document(kind, Some(provider), content);
    let both = Ok(vec![(Some(one.clone()), None), (Some(two.clone()), None)]);
    assert_eq!(assigned(vec![plain(Discovery, &two), plain(Discovery, &one)]), both);
    assert_eq!(assigned(vec![named(Discovery, "two_test", &two), plain(Discovery, &one)]), both);
    // What fits nowhere better goes where there is room.
    let odd = Ok(vec![(Some(one.clone()), None), (Some(stranger.clone()), None)]);
    assert_eq!(assigned(vec![plain(Discovery, &stranger), plain(Discovery, &one)]), odd);
    assert_eq!(
        assigned(vec![plain(Discovery, &one), plain(Keys, b"{}")]),
        Ok(vec![(Some(one.clone()), Some(b"{}".to_vec())), (None, None)]),
    );
    for (documents, expected) in [
        (
            vec![plain(Discovery, &stranger)],
            "--discovery: expected PROVIDER=x.json, since any of the providers one_test, two_test could have sent it",
        ),
        (
            vec![plain(Keys, KEY.as_bytes())],
            "--jwks: expected PROVIDER=x.json, since any of the providers one_test, two_test could have sent it",
        ),
        (
            vec![named(Keys, "three", b"")],
            "--jwks: expected one of the providers one_test, two_test before \"=\", found \"three\"",
        ),
        (
            vec![named(Keys, "one_test", b""), named(Keys, "one_test", b"")],
            "--jwks: the provider one_test has one already",
        ),
    ] {
        assert_eq!(assigned(documents), Err(expected.to_owned()));
    }
    let single =
        self::config(&json!({"openid_config": [{"jwks_uri": "https://one.test/k", "issuer": "joe"}]}));
    let error = |documents| assign(&single, documents).map_err(|error| error.to_string()).unwrap_err();
    assert_eq!(
        error(vec![plain(Discovery, &one)]),
        "--discovery: the provider one_test is configured by jwks_uri and has none"
    );
    assert_eq!(
        error(vec![plain(Keys, b""), plain(Keys, b"")]),
        "--jwks: the provider one_test has one already"
    );
}
