//! What the dearest request of a size costs, part by part: never more than in proportion to its length.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::gate::Request;
use validate_jwt_testbed::token::SigningKey;

use super::cost::cost_of;
use crate::bench::{Bench, inline, request};

/// So much of a header fits into the 60 kB that Envoy takes by default.
const LARGEST: usize = 58_000;

/// Longer than any row takes on a slow machine, and much less than what is not linear takes.
const BOUND: Duration = Duration::from_millis(20);

/// A part of a request, and what it is filled with.
struct Part {
    what: &'static str,
    guard: Guard,
    fill: fn(usize) -> Vec<(&'static str, String)>,
}

/// A configuration that looks at the part.
#[derive(Clone, Copy)]
enum Guard {
    /// Rules for the starts of paths and for whole ones, of several depths.
    Paths,
    /// The same, and patterns that are tried to a path's end.
    Patterns,
    /// Two hundred rules for hosts and methods.
    Hosts,
    /// Rules for paths that look at a header as well.
    Headers,
    /// The token is in a query parameter.
    Query,
    /// It is in a cookie.
    Cookie,
    /// It is in the header `authorization`.
    Header,
}

impl Guard {
    fn bench(self) -> Bench {
        let key = SigningKey::p256();
        let ruled = |mut rules: Vec<Value>| {
            rules.push(json!({"match": {}, "policy": "api"}));
            Bench::new(&json!({"policies": {"api": inline(&key, &json!({}))}, "rules": rules}))
        };
        let path = |part: &str, path: &str| json!({"match": {part: path}, "allow": true});
        let mut paths = vec![
            path("path_prefix", "/a/a/a/a/b"),
            path("path_prefix", "/public"),
            path("path_prefix", "/@ops/Ä".replace('Ä', "%C3%84").as_str()),
            path("path", "/Map;layer=1/x"),
            path("path", "/a"),
        ];
        match self {
            Self::Paths => ruled(paths),
            Self::Patterns => {
                paths.push(path("path_regex", "/.*/secret"));
                paths.push(path("path_regex", "/([^/]+/)*orders/[0-9]+"));
                ruled(paths)
            }
            Self::Hosts => ruled(
                (0..200)
                    .flat_map(|at| {
                        let hosts =
                            [format!("h{at}.example"), format!("*.d{at}.example"), format!("p{at}:*")];
                        [json!({"hosts": hosts}), json!({"methods": [format!("M{at}")]})]
                    })
                    .map(|condition| json!({"match": condition, "allow": true}))
                    .collect(),
            ),
            Self::Headers => {
                let looking = |path: &str| {
                    let headers = json!({"x-long": {"pattern": ".*wanted-[0-9]+"}});
                    json!({"match": {"path_prefix": path, "headers": headers}, "allow": true})
                };
                ruled(vec![looking("/x;a"), looking("/a"), path("path_prefix", "/%40"), looking("/")])
            }
            Self::Query => Bench::new(&inline(&key, &json!({"query_parameter_name": "access_token"}))),
            Self::Cookie => Bench::new(&inline(&key, &json!({"cookie_name": "session"}))),
            Self::Header => Bench::new(&inline(&key, &json!({}))),
        }
    }
}

/// Text of about this length.
fn repeat(text: &str, length: usize) -> String {
    text.repeat(length / text.len())
}

macro_rules! part {
    ($what:literal, $guard:ident, $header:literal, $start:literal, $unit:literal, $end:literal) => {
        Part {
            what: $what,
            guard: Guard::$guard,
            fill: |length| vec![($header, format!("{}{}{}", $start, repeat($unit, length), $end))],
        }
    };
}

fn parts() -> Vec<Part> {
    vec![
        part!("path: segments", Paths, ":path", "", "/a", ""),
        part!("path: one segment", Paths, ":path", "/", "a", ""),
        part!("path: capitals", Paths, ":path", "", "/A", ""),
        part!("path: escapes of letters", Paths, ":path", "/", "%41", ""),
        part!("path: escapes of signs", Paths, ":path", "/", "%40", ""),
        part!("path: letters beyond ASCII", Paths, ":path", "/", "%C3%84", ""),
        part!("path: bytes that are no letters", Paths, ":path", "/", "%E2%84", ""),
        part!("path: dots", Paths, ":path", "", "/.", ""),
        part!("path: dots up", Paths, ":path", "", "/a/..", ""),
        part!("path: dots up to the root", Paths, ":path", "", "/..", ""),
        part!("path: escaped dots", Paths, ":path", "", "/a/%2e%2e", ""),
        part!("path: empty segments", Paths, ":path", "", "/", ""),
        part!("path: semicolons", Paths, ":path", "/a", ";", ""),
        part!("path: parameters", Paths, ":path", "", "/a;v=1", ""),
        part!("path: parameters alone", Paths, ":path", "", "/;", ""),
        part!("path: escaped parameters alone", Paths, ":path", "", "/%3B", ""),
        part!("path: parameters alone, and all else", Paths, ":path", "//%3B%40A", "/;", "//;A%40%3B"),
        part!("path: escaped parameters alone, and all else", Paths, ":path", "//h", "/%3B", "//;A%40;"),
        part!("path: empty segments, and all else", Paths, ":path", "", "/", "/;A%40%3B"),
        part!("path: everything at once", Paths, ":path", "/", "/;%3B/A%40%C3%84;v", ""),
        part!("path: ends badly", Paths, ":path", "", "/a", "%"),
        part!("path against patterns: segments", Patterns, ":path", "", "/a", ""),
        part!("path against patterns: everything at once", Patterns, ":path", "/", "/;%3B/A%40%C3%84;v", ""),
        part!("method", Hosts, ":method", "M", "1", ""),
        part!("host: letters", Hosts, ":authority", "", "h", ".example"),
        part!("host: labels", Hosts, ":authority", "", "a.", "e7.example"),
        part!("host: ports", Hosts, ":authority", "p", ":1", ""),
        part!("query: parameters", Query, ":path", "/?", "a&", ""),
        part!("query: escaped names", Query, ":path", "/?", "%61=&", ""),
        part!("query: the parameter again and again", Query, ":path", "/?", "access_token=a&", ""),
        part!("query: escapes in the token", Query, ":path", "/?access_token=", "%61", ""),
        part!("query: question marks", Query, ":path", "/", "?", ""),
        Part {
            what: "a header that rules look at, under a path of many readings",
            guard: Guard::Headers,
            fill: |length| {
                vec![(":path", "//X;a/%40/;/%3Bb//c;d".to_owned()), ("x-long", repeat("wanted-", length))]
            },
        },
        part!("cookies", Cookie, "cookie", "", "a=b; ", ""),
        part!("cookies of the name", Cookie, "cookie", "", "session=a; ", ""),
        part!("cookies without a value", Cookie, "cookie", "", ";", ""),
        part!("a cookie of quotation marks", Cookie, "cookie", "session=", "\"", ""),
        part!("header: blanks", Header, "authorization", "Bearer", " ", "a"),
        part!("header: commas", Header, "authorization", "Bearer a", ",", ""),
        part!("header: schemes", Header, "authorization", "", "Bearer ", ""),
        part!("header: another scheme", Header, "authorization", "Basic ", "a", ""),
        part!("token: letters", Header, "authorization", "Bearer ", "a", ""),
        part!("token: dots", Header, "authorization", "Bearer ", ".", ""),
        part!("token: segments", Header, "authorization", "Bearer ", "e30.", ""),
        Part {
            what: "headers",
            guard: Guard::Header,
            fill: |length| vec![("x-a", "b".to_owned()); length / 8],
        },
    ]
}

fn filled(part: &Part, length: usize) -> Request {
    let headers = (part.fill)(length);
    request(&headers.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

#[test]
fn the_dearest_request_of_58_kb_costs_in_proportion_to_its_length_whatever_it_is_filled_with() {
    for part in parts() {
        let bench = part.guard.bench();
        let verdict = bench.verdict(&filled(&part, LARGEST));
        assert!(!["allowed", "exempt"].contains(&verdict.as_str()), "{}: {verdict}", part.what);
        let (half, whole) =
            (cost_of(&bench, &filled(&part, LARGEST / 2)), cost_of(&bench, &filled(&part, LARGEST)));
        // Twice the length: what is not linear takes four times as long.
        let small = Duration::from_micros(200);
        assert!(whole < half * 3 + small, "{}: {half:?} for half of it, {whole:?} for all", part.what);
        assert!(whole < BOUND, "{}: {whole:?}", part.what);
    }
}

/// Run with `--nocapture --ignored` for the table in `docs/threats.md`.
#[test]
#[ignore = "prints a table"]
fn what_the_dearest_parts_cost() {
    for part in parts() {
        let bench = part.guard.bench();
        let request = filled(&part, LARGEST);
        println!("{:>10.1?} {}: {}", cost_of(&bench, &request), part.what, bench.verdict(&request));
    }
}
