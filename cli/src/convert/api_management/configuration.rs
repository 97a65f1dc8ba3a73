//! The configuration of what stands in a document. It is never weaker: where the document asks for more than the
//! configuration can say, a stand-in keeps it from being loaded.

use serde_json::{Map, Value, json};
use validate_jwt::config::apim::{self, Cause, Finding, NamedValues, Statement};

use super::conditions;
use super::walk::{Branch, Found, Other, Placed};
use crate::convert::{Conversion, Left};

/// Puts everything together.
pub(super) fn conversion(found: Found<'_>, named_values: &NamedValues) -> Conversion {
    let Found { statements, others } = found;
    let made: Vec<_> =
        statements.iter().filter_map(|placed| placed.element.statement(named_values)).collect();
    let is_plain = statements.iter().all(|placed| placed.section == "inbound" && placed.branches.is_empty());
    let policies = Policies::new(&statements, &made);
    let configuration = match made.as_slice() {
        [one] if is_plain => one.configuration(),
        _ if is_plain => {
            let elements: Vec<_> = statements.iter().map(|placed| placed.element).collect();
            apim::several(&elements, named_values)
        }
        _ => policies.configuration(),
    };
    let left = others.into_iter().flat_map(|other| match other {
        Other::Left(left) => vec![left],
        Other::Branch { file, line, branch, statements, of_choice } => {
            vec![policies.branch(file, line, &branch, statements, of_choice)]
        }
        Other::Statement(index) => policies.statement(index),
    });
    let mut told: Vec<Left> = Vec::new();
    for left in left {
        if !told.contains(&left) {
            told.push(left);
        }
    }
    Conversion { configuration, left: told }
}

/// Named policies, one a statement.
struct Policies<'a, 'd> {
    placed: &'a [Placed<'d>],
    made: &'a [Statement],
    names: Vec<String>,
}

impl<'a, 'd> Policies<'a, 'd> {
    fn new(placed: &'a [Placed<'d>], made: &'a [Statement]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for placed in placed {
            let base = match placed.branches.last() {
                Some(Branch { condition: Some(_), .. }) => "when",
                Some(Branch { condition: None, .. }) => "otherwise",
                None => placed.section,
            };
            let taken = |name: &str| names.iter().any(|known| known == name);
            let numbered = (1..).map(|number| format!("{base}_{number}"));
            let mut free = [base.to_owned()].into_iter().chain(numbered.skip(1));
            names.extend(free.find(|name| !taken(name)));
        }
        Self { placed, made, names }
    }

    /// The statements of `inbound`: those that every request gets, and those of branches.
    fn of_inbound(&self, conditional: Conditional) -> impl Iterator<Item = usize> {
        let fits = move |placed: &Placed<'_>| match conditional {
            Conditional::No => placed.branches.is_empty(),
            Conditional::Yes => !placed.branches.is_empty(),
        };
        let placed = self.placed.iter().enumerate();
        placed.filter(move |(_, placed)| placed.section == "inbound" && fits(placed)).map(|(index, _)| index)
    }

    /// The policy of the last rule. What every request has to pass; where there is no such statement, the last of the
    /// branches: requests that no rule before it matches are in its branch, or are held to more than before.
    fn fallback(&self) -> usize {
        let always = self.of_inbound(Conditional::No).next();
        always.or_else(|| self.of_inbound(Conditional::Yes).last()).unwrap_or_default()
    }

    /// Statements of which a request may have to pass this one as well.
    fn together(&self, index: usize) -> Vec<usize> {
        let Some(placed) = self.placed.get(index).filter(|placed| placed.section == "inbound") else {
            return Vec::new();
        };
        let is_conditional = !placed.branches.is_empty();
        let others = self.placed.iter().enumerate().filter(|(at, other)| {
            *at != index
                && other.section == "inbound"
                && !other.excludes(placed)
                // Every request has to pass these; of those in branches the rules before know.
                && (is_conditional || other.branches.is_empty())
        });
        others.map(|(at, _)| at).collect()
    }

    fn configuration(&self) -> Value {
        let mut policies = Map::new();
        for (index, (statement, name)) in self.made.iter().zip(&self.names).enumerate() {
            let Statement { field, value, left } = statement;
            let mut statement = Statement { field, value: value.clone(), left: left.clone() };
            for other in self.together(index) {
                statement.seal_with(&format!("policy {} has to pass as well", self.name(other)));
            }
            policies.insert(name.clone(), statement.configuration());
        }
        let fallback = self.fallback();
        let mut rules: Vec<Value> = Vec::new();
        for index in self.of_inbound(Conditional::Yes).filter(|index| *index != fallback) {
            let line = self.placed.get(index).map_or(0, |placed| placed.element.line());
            let text = format!("{{{{condition of the policy in line {line}}}}}");
            rules.push(json!({"match": {"path": text}, "policy": self.name(index)}));
        }
        rules.push(json!({"match": {}, "policy": self.name(fallback)}));
        json!({"policies": policies, "rules": rules})
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }

    /// What is to be said of a branch.
    fn branch(
        &self,
        file: &str,
        line: usize,
        branch: &Branch<'_>,
        statements: std::ops::Range<usize>,
        of_choice: std::ops::Range<usize>,
    ) -> Left {
        let what = match branch.condition {
            Some(condition) => format!("<when> {}", conditions::quoted(condition)),
            None => "<otherwise>".to_owned(),
        };
        let parts = || conditions::parts(branch.condition.into_iter());
        let fallback = self.fallback();
        let has_always = self.of_inbound(Conditional::No).next().is_some();
        let names: Vec<_> = statements.clone().map(|index| format!("{:?}", self.name(index))).collect();
        let instead = if of_choice.is_empty() {
            "no token is validated in this choice: where it decides who may do what, rules and authorize; otherwise the \
             proxy's own routes"
                .to_owned()
        } else if statements.is_empty() && has_always {
            "nothing: this branch validates no further token".to_owned()
        } else if statements.is_empty() {
            format!(
                "this branch validates no token: where its requests are to pass without one, a rule before the others with \
                 \"allow\": true and a \"match\" by {}; without such a rule they need a token",
                parts()
            )
        } else if statements.contains(&fallback) {
            format!(
                "the last rule names its policy {:?}: every request that no rule before it matches has to pass it; for \
                 those that are to pass without a token, a rule before it with \"allow\": true",
                self.name(fallback)
            )
        } else {
            format!("its policy is {}: write \"match\" of its rule, by {}", names.join(", "), parts())
        };
        Left { file: file.to_owned(), line: Some(line), what, instead }
    }

    /// What is to be said of a statement.
    fn statement(&self, index: usize) -> Vec<Left> {
        let (Some(placed), Some(made)) = (self.placed.get(index), self.made.get(index)) else {
            return Vec::new();
        };
        let left = |line, what: String, instead: String| Left {
            file: placed.file.to_owned(),
            line: Some(line),
            what,
            instead,
        };
        let mut told: Vec<_> = made
            .left
            .iter()
            .map(|finding| {
                let Finding { line, cause } = finding;
                match cause {
                    Cause::MissingNamedValue(name) => left(
                        *line,
                        format!("the named value {{{{{name}}}}}"),
                        format!("give it: --named-value {name}=VALUE"),
                    ),
                    Cause::LeftOut { found, instead } => {
                        left(*line, found.clone(), format!("{instead}; it is left out"))
                    }
                    Cause::StandIn { found, instead } => {
                        left(*line, found.clone(), format!("{instead}; a stand-in is in its place"))
                    }
                }
            })
            .collect();
        let is_in_rules =
            self.placed.iter().any(|placed| placed.section != "inbound" || !placed.branches.is_empty());
        let together = if is_in_rules { self.together(index) } else { Vec::new() };
        if !together.is_empty() {
            let names: Vec<_> = together.iter().map(|other| format!("{:?}", self.name(*other))).collect();
            told.push(left(
                placed.element.line(),
                format!("<{}>, policy {:?}", placed.element.name(), self.name(index)),
                format!(
                    "requests have to pass {} as well: a rule names one policy, so put the claims and audiences of all into \
                     one, then take left_to_do out",
                    names.join(" and ")
                ),
            ));
        }
        told
    }
}

#[derive(Clone, Copy)]
enum Conditional {
    No,
    Yes,
}
