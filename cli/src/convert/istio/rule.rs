//! A rule of an `AuthorizationPolicy`, as what it is made of: every `from` with every `to`.

use super::super::part::Part;
use super::super::requests::{self, Condition, Literal};
use super::operation::{self, Asked};
use super::token::TokenCondition;

/// A combination of a source and an operation, with what `when` adds. All of it has to hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Alternative {
    /// The name of the `AuthorizationPolicy`.
    pub(super) policy: String,
    /// Conditions on the request.
    pub(super) requests: Vec<Literal>,
    /// Conditions on the token, each to hold or not.
    pub(super) token: Vec<(TokenCondition, bool)>,
    /// What cannot be said here.
    pub(super) unsayable: Vec<String>,
    /// Whether something is asked that no request can meet.
    never: bool,
}

/// Reads a rule; conditions on requests are numbered in `known`.
pub(super) fn alternatives(rule: &Part<'_>, policy: &str, known: &mut Vec<Condition>) -> Vec<Alternative> {
    let mut base = Alternative { policy: policy.to_owned(), ..Alternative::default() };
    for part in rule.list("when") {
        base.add_condition(&part, known);
    }
    let mut sources = Vec::new();
    for part in rule.list("from") {
        let mut one = base.clone();
        if let Some(source) = part.member("source") {
            one.add_source(&source);
        }
        sources.push(one);
    }
    if sources.is_empty() {
        sources.push(base);
    }
    let operations = rule.list("to");
    let mut all = Vec::new();
    for source in sources {
        if operations.is_empty() {
            all.push(source.clone());
        }
        for part in &operations {
            let mut one = source.clone();
            if let Some(operation) = part.member("operation") {
                one.add_operation(&operation, known);
            }
            all.push(one);
        }
    }
    all.retain(|one| !one.never);
    all
}

impl Alternative {
    fn add_condition(&mut self, part: &Part<'_>, known: &mut Vec<Condition>) {
        let key = part.text("key").unwrap_or_default();
        for (name, holds) in [("values", true), ("notValues", false)] {
            let values = part.texts(name);
            if values.is_empty() {
                continue;
            }
            if let Some(condition) = TokenCondition::of_key(key, values.clone()) {
                self.token.push((condition, holds));
            } else if let Some(asked) = operation::header(key, &values) {
                self.add_request(asked, holds, known);
            } else {
                self.beyond(part, key);
            }
        }
    }

    fn add_source(&mut self, source: &Part<'_>) {
        for (name, part) in source.members() {
            if part.value().as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            let holds = !name.starts_with("not");
            match name.as_str() {
                "requestPrincipals" | "notRequestPrincipals" => {
                    let values = source.texts(&name);
                    if !values.is_empty() {
                        self.token.push((TokenCondition::Principal(values), holds));
                    }
                }
                _ => self.beyond(&part, &name),
            }
        }
    }

    fn add_operation(&mut self, operation: &Part<'_>, known: &mut Vec<Condition>) {
        for (name, part) in operation.members() {
            let holds = !name.starts_with("not");
            let values = operation.texts(&name);
            let asked = match name.as_str() {
                _ if values.is_empty() => continue,
                "paths" | "notPaths" => operation::paths(&part, &values),
                "methods" | "notMethods" => operation::methods(&part, &values),
                "hosts" | "notHosts" => operation::hosts(&part, &values),
                _ => {
                    self.beyond(&part, &name);
                    continue;
                }
            };
            self.add_request(asked, holds, known);
        }
    }

    fn add_request(&mut self, asked: Asked, holds: bool, known: &mut Vec<Condition>) {
        match asked {
            Asked::Anything => self.never |= !holds,
            Asked::Condition(condition) => {
                self.requests.push((requests::number(condition, known), holds));
            }
        }
    }

    fn beyond(&mut self, part: &Part<'_>, what: &str) {
        part.leave(
            "is about the caller's connection, which the filter does not judge: the rule names it, and check refuses it; \
             keep an AuthorizationPolicy for it, or drop it",
        );
        self.unsayable.push(what.to_owned());
    }
}
