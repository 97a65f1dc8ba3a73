//! Escapes of a path, and the letters beyond ASCII that they spell.

use std::str::Bytes;

use super::extract::escaped;

/// Writes an escape.
pub(super) fn push_escape(text: &mut String, byte: u8) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
    text.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// The letter beyond ASCII whose escapes begin with this byte, if they are UTF-8.
pub(super) fn letter(first: u8, bytes: &mut Bytes<'_>) -> Option<char> {
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut ahead = bytes.clone();
    let mut encoded = [first, 0, 0, 0];
    for byte in encoded.iter_mut().take(length).skip(1) {
        ahead.next().filter(|byte| *byte == b'%')?;
        *byte = escaped(&mut ahead)?;
    }
    let letter = std::str::from_utf8(encoded.get(..length)?).ok()?.chars().next()?;
    *bytes = ahead;
    Some(letter)
}

/// The letter without its case. Over capitals, as some letters beyond ASCII are those of ASCII there: `ſ` is `S`.
pub(super) fn folded(letter: char) -> impl Iterator<Item = char> {
    // Whose small letter is two characters, but `i` where letters are mapped one by one.
    let letter = if letter == '\u{130}' { 'I' } else { letter };
    letter.to_uppercase().flat_map(char::to_lowercase)
}

pub(super) fn push_letter(text: &mut String, letter: char) {
    if letter.is_ascii() {
        text.push(letter);
    } else {
        letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_escape(text, byte));
    }
}
