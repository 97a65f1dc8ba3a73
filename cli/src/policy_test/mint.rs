//! Tokens and proofs, minted and signed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use validate_jwt::token::base64url;

use super::file::{Mint, Signer, WrittenProof};
use super::key::TestKey;
use super::provider::TestProvider;
use super::wrong::Wrong;
use crate::evaluation::Asked;

/// Mints a token at a time; `bound` is the thumbprint of the key that it is bound to.
pub(super) fn token(
    mint: &Mint,
    provider: &TestProvider,
    now: i64,
    bound: Option<String>,
) -> Result<String, Wrong> {
    let signer = mint.signed_by.unwrap_or(Signer::Provider);
    let algorithm = match signer {
        Signer::Nobody => "none",
        Signer::Provider | Signer::Stranger => provider.key.algorithm(),
    };
    let mut header = json!({"alg": algorithm, "kid": provider.name, "typ": "JWT"});
    let in_seconds = |offset: Option<i64>, preset: i64| now.saturating_add(offset.unwrap_or(preset));
    let mut claims = json!({
        "sub": "test-subject",
        "iat": in_seconds(mint.issued_in, 0),
        "nbf": in_seconds(mint.not_before_in, 0),
        "exp": in_seconds(mint.expires_in, 3600),
    });
    let tenant = mint.claims.get("tid").and_then(Value::as_str);
    let (issuer, tenant) = provider.issuer_for(tenant);
    claims["iss"] = json!(issuer);
    if let Some(tenant) = tenant {
        claims["tid"] = json!(tenant);
    }
    if let Some(thumbprint) = bound {
        claims["cnf"] = json!({"jkt": thumbprint});
    }
    merge(&mut header, &mint.header);
    merge(&mut claims, &mint.claims);
    match signer {
        Signer::Provider => signed(&header, &claims, &provider.key),
        Signer::Stranger => {
            let stranger = TestKey::of("stranger", provider.algorithm).ok_or(Wrong::NoRandomNumbers)?;
            signed(&header, &claims, &stranger)
        }
        Signer::Nobody => Ok(format!("{}.", signing_input(&header, &claims))),
    }
}

/// A proof for a request with a token (RFC 9449, 4.2).
pub(super) fn proof(
    written: &WrittenProof,
    key: &TestKey,
    asked: &Asked,
    token: &str,
    now: i64,
) -> Result<String, Wrong> {
    let path = asked.path.split('?').next().unwrap_or_default();
    let mut header = json!({"alg": key.algorithm(), "typ": "dpop+jwt", "jwk": key.jwk()});
    let mut claims = json!({
        "jti": "test-proof",
        "htm": asked.method,
        "htu": format!("{}://{}{path}", asked.scheme, asked.host),
        "iat": now,
        "ath": base64url::encode(Sha256::digest(token)),
    });
    merge(&mut header, &written.header);
    merge(&mut claims, &written.claims);
    signed(&header, &claims, key)
}

/// Members of one's own; `null` takes one away.
fn merge(into: &mut Value, own: &BTreeMap<String, Value>) {
    let mut empty = Map::new();
    let members = into.as_object_mut().unwrap_or(&mut empty);
    for (name, value) in own {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
}

fn signed(header: &Value, claims: &Value, key: &TestKey) -> Result<String, Wrong> {
    let input = signing_input(header, claims);
    let signature = key.sign(input.as_bytes()).ok_or(Wrong::NoRandomNumbers)?;
    Ok(format!("{input}.{}", base64url::encode(signature)))
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()))
}
