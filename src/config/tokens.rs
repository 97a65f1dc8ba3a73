//! What both kinds of policy require of the token itself: `algorithms`, `token_types`, `maximum_lifetime`, and
//! the name under which its claims are published.

use super::field::{Field, Kind, Preset, TEXTS, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::quote::quoted;
use super::suggest;
use crate::gate::{AbsentType, MediaType, TokenTypes};
use crate::token::{Algorithm, AlgorithmSet};

/// Reads `algorithms`; `possible` is what the key sources can verify, and the default.
pub(super) fn algorithms(policy: Object<'_>, possible: AlgorithmSet, report: &mut Report) -> AlgorithmSet {
    if !policy.has(&ALGORITHMS) {
        return possible;
    }
    let mut set = AlgorithmSet::EMPTY;
    for (name, node) in policy.text_nodes(&ALGORITHMS) {
        match Algorithm::from_name(name) {
            Some(Algorithm::None) => report.refuse_value(
                node,
                "signature algorithms (only require_signed_tokens: false accepts unsigned tokens)",
            ),
            Some(algorithm) => set.insert(algorithm),
            None => refuse_unknown(name, node, report),
        }
    }
    // An entry that no key can serve is harmless; a list of nothing else lets nobody in.
    if let Some(list) = policy.node(&ALGORITHMS)
        && !set.is_empty()
        && !possible.is_empty()
        && !set.iter().any(|algorithm| possible.contains(algorithm))
    {
        report.refuse_value(
            list,
            "at least one algorithm that the keys can verify (HMAC needs a symmetric key in issuer_signing_keys)",
        );
    }
    set
}

fn refuse_unknown(name: &str, node: &Node, report: &mut Report) {
    let meant = suggest::nearest(name, ALGORITHM_NAMES.iter().copied()).map(quoted);
    report.suggest(&node.path, node.describe(), ALGORITHM_NAMES.join(", "), meant);
}

/// Reads `token_types`. Whoever names the types himself also means that there is one.
pub(super) fn token_types(policy: Object<'_>) -> TokenTypes {
    match policy.texts(&TOKEN_TYPES) {
        Some(types) => TokenTypes {
            accepted: types.iter().map(|text| MediaType::new(text)).collect(),
            absent: AbsentType::Refused,
        },
        None => TokenTypes {
            accepted: DEFAULT_TYPES.iter().map(|text| MediaType::new(text)).collect(),
            absent: AbsentType::Accepted,
        },
    }
}

/// Reads `output_token_variable_name`.
pub(super) fn published_name(policy: Object<'_>, report: &mut Report) -> Option<String> {
    let (name, node) = policy.text_node(&OUTPUT_TOKEN_VARIABLE_NAME)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if name.len() > 64 || !name.bytes().all(fits) {
        report.refuse_value(node, "a name of letters, digits and _ . - (at most 64)");
    } else if name.starts_with("validate_jwt") {
        report.refuse_value(
            node,
            "a name that does not start with validate_jwt, where the outcome is published",
        );
    }
    Some(name.to_owned())
}

pub(super) static ALGORITHMS: Field = Field::optional(
    "algorithms",
    Kind::List(&Kind::Word(ALGORITHM_NAMES)),
    "Allow-list of `alg` values. Without it: what the key types allow.",
);
pub(super) static TOKEN_TYPES: Field = Field::preset(
    "token_types",
    TEXTS,
    Preset::Words(DEFAULT_TYPES),
    "Accepted `typ` values, compared as media types: one without a slash stands for `application/…`. By default a token without `typ` is accepted too; with a \
     list of your own it is not.",
);
pub(super) static MAXIMUM_LIFETIME: Field = Field::optional(
    "maximum_lifetime",
    Kind::Seconds { least: 0.1, most: 315_360_000.0 },
    "Upper bound on `exp - iat`, or without `iat` on `exp - now`, in seconds.",
);
pub(super) static OUTPUT_TOKEN_VARIABLE_NAME: Field = Field::optional(
    "output_token_variable_name",
    Kind::Text(doc("^[A-Za-z0-9_.-]{1,64}$")),
    "Publishes the verified claims under this name for later filters and the access log.",
);

const ALGORITHM_NAMES: &[&str] = &[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
    "HS256", "HS384", "HS512",
];
const DEFAULT_TYPES: &[&str] = &["JWT", "at+jwt"];
