//! XML text to elements: no namespaces, no document type, no entities but XML's own five.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::opaque;
use crate::config::problem::Report;
use crate::config::quote::quoted;

/// An element, with the path to it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) path: String,
    /// As written, entities resolved; why they could not be read is a problem only if somebody asks for it.
    pub(super) attributes: Result<Vec<(String, String)>, String>,
    /// Character data, entities resolved, comments left out.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// Reads the document; a syntax error is one problem, and then there is no element.
pub(super) fn read(text: &[u8], report: &mut Report) -> Option<Element> {
    let Ok(text) = std::str::from_utf8(text) else {
        report.refuse("", "bytes that are not UTF-8", ALLOWED);
        return None;
    };
    let opaque = opaque::expressions(text);
    match document(&opaque.text) {
        Ok(mut root) => {
            let path = root.name.clone();
            name_paths(&mut root, path);
            Some(root)
        }
        // What stands behind an expression without end is nobody's XML.
        Err(why) => {
            match opaque.unending {
                Some(start) => {
                    let found =
                        format!("a policy expression that never ends (line {})", line_of(text, start));
                    report.refuse(
                        "",
                        found,
                        "every bracket and every quotation mark of the expression closed",
                    );
                }
                None => report.refuse("", why, ALLOWED),
            }
            None
        }
    }
}

fn document(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    // Elements begun and not ended, outermost first.
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        let event = reader.read_event().map_err(|error| {
            let position = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            let line = line_of(text, position);
            format!("invalid XML ({error}, line {line})")
        })?;
        let finished = match event {
            Event::Start(start) if open.len() < MAXIMUM_DEPTH => {
                open.push(element(&start));
                continue;
            }
            Event::Start(_) => return Err("elements within each other too deep".to_owned()),
            Event::Empty(start) => element(&start),
            // The reader has checked that the names fit.
            Event::End(_) => match open.pop() {
                Some(element) => element,
                None => return Err("an end without a start".to_owned()),
            },
            Event::Text(text) => {
                add_text(&mut open, &text.xml10_content())?;
                continue;
            }
            Event::CData(text) => {
                add_text(&mut open, &text.xml10_content())?;
                continue;
            }
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref() {
                    Ok(Some(char)) => char.to_string(),
                    _ => match quick_xml::escape::resolve_predefined_entity(&reference.xml10_content()) {
                        Some(text) => text.to_owned(),
                        None => return Err("an entity other than &lt; &gt; &amp; &quot; &apos;".to_owned()),
                    },
                };
                add_text(&mut open, &text)?;
                continue;
            }
            Event::DocType(_) => return Err("a document type declaration".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            Event::Eof if !open.is_empty() => return Err("an element without its end".to_owned()),
            Event::Eof => return root.ok_or_else(|| "no element".to_owned()),
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(finished),
            None if root.is_some() => {
                return Err("several elements at the top; put them into <inbound>".to_owned());
            }
            None => root = Some(finished),
        }
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        Ok((attribute.key.into_inner().to_owned(), value.into_owned()))
    });
    Element {
        name: start.name().into_inner().to_owned(),
        path: String::new(),
        attributes: attributes.collect(),
        text: String::new(),
        children: Vec::new(),
    }
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside of the element".to_owned()),
    }
    Ok(())
}

/// Numbers elements that may be repeated, or are: `openid-config[0]`.
fn name_paths(element: &mut Element, path: String) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, child) in element.children.iter().enumerate() {
        places.entry(child.name.clone()).or_default().push(index);
    }
    for (name, places) in places {
        let is_numbered = places.len() > 1 || REPEATED.contains(&name.as_str());
        let name = quoted(&name);
        let path = format!("{path}/{}", name.trim_matches('"'));
        for (number, index) in places.into_iter().enumerate() {
            let Some(child) = element.children.get_mut(index) else { continue };
            name_paths(child, if is_numbered { format!("{path}[{number}]") } else { path.clone() });
        }
    }
    element.path = path;
}

fn line_of(text: &str, position: usize) -> usize {
    1 + text.bytes().take(position).filter(|byte| *byte == b'\n').count()
}

const ALLOWED: &str =
    "a <validate-jwt> or <validate-azure-ad-token> policy of API Management, or a JSON object";
const REPEATED: [&str; 7] =
    ["openid-config", "key", "audience", "issuer", "claim", "value", "application-id"];
const MAXIMUM_DEPTH: usize = 64;
