//! The subset of DER (X.690) that public keys, certificates and private keys need, for reading and writing.
//!
//! Definite, minimal lengths only; nothing is copied; whatever does not fit is `None`.

/// Tags that occur in the documents read here.
pub(super) mod tag {
    pub(in crate::token) const INTEGER: u8 = 0x02;
    pub(in crate::token) const BIT_STRING: u8 = 0x03;
    pub(in crate::token) const OCTET_STRING: u8 = 0x04;
    pub(in crate::token) const NULL: u8 = 0x05;
    pub(in crate::token) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in crate::token) const SEQUENCE: u8 = 0x30;
    /// `[0]`, constructed: the version of a certificate.
    pub(in crate::token) const CONTEXT_0: u8 = 0xa0;
}

/// Reads elements one after the other.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The content of the next element if it has that tag; otherwise nothing is consumed.
    pub(super) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.rest.split_first()?;
        if *found != tag {
            return None;
        }
        let (length, rest) = read_length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(content)
    }

    /// The elements within the next element, which is a sequence.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.read(tag::SEQUENCE).map(Self::new)
    }

    /// The next element, an integer that is not negative, big-endian without its leading zero.
    pub(super) fn unsigned_integer(&mut self) -> Option<&'a [u8]> {
        match self.read(tag::INTEGER)? {
            [] => None,
            [0, second, ..] if *second < 0x80 => None,
            [0, magnitude @ ..] => Some(magnitude),
            [first, ..] if *first >= 0x80 => None,
            magnitude => Some(magnitude),
        }
    }

    /// The next element, a bit string of whole bytes.
    pub(super) fn bit_string(&mut self) -> Option<&'a [u8]> {
        match self.read(tag::BIT_STRING)? {
            [0, bytes @ ..] => Some(bytes),
            _ => None,
        }
    }

    /// Whether everything has been read.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match *first {
        short @ 0..=0x7f => Some((usize::from(short), rest)),
        0x81 => rest
            .split_first()
            .filter(|(length, _)| **length >= 0x80)
            .map(|(length, rest)| (usize::from(*length), rest)),
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            (length > 0xff).then_some((length, rest))
        }
        // 64 KiB are enough for any key and certificate; indefinite lengths are not DER.
        _ => None,
    }
}

/// One element; its content is the concatenation of `parts`.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length.saturating_add(4));
    bytes.push(tag);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=0x7f), _) => bytes.push(short),
        (Ok(long), _) => bytes.extend([0x81, long]),
        (_, Ok(longer)) => {
            bytes.push(0x82);
            bytes.extend(longer.to_be_bytes());
        }
        // No key gets here: the longest modulus has 1024 bytes.
        _ => bytes.extend([0x84, 0xff, 0xff, 0xff, 0xff]),
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// An integer from its big-endian magnitude without leading zeros.
pub(super) fn unsigned_integer(magnitude: &[u8]) -> Vec<u8> {
    match magnitude {
        [] => element(tag::INTEGER, &[&[0]]),
        [first, ..] if *first >= 0x80 => element(tag::INTEGER, &[&[0], magnitude]),
        _ => element(tag::INTEGER, &[magnitude]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 1024, 65535] {
            let content = vec![7; length];
            let bytes = element(tag::OCTET_STRING, &[&content]);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.read(tag::OCTET_STRING), Some(&content[..]));
            assert!(reader.is_empty());
        }
        for magnitude in [&[1_u8][..], &[0x80], &[0xff, 0], &[0x7f, 0xff]] {
            assert_eq!(Reader::new(&unsigned_integer(magnitude)).unsigned_integer(), Some(magnitude));
        }
    }

    #[test]
    fn lengths_that_are_not_minimal_or_too_long_are_refused() {
        for bytes in [
            &[4, 0x80][..],
            &[4, 0x81, 1, 0],
            &[4, 0x82, 0, 0x80, 0],
            &[4, 0x83, 0, 0, 1, 0],
            &[4, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[4, 2, 0],
            &[4],
            &[],
        ] {
            assert_eq!(Reader::new(bytes).read(tag::OCTET_STRING), None);
        }
    }

    #[test]
    fn negative_and_padded_integers_are_refused() {
        for bytes in [&[2, 0][..], &[2, 1, 0x80], &[2, 2, 0, 1], &[2, 2, 0xff, 0xff]] {
            assert_eq!(Reader::new(bytes).unsigned_integer(), None);
        }
    }
}
