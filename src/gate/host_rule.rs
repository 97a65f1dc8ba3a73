//! The host as rules see it: as Envoy's router does, so that a rule and a virtual host with the same `domains` never
//! disagree about a request.

/// How a rule looks at a request's authority: host and port as they were sent, compared ignoring case. No port is
/// taken off and no dot: what the router reads as another host is another host here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostMatch {
    /// The whole authority: `example.com`, `example.com:8443`.
    Exact(String),
    /// `*.example.com`: something before this end, kept as `.example.com`; a port only where it is written.
    Below(String),
    /// `example.com:*`: something behind this start, kept as `example.com:`.
    AnyPort(String),
}

impl HostMatch {
    /// Whether the authority is this host. The time it takes does not depend on the authority's length.
    pub(super) fn matches(&self, authority: &[u8]) -> bool {
        match self {
            Self::Exact(host) => authority.eq_ignore_ascii_case(host.as_bytes()),
            Self::Below(end) => authority
                .len()
                .checked_sub(end.len())
                .and_then(|start| authority.split_at_checked(start))
                .is_some_and(|(name, found)| !name.is_empty() && found.eq_ignore_ascii_case(end.as_bytes())),
            Self::AnyPort(start) => authority.split_at_checked(start.len()).is_some_and(|(found, port)| {
                !port.is_empty() && found.eq_ignore_ascii_case(start.as_bytes())
            }),
        }
    }
}
