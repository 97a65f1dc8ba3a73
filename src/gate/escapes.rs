//! Escapes of a path, and the letters beyond ASCII that they spell.

use std::str::Bytes;

use super::percent::escaped;

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

/// The letter without its case, in the scripts that have one and are written in paths. Some are letters of ASCII once
/// they are mapped: `ſ` is a small `S` to those who compare capitals.
///
/// Not `char::to_lowercase`: its tables for all of Unicode would make the module 14 kB larger.
pub(super) fn folded(letter: char) -> char {
    let code = u32::from(letter);
    let distance = match code {
        0xc0..=0xd6 | 0xd8..=0xde | 0x391..=0x3a1 | 0x3a3..=0x3ab | 0x410..=0x42f => 0x20,
        0x400..=0x40f => 0x50,
        0x531..=0x556 => 0x30,
        // Pairs of a capital and its small letter.
        0x100..=0x12f
        | 0x132..=0x137
        | 0x14a..=0x177
        | 0x460..=0x481
        | 0x48a..=0x4bf
        | 0x4d0..=0x52f
        | 0x1e00..=0x1e95
        | 0x1ea0..=0x1eff => 1 - code % 2,
        0x139..=0x148 | 0x179..=0x17e => code % 2,
        _ => 0,
    };
    match letter {
        '\u{130}' | '\u{131}' => 'i',
        '\u{178}' => '\u{ff}',
        '\u{17f}' => 's',
        '\u{3c2}' => '\u{3c3}',
        '\u{1e9e}' => '\u{df}',
        '\u{212a}' => 'k',
        '\u{212b}' => '\u{e5}',
        '\u{2126}' => '\u{3c9}',
        _ => code.checked_add(distance).and_then(char::from_u32).unwrap_or(letter),
    }
}

pub(super) fn push_letter(text: &mut String, letter: char) {
    if letter.is_ascii() {
        text.push(letter);
    } else {
        letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_escape(text, byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lose_their_case_as_unicode_has_it() {
        let scripts = [0xc0..=0x17f, 0x391..=0x3a9, 0x400..=0x4bf, 0x4d0..=0x556, 0x1e00..=0x1eff];
        // Their small letters are more than one character, or none that is theirs alone.
        let odd = ['\u{130}', '\u{131}', '\u{149}', '\u{17f}', '\u{1e9b}', '\u{1e9e}'];
        for letter in scripts.into_iter().flatten().filter_map(char::from_u32) {
            if !odd.contains(&letter) {
                assert_eq!(vec![folded(letter)], letter.to_lowercase().collect::<Vec<_>>(), "{letter:?}");
            }
        }
        for (letter, expected) in [
            ('\u{130}', 'i'),
            ('\u{131}', 'i'),
            ('\u{17f}', 's'),
            ('\u{212a}', 'k'),
            ('\u{3c2}', 'σ'),
            ('\u{1e9e}', 'ß'),
            ('世', '世'),
            ('😀', '😀'),
        ] {
            assert_eq!(folded(letter), expected, "{letter:?}");
        }
    }
}
