//! The claim that got a token refused, for the log, so that an operator can see what to change.
//!
//! Only claims that say for whom, by whom and for how long a token was issued; never who its subject is.

use std::borrow::Cow;
use std::time::Duration;

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
    /// A token that ended so many seconds ago: the proxy's clock may be ahead.
    ClockAhead(u64),
    /// A token that begins in so many seconds: the proxy's clock may be behind.
    ClockBehind(u64),
}

impl Slip {
    fn advice(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::ApplicationIdUri => "they differ only by api://",
            Self::TrailingSlash => "they differ only by a trailing slash",
            Self::Case => "they differ only in case",
            Self::Milliseconds => "the time is in milliseconds, it has to be in seconds",
            Self::ClockAhead(ago) => {
                let skew = ago.saturating_add(1).to_string();
                return told(&[
                    "it ended ",
                    &ago.to_string(),
                    " s ago: compare the clocks, this one may be ahead; a \
                    clock_skew of ",
                    &skew,
                    " would do",
                ]);
            }
            Self::ClockBehind(ahead) => {
                let ahead = ahead.to_string();
                return told(&[
                    "it begins in ",
                    &ahead,
                    " s: compare the clocks, this one may be behind; a clock_skew of ",
                    &ahead,
                    " would do",
                ]);
            }
        })
    }

    /// How a value differs from one that would have done.
    pub(super) fn between(found: &str, allowed: &str) -> Option<Self> {
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

    /// The end of a token, which is over.
    pub(super) fn end(time: UnixTime, now: UnixTime) -> Self {
        let ago = now.saturating_duration_since(time);
        Self::time("exp", time, now, (ago < NEAR).then_some(Slip::ClockAhead(ago.as_secs())))
    }

    /// The beginning of a token, which is yet to come.
    pub(super) fn beginning(time: UnixTime, now: UnixTime) -> Self {
        let ahead = time.saturating_duration_since(now);
        let seconds = ahead.as_secs().saturating_add(u64::from(ahead.subsec_nanos() > 0));
        Self::time("nbf", time, now, (ahead < NEAR).then_some(Slip::ClockBehind(seconds)))
    }

    /// The end of a token that is good for too long.
    pub(super) fn far_end(time: UnixTime, now: UnixTime) -> Self {
        Self::time("exp", time, now, None)
    }

    fn time(claim: &'static str, time: UnixTime, now: UnixTime, clock: Option<Slip>) -> Self {
        let slip = if time.as_seconds() > FAR { Some(Slip::Milliseconds) } else { clock };
        let text = |time: UnixTime| Excerpt::word(&time.as_seconds().to_string());
        Self { claim, found: vec![text(time)], allowed: vec![text(now)], slip }
    }

    /// Adds it to a line.
    pub(super) fn tell(&self, line: &mut String) {
        line.extend([" ", self.claim, "="]);
        list(&self.found, line);
        line.push_str(if ["exp", "nbf"].contains(&self.claim) { " now=" } else { " allowed=" });
        list(&self.allowed, line);
    }

    /// The claim, what it holds, and what would have done, in words.
    pub fn text(&self) -> String {
        let mut line = String::new();
        self.tell(&mut line);
        line.trim_start().to_owned()
    }

    /// What the difference looks like.
    pub fn advice(&self) -> Option<Cow<'static, str>> {
        self.slip.map(Slip::advice)
    }
}

fn told(parts: &[&str]) -> Cow<'static, str> {
    Cow::Owned(parts.concat())
}

fn list(texts: &[Excerpt], line: &mut String) {
    if texts.is_empty() {
        line.push('-');
    }
    for (at, text) in texts.iter().enumerate() {
        line.extend([if at == 0 { "\"" } else { ",\"" }, text.as_str(), "\""]);
    }
}

/// How many values a line shows of each kind.
const SHOWN: usize = 3;

/// How many of a token's audiences are compared for a slip: a stranger may send thousands.
const COMPARED: usize = 8;

/// What clocks are apart by at most; more is another cause.
const NEAR: Duration = Duration::from_secs(300);

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
        let part = |seconds: i64| UnixTime::from_microseconds(seconds * 1_000_000 + 500_000);
        for (stake, expected) in [
            (Stake::end(at(1000), at(1200)), Some(Slip::ClockAhead(200))),
            (Stake::end(at(1000), at(1300)), None),
            (Stake::beginning(at(1200), at(1000)), Some(Slip::ClockBehind(200))),
            (Stake::beginning(part(1200), at(1000)), Some(Slip::ClockBehind(201))),
            (Stake::beginning(at(9000), at(1000)), None),
            (Stake::beginning(at(1_700_000_000_000), at(1_700_000_000)), Some(Slip::Milliseconds)),
            (Stake::far_end(at(1_700_000_000_000), at(1_700_000_000)), Some(Slip::Milliseconds)),
            (Stake::far_end(at(1_700_000_010), at(1_700_000_000)), None),
        ] {
            assert_eq!(stake.slip, expected, "{}", stake.text());
        }
    }
}
