//! Common mistakes, the kind that cost people days, that a refused token gives away. For the log only.

use super::reason::Reason;
use super::stake::Slip;
use crate::token::entra::{self, Version};
use crate::token::json::Json;
use crate::token::{Claims, IssuerPattern, JoseHeader};

/// A likely cause, found in the unverified token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagnosis {
    /// A token for Microsoft Graph, which only Graph can validate.
    GraphToken,
    /// An ID token where an access token belongs.
    IdToken,
    /// Longer than `limits.token_bytes`.
    TooLong,
    /// A v1.0 token where the configuration names v2.0 documents only.
    VersionOneToken,
    /// A v2.0 token where the configuration names v1.0 documents only.
    VersionTwoToken,
    /// Too many groups: the claim was replaced by a link.
    GroupsOverage,
    /// An application token without any role.
    AppWithoutRoles,
    /// An issuer of another national cloud.
    WrongCloud,
    /// A token of Entra's whose client does not say that it acts on claims challenges.
    ClientWithoutChallenges,
    /// An issuer of Entra External ID, which `validate_azure_ad_token` does not know.
    ExternalIdIssuer,
    /// A slash at the end of the issuer, once.
    IssuerSlash,
    /// Capitals in the issuer.
    IssuerCase,
    /// `https://` before the issuer, once.
    IssuerScheme,
    /// The issuer's path on another host.
    IssuerHost,
}

impl Diagnosis {
    /// Looks for the likely cause of a refusal; `trusted` are the issuers that would have done.
    pub fn of(
        reason: Reason,
        header: &JoseHeader,
        claims: &Claims<'_>,
        trusted: &[&IssuerPattern],
    ) -> Option<Self> {
        let graph = claims.audiences().any(|aud| entra::GRAPH.contains(&aud.trim_end_matches('/')));
        if graph || header.has_nonce() {
            return Some(Self::GraphToken);
        }
        match reason {
            Reason::IssuerNotAllowed => of_issuer(claims, trusted),
            Reason::AudienceNotAllowed | Reason::InsufficientScope | Reason::ClaimNotFound
                if is_id_token(claims) =>
            {
                Some(Self::IdToken)
            }
            Reason::InsufficientScope | Reason::ClaimNotFound | Reason::ClaimValueNotAllowed => {
                let overage = claims
                    .members()
                    .get("_claim_names")
                    .and_then(Json::as_object)
                    .is_some_and(|names| names.contains_key("groups"));
                if overage || claims.members().get("hasgroups").is_some() {
                    Some(Self::GroupsOverage)
                } else if is_app_token(claims) && claims.members().get("roles").is_none() {
                    Some(Self::AppWithoutRoles)
                } else {
                    None
                }
            }
            Reason::InsufficientUserAuthentication => {
                let is_of_entra = claims.issuer().and_then(entra::version).is_some();
                (is_of_entra && !acts_on_challenges(claims)).then_some(Self::ClientWithoutChallenges)
            }
            _ => None,
        }
    }

    /// What the log says.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::GraphToken => {
                "this token is for Microsoft Graph and only Graph can validate it: request a scope of your own API"
            }
            Self::IdToken => "this looks like an ID token: send an access token for this API",
            Self::TooLong => {
                "the token is longer than limits.token_bytes: raise it, or have fewer groups put into tokens"
            }
            Self::VersionOneToken => {
                "this is a v1.0 token: add the v1.0 discovery document, or set api.requestedAccessTokenVersion to 2 in the API's manifest"
            }
            Self::VersionTwoToken => {
                "this is a v2.0 token: add the v2.0 discovery document, or set api.requestedAccessTokenVersion to 1 in the API's manifest"
            }
            Self::GroupsOverage => {
                "the user has too many groups for a token: use application roles, or assign fewer groups to the application"
            }
            Self::AppWithoutRoles => {
                "an application token without roles: grant the client an application role of this API"
            }
            Self::WrongCloud => {
                "the issuer belongs to another national cloud than the configured discovery document"
            }
            Self::ClientWithoutChallenges => {
                "no cp1 in xms_cc: the client does not say that it acts on claims challenges, or the API's manifest does not ask for xms_cc"
            }
            Self::ExternalIdIssuer => {
                "the issuer is Entra External ID: use validate_jwt with the ciamlogin.com discovery document"
            }
            Self::IssuerSlash => {
                "the token's issuer and the expected one differ only by a trailing slash: write it as the token does"
            }
            Self::IssuerCase => {
                "the token's issuer and the expected one differ only in case: write it as the token does"
            }
            Self::IssuerScheme => {
                "the token's issuer and the expected one differ only by https://: name the token's in issuers of the entry of openid_config"
            }
            Self::IssuerHost => {
                "the token's issuer and the expected one differ only in the host: it is another server's token, or the provider goes by two names (in Keycloak, set hostname)"
            }
        }
    }
}

/// What an issuer that is not trusted has to do with those that are. One that fits was refused for its tenant or its
/// key, of which nothing more is known.
fn of_issuer(claims: &Claims<'_>, trusted: &[&IssuerPattern]) -> Option<Diagnosis> {
    let issuer = claims.issuer()?;
    let is_trusted =
        |issuer: &str, tenant| trusted.iter().any(|pattern| pattern.matches(issuer, Some(tenant)));
    if is_trusted(issuer, claims.tenant_id().unwrap_or_default()) {
        return None;
    }
    if entra::is_external_id(issuer) {
        let expected = trusted.iter().any(|pattern| entra::is_external_id(pattern.start()));
        return (!expected).then_some(Diagnosis::ExternalIdIssuer);
    }
    if entra::is_of_another_cloud(issuer, trusted) {
        return Some(Diagnosis::WrongCloud);
    }
    if !trusted.iter().any(|pattern| entra::is_other_version(issuer, pattern)) {
        return trusted.iter().find_map(|pattern| near(issuer, pattern));
    }
    entra::version(issuer).map(|version| match version {
        Version::One => Diagnosis::VersionOneToken,
        Version::Two => Diagnosis::VersionTwoToken,
    })
}

/// What a misspelt issuer is off by.
fn near(issuer: &str, expected: &IssuerPattern) -> Option<Diagnosis> {
    let IssuerPattern::Exact(expected) = expected else { return None };
    match Slip::between(issuer, expected) {
        Some(Slip::TrailingSlash) => return Some(Diagnosis::IssuerSlash),
        Some(Slip::Case) => return Some(Diagnosis::IssuerCase),
        _ => {}
    }
    let [found, expected] = [issuer, expected]
        .map(|text| text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text));
    if found == expected {
        return Some(Diagnosis::IssuerScheme);
    }
    let [found, expected] = [found, expected].map(|text| text.split_once('/').map_or("", |(_, path)| path));
    (!found.is_empty() && found == expected).then_some(Diagnosis::IssuerHost)
}

/// ID tokens have neither scopes nor roles. They carry a nonce or hashes of what came with them, or, from Entra, name
/// no client beside the audience.
fn is_id_token(claims: &Claims<'_>) -> bool {
    let has = |name: &str| claims.members().get(name).is_some();
    let without_client = has("tid") && has("ver") && !has("azp") && !has("appid");
    !has("scp")
        && !has("scope")
        && !has("roles")
        && (has("nonce") || has("at_hash") || has("c_hash") || without_client)
}

/// `xms_cc` names what a client can do; `cp1` is claims challenges.
fn acts_on_challenges(claims: &Claims<'_>) -> bool {
    let is_named = |value: &str| value.eq_ignore_ascii_case("cp1");
    match claims.members().get("xms_cc") {
        Some(Json::String(value)) => is_named(value),
        Some(Json::Array(values)) => values.iter().filter_map(Json::as_str).any(is_named),
        _ => false,
    }
}

/// `idtyp`, or `oid` and `sub` being the same, tells an application's own token.
fn is_app_token(claims: &Claims<'_>) -> bool {
    match claims.string("idtyp") {
        Some(kind) => kind == "app",
        None => claims.string("oid").is_some() && claims.string("oid") == claims.string("sub"),
    }
}
