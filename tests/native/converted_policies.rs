//! `docs/from-istio.md` and `docs/from-envoy-gateway.md`: what `convert` makes of the examples decides as Istio and Envoy
//! Gateway say that theirs do. That it makes just this of them is a test of the command line.

use serde_json::json;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe};

use crate::bench::{Bench, TENANT, request};
use crate::documents::blocks;

const PARTNER: &str = "https://accounts.example";

/// The example below a heading, with keys for the issuers of its providers, in the order of the policies' names.
fn example(document: &str, heading: &str, issuers: &[&str]) -> Bench {
    let blocks = blocks(document);
    let block = blocks.iter().find(|block| block.heading == heading && block.language == "json");
    let mut bench = Bench::of_text(&block.expect(heading).text);
    for (provider, issuer) in issuers.iter().enumerate() {
        bench.provide(provider, issuer, &[key().public_jwk()]);
    }
    bench
}

fn key() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

fn entra() -> TokenRecipe {
    TokenRecipe::entra_v2(TENANT, "00001111-aaaa-2222-bbbb-3333cccc4444")
}

fn partner() -> TokenRecipe {
    TokenRecipe::plain(PARTNER, "orders")
}

fn entras_issuer() -> String {
    format!("https://login.microsoftonline.com/{TENANT}/v2.0")
}

/// A request: method, path, and one header.
type Asked<'a> = (&'a str, &'a str, Option<(&'a str, String)>);

#[track_caller]
fn check(bench: &Bench, (method, path, header): &Asked<'_>, expected: &str) {
    let mut headers = vec![(":method", *method), (":path", *path)];
    headers.extend(header.as_ref().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(bench.verdict(&request(&headers)), expected, "{method} {path}");
}

#[expect(clippy::unnecessary_wraps, reason = "what is asked may come without a header")]
fn bearer(token: &TokenRecipe) -> Option<(&'static str, String)> {
    Some(("authorization", format!("Bearer {}", token.sign(&key()))))
}

#[test]
fn istios_deny_without_a_principal_asks_for_a_token_below_the_path_alone() {
    let bench = example("docs/from-istio.md", "A token below a path", &[&entras_issuer()]);
    let garbage = || Some(("authorization", "Bearer garbage".to_owned()));
    for (asked, expected) in [
        (("GET", "/api/orders", None), "token_not_present"),
        (("GET", "/api/orders", bearer(&entra())), "allowed"),
        (("GET", "/api/orders", bearer(&entra().without_claim("sub"))), "insufficient_scope"),
        (("GET", "/api/orders", garbage()), "token_malformed"),
        (("GET", "/api", None), "anonymous"),
        (("POST", "/", None), "anonymous"),
        (("GET", "/", bearer(&entra().without_claim("sub"))), "allowed"),
        (("GET", "/", bearer(&entra().audience("another"))), "audience_not_allowed"),
        (("GET", "/", garbage()), "token_malformed"),
    ] {
        check(&bench, &asked, expected);
    }
}

#[test]
fn istios_allow_policies_ask_for_what_their_rules_say_of_each_request() {
    let bench = example("docs/from-istio.md", "Methods and roles", &[PARTNER]);
    let scope = |scope: &str| bearer(&partner().claim("scope", scope));
    let roles = |roles| bearer(&partner().claim("realm_access", json!({"roles": roles})));
    for (asked, expected) in [
        (("GET", "/health", None), "anonymous"),
        (("POST", "/health", None), "token_not_present"),
        (("GET", "/orders", None), "token_not_present"),
        (("GET", "/orders", scope("openid orders.read")), "allowed"),
        (("GET", "/orders", scope("orders.reader")), "insufficient_scope"),
        (("POST", "/orders", scope("orders.read orders.write")), "insufficient_scope"),
        (("GET", "/orders", roles(json!(["clerk"]))), "allowed"),
        (("POST", "/orders", roles(json!(["clerk"]))), "allowed"),
        (("DELETE", "/orders", roles(json!(["intern", "site-admin"]))), "allowed"),
        (("POST", "/orders", roles(json!(["administrator"]))), "insufficient_scope"),
    ] {
        check(&bench, &asked, expected);
    }
}

#[test]
fn istios_rules_find_each_issuers_token_in_its_own_place() {
    let bench = example("docs/from-istio.md", "Two issuers", &[PARTNER, &entras_issuer()]);
    let own = |token: &TokenRecipe| Some(("x-partner-token", token.sign(&key())));
    for (asked, expected) in [
        (("GET", "/", None), "anonymous"),
        (("GET", "/", bearer(&entra())), "allowed"),
        (("GET", "/", own(&partner())), "allowed"),
        (("GET", "/", bearer(&partner())), "issuer_not_allowed"),
        (("GET", "/", own(&entra())), "issuer_not_allowed"),
        (("GET", "/", own(&partner().expires_in(-3600))), "token_expired"),
        (("GET", "/", Some(("x-partner-token", "garbage".to_owned()))), "token_malformed"),
    ] {
        check(&bench, &asked, expected);
    }
}

#[test]
fn envoy_gateways_rules_allow_by_scopes_or_claims() {
    let bench = example("docs/from-envoy-gateway.md", "Scopes and claims", &[PARTNER]);
    let cookie = |token: TokenRecipe| Some(("cookie", format!("session={}", token.sign(&key()))));
    let roles = |roles| cookie(partner().claim("realm_access", json!({"roles": roles})));
    for (asked, expected) in [
        (("GET", "/", None), "token_not_present"),
        (("GET", "/", cookie(partner())), "insufficient_scope"),
        (("GET", "/", cookie(partner().claim("scope", "orders.read"))), "allowed"),
        (("HEAD", "/", cookie(partner().claim("scp", json!(["a", "orders.read"])))), "allowed"),
        (("POST", "/", cookie(partner().claim("scope", "orders.read"))), "insufficient_scope"),
        (("POST", "/", roles(json!(["clerk"]))), "allowed"),
        (("GET", "/", roles(json!(["admin"]))), "allowed"),
        (("GET", "/", roles(json!(["intern"]))), "insufficient_scope"),
        (("GET", "/", bearer(&partner().claim("scope", "orders.read"))), "token_not_present"),
    ] {
        check(&bench, &asked, expected);
    }
}

#[test]
fn envoy_gateways_first_rule_that_matches_decides() {
    let bench = example("docs/from-envoy-gateway.md", "Optional tokens", &[PARTNER]);
    let role = |role: &str| partner().claim("role", role).sign(&key());
    let of = |tenant: &str, path: &str, token: Option<String>| {
        let mut headers = vec![(":path", path.to_owned()), ("x-tenant", tenant.to_owned())];
        headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        bench.verdict(&request(&headers))
    };
    for (tenant, path, token, expected) in [
        ("gold", "/", None, "anonymous"),
        ("gold", "/admin", None, "anonymous"),
        ("public", "/admin", None, "token_not_present"),
        ("trial", "/admin/users", None, "token_not_present"),
        ("public", "/administrator", None, "anonymous"),
        ("public", "/admin", Some(role("admin")), "allowed"),
        ("public", "/admin", Some(role("user")), "insufficient_scope"),
        ("gold", "/admin", Some(role("user")), "allowed"),
        ("gold", "/", Some("garbage".to_owned()), "token_malformed"),
    ] {
        assert_eq!(of(tenant, path, token), expected, "{tenant} {path}");
    }
}
