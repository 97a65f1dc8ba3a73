//! `validate_jwt`: a policy with every part written out.

use std::rc::Rc;
use std::time::Duration;

use super::choice::Choice;
use super::claims::{self, CLAIM};
use super::failure::{self, ERROR_MESSAGE, FAILURE, HTTPCODE};
use super::field::{Field, Group, Kind, Preset, Shape, TEXTS, doc};
use super::forward::{self, FORWARD};
use super::inline_keys::{self, DECRYPTION_KEYS, ISSUER_SIGNING_KEYS};
use super::object::Object;
use super::possession::PROOF_OF_POSSESSION;
use super::presentation::{AUTHORIZE_FIELD, Presentation, presentation};
use super::problem::Report;
use super::providers::{self, OPENID_CONFIG, Providers};
use super::resource::RESOURCE;
use super::source::{
    self, COOKIE_NAME, HEADER_NAME, ONE_PLACE, QUERY_PARAMETER_NAME, REQUIRE_SCHEME, REQUIRE_TOKEN,
    SCHEME_OF_ONE, SOURCES,
};
use super::text;
use super::tokens::{self, ALGORITHMS, MAXIMUM_LIFETIME, OUTPUT_TOKEN_VARIABLE_NAME, TOKEN_TYPES};
use crate::gate::{
    Answers, Audiences, ExpirationRule, KeySources, Mode, Requirement, TenantRule, TimeRule, UnsignedTokens,
};
use crate::keys::{InlineKeys, Owners, Party};
use crate::token::AlgorithmSet;

/// Reads a policy.
pub(super) fn requirement(policy: Object<'_>, providers: &mut Providers, report: &mut Report) -> Requirement {
    let (parties, of_providers) = providers::openid_config(policy, providers, report);
    let keys = KeySources {
        providers: parties.iter().map(|party| party.id).collect(),
        inline: inline_keys::signing_keys(policy, report),
        decryption: inline_keys::decryption_keys(policy, report),
    };
    let owners = owners(policy, parties, report);
    let audiences = Audiences { of_policy: providers::audiences(policy, report), of_providers };
    let required_claims = claims::claim_rules(policy, &REQUIRED_CLAIMS, report);
    let covers = |id| audiences.of_providers.iter().any(|(known, _)| *known == id);
    let is_covered = keys.inline.is_empty() && keys.providers.iter().all(|id| covers(*id));
    if audiences.of_policy.is_none() && !is_covered && !claims::checks_audience(&required_claims) {
        let names = report.spell_all(&[&AUDIENCES]);
        report.warn(policy.path(), format!("no {names}: tokens for any audience of the issuer are accepted"));
    }
    let Presentation { places, possession, authorize, resource } =
        presentation(policy, source::of_validate_jwt, report);
    Requirement {
        places,
        absent_token: source::absent_token(policy, report),
        algorithms: tokens::algorithms(policy, possible_algorithms(&keys), report),
        keys,
        unsigned_tokens: unsigned_tokens(policy, report),
        token_types: tokens::token_types(policy),
        time: time_rule(policy, report),
        owners: Rc::new(owners),
        tenants: TenantRule::Any,
        audiences,
        clients: None,
        required_claims,
        authorize,
        forward: forward::forwarding(policy, report),
        published_name: tokens::published_name(policy, report),
        answers: Rc::new(Answers::new(failure::failure(policy, resource.as_deref(), &possession, report))),
        possession,
        resource,
        mode: mode(policy, report),
    }
}

fn possible_algorithms(keys: &KeySources) -> AlgorithmSet {
    let inline = inline_keys::usable_for(&keys.inline);
    let mut possible = AlgorithmSet::EMPTY;
    for family in [AlgorithmSet::ASYMMETRIC, AlgorithmSet::SYMMETRIC] {
        if !inline.intersection(family).is_empty() {
            possible = possible.union(family);
        }
    }
    if keys.providers.is_empty() { possible } else { possible.union(AlgorithmSet::ASYMMETRIC) }
}

/// Reads `issuers`: whose each of them is follows from the providers.
fn owners(policy: Object<'_>, parties: Vec<Party>, report: &mut Report) -> Owners {
    let mut listed = Vec::new();
    for (issuer, node) in policy.text_nodes(&ISSUERS) {
        if !text::refuse_placeholder(issuer, node, report) {
            listed.push(issuer.to_owned());
        }
    }
    let name = report.spell(ISSUERS.name);
    if parties.is_empty() && !policy.has(&ISSUERS) && policy.has(&ISSUER_SIGNING_KEYS) {
        report.warn(policy.path(), format!("inline keys without {name}: tokens of any issuer are accepted"));
    }
    let inline = if policy.has(&ISSUER_SIGNING_KEYS) { InlineKeys::Present } else { InlineKeys::None };
    let owners = Owners::new(parties, listed, inline);
    for unowned in owners.unowned() {
        let nodes = policy.text_nodes(&ISSUERS).filter(|(issuer, _)| *issuer == unowned);
        for (_, node) in nodes {
            let allowed = format!(
                "an issuer of one of the providers; where one of them speaks for it, put it into {name} of that entry of {}",
                report.spell(OPENID_CONFIG.name)
            );
            report.refuse_value(node, allowed);
        }
    }
    for (url, template) in owners.expected_templates() {
        if !owners.is_restricted(&template) {
            let text = format!(
                "{url} stands for every tenant: without {name} of its tenants, any tenant's tokens are accepted"
            );
            report.warn(policy.path(), text);
        }
    }
    owners
}

fn unsigned_tokens(policy: Object<'_>, report: &mut Report) -> UnsignedTokens {
    if policy.flag(&REQUIRE_SIGNED_TOKENS) {
        return UnsignedTokens::Refused;
    }
    let path = report.path_of(policy.path(), REQUIRE_SIGNED_TOKENS.name);
    report.warn(&path, "tokens without a signature are accepted: anybody can write them");
    UnsignedTokens::Accepted
}

/// Reads `clock_skew`.
pub(super) fn leeway(policy: Object<'_>, report: &mut Report) -> Duration {
    let leeway = policy.seconds(&CLOCK_SKEW);
    if leeway > MUCH_SKEW {
        let path = report.path_of(policy.path(), CLOCK_SKEW.name);
        report.warn(&path, "tokens are accepted for more than ten minutes after they expire");
    }
    leeway
}

fn time_rule(policy: Object<'_>, report: &mut Report) -> TimeRule {
    let required = policy.flag(&REQUIRE_EXPIRATION_TIME);
    TimeRule {
        expiration: if required { ExpirationRule::Required } else { ExpirationRule::Optional },
        leeway: leeway(policy, report),
        maximum_lifetime: policy.seconds_given(&MAXIMUM_LIFETIME),
    }
}

/// Reads `mode`.
pub(super) fn mode(policy: Object<'_>, report: &mut Report) -> Mode {
    let mode = policy.choice(&MODE);
    if mode == Mode::ReportOnly {
        let path = report.path_of(policy.path(), MODE.field.name);
        report.warn(&path, "report_only: no request is refused");
    }
    mode
}

/// `validate_jwt`.
pub(super) static VALIDATE_JWT: Shape = Shape {
    name: "validate_jwt",
    fields: &[
        &HEADER_NAME,
        &QUERY_PARAMETER_NAME,
        &COOKIE_NAME,
        &SOURCES,
        &REQUIRE_TOKEN,
        &REQUIRE_SCHEME,
        &HTTPCODE,
        &ERROR_MESSAGE,
        &REQUIRE_EXPIRATION_TIME,
        &REQUIRE_SIGNED_TOKENS,
        &CLOCK_SKEW,
        &OUTPUT_TOKEN_VARIABLE_NAME,
        &OPENID_CONFIG,
        &ISSUER_SIGNING_KEYS,
        &DECRYPTION_KEYS,
        &AUDIENCES,
        &ISSUERS,
        &REQUIRED_CLAIMS,
        &ALGORITHMS,
        &TOKEN_TYPES,
        &MAXIMUM_LIFETIME,
        &AUTHORIZE_FIELD,
        &FORWARD,
        &FAILURE,
        &RESOURCE,
        &PROOF_OF_POSSESSION,
        &MODE.field,
    ],
    groups: &[ONE_PLACE, SCHEME_OF_ONE, Group::AtLeastOne(&[&OPENID_CONFIG, &ISSUER_SIGNING_KEYS])],
    doc: doc("API Management's validate-jwt policy."),
};

static REQUIRE_EXPIRATION_TIME: Field = Field::preset(
    "require_expiration_time",
    Kind::Flag,
    Preset::Flag(true),
    "Whether `exp` must be present. Where present it is always checked.",
);
static REQUIRE_SIGNED_TOKENS: Field = Field::preset(
    "require_signed_tokens",
    Kind::Flag,
    Preset::Flag(true),
    "`false` accepts tokens without a signature (`alg: none`) too.",
);
/// Also of `validate_azure_ad_token`.
pub(super) static CLOCK_SKEW: Field = Field::preset(
    "clock_skew",
    Kind::Seconds { least: 0.0, most: 86400.0 },
    Preset::Seconds(0.0),
    "Leeway for `exp` and `nbf`, in seconds.",
);
static ISSUERS: Field = Field::optional(
    "issuers",
    TEXTS,
    "Accepted issuers, any of, in union with the issuers of the discovery documents. Those that fit a `{tenantid}` \
     issuer restrict it to their tenants.",
);
/// Also of `validate_azure_ad_token`.
pub(super) static AUDIENCES: Field = Field::optional(
    "audiences",
    TEXTS,
    "Accepted audiences, any of. Without it: no audience check by this field.",
);
/// Also of `validate_azure_ad_token`.
pub(super) static REQUIRED_CLAIMS: Field = Field::optional(
    "required_claims",
    Kind::List(&Kind::Object(&CLAIM)),
    "Claims that must hold, all of them.",
);
/// Also of `validate_azure_ad_token`.
pub(super) static MODE: Choice<Mode> = Choice::new(
    "mode",
    ("enforce", Mode::Enforce),
    &[("report_only", Mode::ReportOnly)],
    "`report_only`: nothing is refused; what would have been is counted and logged.",
);

const MUCH_SKEW: Duration = Duration::from_mins(10);
