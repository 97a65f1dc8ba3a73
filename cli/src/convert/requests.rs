//! Conditions on requests that may hold together, as rules of which the first that matches decides.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::path::{self, Meet, PathForm};

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// One of these methods.
    Methods(Vec<String>),
    /// One of these paths.
    Paths(Vec<PathForm>),
    /// One of these hosts.
    Hosts(Vec<String>),
    /// A header, as `match.headers` has it.
    Header(String, Value),
    /// One that cannot be said here: what it is about.
    Unsayable(String),
}

/// Whether any of these is about paths.
pub(super) fn look_at_paths(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| matches!(condition, Condition::Paths(_)))
}

/// A condition by its number, and whether it has to hold or must not.
pub(super) type Literal = (usize, bool);

/// The number of a condition among those that are known, which it joins.
pub(super) fn number(condition: Condition, known: &mut Vec<Condition>) -> usize {
    known.iter().position(|one| *one == condition).unwrap_or_else(|| {
        known.push(condition);
        known.len() - 1
    })
}

/// Said of what [`Condition::Unsayable`] stands for.
pub(super) const UNSAYABLE: &str =
    "cannot be said here: it stands in the rule, which check refuses until you write it otherwise";

/// Requests for which some conditions hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests {
    methods: Option<Vec<String>>,
    pub(super) paths: Option<Vec<PathForm>>,
    hosts: Option<Vec<String>>,
    headers: BTreeMap<String, Value>,
    unsayable: Vec<String>,
}

impl Requests {
    /// Those of them for which another condition holds as well; none if that cannot be.
    pub(super) fn and(mut self, condition: &Condition) -> Option<Self> {
        match condition {
            Condition::Methods(methods) => {
                let both = |known: Vec<String>| common(known, methods);
                self.methods = Some(self.methods.map_or_else(|| methods.clone(), both));
            }
            Condition::Hosts(hosts) if self.hosts.is_none() => self.hosts = Some(hosts.clone()),
            Condition::Hosts(hosts) => {
                let any_port = |host: &String| host.contains('*');
                if self.hosts.iter().flatten().chain(hosts).any(any_port)
                    && self.hosts.as_ref() != Some(hosts)
                {
                    self.unsayable.push("two conditions on hosts".to_owned());
                } else {
                    self.hosts = self.hosts.map(|known| common(known, hosts));
                }
            }
            Condition::Paths(forms) => match self.paths.take() {
                None => self.paths = Some(forms.clone()),
                Some(known) => self.paths = Some(self.meet(&known, forms)),
            },
            Condition::Header(name, value) => {
                let known = self.headers.insert(name.clone(), value.clone());
                if known.is_some_and(|known| known != *value) {
                    self.unsayable.push(format!("two conditions on the header {name}"));
                }
            }
            Condition::Unsayable(what) => self.unsayable.push(what.clone()),
        }
        let impossible = self.methods.as_ref().is_some_and(Vec::is_empty)
            || self.hosts.as_ref().is_some_and(Vec::is_empty)
            || self.paths.as_ref().is_some_and(Vec::is_empty);
        (!impossible).then_some(self)
    }

    fn meet(&mut self, known: &[PathForm], others: &[PathForm]) -> Vec<PathForm> {
        let mut forms = Vec::new();
        for (one, two) in known.iter().flat_map(|one| others.iter().map(move |two| (one, two))) {
            match one.and(two) {
                Meet::Form(form) if forms.contains(&form) => {}
                Meet::Form(form) => forms.push(form),
                Meet::Nothing => {}
                Meet::Unsayable => {
                    self.unsayable.push("two conditions on the path".to_owned());
                    return others.to_vec();
                }
            }
        }
        forms
    }

    /// `match` of a rule. What cannot be said stands there as a field that `check` refuses.
    pub(super) fn to_match(&self) -> Map<String, Value> {
        let mut matcher = Map::new();
        if let Some(methods) = &self.methods {
            matcher.insert("methods".into(), json!(methods));
        }
        if let Some(forms) = &self.paths {
            path::put(forms, &mut matcher);
        }
        if let Some(hosts) = &self.hosts {
            matcher.insert("hosts".into(), json!(hosts));
        }
        if !self.headers.is_empty() {
            matcher.insert("headers".into(), json!(self.headers));
        }
        for what in &self.unsayable {
            matcher.insert(format!("cannot be said here: {what}"), Value::Bool(true));
        }
        matcher
    }
}

/// Those of some conditions that hold for requests; the others do not hold.
pub(super) struct Held<'a>(&'a [bool]);

impl Held<'_> {
    /// Whether all of these are as they have to be.
    pub(super) fn meet(&self, literals: &[Literal]) -> bool {
        literals.iter().all(|(at, holds)| self.has(*at) == *holds)
    }

    fn has(&self, condition: usize) -> bool {
        self.0.get(condition).copied().unwrap_or_default()
    }
}

/// A rule for every combination of conditions that can be, those where more hold first, so that the first that matches is the
/// one of a request. Nothing if there would be too many.
pub(super) fn table<O: PartialEq>(
    conditions: &[Condition],
    outcome: impl Fn(&Held<'_>) -> O,
) -> Option<Vec<(Map<String, Value>, O)>> {
    let mut combinations = Vec::new();
    combine(conditions, Requests::default(), &mut Vec::new(), &mut combinations)?;
    let mut rows: Vec<Row<O>> = Vec::new();
    for (requests, held) in combinations {
        let matcher = requests.to_match();
        if !rows.iter().any(|row| row.matcher == matcher) {
            rows.push(Row { matcher, outcome: outcome(&Held(&held)), held });
        }
    }
    for at in (0..rows.len()).rev() {
        let says_the_same = rows.get(at).is_some_and(|row| {
            let next = rows.iter().skip(at + 1).find(|later| later.holds_where(row));
            next.is_some_and(|next| next.outcome == row.outcome)
        });
        if says_the_same {
            rows.remove(at);
        }
    }
    Some(rows.into_iter().map(|row| (row.matcher, row.outcome)).collect())
}

struct Row<O> {
    matcher: Map<String, Value>,
    held: Vec<bool>,
    outcome: O,
}

impl<O> Row<O> {
    /// Whether all that holds here holds there.
    fn holds_where(&self, other: &Self) -> bool {
        self.held.iter().zip(&other.held).all(|(here, there)| *there || !here)
    }
}

fn combine(
    conditions: &[Condition],
    requests: Requests,
    held: &mut Vec<bool>,
    found: &mut Vec<(Requests, Vec<bool>)>,
) -> Option<()> {
    let Some((condition, others)) = conditions.split_first() else {
        found.push((requests, held.clone()));
        return (found.len() <= MOST_RULES).then_some(());
    };
    if let Some(fewer) = requests.clone().and(condition) {
        held.push(true);
        combine(others, fewer, held, found)?;
        held.pop();
    }
    held.push(false);
    combine(others, requests, held, found)?;
    held.pop();
    Some(())
}

fn common(mut known: Vec<String>, others: &[String]) -> Vec<String> {
    known.retain(|one| others.contains(one));
    known
}

/// Beyond this nobody could read them.
const MOST_RULES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(methods: &[&str]) -> Condition {
        Condition::Methods(methods.iter().map(|method| (*method).to_owned()).collect())
    }

    fn prefix(path: &str) -> Condition {
        Condition::Paths(vec![PathForm::Prefix(path.to_owned())])
    }

    #[test]
    fn every_combination_that_can_be_has_a_rule_and_the_narrower_comes_first() {
        let conditions = [methods(&["GET"]), methods(&["POST"]), prefix("/a")];
        let rows = table(&conditions, |held| [0, 1, 2].map(|number| held.has(number))).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|(matcher, held)| (Value::from(matcher), held)).collect();
        assert_eq!(
            rows,
            [
                (json!({"methods": ["GET"], "path_regex": "/a.*"}), [true, false, true]),
                (json!({"methods": ["GET"]}), [true, false, false]),
                (json!({"methods": ["POST"], "path_regex": "/a.*"}), [false, true, true]),
                (json!({"methods": ["POST"]}), [false, true, false]),
                (json!({"path_regex": "/a.*"}), [false, false, true]),
                (json!({}), [false, false, false]),
            ]
        );
    }

    #[test]
    fn a_condition_within_another_makes_no_rule_that_never_decides() {
        let rows = table(&[prefix("/a"), prefix("/a/b")], |held| held.has(1)).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|(matcher, held)| (Value::from(matcher), held)).collect();
        assert_eq!(rows, [(json!({"path_regex": "/a/b.*"}), true), (json!({}), false)]);
        let rows = table(&[methods(&["GET"]), methods(&["GET", "PUT"])], |held| [held.has(0), held.has(1)]);
        let rows: Vec<_> = rows.unwrap().into_iter().map(|(_, held)| held).collect();
        assert_eq!(rows, [[true, true], [false, true], [false, false]]);
    }

    #[test]
    fn a_rule_that_says_what_the_next_one_says_anyway_is_left_out() {
        let conditions = [methods(&["GET"]), prefix("/a")];
        let rows = table(&conditions, |held| held.has(1)).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|(matcher, held)| (Value::from(matcher), held)).collect();
        assert_eq!(rows, [(json!({"path_regex": "/a.*"}), true), (json!({}), false)]);
        let rows = table(&conditions, |held| held.has(0) && held.has(1)).unwrap();
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn what_cannot_be_said_stands_in_the_rule() {
        let regex = Condition::Paths(vec![PathForm::regex("/[a-z]*")]);
        let rows = table(&[prefix("/a"), regex], |held| [held.has(0), held.has(1)]).unwrap();
        assert!(rows[0].0.contains_key("cannot be said here: two conditions on the path"), "{rows:?}");
    }

    #[test]
    fn too_many_conditions_are_no_table() {
        let headers = (0..9).map(|number| Condition::Header(format!("x-{number}"), Value::Null));
        assert!(table(&headers.collect::<Vec<_>>(), |_| ()).is_none());
    }
}
