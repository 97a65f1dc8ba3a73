//! `paths`: how the servers behind read paths.

use super::choice::Choice;
use super::field::{Shape, doc};
use super::object::Object;
use crate::gate::{PathCase, PathParameters, ServerPaths};

pub(super) fn paths(object: Object<'_>) -> ServerPaths {
    ServerPaths { case: object.choice(&CASE), parameters: object.choice(&PARAMETERS) }
}

/// `paths`.
pub(super) static PATHS: Shape = Shape {
    name: "paths",
    fields: &[&CASE.field, &PARAMETERS.field],
    groups: &[],
    doc: doc(
        "How the servers behind read paths. What is not known is asked both ways; if the rules differ, 400.",
    ),
};

static CASE: Choice<PathCase> = Choice::new(
    "case",
    ("ambiguous", PathCase::Ambiguous),
    &[("sensitive", PathCase::Sensitive), ("insensitive", PathCase::Insensitive)],
    "`sensitive`: they heed case. `insensitive`: they do not, and neither do rules.",
);
static PARAMETERS: Choice<PathParameters> = Choice::new(
    "parameters",
    ("ambiguous", PathParameters::Ambiguous),
    &[("dropped", PathParameters::Dropped), ("literal", PathParameters::Literal)],
    "`dropped`: they route without path parameters (`;v=1`), and so do rules. `literal`: they know none.",
);
