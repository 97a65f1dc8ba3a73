//! `SHA256SUMS`: every file of the folder is in it, and is what it says.

use std::collections::BTreeMap;
use std::path::Path;

use super::{fault, names, read};
use crate::digest::hexadecimal;
use crate::error::{Error, FileFault};

pub(super) fn check(folder: &Path) -> Result<Vec<String>, Error> {
    let text = read(&folder.join(CHECKSUMS))?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    let mut listed: BTreeMap<&str, &str> = lines.map(|(digest, name)| (name, digest)).collect();
    for name in names(folder)?.iter().filter(|name| *name != CHECKSUMS) {
        let file = folder.join(name);
        let digest = listed.remove(name.as_str()).ok_or_else(|| fault(&file, FileFault::Unlisted))?;
        if hexadecimal(&read(&file)?) != digest {
            return Err(fault(&file, FileFault::OtherDigest));
        }
    }
    match listed.keys().next() {
        Some(missing) => Err(fault(&folder.join(missing), FileFault::Missing)),
        None => Ok(vec![format!("{CHECKSUMS}: every file is in it, and is what it says")]),
    }
}

const CHECKSUMS: &str = "SHA256SUMS";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Scratch;
    use super::*;

    #[test]
    fn a_file_that_is_changed_missing_or_not_listed_is_told() {
        let folder = Scratch::new("checksums").unwrap();
        folder.put("a", b"1").unwrap();
        folder.put("b", b"2").unwrap();
        let sums = |names: &[&str]| {
            let line =
                |name: &&str| format!("{}  {name}\n", hexadecimal(&fs::read(folder.0.join(name)).unwrap()));
            folder.put(CHECKSUMS, names.iter().map(line).collect::<String>().as_bytes()).unwrap();
        };
        let told = || {
            check(&folder.0).map_err(|error| error.to_string().replace(&folder.0.display().to_string(), ""))
        };
        sums(&["a"]);
        assert_eq!(told().unwrap_err(), "/b: it is not in SHA256SUMS");
        sums(&["a", "b"]);
        assert_eq!(told().unwrap().len(), 1);
        folder.put("b", b"3").unwrap();
        assert_eq!(told().unwrap_err(), "/b: SHA256SUMS has another digest for it");
        fs::remove_file(folder.0.join("b")).unwrap();
        assert_eq!(told().unwrap_err(), "/b: it is not there");
    }
}
