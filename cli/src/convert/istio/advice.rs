//! What to do about members that have no counterpart.

use super::super::part::Advice;

pub(super) const ADVICE: &Advice = &[
    ("provider", "the extension is asked by another filter: keep this AuthorizationPolicy"),
    ("selector", TARGET),
    ("target_ref", TARGET),
    ("target_refs", TARGET),
];

const TARGET: &str = "give the WasmPlugin with the filter the same selector or targetRefs";
