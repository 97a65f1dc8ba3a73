//! Where something stands in a policy of API Management.

use validate_jwt::config::apim::{Document, Element};

/// The line, in the text, of what stands at a path such as `validate-jwt/openid-config[0]/@url`, or of the innermost part of
/// the path that is there; nothing where the text is no XML.
pub(crate) fn line(text: &[u8], path: &str) -> Option<usize> {
    let document = Document::read(text).ok()?;
    let mut path = path;
    loop {
        if let Some(line) = line_at(document.root(), path) {
            return Some(line);
        }
        (path, _) = path.rsplit_once('/')?;
    }
}

fn line_at(element: Element<'_>, path: &str) -> Option<usize> {
    if element.path() == path {
        return Some(element.line());
    }
    let rest = path.strip_prefix(element.path())?;
    if let Some(attribute) = rest.strip_prefix("/@") {
        return element.attribute_line(attribute);
    }
    element.children().find_map(|child| line_at(child, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_attributes_have_lines() {
        let text = "<policies>\n<inbound>\n<validate-jwt\n header-name='a'>\n<openid-config\n\n url='b' />\n\
                    <openid-config url='c' />\n</validate-jwt></inbound></policies>";
        for (path, expected) in [
            ("policies", Some(1)),
            ("policies/inbound/validate-jwt", Some(3)),
            ("policies/inbound/validate-jwt/@header-name", Some(4)),
            ("policies/inbound/validate-jwt/@missing", Some(3)),
            ("policies/inbound/validate-jwt/openid-config[0]/@url", Some(7)),
            ("policies/inbound/validate-jwt/openid-config[1]", Some(8)),
            ("policies/inbound/validate-jwt/openid-config[1]/@issuer", Some(8)),
            ("policies/inbound/validate-jwt/audiences/audience[0]", Some(3)),
            ("elsewhere", None),
        ] {
            assert_eq!(line(text.as_bytes(), path), expected, "{path}");
        }
        assert_eq!(line(b"<a", "a"), None);
    }
}
