//! "Did you mean": the known word nearest to an unknown one.

/// The candidate that differs from `word` by a slip or two.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = fold(word);
    let bound = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (distance(&word, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and the difference between `_`, `-` and nothing are no slips worth counting.
fn fold(word: &str) -> String {
    word.chars().filter(|char| !matches!(char, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Edits from one word to the other: a character added, left out, replaced, or two neighbours swapped.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (at, char) in from.chars().enumerate() {
        let mut next = vec![at + 1];
        for (column, other) in to.iter().enumerate() {
            let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let replaced = cell(&row, column) + usize::from(char != *other);
            let mut best = replaced.min(cell(&row, column + 1) + 1).min(cell(&next, column) + 1);
            let last = column.checked_sub(1).and_then(|column| to.get(column));
            if previous == Some(*other) && last == Some(&char) {
                best = best.min(cell(&before, column.saturating_sub(1)) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(char);
    }
    row.last().copied().unwrap_or_default()
}

const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood() {
        let known = ["clock_skew", "audiences", "issuers", "openid_config", "mode", "url"];
        for (written, meant) in [
            ("clok_skew", Some("clock_skew")),
            ("clockSkew", Some("clock_skew")),
            ("clock-skew", Some("clock_skew")),
            ("audience", Some("audiences")),
            ("audeinces", Some("audiences")),
            ("isuers", Some("issuers")),
            ("openid_configs", Some("openid_config")),
            ("Mode", Some("mode")),
            ("uri", Some("url")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known.into_iter()), meant, "{written}");
        }
    }

    #[test]
    fn edits_are_counted() {
        for (from, to, edits) in
            [("", "", 0), ("a", "", 1), ("", "abc", 3), ("ab", "ba", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(from, to), edits, "{from} {to}");
        }
    }
}
