//! The paths of the identity provider's documents, for configurations, faults and counts.

/// Discovery document for v2.0 tokens of a tenant.
pub fn discovery_v2(tenant: &str) -> String {
    format!("/{tenant}/v2.0/.well-known/openid-configuration")
}

/// Keys for v2.0 tokens of a tenant.
pub fn keys_v2(tenant: &str) -> String {
    format!("/{tenant}/discovery/v2.0/keys")
}

/// Discovery document for v1.0 tokens of a tenant.
pub fn discovery_v1(tenant: &str) -> String {
    format!("/{tenant}/.well-known/openid-configuration")
}

/// Keys for v1.0 tokens of a tenant.
pub fn keys_v1(tenant: &str) -> String {
    format!("/{tenant}/discovery/keys")
}

/// Token endpoint of a tenant.
pub fn token(tenant: &str) -> String {
    format!("/{tenant}/oauth2/v2.0/token")
}

/// Discovery document of a user flow at Azure AD B2C.
pub fn discovery_b2c(policy: &str) -> String {
    format!("/contoso.onmicrosoft.com/{policy}/v2.0/.well-known/openid-configuration")
}

/// Keys of a user flow at Azure AD B2C.
pub fn keys_b2c(policy: &str) -> String {
    format!("/contoso.onmicrosoft.com/{policy}/discovery/v2.0/keys")
}

/// Discovery document of an External ID (CIAM) tenant.
pub fn discovery_ciam(tenant: &str) -> String {
    format!("/ciam/{tenant}/v2.0/.well-known/openid-configuration")
}

/// Keys of an External ID (CIAM) tenant.
pub fn keys_ciam(tenant: &str) -> String {
    format!("/ciam/{tenant}/discovery/v2.0/keys")
}

/// Discovery document of the ordinary provider.
pub const DISCOVERY_PLAIN: &str = "/plain/.well-known/openid-configuration";

/// Keys of the ordinary provider.
pub const KEYS_PLAIN: &str = "/plain/keys";
