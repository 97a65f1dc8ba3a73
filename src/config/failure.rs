//! How a refusal looks: `failed_validation_*` of a policy, and its `failure`.

use super::choice::Choice;
use super::field::{Field, Kind, Preset, Shape, TEXT, doc};
use super::object::Object;
use super::possession;
use super::problem::Report;
use super::text;
use crate::gate::{
    BodyFormat, ChallengeRule, DpopChallenge, Failure, HeaderName, PossessionRule, ProtectedResource,
};
use crate::keys::{Scheme, Url};

/// Reads the fields of a policy that shape a refusal.
///
/// `resource` is the policy's own metadata; its challenges say which proofs `possession` wants.
pub(super) fn failure(
    policy: Object<'_>,
    resource: Option<&ProtectedResource>,
    possession: &PossessionRule,
    report: &mut Report,
) -> Failure {
    let dpop = possession::challenge(possession);
    let status = policy.whole_given(&HTTPCODE).and_then(|status| u16::try_from(status).ok());
    let message = policy.text(&ERROR_MESSAGE).map(ToOwned::to_owned);
    let own_metadata = resource.map(|resource| resource.address.url());
    let Some(object) = policy.object(&FAILURE) else {
        let challenge = ChallengeRule::Send { realm: None, resource_metadata: own_metadata, dpop };
        return Failure { status, message, challenge, ..Failure::default() };
    };
    let body = object.choice(&BODY);
    if body == BodyFormat::None && message.is_some() {
        let allowed = "a body that shows failed_validation_error_message, or no message";
        report.refuse(&report.path_of(object.path(), BODY.field.name), "\"none\"", allowed);
    }
    Failure {
        status,
        message,
        body,
        challenge: challenge(object, own_metadata, dpop, report),
        reason_header: reason_header(object, report),
    }
}

fn challenge(
    object: Object<'_>,
    own_metadata: Option<String>,
    dpop: DpopChallenge,
    report: &mut Report,
) -> ChallengeRule {
    let realm = object.text_node(&REALM).map(|(realm, node)| {
        let fits = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if !realm.bytes().all(fits) {
            report.refuse_value(node, "printable ASCII without quotation mark and backslash (RFC 6750, 3)");
        }
        realm.to_owned()
    });
    let resource_metadata = object.text_node(&RESOURCE_METADATA).map(|(url, node)| {
        let is_https = Url::parse(url).is_ok_and(|url| url.scheme() == Scheme::Https);
        if !text::refuse_placeholder(url, node, report) && !is_https {
            report.refuse_value(node, "an https:// URL (RFC 9728, 3)");
        }
        url.to_owned()
    });
    if object.flag(&CHALLENGE) {
        let resource_metadata = resource_metadata.or(own_metadata);
        return ChallengeRule::Send { realm, resource_metadata, dpop };
    }
    for field in [&REALM, &RESOURCE_METADATA] {
        if let Some(node) = object.node(field) {
            report.refuse(
                &node.path,
                "a part of the challenge with challenge: false",
                "challenge: true, or none of it",
            );
        }
    }
    ChallengeRule::Omit
}

fn reason_header(object: Object<'_>, report: &mut Report) -> Option<HeaderName> {
    let (name, node) = object.text_node(&REASON_HEADER)?;
    let name = text::header_name(name, node, report)?;
    let taken =
        ["cache-control", "content-type", "date", "retry-after", "server", "set-cookie", "www-authenticate"];
    if text::is_framing(&name) || taken.contains(&name.as_str()) {
        report.refuse_value(node, "a response header of its own, such as x-validate-jwt-reason");
    }
    Some(name)
}

pub(super) static HTTPCODE: Field = Field::optional(
    "failed_validation_httpcode",
    Kind::Whole { least: 400, most: 599 },
    "Status of a failed validation. Without it: 401 for a missing or invalid token, 400 for a malformed request.",
);
pub(super) static ERROR_MESSAGE: Field = Field::optional(
    "failed_validation_error_message",
    TEXT,
    "Message of a failed validation. Without it every reason has its own text.",
);
pub(super) static FAILURE: Field = Field::optional("failure", Kind::Object(&SHAPE), "How a refusal looks.");

static SHAPE: Shape = Shape {
    name: "failure",
    fields: &[&BODY.field, &CHALLENGE, &REALM, &REASON_HEADER, &RESOURCE_METADATA],
    groups: &[],
    doc: doc("How a refusal looks."),
};

static BODY: Choice<BodyFormat> = Choice::new(
    "body",
    ("json", BodyFormat::Json),
    &[("problem", BodyFormat::Problem), ("text", BodyFormat::Text), ("none", BodyFormat::None)],
    "`json`: API Management's shape; `problem`: RFC 9457; `text`: the message alone; `none`: no body.",
);
static CHALLENGE: Field =
    Field::preset("challenge", Kind::Flag, Preset::Flag(true), "Whether `WWW-Authenticate` is sent.");
static REALM: Field = Field::optional("realm", Kind::Text(doc(r"^[ !#-\[\]-~]+$")), "The challenge's realm.");
static REASON_HEADER: Field = Field::optional(
    "reason_header",
    Kind::Text(doc("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$")),
    "Response header that carries the reason code.",
);
static RESOURCE_METADATA: Field = Field::optional(
    "resource_metadata",
    Kind::Text(doc("^[Hh][Tt][Tt][Pp][Ss]://")),
    "URL of the protected resource metadata (RFC 9728), put into the challenge.",
);
