//! Percent-escapes (RFC 3986, 2.1).

/// The byte that two hexadecimal digits stand for.
pub(super) fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
    let value = digit()? * 16 + digit()?;
    u8::try_from(value).ok()
}
