//! `forward`: what the upstream receives.

use std::collections::HashMap;

use super::choice::Choice;
use super::claims::{PATH, claim_path};
use super::field::{Field, Group, Kind, Shape, TEXT, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::quote::quoted;
use super::text;
use crate::gate::{ForwardToken, Forwarding, HeaderName, TokenPlace};

/// Reads `forward` of a policy.
pub(super) fn forwarding(policy: Object<'_>, report: &mut Report) -> Forwarding {
    let Some(object) = policy.object(&FORWARD) else {
        return Forwarding { token: ForwardToken::Keep, claims: Vec::new(), payload: None };
    };
    let token = object.choice(&TOKEN);
    let mut claims: Vec<(_, HeaderName)> = Vec::new();
    for entry in object.objects(&CLAIMS_TO_HEADERS) {
        let Some((header, node)) = header(entry, &HEADER, report) else { continue };
        if claims.iter().any(|(_, known)| *known == header) {
            report.refuse_value(node, "each header once");
        } else if let Some(path) = claim_path(entry, &CLAIM) {
            claims.push((path, header));
        }
    }
    let payload = header(object, &PAYLOAD_HEADER, report).map(|(header, node)| {
        if claims.iter().any(|(_, known)| *known == header) {
            report.refuse_value(node, "a header that no claim goes to");
        }
        header
    });
    Forwarding { token, claims, payload }
}

/// Every header that the filter may write, with the node that names it: it is taken from every request.
pub(super) fn written_headers(policy: Object<'_>) -> Vec<(HeaderName, &Node)> {
    let Some(object) = policy.object(&FORWARD) else { return Vec::new() };
    let named = object.objects(&CLAIMS_TO_HEADERS).filter_map(|entry| entry.text_node(&HEADER));
    named
        .chain(object.text_node(&PAYLOAD_HEADER))
        .filter_map(|(name, node)| Some((HeaderName::parse(name).ok()?, node)))
        .collect()
}

/// Refuses a header in two spellings: a server that reads them as one would not know whose value it has.
pub(super) fn refuse_other_spellings(written: &[(HeaderName, &Node)], report: &mut Report) {
    let mut first: HashMap<HeaderName, &HeaderName> = HashMap::new();
    for (name, node) in written {
        let known = first.entry(name.folded()).or_insert(name);
        if *known != name {
            let allowed = format!(
                "one spelling of a header (many servers read this one as {})",
                quoted(known.as_str())
            );
            report.refuse_value(node, &allowed);
        }
    }
}

/// Refuses a header that the filter would take from the request before a policy finds its token there.
pub(super) fn refuse_token_header(place: &TokenPlace, written: &[(HeaderName, &Node)], report: &mut Report) {
    let read = place.header().map(|name| name.folded());
    for (name, node) in written {
        if Some(name.folded()) == read {
            report.refuse_value(node, "a header in which no policy expects the token");
        }
    }
}

fn header<'a>(object: Object<'a>, field: &Field, report: &mut Report) -> Option<(HeaderName, &'a Node)> {
    let (name, node) = object.text_node(field)?;
    let name = text::header_name(name, node, report)?;
    let folded = name.folded();
    let proxys = folded.as_str().starts_with("x-envoy-") || OTHERS.contains(&folded.as_str());
    if text::is_framing(&folded) || proxys {
        report.refuse_value(
            node,
            "a header of its own, such as x-user-id (it is removed from every client's request)",
        );
    }
    Some((name, node))
}

/// `forward`.
pub(super) static FORWARD: Field =
    Field::optional("forward", Kind::Object(&SHAPE), "What the upstream gets.");

static SHAPE: Shape = Shape {
    name: "forward",
    fields: &[&TOKEN.field, &CLAIMS_TO_HEADERS, &PAYLOAD_HEADER],
    groups: &[],
    doc: doc(
        "What the upstream gets. Every header named here is taken from the client's request on every path, in every \
         spelling that a server could read as its name.",
    ),
};

static CLAIM_TO_HEADER: Shape = Shape {
    name: "claim_to_header",
    fields: &[&CLAIM, &PATH, &HEADER],
    groups: &[Group::ExactlyOne(&[&CLAIM, &PATH])],
    doc: doc("A claim that the upstream gets as a header."),
};

static TOKEN: Choice<ForwardToken> = Choice::new(
    "token",
    ("keep", ForwardToken::Keep),
    &[("remove", ForwardToken::Remove)],
    "Whether the upstream sees the token.",
);
static CLAIMS_TO_HEADERS: Field = Field::optional(
    "claims_to_headers",
    Kind::List(&Kind::Object(&CLAIM_TO_HEADER)),
    "Claims that the upstream gets as headers.",
);
static PAYLOAD_HEADER: Field =
    Field::optional("payload_header", HEADER_NAME, "Header that carries the token's payload, base64url.");
static CLAIM: Field =
    Field::optional("claim", TEXT, "The claim's literal name, at the top level of the token.");
static HEADER: Field = Field::required("header", HEADER_NAME, "The header.");

const HEADER_NAME: Kind = Kind::Text(doc("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$"));

/// What rules, the proxy or the upstream's own security read.
const OTHERS: [&str; 6] =
    ["access-control-request-method", "cookie", "dpop", "origin", "proxy-authorization", "x-request-id"];
