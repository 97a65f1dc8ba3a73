//! The module out of an image, by the rules of Istio's and Envoy Gateway's fetchers.
//!
//! Both take the last layer, where it is a compressed archive with a `plugin.wasm` in it. Otherwise there have to be two layers, of
//! which the first that is a module counts. An index they leave to their library, which takes the image for linux/amd64 out of it:
//! there is none here.

use crate::archive::Archive;
use crate::error::{ArchiveFault, Error};
use crate::layer::{PLUGIN, files, uncompressed};
use crate::manifest::{GZIP_LAYER, Manifest, WASM_LAYER};

/// The module of the image with this tag.
pub fn plugin(archive: &Archive, tag: &str) -> Result<Vec<u8>, Error> {
    let manifest = archive.manifest(tag)?;
    match manifest.layers.last() {
        Some(layer) if layer.media_type == GZIP_LAYER => from_layer(archive, tag, archive.blob(layer)?),
        _ => from_artifact(archive, tag, &manifest),
    }
}

fn from_layer(archive: &Archive, tag: &str, layer: &[u8]) -> Result<Vec<u8>, Error> {
    let reading = || Error::io(format!("reading the layer of {tag}"));
    let files = uncompressed(layer).and_then(|layer| files(&layer)).map_err(reading())?;
    let plugin = files.into_iter().find(|(name, _)| name == PLUGIN);
    plugin
        .map(|(_, module)| module)
        .ok_or_else(|| archive.fault(ArchiveFault::NoPlugin { tag: tag.to_owned() }))
}

fn from_artifact(archive: &Archive, tag: &str, manifest: &Manifest) -> Result<Vec<u8>, Error> {
    let module = match &manifest.layers[..] {
        layers @ [_, _] => layers.iter().find(|layer| layer.media_type == WASM_LAYER),
        _ => None,
    };
    let module = module.ok_or_else(|| archive.fault(ArchiveFault::NoPlugin { tag: tag.to_owned() }))?;
    archive.blob(module).map(<[u8]>::to_vec)
}
