//! `resource`: the metadata document that the filter serves (RFC 9728).

use serde_json::{Map, Value, json};

use super::field::{Field, Kind, Preset, Shape, TEXT, TEXTS, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::quote::quoted;
use super::text;
use crate::gate::{
    AUTHORIZATION_SERVERS, Authorization, CertificateRule, DpopRule, MetadataAddress, PossessionRule,
    ProtectedResource, TokenPlace, TokenPlaces,
};
use crate::keys::{Scheme, Url};
use crate::token::Algorithm;

/// What of a policy its metadata tell besides what is written in `resource`.
pub(super) struct Told<'a> {
    pub(super) places: &'a TokenPlaces,
    pub(super) authorize: Option<&'a Authorization>,
    pub(super) possession: &'a PossessionRule,
}

/// Reads `resource` of a policy.
pub(super) fn resource(
    policy: Object<'_>,
    told: &Told<'_>,
    report: &mut Report,
) -> Option<ProtectedResource> {
    let object = policy.object(&RESOURCE)?;
    let (identifier, node) = object.text_node(&IDENTIFIER)?;
    let address = address(identifier, node, object.flag(&ALLOW_HTTP), report)?;
    let mut document = Map::new();
    document.insert("resource".to_owned(), json!(identifier));
    for (server, node) in object.text_nodes(&SERVERS) {
        check_url(server, node, report);
    }
    if let Some(servers) = object.texts(&SERVERS) {
        document.insert(AUTHORIZATION_SERVERS.to_owned(), json!(servers));
    }
    let derived = told.authorize.and_then(Authorization::wanted_scopes);
    if let Some(scopes) = object.texts(&SCOPES).or(derived) {
        document.insert("scopes_supported".to_owned(), json!(scopes));
    }
    for (field, member) in [
        (&NAME, "resource_name"),
        (&DOCUMENTATION, "resource_documentation"),
        (&POLICY_URI, "resource_policy_uri"),
        (&TOS_URI, "resource_tos_uri"),
    ] {
        if let Some((text, node)) = object.text_node(field) {
            if member != "resource_name" {
                check_url(text, node, report);
            }
            document.insert(member.to_owned(), json!(text));
        }
    }
    document.extend(derived_members(told));
    for (name, value) in object.node(&EXTRA).map(Node::members).unwrap_or_default() {
        if OWN.contains(&name.as_str()) {
            let allowed = "members that resource has no field for";
            report.refuse(&value.path, format!("the member {}", quoted(name)), allowed);
        }
        document.insert(name.clone(), value.to_json());
    }
    Some(ProtectedResource { address, document })
}

/// Where the document of an identifier is (RFC 9728, 3.1).
fn address(identifier: &str, node: &Node, allows_http: bool, report: &mut Report) -> Option<MetadataAddress> {
    if text::refuse_placeholder(identifier, node, report) {
        return None;
    }
    let wanted = "an https:// URL without fragment (RFC 9728, 1.2; http:// with allow_http: true)";
    let url = Url::parse(identifier).ok().filter(|url| allows_http || url.scheme() == Scheme::Https);
    if url.is_none() {
        report.refuse_value(node, wanted);
    }
    url.map(|url| MetadataAddress::new(&url))
}

fn check_url(written: &str, node: &Node, report: &mut Report) {
    if !text::refuse_placeholder(written, node, report) && Url::parse(written).is_err() {
        report.refuse_value(node, "an https:// URL");
    }
}

/// What follows from the rest of the policy (RFC 9728, 2).
fn derived_members(told: &Told<'_>) -> Map<String, Value> {
    let mut members = Map::new();
    let methods: Vec<_> = told
        .places
        .iter()
        .filter_map(|place| match place {
            TokenPlace::Header { name, .. } => (name.as_str() == "authorization").then_some("header"),
            TokenPlace::Query(name) => (name == "access_token").then_some("query"),
            TokenPlace::Cookie(_) => None,
        })
        .collect();
    if !methods.is_empty() {
        members.insert("bearer_methods_supported".to_owned(), json!(methods));
    }
    if let Some(demand) = told.possession.dpop.demand() {
        let names: Vec<_> = demand.algorithms.iter().map(Algorithm::name).collect();
        members.insert("dpop_signing_alg_values_supported".to_owned(), json!(names));
    }
    if matches!(told.possession.dpop, DpopRule::Required(_)) {
        members.insert("dpop_bound_access_tokens_required".to_owned(), json!(true));
    }
    if told.possession.certificate == CertificateRule::Required {
        members.insert("tls_client_certificate_bound_access_tokens".to_owned(), json!(true));
    }
    members
}

/// `resource`.
pub(super) static RESOURCE: Field = Field::optional(
    "resource",
    Kind::Object(&SHAPE),
    "Protected resource metadata (RFC 9728), served by the filter itself.",
);

static SHAPE: Shape = Shape {
    name: "resource",
    fields: &[
        &IDENTIFIER,
        &ALLOW_HTTP,
        &SERVERS,
        &SCOPES,
        &NAME,
        &DOCUMENTATION,
        &POLICY_URI,
        &TOS_URI,
        &EXTRA,
    ],
    groups: &[],
    doc: doc("The metadata of this protected resource."),
};

static IDENTIFIER: Field = Field::required(
    "identifier",
    Kind::Text(doc("^[Hh][Tt][Tt][Pp][Ss]?://[^{}#]*$")),
    "The resource's identifier: an `https://` URL. Its document is served on the same host.",
);
static ALLOW_HTTP: Field =
    Field::preset("allow_http", Kind::Flag, Preset::Flag(false), "Accepts an `http://` identifier.");
static SERVERS: Field = Field::optional(
    "authorization_servers",
    TEXTS,
    "Issuers that clients may ask for tokens. Without it: the policy's.",
);
static SCOPES: Field = Field::optional(
    "scopes_supported",
    TEXTS,
    "Scopes that clients may ask for. Without it: those of `authorize`, with `scope_prefix`.",
);
static NAME: Field = Field::optional("name", TEXT, "`resource_name`.");
static DOCUMENTATION: Field = Field::optional("documentation", TEXT, "`resource_documentation`: a URL.");
static POLICY_URI: Field = Field::optional("policy_uri", TEXT, "`resource_policy_uri`: a URL.");
static TOS_URI: Field = Field::optional("tos_uri", TEXT, "`resource_tos_uri`: a URL.");
static EXTRA: Field = Field::optional("extra", Kind::Foreign, "Further members of the document.");

/// Members with a field of their own.
const OWN: [&str; 7] = [
    "resource",
    AUTHORIZATION_SERVERS,
    "scopes_supported",
    "resource_name",
    "resource_documentation",
    "resource_policy_uri",
    "resource_tos_uri",
];
