//! What the command line says of a request and of the documents, read.

use validate_jwt::gate::{CertificateDigest, HeaderName};
use validate_jwt::keys::Url;
use validate_jwt::time::UnixTime;
use validate_jwt::token::base64url;

use crate::evaluation::Header;
use crate::failure::Failure;
use crate::{clock, input};

/// `[PROVIDER=]FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) provider: Option<String>,
    pub(super) file: String,
}

/// Reads `[PROVIDER=]FILE`. What stands before the sign is a provider where it could be the name of one: a file of such a
/// name is `./a=b`.
#[expect(clippy::unnecessary_wraps, reason = "the form of a value's parser")]
pub(super) fn source(written: &str) -> Result<Source, String> {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let named = written.split_once('=').filter(|(name, _)| is_name(name));
    let (provider, file) = named.map_or((None, written), |(name, file)| (Some(name.to_owned()), file));
    Ok(Source { provider, file: file.to_owned() })
}

pub(super) fn seconds(written: &str) -> Result<UnixTime, String> {
    match written.parse::<i64>() {
        Ok(seconds) if seconds > clock::LATEST => {
            Err("expected seconds since 1970, not milliseconds".to_owned())
        }
        Ok(seconds) if seconds < 0 => Err("expected seconds since 1970, not before".to_owned()),
        Ok(seconds) => Ok(UnixTime::from_seconds(seconds)),
        Err(_) => Err("expected whole seconds since 1970".to_owned()),
    }
}

/// Reads the file that a token is in.
pub(crate) fn token(file: &str) -> Result<String, Failure> {
    let token = String::from_utf8(input::read(file)?).map_err(|_| Failure::Token)?;
    let token = token.trim();
    let first = token.split_once(' ').map_or("", |(first, _)| first);
    match SCHEMES.into_iter().find(|scheme| scheme.eq_ignore_ascii_case(first)) {
        Some(scheme) => Err(Failure::SchemeBeforeToken(scheme)),
        None => Ok(token.to_owned()),
    }
}

/// What may stand before a token in `Authorization`.
const SCHEMES: [&str; 2] = ["Bearer", "DPoP"];

pub(crate) fn url(written: &str) -> Result<Url, String> {
    Url::parse(written).map_err(|_| "expected an https:// or http:// URL".to_owned())
}

pub(super) fn header(written: &str) -> Result<Header, String> {
    let split =
        written.split_once(':').and_then(|(name, value)| Some((HeaderName::parse(name).ok()?, value)));
    let (name, value) = split.ok_or("expected NAME: VALUE")?;
    Ok((name.as_str().to_owned(), value.trim().as_bytes().to_vec()))
}

/// Reads a certificate's digest as Envoy prints it, or as a token has it.
pub(crate) fn digest(written: &str) -> Result<CertificateDigest, String> {
    let hexadecimal = || {
        let bytes = written.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        (written.len() == 64).then(|| bytes.map(byte).collect::<Option<Vec<u8>>>()).flatten()
    };
    let read = hexadecimal().or_else(|| base64url::decode(written).ok());
    let digest = read.and_then(|bytes| bytes.try_into().ok());
    digest.ok_or_else(|| {
        "expected SHA-256 as 64 hexadecimal digits, or as 43 characters of base64url".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_file_is_a_provider_where_it_could_be_one() {
        for (written, provider, file) in [
            ("keys.json", None, "keys.json"),
            ("idp_example=keys.json", Some("idp_example"), "keys.json"),
            ("idp=a=b.json", Some("idp"), "a=b.json"),
            ("./a=b.json", None, "./a=b.json"),
            ("=x", None, "=x"),
            ("-", None, "-"),
        ] {
            let expected = Source { provider: provider.map(str::to_owned), file: file.to_owned() };
            assert_eq!(source(written), Ok(expected));
        }
    }

    #[test]
    fn a_certificates_digest_is_read_as_envoy_and_as_a_token_write_it() {
        let digest_of = [7; 32];
        assert_eq!(digest(&"07".repeat(32)), Ok(digest_of));
        assert_eq!(digest(&base64url::encode(digest_of)), Ok(digest_of));
        for written in ["", "07", &"0g".repeat(32), &"07".repeat(31), "ééééééééééééééééééééééééééééééééé"]
        {
            assert!(digest(written).is_err(), "{written}");
        }
    }
}
