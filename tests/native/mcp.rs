//! `docs/mcp.md`: its configuration does what its table says, and the table names tests that exist.

use std::fs;

use serde_json::Value;
use validate_jwt::gate::{Answer, Decision, HeaderEdit, Request, Verdict};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};
use validate_jwt_testbed::workspace;

use crate::bench::{Bench, request};
use crate::documents::blocks;
use crate::test_names::test_names;

const PAGE: &str = "docs/mcp.md";
const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const APPLICATION: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
const HOST: &str = "mcp.contoso.com";

/// The text of the page's first block of a kind.
fn block(mark: &str) -> String {
    blocks(PAGE).into_iter().find(|block| block.mark == mark).expect(mark).text
}

/// `POST` to the server.
fn call(target: &str, headers: &[(&str, &str)]) -> Request {
    let mut all = vec![(":method", "POST"), (":path", target), (":authority", HOST)];
    all.extend_from_slice(headers);
    request(&all)
}

fn with_token(token: &str) -> Request {
    call("/mcp", &[("authorization", &format!("Bearer {token}")), ("mcp-session-id", "1")])
}

fn challenge(answer: &Answer) -> &str {
    let found = answer.headers.iter().find(|(name, _)| name == "www-authenticate");
    found.map(|(_, value)| value.as_ref()).unwrap_or_default()
}

#[test]
fn the_page_on_mcp_is_true_of_its_configuration() {
    let key = SigningKey::p256();
    let mut bench = Bench::of_text(&block("validate-jwt"));
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    bench.provide(0, &issuer, &[key.public_jwk()]);
    let metadata = "resource_metadata=\"https://mcp.contoso.com/.well-known/oauth-protected-resource/mcp\"";
    let scope = "scope=\"https://mcp.contoso.com/mcp/Notes.Read\"";
    let good = || TokenRecipe::entra_v2(TENANT, APPLICATION).claim("scp", "Notes.Read");
    let signed = |recipe: TokenRecipe| with_token(&recipe.sign(&key));
    let token = good().sign(&key);
    for (what, asked, status, error) in [
        ("no token", call("/mcp", &[]), 401, None),
        ("a session instead of one", call("/mcp", &[("mcp-session-id", "1")]), 401, None),
        ("in the query", call(&format!("/mcp?access_token={token}"), &[]), 401, None),
        ("no token at all", with_token("x"), 401, Some("invalid_token")),
        ("expired", signed(good().expires_in(-60)), 401, Some("invalid_token")),
        ("for another", signed(good().audience("https://mcp.contoso.com/other")), 401, Some("invalid_token")),
        ("of another issuer", signed(good().issuer("https://idp.example")), 401, Some("invalid_token")),
        ("of another key", with_token(&good().sign(&SigningKey::p256())), 401, Some("invalid_token")),
        ("another scope", signed(good().claim("scp", "Notes.Write")), 403, Some("insufficient_scope")),
    ] {
        let answer = bench.answer(&asked);
        assert_eq!(answer.status, status, "{what}");
        let told = challenge(&answer);
        assert!(told.starts_with("Bearer ") && told.ends_with(metadata), "{what}: {told}");
        // Who sent a token is told what is wrong with it.
        assert_eq!(told.contains(scope), error != Some("invalid_token"), "{what}: {told}");
        let found = told.split_once("error=\"").and_then(|(_, rest)| rest.split('"').next());
        assert_eq!(found, error, "{what}");
    }
    let admission = bench.admission(&signed(good()));
    let removed = admission.edits().iter().filter_map(|edit| match edit {
        HeaderEdit::Remove(name) => Some(name.to_string()),
        _ => None,
    });
    assert!(removed.into_iter().any(|name| name == "authorization"), "{:?}", admission.edits());
}

#[test]
fn the_page_on_mcp_shows_the_metadata_of_its_configuration() {
    let bench = Bench::of_text(&block("validate-jwt"));
    let asked = [(":authority", HOST), (":path", "/.well-known/oauth-protected-resource/mcp")];
    let Decision::Final(Verdict::Serve(served)) = bench.decide(&request(&asked)) else {
        panic!("not served")
    };
    let shown: Value = serde_json::from_str(&block("metadata")).expect("JSON");
    assert_eq!(serde_json::from_slice::<Value>(&served.answer.body).expect("JSON"), shown);
}

#[test]
fn every_row_of_the_page_on_mcp_names_a_test_that_exists() {
    let (tests, page) = (test_names(), fs::read_to_string(workspace::root().join(PAGE)).expect(PAGE));
    let (_, table) = page.split_once("\n## Point by point\n").expect("the table");
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> =
        table.lines().filter(|line| line.starts_with("| MUST") || line.starts_with("| SHOULD")).collect();
    assert!(rows.len() > 15, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, _, _, shown] = cells[..] else { panic!("{} cells: {row}", cells.len()) };
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {row}");
        for name in named {
            assert!(tests.contains(name), "no such test: {name}");
        }
    }
}
