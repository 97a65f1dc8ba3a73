//! `proof_of_possession`: what a token that is bound to a key or a certificate needs.

use super::choice::Choice;
use super::field::{Field, Kind, Preset, Shape, TEXT, TEXTS, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::text;
use crate::gate::{
    BoundScheme, CertificateRule, DpopChallenge, DpopRule, NonceRule, PossessionRule, ProofDemand,
    TokenPlace, TokenPlaces,
};
use crate::keys::Url;
use crate::token::{Algorithm, AlgorithmSet};

/// Reads `proof_of_possession` of a policy.
pub(super) fn possession(policy: Object<'_>, report: &mut Report) -> PossessionRule {
    let Some(object) = policy.object(&PROOF_OF_POSSESSION) else { return PossessionRule::default() };
    let demand = |report: &mut Report| ProofDemand {
        origin: object.text_node(&ORIGIN).map(|(origin, node)| self::origin(origin, node, report)),
        max_age: object.seconds(&MAX_AGE),
        nonce: if object.flag(&NONCE) { NonceRule::Required } else { NonceRule::Ignored },
        algorithms: algorithms(object, report),
    };
    let dpop = match object.choice(&DPOP) {
        Dpop::Optional => DpopRule::Optional(demand(report)),
        Dpop::Required => DpopRule::Required(demand(report)),
        Dpop::Off => {
            for field in [&ORIGIN, &MAX_AGE, &NONCE, &ALGORITHMS] {
                if let Some(node) = object.node(field) {
                    report.refuse(
                        &node.path,
                        "dpop: \"off\"",
                        "dpop: \"optional\" or \"required\" beside it",
                    );
                }
            }
            DpopRule::Off
        }
    };
    let certificate = object.choice(&CERTIFICATE);
    if certificate == CertificateRule::Off {
        let path = report.path_of(object.path(), CERTIFICATE.field.name);
        report.warn(&path, "a token that is bound to a certificate is accepted without it");
    }
    PossessionRule { dpop, certificate }
}

fn origin(written: &str, node: &Node, report: &mut Report) -> String {
    if !text::refuse_placeholder(written, node, report)
        && !Url::parse(written).is_ok_and(|url| !url.path().contains('?'))
    {
        report.refuse_value(node, "the start of a URL, such as https://api.example.com");
    }
    written.trim_end_matches('/').to_owned()
}

fn algorithms(object: Object<'_>, report: &mut Report) -> AlgorithmSet {
    let Some(names) = object.node(&ALGORITHMS) else { return AlgorithmSet::ASYMMETRIC };
    let mut set = AlgorithmSet::EMPTY;
    for node in names.items() {
        let known = node.text().and_then(Algorithm::from_name);
        if let Some(algorithm) = known.filter(|one| AlgorithmSet::ASYMMETRIC.contains(*one)) {
            set.insert(algorithm);
        } else {
            let all: Vec<_> = AlgorithmSet::ASYMMETRIC.iter().map(Algorithm::name).collect();
            report.refuse_value(node, all.join(", "));
        }
    }
    set
}

/// Refuses a demand for proofs where no place takes a token that comes with one.
pub(super) fn refuse_unheard(
    policy: Object<'_>,
    rule: &PossessionRule,
    places: &TokenPlaces,
    report: &mut Report,
) {
    let takes = |place: &TokenPlace| match place {
        TokenPlace::Header { schemes, .. } => schemes.bound.contains(&BoundScheme::Dpop),
        TokenPlace::Query(_) | TokenPlace::Cookie(_) => false,
    };
    if !matches!(rule.dpop, DpopRule::Off) && !places.iter().any(takes) {
        let path = report.path_of(policy.path(), PROOF_OF_POSSESSION.name);
        let allowed = "a token in Authorization, where no scheme but Bearer or DPoP is demanded";
        report.refuse(
            &report.path_of(&path, DPOP.field.name),
            "no place that takes the scheme DPoP",
            allowed,
        );
    }
}

/// The schemes for bound tokens that a policy takes in `Authorization`.
pub(super) fn schemes(rule: &PossessionRule) -> Vec<BoundScheme> {
    match rule.dpop {
        DpopRule::Off => vec![BoundScheme::MtlsPop],
        DpopRule::Optional(_) | DpopRule::Required(_) => vec![BoundScheme::Dpop, BoundScheme::MtlsPop],
    }
}

/// What a challenge says of it.
pub(super) fn challenge(rule: &PossessionRule) -> DpopChallenge {
    let names =
        |demand: &ProofDemand| demand.algorithms.iter().map(Algorithm::name).collect::<Vec<_>>().join(" ");
    match &rule.dpop {
        DpopRule::Off => DpopChallenge::None,
        DpopRule::Optional(demand) => DpopChallenge::Beside(names(demand)),
        DpopRule::Required(demand) => DpopChallenge::Only(names(demand)),
    }
}

/// The words of `dpop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dpop {
    Off,
    Optional,
    Required,
}

/// `proof_of_possession`.
pub(super) static PROOF_OF_POSSESSION: Field = Field::optional(
    "proof_of_possession",
    Kind::Object(&SHAPE),
    "What a token that is bound to a key (DPoP, RFC 9449) or a certificate (RFC 8705) needs.",
);

static SHAPE: Shape = Shape {
    name: "proof_of_possession",
    fields: &[&DPOP.field, &ORIGIN, &MAX_AGE, &NONCE, &ALGORITHMS, &CERTIFICATE.field],
    groups: &[],
    doc: doc("Proof of possession."),
};

static DPOP: Choice<Dpop> = Choice::new(
    "dpop",
    ("off", Dpop::Off),
    &[("optional", Dpop::Optional), ("required", Dpop::Required)],
    "Whether DPoP proofs are read. `optional`: bearer tokens pass as well; `required`: only bound tokens do. A token \
     that is bound to a key never passes as a bearer token.",
);
static ORIGIN: Field = Field::optional(
    "origin",
    TEXT,
    "What `htu` starts with, such as `https://api.example.com`. Without it: the request's scheme and authority.",
);
static MAX_AGE: Field = Field::preset(
    "max_age",
    Kind::Seconds { least: 1.0, most: 3600.0 },
    Preset::Seconds(60.0),
    "How far a proof's `iat` may be from the proxy's time, and how long its `jti` is remembered, seconds.",
);
static NONCE: Field = Field::preset(
    "nonce",
    Kind::Flag,
    Preset::Flag(false),
    "`true`: a proof has to carry a nonce that the filter gave out.",
);
static ALGORITHMS: Field =
    Field::optional("algorithms", TEXTS, "Accepted `alg` of proofs. Without it: every asymmetric one.");
static CERTIFICATE: Choice<CertificateRule> = Choice::new(
    "certificate",
    ("if_bound", CertificateRule::IfBound),
    &[("required", CertificateRule::Required), ("off", CertificateRule::Off)],
    "`if_bound`: a token that is bound to a certificate needs it; `required`: every token has to be bound to one; \
     `off`: not looked at.",
);
