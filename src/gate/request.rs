//! What the gate knows of a request: a snapshot that the host took.

/// A request's head, as the proxy showed it: header names and values are bytes.
///
/// Pseudo-headers (`:path`, `:method`, `:authority`) are among the headers.
#[derive(Clone, Default)]
pub struct Request {
    bytes: Vec<u8>,
    /// Where each name and value lies in `bytes`: start of the name, its end, start and end of the value.
    spans: Vec<[u32; 4]>,
    /// What the route says, where the host exposes it.
    pub route: RouteChoice,
    /// What the client sent as its target, where `:path` may be something else.
    pub sent_target: SentTarget,
}

/// The target of a request as its client sent it (RFC 9112, 3.2). An upstream gets that one, or `:path`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SentTarget {
    /// It is `:path`.
    #[default]
    Shown,
    /// It is this; `:path` is decoded, and may have been rewritten. Nor is `:authority` the client's, but `host` is.
    Beside(Vec<u8>),
    /// `:path` is decoded, and the host shows nothing else.
    Unknown,
}

/// Route metadata `validate-jwt` → `policy`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RouteChoice {
    /// The route says nothing.
    #[default]
    None,
    /// Its value: a policy's name, or `allow`.
    Named(Vec<u8>),
}

impl Request {
    /// Builds a request from name and value pairs.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut request = Self::default();
        for (name, value) in pairs {
            let start = request.end();
            request.bytes.extend_from_slice(name);
            let middle = request.end();
            request.bytes.extend_from_slice(value);
            let end = request.end();
            request.spans.push([start, middle, middle, end]);
        }
        request
    }

    /// Builds a request from the serialised header map of the proxy-wasm ABI: a little-endian count,
    /// a pair of lengths for each header, then each name and value with a NUL after it. What does not
    /// fit this form ends the list: a host never sends it.
    pub fn from_header_map(bytes: Vec<u8>) -> Self {
        let mut spans = Vec::new();
        let number = |at: usize| {
            let raw = bytes.get(at..at.checked_add(4)?)?;
            Some(u32::from_le_bytes(raw.try_into().ok()?))
        };
        let count = number(0).unwrap_or(0) as usize;
        let mut at = 4_usize.saturating_add(count.saturating_mul(8));
        spans.reserve(count.min(bytes.len() / 8));
        for index in 0..count {
            let sizes = 4_usize.saturating_add(index.saturating_mul(8));
            let (Some(name), Some(value)) = (number(sizes), number(sizes.saturating_add(4))) else { break };
            let name_end = at.saturating_add(name as usize);
            let value_start = name_end.saturating_add(1);
            let value_end = value_start.saturating_add(value as usize);
            if value_end > bytes.len() {
                break;
            }
            let span =
                [at, name_end, value_start, value_end].map(|edge| u32::try_from(edge).unwrap_or(u32::MAX));
            spans.push(span);
            at = value_end.saturating_add(1);
        }
        Self { bytes, spans, route: RouteChoice::None, sent_target: SentTarget::Shown }
    }

    /// Every header, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.spans.iter().map(|[name, name_end, value, value_end]| {
            let part = |from: u32, to: u32| self.bytes.get(from as usize..to as usize).unwrap_or_default();
            (part(*name, *name_end), part(*value, *value_end))
        })
    }

    /// Every value of a header, in order. Names compare ignoring case: not every host folds them.
    pub fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The first value of a header.
    pub fn value<'a>(&'a self, name: &str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// `:path`, with its query.
    pub fn target(&self) -> &[u8] {
        self.value(":path").unwrap_or_default()
    }

    /// `:path` without its query.
    pub fn path(&self) -> &[u8] {
        self.target().split(|byte| *byte == b'?').next().unwrap_or_default()
    }

    /// `:method`.
    pub fn method(&self) -> &[u8] {
        self.value(":method").unwrap_or_default()
    }

    /// The host that the client asked for: `:authority`, or `host` where there is none or where it is the host's own.
    pub fn authority(&self) -> &[u8] {
        let names = match self.sent_target {
            SentTarget::Shown => [":authority", "host"],
            SentTarget::Beside(_) | SentTarget::Unknown => ["host", ":authority"],
        };
        names.iter().find_map(|name| self.value(name)).unwrap_or_default()
    }

    fn end(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }
}

impl std::fmt::Debug for Request {
    /// Headers hold tokens: only their number is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("headers", &self.spans.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut bytes = u32::try_from(pairs.len()).unwrap().to_le_bytes().to_vec();
        for (name, value) in pairs {
            bytes.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        }
        for (name, value) in pairs {
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(value);
            bytes.push(0);
        }
        bytes
    }

    #[test]
    fn the_header_map_of_the_abi_is_read_in_place() {
        let pairs: [(&[u8], &[u8]); 3] = [(b":path", b"/a?b"), (b"x", b""), (b"Authorization", b"\xff")];
        let request = Request::from_header_map(map(&pairs));
        assert_eq!(request.headers().collect::<Vec<_>>(), pairs);
        assert_eq!(request.target(), b"/a?b");
        assert_eq!(request.value("authorization"), Some(&b"\xff"[..]));
    }

    #[test]
    fn a_broken_header_map_ends_early_and_never_panics() {
        let whole = map(&[(b"a", b"1"), (b"b", b"2")]);
        for end in 0..whole.len() {
            let request = Request::from_header_map(whole[..end].to_vec());
            assert!(request.headers().count() <= 2);
        }
        assert_eq!(Request::from_header_map(vec![0xff; 64]).headers().count(), 0);
    }
}
