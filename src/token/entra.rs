//! Microsoft's directories: which hosts serve their discovery documents, and which issuers belong together.
//!
//! Entra ID in its national clouds, External ID (`ciamlogin.com`) and Azure AD B2C (`b2clogin.com`).

use super::issuer::{IssuerPattern, is_guid};

/// Whether a host is one of Microsoft's directories: it serves discovery documents, or issuers name it. In lower case,
/// without a trailing dot.
pub fn is_authority(host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.hosts.contains(&host))
        || [EXTERNAL_ID, B2C].iter().any(|domain| host.ends_with(domain))
}

/// Whether issuers on the second host are at home in documents on the first one.
pub fn serves(host: &str, issuer_host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.hosts.contains(&host) && cloud.hosts.contains(&issuer_host))
}

/// Whether `{guid}.ciamlogin.com`, as an issuer's host, is at home at a URL: an External ID host whose name and path
/// (without the query) name no other tenant.
pub fn serves_external_id(host: &str, path: &str, issuer_host: &str) -> bool {
    let Some(tenant) = issuer_host.strip_suffix(EXTERNAL_ID).filter(|tenant| is_guid(tenant)) else {
        return false;
    };
    let Some(name) = host.strip_suffix(EXTERNAL_ID) else { return false };
    let path = path.split('?').next().unwrap_or_default();
    let mut named = path.split('/').chain([name]).filter(|segment| is_guid(segment));
    named.all(|named| named.eq_ignore_ascii_case(tenant))
}

/// Whether two issuers are v1.0 and v2.0 of one tenant. A `{tenantid}` template stands for every tenant.
pub fn is_other_version(issuer: &str, known: &IssuerPattern) -> bool {
    let known = known.text();
    let same = |one: Option<&str>, other: Option<&str>| match (one, other) {
        (Some(one), Some(other)) => is_guid(one) && (one == other || other.eq_ignore_ascii_case(ANY_TENANT)),
        _ => false,
    };
    let of_cloud = VERSIONS.iter().any(|(v2, v1)| {
        let of_v2 = |text| between(text, v2, "/v2.0");
        let of_v1 = |text| between(text, v1, "/");
        same(of_v1(issuer), of_v2(&known)) || same(of_v2(issuer), of_v1(&known))
    });
    of_cloud || is_other_version_of_external_id(issuer, &known)
}

/// The multi-tenant issuer that the document at a URL names: that of `common` or `organizations`.
pub fn multi_tenant_issuer(host: &str, path: &str) -> Option<IssuerPattern> {
    let cloud = CLOUDS.iter().find(|cloud| cloud.hosts.contains(&host))?;
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let tenant = segments.next()?;
    if !["common", "organizations"].iter().any(|many| many.eq_ignore_ascii_case(tenant)) {
        return None;
    }
    let text = match segments.next()? {
        "v2.0" => format!("https://{}/{ANY_TENANT}/v2.0", cloud.v2),
        ".well-known" => format!("https://{}/{ANY_TENANT}/", cloud.v1),
        _ => return None,
    };
    Some(IssuerPattern::parse(&text))
}

fn is_other_version_of_external_id(one: &str, other: &str) -> bool {
    let tenant_of = |text: &str| {
        let (host, path) = text.strip_prefix("https://")?.split_once('/')?;
        let tenant = host.strip_suffix(EXTERNAL_ID).filter(|tenant| is_guid(tenant))?.to_owned();
        let rest = path.strip_prefix(tenant.as_str())?;
        ["/", "/v2.0"].contains(&rest).then(|| (tenant, rest.to_owned()))
    };
    match (tenant_of(one), tenant_of(other)) {
        (Some((one, version)), Some((other, other_version))) => one == other && version != other_version,
        _ => false,
    }
}

fn between<'a>(text: &'a str, prefix: &str, suffix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.strip_suffix(suffix)
}

/// A national cloud: its hosts, with the older names for them, and those that its issuers of either version name.
struct Cloud {
    hosts: &'static [&'static str],
    v2: &'static str,
    v1: &'static str,
}

const CLOUDS: [Cloud; 3] = [
    Cloud {
        hosts: &["login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"],
        v2: "login.microsoftonline.com",
        v1: "sts.windows.net",
    },
    Cloud {
        hosts: &["login.microsoftonline.us", "login.usgovcloudapi.net", "sts.windows.net"],
        v2: "login.microsoftonline.us",
        v1: "sts.windows.net",
    },
    Cloud {
        hosts: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn"],
        v2: "login.partner.microsoftonline.cn",
        v1: "sts.chinacloudapi.cn",
    },
];

/// How issuers of v2.0 and of v1.0 start.
const VERSIONS: [(&str, &str); 4] = [
    ("https://login.microsoftonline.com/", "https://sts.windows.net/"),
    ("https://login.microsoftonline.us/", "https://sts.windows.net/"),
    ("https://login.partner.microsoftonline.cn/", "https://sts.chinacloudapi.cn/"),
    ("https://login.chinacloudapi.cn/", "https://sts.chinacloudapi.cn/"),
];

const EXTERNAL_ID: &str = ".ciamlogin.com";
const B2C: &str = ".b2clogin.com";
const ANY_TENANT: &str = "{tenantid}";

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
    const OTHER: &str = "b07a2c4e-90d1-4f7e-8c55-7d3e8f1a2b3c";

    #[test]
    fn the_versions_of_one_tenant_belong_together_in_each_cloud() {
        let of = |text: &str, tenant: &str| text.replace('T', tenant);
        for (v2, v1, expected) in [
            ("https://login.microsoftonline.com/T/v2.0", "https://sts.windows.net/T/", true),
            ("https://login.microsoftonline.us/T/v2.0", "https://sts.windows.net/T/", true),
            ("https://login.partner.microsoftonline.cn/T/v2.0", "https://sts.chinacloudapi.cn/T/", true),
            ("https://T.ciamlogin.com/T/v2.0", "https://T.ciamlogin.com/T/", true),
            ("https://login.microsoftonline.com/T/v2.0", "https://sts.chinacloudapi.cn/T/", false),
            ("https://login.microsoftonline.com/T/v2.0/", "https://sts.windows.net/T/", false),
            ("https://login.microsoftonline.com/T/v2.0", "https://sts.windows.net/T", false),
            ("https://login.microsoftonline.com.evil/T/v2.0", "https://sts.windows.net/T/", false),
            ("https://evil/T/v2.0", "https://sts.windows.net/T/", false),
            ("http://login.microsoftonline.com/T/v2.0", "https://sts.windows.net/T/", false),
        ] {
            for (known_tenant, same) in
                [(TENANT, true), (OTHER, false), ("{tenantid}", true), ("common", false)]
            {
                // External ID has no multi-tenant issuer.
                let same = same && !(v2.contains("ciamlogin") && known_tenant == "{tenantid}");
                let expected = expected && same;
                for (issuer, known) in [(v1, v2), (v2, v1)] {
                    let pattern = IssuerPattern::parse(&of(known, known_tenant));
                    assert_eq!(
                        is_other_version(&of(issuer, TENANT), &pattern),
                        expected,
                        "{issuer} {pattern:?}"
                    );
                }
            }
        }
        let v2 = IssuerPattern::parse(&of("https://login.microsoftonline.com/T/v2.0", TENANT));
        assert!(!is_other_version(&of("https://login.microsoftonline.com/T/v2.0", TENANT), &v2));
    }

    #[test]
    fn an_external_id_issuer_is_at_home_on_the_host_of_its_tenant() {
        let issuer_host = format!("{TENANT}.ciamlogin.com");
        for (host, path, expected) in [
            ("contoso.ciamlogin.com", format!("/{TENANT}/v2.0/x"), true),
            ("contoso.ciamlogin.com", "/contoso.onmicrosoft.com/v2.0/x".to_owned(), true),
            (&issuer_host, format!("/{TENANT}/v2.0/x?appid={OTHER}"), true),
            ("contoso.ciamlogin.com", format!("/{OTHER}/v2.0/x"), false),
            (&format!("{OTHER}.ciamlogin.com"), "/contoso.onmicrosoft.com/v2.0/x".to_owned(), false),
            ("ciamlogin.com", format!("/{TENANT}/v2.0/x"), false),
            ("contoso.ciamlogin.com.evil", format!("/{TENANT}/v2.0/x"), false),
        ] {
            assert_eq!(serves_external_id(host, &path, &issuer_host), expected, "{host}{path}");
        }
        assert!(!serves_external_id("contoso.ciamlogin.com", "/", "contoso.ciamlogin.com"));
    }

    #[test]
    fn the_document_of_common_and_organizations_is_known_to_be_multi_tenant() {
        for (host, path, expected) in [
            (
                "login.microsoftonline.com",
                "/common/v2.0/x",
                "https://login.microsoftonline.com/{tenantid}/v2.0",
            ),
            ("login.windows.net", "/organizations/.well-known/x", "https://sts.windows.net/{tenantid}/"),
            (
                "login.microsoftonline.us",
                "/Common/v2.0/x",
                "https://login.microsoftonline.us/{tenantid}/v2.0",
            ),
        ] {
            let found = multi_tenant_issuer(host, path).map(|pattern| pattern.text());
            assert_eq!(found.as_deref(), Some(expected));
        }
        for (host, path) in [
            ("login.microsoftonline.com", "/contoso.com/v2.0/x"),
            ("idp.example", "/common/v2.0/x"),
            ("login.microsoftonline.com", "/"),
        ] {
            assert_eq!(multi_tenant_issuer(host, path), None);
        }
    }
}
