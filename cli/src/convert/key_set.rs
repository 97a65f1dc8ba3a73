//! A key set that stands in a document as text.

use serde_json::Value;

use super::part::Part;

/// The set; the text itself, which is refused, where it is none.
pub(super) fn parse(text: &str, part: &Part<'_>) -> Value {
    match serde_json::from_str(text) {
        Ok(set) => set,
        Err(error) => {
            part.say(format!("is no JSON ({error}): put the key set into jwks, where check asks for it"));
            text.into()
        }
    }
}
