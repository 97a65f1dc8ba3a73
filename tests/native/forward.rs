//! What the API gets: claims in headers, the payload, and never what a client forged.

use serde_json::json;
use validate_jwt::gate::HeaderEdit;
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{Bench, inline, plain, request};

/// An edit in one line: `-name`, or `name=value`.
fn line(edit: &HeaderEdit) -> String {
    match edit {
        HeaderEdit::Remove(name) => format!("-{name}"),
        HeaderEdit::Set(name, value) => format!("{name}={}", String::from_utf8_lossy(value)),
        HeaderEdit::SetPath(path) => format!(":path={}", String::from_utf8_lossy(path)),
    }
}

fn lines(edits: &[HeaderEdit]) -> Vec<String> {
    edits.iter().map(line).collect()
}

#[test]
fn claims_go_into_headers_and_forged_copies_go_first() {
    let key = SigningKey::p256();
    let forward = json!({
        "token": "remove",
        "claims_to_headers": [
            {"claim": "sub", "header": "X-User"},
            {"claim": "absent", "header": "X-Absent"},
            {"path": ["a", "b"], "header": "X-Nested"},
        ],
    });
    let bench = Bench::new(&inline(&key, &json!({"forward": forward})));
    let token = plain().claim("sub", "alice").claim("a", json!({"b": [1, "x,y"]})).sign(&key);
    let sent = request(&[
        ("authorization", &format!("Bearer {token}")),
        ("X-User", "root"),
        ("x-user", "root"),
        ("x-absent", "root"),
    ]);
    assert_eq!(
        lines(bench.admission(&sent).edits()),
        ["-X-User", "-x-absent", "-x-user", "-authorization", "x-user=alice", "x-nested=1,x%2Cy"]
    );
}

#[test]
fn the_payload_goes_as_the_issuer_wrote_it() {
    let key = SigningKey::p256();
    let more = json!({"forward": {"payload_header": "x-payload"}, "output_token_variable_name": "jwt"});
    let bench = Bench::new(&inline(&key, &more));
    let token = plain().sign(&key);
    let payload = token.split('.').nth(1).unwrap_or_default();
    let admission = bench.admission(&request(&[("authorization", &format!("Bearer {token}"))]));
    assert_eq!(lines(admission.edits()), [format!("x-payload={payload}")]);
    let [(name, claims)] = admission.published() else { panic!("one published value") };
    assert_eq!(name, "jwt");
    assert!(claims.starts_with(b"{"));
}

#[test]
fn tokens_leave_query_and_cookie_and_nothing_else_does() {
    let key = SigningKey::p256();
    let token = plain().sign(&key);
    let remove = json!({"token": "remove"});
    let query = Bench::new(&inline(&key, &json!({"query_parameter_name": "t", "forward": remove})));
    for (target, expected) in [
        (format!("/a?t={token}"), ":path=/a"),
        (format!("/a?x=1&t={token}&y=%2F"), ":path=/a?x=1&y=%2F"),
        (format!("/a?x=&t={token}&y&=&z=a=b"), ":path=/a?x=&y&=&z=a=b"),
        (format!("/a?%74={token}&&tt=1"), ":path=/a?&tt=1"),
        // Differently spelt parameters are others: they stay.
        (format!("/a?T=1&t={token}&%54=2&t[]=3&t%20=4&+t=5"), ":path=/a?T=1&%54=2&t[]=3&t%20=4&+t=5"),
    ] {
        assert_eq!(lines(query.admission(&request(&[(":path", &target)])).edits()), [expected]);
    }
    let cookie = Bench::new(&inline(&key, &json!({"cookie_name": "t", "forward": remove})));
    let line = format!("a=1; t={token}; b=2");
    assert_eq!(lines(cookie.admission(&request(&[("cookie", &line)])).edits()), ["cookie=a=1; b=2"]);
    let line = format!("t={token}");
    assert_eq!(lines(cookie.admission(&request(&[("cookie", &line)])).edits()), ["-cookie"]);
}

#[test]
fn a_refusal_names_the_forged_headers_so_that_no_log_shows_them() {
    let key = SigningKey::p256();
    let forward =
        json!({"claims_to_headers": [{"claim": "sub", "header": "x-user"}], "payload_header": "x-payload"});
    let bench = Bench::new(&inline(&key, &json!({"forward": forward})));
    for (sent, expected) in [
        (&[("X-User", "root"), ("x-user", "root"), ("x-other", "1")][..], &["X-User", "x-user"][..]),
        (&[("x-payload", "e30"), ("x-user", "")], &["x-payload", "x-user"]),
        (&[], &[]),
    ] {
        let rejection = bench.rejection(&request(sent));
        let forged: Vec<_> = rejection.forged.iter().map(ToString::to_string).collect();
        assert_eq!(forged, expected, "{sent:?}");
    }
}

#[test]
fn forged_headers_go_on_allow_rules_and_in_report_only_mode_too() {
    let key = SigningKey::p256();
    let forward = json!({"claims_to_headers": [{"claim": "sub", "header": "x-user"}]});
    let mut policy =
        inline(&key, &json!({"forward": forward, "mode": "report_only"}))["validate_jwt"].clone();
    let bench = Bench::new(&json!({"validate_jwt": policy}));
    let forged = [("x-user", "root"), (":path", "/open")];
    let admission = bench.admission(&request(&forged));
    assert_eq!(lines(admission.edits()), ["-x-user"]);
    assert_eq!(bench.verdict(&request(&forged)), "would_reject token_not_present");
    policy["mode"] = json!("enforce");
    let bench = Bench::new(&json!({
        "policies": {"p": {"validate_jwt": policy}},
        "rules": [{"match": {"path": "/open"}, "allow": true}, {"match": {}, "policy": "p"}],
    }));
    assert_eq!(bench.verdict(&request(&forged)), "exempt");
    assert_eq!(lines(bench.admission(&request(&forged)).edits()), ["-x-user"]);
}
