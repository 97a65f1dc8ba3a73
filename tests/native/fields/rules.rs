//! `rules` and the conditions of `match`, one at a time.

use serde_json::{Value, json};
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{Bench, inline, request};

/// Whether the first rule, with this condition, takes the request; the last one would refuse it.
#[track_caller]
fn check(condition: &Value, cases: &[(&[(&str, &str)], bool)]) {
    let bench = Bench::new(&json!({
        "policies": {"api": inline(&SigningKey::p256(), &json!({}))},
        "rules": [{"match": condition, "allow": true}, {"match": {}, "policy": "api"}],
    }));
    for (headers, matches) in cases {
        let expected = if *matches { "exempt" } else { "token_not_present" };
        assert_eq!(bench.verdict(&request(headers)), expected, "{condition}: {headers:?}");
    }
}

#[test]
fn match_path_is_the_whole_path_without_query() {
    check(
        &json!({"path": "/a"}),
        &[
            (&[(":path", "/a")], true),
            (&[(":path", "/a?b")], true),
            (&[(":path", "/a/")], false),
            (&[(":path", "/b")], false),
        ],
    );
}

#[test]
fn path_prefix_is_whole_segments() {
    check(
        &json!({"path_prefix": "/a"}),
        &[(&[(":path", "/a")], true), (&[(":path", "/a/b")], true), (&[(":path", "/ab")], false)],
    );
}

#[test]
fn path_regex_is_anchored_at_both_ends() {
    check(
        &json!({"path_regex": "/(a|b)[0-9]"}),
        &[
            (&[(":path", "/a1")], true),
            (&[(":path", "/b2?x")], true),
            (&[(":path", "/a12")], false),
            (&[(":path", "/x/a1")], false),
        ],
    );
}

#[test]
fn match_methods_ignore_case() {
    check(
        &json!({"methods": ["GET", "Propfind"]}),
        &[
            (&[(":method", "GET")], true),
            (&[(":method", "PROPFIND")], true),
            (&[(":method", "get")], true),
            (&[(":method", "POST")], false),
        ],
    );
}

#[test]
fn match_hosts_are_the_whole_authority_and_a_star_is_any_host_below_or_any_port() {
    check(
        &json!({"hosts": ["api.example", "*.example.org", "www.example:*"]}),
        &[
            (&[(":authority", "API.example")], true),
            (&[(":authority", "api.example:8443")], false),
            (&[(":authority", "www.example:8443")], true),
            (&[(":authority", "www.example")], false),
            (&[(":authority", "a.b.example.org")], true),
            (&[(":authority", "example.org")], false),
            (&[(":authority", "api.example.evil")], false),
        ],
    );
}

#[test]
fn cors_preflight_takes_both_headers_and_the_method() {
    let (origin, wanted) = (("origin", "https://app"), ("access-control-request-method", "PUT"));
    check(
        &json!({"cors_preflight": true}),
        &[
            (&[(":method", "OPTIONS"), origin, wanted], true),
            (&[(":method", "OPTIONS"), origin], false),
            (&[(":method", "OPTIONS"), wanted], false),
            (&[(":method", "GET"), origin, wanted], false),
        ],
    );
}

/// What a request gets whose path the rules would decide by its reading.
#[track_caller]
fn check_servers(paths: &Value, cases: &[(&str, &str)]) {
    let bench = Bench::new(&json!({
        "policies": {"api": inline(&SigningKey::p256(), &json!({}))},
        "rules": [{"match": {"path_prefix": "/Open"}, "allow": true}, {"match": {}, "policy": "api"}],
        "paths": paths,
    }));
    for (path, expected) in cases {
        assert_eq!(bench.verdict(&request(&[(":path", path)])), *expected, "{paths}: {path}");
    }
}

#[test]
fn paths_case_says_whether_the_servers_behind_heed_it() {
    let (ambiguous, asks) = ("request_ambiguous", "token_not_present");
    for paths in [json!({}), json!({"case": "ambiguous"}), json!({"parameters": "literal"})] {
        check_servers(
            &paths,
            &[("/Open/a", "exempt"), ("/open/a", ambiguous), ("/OPEN", ambiguous), ("/A", asks)],
        );
    }
    check_servers(
        &json!({"case": "sensitive"}),
        &[("/Open/a", "exempt"), ("/open/a", asks), ("/OPEN", asks)],
    );
    check_servers(
        &json!({"case": "insensitive"}),
        &[("/Open/a", "exempt"), ("/open/a", "exempt"), ("/OPEN", "exempt"), ("/opened", asks)],
    );
}

#[test]
fn paths_parameters_says_whether_the_servers_behind_route_without_them() {
    let (ambiguous, asks) = ("request_ambiguous", "token_not_present");
    for paths in [json!({}), json!({"parameters": "ambiguous"}), json!({"case": "sensitive"})] {
        check_servers(&paths, &[("/Open/a;v", "exempt"), ("/Open;v/a", ambiguous), ("/a;v", asks)]);
    }
    check_servers(
        &json!({"parameters": "dropped"}),
        &[("/Open/a;v", "exempt"), ("/Open;v/a", "exempt"), ("/;v/a", asks)],
    );
    check_servers(
        &json!({"parameters": "literal"}),
        &[("/Open/a;v", "exempt"), ("/Open;v/a", asks), ("/;/Open", asks)],
    );
}

#[test]
fn rule_match_needs_every_condition_rule_policy_decides_and_rule_allow_exempts() {
    let status = |code: u16| inline(&SigningKey::p256(), &json!({"failed_validation_httpcode": code}));
    let bench = Bench::new(&json!({
        "policies": {"first": status(401), "second": status(418)},
        "rules": [
            {"match": {"path": "/a", "methods": ["GET"]}, "allow": true},
            {"match": {"path": "/a"}, "policy": "first"},
            {"match": {}, "policy": "second"},
        ],
    }));
    assert_eq!(bench.verdict(&request(&[(":path", "/a")])), "exempt");
    assert_eq!(bench.answer(&request(&[(":path", "/a"), (":method", "PUT")])).status, 401);
    assert_eq!(bench.answer(&request(&[(":path", "/b")])).status, 418);
}

#[test]
fn match_headers_are_present_or_equal_or_match_a_header_pattern() {
    check(
        &json!({"headers": {"X-Tier": "gold", "x-any": null, "x-version": {"pattern": "v[0-9]+"}}}),
        &[
            (&[("x-tier", "gold"), ("x-any", ""), ("x-version", "v12")], true),
            (&[("X-Tier", "gold"), ("X-Any", "x"), ("X-Version", "v1")], true),
            (&[("x-tier", "Gold"), ("x-any", ""), ("x-version", "v12")], false),
            (&[("x-tier", "gold"), ("x-version", "v12")], false),
            (&[("x-tier", "gold"), ("x-any", ""), ("x-version", "v12-beta")], false),
            (&[("x-tier", "gold"), ("x-tier", "gold"), ("x-any", ""), ("x-version", "v12")], false),
            (&[("x_tier", "gold"), ("x-any", ""), ("x-version", "v12")], false),
        ],
    );
    check(
        &json!({"headers": {"x-many": "a,b"}}),
        &[
            (&[("x-many", "a"), ("x-many", "b")], true),
            (&[("x-many", "a,b")], true),
            (&[("x-many", "b,a")], false),
        ],
    );
    check(
        &json!({"path_prefix": "/a", "headers": {"x": ""}}),
        &[
            (&[(":path", "/a"), ("x", "")], true),
            (&[(":path", "/b"), ("x", "")], false),
            (&[(":path", "/a")], false),
        ],
    );
}

#[test]
fn bytes_that_are_not_utf_8_take_nothing_out_of_a_header_patterns_sight() {
    let bench = Bench::new(&json!({
        "policies": {"api": inline(&SigningKey::p256(), &json!({}))},
        "rules": [
            {"match": {"headers": {"x": {"pattern": ".*session=.*"}}}, "allow": true},
            {"match": {}, "policy": "api"},
        ],
    }));
    let of = |value: &[u8]| {
        let pairs = [(&b":method"[..], &b"GET"[..]), (b":path", b"/"), (b"x", value)];
        bench.verdict(&validate_jwt::gate::Request::from_pairs(pairs))
    };
    assert_eq!(of(b"a=b; session=x"), "exempt");
    assert_eq!(of(b"a=\xff; session=x; b=\xfe"), "exempt");
    assert_eq!(of(b"a=\xff; sessio\xff=x"), "token_not_present");
}
