//! `match.headers`: what a rule looks for in a request's headers.

use super::header_name::HeaderName;
use super::request::Request;
use super::value_match::ValueMatch;

/// A header that a request must have.
#[derive(Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Which one.
    pub name: HeaderName,
    /// What it must hold.
    pub demand: HeaderDemand,
}

/// What a header must hold.
#[derive(Debug, PartialEq, Eq)]
pub enum HeaderDemand {
    /// Anything.
    Present,
    /// This value. Values of a header that is sent several times count as one, joined by commas (RFC 9110, 5.3).
    Value(ValueMatch),
}

impl HeaderMatch {
    /// Whether a request has it.
    pub(super) fn matches(&self, request: &Request) -> bool {
        let mut values = request.values(self.name.as_str());
        let Some(first) = values.next() else { return false };
        let HeaderDemand::Value(wanted) = &self.demand else { return true };
        let mut whole = first.to_vec();
        for further in values {
            whole.push(b',');
            whole.extend_from_slice(further);
        }
        // Bytes that are not UTF-8 must not hide the rest of the value from a pattern.
        wanted.matches(&String::from_utf8_lossy(&whole))
    }
}
