//! Issuers: an exact text, or Entra's template with `{tenantid}`.

/// An issuer that a token may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerPattern {
    /// Compared code point by code point (RFC 7519, 4.1.1).
    Exact(String),
    /// `{tenantid}` stands for the token's `tid`, which must be a GUID.
    Template {
        /// Text before the tenant.
        prefix: String,
        /// Text after it.
        suffix: String,
    },
}

impl IssuerPattern {
    /// Reads an issuer as a discovery document or a key states it. `{tenantid}` is found ignoring case.
    pub fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        match lower.find(PLACEHOLDER) {
            Some(at) => {
                let prefix = text.get(..at).unwrap_or_default().to_owned();
                let suffix = text.get(at + PLACEHOLDER.len()..).unwrap_or_default().to_owned();
                Self::Template { prefix, suffix }
            }
            None => Self::Exact(text.to_owned()),
        }
    }

    /// Whether this is the multi-tenant form.
    pub fn is_template(&self) -> bool {
        matches!(self, Self::Template { .. })
    }

    /// The issuer as a document states it.
    pub fn text(&self) -> String {
        match self {
            Self::Exact(text) => text.clone(),
            Self::Template { prefix, suffix } => format!("{prefix}{PLACEHOLDER}{suffix}"),
        }
    }

    /// The text before the tenant; of an exact issuer, all of it.
    pub fn start(&self) -> &str {
        match self {
            Self::Exact(text) => text,
            Self::Template { prefix, .. } => prefix,
        }
    }

    /// Whether a token with this issuer and tenant fits.
    ///
    /// A template only ever fits a GUID tenant, which then stands at its place in the issuer
    /// (`access-tokens` of the Microsoft identity platform, "Validate the issuer").
    pub fn matches(&self, issuer: &str, tenant: Option<&str>) -> bool {
        match self {
            Self::Exact(text) => text == issuer,
            Self::Template { prefix, suffix } => tenant.is_some_and(|tenant| {
                is_guid(tenant) && between(issuer, prefix, suffix).is_some_and(|between| between == tenant)
            }),
        }
    }
}

impl IssuerPattern {
    /// Whether there is an issuer that fits both patterns.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(text), Self::Template { prefix, suffix })
            | (Self::Template { prefix, suffix }, Self::Exact(text)) => {
                between(text, prefix, suffix).is_some_and(is_guid)
            }
            (one, other) => one == other,
        }
    }

    /// The issuer that this pattern means for a tenant: a template needs a GUID.
    pub fn stated_for(&self, tenant: Option<&str>) -> Option<String> {
        match self {
            Self::Exact(text) => Some(text.clone()),
            Self::Template { prefix, suffix } => {
                tenant.filter(|tenant| is_guid(tenant)).map(|tenant| format!("{prefix}{tenant}{suffix}"))
            }
        }
    }
}

/// What stands in the tenant's place of a template, wherever in the text that is.
fn between<'a>(text: &'a str, prefix: &str, suffix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.strip_suffix(suffix)
}

/// Whether the text has the form 8-4-4-4-12 of hexadecimal digits.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

const PLACEHOLDER: &str = "{tenantid}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_where_an_issuer_fits_both() {
        let tenant = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
        let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
        let (template, one) = (of("{tenantid}"), of(tenant));
        let other = of("b07a2c4e-90d1-4f7e-8c55-7d3e8f1a2b3c");
        for (left, right, expected) in [
            (&template, &template, true),
            (&template, &one, true),
            (&one, &one, true),
            (&one, &other, false),
            (&template, &"https://sts.windows.net/{tenantid}/".to_owned(), false),
            (&template, &format!("https://sts.windows.net/{tenant}/"), false),
            (&template, &of("common"), false),
            // Wherever the tenant stands in it.
            (&"https://{tenantid}.idp.example/".to_owned(), &format!("https://{tenant}.idp.example/"), true),
            (
                &"https://idp.example/t-{tenantid}".to_owned(),
                &format!("https://idp.example/t-{tenant}"),
                true,
            ),
            (
                &format!("https://idp.example/{tenant}/{{tenantid}}"),
                &format!("https://idp.example/{tenant}/b07a2c4e-90d1-4f7e-8c55-7d3e8f1a2b3c"),
                true,
            ),
            (&"https://{tenantid}.idp.example/".to_owned(), &"https://www.idp.example/".to_owned(), false),
        ] {
            let (left, right) = (IssuerPattern::parse(left), IssuerPattern::parse(right));
            assert_eq!([left.overlaps(&right), right.overlaps(&left)], [expected; 2], "{left:?} {right:?}");
        }
    }
}
