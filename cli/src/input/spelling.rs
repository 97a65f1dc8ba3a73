//! The two spellings of a field that protobuf's JSON knows.

/// `vmConfig` for `vm_config`.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut chars = word.chars();
        let capital = chars.next().map(|char| char.to_ascii_uppercase());
        name + &capital.into_iter().chain(chars).collect::<String>()
    })
}
