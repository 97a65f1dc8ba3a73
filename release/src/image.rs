//! The module as an image, in the two forms that Istio and Envoy Gateway load.

use std::collections::BTreeMap;

use serde_json::json;

use crate::digest::Digest;
use crate::error::Error;
use crate::layer::{PLUGIN, Use, archive, compressed};
use crate::manifest::{CONFIG, Descriptor, EMPTY, GZIP_LAYER, MANIFEST, Manifest, WASM_CONFIG, WASM_LAYER};
use crate::version::Version;

/// What an image says of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// The release.
    pub version: Version,
    /// The commit.
    pub revision: String,
    /// The commit's time, as RFC 3339 has it.
    pub created: String,
    /// The repository's address, by which registries link an image with it.
    pub source: Option<String>,
}

/// An image under a tag, with the content that it refers to.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name within a repository.
    pub tag: String,
    /// The manifest, whose digest is what `sha256` in a plugin is compared with.
    pub manifest: Vec<u8>,
    /// Everything that the manifest names.
    pub blobs: Vec<Vec<u8>>,
}

/// The image proper: for linux/amd64, one layer with `plugin.wasm`. What `docker pull` takes, and control planes prefer.
pub fn image(about: &About, module: &[u8]) -> Result<Image, Error> {
    let layer = archive([(PLUGIN, Use::Read, module)])?;
    let packed = compressed(&layer)?;
    // A module runs anywhere; who asks for a platform asks for this one.
    let config = text(&json!({
        "created": about.created,
        "architecture": "amd64",
        "os": "linux",
        "config": { "Labels": labels(about) },
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&layer)] },
        "history": [{ "created": about.created, "comment": PLUGIN }],
    }))?;
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        artifact_type: None,
        config: Descriptor::of(CONFIG, &config),
        layers: vec![Descriptor::of(GZIP_LAYER, &packed)],
        annotations: labels(about),
    };
    Ok(Image { tag: about.version.to_string(), manifest: text(&manifest)?, blobs: vec![config, packed] })
}

/// The artifact: the module as it is, and what a host needs to know of it.
pub fn artifact(about: &About, module: &[u8]) -> Result<Image, Error> {
    let runtime = text(&json!({
        "type": "envoy_proxy",
        "abiVersions": ["0.2.1"],
        "config": { "root_ids": ["validate_jwt"] },
    }))?;
    let config = b"{}".to_vec();
    let layers = [(WASM_CONFIG, "runtime-config.json", &runtime[..]), (WASM_LAYER, PLUGIN, module)];
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        artifact_type: Some(WASM_LAYER.to_owned()),
        config: Descriptor::of(EMPTY, &config),
        layers: layers
            .map(|(kind, name, content)| Descriptor::of(kind, content).annotated(TITLE, name))
            .to_vec(),
        annotations: labels(about),
    };
    let tag = format!("{}-artifact", about.version);
    Ok(Image { tag, manifest: text(&manifest)?, blobs: vec![config, runtime, module.to_vec()] })
}

fn labels(about: &About) -> BTreeMap<String, String> {
    let label = |name: &str, value: &str| (format!("org.opencontainers.image.{name}"), value.to_owned());
    let mut labels = BTreeMap::from([
        label("title", "validate-jwt"),
        label("description", DESCRIPTION),
        label("licenses", env!("CARGO_PKG_LICENSE")),
        label("version", &about.version.to_string()),
        label("revision", &about.revision),
        label("created", &about.created),
    ]);
    labels.extend(about.source.as_deref().map(|source| label("source", source)));
    labels
}

fn text(document: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(document)
        .map_err(|error| Error::Document { name: "a manifest".to_owned(), source: error })
}

const DESCRIPTION: &str = "Azure API Management's validate-jwt policy as a proxy-wasm filter for Envoy";

const TITLE: &str = "org.opencontainers.image.title";
