//! `issuer_signing_keys` and `decryption_keys`. No key is ever shown, only its kind.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::field::{Field, Group, Kind, Shape, TEXT, doc};
use super::node::{Node, Raw};
use super::object::Object;
use super::problem::Report;
use super::text::placeholder;
use crate::token::{AlgorithmSet, DecryptionKey, Key, KeyId, KeySet, KeyUnusable};

/// Reads `issuer_signing_keys`.
pub(super) fn signing_keys(policy: Object<'_>, report: &mut Report) -> KeySet {
    let mut keys = Vec::new();
    for entry in policy.objects(&ISSUER_SIGNING_KEYS) {
        if let Some(set) = entry.node(&JWKS) {
            read_set(entry, set, report, &mut |jwk| {
                Key::from_inline_jwk(jwk).map(|key| keys.push(Rc::new(key)))
            });
            continue;
        }
        let Some((form, node, key)) = signing_key(entry) else { continue };
        match key {
            Ok(key) => {
                keys.push(Rc::new(match entry.text(&ID) {
                    Some(id) => key.with_id(Some(KeyId::new(id))),
                    None => key,
                }));
            }
            Err(_) if has_placeholder(node) => refuse_named_value(form, node, report),
            Err(KeyUnusable::PrivateKey) => refuse_private(form, node, report),
            Err(why) => {
                report.refuse(
                    &node.path,
                    format!("{form} that cannot be used: {why}"),
                    form.of_signing_keys(),
                );
            }
        }
    }
    KeySet::new(keys)
}

/// What the keys can verify together.
pub(super) fn usable_for(keys: &KeySet) -> AlgorithmSet {
    keys.keys().iter().fold(AlgorithmSet::EMPTY, |set, key| set.union(key.usable_for()))
}

/// Reads `decryption_keys`.
pub(super) fn decryption_keys(policy: Object<'_>, report: &mut Report) -> Vec<DecryptionKey> {
    let mut keys = Vec::new();
    for entry in policy.objects(&DECRYPTION_KEYS) {
        if let Some(set) = entry.node(&JWKS) {
            read_set(entry, set, report, &mut |jwk| DecryptionKey::from_jwk(jwk).map(|key| keys.push(key)));
            continue;
        }
        for field in [&N, &CERTIFICATE, &PUBLIC_KEY] {
            if let Some(node) = entry.node(field) {
                report.refuse(
                    &node.path,
                    "a public key",
                    "a key that decrypts: key, private_key or a private jwk",
                );
            }
        }
        let (form, node, key) = if let Some(node) = entry.node(&JWK) {
            (Form::Jwk, node, DecryptionKey::from_jwk(&node.to_json_members()))
        } else if let Some((text, node)) = entry.text_node(&KEY) {
            (Form::Secret, node, DecryptionKey::from_symmetric(text))
        } else if let Some((text, node)) = entry.text_node(&PRIVATE_KEY) {
            (Form::PrivateKey, node, DecryptionKey::from_private_key_pem(text))
        } else {
            continue;
        };
        match key {
            Ok(key) => keys.push(match entry.text(&ID) {
                Some(id) => key.with_id(Some(KeyId::new(id))),
                None => key,
            }),
            Err(_) if has_placeholder(node) => refuse_named_value(form, node, report),
            Err(why) => report.refuse(
                &node.path,
                format!("{form} that cannot be used: {why}"),
                "a secret of 16, 24, 32, 48 or 64 bytes, or a private RSA key of 2048 to 8192 bits",
            ),
        }
    }
    keys
}

/// Takes a JWK, or says why it is not used.
type Take<'a> = dyn FnMut(&Map<String, Value>) -> Result<(), KeyUnusable> + 'a;

/// Reads a whole set. As in one that is fetched, an odd key is skipped, and is warned of; but a private key where a public
/// one belongs is refused, wherever it stands.
fn read_set(entry: Object<'_>, set: &Node, report: &mut Report, take: &mut Take<'_>) {
    if let Some(id) = entry.node(&ID) {
        report.refuse(&id.path, "id beside jwks", "no id (the keys of a set have a kid of their own)");
    }
    // Until a key is taken, or refused by itself.
    let mut useless = true;
    let mut reasons = Vec::new();
    for item in set.member("keys").map_or(&[][..], Node::items) {
        let key = match &item.raw {
            Raw::Object(_) => take(&item.to_json_members()),
            _ => Err(KeyUnusable::Malformed),
        };
        match key {
            Ok(()) => useless = false,
            Err(KeyUnusable::PrivateKey) => {
                useless = false;
                refuse_private(Form::Jwk, item, report);
            }
            Err(why) => reasons.push((item, why)),
        }
    }
    if useless {
        let told: Vec<_> = reasons.iter().take(REASONS_TOLD).map(|(_, why)| why.to_string()).collect();
        let found = match told.as_slice() {
            [] => "an empty key set".to_owned(),
            told => format!("a key set without a usable key ({})", told.join(", ")),
        };
        report.refuse(&set.path, found, "{\"keys\": [\u{2026}]} with at least one key that is used");
        return;
    }
    for (item, why) in reasons {
        report.warn(&item.path, format!("this key cannot be used: {why}"));
    }
}

fn refuse_private(form: Form, node: &Node, report: &mut Report) {
    report.refuse(&node.path, format!("{form} that holds a private key"), "the public key only");
}

type Read<'a> = (Form, &'a Node, Result<Key, KeyUnusable>);

fn signing_key(entry: Object<'_>) -> Option<Read<'_>> {
    if let Some(node) = entry.node(&JWK) {
        return Some((Form::Jwk, node, Key::from_inline_jwk(&node.to_json_members())));
    }
    if let Some((text, node)) = entry.text_node(&KEY) {
        return Some((Form::Secret, node, Key::from_symmetric(text)));
    }
    if let Some((text, node)) = entry.text_node(&CERTIFICATE) {
        return Some((Form::Certificate, node, Key::from_certificate(text)));
    }
    if let Some((text, node)) = entry.text_node(&PUBLIC_KEY) {
        return Some((Form::PublicKey, node, Key::from_public_key_pem(text)));
    }
    let (modulus, node) = entry.text_node(&N)?;
    Some((Form::Components, node, Key::from_rsa_components(modulus, entry.text(&E)?)))
}

/// A JWK has members; everything else is one text.
fn has_placeholder(node: &Node) -> bool {
    node.text().and_then(placeholder).is_some()
}

fn refuse_named_value(form: Form, node: &Node, report: &mut Report) {
    report.refuse(&node.path, format!("{form} that holds a placeholder in braces"), "the value itself");
}

/// `issuer_signing_keys`.
pub(super) static ISSUER_SIGNING_KEYS: Field = Field::optional(
    "issuer_signing_keys",
    Kind::List(&Kind::Object(&SIGNING_KEY)),
    "Inline keys, trusted for every issuer that the policy allows.",
);

/// `decryption_keys`.
pub(super) static DECRYPTION_KEYS: Field = Field::optional(
    "decryption_keys",
    Kind::List(&Kind::Object(&DECRYPTION_KEY)),
    "Keys for encrypted tokens (JWE).",
);

pub(super) static SIGNING_KEY: Shape = Shape {
    name: "signing_key",
    fields: &[&ID, &N, &E, &KEY, &CERTIFICATE, &PUBLIC_KEY, &JWK, &JWKS],
    groups: &[
        Group::ExactlyOne(&[&N, &KEY, &CERTIFICATE, &PUBLIC_KEY, &JWK, &JWKS]),
        Group::Needs(&N, &E),
        Group::Needs(&E, &N),
    ],
    doc: doc("An inline key for signatures."),
};

pub(super) static DECRYPTION_KEY: Shape = Shape {
    name: "decryption_key",
    fields: &[&ID, &N, &E, &KEY, &CERTIFICATE, &PUBLIC_KEY, &PRIVATE_KEY, &JWK, &JWKS],
    groups: &[
        Group::ExactlyOne(&[&N, &KEY, &CERTIFICATE, &PUBLIC_KEY, &PRIVATE_KEY, &JWK, &JWKS]),
        Group::Needs(&N, &E),
        Group::Needs(&E, &N),
    ],
    doc: doc("A key for encrypted tokens: symmetric, or private."),
};

static ID: Field = Field::optional("id", TEXT, "Matched with the token's `kid`.");
static N: Field = Field::optional("n", Kind::Secret, "RSA modulus, base64url.");
static E: Field = Field::optional("e", Kind::Secret, "RSA exponent, base64url.");
static KEY: Field = Field::optional("key", Kind::Secret, "Symmetric key, base64.");
static CERTIFICATE: Field = Field::optional(
    "certificate",
    Kind::Secret,
    "X.509 certificate, PEM or base64 DER; only its key is used.",
);
static PUBLIC_KEY: Field =
    Field::optional("public_key", Kind::Secret, "Public key, PEM SubjectPublicKeyInfo.");
static PRIVATE_KEY: Field =
    Field::optional("private_key", Kind::Secret, "Private RSA key, PEM (PKCS#8 or PKCS#1), not encrypted.");
static JWK: Field = Field::optional("jwk", Kind::Foreign, "A JSON Web Key (RFC 7517).");
static JWKS: Field = Field::optional(
    "jwks",
    Kind::Foreign,
    "A whole key set, `{\"keys\": [\u{2026}]}`, read as generously as a fetched one. Without `id`.",
);

/// How many reasons a message names.
const REASONS_TOLD: usize = 4;

/// The forms in which a key is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Secret,
    Certificate,
    PublicKey,
    PrivateKey,
    Components,
    Jwk,
}

impl Form {
    /// What a signing key in this form has to be.
    fn of_signing_keys(self) -> &'static str {
        match self {
            Self::Secret => "a base64 secret of at least 32 bytes",
            Self::Certificate => "one X.509 certificate, PEM or base64 DER",
            Self::PublicKey => "one public key, PEM SubjectPublicKeyInfo",
            Self::Components => "modulus and exponent, base64, of an RSA key of 2048 to 8192 bits",
            Self::Jwk | Self::PrivateKey => {
                "a public signature key, or a symmetric one of at least 32 bytes (RFC 7517, RFC 7518)"
            }
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => "a symmetric key",
            Self::Certificate => "a certificate",
            Self::PublicKey => "a public key",
            Self::PrivateKey => "a private key",
            Self::Components => "an RSA key",
            Self::Jwk => "a JWK",
        })
    }
}
