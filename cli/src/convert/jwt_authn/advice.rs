//! What to do about members that have no counterpart.

use super::super::part::Advice;

pub(super) const ADVICE: &Advice = &[
    ("async_fetch", "keys are always fetched in the background; key_refresh says how often"),
    (
        "cache_duration",
        "a new key is fetched when a token names it; key_refresh.interval says how often besides",
    ),
    (
        "clear_route_cache",
        "routes are not chosen anew by what the token says: match on the headers in the service",
    ),
    (
        "failed_status_in_metadata",
        "the outcome is filter state: wasm.validate_jwt.outcome and wasm.validate_jwt.reason",
    ),
    ("fast_listener", "a listener never waits for keys; a request does, at most key_refresh.max_wait"),
    ("filter_state_rules", "never asked: a rule matches every request"),
    (
        "header_in_metadata",
        "the token's header is not published; forward.token keeps the token for the service",
    ),
    ("jwt_cache_config", "verdicts are cached for all policies together: verdict_cache sets the bounds"),
    ("normalize_payload_in_metadata", "the published claims are as the token has them"),
    ("pad_forward_payload_header", "the payload goes without padding, as a token has it"),
    ("retry_policy", "key_refresh.retry_initial and retry_max space the attempts; they do not end"),
];
