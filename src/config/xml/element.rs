//! XML text to elements: no namespaces, no document type, no entities but XML's own five.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::opaque;
use crate::config::problem::Report;
use crate::config::quote::quoted;

/// An element, with the path to it.
#[derive(Debug)]
pub(in crate::config) struct Element {
    pub(in crate::config) name: String,
    pub(in crate::config) path: String,
    /// Where it starts, counted from 1.
    #[cfg_attr(target_family = "wasm", expect(dead_code, reason = "read by `convert` only"))]
    pub(in crate::config) line: usize,
    /// As written, entities resolved; why they could not be read is a problem only if somebody asks for it.
    pub(in crate::config) attributes: Result<Vec<Attribute>, String>,
    /// Character data, entities resolved, comments left out.
    pub(in crate::config) text: String,
    /// Where the first of it stands that is not blank.
    pub(in crate::config) text_line: usize,
    pub(in crate::config) children: Vec<Element>,
}

/// An attribute.
#[derive(Debug)]
pub(in crate::config) struct Attribute {
    pub(in crate::config) name: String,
    pub(in crate::config) value: String,
    pub(in crate::config) line: usize,
}

/// Reads the document; a syntax error is one problem, and then there is no element.
pub(super) fn read(text: &[u8], path: &str, report: &mut Report) -> Option<Element> {
    let Ok(text) = std::str::from_utf8(text) else {
        report.refuse(path, "bytes that are not UTF-8", ALLOWED);
        return None;
    };
    let opaque = opaque::expressions(text);
    match document(&opaque.text) {
        Ok(mut root) => {
            let path = if path.is_empty() { root.name.clone() } else { format!("{path}/{}", root.name) };
            name_paths(&mut root, path);
            Some(root)
        }
        // What stands behind an expression without end is nobody's XML.
        Err(why) => {
            match opaque.unending {
                Some(start) => {
                    let line = Lines::of(text).at(start);
                    let found = format!("a policy expression that never ends (line {line})");
                    let allowed = "every bracket and every quotation mark of the expression closed";
                    report.refuse(path, found, allowed);
                }
                None => report.refuse(path, why, ALLOWED),
            }
            None
        }
    }
}

fn document(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines::of(text);
    // Elements begun and not ended, outermost first.
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        let line = lines.at(place(reader.buffer_position()));
        let event = reader.read_event().map_err(|error| {
            let line = Lines::of(text).at(place(reader.error_position()));
            format!("invalid XML ({error}, line {line})")
        })?;
        let finished = match event {
            Event::Start(start) if open.len() < MAXIMUM_DEPTH => {
                open.push(element(&start, line));
                continue;
            }
            Event::Start(_) => return Err("elements nested too deeply".to_owned()),
            Event::Empty(start) => element(&start, line),
            // The reader has checked that the names fit.
            Event::End(_) => match open.pop() {
                Some(element) => element,
                None => return Err("an end tag without a start tag".to_owned()),
            },
            Event::Text(text) => {
                add_text(&mut open, &text.xml10_content(), line)?;
                continue;
            }
            Event::CData(text) => {
                add_text(&mut open, &text.xml10_content(), line)?;
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
                add_text(&mut open, &text, line)?;
                continue;
            }
            Event::DocType(_) => return Err("a document type declaration".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            Event::Eof if !open.is_empty() => return Err("an element without an end tag".to_owned()),
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

fn element(start: &BytesStart<'_>, line: usize) -> Element {
    let mut written = Lines { text: start.attributes_raw(), at: 0, line };
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        let name = attribute.key.into_inner();
        let line = written.past(name);
        written.past(&attribute.value);
        Ok(Attribute { name: name.to_owned(), value: value.into_owned(), line })
    });
    Element {
        attributes: attributes.collect(),
        name: start.name().into_inner().to_owned(),
        path: String::new(),
        line,
        text: String::new(),
        text_line: line,
        children: Vec::new(),
    }
}

fn add_text(open: &mut [Element], text: &str, line: usize) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => {
            if element.text.trim().is_empty() {
                let blank = text.len() - text.trim_start().len();
                element.text_line = Lines { text, at: 0, line }.at(blank);
            }
            element.text.push_str(text);
        }
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

/// Counts lines, forwards alone.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of a byte.
    fn at(&mut self, position: usize) -> usize {
        let passed = self.text.as_bytes().get(self.at..position).unwrap_or_default();
        self.line += passed.split(|byte| *byte == b'\n').skip(1).count();
        self.at = self.at.max(position);
        self.line
    }

    /// The line of the next such part; goes on behind it.
    fn past(&mut self, part: &str) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(start) = rest.find(part).map(|found| self.at + found) else { return self.line };
        let line = self.at(start);
        self.at(start + part.len());
        line
    }
}

fn place(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

const ALLOWED: &str =
    "a <validate-jwt> or <validate-azure-ad-token> policy of API Management, or a JSON object";
const REPEATED: [&str; 7] =
    ["openid-config", "key", "audience", "issuer", "claim", "value", "application-id"];
const MAXIMUM_DEPTH: usize = 64;
