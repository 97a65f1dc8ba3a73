//! `required_claims` and `authorize`: rules over claims.

use super::choice::Choice;
use super::field::{Field, Group, Kind, Shape, TEXT, TEXTS, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::step_up::{AUTHENTICATION, step_up};
use super::text;
use crate::gate::{Authorization, ClaimDemand, ClaimRule, Combine, ValueMatch, ValuePattern, WordRule};
use crate::token::ClaimPath;

/// Reads a list of claim rules.
pub(super) fn claim_rules(object: Object<'_>, field: &Field, report: &mut Report) -> Vec<ClaimRule> {
    object.objects(field).filter_map(|entry| claim_rule(entry, report)).collect()
}

/// Whether one of the rules looks at the audience.
pub(super) fn checks_audience(rules: &[ClaimRule]) -> bool {
    rules.iter().any(|rule| rule.path.is_name("aud") && rule.demand != ClaimDemand::Present)
}

fn claim_rule(entry: Object<'_>, report: &mut Report) -> Option<ClaimRule> {
    let path = claim_path(entry, &NAME)?;
    for (value, node) in entry.text_nodes(&VALUES) {
        text::refuse_placeholder(value, node, report);
    }
    let exact = entry.text_nodes(&VALUES).map(|(value, _)| ValueMatch::Exact(value.to_owned()));
    let patterns = entry.text_nodes(&PATTERNS).filter_map(|(text, node)| pattern(text, node, report));
    let values: Vec<_> = exact.chain(patterns).collect();
    let demand = match entry.choice(&MATCH) {
        _ if !entry.has(&VALUES) && !entry.has(&PATTERNS) => ClaimDemand::Present,
        Combine::Any => ClaimDemand::AnyOf(values),
        Combine::All => ClaimDemand::AllOf(values),
    };
    Some(ClaimRule { path, demand, separator: entry.text(&SEPARATOR).map(ToOwned::to_owned) })
}

/// Reads a regular expression for a value.
pub(super) fn pattern(written: &str, node: &Node, report: &mut Report) -> Option<ValueMatch> {
    match ValuePattern::new(written) {
        Ok(pattern) => Some(ValueMatch::Pattern(pattern)),
        Err(error) => {
            report.refuse_value(node, format!("a regular expression ({error})"));
            None
        }
    }
}

/// The claim that an entry names, literally or by its path.
pub(super) fn claim_path(entry: Object<'_>, name: &Field) -> Option<ClaimPath> {
    match entry.text(name) {
        Some(name) => Some(ClaimPath::from_name(name)),
        None => ClaimPath::from_names(entry.texts(&PATH)?),
    }
}

/// Reads `authorize`.
pub(super) fn authorization(object: Object<'_>, report: &mut Report) -> Authorization {
    let scopes = object.object(&SCOPES).map(|words| word_rule(words, report, is_scope_byte, SCOPE_ALLOWED));
    let roles = object.object(&ROLES).map(|words| word_rule(words, report, |_| true, ""));
    Authorization {
        scopes: scopes.flatten(),
        roles: roles.flatten(),
        claims: claim_rules(object, &CLAIMS, report),
        combine: object.choice(&MATCH_PARTS),
        scope_prefix: scope_prefix(object, report),
        authentication: object.object(&AUTHENTICATION).map(|object| step_up(object, report)),
    }
}

fn scope_prefix(object: Object<'_>, report: &mut Report) -> String {
    let Some((prefix, node)) = object.text_node(&SCOPE_PREFIX) else { return String::new() };
    if !text::refuse_placeholder(prefix, node, report) && !prefix.bytes().all(is_scope_byte) {
        report.refuse_value(node, SCOPE_ALLOWED);
    }
    if !object.has(&SCOPES) {
        report.warn(&node.path, "has no effect: no scopes are demanded");
    }
    let scopes = object.object(&SCOPES).into_iter();
    for (scope, node) in scopes.flat_map(|words| words.text_nodes(&ANY).chain(words.text_nodes(&ALL))) {
        if scope.starts_with(prefix) {
            report.refuse_value(node, "the scope as tokens have it, without scope_prefix");
        }
    }
    prefix.to_owned()
}

fn word_rule(
    object: Object<'_>,
    report: &mut Report,
    fits: impl Fn(u8) -> bool,
    allowed: &str,
) -> Option<WordRule> {
    for (word, node) in object.text_nodes(&ANY).chain(object.text_nodes(&ALL)) {
        if !word.bytes().all(&fits) {
            report.refuse_value(node, allowed);
        }
    }
    match (object.texts(&ANY), object.texts(&ALL)) {
        (Some(words), None) => Some(WordRule::AnyOf(words)),
        (None, Some(words)) => Some(WordRule::AllOf(words)),
        _ => None,
    }
}

/// `scope-token` of RFC 6749, 3.3: the scopes of a refusal are told to the client.
fn is_scope_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

/// An entry of `required_claims`.
pub(super) static CLAIM: Shape = Shape {
    name: "required_claim",
    fields: &[&NAME, &PATH, &VALUES, &PATTERNS, &MATCH.field, &SEPARATOR],
    groups: &[Group::ExactlyOne(&[&NAME, &PATH])],
    doc: doc("A claim that must be there and, with `values`, what it must hold."),
};

/// `authorize`.
pub(super) static AUTHORIZE: Shape = Shape {
    name: "authorize",
    fields: &[&SCOPES, &ROLES, &CLAIMS, &MATCH_PARTS.field, &SCOPE_PREFIX, &AUTHENTICATION],
    groups: &[Group::AtLeastOne(&[&SCOPES, &ROLES, &CLAIMS, &AUTHENTICATION])],
    doc: doc("What a genuine token must allow. Failures are answered 403."),
};

static WORDS: Shape = Shape {
    name: "words",
    fields: &[&ANY, &ALL],
    groups: &[Group::ExactlyOne(&[&ANY, &ALL])],
    doc: doc("Words of which any, or all, are demanded."),
};

static NAME: Field =
    Field::optional("name", TEXT, "The claim's literal name, at the top level of the token.");
/// Also of `claims_to_headers`.
pub(super) static PATH: Field =
    Field::optional("path", TEXTS, "Names that lead to a claim inside an object, outermost first.");
pub(super) static VALUES: Field = Field::optional(
    "values",
    TEXTS,
    "Values that the claim must hold; without `values` and `patterns` it must only be present.",
);
static PATTERNS: Field =
    Field::optional("patterns", TEXTS, "Regular expressions, anchored at both ends, that count as values.");
static MATCH: Choice<Combine> = Choice::new(
    "match",
    ("all", Combine::All),
    &[("any", Combine::Any)],
    "Whether all values, or any, must be among the claim's.",
);
static SEPARATOR: Field =
    Field::optional("separator", TEXT, "Splits the token's string into values, such as a space for `scp`.");
static SCOPES: Field =
    Field::optional("scopes", Kind::Object(&WORDS), "Scopes, read from `scp` and `scope`, string or array.");
static ROLES: Field = Field::optional("roles", Kind::Object(&WORDS), "Roles, read from `roles`.");
static CLAIMS: Field = Field::optional(
    "claims",
    Kind::List(&Kind::Object(&CLAIM)),
    "Further claims; all of them make one part.",
);
static MATCH_PARTS: Choice<Combine> = Choice::new(
    "match",
    ("all", Combine::All),
    &[("any", Combine::Any)],
    "Whether all of `scopes`, `roles` and `claims` must hold, or any one.",
);
static SCOPE_PREFIX: Field = Field::optional(
    "scope_prefix",
    TEXT,
    "What a client puts before a scope to ask for it, such as Entra's `api://{application}/`. Tokens are compared with \
     the short names, clients are told the long ones.",
);
static ANY: Field = Field::optional("any", TEXTS, "At least one of these.");
static ALL: Field = Field::optional("all", TEXTS, "Every one of these.");

const SCOPE_ALLOWED: &str =
    "one scope: printable ASCII without space, quotation mark and backslash (RFC 6749, 3.3)";
