//! The claim that got a token refused, for the log, so that an operator can see what to change.
//!
//! Only claims that say for whom, by whom and for how long a token was issued; never who its subject is.

use crate::excerpt::Excerpt;
use crate::time::UnixTime;

/// A claim, what it holds, and what would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    claim: &'static str,
    found: Vec<Excerpt>,
    allowed: Vec<Excerpt>,
    slip: Option<Slip>,
}

/// The likeliest slip behind a value that is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// `api://{id}` against `{id}`, either way round.
    ApplicationIdUri,
    /// A slash at the end.
    TrailingSlash,
    /// Capitals.
    Case,
    /// Milliseconds where seconds belong (RFC 7519, 2).
    Milliseconds,
    /// The proxy's clock, or the issuer's.
    Clock,
}

impl Slip {
    const fn advice(self) -> &'static str {
        match self {
            Self::ApplicationIdUri => "they differ only by api://",
            Self::TrailingSlash => "they differ only by a trailing slash",
            Self::Case => "they differ only in case",
            Self::Milliseconds => "the time is in milliseconds, it has to be in seconds",
            Self::Clock => "off by less than five minutes: compare the clocks, or set clock_skew",
        }
    }

    /// How a value differs from one that would have done.
    fn between(found: &str, allowed: &str) -> Option<Self> {
        let [bare_found, bare_allowed] = [found, allowed].map(|text| text.strip_suffix('/').unwrap_or(text));
        let [found_id, allowed_id] =
            [bare_found, bare_allowed].map(|text| text.strip_prefix("api://").unwrap_or(text));
        if bare_found == bare_allowed {
            Some(Self::TrailingSlash)
        } else if found.eq_ignore_ascii_case(allowed) {
            Some(Self::Case)
        } else if found_id.eq_ignore_ascii_case(allowed_id) {
            Some(Self::ApplicationIdUri)
        } else {
            None
        }
    }
}

impl Stake {
    /// Texts, none of which is one of those that are allowed.
    pub(super) fn texts(claim: &'static str, found: &[&str], allowed: &[&str]) -> Self {
        let excerpts = |texts: &[&str]| texts.iter().take(SHOWN).map(|text| Excerpt::name(text)).collect();
        let mut pairs =
            found.iter().take(COMPARED).flat_map(|found| allowed.iter().map(move |one| (found, one)));
        let slip = pairs.find_map(|(found, one)| Slip::between(found, one));
        Self { claim, found: excerpts(found), allowed: excerpts(allowed), slip }
    }

    /// A time that is over, or yet to come.
    pub(super) fn time(claim: &'static str, time: UnixTime, now: UnixTime) -> Self {
        let apart = now.saturating_duration_since(time).max(time.saturating_duration_since(now));
        let slip = if time.as_seconds() > FAR {
            Some(Slip::Milliseconds)
        } else {
            (apart.as_secs() < 300).then_some(Slip::Clock)
        };
        let text = |time: UnixTime| Excerpt::word(&time.as_seconds().to_string());
        Self { claim, found: vec![text(time)], allowed: vec![text(now)], slip }
    }

    /// Adds it to a line.
    pub(super) fn tell<'a>(&'a self, line: &mut Vec<&'a str>) {
        line.extend([" ", self.claim, "="]);
        list(&self.found, line);
        line.push(if ["exp", "nbf"].contains(&self.claim) { " now=" } else { " allowed=" });
        list(&self.allowed, line);
    }

    /// The claim, what it holds, and what would have done, in words.
    pub fn text(&self) -> String {
        let mut line = Vec::new();
        self.tell(&mut line);
        line.concat().trim_start().to_owned()
    }

    /// What the difference looks like.
    pub fn advice(&self) -> Option<&'static str> {
        self.slip.map(Slip::advice)
    }
}

fn list<'a>(texts: &'a [Excerpt], line: &mut Vec<&'a str>) {
    if texts.is_empty() {
        line.push("-");
    }
    for (at, text) in texts.iter().enumerate() {
        line.extend([if at == 0 { "\"" } else { ",\"" }, text.as_str(), "\""]);
    }
}

/// How many values a line shows of each kind.
const SHOWN: usize = 3;

/// How many of a token's audiences are compared for a slip: a stranger may send thousands.
const COMPARED: usize = 8;

/// No token is good until the year 5138: such a number is one of milliseconds.
const FAR: i64 = 100_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_slip_is_named() {
        for (found, allowed, expected) in [
            ("api://x", "x", Some(Slip::ApplicationIdUri)),
            ("x", "api://x", Some(Slip::ApplicationIdUri)),
            ("api://x/", "X", Some(Slip::ApplicationIdUri)),
            ("https://a/", "https://a", Some(Slip::TrailingSlash)),
            ("https://a", "https://A", Some(Slip::Case)),
            ("https://a", "https://b", None),
        ] {
            assert_eq!(Slip::between(found, allowed), expected, "{found} {allowed}");
        }
        let at = UnixTime::from_seconds;
        assert_eq!(Stake::time("exp", at(1000), at(1200)).slip, Some(Slip::Clock));
        assert_eq!(
            Stake::time("nbf", at(1_700_000_000_000), at(1_700_000_000)).slip,
            Some(Slip::Milliseconds)
        );
        assert_eq!(Stake::time("exp", at(1000), at(9000)).slip, None);
    }
}
