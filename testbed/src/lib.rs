//! The test bed of validate-jwt: everything around the filter that a real test needs, and nothing of the filter itself.
//!
//! | to | use |
//! |---|---|
//! | build the filter under test | [`build::filter_module`] |
//! | run a real Envoy with it | [`envoy::Envoy`], [`envoy::Bootstrap`], [`envoy::WasmFilter`] |
//! | have an identity provider, healthy or not | [`identity_provider::IdentityProvider`], [`identity_provider::Fault`] |
//! | make a token, good or bad | [`token::TokenRecipe`], [`token::SigningKey`], [`token::tamper`] |
//! | have an API that tells what it saw | [`echo::EchoApi`] |
//! | send requests, well-formed or not | [`client::Request`], [`client::Connection`], [`client::Http2Connection`] |
//! | see what `kubectl kustomize` makes of `deploy/` | [`kustomize::build`] |
//! | have Prometheus judge rules | [`promtool::Promtool`] |
//! | run other projects' cases | [`corpus::folder`] |
//! | run a Python program of another project's | [`python::environment`] |
//! | send hundreds a second and judge every answer | [`load::Load`], [`load::Tally`] |
//!
//! A whole end-to-end test:
//!
//! ```no_run
//! use serde_json::json;
//! use validate_jwt_testbed::client::Request;
//! use validate_jwt_testbed::echo::EchoApi;
//! use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
//! use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
//! use validate_jwt_testbed::{Error, build};
//!
//! # async fn example() -> Result<(), Error> {
//! let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
//! let policy = json!({"validate_jwt": {
//!     "openid_config": [{"url": idp.url(&paths::discovery_v2(CONTOSO)), "cluster": "idp", "allow_http": true}],
//!     "audiences": ["orders"],
//!     "failure": {"reason_header": "x-token-reason"},
//! }});
//! let bootstrap = Bootstrap::new()
//!     .cluster(Cluster::new("api", api.address()))
//!     .cluster(Cluster::new("idp", idp.address()))
//!     .listener(Listener::new("main").filter(WasmFilter::new(&build::filter_module()?, policy)));
//! let envoy = Envoy::start(bootstrap, Options::default().concurrency(4)).await?;
//! let address = envoy.address("main").await?;
//!
//! let token = idp.token_v2(CONTOSO, "orders").sign(&idp.signing_key());
//! assert_eq!(Request::get("/").bearer(&token).send(address).await?.status, 200);
//! assert_eq!(idp.requests(&paths::keys_v2(CONTOSO)), 1);
//! assert_eq!(api.count(), 1);
//!
//! idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Reset);
//! let expired = idp.token_v2(CONTOSO, "orders").expires_in(-60).sign(&idp.signing_key());
//! let refused = Request::get("/").bearer(&expired).send(address).await?;
//! assert_eq!((refused.status, refused.header("x-token-reason")), (401, Some("token_expired")));
//! # Ok(()) }
//! ```
//!
//! Servers run on threads of their own, so they may outlive the test that started them. What is started ends when it is
//! dropped, and an Envoy also when this process ends, however that happens. Nothing uses a fixed port.
//!
//! The programs `demo`, `identity-provider` and `echo-api` are thin layers over [`demo`], [`identity_provider`] and
//! [`echo`].

mod error;
mod patience;
mod runtime;
mod server;

pub mod arguments;
pub mod build;
pub mod client;
pub mod corpus;
pub mod demo;
pub mod echo;
pub mod envoy;
pub mod identity_provider;
pub mod kustomize;
pub mod latency;
pub mod load;
pub mod progress;
pub mod promtool;
pub mod python;
pub mod service;
pub mod spellings;
pub mod token;

pub use error::Error;
pub use patience::PATIENCE;
pub use validate_jwt_module::workspace;
