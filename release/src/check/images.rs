//! The images: in their file, whole, and with the module of the release.

use std::path::Path;

use serde_json::Value;

use crate::archive::{Archive, parsed};
use crate::error::{ArchiveFault, Error};
use crate::manifest::CONFIG;
use crate::plugin::plugin;
use crate::version::Version;

/// The tag of each image, and the module in it.
pub(super) fn check(file: &Path, version: &Version, module: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let archive = Archive::read(file)?;
    let mut plugins = Vec::new();
    for tag in tags(version) {
        let manifest = archive.manifest(&tag)?;
        let config = archive.blob(&manifest.config)?;
        if manifest.config.media_type == CONFIG {
            platform(&archive, &parsed("the configuration of the image", config)?, version)?;
        }
        let found = plugin(&archive, &tag)?;
        if found != module {
            return Err(archive.fault(ArchiveFault::OtherModule { tag }));
        }
        plugins.push((tag, found));
    }
    Ok(plugins)
}

/// The tags of the images of a version.
pub(super) fn tags(version: &Version) -> [String; 2] {
    [version.to_string(), format!("{version}-artifact")]
}

/// A puller takes the image for another platform than its own for a mistake.
fn platform(archive: &Archive, config: &Value, version: &Version) -> Result<(), Error> {
    let version = version.to_string();
    for (field, wanted) in [
        ("/os", "linux"),
        ("/architecture", "amd64"),
        ("/config/Labels/org.opencontainers.image.version", &version),
    ] {
        let found = config.pointer(field).and_then(Value::as_str).unwrap_or("nothing");
        if found != wanted {
            let (wanted, found) = (wanted.to_owned(), found.to_owned());
            return Err(archive.fault(ArchiveFault::OtherConfig { field, wanted, found }));
        }
    }
    Ok(())
}
