//! The notes of a release: its chapter of `CHANGELOG.md`.

use crate::error::{ChapterFault, Error};
use crate::version::{Kind, Version};

/// Cuts the notes of a version out of a changelog.
///
/// The chapter of a release is headed `## 0.2.0 - 2027-01-31`, that of a pre-release `## Unreleased`. Links to files of the
/// repository lead nowhere on the page of a release; with the repository's address they do.
pub fn notes(changelog: &str, version: &Version, source: Option<&str>) -> Result<String, Error> {
    let wanted = match version.kind() {
        Kind::Release => version.to_string(),
        Kind::PreRelease => "Unreleased".to_owned(),
    };
    let fault = |fault| Error::Chapter { heading: wanted.clone(), fault };
    let chapters = changelog.split("\n## ").skip(1);
    let chapter = chapters.filter_map(|chapter| chapter.split_once('\n')).find_map(|(heading, text)| {
        let (name, date) =
            heading.split_once(" - ").map_or((heading, None), |(name, date)| (name, Some(date)));
        (name.trim() == wanted).then_some((date, text.trim()))
    });
    let (date, text) = chapter.ok_or_else(|| fault(ChapterFault::Missing))?;
    if version.kind() == Kind::Release && !date.is_some_and(is_date) {
        return Err(fault(ChapterFault::Undated));
    }
    if !text.lines().any(|line| line.starts_with("- ")) {
        return Err(fault(ChapterFault::Empty));
    }
    Ok(source
        .map_or_else(|| text.to_owned(), |source| with_links(text, &format!("{source}/blob/v{version}/"))))
}

/// Every link to a file, below an address.
fn with_links(text: &str, base: &str) -> String {
    let mut pieces = text.split("](");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        whole.push_str("](");
        if !piece.starts_with("https://") && !piece.starts_with('#') {
            whole.push_str(base);
        }
        whole.push_str(piece);
    }
    whole
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\nWords.\n\n## Unreleased\n\n### Added\n\n- More, see [keys](docs/keys.md) and [RFC](https://rfc.example).\n\n\
        ## 0.2.0 - 2027-01-31\n\n- Two.\n\n## 0.1.1\n\n- No date.\n\n## 0.1.0 - 2026-12-01\n\nNothing.\n";

    fn notes_of(version: &str, source: Option<&str>) -> Result<String, String> {
        notes(CHANGELOG, &version.parse().unwrap(), source).map_err(|error| error.to_string())
    }

    #[test]
    fn a_release_has_its_own_chapter_and_a_pre_release_what_is_unreleased() {
        assert_eq!(notes_of("0.2.0", None).unwrap(), "- Two.");
        let unreleased = notes_of("0.3.0-rc", Some("https://git.example/a/b")).unwrap();
        let links =
            "[keys](https://git.example/a/b/blob/v0.3.0-rc/docs/keys.md) and [RFC](https://rfc.example)";
        assert_eq!(unreleased, format!("### Added\n\n- More, see {links}."));
    }

    #[test]
    fn a_chapter_that_is_missing_empty_or_without_a_date_is_told() {
        for (version, told) in [
            ("0.4.0", "CHANGELOG.md has no chapter \"## 0.4.0\""),
            (
                "0.1.1",
                "CHANGELOG.md, chapter \"## 0.1.1\": the heading of a release has its date, as in \"## 0.1.1 - 2027-01-31\"",
            ),
            ("0.1.0", "CHANGELOG.md, chapter \"## 0.1.0\": it lists nothing"),
        ] {
            assert_eq!(notes_of(version, None).unwrap_err(), told);
        }
    }
}
