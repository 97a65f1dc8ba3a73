//! Headers in the serialised form of the proxy-wasm ABI, which the host takes as it is.

use std::borrow::Cow;

/// A header's name, in lower case, and its value.
pub type Header<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The headers of an answer, serialised once for however many requests get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMap {
    headers: Vec<Header<'static>>,
    serialized: Vec<u8>,
}

impl HeaderMap {
    /// Of these headers, in order.
    pub fn new(headers: Vec<Header<'static>>) -> Self {
        let serialized = serialized(&headers);
        Self { headers, serialized }
    }

    /// Every header, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header<'static>> {
        self.headers.iter()
    }

    /// As [`serialized`] has it.
    pub fn serialized(&self) -> &[u8] {
        &self.serialized
    }
}

impl<'a> IntoIterator for &'a HeaderMap {
    type Item = &'a Header<'static>;
    type IntoIter = std::slice::Iter<'a, Header<'static>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The form that [`Request::from_header_map`](super::Request::from_header_map) reads.
pub fn serialized(headers: &[Header<'_>]) -> Vec<u8> {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
    let texts: usize = headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    let framing = headers.len().saturating_mul(FRAMING).saturating_add(size_of::<u32>());
    let mut bytes = Vec::with_capacity(texts.saturating_add(framing));
    bytes.extend(number(headers.len()));
    for (name, value) in headers {
        bytes.extend(number(name.len()));
        bytes.extend(number(value.len()));
    }
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

/// Two lengths of four bytes, and a NUL behind each text.
const FRAMING: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Request;

    #[test]
    fn what_is_written_is_what_is_read() {
        let header = |name: &'static str, value: &'static str| (Cow::Borrowed(name), Cow::Borrowed(value));
        for headers in [vec![], vec![header("a", "")], vec![header(":path", "/é"), header("b", "c, \"d\"")]]
        {
            let map = HeaderMap::new(headers.clone());
            let read = Request::from_header_map(map.serialized().to_vec());
            let written = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            assert!(read.headers().eq(written), "{headers:?}");
            assert!(map.iter().eq(&headers));
        }
    }
}
