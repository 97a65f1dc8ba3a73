//! A policy document, and which of its statements validate tokens.

use super::Statements;
use super::element::Element;
use super::foreign;
use super::form::Kind;
use super::named_values::NamedValues;
use super::statement;
use crate::config::problem::Report;
use crate::config::quote::quoted;
use crate::config::suggest;

/// The statements of a document: one alone, or those of `inbound` in order.
pub(super) fn statements(root: &Element, names: &NamedValues<'_>, report: &mut Report) -> Statements {
    let mut statements = Statements::new();
    match root.name.as_str() {
        "policies" => {
            for section in &root.children {
                match section.name.as_str() {
                    "inbound" => inbound(section, names, &mut statements, report),
                    "backend" | "outbound" | "on-error" => {
                        report.warn(&section.path, "ignored: this filter only looks at the request");
                    }
                    _ => refuse_section(section, report),
                }
            }
        }
        "inbound" | "fragment" => inbound(root, names, &mut statements, report),
        name => {
            if let Some(kind) = Kind::of(name) {
                statements.push((kind, statement::node(kind, root, names, report)));
            } else {
                let meant = suggest::nearest(name, ROOTS.into_iter()).map(|name| format!("<{name}>"));
                let allowed =
                    "<validate-jwt>, <validate-azure-ad-token>, or a document <policies> or <fragment>";
                report.suggest(&root.path, format!("the element {}", quoted(name)), allowed, meant);
            }
        }
    }
    if statements.is_empty() && report.problems.is_empty() {
        let allowed = "<validate-jwt> or <validate-azure-ad-token> in <inbound>";
        report.refuse(&root.path, "no policy that validates tokens", allowed);
    }
    statements
}

fn inbound(section: &Element, names: &NamedValues<'_>, statements: &mut Statements, report: &mut Report) {
    if !section.text.trim().is_empty() {
        report.refuse(&section.path, "text between the policies", "only policies");
    }
    for element in &section.children {
        if let Some(kind) = Kind::of(&element.name) {
            statements.push((kind, statement::node(kind, element, names, report)));
        } else if element.name == "base" {
            // What stands in it is done by nobody, and could be a check.
            if !element.children.is_empty() || !element.text.trim().is_empty() {
                report.refuse(&element.path, "<base> with content", "<base />, and the policies beside it");
            }
        } else {
            let found = format!("the policy {}", quoted(&element.name));
            let meant = suggest::nearest(&element.name, ROOTS.into_iter()).map(|name| format!("<{name}>"));
            let instead = foreign::instead_of_policy(&element.name);
            report.suggest(&element.path, found, format!("{instead} instead"), meant);
        }
    }
}

fn refuse_section(section: &Element, report: &mut Report) {
    let found = format!("the element {}", quoted(&section.name));
    let known = ["inbound", "backend", "outbound", "on-error"];
    let meant = suggest::nearest(&section.name, known.into_iter()).map(|name| format!("<{name}>"));
    report.suggest(&section.path, found, "<inbound>, <backend>, <outbound>, <on-error>", meant);
}

const ROOTS: [&str; 3] = ["validate-jwt", "validate-azure-ad-token", "policies"];
