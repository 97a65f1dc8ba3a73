//! Why a server's certificate is not accepted.

use std::fmt;
use std::time::{Duration, SystemTime};

use rustls::CertificateError;
use validate_jwt::excerpt::Excerpt;

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CertificateFault {
    /// No anchor that is trusted here has signed it.
    Untrusted,
    /// It is another host's.
    WrongName { names: Vec<Excerpt> },
    /// Its time is over, since then.
    Expired { since: Option<SystemTime> },
    /// Its time is yet to come.
    NotYetValid { until: Option<SystemTime> },
    /// Anything else.
    Other(Excerpt),
}

impl CertificateFault {
    pub(super) fn of(error: &CertificateError) -> Self {
        let time = |time: &rustls::pki_types::UnixTime| {
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()))
        };
        match error {
            CertificateError::UnknownIssuer => Self::Untrusted,
            CertificateError::NotValidForName => Self::WrongName { names: Vec::new() },
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names = presented.iter().take(NAMES_SHOWN).map(|name| Excerpt::name(bare(name)));
                Self::WrongName { names: names.collect() }
            }
            CertificateError::Expired => Self::Expired { since: None },
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired { since: time(not_after) },
            CertificateError::NotValidYet => Self::NotYetValid { until: None },
            CertificateError::NotValidYetContext { not_before, .. } => {
                Self::NotYetValid { until: time(not_before) }
            }
            other => Self::Other(Excerpt::address(&other.to_string())),
        }
    }

    /// A word for scripts.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Untrusted => "tls_untrusted",
            Self::WrongName { .. } => "tls_wrong_name",
            Self::Expired { .. } => "tls_expired",
            Self::NotYetValid { .. } => "tls_not_yet_valid",
            Self::Other(_) => "tls_certificate",
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |time: &Option<SystemTime>| time.map(httpdate::fmt_http_date).unwrap_or_default();
        match self {
            Self::Untrusted => f.write_str(
                "the server's certificate is signed by nobody who is trusted here: if its authority is your own, give \
                 its certificate with --ca, and to the cluster as trusted_ca",
            ),
            Self::WrongName { names } => {
                f.write_str("the server's certificate is for another host")?;
                for (at, name) in names.iter().enumerate() {
                    write!(f, "{}{name}", if at == 0 { ": for " } else { ", " })?;
                }
                Ok(())
            }
            Self::Expired { since } => {
                write!(f, "the server's certificate has expired, by this machine's clock: {}", at(since))
            }
            Self::NotYetValid { until } => {
                write!(f, "the server's certificate is not valid yet, by this machine's clock: {}", at(until))
            }
            Self::Other(why) => write!(f, "the server's certificate is not accepted: {why}"),
        }
    }
}

/// A name as the certificate has it, of `DnsName("idp.example")` and the like.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

/// A certificate may be for hundreds of names.
const NAMES_SHOWN: usize = 5;
