//! What samples hold where one's own belongs: ids of documentation, reserved hosts, `your-…`.

/// What to say of a text that holds a sample's part.
pub(super) fn left_in(what: &str, text: &str) -> Option<String> {
    let part = sample_in(text)?;
    Some(format!("{what} {text:?} holds {part:?}, which stands for your own in samples"))
}

fn sample_in(text: &str) -> Option<&str> {
    id_in(text).or_else(|| host_in(text)).or_else(|| word_in(text))
}

/// The first id that only documents have.
fn id_in(text: &str) -> Option<&str> {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-' || byte == b'x' || byte == b'X';
    let mut runs = text.split(|char: char| !u8::try_from(char).is_ok_and(is_part));
    runs.find(|run| is_sample_id(&run.to_ascii_lowercase()))
}

fn is_sample_id(id: &str) -> bool {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    if lengths != [8, 4, 4, 4, 12] {
        return false;
    }
    if IDS.contains(&id) {
        return true;
    }
    // Microsoft's own applications, such as Graph.
    if id.ends_with("-0000-0000-c000-000000000000") {
        return false;
    }
    // Made by hand: no group of four holds three different digits. One id in 10^12 that was drawn does so.
    let digits: Vec<u8> = id.bytes().filter(|byte| *byte != b'-').collect();
    digits.chunks(4).all(|group| {
        let mut kinds = group.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.len() <= 2
    })
}

/// A host that nobody can have (RFC 2606), or one of Microsoft's invented companies, anywhere.
fn host_in(text: &str) -> Option<&str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-');
    let mut names = text.split(|char| !is_part(char));
    names.find(|name| {
        let name = name.to_ascii_lowercase();
        let is_below =
            |host: &str| name.strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        HOSTS.iter().any(|host| is_below(host))
            || name.ends_with(".example")
            || COMPANIES.iter().any(|company| name.starts_with(company))
    })
}

/// Words that ask to be replaced.
fn word_in(text: &str) -> Option<&str> {
    let is_part =
        |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '<' | '>' | '$' | '{' | '}');
    let mut words = text.split(|char| !is_part(char));
    words.find(|word| {
        let lower = word.to_ascii_lowercase().replace('_', "-");
        let lower = lower.trim_start_matches('<');
        let is_bracketed = word.len() > 2 && word.starts_with('<') && word.ends_with('>');
        STARTS.iter().any(|start| lower.starts_with(start))
            || WORDS.contains(&lower)
            || COUNTED.iter().any(|counted| lower.contains(counted))
            || is_bracketed
            || word.starts_with("${")
    })
}

/// Ids of Microsoft's documentation that look like drawn ones, and counted ones.
const IDS: [&str; 7] = [
    "25eef6e4-c905-4a07-8eb4-0d08d5df8b3f",
    "d313c4e4-de5f-4197-9470-e509a2f0b806",
    "01234567-89ab-cdef-0123-456789abcdef",
    "12345678-1234-1234-1234-123456789012",
    "12345678-1234-1234-1234-123456789abc",
    "12345678-90ab-cdef-1234-567890abcdef",
    "ffffffff-eeee-dddd-cccc-bbbbbbbbbbb0",
];
const HOSTS: [&str; 3] = ["example.com", "example.org", "example.net"];
const COMPANIES: [&str; 2] = ["contoso.", "fabrikam."];
const STARTS: [&str; 5] = ["your-", "yourtenant", "yourdomain", "replace-me", "change-me"];
const WORDS: [&str; 4] = ["replaceme", "changeme", "1234567", "12345678"];
/// In ids of Amazon's documentation.
const COUNTED: [&str; 2] = ["abcdefghi", "example23456789"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_samples_hold_is_told_from_ones_own() {
        for (text, part) in [
            ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
            (
                "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0",
                "aaaabbbb-0000-cccc-1111-dddd2222eeee",
            ),
            ("api://00001111-AAAA-2222-BBBB-3333cccc4444/", "00001111-AAAA-2222-BBBB-3333cccc4444"),
            ("11112222-bbbb-3333-cccc-4444dddd5555", "11112222-bbbb-3333-cccc-4444dddd5555"),
            ("a0a0a0a0-bbbb-cccc-dddd-e1e1e1e1e1e1", "a0a0a0a0-bbbb-cccc-dddd-e1e1e1e1e1e1"),
            ("00aa00aa-bb11-cc22-dd33-44ee44ee44ee", "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"),
            ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
            ("12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789012"),
            ("25eef6e4-c905-4a07-8eb4-0d08d5df8b3f", "25eef6e4-c905-4a07-8eb4-0d08d5df8b3f"),
            ("d313c4e4-de5f-4197-9470-e509a2f0b806", "d313c4e4-de5f-4197-9470-e509a2f0b806"),
            ("https://login.example/.well-known/openid-configuration", "login.example"),
            ("https://idp.example.com/", "idp.example.com"),
            ("https://EXAMPLE.org", "EXAMPLE.org"),
            ("someone@example.com", "example.com"),
            ("https://contoso.onmicrosoft.com/orders", "contoso.onmicrosoft.com"),
            ("https://contoso.b2clogin.com/x", "contoso.b2clogin.com"),
            ("https://contoso.okta.com/oauth2/default", "contoso.okta.com"),
            ("https://contoso.eu.auth0.com/", "contoso.eu.auth0.com"),
            (
                "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI",
                "eu-central-1_AbCdEfGhI",
            ),
            ("1example23456789", "1example23456789"),
            ("1234567", "1234567"),
            ("repo:your-organization/your-repository:ref:refs/heads/main", "your-organization"),
            ("https://your-tenant.eu.auth0.com/", "your-tenant"),
            ("https://login.microsoftonline.com/your_tenant/v2.0", "your_tenant"),
            ("api://YOUR-APP-ID", "YOUR-APP-ID"),
            ("https://sts.windows.net/<tenant-id>/", "<tenant-id>"),
            ("api://<your_api>", "<your_api>"),
            ("https://login.microsoftonline.com/${TENANT_ID}/v2.0", "${TENANT_ID}"),
            ("REPLACE_ME", "REPLACE_ME"),
        ] {
            assert_eq!(sample_in(text), Some(part), "{text}");
        }
        for text in [
            "",
            "8eaef023-2b34-4da1-9baa-8bc8c9d6a490",
            "9188040d-6c67-4c5b-b112-36a304b66dad",
            "72f988bf-86f1-41af-91ab-2d7cd011db47",
            "00000003-0000-0000-c000-000000000000",
            "00000002-0000-0ff1-ce00-000000000000",
            "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
            "https://accounts.google.com",
            "https://token.actions.githubusercontent.com",
            "https://counterexample.com/",
            "https://example.company/",
            "https://contoso-prod.b2clogin.com/",
            "https://notcontoso.okta.com/",
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Qm3xVbT9k",
            "21234567",
            "example",
            "for-example",
            "Orders.Read",
            "a < b > c",
            "yours",
            "https://id.acme.io/realms/your",
            "https://keycloak.test/realms/a",
            "http://localhost:8080/realms/a",
            "replacement.read",
        ] {
            assert_eq!(sample_in(text), None, "{text}");
        }
    }
}
