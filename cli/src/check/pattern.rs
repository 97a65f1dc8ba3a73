//! Literals that look like patterns: `repo:acme/app:*`, `^admin$`.

/// What to say of a literal that looks like a pattern.
pub(super) fn taken_literally(what: &str, text: &str) -> Option<String> {
    looks_like_pattern(text).then(|| {
        format!("{what} {text:?} looks like a pattern, but is compared as it is, character by character")
    })
}

/// A wildcard, or signs of a regular expression that no name, URL or address holds.
fn looks_like_pattern(text: &str) -> bool {
    text.contains('*')
        || text.starts_with(['^', '%'])
        || text.ends_with(['$', '%'])
        || SIGNS.iter().any(|sign| text.contains(sign))
}

const SIGNS: [&str; 9] = [".+", "\\.", "\\d", "\\w", "\\s", "(?", "]+", "[a-z", "[0-9"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_pattern_is_told_from_names_that_do_not() {
        for text in [
            "*",
            "repo:acme/app:*",
            "*@example.com",
            "https://*.contoso.com/",
            "api://orders-*",
            "Orders.*",
            "^admin$",
            "^admin",
            "admin$",
            "orders\\.read",
            "tenant-[0-9]{4}",
            "[a-z]+",
            ".+@contoso.com",
            "(?i)admin",
            "\\d+",
            "%@contoso.com",
            "contoso%",
        ] {
            assert!(looks_like_pattern(text), "{text}");
        }
        for text in [
            "",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "repo:acme/app:ref:refs/heads/main",
            "user+tag@contoso.com",
            "api://11111111-aaaa",
            "https://login.microsoftonline.com/common/v2.0",
            "urn:mace:incommon:iap:silver",
            "Orders.Read.All",
            "C++ (advanced)",
            "a?b=c&d=%20e",
            "spiffe://cluster.local/ns/a/sa/b",
            "50 % off",
            "what?",
            "[admin]",
            "$value",
            "a^b",
        ] {
            assert!(!looks_like_pattern(text), "{text}");
        }
    }
}
