//! What is not a policy: `key_refresh`, `limits`, `verdict_cache`.

use std::num::NonZeroUsize;

use super::Limits;
use super::choice::Choice;
use super::field::{Field, Kind, Preset, Shape, doc};
use super::object::Object;
use super::problem::Report;
use crate::gate::CacheBounds;
use crate::keys::{RefreshSettings, WaitMode};

/// Reads `key_refresh`; without it everything has its default.
pub(super) fn key_refresh(object: Object<'_>, report: &mut Report) -> RefreshSettings {
    let settings = RefreshSettings {
        interval: object.seconds(&INTERVAL),
        key_ttl: object.seconds(&KEY_TTL),
        unknown_kid_interval: object.seconds(&UNKNOWN_KID_INTERVAL),
        retry_initial: object.seconds(&RETRY_INITIAL),
        retry_max: object.seconds(&RETRY_MAX),
        max_stale: object.seconds(&MAX_STALE),
        wait: object.choice(&WAIT),
        max_wait: object.seconds(&MAX_WAIT),
        forget: object.text(&FORGET).unwrap_or_default().to_owned(),
    };
    if settings.retry_initial > settings.retry_max {
        let found = format!(
            "{} s with {} {} s",
            settings.retry_max.as_secs_f64(),
            RETRY_INITIAL.name,
            settings.retry_initial.as_secs_f64()
        );
        let allowed = format!("at least {}", RETRY_INITIAL.name);
        report.refuse(&report.path_of(object.path(), RETRY_MAX.name), found, allowed);
    }
    settings
}

/// Reads `limits`.
pub(super) fn limits(object: Object<'_>) -> Limits {
    Limits {
        token_bytes: object.whole(&TOKEN_BYTES),
        document_bytes: object.whole(&DOCUMENT_BYTES),
        keys: object.whole(&KEYS),
        held_requests: object.whole(&HELD_REQUESTS),
    }
}

/// Reads `verdict_cache`; `None` is off.
pub(super) fn verdict_cache(object: Object<'_>) -> Option<CacheBounds> {
    let max_bytes = object.whole(&MAX_BYTES);
    NonZeroUsize::new(object.whole(&MAX_ENTRIES)).map(|max_entries| CacheBounds { max_entries, max_bytes })
}

/// `key_refresh`.
pub(super) static KEY_REFRESH: Shape = Shape {
    name: "key_refresh",
    fields: &[
        &INTERVAL,
        &KEY_TTL,
        &UNKNOWN_KID_INTERVAL,
        &RETRY_INITIAL,
        &RETRY_MAX,
        &MAX_STALE,
        &WAIT.field,
        &MAX_WAIT,
        &FORGET,
    ],
    groups: &[],
    doc: doc("How keys are kept fresh."),
};

/// `limits`.
pub(super) static LIMITS: Shape = Shape {
    name: "limits",
    fields: &[&TOKEN_BYTES, &DOCUMENT_BYTES, &KEYS, &HELD_REQUESTS],
    groups: &[],
    doc: doc("Bounds on everything that a stranger can make large."),
};

/// `verdict_cache`.
pub(super) static VERDICT_CACHE: Shape = Shape {
    name: "verdict_cache",
    fields: &[&MAX_ENTRIES, &MAX_BYTES],
    groups: &[],
    doc: doc("Bounds of the verdict cache, per worker."),
};

static INTERVAL: Field = Field::preset(
    "interval",
    Kind::Seconds { least: 0.1, most: MONTH },
    Preset::Seconds(3600.0),
    "Background refresh of discovery document and keys, with 10 % jitter.",
);
static KEY_TTL: Field = Field::preset(
    "key_ttl",
    Kind::Seconds { least: 0.1, most: MONTH },
    Preset::Seconds(86400.0),
    "A key not seen again for this long is dropped.",
);
static UNKNOWN_KID_INTERVAL: Field = Field::preset(
    "unknown_kid_interval",
    Kind::Seconds { least: 0.1, most: 86400.0 },
    Preset::Seconds(300.0),
    "At most one refetch per this time and provider because of an unknown `kid`.",
);
static RETRY_INITIAL: Field = Field::preset(
    "retry_initial",
    Kind::Seconds { least: 0.05, most: 3600.0 },
    Preset::Seconds(1.0),
    "First pause after a failed fetch; it doubles, with jitter, up to `retry_max`.",
);
static RETRY_MAX: Field = Field::preset(
    "retry_max",
    Kind::Seconds { least: 0.05, most: 86400.0 },
    Preset::Seconds(60.0),
    "Longest pause after failed fetches.",
);
static MAX_STALE: Field = Field::preset(
    "max_stale",
    Kind::Seconds { least: 0.1, most: MONTH },
    Preset::Seconds(86400.0),
    "How long keys serve after the last successful fetch while the provider is down; then requests are \
     answered 503. Where it is shorter than `interval`, keys are refreshed that much sooner.",
);
static WAIT: Choice<WaitMode> = Choice::new(
    "wait",
    ("auto", WaitMode::Auto),
    &[("hold", WaitMode::Hold), ("refuse", WaitMode::Refuse)],
    "`hold`: a request that needs keys is held; `refuse`: it is answered 503 and keys come only in the \
     background; `auto`: what the host can do safely.",
);
static MAX_WAIT: Field = Field::preset(
    "max_wait",
    Kind::Seconds { least: 0.05, most: 60.0 },
    Preset::Seconds(6.0),
    "Longest time that a request is held for keys.",
);
static FORGET: Field = Field::preset(
    "forget",
    Kind::AnyText,
    Preset::Word(""),
    "Any text: with a new one, keys that were fetched under another are not used. A key has leaked and must go now.",
);
static TOKEN_BYTES: Field = Field::preset(
    "token_bytes",
    Kind::Whole { least: 1, most: 1 << 20 },
    Preset::Whole(16384),
    "Larger tokens are refused before decoding.",
);
static DOCUMENT_BYTES: Field = Field::preset(
    "document_bytes",
    Kind::Whole { least: 1, most: 1 << 24 },
    Preset::Whole(262_144),
    "Largest discovery document or JWKS.",
);
static KEYS: Field = Field::preset(
    "keys",
    Kind::Whole { least: 1, most: 10_000 },
    Preset::Whole(200),
    "Most usable keys per provider.",
);
static HELD_REQUESTS: Field = Field::preset(
    "held_requests",
    Kind::Whole { least: 1, most: 1_000_000 },
    Preset::Whole(1024),
    "Per worker; beyond it a request that needs keys is answered at once.",
);
static MAX_ENTRIES: Field = Field::preset(
    "max_entries",
    Kind::Whole { least: 0, most: 1_000_000 },
    Preset::Whole(8192),
    "Most verdicts kept; 0 turns the cache off.",
);
static MAX_BYTES: Field = Field::preset(
    "max_bytes",
    Kind::Whole { least: 1, most: 1 << 30 },
    Preset::Whole(16 << 20),
    "Most bytes of tokens and claims kept.",
);

const MONTH: f64 = 2_592_000.0;
