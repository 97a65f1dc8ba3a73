//! Keys that tokens are bound to, and proofs of having them (RFC 9449).

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{SigningKey, TokenRecipe, now, tamper};

/// The key's public members, as the header of a proof has them.
pub fn proof_jwk(key: &SigningKey) -> Value {
    let members = ["kty", "crv", "x", "y", "n", "e"];
    let jwk = key.public_jwk();
    let own = members.iter().filter_map(|name| Some(((*name).to_owned(), jwk.get(name)?.clone())));
    Value::Object(own.collect::<Map<_, _>>())
}

/// The key's thumbprint (RFC 7638), as `cnf.jkt` has it.
pub fn thumbprint(key: &SigningKey) -> String {
    thumbprint_of(&proof_jwk(key))
}

/// The thumbprint of a JWK that has the members that a key needs and no others, whatever is in them.
pub fn thumbprint_of(jwk: &Value) -> String {
    // In the order of their names, without white space.
    URL_SAFE_NO_PAD.encode(Sha256::digest(jwk.to_string()))
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

/// Proofs for `GET` and this URL that are wrong in one respect each, with what that is. `max_age` is 60 seconds.
pub fn hostile(key: &SigningKey, token: &str, url: &str) -> Vec<(&'static str, String)> {
    let other = SigningKey::p256();
    let secret = SigningKey::symmetric([0; 32]);
    let good = || proof(key, token, "GET", url);
    let private = || {
        let mut jwk = proof_jwk(key);
        jwk["d"] = json!("AQAB");
        jwk
    };
    let shared = json!({"kty": "oct", "k": "A".repeat(43)});
    let foreign_hash = URL_SAFE_NO_PAD.encode(Sha256::digest("another token"));
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let recipes = [
        ("another typ", good().header("typ", "JWT")),
        ("typ as a media type", good().header("typ", "application/dpop+jwt")),
        ("no typ", good().without_header("typ")),
        ("crit", good().header("crit", json!(["x"]))),
        ("no jwk", good().without_header("jwk")),
        ("jwk as a text", good().header("jwk", proof_jwk(key).to_string())),
        ("a private key in jwk", good().header("jwk", private())),
        ("no jti", good().without_claim("jti")),
        ("an empty jti", good().claim("jti", "")),
        ("a number as jti", good().claim("jti", 1)),
        ("a long jti", good().claim("jti", "j".repeat(8192))),
        ("another method", good().claim("htm", "POST")),
        ("the method in small letters", good().claim("htm", "get")),
        ("no htm", good().without_claim("htm")),
        ("another path", good().claim("htu", format!("{url}/x"))),
        ("another host", good().claim("htu", format!("{scheme}://other.{rest}"))),
        ("another scheme", good().claim("htu", format!("{other_scheme}://{rest}"))),
        ("user information", good().claim("htu", format!("{scheme}://u@{rest}"))),
        ("a path alone as htu", good().claim("htu", "/orders")),
        ("no htu", good().without_claim("htu")),
        ("no iat", good().without_claim("iat")),
        ("a text as iat", good().claim("iat", now().to_string())),
        ("too old", good().claim("iat", now() - 75)),
        ("from the future", good().claim("iat", now() + 75)),
        ("over by its own exp", good().claim("exp", now() - 1)),
        ("not yet good by its own nbf", good().claim("nbf", now() + 75)),
        ("another algorithm of the key's kind", good().header("alg", "ES384")),
        ("an unknown algorithm", good().header("alg", "ES256K")),
        ("another token's ath", good().claim("ath", foreign_hash)),
        ("no ath", good().without_claim("ath")),
    ];
    let mut proofs: Vec<_> = recipes.iter().map(|(what, recipe)| (*what, recipe.sign(key))).collect();
    proofs.extend([
        ("another key, signed by it", good().header("jwk", proof_jwk(&other)).sign(&other)),
        ("another key's signature", good().sign(&other)),
        ("a spoilt signature", tamper::flip_signature_bit(&good().sign(key), 100)),
        ("no signature", good().unsigned()),
        ("a shared secret", good().header("jwk", shared).sign(&secret)),
        ("HMAC under the public key", good().sign(&SigningKey::symmetric(proof_jwk(key).to_string()))),
        ("no JWT", "x".to_owned()),
        ("two in one header", format!("{}, {}", good().sign(key), good().sign(key))),
    ]);
    proofs
}
