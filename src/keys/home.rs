//! Which hosts may publish for an issuer: the origin that the issuer itself names, or where Microsoft publishes it.

use super::url::Url;
use crate::token::{IssuerPattern, entra};

/// Whether a document at this URL speaks for an issuer of its own place.
pub(super) fn is_at_home(issuer: &IssuerPattern, url: &Url) -> bool {
    let Some(host) = host_of(issuer) else { return false };
    let own = place_of(issuer).is_some_and(|place| place.is_same_origin(url));
    own || entra::serves(url.bare_host(), &host)
        || entra::serves_external_id(url.bare_host(), url.path(), &host)
}

/// Whether this is an issuer of one of Microsoft's directories, or has the form that only they have.
pub(super) fn is_of_entra(issuer: &IssuerPattern) -> bool {
    issuer.is_template() || host_of(issuer).is_some_and(|host| entra::is_authority(&host))
}

/// The host that an issuer names, in lower case, without a port and without a trailing dot. Google's second spelling
/// has no scheme.
pub(super) fn host_of(issuer: &IssuerPattern) -> Option<String> {
    let text = issuer.start();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rfind(']') {
        Some(end) => host.get(..=end).unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// Where an issuer's text leads to, as a URL.
fn place_of(issuer: &IssuerPattern) -> Option<Url> {
    let text = issuer.start();
    if text.contains("://") { Url::parse(text).ok() } else { Url::parse(&format!("https://{text}")).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_at_home_on_their_own_origin_and_at_microsofts_hosts() {
        const TENANT: &str = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
        for (issuer, url, expected) in [
            ("https://idp.example/realm", "https://idp.example/realm/d", true),
            ("https://IDP.example:443", "https://idp.example/d", true),
            ("accounts.google.com", "https://accounts.google.com/d", true),
            ("https://idp.example", "https://idp.example:8443/d", false),
            ("http://idp.example", "https://idp.example/d", false),
            ("https://api.botframework.com", "https://login.botframework.com/v1/d", false),
            ("https://sts.windows.net/TID/", "https://login.microsoftonline.com/TID/d", true),
            ("https://sts.windows.net/{tenantid}/", "https://login.microsoftonline.com/common/d", true),
            (
                "https://login.microsoftonline.com/TID/v2.0",
                "https://login.microsoftonline.us/TID/v2.0/d",
                false,
            ),
            ("https://TID.ciamlogin.com/TID/v2.0", "https://contoso.ciamlogin.com/TID/v2.0/d", true),
            ("https://idp.example@evil.example/", "https://idp.example/d", false),
            ("", "https://idp.example/d", false),
        ] {
            let of = |text: &str| text.replace("TID", TENANT);
            let (issuer, url) = (IssuerPattern::parse(&of(issuer)), Url::parse(&of(url)).unwrap());
            assert_eq!(is_at_home(&issuer, &url), expected, "{issuer:?} {url}");
        }
    }

    #[test]
    fn the_host_of_an_issuer_is_found_however_it_is_written() {
        for (issuer, expected) in [
            ("https://Idp.example:8443/a", Some("idp.example")),
            ("https://idp.example./a", Some("idp.example")),
            ("accounts.google.com", Some("accounts.google.com")),
            ("https://user@idp.example/", Some("idp.example")),
            ("http://[::1]:80/x", Some("[::1]")),
            ("https://{tenantid}.example/", None),
            ("", None),
        ] {
            assert_eq!(host_of(&IssuerPattern::parse(issuer)).as_deref(), expected, "{issuer}");
        }
    }
}
