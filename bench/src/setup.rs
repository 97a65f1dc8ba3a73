//! The Envoy that is measured: a listener for every filter.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use validate_jwt_module::Words;

use super::variant::Filter;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, Route, WasmFilter};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};
use validate_jwt_testbed::progress::{blocking, step};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe};
use validate_jwt_testbed::{build, workspace};

/// The audience of every token.
pub(super) const AUDIENCE: &str = "7a0c1d2e-3f4a-4b6c-8d8e-9f0a1b2c3d4e";

/// A running Envoy with everything that is compared.
pub(super) struct Setup {
    pub(super) envoy: Envoy,
    /// The key that signs each algorithm's tokens.
    pub(super) keys: HashMap<Algorithm, SigningKey>,
    pub(super) addresses: HashMap<Filter, SocketAddr>,
    /// Held for their keys.
    _providers: [IdentityProvider; 2],
}

impl Setup {
    /// Builds the modules and starts Envoy with one worker.
    pub(super) async fn start(beside: Option<PathBuf>) -> Result<Self, Error> {
        let filter = step("Building the filter", blocking(build::filter_module)).await?;
        let empty = step("Building the empty filter", blocking(empty_modules)).await?;
        let filters = || Filter::ALL.into_iter().filter(|&which| which != Filter::Beside || beside.is_some());
        let keys = signing_keys();
        let providers = [IdentityProvider::start()?, IdentityProvider::start()?];
        for provider in &providers {
            for key in keys.values() {
                provider.publish_key(key);
            }
        }
        let [few, many] = &providers;
        for number in many.published_key_ids().len()..MANY_KEYS {
            many.publish_key(&SigningKey::p256().with_key_id(format!("other-{number}")));
        }
        let listener = |which: Filter| {
            let direct = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}});
            let listener = Listener::new(which.listener()).unobserved().route(Route::from_document(direct));
            let wasm = |module: &Path, configuration: Value| {
                // A VM of its own: nothing that is compared shares memory or compiled code.
                Value::from(WasmFilter::new(module, configuration).vm_id(which.listener()))
            };
            let http_filter = match which {
                Filter::None => return listener,
                Filter::EmptyOfSdk => wasm(&empty.of_sdk, json!({})),
                Filter::EmptyLean => wasm(&empty.lean, json!({})),
                Filter::Native => native(&keys, &json!({})),
                Filter::NativeCached => native(&keys, &json!({"jwt_cache_config": {"jwt_cache_size": 1000}})),
                Filter::Ours => wasm(&filter, json!({"validate_jwt": policy(few)})),
                Filter::OursUnpublished => {
                    wasm(&filter, json!({"validate_jwt": policy(few), "publish": false}))
                }
                Filter::Beside => {
                    wasm(beside.as_deref().unwrap_or(&filter), json!({"validate_jwt": policy(few)}))
                }
                Filter::OursFirstOf100Rules => wasm(&filter, rules(few, MANY_RULES, 0, 1)),
                Filter::OursLastOf100Rules => wasm(&filter, rules(few, MANY_RULES, MANY_RULES - 1, 1)),
                Filter::OursWith50Policies => {
                    wasm(&filter, rules(few, MANY_RULES, MANY_RULES - 1, MANY_POLICIES))
                }
                Filter::OursWith200Keys => wasm(&filter, json!({"validate_jwt": policy(many)})),
                Filter::OursWithProofs => {
                    let mut policy = policy(few);
                    policy["proof_of_possession"] = json!({"dpop": "required"});
                    wasm(&filter, json!({"validate_jwt": policy}))
                }
                Filter::OursInSandbox => {
                    let cache = json!({"max_entries": 0});
                    let policy = policy(few);
                    wasm(
                        &filter,
                        json!({"validate_jwt": policy, "host_crypto": "off", "verdict_cache": cache}),
                    )
                }
            };
            listener.filter(http_filter)
        };
        let clusters = Bootstrap::new()
            .cluster(Cluster::new("few", few.address()))
            .cluster(Cluster::new("many", many.address()));
        let bootstrap = filters().map(listener).fold(clusters, Bootstrap::listener);
        let options = Options::default().log_level("warning");
        let envoy = step("Starting Envoy", Envoy::start(bootstrap, options)).await?;
        let mut addresses = HashMap::new();
        for filter in filters() {
            addresses.insert(filter, envoy.address(filter.listener()).await?);
        }
        Ok(Self { envoy, keys, addresses, _providers: providers })
    }
}

/// The empty filter, twice.
pub(super) struct EmptyModules {
    of_sdk: PathBuf,
    /// Built like ours.
    pub(super) lean: PathBuf,
}

/// Builds it.
pub(super) fn empty_modules() -> Result<EmptyModules, Error> {
    let of_sdk = validate_jwt_module::build_package("validate-jwt-empty-filter", Words::Kept)?;
    let lean = workspace::target().join("testbed");
    fs::create_dir_all(&lean).map_err(Error::io(format!("creating {}", lean.display())))?;
    let lean = lean.join("empty-lean.wasm");
    validate_jwt_module::take_out_unused(&of_sdk, &lean)?;
    Ok(EmptyModules { of_sdk, lean })
}

fn signing_keys() -> HashMap<Algorithm, SigningKey> {
    use Algorithm::{EdDsa, Es256, Es384, Es512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    let rsa = SigningKey::rsa(RsaFixture::First);
    let rsa = [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512].map(|algorithm| (algorithm, rsa.clone()));
    let others = [
        (Es256, SigningKey::p256()),
        (Es384, SigningKey::p384()),
        (Es512, SigningKey::p521()),
        (EdDsa, SigningKey::ed25519()),
    ];
    rsa.into_iter().chain(others).collect()
}

/// The policy of a first configuration.
pub(super) fn policy(provider: &IdentityProvider) -> Value {
    // The second provider's document is the same but for its keys.
    let cluster = if provider.published_key_ids().len() < MANY_KEYS { "few" } else { "many" };
    let url = provider.url(&paths::discovery_v2(CONTOSO));
    json!({
        "openid_config": [{"url": url, "cluster": cluster, "allow_http": true}],
        "audiences": [AUDIENCE],
    })
}

/// So many rules over so many policies; the rule with this number is the one for the benchmark's requests.
pub(super) fn rules(provider: &IdentityProvider, count: usize, applies: usize, policies: usize) -> Value {
    let policies: Vec<_> = (0..policies).map(|number| format!("policy-{number}")).collect();
    let rules: Vec<_> = policies
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .map(|(number, policy)| {
            // The last rule has to take everything, so it takes the benchmark's requests where no other one does.
            let matched = match number {
                _ if number == count - 1 => json!({}),
                _ if number == applies => json!({"path_prefix": "/orders"}),
                _ => json!({"path_prefix": format!("/area-{number}")}),
            };
            json!({"match": matched, "policy": policy})
        })
        .collect();
    let policies: serde_json::Map<_, _> =
        policies.into_iter().map(|name| (name, json!({"validate_jwt": policy(provider)}))).collect();
    json!({"policies": policies, "rules": rules})
}

/// Envoy's own filter, told to check what ours checks: signature, issuer, audience and expiry.
fn native(keys: &HashMap<Algorithm, SigningKey>, more: &Value) -> Value {
    let mut provider = json!({
        "issuer": TokenRecipe::entra_v2(CONTOSO, AUDIENCE).claims().get("iss"),
        "audiences": [AUDIENCE],
        "local_jwks": {"inline_string": json!({"keys": jwks(keys)}).to_string()},
        "forward": true,
        "require_expiration": true,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        provider[name] = value.clone();
    }
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"entra": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "entra"}}],
        },
    })
}

/// The keys that Envoy's own filter is asked to verify with: it takes no `EdDSA` key of this form.
fn jwks(keys: &HashMap<Algorithm, SigningKey>) -> Vec<Value> {
    [Algorithm::Rs256, Algorithm::Es256]
        .iter()
        .filter_map(|one| keys.get(one))
        .map(SigningKey::entra_jwk)
        .collect()
}

pub(super) const MANY_RULES: usize = 100;

pub(super) const MANY_POLICIES: usize = 50;

const MANY_KEYS: usize = 200;
