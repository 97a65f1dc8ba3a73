//! Regular expressions that an operator wrote, anchored at both ends.

use regex_lite::{Error, Regex, RegexBuilder};

use super::reading::Case;

/// Compiles a pattern for whole texts.
///
/// # Errors
///
/// What is wrong with it; also when it is too large or nested too deeply.
pub(super) fn anchored(pattern: &str, case: Case) -> Result<Regex, Error> {
    // Alone first: a pattern that is only whole between the brackets below would leave its anchors.
    build(pattern, case)?;
    build(&format!("^(?:{pattern})$"), case)
}

fn build(pattern: &str, case: Case) -> Result<Regex, Error> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES)
        .nest_limit(REGEX_DEPTH)
        .case_insensitive(case == Case::Ignored)
        .build()
}

const REGEX_BYTES: usize = 1 << 18;
const REGEX_DEPTH: u32 = 50;
