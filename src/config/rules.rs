//! `rules`: which policy a request gets.

use super::field::{Field, Group, Kind, Shape, TEXT, TEXTS, doc};
use super::header_match;
use super::host_rule;
use super::node::{Node, Raw};
use super::object::Object;
use super::problem::Report;
use super::quote::quoted;
use super::shadow;
use super::suggest;
use super::text;
use crate::gate::{
    Alternatives, HeaderName, HostMatch, PathMatch, PathParameters, PathPattern, PolicyId, Preflight,
    RequestPath, Rule, RuleOutcome, ServerPaths,
};

/// The one rule of a configuration without rules.
pub(super) fn everything() -> Rule {
    Rule {
        paths: Vec::new(),
        methods: None,
        hosts: None,
        headers: Vec::new(),
        preflight: Preflight::Whatever,
        outcome: RuleOutcome::Policies(PolicyId(0).into()),
    }
}

/// Reads the rules; `names` are the policies in order, each with its path.
pub(super) fn rules(
    nodes: &[Node],
    names: &[(&str, &str)],
    written: &[(HeaderName, &Node)],
    servers: ServerPaths,
    report: &mut Report,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let object = Object::new(node);
        let matcher = object.object(&MATCH);
        let is_last = index + 1 == nodes.len();
        let matches_all = node.member(MATCH.name).is_some_and(|node| node.members().is_empty());
        let path = report.path_of(object.path(), MATCH.name);
        if let Some(matcher) = matcher.map(Object::path).filter(|_| is_last != matches_all) {
            let (found, allowed) = if is_last {
                ("a condition", "{} in the last rule, so that what happens to any request is written down")
            } else {
                ("{} before the last rule", "at least one condition: no rule after this one is ever used")
            };
            report.refuse(matcher, found, allowed);
        }
        let outcome = outcome(object, names, report);
        let Some(matcher) = matcher else { continue };
        let conditions = Rule {
            paths: paths(matcher, servers, report),
            methods: methods(matcher, report),
            hosts: hosts(matcher, report),
            headers: matcher
                .node(&HEADERS)
                .map(|node| header_match::headers(node, written, report))
                .unwrap_or_default(),
            preflight: preflight(matcher, report),
            outcome: outcome.unwrap_or(RuleOutcome::Policies(PolicyId(usize::MAX).into())),
        };
        if is_last && matches_all && conditions.outcome == RuleOutcome::Allow {
            report.warn(&path, "what no other rule matches is allowed without a token");
        }
        rules.push(conditions);
    }
    for (rule, by) in shadow::shadowed(&rules) {
        if let (Some(rule), Some(by)) = (nodes.get(rule), nodes.get(by)) {
            report.warn(
                &rule.path,
                format!("never decides: {} matches every request that it matches", by.path),
            );
        }
    }
    for (index, (name, path)) in names.iter().enumerate() {
        let uses = |rule: &Rule| match &rule.outcome {
            RuleOutcome::Policies(policies) => policies.iter().any(|id| id.0 == index),
            RuleOutcome::Allow => false,
        };
        if !rules.iter().any(uses) {
            report.warn(
                path,
                format!(
                    "no rule uses the policy {}: only a route of Envoy can choose it, by its metadata",
                    quoted(name)
                ),
            );
        }
    }
    rules
}

fn outcome(rule: Object<'_>, names: &[(&str, &str)], report: &mut Report) -> Option<RuleOutcome> {
    let Some(policy) = rule.node(&POLICY) else {
        let allow = rule.node(&ALLOW)?;
        if !rule.flag(&ALLOW) && matches!(allow.raw, Raw::Flag(false)) {
            report.refuse_value(allow, "true, or a policy instead");
        }
        return Some(RuleOutcome::Allow);
    };
    let nodes = if policy.text().is_some() { std::slice::from_ref(policy) } else { policy.items() };
    let mut ids = Vec::new();
    for node in nodes {
        let id = policy_id(node, names, report)?;
        if ids.contains(&id) {
            report.refuse_value(node, "each policy once");
        }
        ids.push(id);
    }
    let first = *ids.first()?;
    ids.remove(0);
    Some(RuleOutcome::Policies(Alternatives::new(first, ids)))
}

fn policy_id(node: &Node, names: &[(&str, &str)], report: &mut Report) -> Option<PolicyId> {
    let name = node.text()?;
    if let Some(index) = names.iter().position(|(known, _)| *known == name) {
        return Some(PolicyId(index));
    }
    let known = || names.iter().map(|(name, _)| *name);
    let allowed = format!("one of policies: {}", known().collect::<Vec<_>>().join(", "));
    report.suggest(&node.path, node.describe(), allowed, suggest::nearest(name, known()).map(quoted));
    None
}

fn paths(matcher: Object<'_>, servers: ServerPaths, report: &mut Report) -> Vec<PathMatch> {
    let mut paths = Vec::new();
    if let Some((path, node)) = matcher.text_node(&PATH) {
        check_path(path, node, servers, report);
        paths.push(PathMatch::Exact(path.to_owned()));
    }
    if let Some((path, node)) = matcher.text_node(&PATH_PREFIX) {
        check_path(path, node, servers, report);
        paths.push(PathMatch::Prefix(path.strip_suffix('/').unwrap_or(path).to_owned()));
    }
    if let Some((pattern, node)) = matcher.text_node(&PATH_REGEX) {
        warn_of_parameters(pattern, node, servers, report);
        match PathPattern::new(pattern) {
            Ok(pattern) => paths.push(PathMatch::Pattern(pattern)),
            Err(error) => report.refuse_value(node, format!("a regular expression ({error})")),
        }
    }
    paths
}

/// A path that is not in normal form would never match.
fn check_path(path: &str, node: &Node, servers: ServerPaths, report: &mut Report) {
    warn_of_parameters(path, node, servers, report);
    match RequestPath::of(path.as_bytes()) {
        _ if path.contains(['?', '#']) => report.refuse_value(node, "a path without query and fragment"),
        _ if ["/;", "/%3B", "/%3b"].iter().any(|hollow| path.contains(hollow)) => {
            report.refuse_value(node, "a path whose segments have a name before their parameters");
        }
        Ok(found) if found.normal() == path && path.starts_with('/') => {}
        Ok(found) if found.normal().starts_with('/') => {
            let meant = Some(quoted(found.normal()));
            report.suggest(&node.path, node.describe(), "a path as it is after normalisation", meant);
        }
        Ok(_) | Err(_) => {
            let allowed = "a path that starts with / and holds no \\, %2F, %5C, %00, bad escape or other character \
                           that has to be escaped";
            report.refuse_value(node, allowed);
        }
    }
}

/// Not every server knows parameters as parts of a path.
fn warn_of_parameters(path: &str, node: &Node, servers: ServerPaths, report: &mut Report) {
    let text = match servers.parameters {
        _ if !path.contains(';') => return,
        PathParameters::Literal => return,
        PathParameters::Dropped => "paths.parameters is \"dropped\": rules are compared without parameters",
        PathParameters::Ambiguous => {
            "servers that drop path parameters read another path here: where the rules tell the two apart, the answer \
             is 400; paths.parameters says how the servers behind read them"
        }
    };
    report.warn(&node.path, text);
}

fn methods(matcher: Object<'_>, report: &mut Report) -> Option<Vec<String>> {
    for (method, node) in matcher.text_nodes(&METHODS) {
        if !text::is_http_token(method) {
            report.refuse_value(node, "a method such as GET");
        }
    }
    matcher.texts(&METHODS)
}

fn hosts(matcher: Object<'_>, report: &mut Report) -> Option<Vec<HostMatch>> {
    matcher.node(&HOSTS)?;
    let mut hosts = Vec::new();
    for (host, node) in matcher.text_nodes(&HOSTS) {
        hosts.extend(host_rule::host(host, node, report));
    }
    Some(hosts)
}

fn preflight(matcher: Object<'_>, report: &mut Report) -> Preflight {
    let Some(node) = matcher.node(&CORS_PREFLIGHT) else { return Preflight::Whatever };
    if matches!(node.raw, Raw::Flag(false)) {
        report.refuse_value(node, "true, or no such field (no rule matches all but preflight requests)");
    }
    Preflight::Only
}

/// An entry of `rules`.
pub(super) static RULE: Shape = Shape {
    name: "rule",
    fields: &[&MATCH, &POLICY, &ALLOW],
    groups: &[Group::ExactlyOne(&[&POLICY, &ALLOW])],
    doc: doc("Which requests, and what happens to them. The first rule that matches decides."),
};

static MATCHER: Shape = Shape {
    name: "match",
    fields: &[&PATH, &PATH_PREFIX, &PATH_REGEX, &METHODS, &HOSTS, &HEADERS, &CORS_PREFLIGHT],
    groups: &[],
    doc: doc("Conditions, all of which must hold; `{}` matches every request."),
};

static MATCH: Field = Field::required("match", Kind::Object(&MATCHER), "Which requests.");
static POLICY: Field = Field::optional(
    "policy",
    Kind::Either(&[TEXT, TEXTS]),
    "Name of the policy that decides, or a list of which the first that accepts the request does.",
);
static ALLOW: Field = Field::optional("allow", Kind::Flag, "`true`: the request goes on without a token.");
static PATH: Field =
    Field::optional("path", Kind::Text(doc("^/[^?#]*$")), "The whole path, after normalisation.");
static PATH_PREFIX: Field = Field::optional(
    "path_prefix",
    Kind::Text(doc("^/[^?#]*$")),
    "Whole segments: `/a` matches `/a` and `/a/b`, not `/ab`.",
);
static PATH_REGEX: Field =
    Field::optional("path_regex", TEXT, "A regular expression for the path, anchored at both ends.");
static METHODS: Field = Field::optional("methods", TEXTS, "Methods, compared ignoring case.");
static HOSTS: Field = Field::optional(
    "hosts",
    TEXTS,
    "The whole authority, ignoring case, as Envoy's `domains`: `example.com`, `*.example.com`, `example.com:8443`, \
     `example.com:*`.",
);
static HEADERS: Field = Field::optional(
    "headers",
    Kind::Names(&header_match::VALUE),
    "Headers by name, each with its value, `null` for any, or a `pattern`; never one that `forward` writes.",
);
static CORS_PREFLIGHT: Field = Field::optional(
    "cors_preflight",
    Kind::Flag,
    "`true`: `OPTIONS` with `Origin` and `Access-Control-Request-Method`.",
);
