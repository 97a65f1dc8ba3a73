//! `rules` and route metadata: which policy a request gets.

use serde_json::{Value, json};
use validate_jwt::gate::{Request, RouteChoice};
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{Bench, inline, request};

/// Policies `a`, `b` and `c` refuse a request without a token, each with a status of its own.
fn bench(rules: &Value) -> Bench {
    let key = SigningKey::p256();
    let policy = |status: u16| inline(&key, &json!({"failed_validation_httpcode": status}));
    Bench::new(&json!({"policies": {"a": policy(401), "b": policy(402), "c": policy(403)}, "rules": rules}))
}

/// The name of the policy that a request got, `allow`, or the reason of a refusal that no policy made.
fn chosen(bench: &Bench, request: &Request) -> String {
    match bench.verdict(request).as_str() {
        "exempt" => "allow".to_owned(),
        "token_not_present" => bench.rejection(request).policy.as_deref().unwrap_or("none").to_owned(),
        other => other.to_owned(),
    }
}

#[track_caller]
fn check(rules: &Value, cases: &[(&[(&str, &str)], &str)]) {
    let bench = bench(rules);
    for (headers, expected) in cases {
        assert_eq!(chosen(&bench, &request(headers)), *expected, "{headers:?}");
    }
}

#[test]
fn the_first_rule_that_matches_wins() {
    check(
        &json!([
            {"match": {"path": "/a"}, "policy": "a"},
            {"match": {"path_prefix": "/a"}, "policy": "b"},
            {"match": {"path_regex": "/x/[0-9]+"}, "policy": "a"},
            {"match": {"path_prefix": "/x"}, "allow": true},
            {"match": {}, "policy": "c"},
        ]),
        &[
            (&[(":path", "/a")], "a"),
            (&[(":path", "/a?b=c")], "a"),
            (&[(":path", "/a/")], "b"),
            (&[(":path", "/a/b")], "b"),
            (&[(":path", "/ab")], "c"),
            (&[(":path", "/x/12")], "a"),
            (&[(":path", "/x/12/3")], "allow"),
            (&[(":path", "/y/x/12")], "c"),
            (&[(":path", "/")], "c"),
        ],
    );
}

#[test]
fn a_path_is_matched_as_the_upstream_would_see_it_or_refused() {
    check(
        &json!([
            {"match": {"path_prefix": "/admin"}, "policy": "a"},
            {"match": {"path_prefix": "/public"}, "allow": true},
            {"match": {}, "policy": "c"},
        ]),
        &[
            (&[(":path", "/admin/../public")], "allow"),
            (&[(":path", "/public/../admin")], "a"),
            (&[(":path", "/public/%2e%2e/admin")], "a"),
            (&[(":path", "/./admin")], "a"),
            (&[(":path", "/%61dmin")], "a"),
            (&[(":path", "/admin/")], "a"),
            (&[(":path", "/admin?")], "a"),
            (&[(":path", "/admin#/public")], "request_ambiguous"),
            (&[(":path", "/?x=1#/public")], "c"),
            (&[(":path", "/?/public")], "c"),
            (&[(":path", "/public/..;/admin")], "request_ambiguous"),
            (&[(":path", "/admin%2f")], "request_ambiguous"),
            (&[(":path", "/public%2f..%2fadmin")], "request_ambiguous"),
            (&[(":path", "/public%5c..%5cadmin")], "request_ambiguous"),
            (&[(":path", "\\admin")], "request_ambiguous"),
            (&[(":path", "/public\\..\\admin")], "request_ambiguous"),
            (&[(":path", "/admin%00")], "request_ambiguous"),
            (&[(":path", "/public%")], "request_ambiguous"),
        ],
    );
}

#[test]
fn without_a_rule_over_paths_every_path_is_fine() {
    check(
        &json!([{"match": {"methods": ["GET"]}, "policy": "a"}, {"match": {}, "policy": "b"}]),
        &[(&[(":path", "/a%2Fb")], "a"), (&[(":path", "/%")], "a")],
    );
}

#[test]
fn methods_hosts_and_preflight() {
    let preflight =
        [(":method", "OPTIONS"), ("origin", "https://app"), ("access-control-request-method", "GET")];
    check(
        &json!([
            {"match": {"cors_preflight": true}, "allow": true},
            {"match": {"methods": ["GET", "HEAD"], "hosts": ["api.example"]}, "policy": "a"},
            {"match": {"hosts": ["*.example.org"]}, "policy": "b"},
            {"match": {}, "policy": "c"},
        ]),
        &[
            (&preflight, "allow"),
            (&preflight[..2], "c"),
            (&[(":method", "GET"), ("origin", "x"), ("access-control-request-method", "GET")], "a"),
            (&[(":authority", "API.example")], "a"),
            (&[(":authority", "api.example:8443")], "c"),
            (&[(":authority", "api.example.")], "c"),
            (&[(":method", "HEAD")], "a"),
            (&[(":method", "get")], "a"),
            (&[(":method", "POST")], "c"),
            (&[(":authority", "a.b.example.org")], "b"),
            (&[(":authority", "example.org")], "c"),
            (&[(":authority", "evilexample.org")], "c"),
            (&[("x-forwarded-host", "a.example.org"), ("x-http-method-override", "POST")], "a"),
        ],
    );
}

/// A server that routes `Delete` like `DELETE` must not be reached by a rule for everything else.
#[test]
fn a_method_in_another_case_escapes_no_rule() {
    let bench = bench(&json!([
        {"match": {"methods": ["DELETE", "patch", "M-Search"]}, "policy": "a"},
        {"match": {"path": "/health", "methods": ["GET"]}, "allow": true},
        {"match": {}, "policy": "c"},
    ]));
    for (method, expected) in [
        ("DELETE", "a"),
        ("Delete", "a"),
        ("dELETE", "a"),
        ("deletE", "a"),
        ("PATCH", "a"),
        ("patch", "a"),
        ("PatcH", "a"),
        ("M-SEARCH", "a"),
        ("m-search", "a"),
        ("gEt", "allow"),
        ("DELETED", "c"),
        ("DELET", "c"),
        ("DELETE ", "c"),
        ("D%45LETE", "c"),
        ("MSEARCH", "c"),
        ("", "c"),
    ] {
        let request = request(&[(":method", method), (":path", "/health")]);
        assert_eq!(chosen(&bench, &request), expected, "{method:?}");
    }
    let mut odd = vec![(&b":method"[..], &b"DELETE\xff"[..]), (b":path", b"/"), (b":authority", b"a")];
    assert_eq!(chosen(&bench, &Request::from_pairs(odd.clone())), "c");
    odd.remove(0);
    assert_eq!(chosen(&bench, &Request::from_pairs(odd)), "c");
}

/// What Envoy's `domains` of a virtual host match, and nothing else: the filter and the router read one host.
#[test]
fn a_host_rule_matches_what_envoys_domains_match_and_nothing_else() {
    let bench = bench(&json!([
        {"match": {"hosts": ["Public.example", "[2001:db8::A]"]}, "allow": true},
        {"match": {"hosts": ["port.example:8443", "any.example:*", "[::1]:*"]}, "policy": "a"},
        {"match": {"hosts": ["*.tenant.example", "*.ports.example:81"]}, "policy": "b"},
        {"match": {}, "policy": "c"},
    ]));
    for (authority, expected) in [
        ("public.example", "allow"),
        ("PUBLIC.Example", "allow"),
        ("public.example:80", "c"),
        ("public.example:443", "c"),
        ("public.example:0", "c"),
        ("public.example:00080", "c"),
        ("public.example:80:80", "c"),
        ("public.example..", "c"),
        ("public.example.:80", "c"),
        ("public.example::", "c"),
        ("user@public.example", "c"),
        ("public.example@evil.example", "c"),
        ("public.example,evil.example", "c"),
        ("evil.example,public.example", "c"),
        (" public.example", "c"),
        ("public.example ", "c"),
        ("public.example/", "c"),
        ("public.example#", "c"),
        ("public%2eexample", "c"),
        ("xpublic.example", "c"),
        ("a.public.example", "c"),
        ("[2001:DB8::a]", "allow"),
        ("[2001:db8::a]:443", "c"),
        ("[2001:db8:0::a]", "c"),
        ("2001:db8::a", "c"),
        ("port.example:8443", "a"),
        ("PORT.example:8443", "a"),
        ("port.example", "c"),
        ("port.example:08443", "c"),
        ("port.example:844", "c"),
        ("port.example:84430", "c"),
        ("any.example:1", "a"),
        ("ANY.example:65535", "a"),
        ("any.example", "c"),
        ("any.example:", "c"),
        ("any.example.:1", "c"),
        ("x.any.example:1", "c"),
        ("[::1]:8080", "a"),
        ("[::1]", "c"),
        ("[::1]:", "c"),
        ("a.tenant.example", "b"),
        ("a.B.Tenant.Example", "b"),
        (".tenant.example", "c"),
        ("tenant.example", "c"),
        ("a.tenant.example:443", "c"),
        ("a.tenant.example.", "c"),
        ("a.tenant.example:", "c"),
        ("xtenant.example", "c"),
        ("a.ports.example:81", "b"),
        ("a.ports.example", "c"),
        ("a.ports.example:8181", "c"),
        ("", "c"),
    ] {
        assert_eq!(chosen(&bench, &request(&[(":authority", authority)])), expected, "{authority:?}");
    }
}

#[test]
fn a_route_chooses_its_policy_and_an_unknown_one_is_refused() {
    let bench = bench(&json!([{"match": {"path": "/a"}, "policy": "a"}, {"match": {}, "policy": "b"}]));
    for (name, expected) in [
        ("c", "c"),
        ("allow", "allow"),
        ("d", "policy_not_found"),
        ("", "policy_not_found"),
        ("Allow", "policy_not_found"),
    ] {
        let mut request = request(&[(":path", "/a")]);
        request.route = RouteChoice::Named(name.as_bytes().to_vec());
        assert_eq!(chosen(&bench, &request), expected, "{name:?}");
    }
    let mut odd = request(&[]);
    odd.route = RouteChoice::Named(vec![0xff]);
    assert_eq!(bench.answer(&odd).status, 403);
}

#[test]
fn an_ambiguous_path_is_400_whatever_its_route_chooses() {
    let bench = bench(&json!([{"match": {"path": "/a"}, "policy": "a"}, {"match": {}, "policy": "b"}]));
    for route in [RouteChoice::None, RouteChoice::Named(b"c".into()), RouteChoice::Named(b"allow".into())] {
        let mut request = request(&[(":path", "/public/..%2fadmin")]);
        request.route = route;
        assert_eq!(bench.answer(&request).status, 400, "{:?}", request.route);
    }
}
