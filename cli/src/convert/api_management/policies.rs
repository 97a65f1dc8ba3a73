//! The policies of API Management's reference, and what does their work in front of an API that Envoy serves.

/// What to have instead of a policy.
pub(super) fn instead_of(name: &str) -> &'static str {
    let known = TABLE.iter().find(|(names, _)| names.contains(&name));
    known.map_or("not a policy of API Management's reference: see what it did", |(_, instead)| instead)
}

const TABLE: &[(&[&str], &str)] = &[
    (
        &["cors"],
        "Envoy's CORS filter before this one, and a rule with \"cors_preflight\": true and \"allow\": true",
    ),
    (&["cross-domain"], "a route with a direct response for /crossdomain.xml"),
    (&["jsonp"], "nothing: answer with CORS instead (Envoy's CORS filter)"),
    (&["rate-limit", "quota"], "Envoy's local or global rate limit filter"),
    (
        &["rate-limit-by-key", "quota-by-key"],
        "Envoy's global rate limit filter with a descriptor for the key; forward.claims_to_headers makes a header of a claim",
    ),
    (&["limit-concurrency"], "circuit breakers of the cluster, or Envoy's admission control filter"),
    (
        &["azure-openai-token-limit", "llm-token-limit"],
        "Envoy's rate limit filter with costs from the response (an AI gateway does it)",
    ),
    (&["ip-filter"], "Envoy's RBAC filter: direct_remote_ip or remote_ip"),
    (&["check-header"], "Envoy's RBAC filter, or a route that matches the header"),
    (
        &["validate-client-certificate"],
        "the listener's TLS context: require_client_certificate and its validation context",
    ),
    (
        &["get-authorization-context"],
        "Envoy's OAuth2 or credential injector filter: it fetches a token for the upstream",
    ),
    (
        &["authentication-basic", "authentication-managed-identity"],
        "Envoy's credential injector filter: credentials for the upstream",
    ),
    (&["authentication-certificate"], "the cluster's TLS context: a client certificate for the upstream"),
    (&["set-backend-service"], "a route: its cluster"),
    (&["forward-request"], "a route: its timeout, and the cluster's protocol"),
    (&["proxy"], "a cluster that tunnels through the HTTP proxy"),
    (&["rewrite-uri"], "a route: prefix_rewrite or regex_rewrite"),
    (&["set-query-parameter"], "a route: query_parameter_mutations of Envoy's header mutation filter"),
    (
        &["set-header"],
        "request_headers_to_add, response_headers_to_add or Envoy's header mutation filter; forward.claims_to_headers for a \
         claim",
    ),
    (&["set-method"], "Envoy's header mutation filter on :method"),
    (
        &["set-status"],
        "the response mapper of the connection manager (local_reply_config), or Envoy's Lua filter",
    ),
    (
        &["set-body", "find-and-replace", "redirect-content-urls", "xsl-transform"],
        "Envoy's Lua or ext_proc filter",
    ),
    (&["xml-to-json", "json-to-xml"], "Envoy's ext_proc filter"),
    (&["set-variable"], "nothing by itself: the policies that read it are listed, too"),
    (
        &["return-response"],
        "a route with a direct response; authorize of this filter where it refuses a token",
    ),
    (&["mock-response"], "a route with a direct response"),
    (&["retry"], "a route: retry_policy; what it holds is converted"),
    (&["wait"], "nothing by itself; what it holds is converted"),
    (
        &["send-request", "send-one-way-request"],
        "Envoy's ext_authz filter where it decides, ext_proc or Lua otherwise",
    ),
    (
        &["cache-lookup", "cache-store"],
        "Envoy's cache filter, behind this one: the answer to one caller is not for another",
    ),
    (
        &["cache-lookup-value", "cache-store-value", "cache-remove-value"],
        "a filter of your own, or the upstream",
    ),
    (
        &[
            "azure-openai-semantic-cache-lookup",
            "azure-openai-semantic-cache-store",
            "llm-semantic-cache-lookup",
            "llm-semantic-cache-store",
        ],
        "an AI gateway's semantic cache",
    ),
    (&["llm-content-safety"], "Envoy's ext_proc filter with the service that judges"),
    (
        &["validate-content", "validate-parameters", "validate-headers", "validate-status-code"],
        "Envoy's ext_proc filter or the upstream; sizes by the buffer filter",
    ),
    (&["validate-graphql-request", "validate-odata-request"], "the upstream, or Envoy's ext_proc filter"),
    (&["log-to-eventhub", "trace"], "Envoy's access log; this filter's outcome is in the filter state"),
    (&["emit-metric"], "Envoy's statistics, or an access log that counts"),
    (&["azure-openai-emit-token-metric", "llm-emit-token-metric"], "an AI gateway's metrics"),
    (
        &[
            "http-data-source",
            "sql-data-source",
            "cosmosdb-data-source",
            "publish-event",
            "invoke-dapr-binding",
            "publish-to-dapr",
            "send-service-bus-message",
        ],
        "the upstream: a proxy does not do this",
    ),
    (&["invoke-request"], "a route to that backend"),
];
