//! `remote_jwks` and `local_jwks`.

use serde_json::Value;

use super::super::part::Part;
use super::super::provider::Keys;
use super::super::{difference, key_set};

/// Where the keys of a provider come from.
pub(super) fn keys(provider: &Part<'_>) -> Keys {
    if let Some(local) = provider.member("local_jwks") {
        return Keys::Inline(local_set(&local));
    }
    let remote = provider.member("remote_jwks");
    let Some(http) = remote.as_ref().and_then(|remote| remote.member("http_uri")) else {
        provider
            .say("no keys are named: openid_config or issuer_signing_keys is missing, and check asks for it");
        return Keys::Nowhere;
    };
    if provider.text("issuer").is_none() {
        provider.say(
            "without issuer a token of anybody is accepted there; here jwks_uri needs the issuer whose keys they are, \
             and check refuses the configuration until it is given",
        );
    }
    // Which Envoy itself sees to.
    if let Some(fetch) = remote.as_ref().and_then(|remote| remote.member("async_fetch")) {
        let _ = fetch.flag("fast_listener");
    }
    let uri = http.text("uri").unwrap_or_default();
    difference::say_of_keys(&http, uri);
    Keys::Remote {
        uri: uri.to_owned(),
        cluster: http.text("cluster").map(ToOwned::to_owned),
        timeout: http.seconds("timeout"),
    }
}

/// The key set, or a text in its place that is refused until the set stands there.
fn local_set(local: &Part<'_>) -> Value {
    if let Some(text) = local.text("inline_string") {
        return key_set::parse(text, local);
    }
    for name in ["filename", "environment_variable", "inline_bytes"] {
        if let Some(part) = local.member(name) {
            part.leave("put the key set itself into jwks: the filter reads no files, and check asks for it");
            let place = part.value().as_str().unwrap_or_default();
            return format!("the key set of {name} {place}").into();
        }
    }
    local.say("put the key set itself into jwks: check asks for it");
    "a key set".into()
}
