//! A condition of `<when>` in a message, and what of a rule may say the same.

/// A condition on one line, cut.
pub(super) fn quoted(condition: &str) -> String {
    let words: Vec<_> = condition.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let start: String = line.chars().take(LONGEST).collect();
    format!("{start}…")
}

/// The parts of `match` that conditions like these come down to.
pub(super) fn parts<'c>(conditions: impl Iterator<Item = &'c str>) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for condition in conditions {
        for (words, part) in PARTS {
            if words.iter().any(|word| condition.contains(word)) && !parts.contains(part) {
                parts.push(part);
            }
        }
    }
    if parts.is_empty() {
        "what it comes down to (\"path\", \"methods\", \"hosts\", \"headers\"), or a route of the proxy that names its policy"
            .to_owned()
    } else {
        parts.join(" and ")
    }
}

const PARTS: &[(&[&str], &str)] = &[
    (&["Request.Method", "Operation.Method"], "\"methods\""),
    (&["OriginalUrl.Host", "Request.Url.Host", "Deployment.GatewayId"], "\"hosts\""),
    (
        &["Url.Path", "UrlTemplate", "Operation.Id", "Operation.Name", "Api.Path", "Api.Id", "Api.Name"],
        "\"path\" or \"path_prefix\"",
    ),
    (&["Request.Headers"], "\"headers\""),
];
const LONGEST: usize = 400;
