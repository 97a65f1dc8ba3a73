//! `authorize.authentication`: how, and how long ago, the user must have authenticated.

use super::choice::Choice;
use super::field::{Field, Group, Kind, Preset, Shape, TEXTS, doc};
use super::object::Object;
use super::problem::Report;
use crate::gate::{StepUp, StepUpChallenge};

/// Reads `authentication`.
pub(super) fn step_up(object: Object<'_>, report: &mut Report) -> StepUp {
    for (value, node) in object.text_nodes(&ACR_VALUES) {
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if !value.bytes().all(fits) {
            report.refuse_value(
                node,
                "printable ASCII without space, quotation mark and backslash (RFC 9470, 3)",
            );
        }
    }
    let challenge = object.choice(&CHALLENGE);
    if challenge == StepUpChallenge::Entra && !object.has(&ACR_VALUES) {
        let path = report.path_of(object.path(), CHALLENGE.field.name);
        report.refuse(&path, "\"entra\" without acr_values", "acr_values beside it, or \"rfc9470\"");
    }
    StepUp {
        acr_values: object.texts(&ACR_VALUES).unwrap_or_default(),
        claim: object
            .text(&CLAIM)
            .unwrap_or(if challenge == StepUpChallenge::Entra { ACRS } else { ACR })
            .to_owned(),
        max_age: object.seconds_given(&MAX_AGE),
        challenge,
    }
}

/// `authentication`.
pub(super) static AUTHENTICATION: Field = Field::optional(
    "authentication",
    Kind::Object(&SHAPE),
    "How, and how long ago, the user must have authenticated. Failures are answered 401 (RFC 9470).",
);

static SHAPE: Shape = Shape {
    name: "authentication",
    fields: &[&ACR_VALUES, &CLAIM, &MAX_AGE, &CHALLENGE.field],
    groups: &[Group::AtLeastOne(&[&ACR_VALUES, &MAX_AGE])],
    doc: doc("What is demanded of the user's authentication, of every token."),
};

static ACR_VALUES: Field =
    Field::optional("acr_values", TEXTS, "Authentication contexts, one of which the claim has to hold.");
static CLAIM: Field = Field::preset(
    "claim",
    Kind::Text(doc("")),
    Preset::Word(ACR),
    "The claim that holds them, a string or an array. With `challenge` `entra`: `acrs`.",
);
static MAX_AGE: Field = Field::optional(
    "max_age",
    Kind::Seconds { least: 0.0, most: 31_536_000.0 },
    "How long ago `auth_time` may be, in seconds, with `clock_skew`.",
);
static CHALLENGE: Choice<StepUpChallenge> = Choice::new(
    "challenge",
    ("rfc9470", StepUpChallenge::Rfc9470),
    &[("entra", StepUpChallenge::Entra)],
    "In whose words the client is told: RFC 9470's, or Entra's claims challenge.",
);

const ACR: &str = "acr";
/// What Entra's challenge asks for.
const ACRS: &str = "acrs";
