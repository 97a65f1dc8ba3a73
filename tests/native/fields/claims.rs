//! What a token must say, and where it goes: the same in either policy.

use serde_json::{Value, json};
use validate_jwt::gate::HeaderEdit;
use validate_jwt_testbed::token::SigningKey;

use super::{either, token};
use crate::bench::{Bench, bearer, request};

const REFUSED: &str = "claim_value_not_allowed";
const SCOPE: &str = "insufficient_scope";

/// The verdicts of both policies on tokens with these claims.
#[track_caller]
fn check(more: &Value, cases: &[(Value, &str)]) {
    let key = SigningKey::p256();
    for bench in either(&key, more) {
        for (claims, expected) in cases {
            let mut recipe = token().without_claim("roles");
            for (name, value) in claims.as_object().into_iter().flatten() {
                recipe = recipe.claim(name, value.clone());
            }
            assert_eq!(bench.on(&recipe.sign(&key)), *expected, "{more}: {claims}");
        }
    }
}

#[test]
fn required_claim_name_is_literal_and_at_the_top() {
    check(
        &json!({"required_claims": [{"name": "a.b"}]}),
        &[
            (json!({"a.b": 1}), "allowed"),
            (json!({"a": {"b": 1}}), "claim_not_found"),
            (json!({}), "claim_not_found"),
        ],
    );
}

#[test]
fn required_claim_path_leads_into_objects() {
    check(
        &json!({"required_claims": [{"path": ["a", "b"]}]}),
        &[
            (json!({"a": {"b": 1}}), "allowed"),
            (json!({"a.b": 1}), "claim_not_found"),
            (json!({"a": [{"b": 1}]}), "claim_not_found"),
        ],
    );
}

#[test]
fn required_claim_values_are_compared_whole_and_none_means_present() {
    check(
        &json!({"required_claims": [{"name": "c", "values": ["one"]}]}),
        &[
            (json!({"c": "one"}), "allowed"),
            (json!({"c": ["two", "one"]}), "allowed"),
            (json!({"c": "One"}), REFUSED),
            (json!({"c": "one two"}), REFUSED),
        ],
    );
    check(&json!({"required_claims": [{"name": "c"}]}), &[(json!({"c": ""}), "allowed")]);
}

#[test]
fn required_claim_match_is_all_unless_any_is_said() {
    let rule = |more: &Value| {
        let mut rule = json!({"name": "c", "values": ["one", "two"]});
        if let Some(word) = more.as_str() {
            rule["match"] = json!(word);
        }
        json!({"required_claims": [rule]})
    };
    let (one, both, none) = (json!({"c": ["one"]}), json!({"c": ["one", "two"]}), json!({"c": [""]}));
    for all in [json!(null), json!("all")] {
        check(&rule(&all), &[(one.clone(), REFUSED), (both.clone(), "allowed"), (none.clone(), REFUSED)]);
    }
    check(&rule(&json!("any")), &[(one, "allowed"), (both, "allowed"), (none, REFUSED)]);
}

#[test]
fn a_required_claim_that_is_null_or_an_empty_array_is_missing() {
    for rule in [
        json!({"name": "c"}),
        json!({"name": "c", "values": ["x"]}),
        json!({"name": "c", "patterns": [".*"]}),
    ] {
        check(
            &json!({"required_claims": [rule]}),
            &[(json!({"c": null}), "claim_not_found"), (json!({"c": []}), "claim_not_found")],
        );
    }
    check(
        &json!({"required_claims": [{"name": "c"}]}),
        &[
            (json!({"c": [null]}), "allowed"),
            (json!({"c": {}}), "allowed"),
            (json!({"c": false}), "allowed"),
            (json!({"c": 0}), "allowed"),
        ],
    );
}

#[test]
fn a_required_claim_that_is_a_whole_number_compares_as_an_integer() {
    for (wanted, claim, expected) in [
        ("1", json!(1), "allowed"),
        ("1", json!(1.0), "allowed"),
        ("1000", json!(1e3), "allowed"),
        ("-3", json!(-3.0), "allowed"),
        ("0", json!(-0.0), "allowed"),
        ("100000000000000000000", json!(1e20), "allowed"),
        ("18446744073709551615", json!(u64::MAX), "allowed"),
        ("1.5", json!(1.5), "allowed"),
        ("1.0", json!(1.0), REFUSED),
        ("1", json!(1.000_001), REFUSED),
        ("1", json!("1.0"), REFUSED),
    ] {
        check(
            &json!({"required_claims": [{"name": "c", "values": [wanted]}]}),
            &[(json!({"c": claim}), expected)],
        );
    }
}

#[test]
fn required_claim_patterns_are_anchored_and_count_as_values() {
    let subject = |more: &Value| {
        let mut rule = json!({"name": "c", "patterns": ["repo:acme/.+:ref:refs/heads/main"]});
        for (name, value) in more.as_object().into_iter().flatten() {
            rule[name] = value.clone();
        }
        json!({"required_claims": [rule]})
    };
    let main = "repo:acme/app:ref:refs/heads/main";
    check(
        &subject(&json!({})),
        &[
            (json!({"c": main}), "allowed"),
            (json!({"c": ["x", main]}), "allowed"),
            (json!({"c": format!("x{main}")}), REFUSED),
            (json!({"c": format!("{main}-2")}), REFUSED),
            (json!({"c": format!("{main}\n")}), REFUSED),
            (json!({"c": "repo:acme/:ref:refs/heads/main"}), REFUSED),
            (json!({"c": "REPO:acme/app:ref:refs/heads/main"}), REFUSED),
            (json!({}), "claim_not_found"),
        ],
    );
    check(
        &subject(&json!({"values": ["exact"], "match": "any"})),
        &[
            (json!({"c": main}), "allowed"),
            (json!({"c": "exact"}), "allowed"),
            (json!({"c": "exac"}), REFUSED),
        ],
    );
    check(
        &subject(&json!({"values": ["exact"]})),
        &[(json!({"c": main}), REFUSED), (json!({"c": [main, "exact"]}), "allowed")],
    );
    check(
        &subject(&json!({"separator": " "})),
        &[(json!({"c": format!("a {main} b")}), "allowed"), (json!({"c": format!("{main}b a")}), REFUSED)],
    );
    check(
        &json!({"authorize": {"claims": [{"name": "c", "patterns": ["team-[0-9]+", "all"]}], "match": "any"}}),
        &[(json!({"c": ["team-7", "all"]}), "allowed"), (json!({"c": "team-7"}), SCOPE), (json!({}), SCOPE)],
    );
    check(
        &json!({"required_claims": [{"name": "n", "patterns": ["[12]|true"]}]}),
        &[(json!({"n": 2.0}), "allowed"), (json!({"n": true}), "allowed"), (json!({"n": 21}), REFUSED)],
    );
}

#[test]
fn required_claim_separator_splits_the_tokens_text_and_not_the_policys() {
    check(
        &json!({"required_claims": [{"name": "c", "separator": ",", "values": ["a", "b"]}]}),
        &[
            (json!({"c": "b,a"}), "allowed"),
            (json!({"c": "a b"}), REFUSED),
            (json!({"c": "a,b,"}), "allowed"),
        ],
    );
    check(
        &json!({"required_claims": [{"name": "c", "separator": ",", "values": ["a,b"]}]}),
        &[(json!({"c": "a,b"}), REFUSED)],
    );
}

#[test]
fn authorize_scopes_are_read_from_scp_and_scope() {
    check(
        &json!({"authorize": {"scopes": {"any": ["read"]}}}),
        &[
            (json!({"scp": "write read"}), "allowed"),
            (json!({"scope": ["read"]}), "allowed"),
            (json!({"roles": ["read"]}), SCOPE),
        ],
    );
}

#[test]
fn authorize_roles_are_read_from_roles() {
    check(
        &json!({"authorize": {"roles": {"any": ["clerk"]}}}),
        &[(json!({"roles": ["clerk"]}), "allowed"), (json!({"scp": "clerk"}), SCOPE), (json!({}), SCOPE)],
    );
}

#[test]
fn authorize_claims_are_required_claims_that_answer_403() {
    check(
        &json!({"authorize": {"claims": [{"name": "a"}, {"name": "b", "values": ["1"]}]}}),
        &[(json!({"a": 0, "b": 1}), "allowed"), (json!({"b": 1}), SCOPE), (json!({"a": 0, "b": 2}), SCOPE)],
    );
}

#[test]
fn authorize_match_is_all_parts_unless_any_is_said() {
    let parts =
        |word: &str| json!({"authorize": {"scopes": {"any": ["s"]}, "roles": {"any": ["r"]}, "match": word}});
    let (one, both) = (json!({"scp": "s"}), json!({"scp": "s", "roles": ["r"]}));
    check(&parts("all"), &[(one.clone(), SCOPE), (both.clone(), "allowed")]);
    check(&parts("any"), &[(one, "allowed"), (both, "allowed"), (json!({}), SCOPE)]);
}

#[test]
fn words_any_takes_one_and_words_all_takes_every_one() {
    let roles = |demand: &str| json!({"authorize": {"roles": {demand: ["a", "b"]}}});
    let (one, both) = (json!({"roles": ["b"]}), json!({"roles": ["a", "b", "c"]}));
    check(&roles("any"), &[(one.clone(), "allowed"), (both.clone(), "allowed")]);
    check(&roles("all"), &[(one, SCOPE), (both, "allowed")]);
}

/// What the upstream gets from both policies, in one line an edit.
#[track_caller]
fn forwarded(forward: &Value, claims: &[(&str, Value)], sent: &[(&str, &str)]) -> Vec<String> {
    let key = SigningKey::p256();
    let recipe = claims.iter().fold(token(), |recipe, (name, value)| recipe.claim(name, value.clone()));
    let authorization = format!("Bearer {}", recipe.sign(&key));
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend_from_slice(sent);
    let line = |edit: &HeaderEdit| match edit {
        HeaderEdit::Remove(name) => format!("-{name}"),
        HeaderEdit::Set(name, value) => format!("{name}={}", String::from_utf8_lossy(value)),
        HeaderEdit::SetPath(path) => format!(":path={}", String::from_utf8_lossy(path)),
    };
    let edits = |bench: &Bench| -> Vec<String> {
        bench.admission(&request(&headers)).edits().iter().map(line).collect()
    };
    let [jwt, azure] = either(&key, &json!({"forward": forward}));
    assert_eq!(edits(&jwt), edits(&azure));
    edits(&jwt)
}

#[test]
fn forward_token_is_kept_unless_it_is_to_be_removed() {
    assert!(forwarded(&json!({"token": "keep"}), &[], &[]).is_empty());
    assert_eq!(forwarded(&json!({"token": "remove"}), &[], &[]), ["-authorization"]);
}

#[test]
fn claims_to_headers_take_each_kind_of_value_and_every_forged_copy_goes() {
    let forward = json!({"claims_to_headers": [{"claim": "v", "header": "x-v"}]});
    for (value, expected) in [
        (json!("a b"), "x-v=a b"),
        (json!(1.5), "x-v=1.5"),
        (json!(true), "x-v=true"),
        (json!(["a,b", 1, "é"]), "x-v=a%2Cb,1,%C3%A9"),
        (json!({"a": 1}), "x-v=eyJhIjoxfQ"),
    ] {
        assert_eq!(forwarded(&forward, &[("v", value)], &[]), [expected]);
    }
    let forged = [("x-v", "root"), ("X-V", "root")];
    assert_eq!(forwarded(&forward, &[], &forged), ["-X-V", "-x-v"]);
}

#[test]
fn claim_to_header_claim_is_literal_claim_to_header_path_is_not_and_header_is_where_it_goes() {
    let forward = json!({"claims_to_headers": [
        {"claim": "a.b", "header": "X-Literal"}, {"path": ["a", "b"], "header": "x-nested"},
    ]});
    let claims = [("a.b", json!("literal")), ("a", json!({"b": "nested"}))];
    assert_eq!(forwarded(&forward, &claims, &[]), ["x-literal=literal", "x-nested=nested"]);
}

#[test]
fn payload_header_carries_the_payload_as_it_was_signed() {
    let key = SigningKey::p256();
    for bench in either(&key, &json!({"forward": {"payload_header": "x-payload"}})) {
        let signed = token().sign(&key);
        let payload = signed.split('.').nth(1).expect("three segments").as_bytes().to_vec();
        let admission = bench.admission(&bearer(&signed));
        let [HeaderEdit::Set(name, value)] = admission.edits() else { panic!("{:?}", admission.edits()) };
        assert_eq!((name.as_str(), value.clone()), ("x-payload", payload));
    }
}
