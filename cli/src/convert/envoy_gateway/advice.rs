//! What to do about members that have no counterpart.

use super::super::part::Advice;

pub(super) const ADVICE: &Advice = &[
    ("api_key_auth", KEEP),
    ("backend_ref", CLUSTER),
    ("backend_refs", CLUSTER),
    (
        "backend_settings",
        "timeouts, TLS and retries belong to the cluster that serves the keys, and to key_refresh",
    ),
    ("basic_auth", KEEP),
    (
        "cache_duration",
        "a new key is fetched when a token names it; key_refresh.interval says how often besides",
    ),
    ("cors", KEEP),
    ("csrf", KEEP),
    ("ext_auth", KEEP),
    ("failed_refetch_duration", "key_refresh.retry_initial says how soon a failed fetch is tried again"),
    ("merge_type", "policies are not merged here: convert what the route really has"),
    ("oidc", KEEP),
    (
        "recompute_route",
        "routes are not chosen anew by what the token says: match on the headers in the service",
    ),
    ("target_ref", TARGET),
    ("target_refs", TARGET),
    ("target_selectors", TARGET),
];

const KEEP: &str =
    "is another filter's business: keep it in the SecurityPolicy, without jwt and authorization";
const CLUSTER: &str = "the keys come from a cluster of the proxy: name it in cluster";
const TARGET: &str = "give the EnvoyExtensionPolicy with the filter the same target";
