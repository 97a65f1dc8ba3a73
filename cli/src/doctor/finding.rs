//! What is found out about one provider, in words; and how much it matters.

use std::fmt;
use std::time::Duration;

use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::{FetchError, Remark};
use validate_jwt::token::{KeySetError, SkippedKey};

use super::difference::{Course, Difference};
use super::refusal::Refusal;
use super::unreachable::Unreachable;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// Works, and is likely to hurt.
    Warning,
    /// Requests will be refused.
    Error,
}

/// Something that was found out.
#[derive(Debug)]
pub(super) enum Finding {
    /// A document came.
    Answered { content_type: Option<Excerpt>, bytes: usize, took: Duration, proxy: Option<String> },
    /// None came.
    Unreachable(Unreachable),
    /// Another status than 200.
    Refused(Refusal),
    /// What came is of no use, by the filter's own judgement.
    Unusable(FetchError),
    /// The provider's issuer.
    Issuer { issuer: Excerpt, basis: IssuerBasis },
    /// The keys are on another host than the document.
    KeysElsewhere { host: Excerpt, cluster: Excerpt, chosen: ClusterChoice },
    /// A key that tokens may be signed with.
    Key { name: Excerpt, kind: Excerpt, algorithms: String },
    /// A key that is not used.
    Skipped(SkippedKey),
    /// So many more are not used.
    MoreSkipped(usize),
    /// A key that another issuer's tokens are signed with.
    ForeignKey { name: Excerpt, issuer: Excerpt },
    /// The private half of a key is in the document.
    PrivateHalf { name: Excerpt },
    /// The clocks.
    Clock { difference: Difference, leeway: Duration },
    /// What the documents mean together.
    Remark(Remark),
    /// One cluster would have to lead to two places.
    TornCluster { cluster: Excerpt, places: Vec<String> },
    /// There is nobody to trust.
    NoSystemTrust,
}

/// Why an issuer is the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IssuerBasis {
    /// The configuration says so, and no document was asked.
    Configured,
    /// The configuration says so, and so does the document.
    Agreed,
    /// The configuration names one tenant of the document's template.
    TenantOf(Excerpt),
    /// The document says so.
    Stated,
    /// The document says so, and means every tenant.
    Template,
}

/// Why a cluster serves the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClusterChoice {
    /// `jwks_cluster` says so.
    Configured,
    /// The host's own name, because nothing says so.
    ByHost,
}

impl Finding {
    /// How much it matters.
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::Answered { .. } | Self::Issuer { .. } | Self::Key { .. } => Severity::Good,
            Self::KeysElsewhere { .. }
            | Self::Skipped(_)
            | Self::MoreSkipped(_)
            | Self::ForeignKey { .. }
            | Self::NoSystemTrust => Severity::Note,
            Self::PrivateHalf { .. } | Self::TornCluster { .. } => Severity::Warning,
            Self::Unreachable(_) | Self::Refused(_) | Self::Unusable(_) => Severity::Error,
            Self::Clock { difference, leeway } => match difference {
                _ if !difference.is_notable() => Severity::Good,
                Difference { apart, .. } if apart > leeway => Severity::Error,
                Difference { .. } => Severity::Warning,
            },
            Self::Remark(remark) => match remark {
                Remark::Refused { .. } | Remark::Rivals { .. } | Remark::Unowned { .. } => Severity::Error,
                Remark::Elsewhere { .. } | Remark::AnyTenant { .. } => Severity::Warning,
            },
        }
    }

    /// A word for scripts.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::Unreachable(why) => why.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Unusable(error) => code_of(error),
            Self::Issuer { .. } => "issuer",
            Self::KeysElsewhere { .. } => "keys_elsewhere",
            Self::Key { .. } => "key",
            Self::Skipped(_) | Self::MoreSkipped(_) => "key_skipped",
            Self::ForeignKey { .. } => "key_of_another_issuer",
            Self::PrivateHalf { .. } => "private_key_published",
            Self::Clock { .. } => "clock",
            Self::Remark(_) => "owners",
            Self::TornCluster { .. } => "cluster_torn",
            Self::NoSystemTrust => "no_system_trust",
        }
    }
}

fn code_of(error: &FetchError) -> &'static str {
    match error {
        FetchError::TooLarge => "too_large",
        FetchError::Metadata(_) => "document_unusable",
        FetchError::IssuerChanged { .. } | FetchError::Claimed(_) => "issuer_not_believed",
        FetchError::BareHost(_) => "cluster_unknown",
        FetchError::Keys(_) => "keys_unusable",
        FetchError::ForeignKeys { .. } => "keys_of_another_issuer",
        // `Unreachable` and `Refusal` have told of every other.
        _ => "no_answer",
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { content_type, bytes, took, proxy } => {
                let content_type = content_type.as_ref().map_or("no content type", Excerpt::as_str);
                write!(f, "status 200, {content_type}, {bytes} bytes in {} ms", took.as_millis())?;
                match proxy {
                    Some(proxy) => write!(f, ", through the proxy {proxy}"),
                    None => Ok(()),
                }
            }
            Self::Unreachable(why) => why.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            // Each of the skipped keys has a line of its own.
            Self::Unusable(FetchError::Keys(KeySetError::NoUsableKey(skipped))) if skipped.total() > 0 => {
                write!(f, "the JWKS has no usable key among {}", skipped.total())
            }
            Self::Unusable(error) => error.fmt(f),
            Self::Issuer { issuer, basis } => write!(f, "issuer {issuer}{basis}"),
            Self::KeysElsewhere { host, cluster, chosen } => match chosen {
                ClusterChoice::Configured => {
                    write!(f, "the keys are on another host, {host}: through jwks_cluster {cluster:?}")
                }
                ClusterChoice::ByHost => write!(
                    f,
                    "the keys are on another host, {host}: through the cluster of that name, for want of jwks_cluster"
                ),
            },
            Self::Key { name, kind, algorithms } => write!(f, "key {name:?} ({kind}): {algorithms}"),
            Self::Skipped(key) => write!(f, "not used: {key}"),
            Self::MoreSkipped(count) => write!(f, "not used: {count} more keys"),
            Self::ForeignKey { name, issuer } => {
                write!(f, "not used: key {name:?}: it belongs to another issuer, {issuer}")
            }
            Self::PrivateHalf { name } => write!(
                f,
                "key {name:?} is published with its private half: whoever reads the document can sign tokens"
            ),
            Self::Clock { difference, leeway } => clock(difference, *leeway, f),
            Self::Remark(remark) => remark.fmt(f),
            Self::TornCluster { cluster, places } => write!(
                f,
                "the cluster {cluster:?} would have to lead to {}; give the keys a `jwks_cluster` of their own",
                places.join(", and to ")
            ),
            Self::NoSystemTrust => {
                f.write_str("no trust anchors of the system were found: servers are trusted by --ca alone")
            }
        }
    }
}

impl fmt::Display for IssuerBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured => f.write_str(", as configured"),
            Self::Agreed => f.write_str(", as configured and as the document says"),
            Self::TenantOf(template) => write!(f, ", as configured: one tenant of the document's {template}"),
            Self::Stated => f.write_str(", as the document says"),
            Self::Template => f.write_str(", as the document says: that of each token's own tenant"),
        }
    }
}

fn clock(difference: &Difference, leeway: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if !difference.is_notable() {
        return f.write_str("this machine's clock and the provider's agree");
    }
    let apart = difference.apart.as_secs();
    match difference.here {
        Course::Ahead => write!(
            f,
            "this machine's clock is {apart} s ahead of the provider's: where the proxy's is as well, tokens expire that \
             much too early"
        )?,
        Course::Behind => write!(
            f,
            "this machine's clock is {apart} s behind the provider's: where the proxy's is as well, new tokens are not \
             valid yet"
        )?,
    }
    write!(f, "; clock_skew is {} s", leeway.as_secs_f64())
}
