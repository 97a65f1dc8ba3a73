//! What may be wrong with the changelog, a file of images, or a file of a release.

use std::fmt;
use std::path::PathBuf;

use crate::digest::Digest;

/// What may be wrong with a chapter of the changelog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChapterFault {
    /// There is none.
    Missing,
    /// It has no date.
    Undated,
    /// It lists nothing.
    Empty,
}

/// What may be wrong with a file of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveFault {
    /// A file is missing in it.
    NoFile {
        /// The file.
        name: String,
    },
    /// Content has not the digest by which it is named.
    NotItsDigest {
        /// The name.
        digest: Digest,
    },
    /// No image has this tag.
    NoTag {
        /// The tag.
        tag: String,
    },
    /// What has this tag is no manifest: an index, perhaps.
    NoManifest {
        /// The tag.
        tag: String,
        /// What it is.
        media_type: String,
    },
    /// Neither Istio nor Envoy Gateway would find a module in an image.
    NoPlugin {
        /// The image's tag.
        tag: String,
    },
    /// The module in an image is not that of the release.
    OtherModule {
        /// The image's tag.
        tag: String,
    },
    /// The platform or a label of an image is not as it should be.
    OtherConfig {
        /// Which.
        field: &'static str,
        /// What it should be.
        wanted: String,
        /// What it is.
        found: String,
    },
}

/// What may be wrong with a file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// It is not there.
    Missing,
    /// It has no line in `SHA256SUMS`.
    Unlisted,
    /// It has another digest than `SHA256SUMS` says.
    OtherDigest,
    /// It lists other images than there are, or other digests of them.
    OtherImages,
    /// It names a folder of the machine that built it.
    NamesAPath {
        /// The folder.
        path: PathBuf,
    },
    /// It does not list what the module is made of.
    NoParts,
    /// The program in it does not tell its version.
    NoProgram {
        /// What it said instead.
        said: String,
    },
    /// The program in it is for another kind of machine than its name says.
    OtherMachine {
        /// The number of the machine, as ELF files have it.
        wanted: u16,
        /// The number that was found, if it is an ELF file at all.
        found: Option<u16>,
    },
    /// Its name is that of a machine for which there are no programs.
    UnknownMachine,
    /// It runs on fewer systems than it should.
    NewerGlibc {
        /// The oldest glibc that has what it calls, as in "2.39".
        needed: String,
        /// The newest that is allowed.
        allowed: &'static str,
    },
    /// Envoy with it answered other than it should.
    OtherAnswer {
        /// To which request.
        request: &'static str,
        /// The status that is right.
        wanted: u16,
        /// The status that came.
        found: u16,
    },
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile { name } => write!(formatter, "it has no {name}"),
            Self::NotItsDigest { digest } => {
                write!(formatter, "what is named {digest} has another digest or size")
            }
            Self::NoTag { tag } => write!(formatter, "it has no image {tag}"),
            Self::NoManifest { tag, media_type } => {
                write!(formatter, "{tag} is {media_type}, expected the manifest of one image")
            }
            Self::NoPlugin { tag } => write!(
                formatter,
                "the image {tag} has no module: expected plugin.wasm in its last layer, or two layers with a module among them"
            ),
            Self::OtherModule { tag } => {
                write!(formatter, "the module in the image {tag} is not validate_jwt.wasm")
            }
            Self::OtherConfig { field, wanted, found } => {
                write!(formatter, "{field} of the image: expected {wanted}, found {found}")
            }
        }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(formatter, "it is not there"),
            Self::Unlisted => write!(formatter, "it is not in SHA256SUMS"),
            Self::OtherDigest => write!(formatter, "SHA256SUMS has another digest for it"),
            Self::OtherImages => write!(formatter, "its digests are not those of the images, one line each"),
            Self::NamesAPath { path } => {
                write!(formatter, "it names {}, so elsewhere it would be another module", path.display())
            }
            Self::NoParts => write!(
                formatter,
                "it is no list of parts in CycloneDX's form with proxy-wasm or clap among them"
            ),
            Self::NoProgram { said } => write!(formatter, "validate-jwt --version in it says {said:?}"),
            Self::OtherMachine { wanted, found: Some(found) } => {
                write!(formatter, "the program in it is for ELF machine {found}, expected {wanted}")
            }
            Self::OtherMachine { wanted, found: None } => {
                write!(
                    formatter,
                    "the program in it is no ELF file of 64 bits, expected one for machine {wanted}"
                )
            }
            Self::UnknownMachine => {
                write!(formatter, "it is for a machine that is not known, expected aarch64 or x86_64 Linux")
            }
            Self::NewerGlibc { needed, allowed } => write!(
                formatter,
                "it needs glibc {needed}, expected {allowed} or less: build it on an older system"
            ),
            Self::OtherAnswer { request, wanted, found } => {
                write!(formatter, "Envoy with it answers a request {request} with {found}, expected {wanted}")
            }
        }
    }
}
