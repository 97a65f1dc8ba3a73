//! Rules that can never decide, because an earlier one matches everything that they match.
//!
//! Only what is certain is reported. Two rules that together cover a third are not looked for.

use crate::gate::{HostMatch, PathMatch, Preflight, Rule};

/// Each rule but the last one that can never decide, with the first rule that matches whatever it matches.
///
/// The last rule has to be there even if nothing is left for it.
pub(super) fn shadowed(rules: &[Rule]) -> impl Iterator<Item = (usize, usize)> {
    let last = rules.len().saturating_sub(1);
    let first_before = |(place, later): (usize, &Rule)| {
        let first = rules.iter().take(place).position(|earlier| covers(earlier, later))?;
        Some((place, first))
    };
    rules.iter().enumerate().take(last).filter_map(first_before)
}

/// Whether a rule matches every request that another one matches.
fn covers(earlier: &Rule, later: &Rule) -> bool {
    let mut wide = earlier.paths.iter().filter(|path| !matches_everything(path));
    wide.all(|wide| later.paths.iter().any(|narrow| path_covers(wide, narrow)))
        && methods_cover(earlier, later)
        && hosts_cover(earlier, later)
        && preflight_covers(earlier, later)
        && earlier.headers.iter().all(|wide| later.headers.contains(wide))
}

fn matches_everything(path: &PathMatch) -> bool {
    match path {
        PathMatch::Prefix(prefix) => prefix.is_empty(),
        PathMatch::Pattern(pattern) => pattern.as_str() == "^(?:.*)$",
        PathMatch::Exact(_) => false,
    }
}

fn path_covers(wide: &PathMatch, narrow: &PathMatch) -> bool {
    match (wide, narrow) {
        (PathMatch::Exact(wide), PathMatch::Exact(narrow)) => wide == narrow,
        (PathMatch::Prefix(wide), PathMatch::Exact(narrow) | PathMatch::Prefix(narrow)) => {
            is_below(wide, narrow)
        }
        (PathMatch::Prefix(wide), PathMatch::Pattern(narrow)) => is_below(wide, start_of(narrow.as_str())),
        (PathMatch::Pattern(wide), PathMatch::Pattern(narrow)) => wide.as_str() == narrow.as_str(),
        (PathMatch::Pattern(wide), PathMatch::Exact(narrow)) => wide.is_match(narrow),
        (PathMatch::Exact(_), _) | (PathMatch::Pattern(_), PathMatch::Prefix(_)) => false,
    }
}

/// Whole segments, as `path_prefix` has them.
fn is_below(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whole segments that every match of a pattern starts with: those before its first special character.
fn start_of(pattern: &str) -> &str {
    let pattern = pattern.strip_prefix("^(?:").and_then(|rest| rest.strip_suffix(")$")).unwrap_or(pattern);
    let is_special = |char: char| !char.is_ascii_alphanumeric() && !matches!(char, '/' | '-' | '_' | '~');
    let Some((plain, special)) = pattern.find(is_special).and_then(|at| pattern.split_at_checked(at)) else {
        return pattern;
    };
    // The last character may be left out or repeated.
    let is_repeated = special.starts_with(['?', '*', '+', '{']);
    let plain =
        if is_repeated { plain.get(..plain.len().saturating_sub(1)).unwrap_or_default() } else { plain };
    match plain.rfind('/').and_then(|slash| plain.get(..slash)) {
        Some(segments) if !special.contains('|') => segments,
        _ => "",
    }
}

fn methods_cover(earlier: &Rule, later: &Rule) -> bool {
    let Some(wide) = &earlier.methods else { return true };
    let has = |method: &str| wide.iter().any(|wide| wide.eq_ignore_ascii_case(method));
    let listed = later.methods.as_ref().is_some_and(|narrow| narrow.iter().all(|method| has(method)));
    listed || (later.preflight == Preflight::Only && has("OPTIONS"))
}

fn hosts_cover(earlier: &Rule, later: &Rule) -> bool {
    let Some(wide) = &earlier.hosts else { return true };
    let has = |narrow: &HostMatch| wide.iter().any(|wide| host_covers(wide, narrow));
    later.hosts.as_ref().is_some_and(|narrow| narrow.iter().all(has))
}

fn host_covers(wide: &HostMatch, narrow: &HostMatch) -> bool {
    match (wide, narrow) {
        (HostMatch::Below(wide), HostMatch::Below(narrow)) => narrow.ends_with(wide.as_str()),
        (HostMatch::Below(wide), HostMatch::Exact(narrow)) => {
            narrow.len() > wide.len() && narrow.ends_with(wide.as_str())
        }
        (HostMatch::AnyPort(wide), HostMatch::Exact(narrow)) => {
            narrow.len() > wide.len() && narrow.starts_with(wide.as_str())
        }
        (wide, narrow) => wide == narrow,
    }
}

fn preflight_covers(earlier: &Rule, later: &Rule) -> bool {
    earlier.preflight == Preflight::Whatever || later.preflight == Preflight::Only
}
