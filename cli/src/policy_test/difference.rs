//! What was found otherwise than expected.

use std::fmt;

use validate_jwt::gate::Reason;

use super::file::{FullExpectation, Texts};
use crate::evaluation::{Evaluation, Fate, Header};

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which one.
    pub field: String,
    /// What is expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.field, self.expected, self.found)
    }
}

/// Holds a verdict against what is expected of it.
pub(super) fn between(expected: &FullExpectation, found: &Evaluation, method: &str) -> Vec<Difference> {
    let answer = found.answer(method);
    let answered: Vec<Header> = answer.iter().flat_map(|answer| &answer.headers).map(header).collect();
    let reason = found.refusal().map(|refusal| refusal.reason.code());
    let status = answer.as_ref().map_or(GOES_ON, |answer| answer.status);
    let policy = found.decided_by();
    let mut differences = Differences(Vec::new());
    differences.field("outcome", expected.outcome.map(Fate::word), Some(found.fate().word()));
    differences.field(
        "status",
        expected.status.map(|status| status.to_string()).as_deref(),
        Some(&status.to_string()),
    );
    differences.field("reason", expected.reason.map(Reason::code), reason);
    differences.field("policy", expected.policy.as_deref(), policy);
    let upstream = found.upstream();
    for (name, wanted) in &expected.upstream {
        let values = upstream.as_deref().map(|headers| values(headers, name));
        differences.headers(&format!("upstream {name}"), wanted.as_ref(), values.as_deref());
    }
    for (name, wanted) in &expected.answer {
        let values = answer.as_ref().map(|_| values(&answered, name));
        differences.headers(&format!("answer {name}"), wanted.as_ref(), values.as_deref());
    }
    if let Some(Texts(parts)) = &expected.challenge {
        let challenge = values(&answered, "www-authenticate").join(", ");
        for part in parts.iter().filter(|part| !challenge.contains(part.as_str())) {
            differences.add("challenge", format!("{part:?} in it"), format!("{challenge:?}"));
        }
    }
    differences.0
}

struct Differences(Vec<Difference>);

impl Differences {
    fn field(&mut self, name: &str, expected: Option<&str>, found: Option<&str>) {
        if let Some(wanted) = expected.filter(|_| expected != found) {
            self.add(name, wanted.to_owned(), found.unwrap_or("none").to_owned());
        }
    }

    /// Compares the values of a header; there are none where nobody got any headers.
    fn headers(&mut self, name: &str, expected: Option<&Texts>, found: Option<&[String]>) {
        let none = Vec::new();
        let wanted = expected.map_or(&none, |texts| &texts.0);
        match found {
            Some(values) if values == wanted => {}
            Some(values) => self.add(name, list(wanted), list(values)),
            None => self.add(name, list(wanted), "no headers: the request does not get there".to_owned()),
        }
    }

    fn add(&mut self, field: &str, expected: String, found: String) {
        self.0.push(Difference { field: field.to_owned(), expected, found });
    }
}

fn header((name, value): &(impl AsRef<str>, impl AsRef<str>)) -> Header {
    (name.as_ref().to_owned(), value.as_ref().as_bytes().to_vec())
}

fn values(headers: &[Header], name: &str) -> Vec<String> {
    let own = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    own.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

fn list(values: &[String]) -> String {
    match values {
        [] => "none".to_owned(),
        values => values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", "),
    }
}

/// The status of a request that goes on, as far as the filter is concerned.
const GOES_ON: u16 = 200;
