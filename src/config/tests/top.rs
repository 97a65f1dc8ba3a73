//! Policies, rules and settings.

use super::*;
use crate::gate::{HostMatch, PathMatch, PolicyId, Preflight, RuleOutcome};

#[track_caller]
fn check_start(text: &str, expected: &str) {
    let told = lines(&refuse(text));
    assert!(starts_like(&told, expected), "{text}\ntold: {told}\nexpected: {expected}");
}

#[test]
fn rules_are_compiled() {
    let config = accept(&rules(
        r#"[{"match":{"path":"/healthz","methods":["GET"]},"allow":true},
            {"match":{"path_prefix":"/a/","hosts":["API.example.com","*.example.org"]},"policy":"two"},
            {"match":{"path_regex":"/b|/c"},"policy":"two"},
            {"match":{"cors_preflight":true},"allow":true},
            {"match":{},"policy":"one"}]"#,
    ));
    let [first, second, third, fourth, last] = config.rules.as_slice() else { panic!("five rules") };
    assert!(matches!(first.paths.as_slice(), [PathMatch::Exact(path)] if path == "/healthz"));
    assert_eq!(
        (first.methods.as_deref(), first.outcome.clone()),
        (Some(&["GET".to_owned()][..]), RuleOutcome::Allow)
    );
    assert!(matches!(second.paths.as_slice(), [PathMatch::Prefix(path)] if path == "/a"));
    let hosts = [HostMatch::Exact("api.example.com".to_owned()), HostMatch::Below(".example.org".to_owned())];
    assert_eq!(second.hosts.as_deref(), Some(&hosts[..]));
    let [PathMatch::Pattern(pattern)] = third.paths.as_slice() else { panic!("a pattern") };
    assert_eq!(pattern.as_str(), "^(?:/b|/c)$");
    assert_eq!(fourth.preflight, Preflight::Only);
    assert_eq!(last.outcome, RuleOutcome::Policies(PolicyId(0).into()));
    assert_eq!(config.warnings, []);
}

#[test]
fn every_mistake_in_rules_is_told() {
    let last = r#"{"match":{},"policy":"one"}"#;
    for (rule, expected) in [
        ("{}", "rules[0].match: [..]found nothing"),
        (r#"{"match":{"path":"/a"}}"#, "rules[0]: expected exactly one of policy, allow[..]found none"),
        (r#"{"match":{"path":"/a"},"policy":"one","allow":true}"#, "rules[0]: [..]found policy and allow"),
        (
            r#"{"match":{"path":"/a"},"allow":false}"#,
            "rules[0].allow: expected true, or a policy[..]found false",
        ),
        (
            r#"{"match":{"path":"/a"},"policy":"tow"}"#,
            "rules[0].policy: expected one of policies: one, two, found \"tow\"; did you mean \"two\"?",
        ),
        (r#"{"match":{},"policy":"one"}"#, "rules[0].match: [..]found {} before the last rule"),
        (
            r#"{"match":{"path":"a"},"policy":"one"}"#,
            "rules[0].match.path: expected a path that starts with /[..]found \"a\"",
        ),
        (
            r#"{"match":{"path":"/a?b"},"policy":"one"}"#,
            "rules[0].match.path: expected a path without query[..]found \"/a?b\"",
        ),
        (
            r#"{"match":{"path":"/a//b"},"policy":"one"}"#,
            "rules[0].match.path: expected a path as it is after normalisation, found \"/a//b\"; did you mean \"/a/b\"?",
        ),
        (
            r#"{"match":{"path_prefix":"/a/../b"},"policy":"one"}"#,
            "rules[0].match.path_prefix: [..]found \"/a/../b\"",
        ),
        (r#"{"match":{"path":"/%61"},"policy":"one"}"#, "rules[0].match.path: [..]found \"/%61\""),
        (r#"{"match":{"path":"/a%2fb"},"policy":"one"}"#, "rules[0].match.path: [..]found \"/a%2fb\""),
        (
            r#"{"match":{"path":"/a/;v"},"policy":"one"}"#,
            "rules[0].match.path: expected a path whose segments have a name[..]found \"/a/;v\"",
        ),
        (r#"{"match":{"path_prefix":"/%3bv"},"policy":"one"}"#, "rules[0].match.path_prefix: expected"),
        (
            r#"{"match":{"path_regex":"("},"policy":"one"}"#,
            "rules[0].match.path_regex: expected a regular expression ([..]found \"(\"",
        ),
        (r#"{"match":{"path_regex":"a)|(?:b"},"policy":"one"}"#, "rules[0].match.path_regex: expected"),
        (
            r#"{"match":{"path_regex":"(?-i)/admin"},"policy":"one"}"#,
            "rules[0].match.path_regex: expected a regular expression (without (?-i)[..]found \"(?-i)/admin\"",
        ),
        (
            r#"{"match":{"path_regex":"(a{1000}){1000}"},"policy":"one"}"#,
            "rules[0].match.path_regex: expected",
        ),
        (r#"{"match":{"methods":["GET "]},"policy":"one"}"#, "rules[0].match.methods[0]: [..]found \"GET \""),
        (r#"{"match":{"methods":[]},"policy":"one"}"#, "rules[0].match.methods: [..]found an empty list"),
        (
            r#"{"match":{"cors_preflight":false},"policy":"one"}"#,
            "rules[0].match.cors_preflight: [..]found false",
        ),
        (r#"{"match":{"path":"/a"},"policy":[]}"#, "rules[0].policy: [..]found an empty list"),
        (
            r#"{"match":{"path":"/a"},"policy":["one","tow"]}"#,
            "rules[0].policy[1]: expected one of policies: one, two, found \"tow\"; did you mean \"two\"?",
        ),
        (
            r#"{"match":{"path":"/a"},"policy":["one","two","one"]}"#,
            "rules[0].policy[2]: expected each policy once, found \"one\"",
        ),
        (
            r#"{"match":{"path":"/a"},"policy":1}"#,
            "rules[0].policy: expected a non-empty string, or a non-empty list of strings, found 1",
        ),
        (r#"{"match":{"headers":{}},"policy":"one"}"#, "rules[0].match.headers: [..]found an empty object"),
        (
            r#"{"match":{"headers":{":path":"/"}},"policy":"one"}"#,
            "rules[0].match.headers.\":path\": expected a header's name, not a pseudo",
        ),
        (
            r#"{"match":{"headers":{"Host":"a"}},"policy":"one"}"#,
            "rules[0].match.headers.Host: expected hosts, which compares the whole authority",
        ),
        (
            r#"{"match":{"headers":{"a b":null}},"policy":"one"}"#,
            "rules[0].match.headers.\"a b\": expected a header's name",
        ),
        (
            r#"{"match":{"headers":{"x":1}},"policy":"one"}"#,
            "rules[0].match.headers.x: expected a string, or null, or an object (header_pattern), found 1",
        ),
        (
            r#"{"match":{"headers":{"x":{"pattern":"["}}},"policy":"one"}"#,
            "rules[0].match.headers.x.pattern: expected a regular expression ([..]found \"[\"",
        ),
        (
            r#"{"match":{"headers":{"x":null,"X":null}},"policy":"one"}"#,
            "rules[0].match.headers.X: expected each header once",
        ),
        (r#"{"match":{"paths":["/a"]},"policy":"one"}"#, "rules[0].match.paths: [..]found an unknown field"),
    ] {
        check_start(&rules(&format!("[{rule},{last}]")), expected);
    }
    for (host, expected) in [
        ("*", "a host; leave hosts out for every host"),
        (
            "api.example.",
            "a host without a trailing dot: as in Envoy's domains, it would match nothing else; did you mean \"api.example\"?",
        ),
        ("API.example.:80", "a host without a trailing dot"),
        ("api.example:", "a host without a trailing colon, or with a port; did you mean \"api.example\"?"),
        ("[::1]:", "a host without a trailing colon"),
        ("a:080", "a port from 1 to 65535 without leading zeros"),
        ("a:0", "a port from 1"),
        ("a:65536", "a port from 1"),
        ("a:+80", "a port from 1"),
        ("a:http", "a port from 1"),
        ("*.example.com:*", "one *: list the ports"),
        ("a.*.b", "a host such as"),
        ("*b.example", "a host such as"),
        ("api.*", "a host such as"),
        ("*.[::1]", "a host such as"),
        ("[::g]", "a host such as"),
        ("::1", "a host such as"),
        ("user@a", "a host such as"),
        ("a,b", "a host such as"),
        ("a b", "a host such as"),
        ("https://a", "a host such as"),
        ("a/b", "a host such as"),
        (".a", "a host such as"),
        ("a..b", "a host such as"),
        ("é.example", "a host such as"),
    ] {
        let at = expected.find("; did you mean").unwrap_or(expected.len());
        let (allowed, meant) = expected.split_at(at);
        let told = format!("rules[0].match.hosts[0]: expected {allowed}[..]found {host:?}{meant}");
        check_start(&rules(&format!(r#"[{{"match":{{"hosts":["{host}"]}},"policy":"one"}},{last}]"#)), &told);
    }
    check_start(
        &rules(r#"[{"match":{"path":"/a"},"policy":"one"}]"#),
        "rules[0].match: expected {} in the last rule[..]found a condition",
    );
}

#[test]
fn unused_policies_and_open_ends_are_warned_about() {
    let config = accept(&rules(r#"[{"match":{},"allow":true}]"#));
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 3);
    assert!(warnings[0].starts_with("rules[0].match: what no other rule matches is allowed"));
    assert!(warnings[1].starts_with("policies.one: no rule uses the policy \"one\""));
}

#[test]
fn policies_and_rules_belong_together() {
    let one = r#"{"validate_jwt":{"audiences":["a"],"openid_config":[{"url":"https://a/"}]}}"#;
    for (text, expected) in [
        (
            format!(r#"{{"policies":{{"a":{one}}}}}"#),
            "rules: expected a value, since policies is given[..]found nothing",
        ),
        (
            jwt("").replacen('{', r#"{"rules":[{"match":{},"allow":true}],"#, 1),
            "policies: expected a value, since rules is given[..]found nothing",
        ),
        (
            r#"{"policies":{},"rules":[{"match":{},"allow":true}]}"#.to_owned(),
            "policies: expected an object with a name for each policy[..]found an object",
        ),
        (
            format!(r#"{{"policies":{{"a b":{one}}},"rules":[{{"match":{{}},"policy":"a b"}}]}}"#),
            "policies.\"a b\": expected a policy's name[..]found \"a b\"",
        ),
        (
            format!(r#"{{"policies":{{"allow":{one}}},"rules":[{{"match":{{}},"policy":"allow"}}]}}"#),
            "policies.allow: expected another name[..]found \"allow\"",
        ),
        (
            format!(r#"{{"policies":{{"a":{one},"a":{one}}},"rules":[{{"match":{{}},"policy":"a"}}]}}"#),
            "policies.a: [..]found the field twice",
        ),
        (
            r#"{"policies":{"a":{}},"rules":[{"match":{},"policy":"a"}]}"#.to_owned(),
            "policies.a: expected exactly one of validate_jwt, validate_azure_ad_token[..]found none",
        ),
        (
            format!(r#"{{"validate_jwt":{{}},"validate_azure_ad_token":{{}},"policies":{{"a":{one}}}}}"#),
            "validate_jwt: [..]found none",
        ),
    ] {
        check_start(&text, expected);
    }
}

#[test]
fn a_header_that_one_policy_writes_no_other_may_read_its_token_from() {
    let text = r#"{"policies":{
        "a":{"validate_jwt":{"audiences":["a"],"openid_config":[{"url":"https://a/"}],"forward":{"payload_header":"X-Token"}}},
        "b":{"validate_jwt":{"audiences":["a"],"openid_config":[{"url":"https://a/"}],"header_name":"x-token"}}
    },"rules":[{"match":{"path":"/a"},"policy":"a"},{"match":{},"policy":"b"}]}"#;
    check_start(
        text,
        "policies.a.validate_jwt.forward.payload_header: expected a header in which no policy expects the token[..]found \"X-Token\"",
    );
}

#[test]
fn every_mistake_in_settings_is_told() {
    for (settings, expected) in [
        (
            r#""key_refresh":{"interval":0}"#,
            "key_refresh.interval: expected a number of seconds from 0.1 to 2592000[..]found 0",
        ),
        (r#""key_refresh":{"unknown_kid_interval":0}"#, "key_refresh.unknown_kid_interval: [..]found 0"),
        (
            r#""key_refresh":{"retry_initial":5,"retry_max":2}"#,
            "key_refresh.retry_max: expected at least retry_initial[..]found 2 s with retry_initial 5 s",
        ),
        (r#""key_refresh":{"max_wait":61}"#, "key_refresh.max_wait: [..]found 61"),
        (r#""key_refresh":{"max_wait":0}"#, "key_refresh.max_wait: [..]found 0"),
        (
            r#""key_refresh":{"wait":"never"}"#,
            "key_refresh.wait: expected \"auto\" or \"hold\" or \"refuse\"[..]found \"never\"",
        ),
        (r#""key_refresh":[]"#, "key_refresh: expected an object (key_refresh)[..]found a list"),
        (r#""limits":{"token_bytes":0}"#, "limits.token_bytes: [..]found 0"),
        (r#""limits":{"document_bytes":1e12}"#, "limits.document_bytes: [..]found 1000000000000.0"),
        (r#""limits":{"keys":0}"#, "limits.keys: [..]found 0"),
        (r#""limits":{"held_requests":0.5}"#, "limits.held_requests: [..]found 0.5"),
        (r#""verdict_cache":{"max_entries":-1}"#, "verdict_cache.max_entries: [..]found -1"),
        (r#""verdict_cache":{"max_bytes":0}"#, "verdict_cache.max_bytes: [..]found 0"),
        (r#""host_crypto":"on""#, "host_crypto: [..]found \"on\""),
    ] {
        check_start(&jwt("").replacen('{', &format!("{{{settings},"), 1), expected);
    }
    assert!(
        accept(&jwt("").replacen('{', r#"{"verdict_cache":{"max_entries":0},"#, 1)).verdict_cache.is_none()
    );
}

#[test]
fn a_rule_never_looks_at_a_header_that_forward_writes() {
    let forward = r#""forward":{"payload_header":"x-claims"}"#;
    let policy =
        format!(r#"{{"validate_jwt":{{"openid_config":[{PROVIDER}],"audiences":["api"],{forward}}}}}"#);
    let text = |header: &str| {
        let rule = format!(r#"{{"match":{{"headers":{{"{header}":null}}}},"policy":"one"}}"#);
        format!(r#"{{"policies":{{"one":{policy}}},"rules":[{rule},{{"match":{{}},"policy":"one"}}]}}"#)
    };
    accept(&text("x-claim"));
    for header in ["x-claims", "X-Claims", "x_claims"] {
        check_start(
            &text(header),
            "rules[0].match.headers.[..]: expected another header[..]found a header that forward writes",
        );
    }
}

#[test]
fn allow_and_rules_are_no_names_of_policies() {
    for name in ["allow", "rules"] {
        let policy = format!(r#"{{"validate_jwt":{{"openid_config":[{PROVIDER}],"audiences":["api"]}}}}"#);
        let text =
            format!(r#"{{"policies":{{"{name}":{policy}}},"rules":[{{"match":{{}},"policy":"{name}"}}]}}"#);
        check_start(&text, &format!("policies.{name}: expected another name ([..]found \"{name}\""));
    }
}
