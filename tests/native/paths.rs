//! One path, several readings: what servers behind make of a path must not decide who gets in.

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::gate::RouteChoice;
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{Bench, inline, plain, request};

/// Policies `admin`, `ops`, `jobs` and `weak` refuse a request without a token.
fn guarded(more: &Value) -> Value {
    let key = SigningKey::p256();
    let policy = || inline(&key, &json!({}));
    let mut configuration = json!({
        "policies": {"admin": policy(), "ops": policy(), "jobs": policy(), "weak": policy()},
        "rules": [
            {"match": {"path_prefix": "/public"}, "allow": true},
            {"match": {"path_prefix": "/admin"}, "policy": "admin"},
            {"match": {"path_prefix": "/@ops"}, "policy": "ops"},
            {"match": {"path": "/jobs:run"}, "policy": "jobs"},
            {"match": {"path_prefix": "/caf%C3%A9/keys"}, "policy": "ops"},
            {"match": {"path_regex": "/tenants/[0-9a-f]+/secret"}, "policy": "admin"},
            {"match": {}, "policy": "weak"},
        ],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        configuration[name] = value.clone();
    }
    configuration
}

/// The policy that decided, `allow`, or the reason of a refusal that no policy made.
fn decided(bench: &Bench, path: &str) -> String {
    let request = request(&[(":path", path)]);
    match bench.verdict(&request).as_str() {
        "exempt" => "allow".to_owned(),
        "token_not_present" => bench.rejection(&request).policy.as_deref().unwrap_or("none").to_owned(),
        other => other.to_owned(),
    }
}

#[track_caller]
fn check(configuration: &Value, cases: &[(&str, &str)]) {
    let bench = Bench::new(configuration);
    for (path, expected) in cases {
        assert_eq!(decided(&bench, path), *expected, "{path}");
    }
}

/// Without a token each of these has to end with 400: somewhere behind, a server reads another rule's path.
const AMBIGUOUS: [&str; 66] = [
    // Parameters.
    "/public/;/../admin/x",
    "/public/;v/../admin",
    "/public/a/;x/../../admin",
    "/public/a;x/../../admin",
    "/public/..;/admin",
    "/public/.;/a",
    "/public/%2e%2e;a=b/admin",
    "/public;v=1",
    "/public;",
    "/public;jsessionid=1/x",
    "/public;admin/x",
    "/admin;v=1/x",
    "/admin;v=1",
    "/admin;",
    "/admin;a;b=c,d/x",
    "/;/admin/x",
    "/;a=b/admin",
    "/;/;/admin",
    "/;/public",
    "/tenants/0a;v/secret",
    "/tenants;v/0a/secret",
    // Escaped semicolons.
    "/admin%3Bv=1/x",
    "/admin%3bv",
    "/%3B/admin",
    "/%3b;/admin",
    "/public/%3b/../admin",
    "/public/..%3B/admin",
    "/jobs:run%3B",
    "/jobs%3Arun%3Bx",
    "/jobs%3Arun;%3B",
    // Escapes.
    "/%40ops/x",
    "/%40ops",
    "/%40%6fps",
    "/%40op%73;v",
    "/jobs%3Arun",
    "/jobs%3arun",
    "/j%6fbs%3Arun",
    "/caf%C3%A9/keys%3B",
    "/%2e/%40ops",
    "//%40ops",
    // Empty segments.
    "//admin",
    "///admin/x",
    "/admin//../public",
    "//public",
    "/public//../admin",
    "//../admin",
    "/a//../admin",
    "/./;/admin",
    "//h/admin/x",
    "//h:80/@ops",
    "//user@h/jobs:run",
    "/;//h/;/..",
    "/tenants//0a/secret",
    // Case.
    "/ADMIN/x",
    "/Admin",
    "/%41dmin",
    "/adm%49n/x",
    "/PUBLIC",
    "/public/../Admin",
    "/@OPS",
    "/JOBS:run",
    "/CAF%C3%89/KEYS",
    "/caf%C3%A9/%E2%84%AAeys",
    "/tenants/0A/secret",
    "/TENANTS/0a/secret",
    // Several at once: case, parameters, escapes, empty segments.
    "//;/%40OPS;v/x",
];

#[test]
fn a_path_that_the_rules_would_decide_by_its_reading_is_400() {
    let bench = Bench::new(&guarded(&json!({})));
    for path in AMBIGUOUS {
        assert_eq!(decided(&bench, path), "request_ambiguous", "{path}");
        let query = format!("{path}?x=1");
        assert_eq!(bench.answer(&request(&[(":path", &query)])).status, 400, "{query}");
    }
}

#[test]
fn a_path_of_several_readings_and_one_outcome_passes() {
    check(
        &guarded(&json!({})),
        &[
            ("/orders/%40me", "weak"),
            ("/orders/@me", "weak"),
            ("/Orders", "weak"),
            ("/ORDERS/17;v=1/%3B", "weak"),
            ("/a;v=1", "weak"),
            ("/a//b", "weak"),
            ("//a", "weak"),
            ("/a/;x", "weak"),
            ("/%E2%84%AA", "weak"),
            ("/Users/Jos%C3%89;a=b//%40me", "weak"),
            ("/public/A;v=1//%40me", "allow"),
            ("/public/a//b;c/D", "allow"),
            ("/public/a;c/b", "allow"),
            ("/public/%3B/A", "allow"),
            ("/admin/X;v=1", "admin"),
            ("/admin//x", "admin"),
            ("/admin/x;/../y", "request_ambiguous"),
            ("/admin/x/../Y", "admin"),
            ("/@ops/%40%3a", "ops"),
            ("/jobs:run", "jobs"),
            ("/jobs:run/", "weak"),
            ("/jobs:runX", "weak"),
            ("/caf%c3%a9/keys", "ops"),
            ("/tenants/0a/secret", "admin"),
            ("/tenants/0A/secrets", "weak"),
            ("/%2540ops", "weak"),
            ("/jobs%253Arun", "weak"),
            ("/admin%20", "weak"),
            ("/?/admin;v", "weak"),
            ("/#/ADMIN", "request_ambiguous"),
        ],
    );
}

#[test]
fn what_is_said_of_the_servers_is_no_second_reading_any_more() {
    check(
        &guarded(&json!({"paths": {"case": "sensitive"}})),
        &[
            ("/ADMIN/x", "weak"),
            ("/Public", "weak"),
            ("/ADMIN;/x", "weak"),
            ("/admin;/x", "request_ambiguous"),
        ],
    );
    check(
        &guarded(&json!({"paths": {"case": "insensitive"}})),
        &[
            ("/ADMIN/x", "admin"),
            ("/PUBLIC/A", "allow"),
            ("/CAF%C3%89/KEYS", "ops"),
            ("/Tenants/0A/Secret", "admin"),
            ("/%40OPS", "request_ambiguous"),
            ("/orders", "weak"),
        ],
    );
    check(
        &guarded(&json!({"paths": {"parameters": "dropped"}})),
        &[
            ("/admin;v=1/x", "admin"),
            ("/public;v=1", "allow"),
            ("/tenants/0a;v/secret", "admin"),
            ("/;/admin", "request_ambiguous"),
            ("/admin%3Bv", "request_ambiguous"),
            ("/public/;/../admin", "request_ambiguous"),
            ("/public/..;/admin", "request_ambiguous"),
        ],
    );
    check(
        &guarded(&json!({"paths": {"parameters": "literal"}})),
        &[
            ("/admin;v=1/x", "weak"),
            ("/;/admin", "weak"),
            ("/admin%3Bv", "weak"),
            ("/ADMIN", "request_ambiguous"),
            ("/public/;/../admin", "request_ambiguous"),
            ("/public/..;/admin", "request_ambiguous"),
        ],
    );
    let both = json!({"paths": {"case": "insensitive", "parameters": "dropped"}});
    check(
        &guarded(&both),
        &[("/ADMIN;v/x", "admin"), ("/Public;V", "allow"), ("//ADMIN", "request_ambiguous")],
    );
}

/// Rules may name what others read differently: then they are read the same way, and their own spelling passes.
#[test]
fn a_rule_is_read_as_its_path_is() {
    let configuration = |paths: Value| {
        json!({
            "policies": {"a": inline(&SigningKey::p256(), &json!({})), "b": inline(&SigningKey::p256(), &json!({}))},
            "rules": [
                {"match": {"path": "/Reports"}, "policy": "a"},
                {"match": {"path": "/%40me"}, "policy": "a"},
                {"match": {"path": "/map;layer=1"}, "policy": "a"},
                {"match": {"path_regex": "/Shop/.*"}, "policy": "a"},
                {"match": {"path_regex": "/[[:upper:]]+/y"}, "policy": "a"},
                {"match": {}, "policy": "b"},
            ],
            "paths": paths,
        })
    };
    check(
        &configuration(json!({})),
        &[
            ("/Reports", "a"),
            ("/reports", "request_ambiguous"),
            ("/%40me", "a"),
            ("/@me", "request_ambiguous"),
            ("/map;layer=1", "a"),
            ("/map;layer=2", "request_ambiguous"),
            ("/map", "request_ambiguous"),
            ("/Shop/x", "a"),
            ("/shop/x", "request_ambiguous"),
            ("/AB/y", "a"),
            ("/ab/y", "request_ambiguous"),
            ("/orders", "b"),
        ],
    );
    check(
        &configuration(json!({"case": "insensitive", "parameters": "dropped"})),
        &[("/reports", "a"), ("/MAP", "a"), ("/map;layer=2", "a"), ("/shop/X", "a"), ("/orders", "b")],
    );
    check(
        &configuration(json!({"case": "sensitive", "parameters": "literal"})),
        &[("/reports", "b"), ("/map", "b"), ("/map;layer=2", "b"), ("/map;layer=1", "a"), ("/shop/x", "b")],
    );
    let warnings = |paths| {
        let config =
            Config::parse(configuration(paths).to_string().as_bytes()).expect("a good configuration");
        config
            .warnings
            .into_iter()
            .map(|warning| warning.to_string())
            .filter(|text| text.contains("parameters"))
            .collect::<Vec<_>>()
    };
    assert!(warnings(json!({}))[0].starts_with("rules[2].match.path: servers that drop path parameters"));
    assert!(warnings(json!({"parameters": "dropped"}))[0].contains("rules are compared without parameters"));
    assert_eq!(warnings(json!({"parameters": "literal"})), [""; 0]);
}

/// `trial` and `second` only report.
fn reporting(rules: &Value) -> Bench {
    let key = SigningKey::p256();
    let policy = |mode: &str| inline(&key, &json!({"mode": mode}));
    Bench::new(&json!({
        "policies": {"trial": policy("report_only"), "second": policy("report_only"), "strict": policy("enforce")},
        "rules": rules,
    }))
}

#[test]
fn where_every_policy_in_question_only_reports_an_ambiguous_path_passes_and_is_counted() {
    let catch_all = |policy: &str| json!({"match": {}, "policy": policy});
    let below = |prefix: &str, policy: &str| json!({"match": {"path_prefix": prefix}, "policy": policy});
    let allow = |prefix: &str| json!({"match": {"path_prefix": prefix}, "allow": true});
    let by_method = |policy: &str| json!({"match": {"methods": ["post"]}, "policy": policy});
    let everything = json!({"match": {}, "allow": true});
    let (passes, refused) = ("would_reject request_ambiguous", "request_ambiguous");
    for (rules, path, expected) in [
        (json!([below("/a", "trial"), catch_all("second")]), "/A", passes),
        (json!([below("/a", "trial"), catch_all("second")]), "/a;v", passes),
        (json!([below("/a", "trial"), catch_all("second")]), "/a%2Fb", passes),
        (json!([below("/a", "trial"), catch_all("second")]), "/x/..;/a", passes),
        (json!([below("/a", "trial"), catch_all("second")]), "/x/;/../a", passes),
        (json!([below("/a", "trial"), catch_all("second")]), "/%", passes),
        (json!([below("/a", "trial"), catch_all("trial")]), "/x\\", passes),
        (json!([allow("/a"), catch_all("trial")]), "/A", passes),
        (json!([allow("/a"), catch_all("trial")]), "/%5C", passes),
        (json!([below("/a", "strict"), catch_all("trial")]), "/A", refused),
        (json!([below("/a", "trial"), catch_all("strict")]), "/A", refused),
        (json!([below("/a", "strict"), catch_all("trial")]), "/b%2F", refused),
        (json!([below("/a", "trial"), below("/b", "strict"), catch_all("second")]), "/A", passes),
        (json!([below("/a", "trial"), below("/b", "strict"), catch_all("second")]), "/c%2F", refused),
        (json!([by_method("strict"), below("/a", "trial"), catch_all("second")]), "/%2F", passes),
        (json!([below("/a", "trial"), catch_all("second")]), "/B", "would_reject token_not_present"),
        (json!([allow("/a"), everything]), "/%2F", refused),
    ] {
        let bench = reporting(&rules);
        assert_eq!(bench.verdict(&request(&[(":path", path)])), expected, "{rules}: {path}");
    }
    let bench = reporting(&json!([below("/a", "trial"), catch_all("second")]));
    for (path, policy) in [("/A", "second"), ("/a;v", "second"), ("/a%2F", "trial")] {
        let admission = bench.admission(&request(&[(":path", path)]));
        assert_eq!(admission.policy(), Some(policy), "{path}");
        let refusal = admission.refusal().expect("a refusal that is not carried out");
        assert_eq!(refusal.policy.as_deref(), Some(policy), "{path}");
    }
    for (route, expected) in
        [("strict", refused), ("second", passes), ("allow", passes), ("x", "policy_not_found")]
    {
        let mut request = request(&[(":path", "/A")]);
        request.route = RouteChoice::Named(route.into());
        assert_eq!(bench.verdict(&request), expected, "{route}");
    }
}

#[test]
fn an_ambiguous_path_under_report_only_still_loses_what_a_client_may_not_bring() {
    let forward = json!({"mode": "report_only", "forward": {"claims_to_headers": [{"claim": "sub", "header": "x-user"}]}});
    let key = SigningKey::p256();
    let bench = Bench::new(&json!({
        "policies": {"trial": inline(&key, &forward)},
        "rules": [{"match": {"path_prefix": "/public"}, "allow": true}, {"match": {}, "policy": "trial"}],
    }));
    let token = format!("Bearer {}", plain().sign(&key));
    let forged = [(":path", "/Public"), ("x-user", "root"), ("authorization", token.as_str())];
    let admission = bench.admission(&request(&forged));
    assert_eq!(admission.edits().len(), 1, "{:?}", admission.edits());
}

#[test]
fn what_a_route_chooses_does_not_help_a_path_of_two_outcomes() {
    let bench = Bench::new(&guarded(&json!({})));
    for path in ["/ADMIN", "/admin;v", "//admin", "/%40ops", "/a%2Fb"] {
        for route in ["allow", "weak", "admin"] {
            let mut request = request(&[(":path", path)]);
            request.route = RouteChoice::Named(route.into());
            assert_eq!(bench.answer(&request).status, 400, "{route}: {path}");
        }
    }
    let mut ordinary = request(&[(":path", "/Orders/%40me;v//x")]);
    ordinary.route = RouteChoice::Named("allow".into());
    assert_eq!(bench.verdict(&ordinary), "exempt");
}
