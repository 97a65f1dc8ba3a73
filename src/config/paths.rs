//! `paths`: how the servers behind read paths.

use super::field::{Field, Kind, Preset, Shape, doc};
use super::object::Object;
use crate::gate::{PathCase, PathParameters, ServerPaths};

pub(super) fn paths(object: Object<'_>) -> ServerPaths {
    ServerPaths {
        case: object.choice(&CASE, |word| match word {
            "sensitive" => PathCase::Sensitive,
            "insensitive" => PathCase::Insensitive,
            _ => PathCase::Ambiguous,
        }),
        parameters: object.choice(&PARAMETERS, |word| match word {
            "dropped" => PathParameters::Dropped,
            "literal" => PathParameters::Literal,
            _ => PathParameters::Ambiguous,
        }),
    }
}

/// `paths`.
pub(super) static PATHS: Shape = Shape {
    name: "paths",
    fields: &[&CASE, &PARAMETERS],
    groups: &[],
    doc: doc(
        "How the servers behind read paths. What is not known is asked both ways; if the rules differ, 400.",
    ),
};

static CASE: Field = Field::preset(
    "case",
    Kind::Choice(&["ambiguous", "sensitive", "insensitive"]),
    Preset::Word("ambiguous"),
    "`sensitive`: they heed case. `insensitive`: they do not, and neither do rules.",
);
static PARAMETERS: Field = Field::preset(
    "parameters",
    Kind::Choice(&["ambiguous", "dropped", "literal"]),
    Preset::Word("ambiguous"),
    "`dropped`: they route without path parameters (`;v=1`), and so do rules. `literal`: they know none.",
);
