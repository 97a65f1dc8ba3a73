//! `openid_config`: providers, each kept once no matter how many policies name it.

use super::field::{Field, Group, Kind, Preset, Shape, TEXT, TEXTS, doc};
use super::node::Node;
use super::object::Object;
use super::problem::{Language, Report};
use super::text;
use crate::gate::{AudienceRule, Requirement};
use crate::keys::{
    Directory, InvalidUrl, Party, PlainHttp, ProviderDocument, ProviderId, ProviderSettings, Scheme, Url,
};
use crate::token::IssuerPattern;

/// Every provider of the configuration.
#[derive(Debug, Default)]
pub(super) struct Providers(pub(super) Vec<ProviderSettings>);

impl Providers {
    /// The provider of these settings, whose name is chosen here; an identical one is shared.
    pub(super) fn add(&mut self, mut settings: ProviderSettings) -> ProviderId {
        let host = settings.document.url().host().to_owned();
        for (index, known) in self.0.iter().enumerate() {
            settings.name.clone_from(&known.name);
            if settings == *known {
                return ProviderId(index);
            }
        }
        settings.name = self.free_name(&host);
        self.0.push(settings);
        ProviderId(self.0.len() - 1)
    }

    /// The host as a metric's name: one that no other provider has.
    fn free_name(&self, host: &str) -> String {
        let plain = |char: char| if char.is_ascii_alphanumeric() || char == '-' { char } else { '_' };
        let base: String = host.chars().map(plain).collect();
        let mut name = base.clone();
        let mut number = 1;
        while self.0.iter().any(|known| known.name == name) {
            number += 1;
            name = format!("{base}_{number}");
        }
        name
    }

    /// A provider as a policy names it.
    pub(super) fn party(&self, id: ProviderId, directory: Directory) -> Option<Party> {
        let settings = self.0.get(id.0)?;
        Some(Party {
            id,
            name: settings.name.clone(),
            url: settings.document.url().clone(),
            pinned: settings.pinned().map(IssuerPattern::parse),
            further: Vec::new(),
            directory,
        })
    }

    /// Tells every provider who stands beside it in each policy.
    pub(super) fn introduce<'a>(&mut self, requirements: impl Iterator<Item = &'a Requirement>) {
        for requirement in requirements {
            for id in &requirement.keys.providers {
                if let Some(settings) = self.0.get_mut(id.0) {
                    settings.policies.push(requirement.owners.clone());
                }
            }
        }
    }
}

/// Reads `openid_config`.
pub(super) fn openid_config(
    policy: Object<'_>,
    providers: &mut Providers,
    report: &mut Report,
) -> (Vec<Party>, Vec<(ProviderId, AudienceRule)>) {
    let mut parties: Vec<Party> = Vec::new();
    let mut of_providers: Vec<(ProviderId, AudienceRule)> = Vec::new();
    for entry in policy.objects(&OPENID_CONFIG) {
        let further = further_issuers(entry, report);
        let audiences = audiences(entry, report);
        let Some(settings) = provider(entry, report) else { continue };
        let id = providers.add(settings);
        let is_named_again = parties.iter().any(|party| party.id == id);
        if is_named_again && (audiences.is_some() || of_providers.iter().any(|(known, _)| *known == id)) {
            report.refuse(entry.path(), "a provider twice", "all audiences of a provider in one entry");
        }
        of_providers.extend(audiences.map(|rule| (id, rule)));
        if let Some(party) = parties.iter_mut().find(|party| party.id == id) {
            party.further.extend(further);
        } else if let Some(party) = providers.party(id, Directory::ByHost) {
            parties.push(Party { further, ..party });
        }
    }
    (parties, of_providers)
}

/// Reads `audiences`, of a policy or of one of its providers: the field has one name.
pub(super) fn audiences(object: Object<'_>, report: &mut Report) -> Option<AudienceRule> {
    for (audience, node) in object.text_nodes(&AUDIENCES) {
        text::refuse_placeholder(audience, node, report);
    }
    object.texts(&AUDIENCES).map(|exact| AudienceRule { exact, application_ids: Vec::new() })
}

/// Reads `openid_config[].issuers`.
fn further_issuers(entry: Object<'_>, report: &mut Report) -> Vec<IssuerPattern> {
    let read = |(issuer, node): (&str, &Node)| {
        refuse_placeholder(issuer, node, report);
        IssuerPattern::parse(issuer)
    };
    entry.text_nodes(&FURTHER_ISSUERS).map(read).collect()
}

/// Refuses a placeholder in an issuer, but Entra's own, which its multi-tenant documents state.
fn refuse_placeholder(issuer: &str, node: &Node, report: &mut Report) {
    if !text::placeholder(issuer).is_some_and(|part| part.eq_ignore_ascii_case("{tenantid}")) {
        text::refuse_placeholder(issuer, node, report);
    }
}

fn provider(entry: Object<'_>, report: &mut Report) -> Option<ProviderSettings> {
    let plain_http = if entry.flag(&ALLOW_HTTP) { PlainHttp::Allowed } else { PlainHttp::Refused };
    let issuer = entry.text_node(&ISSUER).map(|(issuer, node)| {
        refuse_placeholder(issuer, node, report);
        issuer.to_owned()
    });
    let (document, cluster_of) = if let Some((written, node)) = entry.text_node(&URL) {
        let url = url(written, node, plain_http, report)?;
        let host = url.host().to_owned();
        (ProviderDocument::Discovery { url, issuer }, host)
    } else {
        let (written, node) = entry.text_node(&JWKS_URI)?;
        let url = url(written, node, plain_http, report);
        if let Some(cluster) = entry.node(&JWKS_CLUSTER) {
            report.refuse(
                &cluster.path,
                "jwks_cluster beside jwks_uri",
                "cluster, which serves the host of jwks_uri",
            );
        }
        let url = url?;
        let host = url.host().to_owned();
        (ProviderDocument::Jwks { url, issuer: issuer? }, host)
    };
    Some(ProviderSettings {
        name: String::new(),
        document,
        cluster: cluster(entry, &CLUSTER, report).unwrap_or(cluster_of),
        jwks_cluster: cluster(entry, &JWKS_CLUSTER, report),
        timeout: entry.seconds(&TIMEOUT),
        plain_http,
        policies: Vec::new(),
    })
}

fn url(written: &str, node: &Node, plain_http: PlainHttp, report: &mut Report) -> Option<Url> {
    if text::refuse_placeholder(written, node, report) {
        return None;
    }
    let wanted = match report.language {
        Language::Json => "an https:// URL (or http:// with allow_http: true)",
        Language::Xml => "an https:// URL (or http:// with allow-http=\"true\")",
    };
    match Url::parse(written) {
        Ok(url) if url.scheme() == Scheme::Http && plain_http == PlainHttp::Refused => {
            report.refuse_value(node, wanted);
            None
        }
        Ok(url) => {
            if url.scheme() == Scheme::Http {
                report
                    .warn(&node.path, "keys are fetched over plain http: anyone on the way can replace them");
            }
            Some(url)
        }
        Err(InvalidUrl::Authority) if written.contains('@') => {
            report.refuse(&node.path, "a URL with user information", "a URL without it");
            None
        }
        Err(InvalidUrl::Authority) => {
            report.refuse_value(node, format!("{wanted} with a host name and at most a port"));
            None
        }
        Err(InvalidUrl::Characters) => {
            report.refuse_value(node, format!("{wanted} without fragment, other characters percent-encoded"));
            None
        }
        Err(InvalidUrl::Scheme) => {
            report.refuse_value(node, wanted);
            None
        }
    }
}

/// Reads the name of one of the proxy's clusters.
pub(super) fn cluster(object: Object<'_>, field: &Field, report: &mut Report) -> Option<String> {
    let (name, node) = object.text_node(field)?;
    if text::refuse_placeholder(name, node, report) {
        return None;
    }
    if name.contains("://") || name.chars().any(|char| char.is_control() || char.is_whitespace()) {
        report.refuse_value(node, "the name of one of the proxy's clusters");
    }
    Some(name.to_owned())
}

/// `openid_config`.
pub(super) static OPENID_CONFIG: Field = Field::optional(
    "openid_config",
    Kind::List(&Kind::Object(&PROVIDER)),
    "Discovery documents: keys and issuers. Any of them may have issued a token.",
);

/// An entry of `openid_config`.
pub(super) static PROVIDER: Shape = Shape {
    name: "openid_config",
    fields: &[
        &URL,
        &JWKS_URI,
        &CLUSTER,
        &JWKS_CLUSTER,
        &TIMEOUT,
        &ALLOW_HTTP,
        &ISSUER,
        &FURTHER_ISSUERS,
        &AUDIENCES,
    ],
    groups: &[Group::ExactlyOne(&[&URL, &JWKS_URI]), Group::Needs(&JWKS_URI, &ISSUER)],
    doc: doc("A provider: its discovery document, or its key set and issuer."),
};

static URL: Field = Field::optional(
    "url",
    Kind::Text(doc("^[Hh][Tt][Tt][Pp][Ss]?://[^{}]*$")),
    "Discovery document, `https://` (or `http://` with `allow_http: true`). The query string is kept.",
);
static JWKS_URI: Field = Field::optional(
    "jwks_uri",
    Kind::Text(doc("^[Hh][Tt][Tt][Pp][Ss]?://[^{}]*$")),
    "Key set without discovery, instead of `url`; needs `issuer`.",
);
/// Also of `validate_azure_ad_token`.
pub(super) static CLUSTER: Field = Field::optional(
    "cluster",
    TEXT,
    "The proxy's cluster that serves the host of the URL. Without it: the URL's host name.",
);
static JWKS_CLUSTER: Field = Field::optional(
    "jwks_cluster",
    TEXT,
    "Cluster for the keys. Without it: `cluster`, or, when the document's `jwks_uri` names another host, that host's \
     name, which then has to hold a dot or be an address.",
);
/// Also of `validate_azure_ad_token`.
pub(super) static TIMEOUT: Field = Field::preset(
    "timeout",
    Kind::Seconds { least: 0.05, most: 60.0 },
    Preset::Seconds(5.0),
    "Time for one callout.",
);
static ALLOW_HTTP: Field = Field::preset(
    "allow_http",
    Kind::Flag,
    Preset::Flag(false),
    "Accepts `http://`, in the document's `jwks_uri` as well.",
);
static ISSUER: Field = Field::optional(
    "issuer",
    TEXT,
    "What the document's `issuer` must be, `{tenantid}` included; known from the moment of loading on. Without it: \
     whatever the document says. Required with `jwks_uri`.",
);
static FURTHER_ISSUERS: Field = Field::optional(
    "issuers",
    TEXTS,
    "Further issuers that this provider's keys speak for (AD FS's `access_token_issuer`, Google's second spelling).",
);
/// Also of the policies themselves, with another description.
static AUDIENCES: Field = Field::optional(
    "audiences",
    TEXTS,
    "Audiences for tokens of this provider's issuers alone, instead of the policy's.",
);
