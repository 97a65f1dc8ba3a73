//! The token endpoint: client credentials in, a fresh access token out. No secret is checked.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::Names;
use super::documents::issuer;
use super::key_ring::KeyRing;
use super::routes::{Realm, Tenant};
use crate::token::TokenRecipe;

/// Answers a form of `grant_type`, `client_id`, `client_secret` and `scope`.
pub(super) fn answer(names: &Names, tenant: &Tenant, keys: &KeyRing, form: &str) -> (StatusCode, Value) {
    let field = |wanted: &str| {
        let fields = form.split('&').filter_map(|field| field.split_once('='));
        fields.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| decode(value))
    };
    let refused = |error: &str, description: &str| {
        (StatusCode::BAD_REQUEST, json!({"error": error, "error_description": description}))
    };
    let Tenant::One(tenant_id) = tenant else {
        return refused("invalid_request", "AADSTS50194: an application's token comes from one tenant");
    };
    if field("grant_type").as_deref() != Some("client_credentials") {
        return refused("unsupported_grant_type", "AADSTS70003: grant_type must be client_credentials");
    }
    let Some(client) = field("client_id") else {
        return refused("invalid_request", "AADSTS900144: client_id is missing");
    };
    let scope = field("scope").unwrap_or_default();
    let Some(resource) = scope.strip_suffix("/.default") else {
        return refused("invalid_scope", "AADSTS1002012: scope must be an application's URI and /.default");
    };
    let audience = resource.strip_prefix("api://").unwrap_or(resource);
    let token = TokenRecipe::entra_v2(tenant_id, audience)
        .issuer(&issuer(names, &Realm::EntraV2(tenant.clone())))
        .claim("azp", client)
        // As if the roles of the documents were assigned to every client.
        .claim("roles", json!(["access_as_application", "orders.process"]))
        .expires_in(LIFETIME)
        .sign(&keys.current());
    let answer = json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": token,
    });
    (StatusCode::OK, answer)
}

/// Takes the percent signs and pluses of a form off.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As at Entra ID, roughly: an hour, less a second.
const LIFETIME: i64 = 3599;
