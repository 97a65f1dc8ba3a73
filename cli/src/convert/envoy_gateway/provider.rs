//! An entry of `jwt.providers`.

use serde_json::Value;

use super::super::difference::{self, Default};
use super::super::manifest::Document;
use super::super::part::Part;
use super::super::place::{self, Spelling};
use super::super::provider::{Keys, Provider, Token, claims};
use super::super::{key_set, kubernetes};

/// Reads a provider, and says what differs for its tokens.
pub(super) fn provider(part: &Part<'_>, documents: &[Document]) -> Provider {
    let name = part.text("name").unwrap_or_default();
    let mut provider = Provider::new(name, keys(part, documents));
    provider.issuer = part.text("issuer").map(ToOwned::to_owned);
    provider.audiences = part.texts("audiences");
    // Envoy Gateway never takes the token away.
    provider.token = Token::Kept;
    if let Some(from) = part.member("extractFrom") {
        provider.places = place::read(&from, &PLACES);
    }
    provider.claims = claims(&part.list("claimToHeaders"), "claim", "header");
    difference::say(part, &provider, &[Default::ClockSkew]);
    provider
}

fn keys(part: &Part<'_>, documents: &[Document]) -> Keys {
    if let Some(local) = part.member("localJWKS") {
        let _ = local.text("type");
        if let Some(text) = local.text("inline") {
            return Keys::Inline(key_set::parse(text, &local));
        }
        return Keys::Inline(referenced(&local, documents));
    }
    let Some(remote) = part.member("remoteJWKS") else {
        part.say("no keys are named: openid_config or issuer_signing_keys is missing, and check asks for it");
        return Keys::Nowhere;
    };
    if part.text("issuer").is_none() {
        part.say(
            "without issuer a token of anybody is accepted there; here jwks_uri needs the issuer whose keys they are, \
             and check refuses the configuration until it is given",
        );
    }
    let uri = remote.text("uri").unwrap_or_default().to_owned();
    difference::say_of_keys(&remote, &uri);
    remote.say("the keys come from a cluster of the proxy that is called like the host of uri, or as cluster says: see deploy/envoy-gateway/base/entra.yaml");
    Keys::Remote { uri, cluster: None, timeout: None }
}

/// The key set of a `ConfigMap`, which the files may hold: `jwks`, or the first value.
fn referenced(local: &Part<'_>, documents: &[Document]) -> Value {
    let reference = local.member("valueRef");
    let name = reference.as_ref().and_then(|reference| {
        let _ = (reference.text("group"), reference.text("kind"));
        reference.text("name")
    });
    let name = name.unwrap_or_default();
    let is_it = |value: &Value| {
        kubernetes::kind(value) == "ConfigMap" && value["metadata"]["name"].as_str() == Some(name)
    };
    let map =
        documents.iter().find(|document| is_it(&document.value)).map(|document| &document.value["data"]);
    let text = map
        .and_then(Value::as_object)
        .and_then(|data| data.get("jwks").or_else(|| data.values().next()).and_then(Value::as_str));
    if let Some(text) = text {
        return key_set::parse(text, local);
    }
    local.say(format!(
        "the ConfigMap {name} is not among the files: put its key set into jwks, where check asks for it"
    ));
    format!("the key set of ConfigMap {name}").into()
}

const PLACES: Spelling =
    Spelling { headers: "headers", prefix: "valuePrefix", parameters: "params", cookies: "cookies" };
