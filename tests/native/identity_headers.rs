//! Identity headers are the filter's alone: in no spelling do they come from a client, and no claim reads as another.

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::gate::{Decision, HeaderEdit, Verdict};
use validate_jwt_testbed::spellings::SPELLINGS;
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{Bench, inline, plain, request};

/// Spellings of the header that HTTP does not allow, and a host might.
const NOT_IN_HTTP: [&str; 4] = ["x user id", "x:user:id", "x/user;id", "x\tuser\u{1}id"];

/// Names that are nobody's spelling of it.
const OTHERS: [&str; 8] =
    ["x-user", "xuserid", "x-user-id-", "-x-user-id", "x--user-id", "x-user-1d", "x-us%65r-id", "x-userid"];

/// A policy that refuses under `/`, one that only reports under `/trial`, and `/open` for everybody.
fn bench(key: &SigningKey) -> Bench {
    let policy = |mode: &str| {
        let forward = json!({
            "claims_to_headers": [{"claim": "name", "header": "X-User-Id"}, {"claim": "org", "header": "x_tenant"}],
            "payload_header": "x-payload",
        });
        inline(key, &json!({"forward": forward, "mode": mode}))
    };
    Bench::new(&json!({
        "policies": {"strict": policy("enforce"), "trial": policy("report_only")},
        "rules": [
            {"match": {"path_prefix": "/open"}, "allow": true},
            {"match": {"path_prefix": "/trial"}, "policy": "trial"},
            {"match": {}, "policy": "strict"},
        ],
    }))
}

/// What the decision removes, and what it sets of the name.
fn removed_and_set(decision: &Decision) -> (Vec<String>, Vec<String>) {
    let edits = match decision {
        Decision::Final(Verdict::Forward(admission)) => admission.edits(),
        Decision::Final(Verdict::Refuse(rejection)) => {
            return (rejection.forged.iter().map(ToString::to_string).collect(), Vec::new());
        }
        Decision::Final(Verdict::Serve(served)) => {
            return (served.forged.iter().map(ToString::to_string).collect(), Vec::new());
        }
        Decision::Wait(_) => panic!("the keys are inline"),
    };
    let mut lines = (Vec::new(), Vec::new());
    for edit in edits {
        match edit {
            HeaderEdit::Remove(name) => lines.0.push(name.to_string()),
            HeaderEdit::Set(name, value) if name.as_str() == "x-user-id" => {
                lines.1.push(String::from_utf8_lossy(value).into_owned());
            }
            HeaderEdit::Set(..) | HeaderEdit::SetPath(_) => {}
        }
    }
    lines
}

#[test]
fn an_identity_header_is_forged_in_no_spelling_and_on_no_path() {
    let key = SigningKey::p256();
    let bench = bench(&key);
    let good = format!("Bearer {}", plain().claim("name", "alice").sign(&key));
    for (path, authorization, verdict, set) in [
        ("/", good.as_str(), "allowed", vec!["alice"]),
        ("/", "Bearer a.b.c", "token_malformed", vec![]),
        ("/", "", "token_not_present", vec![]),
        ("/open", "", "exempt", vec![]),
        ("/open", good.as_str(), "exempt", vec![]),
        ("/trial", good.as_str(), "allowed", vec!["alice"]),
        ("/trial", "Bearer a.b.c", "would_reject token_malformed", vec![]),
        ("/trial", "", "would_reject token_not_present", vec![]),
    ] {
        for name in SPELLINGS.into_iter().chain(NOT_IN_HTTP) {
            let sent =
                [(":path", path), ("authorization", authorization), (name, "root"), ("a", ""), (name, "")];
            let sent = request(&sent);
            assert_eq!(bench.verdict(&sent), verdict, "{name} on {path}");
            let (removed, found) = removed_and_set(&bench.decide(&sent));
            assert_eq!(removed, [name.as_bytes().escape_ascii().to_string()], "{name} on {path}");
            assert_eq!(found, set, "{name} on {path}");
        }
        for name in OTHERS {
            let sent = request(&[(":path", path), ("authorization", authorization), (name, "root")]);
            assert!(removed_and_set(&bench.decide(&sent)).0.is_empty(), "{name} on {path}");
        }
    }
    let sent = request(&[("X.Tenant", "1"), ("x-tenant", "2"), ("x_payload", "e30"), ("x_user_id", "")]);
    let removed = removed_and_set(&bench.decide(&sent)).0;
    assert_eq!(removed, ["X.Tenant", "x-tenant", "x_payload", "x_user_id"]);
}

#[test]
fn a_pseudo_header_is_nobodys_spelling() {
    let key = SigningKey::p256();
    let names = ["-path", "_method", ".authority"];
    let claims = names.map(|name| json!({"claim": "sub", "header": name}));
    let bench = Bench::new(&inline(&key, &json!({"forward": {"claims_to_headers": claims}})));
    let sent = request(&[("~path", "/admin")]);
    assert_eq!(removed_and_set(&bench.decide(&sent)).0, ["~path"]);
}

/// The header that a claim becomes; `-` where there is none.
fn header_of(bench: &Bench, key: &SigningKey, claim: &Value) -> String {
    let token = plain().claim("name", claim.clone()).sign(key);
    let (_, set) = removed_and_set(&bench.decide(&request(&[("authorization", &format!("Bearer {token}"))])));
    set.first().cloned().unwrap_or_else(|| "-".to_owned())
}

#[test]
fn a_claim_with_blanks_at_its_ends_arrives_as_another_name_nowhere() {
    let key = SigningKey::p256();
    let bench = bench(&key);
    for (claim, expected) in [
        (json!("alice"), "alice"),
        (json!(" alice"), "%20alice"),
        (json!("alice "), "alice%20"),
        (json!("  alice smith  "), "%20%20alice smith%20%20"),
        (json!("\talice"), "%09alice"),
        (json!("alice\t"), "alice%09"),
        (json!("\u{a0}alice"), "%C2%A0alice"),
        (json!("alice\u{a0}"), "alice%C2%A0"),
        (json!("alice\u{3000}"), "alice%E3%80%80"),
        (json!("\u{feff}alice"), "%EF%BB%BFalice"),
        (json!(" "), "%20"),
        (json!(" \u{a0}\t"), "%20%C2%A0%09"),
        (json!("a\tb"), "-"),
        (json!("alice\r"), "-"),
        (json!("\nalice"), "-"),
        (json!("alice\u{0}"), "-"),
        (json!("Zo\u{eb}"), "Zo\u{eb}"),
        (json!("50% of it"), "50% of it"),
        (json!("%20alice"), "%2520alice"),
        (json!(["alice", " bob"]), "alice,%20bob"),
        (json!(["alice ", "bob"]), "alice%20,bob"),
        (json!([" ", ""]), "%20,"),
        (json!(["\tx", "y\r\nz"]), "%09x,y%0D%0Az"),
        (json!(["\u{a0}x"]), "%C2%A0x"),
        (json!(["%2C", ",", 1]), "%252C,%2C,1"),
    ] {
        assert_eq!(header_of(&bench, &key, &claim), expected, "{claim}");
    }
}

#[test]
fn headers_that_a_server_reads_as_one_are_refused_at_load() {
    let key = SigningKey::p256();
    let claims = |names: &[&str]| {
        let claims: Vec<_> = names.iter().map(|name| json!({"claim": "sub", "header": name})).collect();
        json!({"forward": {"claims_to_headers": claims}})
    };
    let problems = |configuration: &Value| match Config::parse(configuration.to_string().as_bytes()) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let two = "validate_jwt.forward.claims_to_headers[1].header: expected";
    let header = "validate_jwt.forward.claims_to_headers[0].header: expected";
    let own = "a header of its own";
    let token = "a header in which no policy expects the token";
    for (more, place, allowed) in [
        (
            claims(&["x-user", "x_user"]),
            two,
            "one spelling of a header (many servers read this one as \"x-user\")",
        ),
        (claims(&["X_User", "x.user"]), two, "many servers read this one as \"x_user\""),
        (claims(&["x-user", "X-User"]), two, "each header once"),
        (claims(&["content_length"]), header, own),
        (claims(&["Transfer.Encoding"]), header, own),
        (claims(&["x_envoy_retry_on"]), header, own),
        (claims(&["access.control_request_method"]), header, own),
        (claims(&["proxy_authorization"]), header, own),
        (claims(&["x_request_id"]), header, own),
        (claims(&["Host"]), header, own),
        (claims(&["cookie"]), header, own),
        (claims(&["Authorization"]), header, token),
        (
            json!({"header_name": "x_token", "forward": {"payload_header": "X-Token"}}),
            "validate_jwt.forward.payload_header: expected",
            token,
        ),
        (
            json!({"forward": {"claims_to_headers": [{"claim": "a", "header": "x.p"}], "payload_header": "x-p"}}),
            "validate_jwt.forward.payload_header: expected",
            "many servers read this one as \"x.p\"",
        ),
    ] {
        let found = problems(&inline(&key, &more));
        assert!(found.contains(place) && found.contains(allowed), "{more}: {found:?}");
    }
    let policies = |first: &str, second: &str| {
        json!({
            "policies": {"a": inline(&key, &claims(&[first])), "b": inline(&key, &claims(&[second]))},
            "rules": [{"match": {}, "policy": "a"}],
        })
    };
    assert_eq!(problems(&policies("x-user", "X-User")), "");
    let found = problems(&policies("x-user", "x_user"));
    assert!(
        found.contains("policies.b.validate_jwt.forward.claims_to_headers[0].header: expected"),
        "{found}"
    );
}

#[test]
fn each_of_many_spellings_is_removed_once() {
    let key = SigningKey::p256();
    let bench = bench(&key);
    let separators = b"-_.~!*'^`+#$%&|";
    let names: Vec<String> = (0..5_000)
        .map(|at: usize| {
            let [first, second] = [separators[at % 15], separators[at / 15 % 15]].map(char::from);
            let case = if (at / 225).is_multiple_of(2) { "user" } else { "USER" };
            format!("x{first}{case}{second}id")
        })
        .collect();
    let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let (removed, _) = removed_and_set(&bench.decide(&request(&headers)));
    assert_eq!(removed.len(), 450);
}
