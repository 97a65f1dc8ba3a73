//! What a release of validate-jwt is made of, beyond what Cargo builds. `.ci/release` is what calls it.
//!
//! | to | use |
//! |---|---|
//! | learn what a version may be called, and what its notes say | [`version::Version`], [`changelog::notes`] |
//! | put the module into images | [`image::image`], [`image::artifact`], [`archive::write`] |
//! | pack the command line program | [`program::pack`] |
//! | take an image apart, as a control plane does | [`archive::Archive`], [`plugin::plugin`] |
//! | check a folder with a whole release | [`check::check`] |
//!
//! Images are written without a container engine: the same module gives the same bytes on every machine.

mod error;

pub mod archive;
pub mod changelog;
pub mod check;
pub mod digest;
pub mod image;
pub mod layer;
pub mod manifest;
pub mod plugin;
pub mod program;
pub mod version;

pub use error::{ArchiveFault, ChapterFault, Error, FileFault};
