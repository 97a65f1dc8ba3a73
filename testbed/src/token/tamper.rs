//! Ways to damage a good token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Flips one bit of the decoded signature; `bit` counts from the first byte's lowest bit and wraps around.
pub fn flip_signature_bit(token: &str, bit: usize) -> String {
    with_signature(token, |signature| {
        if !signature.is_empty() {
            let byte = (bit / 8) % signature.len();
            signature[byte] ^= 1 << (bit % 8);
        }
    })
}

/// Cuts the signature down to its first `length` bytes.
pub fn truncate_signature(token: &str, length: usize) -> String {
    with_signature(token, |signature| signature.truncate(length))
}

/// Takes the signature away and leaves its dot.
pub fn strip_signature(token: &str) -> String {
    truncate_signature(token, 0)
}

/// The other signature that holds for an ES256 token: `r || n - s` for `r || s`.
pub fn mirror_signature(token: &str) -> String {
    with_signature(token, |signature| {
        let mut borrow = 0;
        for (byte, order) in signature.iter_mut().skip(32).zip(P256_ORDER).rev() {
            let difference = i16::from(order) - i16::from(*byte) - borrow;
            borrow = i16::from(difference < 0);
            *byte = difference.rem_euclid(256).to_le_bytes()[0];
        }
    })
}

/// The order of the group of P-256 (SEC 2, 2.4.2).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Changes claims and keeps the signature, as a forger would.
pub fn change_claims(token: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    with_object(token, Segment::Payload, change)
}

/// Changes JOSE header members and keeps the signature.
pub fn change_header(token: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    with_object(token, Segment::Header, change)
}

/// Header and payload of one token under the signature of another.
pub fn graft_signature(token: &str, donor: &str) -> String {
    let signature = donor.rsplit('.').next().unwrap_or_default();
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    format!("{signed}.{signature}")
}

#[derive(Clone, Copy)]
enum Segment {
    Header = 0,
    Payload = 1,
    Signature = 2,
}

fn with_signature(token: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    with_segment(token, Segment::Signature, change)
}

fn with_object(token: &str, segment: Segment, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    with_segment(token, segment, |bytes| {
        let mut object = serde_json::from_slice(bytes).unwrap_or_default();
        change(&mut object);
        *bytes = Value::Object(object).to_string().into_bytes();
    })
}

fn with_segment(token: &str, segment: Segment, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut segments: Vec<String> = token.split('.').map(str::to_owned).collect();
    if let Some(text) = segments.get_mut(segment as usize) {
        let mut bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).unwrap_or_default();
        change(&mut bytes);
        *text = URL_SAFE_NO_PAD.encode(bytes);
    }
    segments.join(".")
}
