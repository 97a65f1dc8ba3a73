//! A rule with several policies: which of them decides, and what the answer is where none accepts.

use serde_json::{Value, json};
use validate_jwt::gate::{Decision, Verdict};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use crate::bench::{Bench, request};

const A: &str = "https://a.example/";
const B: &str = "https://b.example/";

/// Two policies, each with a provider of its own and a key for it.
struct Pair {
    bench: Bench,
    keys: [SigningKey; 2],
}

/// Whose keys have come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Both,
    OnlyA,
    OnlyB,
    None,
}

/// Policies `a` and `b`, each with more fields, under one rule. Providers with a document are not pinned.
fn pair(a: &Value, b: &Value, known: Known) -> Pair {
    let policy = |host: &str, more: &Value| {
        let url = format!("https://{host}.example/.well-known/openid-configuration");
        let mut policy = json!({"openid_config": [{"url": url}], "audiences": [host]});
        for (name, value) in more.as_object().into_iter().flatten() {
            policy[name] = value.clone();
        }
        json!({"validate_jwt": policy})
    };
    let mut bench = Bench::new(&json!({
        "policies": {"a": policy("a", a), "b": policy("b", b)},
        "rules": [{"match": {}, "policy": ["a", "b"]}],
    }));
    let keys = [SigningKey::p256(), SigningKey::p256()];
    if [Known::Both, Known::OnlyA].contains(&known) {
        bench.provide(0, A, &[keys[0].public_jwk()]);
    }
    if [Known::Both, Known::OnlyB].contains(&known) {
        bench.provide(1, B, &[keys[1].public_jwk()]);
    }
    Pair { bench, keys }
}

impl Pair {
    /// The policy that decides and its verdict; `wait` before it where the request waits for keys.
    fn on(&self, token: Option<&str>) -> String {
        let value = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = value.iter().map(|value| ("authorization", value.as_str())).collect();
        let (wait, verdict) = match self.bench.decide(&request(&headers)) {
            Decision::Final(verdict) => ("", verdict),
            Decision::Wait(pending) => ("wait ", pending.fallback),
        };
        let (policy, word) = match &verdict {
            Verdict::Forward(admission) => (admission.policy(), format!("{:?}", admission.outcome())),
            Verdict::Refuse(rejection) => (rejection.policy.as_deref(), rejection.reason.code().to_owned()),
            Verdict::Serve(_) => (None, "served".to_owned()),
        };
        format!("{wait}{} {word}", policy.unwrap_or("-"))
    }

    fn token(&self, of: usize, change: impl FnOnce(TokenRecipe) -> TokenRecipe) -> String {
        let recipe = TokenRecipe::plain([A, B][of], ["a", "b"][of]);
        change(recipe).sign(&self.keys[of])
    }
}

#[test]
fn the_first_policy_that_accepts_a_token_decides_and_no_other_is_in_its_way() {
    let none = json!({});
    let scope = json!({"authorize": {"scopes": {"any": ["write"]}}});
    for (a, b, of, change, expected) in [
        (&none, &none, 0, "good", "a Allowed"),
        (&none, &none, 1, "good", "b Allowed"),
        (&none, &none, 0, "expired", "a token_expired"),
        (&none, &none, 1, "expired", "b token_expired"),
        (&none, &none, 0, "audience", "a audience_not_allowed"),
        (&none, &none, 1, "audience", "b audience_not_allowed"),
        (&none, &none, 0, "stranger", "a issuer_not_allowed"),
        (&scope, &none, 0, "good", "a insufficient_scope"),
        (&scope, &none, 1, "good", "b Allowed"),
        (&none, &scope, 1, "good", "b insufficient_scope"),
        (&none, &scope, 0, "good", "a Allowed"),
    ] {
        let pair = pair(a, b, Known::Both);
        let token = pair.token(of, |recipe| match change {
            "expired" => recipe.expires_in(-10),
            "audience" => recipe.audience("x"),
            "stranger" => recipe.issuer("https://c.example/"),
            _ => recipe,
        });
        assert_eq!(pair.on(Some(&token)), expected, "{a} {b} {of} {change}");
    }
}

#[test]
fn a_missing_token_is_answered_by_the_first_policy_unless_any_of_them_needs_none() {
    let (needs, free) = (json!({}), json!({"require_token": false}));
    for (a, b, expected) in [
        (&needs, &needs, "a token_not_present"),
        (&free, &needs, "a Anonymous"),
        (&needs, &free, "b Anonymous"),
        (&free, &free, "a Anonymous"),
    ] {
        assert_eq!(pair(a, b, Known::Both).on(None), expected, "{a} {b}");
    }
}

#[test]
fn a_bad_token_at_one_policys_place_is_refused_although_another_needs_none() {
    let elsewhere = json!({"require_token": false, "cookie_name": "session"});
    for known in [Known::Both, Known::None] {
        let pair = pair(&json!({}), &elsewhere, known);
        assert_eq!(pair.on(Some("garbage")), "a token_malformed");
        let expired = pair.token(0, |recipe| recipe.expires_in(-10));
        assert_eq!(pair.on(Some(&expired)), "a token_expired");
    }
    let scheme = json!({"require_scheme": "Token"});
    let pair = pair(&scheme, &elsewhere, Known::Both);
    let good = pair.token(0, |recipe| recipe);
    // Not at the place of any policy, and yet a token that a server behind could read.
    assert_eq!(pair.on(Some(&good)), "a token_not_present");
}

#[test]
fn a_good_token_of_one_provider_passes_while_the_other_one_is_down() {
    for (known, of, expected) in [
        (Known::OnlyB, 1, "b Allowed"),
        (Known::OnlyA, 0, "a Allowed"),
        (Known::OnlyA, 1, "wait b keys_unavailable"),
        (Known::OnlyB, 0, "wait a keys_unavailable"),
        (Known::None, 0, "wait a keys_unavailable"),
    ] {
        let pair = pair(&json!({}), &json!({}), known);
        assert_eq!(pair.on(Some(&pair.token(of, |recipe| recipe))), expected);
    }
}

#[test]
fn a_bad_token_of_one_provider_never_waits_for_the_other() {
    // Both policies take this audience, so that nothing but the issuer tells their tokens apart.
    let same = json!({"audiences": ["api"], "required_claims": [{"name": "team"}]});
    let pair = pair(&same, &same, Known::OnlyB);
    for (token, expected) in [
        (pair.token(1, |recipe| recipe.audience("api")), "b claim_not_found"),
        (pair.token(1, |recipe| recipe.audience("api").expires_in(-10)), "b token_expired"),
        (pair.token(1, |recipe| recipe.audience("x")), "b audience_not_allowed"),
        (TokenRecipe::plain(B, "api").key_id("none").sign(&pair.keys[1]), "wait b signature_key_not_found"),
    ] {
        assert_eq!(pair.on(Some(&token)), expected);
    }
    // What waits, waits for its own provider's keys alone.
    let unknown = TokenRecipe::plain(B, "api").key_id("none").sign(&pair.keys[1]);
    assert_eq!(pair.bench.waits_for(&unknown), [1]);
    let of_a = pair.token(0, |recipe| recipe.audience("api"));
    assert_eq!(pair.bench.waits_for(&of_a), [0]);
}

#[test]
fn policies_of_one_issuer_are_told_apart_by_what_came_furthest() {
    let provider = json!([{"jwks_uri": "https://a.example/keys", "issuer": A}]);
    let policy = |audience: &str, more: &Value| {
        let mut policy = json!({"openid_config": provider, "audiences": [audience]});
        for (name, value) in more.as_object().into_iter().flatten() {
            policy[name] = value.clone();
        }
        json!({"validate_jwt": policy})
    };
    let key = SigningKey::p256();
    let mut bench = Bench::new(&json!({
        "policies": {
            "a": policy("one", &json!({"required_claims": [{"name": "team"}]})),
            "b": policy("two", &json!({"authorize": {"roles": {"any": ["clerk"]}}})),
        },
        "rules": [{"match": {}, "policy": ["a", "b"]}],
    }));
    bench.provide(0, A, &[key.public_jwk()]);
    let pair = Pair { bench, keys: [key, SigningKey::p256()] };
    for (audience, claims, expected) in [
        ("one", json!({"team": "x"}), "a Allowed"),
        ("one", json!({}), "a claim_not_found"),
        ("two", json!({}), "b insufficient_scope"),
        ("two", json!({"roles": ["clerk"]}), "b Allowed"),
        ("three", json!({}), "a audience_not_allowed"),
    ] {
        let token = pair.token(0, |recipe| {
            let recipe = recipe.audience(audience);
            claims
                .as_object()
                .into_iter()
                .flatten()
                .fold(recipe, |recipe, (name, value)| recipe.claim(name, value.clone()))
        });
        assert_eq!(pair.on(Some(&token)), expected, "{audience} {claims}");
    }
    let mut both = TokenRecipe::plain(A, "one");
    both = both.claim("aud", json!(["one", "two"])).claim("roles", json!(["clerk"]));
    assert_eq!(pair.on(Some(&both.sign(&pair.keys[0]))), "b Allowed");
}

#[test]
fn nothing_is_only_reported_unless_every_policy_only_reports() {
    let (report, enforce) = (json!({"mode": "report_only"}), json!({}));
    for (a, b, expected) in [
        (&report, &report, "a WouldRefuse(TokenExpired)"),
        (&report, &enforce, "a token_expired"),
        (&enforce, &report, "a token_expired"),
    ] {
        let pair = pair(a, b, Known::Both);
        assert_eq!(pair.on(Some(&pair.token(0, |recipe| recipe.expires_in(-10)))), expected, "{a} {b}");
        assert_eq!(pair.on(Some(&pair.token(1, |recipe| recipe))), "b Allowed");
    }
}
