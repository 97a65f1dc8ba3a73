//! An entry of `jwtRules`.

use super::super::difference::{self, Default};
use super::super::key_set;
use super::super::part::Part;
use super::super::place::{self, Spelling};
use super::super::provider::{Keys, Provider, Token, claims};

/// Reads a rule, and says what differs for its tokens.
pub(super) fn provider(part: &Part<'_>) -> Provider {
    let issuer = part.text("issuer").map(ToOwned::to_owned);
    let mut provider =
        Provider::new(&name(issuer.as_deref().unwrap_or_default()), keys(part, issuer.as_deref()));
    provider.issuer = issuer;
    provider.audiences = part.texts("audiences");
    provider.payload_header = part.text("outputPayloadToHeader").map(ToOwned::to_owned);
    provider.places = place::read(part, &PLACES);
    provider.spaced = part.texts("spaceDelimitedClaims");
    provider.spaced.extend(["scope", "permission"].map(ToOwned::to_owned));
    let mut written_out = vec![Default::ClockSkew];
    match part.flag("forwardOriginalToken") {
        Some(true) => provider.token = Token::Kept,
        Some(false) => {}
        None => written_out.push(Default::TokenRemoved),
    }
    provider.claims = claims(&part.list("outputClaimToHeaders"), "claim", "header");
    difference::say(part, &provider, &written_out);
    if provider.audiences.is_empty() {
        part.say("without audiences a token for any of the issuer's APIs is good, as there: write audiences");
    }
    provider
}

/// The issuer's host.
fn name(issuer: &str) -> String {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

fn keys(part: &Part<'_>, issuer: Option<&str>) -> Keys {
    let timeout = part.seconds("timeout");
    if let Some(text) = part.text("jwks") {
        return Keys::Inline(key_set::parse(text, part));
    }
    let uri = part.text("jwksUri");
    difference::say_of_keys(part, uri.or(issuer).unwrap_or_default());
    let cluster = cluster(uri.or(issuer).unwrap_or_default());
    let told = "is Istio's name of a ServiceEntry's or Service's port, over which the proxy speaks TLS for the filter: \
                see deploy/istio/common/entra.yaml";
    part.say(format!("the keys come from a cluster of the proxy: {cluster} {told}"));
    match uri {
        Some(uri) => Keys::Remote { uri: uri.to_owned(), cluster: Some(cluster), timeout },
        None => Keys::Discovery { cluster: Some(cluster), timeout },
    }
}

/// The cluster of a URL's host: on the port that it names, else on 80, where the proxy adds TLS.
fn cluster(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    format!("outbound|{port}||{host}")
}

const PLACES: Spelling =
    Spelling { headers: "fromHeaders", prefix: "prefix", parameters: "fromParams", cookies: "fromCookies" };
