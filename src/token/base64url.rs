//! Base64url without padding, exactly as in RFC 7515, section 2.
//!
//! Padding, whitespace, the characters of the other alphabet and trailing bits that are not zero are all
//! refused: a byte string has one spelling, so a token cannot be respelt past a cache or a deny list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBase64Url;

/// Decodes canonical base64url. The empty text is the empty byte string.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// Encodes without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for length in 0_u8..70 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(67)).collect();
            assert_eq!(decode(encode(&bytes)), Ok(bytes));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "QQ==", "QQ=", "QUI=", "QUJD=", "Q", "QUJDR", "QR", "QUJ", "+-+-", "//__", "QU JD", "QUJD\n",
            "\tQUJD", "QUJD\0", "QUJD?", "%51UJD", "QÜJD", ".", "=",
        ] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
        assert_eq!(decode([0xff, 0xff, 0xff, 0xff]), Err(NotBase64Url));
    }
}
