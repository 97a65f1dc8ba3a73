//! Listeners: where requests come in, and what they pass through.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Route, extension, mutual_tls, socket_address};

/// Whether HTTP/1 has trailers: Envoy drops them unless told otherwise. HTTP/2 always has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Http1Trailers {
    #[default]
    Dropped,
    Kept,
}

/// What a listener does to request paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// Dot segments and repeated slashes are resolved, escaped slashes kept: as in `envoy.yaml`.
    Normalised,
    /// Nothing.
    AsSent,
}

/// A listener on a free loopback port, with filters and routes.
#[derive(Clone, Debug)]
pub struct Listener {
    name: String,
    filters: Vec<Value>,
    routes: Vec<Value>,
    /// Beside the one for every other host.
    virtual_hosts: Vec<Value>,
    paths: Paths,
    /// What happens to a request before a route is chosen.
    before_routing: Vec<Value>,
    /// Without one, neither an access log nor a header with the details of local replies.
    access_log_format: Option<String>,
    reach: Reach,
    trailers: Http1Trailers,
}

/// Who can connect to a listener.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reach {
    /// Anybody who finds its port.
    Loopback,
    /// Clusters of the same Envoy, by TLS.
    Inside,
}

impl Listener {
    /// A listener that sends everything to the cluster `api`, until it is given routes.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            filters: Vec::new(),
            routes: Vec::new(),
            virtual_hosts: Vec::new(),
            paths: Paths::Normalised,
            before_routing: Vec::new(),
            access_log_format: Some(ACCESS_LOG_FORMAT.to_owned()),
            reach: Reach::Loopback,
            trailers: Http1Trailers::Dropped,
        }
    }

    /// Adds an HTTP filter in front of the router: a [`WasmFilter`](crate::envoy::WasmFilter), or any in Envoy's own words.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<Value>) -> Self {
        self.filters.push(filter.into());
        self
    }

    /// Adds a route; the first that matches wins.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route.document);
        self
    }

    /// Gives these `domains` a virtual host of their own, with one route.
    #[must_use]
    pub fn virtual_host(mut self, domains: &[&str], route: Route) -> Self {
        let name = format!("virtual host {}", self.virtual_hosts.len());
        let Route { document } = route;
        self.virtual_hosts.push(json!({"name": name, "domains": domains, "routes": [document]}));
        self
    }

    /// Sets what happens to paths.
    #[must_use]
    pub fn paths(mut self, paths: Paths) -> Self {
        self.paths = paths;
        self
    }

    /// Adds an early header mutation, in Envoy's own words.
    #[must_use]
    pub fn before_routing(mut self, extension: Value) -> Self {
        self.before_routing.push(extension);
        self
    }

    /// Sets the format of the access log (without the line's end), which
    /// [`Envoy::access_log`](crate::envoy::Envoy::access_log) reads.
    #[must_use]
    pub fn access_log(mut self, format: &str) -> Self {
        self.access_log_format = Some(format.to_owned());
        self
    }

    /// Takes trailers over HTTP/1 as well.
    #[must_use]
    pub fn http1_trailers(mut self) -> Self {
        self.trailers = Http1Trailers::Kept;
        self
    }

    /// Speaks TLS, to clusters of [`Cluster::within`](super::Cluster::within) and
    /// [`Cluster::by_mutual_tls`](super::Cluster::by_mutual_tls) only, as `login.example`; of clients it trusts the first two
    /// RSA keys.
    #[must_use]
    pub fn mutual_tls(mut self) -> Self {
        self.reach = Reach::Inside;
        self
    }

    /// Leaves out what tests look at: the access log, and the header that says why Envoy answered. For benchmarks.
    #[must_use]
    pub fn unobserved(mut self) -> Self {
        self.access_log_format = None;
        self
    }

    pub(super) fn into_document(self) -> Value {
        let Self {
            name,
            mut filters,
            mut routes,
            mut virtual_hosts,
            paths,
            before_routing,
            access_log_format,
            reach,
            trailers,
        } = self;
        filters.push(extension("envoy.filters.http.router", "filters.http.router.v3.Router", json!({})));
        if routes.is_empty() {
            routes.push(Route::prefix("/", "api").document);
        }
        virtual_hosts.push(json!({"name": "all", "domains": ["*"], "routes": routes}));
        let normalise = paths == Paths::Normalised;
        let mut manager = json!({
            "stat_prefix": name,
            "codec_type": "AUTO",
            "normalize_path": normalise,
            "merge_slashes": normalise,
            "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            "early_header_mutation_extensions": before_routing,
            "http_filters": filters,
            "route_config": {"virtual_hosts": virtual_hosts},
        });
        if trailers == Http1Trailers::Kept {
            manager["http_protocol_options"] = json!({"enable_trailers": true});
        }
        if let Some(format) = access_log_format {
            let log = json!({
                "path": format!("{{folder}}/{}", access_log_name(&name)),
                "log_format": {"text_format_source": {"inline_string": format!("{format}\n")}},
            });
            let log = extension("envoy.access_loggers.file", "access_loggers.file.v3.FileAccessLog", log);
            manager["access_log"] = json!([log]);
            manager["local_reply_config"] = json!({"mappers": [details_header()]});
        }
        let manager = extension(
            "envoy.filters.network.http_connection_manager",
            "filters.network.http_connection_manager.v3.HttpConnectionManager",
            manager,
        );
        match reach {
            Reach::Loopback => json!({
                "name": name,
                "address": socket_address(SocketAddr::from(([127, 0, 0, 1], 0))),
                "filter_chains": [{"filters": [manager]}],
            }),
            Reach::Inside => mutual_tls::listener(&name, &manager),
        }
    }
}

/// The file of a listener's access log.
pub(in crate::envoy) fn access_log_name(listener: &str) -> String {
    format!("access-{listener}.log")
}

/// Shows a client why Envoy, or a filter in it, answered in the API's place.
fn details_header() -> Value {
    json!({
        "filter": {"status_code_filter": {"comparison": {
            "op": "GE",
            "value": {"default_value": 100, "runtime_key": "testbed.local_reply"},
        }}},
        "headers_to_add": [{"header": {"key": "x-response-code-details", "value": "%RESPONSE_CODE_DETAILS%"}}],
    })
}

const ACCESS_LOG_FORMAT: &str =
    "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%";
