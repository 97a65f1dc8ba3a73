//! Elements as XML text.

use super::left::is_spared;
use crate::config::xml::Element;

/// Writes an element, indented, without what is left out of a statement and without comments.
pub(super) fn write(element: &Element, depth: usize, into: &mut String) {
    let indentation = "  ".repeat(depth);
    into.push_str(&indentation);
    into.push('<');
    into.push_str(&element.name);
    match &element.attributes {
        Ok(attributes) => {
            for attribute in attributes.iter().filter(|attribute| !is_spared(attribute)) {
                into.push(' ');
                into.push_str(&attribute.name);
                into.push_str("=\"");
                escape(&attribute.value, into);
                into.push('"');
            }
        }
        // Attributes that nobody can read: the statement is refused for them.
        Err(_) => into.push_str(" unreadable=\"\""),
    }
    let text = element.text.trim();
    if text.is_empty() && element.children.is_empty() {
        into.push_str(" />\n");
        return;
    }
    into.push('>');
    escape(text, into);
    if !element.children.is_empty() {
        into.push('\n');
        element.children.iter().for_each(|child| write(child, depth + 1, into));
        into.push_str(&indentation);
    }
    into.push_str("</");
    into.push_str(&element.name);
    into.push_str(">\n");
}

fn escape(text: &str, into: &mut String) {
    for char in text.chars() {
        match char {
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '&' => into.push_str("&amp;"),
            '"' => into.push_str("&quot;"),
            '\n' => into.push_str("&#10;"),
            '\r' => into.push_str("&#13;"),
            '\t' => into.push_str("&#9;"),
            char => into.push(char),
        }
    }
}
