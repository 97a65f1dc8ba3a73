//! The top level: one policy, or named policies with rules, and the settings beside them.

use super::azure_ad::VALIDATE_AZURE_AD_TOKEN;
use super::choice::Choice;
use super::field::{Field, Group, Kind, Preset, Shape, doc};
use super::forward;
use super::named::{NAMED_VALUES_NAME, Named, Statement};
use super::node::{Node, Raw};
use super::object::Object;
use super::paths::{self, PATHS};
use super::problem::{Language, Report};
use super::providers::Providers;
use super::quote::quoted;
use super::rules::{self, RULE};
use super::settings::{self, KEY_REFRESH, LIMITS, VERDICT_CACHE};
use super::validate_jwt::VALIDATE_JWT;
use super::xml::{self, NamedValues, Statements};
use super::{Config, HostCrypto, Naming, OutcomeState};
use crate::gate::{HeaderName, Policy};
use crate::metrics::NO_POLICY;

/// The policies of a tree that came from JSON.
pub(super) fn policies(root: &Node) -> Vec<Named<'_>> {
    let top = Object::new(root);
    if let Some(statement) = statement_of(top) {
        let field = if top.has(&VALIDATE_JWT_FIELD) { &VALIDATE_JWT_FIELD } else { &AZURE_AD_FIELD };
        let statements = vec![statement];
        return vec![Named { name: field.name, path: field.name, statements, language: Language::Json }];
    }
    let members = top.node(&POLICIES).map(Node::members).unwrap_or_default();
    let named = members.iter().map(|(name, node)| Named {
        name,
        path: &node.path,
        statements: statement_of(Object::new(node)).into_iter().collect(),
        language: Language::Json,
    });
    named.collect()
}

/// The statements of `policy_xml`, where there is one and it can be read.
pub(super) fn policy_xml(root: &Node, report: &mut Report) -> Option<Statements> {
    let (text, node) = Object::new(root).text_node(&POLICY_XML)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
    if !xml::is_xml(text) {
        report.refuse(&node.path, "a string", "a policy of API Management in XML");
        return None;
    }
    let values = Object::new(root).node(&NAMED_VALUES).map(Node::members).unwrap_or_default();
    let values = values.iter().filter_map(|(name, node)| Some((name.as_str(), node.text()?)));
    xml::read(text, POLICY_XML.name, &NamedValues::Given(values.collect()), report)
}

fn statement_of(object: Object<'_>) -> Option<Statement<'_>> {
    let validate_jwt = object.object(&VALIDATE_JWT_FIELD).map(Statement::ValidateJwt);
    validate_jwt.or_else(|| object.object(&AZURE_AD_FIELD).map(Statement::ValidateAzureAdToken))
}

/// Puts a configuration together. What it returns is only good if the report holds no problem.
pub(super) fn assemble(named: &[Named<'_>], root: &Node, report: &mut Report) -> Config {
    let object = Object::new(root);
    let mut providers = Providers::default();
    let mut policies = Vec::new();
    let mut known = Vec::new();
    for Named { name, path, statements, language } in named {
        report.language = *language;
        check_name(name, path, report);
        let mut requirements: Vec<_> =
            statements.iter().map(|statement| statement.read(&mut providers, report)).collect();
        known.push((*name, *path));
        if !requirements.is_empty() {
            let first = requirements.remove(0);
            policies.push(Policy { name: (*name).into(), first, rest: requirements });
        }
    }
    refuse_shared_resources(&policies, &known, report);
    providers.introduce(policies.iter().flat_map(Policy::requirements));
    let written = written_headers(named);
    check_headers(&written, &policies, report);
    report.language = Language::Json;
    let or_empty = |field| object.object(field).unwrap_or(Object::new(&EMPTY));
    let paths = paths::paths(or_empty(&PATHS_FIELD));
    let rules = if object.has(&RULES) {
        rules::rules(object.items(&RULES), &known, &written, paths, report)
    } else {
        vec![rules::everything()]
    };
    if object.has(&PATHS_FIELD) && rules.iter().all(|rule| rule.paths.is_empty()) {
        report.warn(PATHS_FIELD.name, "has no effect: no rule looks at paths");
    }
    Config {
        policies,
        rules,
        paths,
        providers: providers.0,
        key_refresh: settings::key_refresh(or_empty(&KEY_REFRESH_FIELD), report),
        limits: settings::limits(or_empty(&LIMITS_FIELD)),
        verdict_cache: settings::verdict_cache(or_empty(&VERDICT_CACHE_FIELD)),
        host_crypto: object.choice(&HOST_CRYPTO),
        naming: if object.has(&POLICIES) { Naming::Named } else { Naming::Single },
        outcome_state: if object.flag(&PUBLISH) {
            OutcomeState::Published
        } else {
            OutcomeState::Unpublished
        },
        warnings: Vec::new(),
    }
}

fn check_name(name: &str, path: &str, report: &mut Report) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        report.refuse(path, quoted(name), "a policy's name of letters, digits, _ and - (at most 64)");
    } else if name == ALLOW {
        report.refuse(
            path,
            quoted(name),
            "another name (in route metadata this word stands for no check at all)",
        );
    } else if name == NO_POLICY {
        report.refuse(
            path,
            quoted(name),
            "another name (metrics of requests without a policy have this one)",
        );
    }
}

/// Each document has one address, and each address one document.
fn refuse_shared_resources(policies: &[Policy], known: &[(&str, &str)], report: &mut Report) {
    let addresses: Vec<Vec<_>> = policies
        .iter()
        .map(|policy| policy.requirements().filter_map(|one| Some(&one.resource.as_ref()?.address)).collect())
        .collect();
    for (at, (own, (_, path))) in addresses.iter().zip(known).enumerate() {
        if own.iter().any(|own| addresses.iter().take(at).flatten().any(|other| other.meets(own))) {
            report.refuse(path, "another policy's resource.identifier", "an identifier of its own");
        }
    }
}

/// Every header that any policy writes, with the node that names it.
fn written_headers<'a>(named: &[Named<'a>]) -> Vec<(HeaderName, &'a Node)> {
    let statements = named.iter().flat_map(|named| &named.statements);
    statements.flat_map(|statement| forward::written_headers(statement.object())).collect()
}

/// What any policy writes is taken from every request, so no policy may find its token there.
fn check_headers(written: &[(HeaderName, &Node)], policies: &[Policy], report: &mut Report) {
    forward::refuse_other_spellings(written, report);
    for requirement in policies.iter().flat_map(Policy::requirements) {
        for place in requirement.places.iter() {
            forward::refuse_token_header(place, written, report);
        }
    }
}

/// The whole configuration.
pub(super) static CONFIGURATION: Shape = Shape {
    name: "the configuration",
    fields: &[
        &VALIDATE_JWT_FIELD,
        &AZURE_AD_FIELD,
        &POLICY_XML,
        &NAMED_VALUES,
        &POLICIES,
        &RULES,
        &PATHS_FIELD,
        &KEY_REFRESH_FIELD,
        &LIMITS_FIELD,
        &VERDICT_CACHE_FIELD,
        &HOST_CRYPTO.field,
        &PUBLISH,
    ],
    groups: &[
        Group::ExactlyOne(&[&VALIDATE_JWT_FIELD, &AZURE_AD_FIELD, &POLICY_XML, &POLICIES]),
        Group::Needs(&NAMED_VALUES, &POLICY_XML),
        Group::Needs(&POLICIES, &RULES),
        Group::Needs(&RULES, &POLICIES),
    ],
    doc: doc("Configuration of the validate-jwt filter."),
};

static NAMED_POLICY: Shape = Shape {
    name: "policy",
    fields: &[&VALIDATE_JWT_FIELD, &AZURE_AD_FIELD],
    groups: &[Group::ExactlyOne(&[&VALIDATE_JWT_FIELD, &AZURE_AD_FIELD])],
    doc: doc("A named policy."),
};

static VALIDATE_JWT_FIELD: Field =
    Field::optional("validate_jwt", Kind::Object(&VALIDATE_JWT), "The policy for every request.");
static AZURE_AD_FIELD: Field = Field::optional(
    "validate_azure_ad_token",
    Kind::Object(&VALIDATE_AZURE_AD_TOKEN),
    "The policy for every request, derived from an Entra tenant.",
);
static POLICY_XML: Field = Field::optional(
    "policy_xml",
    Kind::Secret,
    "A policy of API Management in XML, for every request: a statement, a `<fragment>` or a whole `<policies>`.",
);
static NAMED_VALUES: Field = Field::optional(
    NAMED_VALUES_NAME,
    Kind::Names(&Kind::Secret),
    "What `{{name}}` in `policy_xml` stands for: a text, never read as XML.",
);
static POLICIES: Field =
    Field::optional("policies", Kind::Map(&NAMED_POLICY), "Named policies, used by `rules`.");
static RULES: Field = Field::optional(
    "rules",
    Kind::List(&Kind::Object(&RULE)),
    "Which policy a request gets: the first rule that matches; the last one matches every request.",
);
static PATHS_FIELD: Field =
    Field::optional("paths", Kind::Object(&PATHS), "How the servers behind read paths, for `rules`.");
static KEY_REFRESH_FIELD: Field =
    Field::optional("key_refresh", Kind::Object(&KEY_REFRESH), "How keys are kept fresh.");
static LIMITS_FIELD: Field =
    Field::optional("limits", Kind::Object(&LIMITS), "Bounds on everything that a stranger can make large.");
static VERDICT_CACHE_FIELD: Field = Field::optional(
    "verdict_cache",
    Kind::Object(&VERDICT_CACHE),
    "Bounds of the verdict cache, per worker.",
);
static HOST_CRYPTO: Choice<HostCrypto> = Choice::new(
    "host_crypto",
    ("auto", HostCrypto::Auto),
    &[("off", HostCrypto::Off)],
    "`auto`: the proxy's own signature verification where it offers one that passes its self-test.",
);

static PUBLISH: Field = Field::preset(
    "publish",
    Kind::Flag,
    Preset::Flag(true),
    "Whether outcome, reason and policy of every request are published as filter state.",
);

pub(super) static EMPTY: Node = Node { path: String::new(), raw: Raw::Object(Vec::new()), written: None };

/// The word of route metadata that stands for no check.
const ALLOW: &str = "allow";
