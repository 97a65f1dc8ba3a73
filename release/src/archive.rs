//! Images in one file: an OCI image layout, archived. What `skopeo` calls `oci-archive`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::json;

use crate::digest::Digest;
use crate::error::{ArchiveFault, Error};
use crate::image::Image;
use crate::layer;
use crate::manifest::{Descriptor, INDEX, Index, MANIFEST, Manifest, TAG};

/// Writes images to a file, and gives the digest of each one's manifest. The same images are the same bytes.
pub fn write(file: &Path, images: &[Image]) -> Result<Vec<(String, Digest)>, Error> {
    let mut content = BTreeMap::new();
    let mut manifests = Vec::new();
    for image in images {
        for blob in image.blobs.iter().chain([&image.manifest]) {
            content.insert(Digest::of(blob).path(), blob.clone());
        }
        manifests.push(Descriptor::of(MANIFEST, &image.manifest).annotated(TAG, &image.tag));
    }
    let digests = images
        .iter()
        .zip(&manifests)
        .map(|(image, manifest)| (image.tag.clone(), manifest.digest.clone()))
        .collect();
    let index = Index { schema_version: 2, media_type: INDEX.to_owned(), manifests };
    let index = serde_json::to_vec(&index).map_err(Error::document(INDEX_FILE))?;
    content.insert(INDEX_FILE.to_owned(), index);
    content.insert("oci-layout".to_owned(), json!({"imageLayoutVersion": "1.0.0"}).to_string().into_bytes());
    let whole = layer::archive(
        content.iter().map(|(name, content)| (name.as_str(), layer::Use::Read, content.as_slice())),
    )?;
    fs::write(file, whole).map_err(Error::io(format!("writing {}", file.display())))?;
    Ok(digests)
}

/// Such a file, read.
#[derive(Debug)]
pub struct Archive {
    file: PathBuf,
    content: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let reading = || Error::io(format!("reading {}", file.display()));
        let whole = fs::read(file).map_err(reading())?;
        let content = layer::files(&whole).map_err(reading())?.into_iter().collect();
        Ok(Self { file: file.to_path_buf(), content })
    }

    /// The tags of the images, in order.
    pub fn tags(&self) -> Result<Vec<String>, Error> {
        let tags =
            self.index()?.manifests.into_iter().filter_map(|image| image.annotations.get(TAG).cloned());
        Ok(tags.collect())
    }

    /// The digest of an image's manifest: what `sha256` in a plugin is compared with.
    pub fn digest(&self, tag: &str) -> Result<Digest, Error> {
        Ok(self.image(tag)?.digest)
    }

    /// The manifest of an image.
    pub fn manifest(&self, tag: &str) -> Result<Manifest, Error> {
        let image = self.image(tag)?;
        if image.media_type == MANIFEST {
            parsed(&image.digest.path(), self.blob(&image)?)
        } else {
            Err(self.fault(ArchiveFault::NoManifest { tag: tag.to_owned(), media_type: image.media_type }))
        }
    }

    /// What a descriptor refers to, which has to have its digest and its size.
    pub fn blob(&self, of: &Descriptor) -> Result<&[u8], Error> {
        let content = self.named(&of.digest.path())?;
        if content.len() == of.size && Digest::of(content) == of.digest {
            Ok(content)
        } else {
            Err(self.fault(ArchiveFault::NotItsDigest { digest: of.digest.clone() }))
        }
    }

    /// An error that names this file.
    pub fn fault(&self, fault: ArchiveFault) -> Error {
        Error::Archive { file: self.file.clone(), fault }
    }

    fn image(&self, tag: &str) -> Result<Descriptor, Error> {
        let images = self.index()?.manifests;
        let image =
            images.into_iter().find(|image| image.annotations.get(TAG).is_some_and(|named| named == tag));
        image.ok_or_else(|| self.fault(ArchiveFault::NoTag { tag: tag.to_owned() }))
    }

    fn index(&self) -> Result<Index, Error> {
        parsed(INDEX_FILE, self.named(INDEX_FILE)?)
    }

    fn named(&self, name: &str) -> Result<&[u8], Error> {
        let content = self.content.get(name).map(Vec::as_slice);
        content.ok_or_else(|| self.fault(ArchiveFault::NoFile { name: name.to_owned() }))
    }
}

/// A document of an image.
pub(crate) fn parsed<T: DeserializeOwned>(name: &str, content: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(content).map_err(Error::document(name))
}

const INDEX_FILE: &str = "index.json";
