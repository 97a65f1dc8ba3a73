//! Which certificates are trusted: the system's, and those of `--ca`.

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::failure::Failure;
use crate::input;

/// Trust anchors.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) anchors: RootCerts,
    /// How many of the system's there are. Without any, no server of the internet is trusted.
    pub(super) of_system: usize,
}

impl Trust {
    /// The system's anchors, and those in these PEM files.
    pub(super) fn of(files: &[String]) -> Result<Self, Failure> {
        let system = rustls_native_certs::load_native_certs();
        let mut anchors: Vec<Certificate<'static>> =
            system.certs.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
        let of_system = anchors.len();
        for file in files {
            anchors.extend(certificates(file)?);
        }
        Ok(Self { anchors: RootCerts::from(anchors), of_system })
    }
}

fn certificates(file: &str) -> Result<Vec<Certificate<'static>>, Failure> {
    let text = input::read(file)?;
    let found: Result<Vec<_>, _> = parse_pem(&text).collect();
    let found = found.unwrap_or_default().into_iter().filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() { Err(Failure::NoCertificate(file.to_owned())) } else { Ok(found) }
}
