//! Microsoft's directories: which hosts serve their discovery documents, and which issuers belong together. Every fact
//! about them stands here; the other files ask.
//!
//! Entra ID in its national clouds, External ID (`ciamlogin.com`) and Azure AD B2C (`b2clogin.com`).

use super::issuer::{IssuerPattern, is_guid};

/// The versions of Entra's access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// v1.0.
    One,
    /// v2.0.
    Two,
}

/// The authority of the public cloud.
pub(crate) const PUBLIC_AUTHORITY: &str = "login.microsoftonline.com";

/// In place of a tenant: any tenant of an organization.
pub(crate) const ORGANIZATIONS: &str = "organizations";

/// In place of a tenant: any tenant, that of personal accounts included.
pub(crate) const COMMON: &str = "common";

/// In place of a tenant: personal accounts alone.
pub(crate) const CONSUMERS: &str = "consumers";

/// The tenant of personal accounts.
pub(crate) const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft Graph as an audience: its application id and its URI.
pub(crate) const GRAPH: [&str; 2] = ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"];

/// Whether a host is one of Microsoft's directories: it serves discovery documents, or issuers name it. In lower case,
/// without a trailing dot.
pub(crate) fn is_authority(host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.hosts.contains(&host))
        || [EXTERNAL_ID, B2C].iter().any(|domain| host.ends_with(domain))
}

/// Whether issuers on the second host are at home in documents on the first one.
pub(crate) fn serves(host: &str, issuer_host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.hosts.contains(&host) && cloud.hosts.contains(&issuer_host))
}

/// Whether `{guid}.ciamlogin.com`, as an issuer's host, is at home at a URL: an External ID host whose name and path
/// (without the query) name no other tenant.
pub(crate) fn serves_external_id(host: &str, path: &str, issuer_host: &str) -> bool {
    let Some(tenant) = issuer_host.strip_suffix(EXTERNAL_ID).filter(|tenant| is_guid(tenant)) else {
        return false;
    };
    let Some(name) = host.strip_suffix(EXTERNAL_ID) else { return false };
    let path = path.split('?').next().unwrap_or_default();
    let mut named = path.split('/').chain([name]).filter(|segment| is_guid(segment));
    named.all(|named| named.eq_ignore_ascii_case(tenant))
}

/// The issuer of a tenant's tokens, where it is known beforehand: of a GUID at the authority of a known cloud.
pub(crate) fn issuer(authority: &str, tenant: &str, version: Version) -> Option<String> {
    let cloud = CLOUDS.iter().find(|cloud| cloud.v2_hosts().any(|host| host == authority))?;
    // Documents of a former authority name today's, or itself.
    let is_known = version == Version::One || cloud.v2 == authority;
    (is_known && is_guid(tenant)).then(|| cloud.issuer(tenant, version))
}

/// The version that an issuer of Entra ID belongs to.
pub(crate) fn version(issuer: &str) -> Option<Version> {
    CLOUDS.iter().find_map(|cloud| cloud.tenant(issuer)).map(|(version, _)| version)
}

/// Whether two issuers are v1.0 and v2.0 of one tenant. A `{tenantid}` template stands for every tenant.
pub(crate) fn is_other_version(issuer: &str, known: &IssuerPattern) -> bool {
    let known = known.text();
    let of_cloud = CLOUDS.iter().any(|cloud| match (cloud.tenant(issuer), cloud.tenant(&known)) {
        (Some((version, tenant)), Some((known_version, known_tenant))) => {
            version != known_version
                && is_guid(tenant)
                && (tenant == known_tenant || known_tenant.eq_ignore_ascii_case(ANY_TENANT))
        }
        _ => false,
    });
    of_cloud || is_other_version_of_external_id(issuer, &known)
}

/// Whether an issuer belongs to another national cloud than these. Two clouds share their v1.0 issuers, so that those of
/// v2.0 decide where there are any.
pub(crate) fn is_of_another_cloud(issuer: &str, trusted: &[&IssuerPattern]) -> bool {
    let names =
        |cloud: &Cloud, version| trusted.iter().any(|pattern| cloud.is_on_host_of(pattern.start(), version));
    let decisive =
        if CLOUDS.iter().any(|cloud| names(cloud, Version::Two)) { Version::Two } else { Version::One };
    let (mut expected, mut found, mut both) = (false, false, false);
    for cloud in &CLOUDS {
        let is_expected = names(cloud, decisive);
        let is_found =
            [Version::One, Version::Two].iter().any(|version| cloud.is_on_host_of(issuer, *version));
        expected |= is_expected;
        found |= is_found;
        both |= is_expected && is_found;
    }
    expected && found && !both
}

/// Whether an issuer, or the start of one, is of Entra External ID.
pub(crate) fn is_external_id(issuer: &str) -> bool {
    issuer.split_once(EXTERNAL_ID).is_some_and(|(_, path)| path.starts_with('/'))
}

/// The multi-tenant issuer that the document at a URL names: that of `common` or `organizations`.
pub(crate) fn multi_tenant_issuer(host: &str, path: &str) -> Option<IssuerPattern> {
    let cloud = CLOUDS.iter().find(|cloud| cloud.hosts.contains(&host))?;
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let tenant = segments.next()?;
    if ![COMMON, ORGANIZATIONS].iter().any(|many| many.eq_ignore_ascii_case(tenant)) {
        return None;
    }
    let version = match segments.next()? {
        "v2.0" => Version::Two,
        ".well-known" => Version::One,
        _ => return None,
    };
    Some(IssuerPattern::parse(&cloud.issuer(ANY_TENANT, version)))
}

/// The issuer that the document at a URL names, where that is known beforehand: of a tenant's GUID, or of many tenants.
pub(crate) fn issuer_at(host: &str, path: &str) -> Option<IssuerPattern> {
    let of_tenant = || {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let tenant = segments.next()?;
        let version = match segments.next()? {
            "v2.0" => Version::Two,
            ".well-known" => Version::One,
            _ => return None,
        };
        issuer(host, tenant, version).map(IssuerPattern::Exact)
    };
    multi_tenant_issuer(host, path).or_else(of_tenant)
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

/// A national cloud.
struct Cloud {
    /// Its hosts, with the older names for them.
    hosts: &'static [&'static str],
    /// The authority, which v2.0 issuers name.
    v2: &'static str,
    /// The authority of before, which some v2.0 issuers still name.
    former_v2: Option<&'static str>,
    /// The host that v1.0 issuers name.
    v1: &'static str,
}

impl Cloud {
    fn v2_hosts(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.v2).chain(self.former_v2)
    }

    fn issuer(&self, tenant: &str, version: Version) -> String {
        match version {
            Version::One => format!("https://{}/{tenant}/", self.v1),
            Version::Two => format!("https://{}/{tenant}{V2_END}", self.v2),
        }
    }

    /// Version and tenant of an issuer of this cloud.
    fn tenant<'a>(&self, issuer: &'a str) -> Option<(Version, &'a str)> {
        let one = path_on(issuer, self.v1).and_then(|path| path.strip_suffix('/'));
        let two = || {
            let path = self.v2_hosts().find_map(|host| path_on(issuer, host));
            path.and_then(|path| path.strip_suffix(V2_END))
        };
        one.map(|tenant| (Version::One, tenant)).or_else(|| two().map(|tenant| (Version::Two, tenant)))
    }

    /// Whether an issuer, or the start of one, is on the host that issuers of this version name.
    fn is_on_host_of(&self, issuer: &str, version: Version) -> bool {
        match version {
            Version::One => path_on(issuer, self.v1).is_some(),
            Version::Two => self.v2_hosts().any(|host| path_on(issuer, host).is_some()),
        }
    }
}

/// What follows `https://{host}/`.
fn path_on<'a>(issuer: &'a str, host: &str) -> Option<&'a str> {
    issuer.strip_prefix("https://")?.strip_prefix(host)?.strip_prefix('/')
}

const CLOUDS: [Cloud; 3] = [
    Cloud {
        hosts: &[PUBLIC_AUTHORITY, "login.microsoft.com", "login.windows.net", "sts.windows.net"],
        v2: PUBLIC_AUTHORITY,
        former_v2: None,
        v1: "sts.windows.net",
    },
    Cloud {
        hosts: &["login.microsoftonline.us", "login.usgovcloudapi.net", "sts.windows.net"],
        v2: "login.microsoftonline.us",
        former_v2: None,
        v1: "sts.windows.net",
    },
    Cloud {
        hosts: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn"],
        v2: "login.partner.microsoftonline.cn",
        former_v2: Some("login.chinacloudapi.cn"),
        v1: "sts.chinacloudapi.cn",
    },
];

/// How issuers of v2.0 end.
const V2_END: &str = "/v2.0";
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

    #[test]
    fn the_issuer_of_a_document_is_known_by_its_place() {
        for (host, path, expected) in [
            (
                "login.microsoftonline.com",
                "/T/v2.0/.well-known/x",
                Some("https://login.microsoftonline.com/T/v2.0"),
            ),
            ("login.microsoftonline.com", "/T/.well-known/x", Some("https://sts.windows.net/T/")),
            (
                "login.microsoftonline.com",
                "/common/.well-known/x",
                Some("https://sts.windows.net/{tenantid}/"),
            ),
            ("login.microsoftonline.com", "/contoso.com/v2.0/.well-known/x", None),
            ("login.microsoftonline.com", "/T/oauth2/v2.0", None),
            ("idp.example", "/T/v2.0/.well-known/x", None),
        ] {
            let of = |text: &str| text.replace('T', TENANT);
            assert_eq!(issuer_at(host, &of(path)).map(|issuer| issuer.text()), expected.map(of), "{path}");
        }
    }

    #[test]
    fn the_issuer_of_a_tenant_is_known_where_its_cloud_is() {
        for (authority, v2, v1) in [
            ("login.microsoftonline.com", true, Some("sts.windows.net")),
            ("login.microsoftonline.us", true, Some("sts.windows.net")),
            ("login.partner.microsoftonline.cn", true, Some("sts.chinacloudapi.cn")),
            ("login.chinacloudapi.cn", false, Some("sts.chinacloudapi.cn")),
            ("idp.example", false, None),
        ] {
            let expected = v2.then(|| format!("https://{authority}/{TENANT}/v2.0"));
            assert_eq!(issuer(authority, TENANT, Version::Two), expected);
            let expected = v1.map(|host| format!("https://{host}/{TENANT}/"));
            assert_eq!(issuer(authority, TENANT, Version::One), expected);
            for version in [Version::One, Version::Two] {
                assert_eq!(issuer(authority, "contoso.com", version), None);
            }
        }
    }
}
