//! What a word stands for, and which characters of a text are written where.

use saphyr_parser::ScalarStyle;
use serde_json::Number;

use super::Kind;

/// What a word without quotation marks stands for; nothing where it is a text.
///
/// Envoy reads YAML by yaml-cpp, Kubernetes by Go's yaml.v2: both know the booleans and the octal numbers of YAML 1.1.
pub(super) fn plain(text: &str) -> Option<Kind> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Kind::Null),
        _ => flag(text).map(Kind::Flag).or_else(|| number(text).map(Kind::Number)),
    }
}

/// What a text with one of YAML's own tags stands for.
pub(super) fn tagged(tag: &str, text: &str) -> Option<Kind> {
    match tag {
        "null" => Some(Kind::Null),
        "bool" => flag(text).map(Kind::Flag),
        "int" | "float" => number(text).map(Kind::Number),
        _ => None,
    }
}

fn flag(text: &str) -> Option<bool> {
    let is = |words: &[&str]| {
        let capital = |word: &str| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            first.to_ascii_uppercase() + rest
        };
        words.iter().any(|word| text == *word || text == word.to_ascii_uppercase() || text == capital(word))
    };
    if is(&["y", "yes", "true", "on"]) {
        Some(true)
    } else {
        is(&["n", "no", "false", "off"]).then_some(false)
    }
}

fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let whole = |digits: &str, radix| {
        let plain = digits.chars().all(|digit| digit.is_digit(radix));
        plain.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
    };
    let whole = match digits.strip_prefix('0') {
        Some(rest) if rest.starts_with(['x', 'X']) => Some(whole(rest.get(1..)?, 16)?),
        Some(rest) if rest.starts_with(['o', 'O']) => Some(whole(rest.get(1..)?, 8)?),
        Some(rest) if !rest.is_empty() && whole(rest, 8).is_some() => whole(rest, 8),
        _ => whole(digits, 10),
    };
    if let Some(whole) = whole {
        if !negative {
            return Some(whole.into());
        }
        if let Ok(whole) = i64::try_from(whole) {
            return Some((-whole).into());
        }
    }
    let is_decimal = |char: char| char.is_ascii_digit() || matches!(char, '.' | 'e' | 'E' | '+' | '-');
    let decimal = digits.chars().all(is_decimal).then(|| text.parse::<f64>().ok()).flatten()?;
    Number::from_f64(decimal)
}

/// The line of each character of a text, blanks left out, as it is written.
pub(super) fn visible(
    style: ScalarStyle,
    written: impl Iterator<Item = (usize, char)>,
) -> impl Iterator<Item = usize> {
    let mut written =
        written.skip(usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)));
    std::iter::from_fn(move || {
        loop {
            let (line, char) = written.next()?;
            let stands_for = match (style, char) {
                (ScalarStyle::SingleQuoted, '\'') => written.next().map(|(_, char)| char)?,
                (ScalarStyle::DoubleQuoted, '\\') => escaped(&mut written)?,
                (_, char) => char,
            };
            if !stands_for.is_whitespace() {
                return Some(line);
            }
        }
    })
}

/// What stands behind a backslash.
fn escaped(written: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let (_, char) = written.next()?;
    let length = match char {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'n' | 't' | 'r' | 'v' | 'f' | 'N' | '_' | 'L' | 'P' => return Some(' '),
        other => return Some(other),
    };
    let digits: String = written.take(length).map(|(_, digit)| digit).collect();
    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_the_hosts_take_it_for() {
        for (text, value) in [
            ("", "null"),
            ("~", "null"),
            ("NULL", "null"),
            ("yes", "true"),
            ("Off", "false"),
            ("TRUE", "true"),
            ("tRUE", "a text"),
            ("12", "12"),
            ("-3", "-3"),
            ("+3", "3"),
            ("0", "0"),
            ("017", "15"),
            ("00001111", "585"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("089", "89"),
            ("18446744073709551615", "18446744073709551615"),
            ("1.5", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("1e999", "a text"),
            (".inf", "a text"),
            ("1.2.3", "a text"),
            ("1-2", "a text"),
            ("00001111-aaaa", "a text"),
            ("0xyz", "a text"),
            ("-", "a text"),
            ("2026-01-01", "a text"),
        ] {
            let told = match plain(text) {
                None => "a text".to_owned(),
                Some(Kind::Null) => "null".to_owned(),
                Some(Kind::Flag(flag)) => flag.to_string(),
                Some(Kind::Number(number)) => number.to_string(),
                Some(other) => format!("{other:?}"),
            };
            assert_eq!(told, value, "{text:?}");
        }
        assert!(tagged("str", "12").is_none());
        assert!(matches!(tagged("int", "12"), Some(Kind::Number(_))));
    }
}
