//! Archives and their compression: the one layer of an image, and what else is packed. The same content gives the same bytes.

use std::io::{self, Read, Write};

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, Header};

use crate::error::Error;

/// What Istio and Envoy Gateway look for.
pub const PLUGIN: &str = "plugin.wasm";

/// What a file in an archive is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To be read.
    Read,
    /// To be run.
    Run,
}

/// An archive of files in this order, owned by root, without a time.
pub fn archive<'a>(files: impl IntoIterator<Item = (&'a str, Use, &'a [u8])>) -> Result<Vec<u8>, Error> {
    let mut archive = Builder::new(Vec::new());
    for (name, purpose, content) in files {
        let mut header = Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(match purpose {
            Use::Read => 0o644,
            Use::Run => 0o755,
        });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        archive.append_data(&mut header, name, content).map_err(Error::io(format!("archiving {name}")))?;
    }
    archive.into_inner().map_err(Error::io("ending an archive"))
}

/// The files of an archive.
pub fn files(archive: &[u8]) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut archive = Archive::new(archive);
    let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        Ok((name, content))
    };
    archive.entries()?.map(read).collect()
}

/// Compressed without a name and a time.
pub fn compressed(content: &[u8]) -> Result<Vec<u8>, Error> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(content).and_then(|()| gzip.finish()).map_err(Error::io("compressing a layer"))
}

/// The content of what was compressed.
pub fn uncompressed(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    GzDecoder::new(content).read_to_end(&mut whole)?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_archived_and_compressed_comes_out_as_it_went_in_and_twice_the_same() {
        let made = || compressed(&archive([(PLUGIN, Use::Read, &b"\0asm"[..])]).unwrap()).unwrap();
        assert_eq!(made(), made());
        assert_eq!(files(&uncompressed(&made()).unwrap()).unwrap(), [(PLUGIN.to_owned(), b"\0asm".to_vec())]);
    }
}
