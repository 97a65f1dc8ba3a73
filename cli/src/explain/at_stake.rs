//! Values of the token that the log never shows, beside what is demanded. The token is the operator's own here.

use serde_json::Value;
use validate_jwt::gate::{
    AbsentType, ClaimDemand, ClaimRule, Policy, Reason, Rejection, Requirement, TokenPlace, ValueMatch,
    WordRule,
};
use validate_jwt::time::UnixTime;
use validate_jwt::token::json::Json;
use validate_jwt::token::{Algorithm, ClaimPath, Claims, CompactToken, JoseHeader};

use crate::evaluation::{Asked, Evaluation};

/// What the token says where it is refused, and what would do.
pub(super) fn told(
    rejection: &Rejection,
    evaluation: &Evaluation,
    asked: &Asked,
    now: UnixTime,
) -> Vec<String> {
    let policy = rejection.policy.as_deref().and_then(|name| evaluation.policy(name));
    let Some(policy) = policy else { return Vec::new() };
    if rejection.reason == Reason::TokenNotPresent {
        return looked_for(policy);
    }
    if rejection.reason == Reason::IssuerNotAllowed && !rejection.subject.expected_issuers.is_empty() {
        let expected = rejection.subject.expected_issuers.iter().map(|issuer| format!("{issuer:?}"));
        return vec![format!("iss: expected {}", expected.collect::<Vec<_>>().join(" or "))];
    }
    let token = asked.token.as_deref().unwrap_or_default();
    let Ok(CompactToken::Signed(signed)) = CompactToken::parse(token.as_bytes()) else { return Vec::new() };
    let payload = signed.payload().unwrap_or_default();
    let claims = Claims::parse(&payload).ok();
    let found = Found { header: signed.header(), claims: claims.as_ref(), evaluation, now };
    let mut lines: Vec<String> = Vec::new();
    for line in policy.requirements().flat_map(|requirement| found.of(rejection.reason, requirement)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The token, and what it is held against.
struct Found<'a> {
    header: &'a JoseHeader,
    claims: Option<&'a Claims<'a>>,
    evaluation: &'a Evaluation,
    now: UnixTime,
}

impl Found<'_> {
    fn of(&self, reason: Reason, requirement: &Requirement) -> Vec<String> {
        match reason {
            Reason::AlgorithmNotAllowed => {
                let allowed: Vec<_> = requirement.algorithms.iter().map(Algorithm::name).collect();
                let found = self.header.algorithm_name();
                vec![if allowed.contains(&found) {
                    format!(
                        "alg: found {found:?}, which is allowed; the key is of another kind, or for another algorithm"
                    )
                } else {
                    format!("alg: found {found:?}, allowed are {}", allowed.join(" "))
                }]
            }
            Reason::TokenTypeNotAllowed => {
                let types = requirement.token_types.accepted.iter().map(|kind| kind.as_str().to_owned());
                let none =
                    (requirement.token_types.absent == AbsentType::Accepted).then(|| "none".to_owned());
                let allowed: Vec<_> = types.chain(none).collect();
                let found = self.header.token_type().map_or("none".to_owned(), |found| format!("{found:?}"));
                vec![format!("typ: found {found}, allowed are {}", allowed.join(", "))]
            }
            Reason::SignatureKeyNotFound => self.keys(requirement),
            Reason::ClaimNotFound | Reason::ClaimValueNotAllowed => {
                let failing =
                    requirement.required_claims.iter().filter(|rule| self.check(rule) == Err(reason));
                failing.filter_map(|rule| self.claim(rule)).collect()
            }
            Reason::InsufficientScope => self.authorization(requirement),
            _ => Vec::new(),
        }
    }

    fn check(&self, rule: &ClaimRule) -> Result<(), Reason> {
        self.claims.map_or(Ok(()), |claims| rule.check(claims))
    }

    /// A claim beside what it has to hold.
    fn claim(&self, rule: &ClaimRule) -> Option<String> {
        let claims = self.claims?;
        let name = rule.path.names().collect::<Vec<_>>().join(" > ");
        let found = claims.value(&rule.path).map_or("nothing".to_owned(), shown);
        let wanted = match &rule.demand {
            ClaimDemand::Present => "any value".to_owned(),
            ClaimDemand::AllOf(values) => format!("all of {}", values_shown(values)),
            ClaimDemand::AnyOf(values) => format!("any of {}", values_shown(values)),
        };
        Some(format!("claim {name}: found {found}, expected {wanted}"))
    }

    /// The parts of `authorize` that do not hold.
    fn authorization(&self, requirement: &Requirement) -> Vec<String> {
        let (Some(claims), Some(authorize)) = (self.claims, &requirement.authorize) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for (what, rule, names) in [
            ("scopes", &authorize.scopes, &["scp", "scope"][..]),
            ("roles", &authorize.roles, &["roles"][..]),
        ] {
            let Some(rule) = rule else { continue };
            let found = names.iter().filter_map(|name| claims.value(&ClaimPath::from_name(*name))).map(shown);
            let found: Vec<_> = found.collect();
            let found = if found.is_empty() { "nothing".to_owned() } else { found.join(" ") };
            let wanted = match rule {
                WordRule::AnyOf(words) => format!("any of {}", quoted(words)),
                WordRule::AllOf(words) => format!("all of {}", quoted(words)),
            };
            lines.push(format!("{what} ({}): found {found}, expected {wanted}", names.join(", ")));
        }
        let failing = authorize.claims.iter().filter(|rule| rule.check(claims).is_err());
        lines.extend(failing.filter_map(|rule| self.claim(rule)));
        lines
    }

    /// The keys of those that speak for the token's issuer.
    fn keys(&self, requirement: &Requirement) -> Vec<String> {
        let Some(claims) = self.claims else { return Vec::new() };
        let keyring = self.evaluation.keyring();
        let claimants =
            requirement.owners.of(claims.issuer().unwrap_or_default(), claims.tenant_id(), keyring);
        let keys_of = |id| keyring.keys(id, self.now).into_iter().flat_map(|set| set.keys());
        let ids = claimants
            .providers
            .into_iter()
            .flat_map(keys_of)
            .map(|key| key.id().map_or("one without kid".to_owned(), |id| format!("{:?}", id.as_str())));
        let ids: Vec<_> = ids.collect();
        let found = self.header.key_id().map_or("none".to_owned(), |id| format!("{:?}", id.as_str()));
        vec![format!("kid: found {found}, its issuer's keys are {}", list(&ids))]
    }
}

/// Where a token was looked for.
fn looked_for(policy: &Policy) -> Vec<String> {
    let places =
        policy.requirements().flat_map(|requirement| requirement.places.iter()).map(|place| match place {
            TokenPlace::Header { name, .. } => format!("the header {name}"),
            TokenPlace::Query(name) => format!("the query parameter {name}"),
            TokenPlace::Cookie(name) => format!("the cookie {name}"),
        });
    let mut named: Vec<String> = Vec::new();
    for place in places {
        if !named.contains(&place) {
            named.push(place);
        }
    }
    vec![format!("looked for in {}", named.join(", "))]
}

fn shown(value: &Json<'_>) -> String {
    Value::from(value.clone()).to_string()
}

fn values_shown(values: &[ValueMatch]) -> String {
    let shown = values.iter().map(|value| match value {
        ValueMatch::Exact(text) => format!("{text:?}"),
        ValueMatch::Pattern(pattern) => format!("/{}/", pattern.as_str()),
    });
    list(&shown.collect::<Vec<_>>())
}

fn quoted(words: &[String]) -> String {
    list(&words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>())
}

/// The first few of a list.
fn list(texts: &[String]) -> String {
    let shown: Vec<&str> = texts.iter().take(SHOWN).map(String::as_str).collect();
    let more = texts.len().saturating_sub(SHOWN);
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

const SHOWN: usize = 8;
