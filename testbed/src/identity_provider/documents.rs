//! Discovery documents and key sets in the shapes that Microsoft publishes.

use serde_json::{Value, json};

use super::key_ring::KeyRing;
use super::routes::{Realm, Tenant};
use super::{CONTOSO, Names, PERSONAL_ACCOUNTS};
use crate::token::{RsaFixture, SigningKey};

/// The issuer of a realm's tokens.
pub(super) fn issuer(names: &Names, realm: &Realm) -> String {
    match realm {
        Realm::EntraV2(tenant) => format!("{}/{}/v2.0", names.authority, tenant.in_issuer()),
        Realm::EntraV1(tenant) => format!("{}/{}/", names.security_token_service, tenant.in_issuer()),
        Realm::B2c => format!("https://contoso.b2clogin.com/{CONTOSO}/v2.0/"),
        Realm::Ciam(tenant) => {
            let tenant = tenant.in_issuer();
            format!("https://{tenant}.ciamlogin.com/{tenant}/v2.0")
        }
        Realm::Plain => names.plain_issuer.clone(),
    }
}

/// A realm's discovery document. `base` is where the provider is reached, `path` the document's own, `query` is
/// carried over as Entra ID does for applications with signing keys of their own.
pub(super) fn discovery(names: &Names, realm: &Realm, base: &str, path: &str, query: Option<&str>) -> Value {
    let issuer = issuer(names, realm);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    if *realm == Realm::Plain {
        return json!({
            "issuer": issuer,
            "jwks_uri": format!("{base}/plain/keys{query}"),
            "authorization_endpoint": format!("{base}/plain/authorize"),
            "token_endpoint": format!("{base}/plain/token"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"],
        });
    }
    let (keys, oauth) = match realm {
        Realm::EntraV1(_) => ("discovery/keys", "oauth2"),
        _ => ("discovery/v2.0/keys", "oauth2/v2.0"),
    };
    // The same first segments that were asked for: a tenant's domain stays a domain in these addresses.
    let prefix = path.split(match realm {
        Realm::EntraV1(_) => "/.well-known",
        _ => "/v2.0/.well-known",
    });
    let place = format!("{base}{}", prefix.into_iter().next().unwrap_or_default());
    let cloud = cloud(names);
    json!({
        "token_endpoint": format!("{place}/{oauth}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{place}/{keys}{query}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("https://{}/oidc/userinfo", cloud.graph),
        "authorization_endpoint": format!("{place}/{oauth}/authorize"),
        "device_authorization_endpoint": format!("{place}/{oauth}/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{place}/{oauth}/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
            "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name",
            "tid", "ver", "at_hash", "c_hash", "email",
        ],
        "kerberos_endpoint": format!("{place}/kerberos"),
        "tenant_region_scope": if matches!(realm, Realm::EntraV2(Tenant::Many { .. })) { Value::Null } else { json!("EU") },
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": cloud.directory,
        "msgraph_host": cloud.graph,
        "rbac_url": cloud.access,
    })
}

/// What a cloud's documents call its own.
struct Cloud {
    instance: &'static str,
    directory: &'static str,
    graph: &'static str,
    access: &'static str,
}

fn cloud(names: &Names) -> Cloud {
    let (instance, directory, graph, access) = match names.authority.rsplit('.').next() {
        Some("us") => (
            "microsoftonline.us",
            "graph.windows.net",
            "graph.microsoft.us",
            "https://pasff.usgovcloudapi.net",
        ),
        Some("cn") => (
            "partner.microsoftonline.cn",
            "graph.chinacloudapi.cn",
            "microsoftgraph.chinacloudapi.cn",
            "https://pas.chinacloudapi.cn",
        ),
        _ => ("microsoftonline.com", "graph.windows.net", "graph.microsoft.com", "https://pas.windows.net"),
    };
    Cloud { instance, directory, graph, access }
}

/// A realm's key set.
pub(super) fn key_set(names: &Names, realm: &Realm, keys: &KeyRing) -> Value {
    let published = keys.published();
    let issued = |key: &SigningKey, issuer: String| {
        let mut jwk = key.entra_jwk();
        jwk["issuer"] = json!(issuer);
        jwk
    };
    let entries: Vec<Value> = match realm {
        Realm::Plain => keys.all_plain().iter().map(SigningKey::public_jwk).collect(),
        Realm::EntraV1(_) | Realm::B2c | Realm::Ciam(_) => {
            published.iter().map(SigningKey::entra_jwk).collect()
        }
        Realm::EntraV2(tenant) => {
            let work = published.iter().map(|key| issued(key, issuer(names, realm)));
            let personal = SigningKey::rsa(RsaFixture::Personal);
            let personal_issuer = format!("{}/{PERSONAL_ACCOUNTS}/v2.0", names.authority);
            let personal = match tenant {
                Tenant::Many { personal_keys: true } => Some(issued(&personal, personal_issuer)),
                _ => None,
            };
            work.chain(personal).collect()
        }
    };
    json!({"keys": entries})
}
