//! What a release may be called.

use std::fmt;
use std::str::FromStr;

/// The version of a release: that of the workspace, or a trial of what is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(semver::Version);

/// Why a text is not the version of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionError {
    /// This is no version.
    NotOne {
        /// What was given.
        given: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The tree is that of another version.
    Unfit {
        /// What was given.
        given: Version,
        /// What `Cargo.toml` has.
        workspace: Version,
    },
}

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As `0.2.0`: the changelog has a chapter of its own for it.
    Release,
    /// As `0.2.0-rc.1`: what the changelog has under "Unreleased".
    PreRelease,
}

impl Version {
    /// A release has the workspace's version; a pre-release is one of that version or of a later one.
    pub fn fitting(self, workspace: &Self) -> Result<Self, VersionError> {
        let ahead = match self.kind() {
            Kind::Release => self == *workspace,
            Kind::PreRelease => self.core() >= workspace.core(),
        };
        if ahead { Ok(self) } else { Err(VersionError::Unfit { given: self, workspace: workspace.clone() }) }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        if self.0.pre.is_empty() { Kind::Release } else { Kind::PreRelease }
    }

    fn core(&self) -> (u64, u64, u64) {
        (self.0.major, self.0.minor, self.0.patch)
    }
}

/// The version that `Cargo.toml` gives the workspace.
pub fn workspace() -> Result<Version, VersionError> {
    env!("CARGO_PKG_VERSION").parse()
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = |detail| VersionError::NotOne { given: text.to_owned(), detail };
        let version = semver::Version::parse(text).map_err(|error| wrong(error.to_string()))?;
        // A tag of an image has no plus sign.
        if version.build.is_empty() {
            Ok(Self(version))
        } else {
            Err(wrong("build metadata does not belong here".to_owned()))
        }
    }
}

impl fmt::Display for VersionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne { given, detail } => write!(
                formatter,
                "the version {given:?} is none: {detail}; expected one such as 0.2.0 or 0.2.0-rc.1"
            ),
            Self::Unfit { given, workspace } => write!(
                formatter,
                "the version is {given}, which is not to be released from this tree: Cargo.toml has {workspace}, so \
                 {workspace} is, or a pre-release of it or of a later one"
            ),
        }
    }
}

impl std::error::Error for VersionError {}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(version: &str) -> Result<Version, VersionError> {
        version.parse::<Version>()?.fitting(&"0.2.0".parse()?)
    }

    #[test]
    fn a_release_has_the_version_of_the_workspace_and_a_pre_release_is_not_behind_it() {
        for version in ["0.2.0", "0.2.0-rc", "0.2.0-rc.1", "0.2.1-rc", "1.0.0-beta.2"] {
            assert_eq!(fitting(version).unwrap().to_string(), version);
        }
    }

    #[test]
    fn other_versions_are_refused_with_what_is_allowed() {
        let only = "which is not to be released from this tree: Cargo.toml has 0.2.0, so 0.2.0 is, or a pre-release of it or of a later one";
        let cases = [
            ("0.3.0", format!("the version is 0.3.0, {only}")),
            ("0.1.9-rc", format!("the version is 0.1.9-rc, {only}")),
            ("v0.2.0", "the version \"v0.2.0\" is none: unexpected character 'v' while parsing major version number; expected one such as 0.2.0 or 0.2.0-rc.1".to_owned()),
            ("0.2.0+x", "the version \"0.2.0+x\" is none: build metadata does not belong here; expected one such as 0.2.0 or 0.2.0-rc.1".to_owned()),
        ];
        for (version, told) in cases {
            assert_eq!(fitting(version).unwrap_err().to_string(), told);
        }
    }
}
