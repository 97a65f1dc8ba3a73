//! The headers that only the filter may set, found in what a client sent.

use super::header_name::{HeaderName, SentName};

/// Every name that any policy's `forward` writes.
#[derive(Debug, Default)]
pub(super) struct EmittedHeaders {
    names: Vec<HeaderName>,
    /// Bit *n* stands for names of *n* bytes, modulo 64: most of a request's headers are told apart by it.
    lengths: u64,
}

impl EmittedHeaders {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a HeaderName>) -> Self {
        let mut names: Vec<_> = names.map(HeaderName::folded).collect();
        names.sort_unstable();
        names.dedup();
        let lengths = names.iter().fold(0, |bits, name| bits | bit(name.as_str().len()));
        Self { names, lengths }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Every spelling of them among these names, each once.
    pub(super) fn among<'a>(&self, sent: impl Iterator<Item = &'a [u8]>) -> Vec<SentName> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<_> = sent.filter(|name| self.holds(name)).map(SentName::new).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn holds(&self, sent: &[u8]) -> bool {
        self.lengths & bit(sent.len()) != 0 && self.names.iter().any(|name| name.could_be(sent))
    }
}

fn bit(length: usize) -> u64 {
    1 << (length % 64)
}

#[cfg(test)]
mod tests {
    use validate_jwt_testbed::spellings::SPELLINGS;

    use super::*;

    #[test]
    fn every_spelling_that_a_server_could_fold_is_found_once_and_nothing_else() {
        let names = ["x-user-id", "x_tenant", "-path"].map(|name| HeaderName::parse(name).unwrap());
        let emitted = EmittedHeaders::new(names.iter());
        let others = ["x.user-id", "x user id", "x\tuser:id", "x-tenant", "x_tenant", "X.Tenant"];
        for name in SPELLINGS.into_iter().chain(others) {
            let sent = [name.as_bytes(), name.as_bytes()];
            let found: Vec<_> =
                emitted.among(sent.into_iter()).iter().map(|name| name.as_bytes().to_vec()).collect();
            assert_eq!(found, [name.as_bytes()], "{name}");
        }
        let bytes = emitted.among([&b"x\xffuser\0id"[..]].into_iter());
        assert_eq!(bytes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["x\\xffuser\\x00id"]);
        for name in
            ["", ":path", "x-user", "xuser-id", "x-user-id-", "x--user-id", "x-user-1d", "x-üser-id", "host"]
        {
            assert_eq!(emitted.among([name.as_bytes()].into_iter()), [], "{name}");
        }
        assert_eq!(EmittedHeaders::default().among([&b"x-user-id"[..]].into_iter()), []);
    }
}
