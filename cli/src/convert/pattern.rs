//! Text in a regular expression.

/// A regular expression that matches a text alone.
pub(super) fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for char in text.chars() {
        if r"\.+*?()|[]{}^$".contains(char) {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern
}

/// A regular expression for any of several; each is whole by itself.
pub(super) fn any_of(patterns: &[String]) -> String {
    match patterns {
        [one] => one.clone(),
        several => {
            let bracketed =
                several.iter().map(|one| if one.contains('|') { format!("(?:{one})") } else { one.clone() });
            bracketed.collect::<Vec<_>>().join("|")
        }
    }
}

/// A regular expression for a path with variables, as Envoy's URI template and Istio have them: `*`, `{*}`, `{name}` stand
/// for one segment, `**`, `{**}`, `{name=**}` for the rest.
pub(super) fn of_template(template: &str) -> Option<String> {
    let mut pattern = String::new();
    for segment in template.strip_prefix('/')?.split('/') {
        pattern.push('/');
        let inner = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let variable =
            inner.map(|inner| inner.split_once('=').map_or_else(|| named(inner), |(_, shape)| shape));
        match variable.unwrap_or(segment) {
            "*" => pattern.push_str("[^/]+"),
            "**" => pattern.push_str(".*"),
            plain if variable.is_none() && !plain.contains(['*', '{', '}']) => {
                pattern.push_str(&literal(plain));
            }
            _ => return None,
        }
    }
    Some(pattern)
}

/// What a variable without a shape stands for.
fn named(inner: &str) -> &str {
    if inner.starts_with('*') { inner } else { "*" }
}

#[cfg(test)]
mod tests {
    use regex_lite::Regex;

    use super::*;

    #[test]
    fn a_literal_matches_itself_alone() {
        for text in ["/a.b", "/a(b)|c", r"/\d+[x]{2}^$*?", "plain"] {
            let pattern = Regex::new(&format!("^(?:{})$", literal(text))).unwrap();
            assert!(pattern.is_match(text), "{text}");
            assert!(!pattern.is_match("/aXb"), "{text}");
        }
    }

    #[test]
    fn templates_become_patterns() {
        for (template, pattern) in [
            ("/orders/{*}/items", Some("/orders/[^/]+/items")),
            ("/orders/{**}", Some("/orders/.*")),
            ("/a.b/*/{id}/{rest=**}", Some(r"/a\.b/[^/]+/[^/]+/.*")),
            ("/orders/{*}.txt", None),
            ("/a/{x=b/*}", None),
            ("orders", None),
        ] {
            assert_eq!(of_template(template).as_deref(), pattern, "{template}");
        }
    }
}
