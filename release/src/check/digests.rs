//! The digests of the images, where people and `.ci/publish` read them: those of the archive, and no others.

use std::path::Path;

use super::{archive, fault, images, read};
use crate::archive::Archive;
use crate::error::{Error, FileFault};
use crate::version::Version;

pub(super) fn check(folder: &Path, version: &Version) -> Result<Vec<String>, Error> {
    let archive = Archive::read(&folder.join(archive(version)))?;
    let (mut list, mut notes) = (Vec::new(), Vec::new());
    for tag in images::tags(version) {
        let digest = archive.digest(&tag)?;
        list.push(format!("{}  {tag}\n", digest.digits()));
        notes.push(format!("- `{tag}`: `{}`", digest.digits()));
    }
    let file = folder.join(LIST);
    if read(&file)? != list.concat().as_bytes() {
        return Err(fault(&file, FileFault::OtherImages));
    }
    let file = folder.join(NOTES);
    let text = read(&file)?;
    let text = String::from_utf8_lossy(&text);
    if text.lines().filter(|line| names_a_digest(line)).ne(notes.iter().map(String::as_str)) {
        return Err(fault(&file, FileFault::OtherImages));
    }
    Ok(vec![format!("{LIST}, {NOTES}: the digests are those of the images")])
}

/// Whether a line has a digest anywhere.
fn names_a_digest(line: &str) -> bool {
    line.split(|character: char| !character.is_ascii_hexdigit()).any(|digits| digits.len() == 64)
}

const LIST: &str = "image-digests.txt";

const NOTES: &str = "notes.md";

#[cfg(test)]
mod tests {
    use super::super::Scratch;
    use super::*;
    use crate::archive::write;
    use crate::image::{About, artifact, image};

    #[test]
    fn a_digest_that_is_not_the_archives_is_told_wherever_it_stands() {
        let about = About {
            version: "0.2.0".parse().unwrap(),
            revision: "0123".to_owned(),
            created: "2027-01-31T12:00:00Z".to_owned(),
            source: None,
        };
        let folder = Scratch::new("digests").unwrap();
        let images = [image(&about, MODULE).unwrap(), artifact(&about, MODULE).unwrap()];
        let written = write(&folder.0.join("validate-jwt-0.2.0.oci.tar"), &images).unwrap();
        let digests: Vec<&str> = written.iter().map(|(_, digest)| digest.digits()).collect();
        let (one, other) = (digests[0], digests[1]);
        let list = |one: &str, other: &str| format!("{one}  0.2.0\n{other}  0.2.0-artifact\n");
        let notes = |one: &str, other: &str| {
            format!("- Words.\n\n## Images\n\n- `0.2.0`: `{one}`\n- `0.2.0-artifact`: `{other}`\n")
        };
        let false_one = "0".repeat(64);
        let good = (list(one, other), notes(one, other));
        for (list, notes, wrong) in [
            (good.0.clone(), good.1.clone(), None),
            (list(&false_one, other), good.1.clone(), Some(LIST)),
            (list(other, one), good.1.clone(), Some(LIST)),
            (String::new(), good.1.clone(), Some(LIST)),
            (list(one, other).trim_end().to_owned(), good.1.clone(), Some(LIST)),
            (format!("{}{one}  latest\n", good.0), good.1.clone(), Some(LIST)),
            (good.0.clone(), notes(one, &false_one), Some(NOTES)),
            (good.0.clone(), "- Words.\n".to_owned(), Some(NOTES)),
            (good.0.clone(), format!("{}\n`sha256:{false_one}` is better\n", good.1), Some(NOTES)),
        ] {
            folder.put(LIST, list.as_bytes()).unwrap();
            folder.put(NOTES, notes.as_bytes()).unwrap();
            let told = check(&folder.0, &about.version).map_err(|error| error.to_string());
            let expected = wrong.map(|file| {
                format!(
                    "{}: its digests are not those of the images, one line each",
                    folder.0.join(file).display()
                )
            });
            assert_eq!(told.err(), expected, "{list}{notes}");
        }
    }

    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
}
