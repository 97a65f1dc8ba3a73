//! Keys that tokens are bound to, and proofs of having them (RFC 9449).

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{SigningKey, TokenRecipe, now};

/// The key's public members, as the header of a proof has them.
pub fn proof_jwk(key: &SigningKey) -> Value {
    let members = ["kty", "crv", "x", "y", "n", "e"];
    let jwk = key.public_jwk();
    let own = members.iter().filter_map(|name| Some(((*name).to_owned(), jwk.get(name)?.clone())));
    Value::Object(own.collect::<Map<_, _>>())
}

/// The key's thumbprint (RFC 7638), as `cnf.jkt` has it.
pub fn thumbprint(key: &SigningKey) -> String {
    // In the order of their names, without white space.
    URL_SAFE_NO_PAD.encode(Sha256::digest(proof_jwk(key).to_string()))
}

/// A proof for a token and a request, to be signed with the key. Each has an identifier of its own.
pub fn proof(key: &SigningKey, token: &str, method: &str, url: &str) -> TokenRecipe {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let empty = ["iss", "aud", "sub", "exp", "nbf"]
        .iter()
        .fold(TokenRecipe::plain("", ""), |recipe, name| recipe.without_claim(name));
    empty
        .without_header("kid")
        .header("typ", "dpop+jwt")
        .header("jwk", proof_jwk(key))
        .claim("jti", format!("proof-{number}"))
        .claim("htm", method)
        .claim("htu", url)
        .claim("iat", now())
        .claim("ath", URL_SAFE_NO_PAD.encode(Sha256::digest(token)))
}

/// A token's recipe, bound to the key.
pub fn bound_to(recipe: TokenRecipe, key: &SigningKey) -> TokenRecipe {
    recipe.claim("cnf", json!({"jkt": thumbprint(key)}))
}
