//! Names of content: SHA-256, as registries write it.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The name of this content.
    pub fn of(content: &[u8]) -> Self {
        Self(format!("{ALGORITHM}{}", hexadecimal(content)))
    }

    /// The digits alone, as `sha256` in a plugin has them.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix(ALGORITHM).unwrap_or(&self.0)
    }

    /// Where content of this name is in an archive of images.
    pub fn path(&self) -> String {
        format!("blobs/{}", self.0.replacen(':', "/", 1))
    }
}

/// SHA-256 as `sha256sum` writes it.
pub fn hexadecimal(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

const ALGORITHM: &str = "sha256:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_the_well_known_one_and_says_where_its_content_is() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), format!("sha256:{empty}"));
        assert_eq!(Digest::of(b"").path(), format!("blobs/sha256/{empty}"));
    }
}
