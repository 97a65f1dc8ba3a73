//! `tenant_id` and `authentication_endpoint` of `validate_azure_ad_token`: which tenant of which cloud.

use super::field::{Field, Preset, TEXT};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::quote::quoted;
use super::text;
use crate::keys::Url;
use crate::token::entra::{
    self, COMMON, CONSUMERS, ORGANIZATIONS, PERSONAL_ACCOUNTS, PUBLIC_AUTHORITY, Version,
};
use crate::token::is_guid;

/// A tenant, or several, of one cloud.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    /// Host, and port if there is one, in lower case.
    pub(super) authority: String,
    /// GUID, domain name, `organizations` or `common`, in lower case.
    pub(super) name: String,
}

impl Tenant {
    /// Whether it stands for many tenants.
    pub(super) fn is_multiple(&self) -> bool {
        self.name == ORGANIZATIONS || self.name == COMMON
    }

    /// The issuer of its tokens, where it is known beforehand.
    pub(super) fn issuer(&self, version: Version) -> Option<String> {
        entra::issuer(&self.authority, &self.name, version)
    }
}

/// Reads both fields.
pub(super) fn read(policy: Object<'_>, report: &mut Report) -> Option<Tenant> {
    let (written, node) = policy.text_node(&TENANT_ID)?;
    let endpoint = policy.text_node(&AUTHENTICATION_ENDPOINT);
    let endpoint = endpoint.and_then(|(text, node)| authority(text, node, report).map(|found| (found, node)));
    if text::refuse_placeholder(written, node, report) {
        return None;
    }
    let (host, name) = if written.contains("://") {
        split_url(written, node, report)?
    } else {
        (None, written.to_ascii_lowercase())
    };
    check_name(&name, node, report)?;
    let authority = match (host, endpoint) {
        (Some(host), Some((endpoint, endpoint_node))) if host != endpoint => {
            let allowed =
                format!("the host of {}, {}, or none", report.spell(TENANT_ID.name), node.describe());
            report.refuse_value(endpoint_node, allowed);
            host
        }
        (Some(host), _) => host,
        (None, Some((endpoint, _))) => endpoint,
        (None, None) => PUBLIC_AUTHORITY.to_owned(),
    };
    Some(Tenant { authority, name })
}

fn check_name(name: &str, node: &Node, report: &mut Report) -> Option<()> {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_domain = name.contains('.') && name.split('.').all(is_label);
    if is_guid(name) || is_domain || name == ORGANIZATIONS || name == COMMON {
        return Some(());
    }
    let allowed = "a tenant's GUID or domain name, organizations, or common";
    if name == CONSUMERS {
        let allowed = format!("the tenant of personal accounts, {PERSONAL_ACCOUNTS}");
        report.refuse_value(node, allowed);
    } else {
        let meant = super::suggest::nearest(name, [ORGANIZATIONS, COMMON].into_iter()).map(quoted);
        report.suggest(&node.path, node.describe(), allowed, meant);
    }
    None
}

/// Authority and tenant of a URL: `https://login.microsoftonline.com/contoso.com`, perhaps with `/v2.0`, or
/// `https://contoso.onmicrosoft.com`, whose host is the tenant's own domain.
fn split_url(written: &str, node: &Node, report: &mut Report) -> Option<(Option<String>, String)> {
    let url = Url::parse(written).ok().filter(|url| url.scheme() == crate::keys::Scheme::Https);
    let parts = url.and_then(|url| {
        let path = url.path().trim_matches('/').to_ascii_lowercase();
        let name = path.strip_suffix("/v2.0").unwrap_or(&path).to_owned();
        match name.as_str() {
            "" if url.authority() == url.host() && !entra::is_authority(url.host()) => {
                Some((None, url.host().to_owned()))
            }
            "" => None,
            name if name.contains('/') => None,
            _ => Some((Some(url.authority().to_owned()), name)),
        }
    });
    if parts.is_none() {
        let allowed =
            "a tenant, bare, as https://login.microsoftonline.com/{tenant}, or as https:// and its domain";
        report.refuse_value(node, allowed);
    }
    parts
}

fn authority(written: &str, node: &Node, report: &mut Report) -> Option<String> {
    if text::refuse_placeholder(written, node, report) {
        return None;
    }
    let with_scheme = if written.contains("://") { written.to_owned() } else { format!("https://{written}") };
    let url = Url::parse(&with_scheme).ok().filter(|url| url.scheme() == crate::keys::Scheme::Https);
    let authority = url.filter(|url| url.path() == "/").map(|url| url.authority().to_owned());
    if authority.is_none() {
        report
            .refuse_value(node, "a host such as login.microsoftonline.us, https:// optional, without a path");
    }
    authority
}

pub(super) static TENANT_ID: Field = Field::required(
    "tenant_id",
    TEXT,
    "A tenant's GUID or domain name, `organizations` or `common`, bare or as a URL: below an authority, or of the \
     tenant's own domain.",
);
pub(super) static AUTHENTICATION_ENDPOINT: Field = Field::preset(
    "authentication_endpoint",
    TEXT,
    Preset::Word(PUBLIC_AUTHORITY),
    "The cloud: `login.microsoftonline.us`, `login.partner.microsoftonline.cn`, …; `https://` is optional.",
);
