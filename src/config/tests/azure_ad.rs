//! `validate_azure_ad_token`.

use super::*;
use crate::gate::{HeaderName, Scheme, TenantRule, TokenPlace};
use crate::keys::ProviderDocument;

const TENANT: &str = "8EAEF023-2B34-4DA1-9BAA-8BC8C9D6A490";

/// URLs and expected issuers of the providers.
#[track_caller]
fn documents(members: &str) -> Vec<(String, Option<String>)> {
    let config = accept(&azure(&format!(r#"{members},"audiences":["api"]"#)));
    let document = |document: &ProviderDocument| match document {
        ProviderDocument::Discovery { url, issuer } => (url.to_string(), issuer.clone()),
        ProviderDocument::Jwks { .. } => panic!("discovery"),
    };
    config.providers.iter().map(|provider| document(&provider.document)).collect()
}

#[test]
fn a_tenant_is_two_documents_in_every_cloud() {
    let tenant = TENANT.to_ascii_lowercase();
    for (endpoint, authority, v2, v1) in [
        (
            "",
            "login.microsoftonline.com",
            "https://login.microsoftonline.com/TID/v2.0",
            "https://sts.windows.net/TID/",
        ),
        (
            "login.microsoftonline.us",
            "login.microsoftonline.us",
            "https://login.microsoftonline.us/TID/v2.0",
            "https://sts.windows.net/TID/",
        ),
        (
            "https://login.partner.microsoftonline.cn/",
            "login.partner.microsoftonline.cn",
            "https://login.partner.microsoftonline.cn/TID/v2.0",
            "https://sts.chinacloudapi.cn/TID/",
        ),
        ("login.chinacloudapi.cn", "login.chinacloudapi.cn", "", "https://sts.chinacloudapi.cn/TID/"),
        ("idp.example:8443", "idp.example:8443", "", ""),
    ] {
        let endpoint = if endpoint.is_empty() {
            String::new()
        } else {
            format!(r#","authentication_endpoint":"{endpoint}""#)
        };
        let found = documents(&format!(r#""tenant_id":"{TENANT}"{endpoint}"#));
        let issuer = |text: &str| (!text.is_empty()).then(|| text.replace("TID", &tenant));
        let url = |rest: &str| format!("https://{authority}/{tenant}{rest}/.well-known/openid-configuration");
        assert_eq!(found, [(url("/v2.0"), issuer(v2)), (url(""), issuer(v1))]);
    }
}

#[test]
fn a_tenant_may_be_written_as_a_url() {
    for written in [
        "organizations",
        "https://login.microsoftonline.com/organizations",
        "https://login.microsoftonline.com/organizations/v2.0/",
    ] {
        let found = documents(&format!(r#""tenant_id":"{written}""#));
        assert_eq!(
            found[0].0,
            "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration"
        );
        assert_eq!(found[0].1, None);
    }
    for (written, endpoint, authority, tenant) in [
        ("https://contoso.onmicrosoft.com", "", "login.microsoftonline.com", "contoso.onmicrosoft.com"),
        ("https://Contoso.Example/", "", "login.microsoftonline.com", "contoso.example"),
        (
            "https://contoso.partner.onmschina.cn",
            "login.partner.microsoftonline.cn",
            "login.partner.microsoftonline.cn",
            "contoso.partner.onmschina.cn",
        ),
    ] {
        let endpoint = if endpoint.is_empty() {
            String::new()
        } else {
            format!(r#","authentication_endpoint":"{endpoint}""#)
        };
        let found = documents(&format!(r#""tenant_id":"{written}"{endpoint}"#));
        assert_eq!(found[1].0, format!("https://{authority}/{tenant}/.well-known/openid-configuration"));
    }
    let found = documents(r#""tenant_id":"https://login.microsoftonline.us/contoso.onmicrosoft.us""#);
    assert_eq!(
        found[1].0,
        "https://login.microsoftonline.us/contoso.onmicrosoft.us/.well-known/openid-configuration"
    );
}

#[test]
fn several_tenants_are_ruled_by_allowed_tenants() {
    for (members, expected) in [
        (r#""tenant_id":"common""#.to_owned(), TenantRule::Any),
        (r#""tenant_id":"organizations""#.to_owned(), TenantRule::Organizations),
        (
            format!(r#""tenant_id":"common","allowed_tenants":["{TENANT}"]"#),
            TenantRule::Listed(vec![TENANT.to_ascii_lowercase()]),
        ),
        (format!(r#""tenant_id":"{TENANT}""#), TenantRule::Any),
    ] {
        let config = accept(&azure(&format!(r#"{members},"audiences":["api"]"#)));
        assert_eq!(config.policies[0].first.tenants, expected, "{members}");
    }
}

#[test]
fn the_bearer_scheme_is_required_or_forbidden_by_header() {
    for (members, expected) in [
        ("", Scheme::Required("Bearer".to_owned())),
        (r#","header_name":"AUTHORIZATION""#, Scheme::Required("Bearer".to_owned())),
        (r#","header_name":"x-token""#, Scheme::Forbidden),
    ] {
        let config = accept(&azure(&format!(r#""tenant_id":"a.b","audiences":["api"]{members}"#)));
        let Some(TokenPlace::Header { name, schemes }) = config.policies[0].first.places.iter().next() else {
            panic!("{members}")
        };
        assert_eq!(schemes.ordinary, expected, "{members}");
        assert_eq!(*name == HeaderName::authorization(), schemes.ordinary != Scheme::Forbidden);
    }
}

#[test]
fn ids_are_folded_and_clients_alone_are_warned_about() {
    let text = azure(&format!(
        r#""tenant_id":"a.b","client_application_ids":["{TENANT}"],"cluster":"entra","timeout":2"#
    ));
    let config = accept(&text);
    assert_eq!(config.policies[0].first.clients, Some(vec![TENANT.to_ascii_lowercase()]));
    assert!(config.policies[0].first.audiences.of_policy.is_none());
    assert_eq!(config.warnings.len(), 1);
    assert!(config.providers.iter().all(|provider| provider.cluster == "entra"));
    let text = azure(&format!(r#""tenant_id":"a.b","backend_application_ids":["{TENANT}"]"#));
    let audiences = accept(&text).policies.remove(0).first.audiences.of_policy.unwrap();
    assert_eq!((audiences.exact.len(), audiences.application_ids), (0, vec![TENANT.to_ascii_lowercase()]));
}

#[test]
fn every_mistake_is_told() {
    for (members, expected) in [
        (r#""audiences":["a"]"#, ".tenant_id: [..]found nothing"),
        (
            r#""tenant_id":"a.b""#,
            ": expected at least one of client_application_ids, backend_application_ids, audiences[..]found none",
        ),
        (
            r#""tenant_id":"contoso","audiences":["a"]"#,
            ".tenant_id: expected a tenant's GUID or domain name[..]found \"contoso\"",
        ),
        (
            r#""tenant_id":"organisations","audiences":["a"]"#,
            ".tenant_id: expected a tenant's GUID or domain name, organizations, or common, found \"organisations\"; did you mean \"organizations\"?",
        ),
        (
            r#""tenant_id":"consumers","audiences":["a"]"#,
            ".tenant_id: expected the tenant of personal accounts[..]found \"consumers\"",
        ),
        (
            r#""tenant_id":"{tenant}","audiences":["a"]"#,
            ".tenant_id: expected the value itself[..]found \"{tenant}\"",
        ),
        (
            r#""tenant_id":"http://login.microsoftonline.com/common","audiences":["a"]"#,
            ".tenant_id: [..]found \"http:",
        ),
        (
            r#""tenant_id":"https://login.microsoftonline.com/a/b/c","audiences":["a"]"#,
            ".tenant_id: [..]found \"https:",
        ),
        (r#""tenant_id":"a.b/../c","audiences":["a"]"#, ".tenant_id: [..]found \"a.b/../c\""),
        (
            r#""tenant_id":"https://login.microsoftonline.us/a.b","authentication_endpoint":"login.microsoftonline.com","audiences":["a"]"#,
            ".authentication_endpoint: expected the host of tenant_id[..]found \"login.microsoftonline.com\"",
        ),
        (
            r#""tenant_id":"a.b","authentication_endpoint":"https://x/y","audiences":["a"]"#,
            ".authentication_endpoint: [..]found \"https://x/y\"",
        ),
        (
            r#""tenant_id":"a.b","allowed_tenants":["8eaef023-2b34-4da1-9baa-8bc8c9d6a490"],"audiences":["a"]"#,
            ".allowed_tenants: [..]found a list of tenants beside a single tenant",
        ),
        (
            r#""tenant_id":"common","allowed_tenants":["contoso"],"audiences":["a"]"#,
            ".allowed_tenants[0]: [..]found \"contoso\"",
        ),
        (
            r#""tenant_id":"common","allowed_tenants":[],"audiences":["a"]"#,
            ".allowed_tenants: [..]found an empty list",
        ),
        (
            r#""tenant_id":"a.b","client_application_ids":["{client}"]"#,
            ".client_application_ids[0]: [..]found \"{client}\"",
        ),
        (
            r#""tenant_id":"a.b","audiences":["a"],"algorithms":["HS256"]"#,
            ".algorithms: expected at least one algorithm[..]found a list",
        ),
        (
            r#""tenant_id":"a.b","audiences":["a"],"require_scheme":"Bearer""#,
            ".require_scheme: [..]found an unknown field",
        ),
        (
            r#""tenant_id":"https://login.microsoftonline.com","audiences":["a"]"#,
            ".tenant_id: expected a tenant, bare, as https://login.microsoftonline.com/{tenant}, or as https:// and its domain, found \"https:",
        ),
        (
            r#""tenant_id":"https://contoso.onmicrosoft.com:8443/","audiences":["a"]"#,
            ".tenant_id: expected a tenant, bare",
        ),
        (
            r#""tenant_id":"https://contoso/","audiences":["a"]"#,
            ".tenant_id: expected a tenant's GUID or domain",
        ),
    ] {
        let told = lines(&refuse(&azure(members)));
        assert!(starts_like(&told, &format!("validate_azure_ad_token{expected}")), "{members}\ntold: {told}");
    }
}

#[test]
fn clock_skew_of_validate_azure_ad_token_is_zero_unless_said() {
    let leeway = |more: &str| {
        let config = accept(&azure(&format!(r#""tenant_id":"a.b","audiences":["a"]{more}"#)));
        (config.policies[0].first.time.leeway.as_secs_f64(), config.warnings.len())
    };
    assert_eq!(leeway(""), (0.0, 0));
    assert_eq!(leeway(r#","clock_skew":2.5"#), (2.5, 0));
    assert_eq!(leeway(r#","clock_skew":601"#), (601.0, 1));
}
