//! An entry of `providers`.

use serde_json::{Value, json};

use super::super::difference::{self, Default};
use super::super::part::Part;
use super::super::place::{self, Spelling};
use super::super::provider::{Expiration, Provider, Token, claims};
use super::key_source;
use super::string_matcher::{self, Text};

/// Reads a provider, and says what differs for its tokens.
pub(super) fn provider(name: &str, part: &Part<'_>) -> Provider {
    let mut provider = Provider::new(name, key_source::keys(part));
    provider.issuer = part.text("issuer").map(ToOwned::to_owned);
    provider.audiences = part.texts("audiences");
    provider.payload_header = part.text("forward_payload_header").map(ToOwned::to_owned);
    provider.variable = part.text("payload_in_metadata").map(ToOwned::to_owned);
    if part.flag("require_expiration").unwrap_or_default() {
        provider.expiration = Expiration::Required;
    }
    let mut written_out = Vec::new();
    match part.count("clock_skew_seconds").filter(|skew| *skew > 0) {
        Some(skew) => provider.clock_skew = skew,
        None => written_out.push(Default::ClockSkew),
    }
    if let Some(lifetime) = part.seconds("max_lifetime") {
        provider.maximum_lifetime = Some(lifetime);
        provider.expiration = Expiration::Required;
        part.say("max_lifetime is about what is left of a token's life there; maximum_lifetime is about all of it, exp - iat");
    }
    provider.places = place::read(part, &PLACES);
    match part.flag("forward") {
        Some(true) => provider.token = Token::Kept,
        Some(false) => {}
        None => written_out.push(Default::TokenRemoved),
    }
    provider.claims = claims(&part.list("claim_to_headers"), "claim_name", "header_name");
    provider.required_claims.extend(part.member("subjects").map(|subjects| subject(&subjects)));
    difference::say(part, &provider, &written_out);
    if provider.variable.is_some() {
        part.say(
            "payload_in_metadata became output_token_variable_name: the claims are filter state (wasm.<name>), no \
             dynamic metadata",
        );
    }
    provider
}

/// `subjects`, as a required claim.
fn subject(subjects: &Part<'_>) -> Value {
    match string_matcher::text(subjects) {
        Some(Text::Exact(text)) => json!({"name": "sub", "values": [text]}),
        Some(Text::Pattern(pattern)) => json!({"name": "sub", "patterns": [pattern]}),
        None => {
            subjects.leave(
                "cannot be said here: check refuses the configuration until the claim sub is described",
            );
            json!({"name": "sub", "cannot be said here": true})
        }
    }
}

const PLACES: Spelling = Spelling {
    headers: "from_headers",
    prefix: "value_prefix",
    parameters: "from_params",
    cookies: "from_cookies",
};
