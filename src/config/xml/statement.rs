//! One statement: its attributes and elements become the members of the tree that JSON would have had.
//!
//! Which attributes an element has is written here; how an attribute's text is read (a boolean, a number)
//! comes from the table of fields.

use serde_json::Number;

use super::element::Element;
use super::foreign::{self, Disclosure};
use crate::config::azure_ad::VALIDATE_AZURE_AD_TOKEN;
use crate::config::claims::CLAIM;
use crate::config::field::{self, Shape};
use crate::config::inline_keys::{DECRYPTION_KEY, SIGNING_KEY};
use crate::config::node::{Node, Raw};
use crate::config::problem::{Report, quoted};
use crate::config::providers::PROVIDER;
use crate::config::suggest;
use crate::config::validate_jwt::VALIDATE_JWT;

/// Which of the two policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Kind {
    ValidateJwt,
    ValidateAzureAdToken,
}

impl Kind {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "validate-jwt" => Some(Self::ValidateJwt),
            "validate-azure-ad-token" => Some(Self::ValidateAzureAdToken),
            _ => None,
        }
    }

    /// The field of the JSON form.
    pub(super) fn field(self) -> &'static str {
        self.form().shape.name
    }

    /// The table of its fields.
    pub(in crate::config) fn shape(self) -> &'static Shape {
        self.form().shape
    }

    fn form(self) -> &'static Form {
        match self {
            Self::ValidateJwt => &JWT,
            Self::ValidateAzureAdToken => &AZURE_AD,
        }
    }
}

/// How an element is written.
struct Form {
    shape: &'static Shape,
    attributes: &'static [&'static str],
    /// Understood, without effect here.
    ignored: &'static [&'static str],
    parts: &'static [Part],
    /// The field that the element's text is.
    text: Option<&'static str>,
}

/// Elements within an element.
struct Part {
    /// The element that holds the items; `None` where they stand on their own.
    holder: Option<&'static str>,
    item: &'static str,
    field: &'static str,
    /// `None` where an item is its text alone.
    form: Option<&'static Form>,
}

/// Reads a statement.
pub(super) fn node(kind: Kind, element: &Element, report: &mut Report) -> Node {
    read(kind.form(), element, &element.name, report)
}

fn read(form: &'static Form, element: &Element, within: &str, report: &mut Report) -> Node {
    let mut members = attributes(form, element, within, report);
    match form.text {
        Some(field) if !element.text.trim().is_empty() => {
            let text = element.text.trim();
            if !foreign::refuse_value(&element.path, text, Disclosure::Secret, report) {
                members.push((field.to_owned(), Node::new(&*element.path, Raw::Text(text.to_owned()))));
            }
        }
        None if !element.text.trim().is_empty() => {
            report.refuse(&element.path, "text", format!("only elements in <{}>", element.name));
        }
        _ => {}
    }
    let mut held: Vec<&str> = Vec::new();
    for child in &element.children {
        let part = form.parts.iter().find(|part| part.holder.unwrap_or(part.item) == child.name);
        let Some(part) = part else {
            refuse_element(form, element, child, report);
            continue;
        };
        let Some(holder) = part.holder else {
            let item = item(part, child, within, report);
            add(&mut members, part.field, &element.path, vec![item]);
            continue;
        };
        if held.contains(&holder) {
            report.refuse(&child.path, format!("<{holder}> twice"), "each element once");
            continue;
        }
        held.push(holder);
        let items = items(part, child, report);
        add(&mut members, part.field, &child.path, items);
    }
    Node::new(&*element.path, Raw::Object(members))
}

/// The items of an element such as `<audiences>`.
fn items(part: &Part, holder: &Element, report: &mut Report) -> Vec<Node> {
    if !holder.text.trim().is_empty() {
        report.refuse(&holder.path, "text", format!("only <{}>", part.item));
    }
    if holder.attributes.as_ref().map_or(true, |attributes| !attributes.is_empty()) {
        report.refuse(&holder.path, "attributes", format!("<{}> without attributes", holder.name));
    }
    let mut items = Vec::new();
    for child in &holder.children {
        if child.name == part.item {
            items.push(item(part, child, &holder.name, report));
        } else {
            let found = format!("the element {}", quoted(&child.name));
            report.refuse(&child.path, found, format!("<{}>", part.item));
        }
    }
    items
}

fn item(part: &Part, element: &Element, within: &str, report: &mut Report) -> Node {
    if let Some(form) = part.form {
        return read(form, element, within, report);
    }
    if !element.children.is_empty() || element.attributes.as_ref().map_or(true, |list| !list.is_empty()) {
        report.refuse(&element.path, "attributes or elements", format!("text alone in <{}>", element.name));
    }
    let text = element.text.trim();
    foreign::refuse_value(&element.path, text, Disclosure::Told, report);
    Node::new(&*element.path, Raw::Text(text.to_owned()))
}

/// Adds items to a list among the members, which is begun if need be.
fn add(members: &mut Vec<(String, Node)>, field: &str, path: &str, items: Vec<Node>) {
    if let Some((_, Node { raw: Raw::List(list), .. })) = members.iter_mut().find(|(name, _)| name == field) {
        list.extend(items);
    } else {
        members.push((field.to_owned(), Node::new(path, Raw::List(items))));
    }
}

fn attributes(form: &Form, element: &Element, within: &str, report: &mut Report) -> Vec<(String, Node)> {
    let mut members = Vec::new();
    let attributes = match &element.attributes {
        Ok(attributes) => attributes.as_slice(),
        Err(why) => {
            let found = format!("attributes that are no XML ({why})");
            let allowed =
                "attributes with each \" in a value written &quot;; policy expressions are not evaluated";
            report.refuse(&element.path, found, allowed);
            return members;
        }
    };
    for (name, value) in attributes {
        let path = format!("{}/@{}", element.path, quoted(name).trim_matches('"'));
        if form.ignored.contains(&name.as_str()) {
            continue;
        }
        if let Some(instead) = foreign::instead_of_attribute(within, name) {
            report.refuse(&path, format!("{name}, which only API Management knows"), instead);
            continue;
        }
        if !form.attributes.contains(&name.as_str()) {
            let meant =
                suggest::nearest(name, form.attributes.iter().copied()).map(|name| format!("{name:?}"));
            let allowed = format!("the attributes of <{}>: {}", element.name, form.attributes.join(", "));
            report.suggest(&path, "an unknown attribute", allowed, meant);
            continue;
        }
        let field = name.replace('-', "_");
        let kind = form.shape.fields.iter().find(|known| known.name == field).map(|field| &field.kind);
        let disclosure = match kind {
            Some(field::Kind::Secret) => Disclosure::Secret,
            _ => Disclosure::Told,
        };
        foreign::refuse_value(&path, value, disclosure, report);
        members.push((field, Node::new(path, typed(value, kind))));
    }
    members
}

/// An attribute's text as the field's type, where it is written like one; otherwise the check of types tells.
fn typed(value: &str, kind: Option<&field::Kind>) -> Raw {
    let text = || Raw::Text(value.to_owned());
    match kind {
        Some(field::Kind::Flag) if value.trim().eq_ignore_ascii_case("true") => Raw::Flag(true),
        Some(field::Kind::Flag) if value.trim().eq_ignore_ascii_case("false") => Raw::Flag(false),
        Some(field::Kind::Whole { .. } | field::Kind::Seconds { .. }) => {
            let number = value.trim();
            let whole = number.parse::<u64>().ok().map(Number::from);
            let decimal = || number.parse::<f64>().ok().and_then(Number::from_f64);
            whole.or_else(decimal).map_or_else(text, Raw::Number)
        }
        _ => text(),
    }
}

fn refuse_element(form: &Form, element: &Element, child: &Element, report: &mut Report) {
    let known = || form.parts.iter().map(|part| part.holder.unwrap_or(part.item));
    let meant = suggest::nearest(&child.name, known()).map(|name| format!("<{name}>"));
    let list = known().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(", ");
    let list = if list.is_empty() { "none".to_owned() } else { list };
    let allowed = format!("the elements of <{}>: {list}", element.name);
    report.suggest(&child.path, format!("the element {}", quoted(&child.name)), allowed, meant);
}

static JWT: Form = Form {
    shape: &VALIDATE_JWT,
    attributes: &[
        "header-name",
        "query-parameter-name",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "require-expiration-time",
        "require-scheme",
        "require-signed-tokens",
        "clock-skew",
        "output-token-variable-name",
    ],
    ignored: &["id"],
    parts: &[
        Part { holder: None, item: "openid-config", field: "openid_config", form: Some(&OPENID_CONFIG) },
        Part {
            holder: Some("issuer-signing-keys"),
            item: "key",
            field: "issuer_signing_keys",
            form: Some(&SIGNING),
        },
        DECRYPTION_KEYS,
        AUDIENCES,
        Part { holder: Some("issuers"), item: "issuer", field: "issuers", form: None },
        REQUIRED_CLAIMS,
    ],
    text: None,
};

static AZURE_AD: Form = Form {
    shape: &VALIDATE_AZURE_AD_TOKEN,
    attributes: &[
        "tenant-id",
        "authentication-endpoint",
        "header-name",
        "query-parameter-name",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "output-token-variable-name",
        "cluster",
    ],
    ignored: &["id"],
    parts: &[
        Part {
            holder: Some("client-application-ids"),
            item: "application-id",
            field: "client_application_ids",
            form: None,
        },
        Part {
            holder: Some("backend-application-ids"),
            item: "application-id",
            field: "backend_application_ids",
            form: None,
        },
        AUDIENCES,
        REQUIRED_CLAIMS,
        DECRYPTION_KEYS,
    ],
    text: None,
};

static OPENID_CONFIG: Form = Form {
    shape: &PROVIDER,
    attributes: &["url", "cluster"],
    ignored: &["validate-connectivity"],
    parts: &[],
    text: None,
};

static SIGNING: Form =
    Form { shape: &SIGNING_KEY, attributes: &["id", "n", "e"], ignored: &[], parts: &[], text: Some("key") };

static DECRYPTING: Form =
    Form { shape: &DECRYPTION_KEY, attributes: &["id"], ignored: &[], parts: &[], text: Some("key") };

static CLAIM_FORM: Form = Form {
    shape: &CLAIM,
    attributes: &["name", "match", "separator"],
    ignored: &[],
    parts: &[Part { holder: None, item: "value", field: "values", form: None }],
    text: None,
};

const AUDIENCES: Part = Part { holder: Some("audiences"), item: "audience", field: "audiences", form: None };
const REQUIRED_CLAIMS: Part = Part {
    holder: Some("required-claims"),
    item: "claim",
    field: "required_claims",
    form: Some(&CLAIM_FORM),
};
const DECRYPTION_KEYS: Part =
    Part { holder: Some("decryption-keys"), item: "key", field: "decryption_keys", form: Some(&DECRYPTING) };
