//! The documents of an image, as the OCI image specification has them: index, manifest, descriptor.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What an archive holds, by tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// 2.
    pub schema_version: u8,
    /// [`INDEX`].
    pub media_type: String,
    /// The images, each with [`TAG`] among its annotations.
    pub manifests: Vec<Descriptor>,
}

/// What an image is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// 2.
    pub schema_version: u8,
    /// [`MANIFEST`].
    pub media_type: String,
    /// What the artifact is, where it is no image to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The platform and labels.
    pub config: Descriptor,
    /// The content, the lowest layer first.
    pub layers: Vec<Descriptor>,
    /// The labels, where registries look for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A reference to content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is.
    pub media_type: String,
    /// Its name.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: usize,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A reference to this content.
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(content),
            size: content.len(),
            annotations: BTreeMap::new(),
        }
    }

    /// With another annotation.
    #[must_use]
    pub fn annotated(mut self, name: &str, value: &str) -> Self {
        self.annotations.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// An index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The platform and labels of an image.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A layer that is a compressed archive. The one compression that Istio and Envoy Gateway know.
pub const GZIP_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// `{}`, where an artifact has no platform.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// What a host needs to know of a module.
pub const WASM_CONFIG: &str = "application/vnd.module.wasm.config.v1+json";

/// A module, as it is.
pub const WASM_LAYER: &str = "application/vnd.module.wasm.content.layer.v1+wasm";

/// The annotation of an index with an image's tag.
pub const TAG: &str = "org.opencontainers.image.ref.name";
