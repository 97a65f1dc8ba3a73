//! What is otherwise here, as `docs/from-jwt_authn.md` has it: said where it applies.

use super::part::Part;
use super::place::{self, Place};
use super::provider::{CLOCK_SKEW, Expiration, Provider, Token};

/// A default of the original that the configuration says, since it is another here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Default {
    ClockSkew,
    TokenRemoved,
}

/// Says what applies to every token.
pub(super) fn say_of_all(part: &Part<'_>) {
    for text in [
        "typ says JWT, at+jwt or nothing here, and anything there: token_types says what else may come",
        "a request with more than one token is answered 400; there each of them has to be good",
        "a new key is fetched when a token names it, and a provider that is down is answered 503; there both are 401",
    ] {
        part.say(text);
    }
}

/// Says what applies to a provider's tokens.
pub(super) fn say(part: &Part<'_>, provider: &Provider, written_out: &[Default]) {
    say_defaults(part, provider, written_out);
    if !provider.audiences.is_empty() {
        part.say(AUDIENCES);
    }
    if provider.token == Token::Removed
        && provider.places.iter().any(|place| matches!(place, Place::Cookie(_)))
    {
        part.say("forward.token remove takes a token out of its cookie too; there it stays");
    }
    if !provider.claims.is_empty() {
        part.say(
            "claims in headers: an array goes comma-joined and an object as base64url JSON; there both go as base64 JSON \
             or not at all, depending on Envoy's version",
        );
    }
}

fn say_defaults(part: &Part<'_>, provider: &Provider, written_out: &[Default]) {
    let mut told = Vec::new();
    if written_out.contains(&Default::ClockSkew) {
        told.push(format!("clock_skew {CLOCK_SKEW} (0 here)"));
    }
    if provider.expiration == Expiration::Optional {
        told.push("require_expiration_time false (true here)".to_owned());
    }
    if provider.places == place::defaults() {
        told.push(
            "the query parameter access_token beside Authorization (Authorization alone here)".to_owned(),
        );
    }
    if written_out.contains(&Default::TokenRemoved) {
        told.push("forward.token remove (keep here)".to_owned());
    }
    if !told.is_empty() {
        part.say(format!("defaults are written out: {}", told.join(", ")));
    }
}

/// Says where keys are fetched without TLS, as far as their URL tells.
pub(super) fn say_of_keys(part: &Part<'_>, uri: &str) {
    if uri.starts_with("http://") {
        part.say("the keys' URL is plain HTTP, and allow_http says so: write https:// where the cluster speaks TLS");
    }
}

/// Said where audiences are asked for.
pub(super) const AUDIENCES: &str = "audiences: a wrong one is answered 401, not 403, and an audience is that text; there a scheme before it and a slash \
     behind it do not count";

/// Said where a rule looks at paths.
pub(super) const PATHS: &str = "paths are compared after normalisation here, and one that servers may read in two ways is answered 400: the field paths \
     says how yours read them";
