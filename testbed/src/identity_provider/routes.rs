//! From a path to what is behind it.

use super::{CONTOSO, PERSONAL_ACCOUNTS};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Discovery(Realm),
    Keys(Realm),
    Token(Tenant),
    Health,
    /// A document of a tenant that there is not.
    NoTenant(String),
    Nothing,
}

/// Whose documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Realm {
    EntraV2(Tenant),
    EntraV1(Tenant),
    B2c,
    Ciam(Tenant),
    Plain,
}

/// One directory, or an endpoint for many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tenant {
    One(String),
    /// Anybody's work account, and with `personal_keys` anybody's personal one too.
    Many {
        personal_keys: bool,
    },
}

impl Tenant {
    /// As it stands in an issuer.
    pub(super) fn in_issuer(&self) -> &str {
        match self {
            Self::One(id) => id,
            Self::Many { .. } => "{tenantid}",
        }
    }
}

impl Endpoint {
    /// Reads a path (without query) and, since External ID is told by it, the host.
    pub(super) fn of(host: &str, path: &str) -> Self {
        let external = host.ends_with(".ciamlogin.com").then_some("ciam");
        let segments: Vec<&str> =
            external.into_iter().chain(path.trim_start_matches('/').split('/')).collect();
        match *segments.as_slice() {
            ["health"] => Self::Health,
            ["plain", ".well-known", "openid-configuration"] => Self::Discovery(Realm::Plain),
            ["plain", "keys"] => Self::Keys(Realm::Plain),
            ["ciam", tenant, ref rest @ ..] => match (Tenant::of(tenant), rest) {
                (Some(tenant), ["v2.0", ".well-known", "openid-configuration"]) => {
                    Self::Discovery(Realm::Ciam(tenant))
                }
                (Some(tenant), ["discovery", "v2.0", "keys"]) => Self::Keys(Realm::Ciam(tenant)),
                _ => Self::Nothing,
            },
            [CONTOSO_DOMAIN, policy, "v2.0", ".well-known", "openid-configuration"] if is_policy(policy) => {
                Self::Discovery(Realm::B2c)
            }
            [CONTOSO_DOMAIN, policy, "discovery", "v2.0", "keys"] if is_policy(policy) => {
                Self::Keys(Realm::B2c)
            }
            [tenant, ref rest @ ..] => match (Tenant::of(tenant), rest) {
                (Some(tenant), ["v2.0", ".well-known", "openid-configuration"]) => {
                    Self::Discovery(Realm::EntraV2(tenant))
                }
                (Some(tenant), ["discovery", "v2.0", "keys"]) => Self::Keys(Realm::EntraV2(tenant)),
                (Some(tenant), [".well-known", "openid-configuration"]) => {
                    Self::Discovery(Realm::EntraV1(tenant))
                }
                (Some(tenant), ["discovery", "keys"]) => Self::Keys(Realm::EntraV1(tenant)),
                (Some(tenant), ["oauth2", "v2.0", "token"]) => Self::Token(tenant),
                (None, [.., ".well-known", "openid-configuration"]) => Self::NoTenant(tenant.to_owned()),
                _ => Self::Nothing,
            },
            [] => Self::Nothing,
        }
    }
}

impl Tenant {
    fn of(segment: &str) -> Option<Self> {
        match segment {
            "common" => Some(Self::Many { personal_keys: true }),
            "organizations" => Some(Self::Many { personal_keys: false }),
            "consumers" => Some(Self::One(PERSONAL_ACCOUNTS.to_owned())),
            CONTOSO_DOMAIN => Some(Self::One(CONTOSO.to_owned())),
            guid if is_guid(guid) => Some(Self::One(guid.to_owned())),
            _ => None,
        }
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.chars().all(|character| character == '-' || character.is_ascii_hexdigit())
}

fn is_policy(segment: &str) -> bool {
    segment.to_ascii_lowercase().starts_with("b2c_1")
}

const CONTOSO_DOMAIN: &str = "contoso.onmicrosoft.com";
