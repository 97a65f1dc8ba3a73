//! Rules that can never decide.

use super::*;

/// Which rules are warned of when these matches stand before the last one, each with the rule that hides it.
#[track_caller]
fn check(matches: &[&str], expected: &[(usize, usize)]) {
    let listed: Vec<_> =
        matches.iter().map(|parts| format!(r#"{{"match":{{{parts}}},"policy":"one"}}"#)).collect();
    let listed = listed.join(",");
    let config = accept(&rules(&format!(r#"[{listed},{{"match":{{}},"policy":"two"}}]"#)));
    let told: Vec<String> = config
        .warnings
        .iter()
        .map(ToString::to_string)
        .filter(|warning| warning.contains("never decides"))
        .collect();
    let expected: Vec<String> = expected
        .iter()
        .map(|(rule, by)| {
            format!("rules[{rule}]: never decides: rules[{by}] matches every request that it matches")
        })
        .collect();
    assert_eq!(told, expected, "{matches:?}");
}

#[test]
fn a_rule_that_an_earlier_one_hides_is_warned_of() {
    for (earlier, later) in [
        (r#""path_prefix":"/a""#, r#""path_prefix":"/a""#),
        (r#""path_prefix":"/a""#, r#""path_prefix":"/a/b""#),
        (r#""path_prefix":"/a/""#, r#""path_prefix":"/a""#),
        (r#""path_prefix":"/a""#, r#""path":"/a""#),
        (r#""path_prefix":"/a""#, r#""path":"/a/b/c""#),
        (r#""path":"/a""#, r#""path":"/a""#),
        (r#""path_prefix":"/""#, r#""path_prefix":"/a""#),
        (r#""path_prefix":"/""#, r#""methods":["GET"]"#),
        (r#""path_prefix":"/""#, r#""path_regex":"/[a-z]+""#),
        (r#""path_regex":".*""#, r#""path":"/a""#),
        (r#""path_regex":".*""#, r#""hosts":["a.example"]"#),
        (r#""path_regex":"/a/.*""#, r#""path_regex":"/a/.*""#),
        (r#""path_regex":"/a/[0-9]+""#, r#""path":"/a/12""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a/[0-9]+""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a/b\\.json""#),
        (r#""path_prefix":"/a""#, r#""path_prefix":"/a","methods":["GET"]"#),
        (r#""methods":["GET","POST"]"#, r#""methods":["POST"]"#),
        (r#""methods":["GET","POST"]"#, r#""methods":["POST"],"path":"/a""#),
        (r#""methods":["OPTIONS"]"#, r#""cors_preflight":true"#),
        (r#""path_prefix":"/a""#, r#""path_prefix":"/a","cors_preflight":true"#),
        (r#""cors_preflight":true"#, r#""cors_preflight":true,"path":"/a""#),
        (r#""hosts":["a.example"]"#, r#""hosts":["A.example"]"#),
        (r#""hosts":["*.example"]"#, r#""hosts":["a.example","b.c.example"]"#),
        (r#""hosts":["*.example"]"#, r#""hosts":["*.a.example"]"#),
        (r#""hosts":["a.example:*"]"#, r#""hosts":["A.example:80"]"#),
        (r#""methods":["get"]"#, r#""methods":["GET","Get"]"#),
        (r#""hosts":["*.example","b"]"#, r#""hosts":["b"],"path":"/x""#),
    ] {
        check(&[earlier, later], &[(1, 0)]);
        check(&[r#""path":"/other""#, earlier, later], &[(2, 1)]);
    }
}

#[test]
fn a_rule_that_may_still_decide_is_not_warned_of() {
    for (earlier, later) in [
        (r#""path_prefix":"/a/b""#, r#""path_prefix":"/a""#),
        (r#""path_prefix":"/a""#, r#""path_prefix":"/ab""#),
        (r#""path_prefix":"/a""#, r#""path":"/ab""#),
        (r#""path":"/a""#, r#""path_prefix":"/a""#),
        (r#""path":"/a""#, r#""path":"/a/""#),
        (r#""path_prefix":"/a","methods":["GET"]"#, r#""path_prefix":"/a""#),
        (r#""path_prefix":"/a","methods":["GET"]"#, r#""path_prefix":"/a","methods":["GET","POST"]"#),
        (r#""path_prefix":"/a","hosts":["a.example"]"#, r#""path_prefix":"/a""#),
        (r#""hosts":["*.example"]"#, r#""hosts":["example"]"#),
        (r#""hosts":["a.example"]"#, r#""hosts":["*.example"]"#),
        (r#""hosts":["a.example"]"#, r#""hosts":["a.example","b.example"]"#),
        (r#""hosts":["*.a.example"]"#, r#""hosts":["ba.example"]"#),
        (r#""hosts":["a.example"]"#, r#""hosts":["a.example:80"]"#),
        (r#""hosts":["a.example:*"]"#, r#""hosts":["a.example"]"#),
        (r#""hosts":["*.example"]"#, r#""hosts":["a.example:80"]"#),
        (r#""cors_preflight":true,"path_prefix":"/a""#, r#""path_prefix":"/a""#),
        (r#""cors_preflight":true"#, r#""methods":["OPTIONS"]"#),
        (r#""methods":["GET"]"#, r#""cors_preflight":true"#),
        (r#""path_regex":"/a/.*""#, r#""path":"/a""#),
        (r#""path_regex":"/a/.*""#, r#""path_prefix":"/a/b""#),
        (r#""path_prefix":"/a/b""#, r#""path_regex":"/a/b?""#),
        (r#""path_prefix":"/a/b""#, r#""path_regex":"/a/b.*""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a/?b""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a/*b""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a/{0,1}b""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a/b|/c""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"(/a/b|/c)""#),
        (r#""path_prefix":"/a""#, r#""path_regex":"/a.*""#),
        (r#""path_prefix":"/a","path_regex":"/a/[0-9]+""#, r#""path_prefix":"/a""#),
        (r#""path_regex":".*x""#, r#""path_prefix":"/a""#),
    ] {
        check(&[earlier, later], &[]);
    }
    // The last rule has to be there, whatever the others match.
    check(&[r#""path_prefix":"/""#], &[]);
}
