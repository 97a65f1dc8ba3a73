//! Files with places to be filled: a line `#: name` is one.

/// Puts the parts, whose lines are not indented, into their places.
pub(super) fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut text = String::new();
    for line in template.lines() {
        let (margin, rest) = line.split_at(line.len() - line.trim_start().len());
        let part = rest.strip_prefix("#: ").and_then(|place| parts.iter().find(|(name, _)| *name == place));
        if let Some((_, part)) = part {
            text.push_str(&indented(part, margin));
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn indented(part: &str, margin: &str) -> String {
    let mut text = String::new();
    for line in part.lines() {
        if !line.is_empty() {
            text.push_str(margin);
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_as_deep_as_their_places() {
        let parts = [("some", "b: 1\n\nc: 2\n".to_owned()), ("none", String::new())];
        assert_eq!(
            fill("a:\n  #: some\n  # other\n#: none\nd: 3\n", &parts),
            "a:\n  b: 1\n\n  c: 2\n  # other\nd: 3\n"
        );
    }
}
