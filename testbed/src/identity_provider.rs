//! An identity provider on loopback that looks like Entra ID, and breaks on demand.
//!
//! ```no_run
//! # async fn example() -> Result<(), validate_jwt_testbed::Error> {
//! use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
//!
//! let idp = IdentityProvider::start()?;
//! let discovery = idp.url(&paths::discovery_v2(CONTOSO)); // for a filter's configuration
//! let token = idp.token_v2(CONTOSO, "api-client-id").sign(&idp.signing_key());
//!
//! idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Status(500));
//! idp.wait_for_requests(&paths::keys_v2(CONTOSO), 1).await?;
//! idp.clear_faults();
//! idp.rotate_now(); // the old key is gone, tokens signed from here on need the new one
//! idp.stop().await?; // connections are refused …
//! idp.restart()?; // … until it is back, on the same port
//! # Ok(()) }
//! ```
//!
//! What is served (`GET` unless said otherwise):
//!
//! | path | document |
//! |---|---|
//! | `/{tenant}/v2.0/.well-known/openid-configuration` | discovery, v2.0 |
//! | `/{tenant}/discovery/v2.0/keys` | its keys, each with Entra ID's `issuer` member and without `alg` |
//! | `/{tenant}/.well-known/openid-configuration` | discovery, v1.0 |
//! | `/{tenant}/discovery/keys` | its keys, without `issuer` |
//! | `POST /{tenant}/oauth2/v2.0/token` | a fresh access token, by client credentials |
//! | `/contoso.onmicrosoft.com/{policy}/v2.0/.well-known/openid-configuration` | discovery as at Azure AD B2C |
//! | `/ciam/{tenant}/v2.0/.well-known/openid-configuration` | discovery as at External ID (CIAM); without `/ciam` where the host asked is below `ciamlogin.com` |
//! | `/plain/.well-known/openid-configuration`, `/plain/keys` | an ordinary provider with keys of every type |
//! | `/health` | `ok`, not counted |
//!
//! `{tenant}` is any GUID, `contoso.onmicrosoft.com`, `common`, `organizations` or `consumers`; the discovery document of any
//! other is answered 400, as Entra ID does. Addresses in a
//! document name the host that the request named, and a query string is carried over into `jwks_uri`.

mod documents;
mod fault;
mod gzip;
mod journal;
mod key_ring;
pub mod paths;
mod routes;
mod site;
mod token_endpoint;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

pub use fault::Fault;
pub use journal::Received;

use crate::error::Error;
use crate::patience::PATIENCE;
use crate::server::Server;
use crate::token::{Algorithm, CLIENT, SigningKey, TokenRecipe};
use site::Tenants;

/// The tenant of the demo and of `contoso.onmicrosoft.com`.
pub const CONTOSO: &str = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";

/// Another tenant.
pub const FABRIKAM: &str = "b07a2c4e-90d1-4f7e-8c55-7d3e8f1a2b3c";

/// The tenant of personal Microsoft accounts.
pub const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What an identity provider calls itself.
#[derive(Clone, Debug)]
pub struct Names {
    /// What v2.0 issuers begin with.
    pub authority: String,
    /// What v1.0 issuers begin with.
    pub security_token_service: String,
    /// The issuer of the ordinary provider under `/plain`.
    pub plain_issuer: String,
    /// What addresses in the documents begin with; `{host}` stands for the host that was asked.
    pub endpoints: String,
}

impl Names {
    /// Those of a national cloud: its authority and its security token service, by host name. Addresses in the
    /// documents are `https://`, so that whoever asks reaches this provider by a cluster of its own.
    pub fn of_cloud(authority: &str, security_token_service: &str) -> Self {
        Self {
            authority: format!("https://{authority}"),
            security_token_service: format!("https://{security_token_service}"),
            endpoints: "https://{host}".to_owned(),
            ..Self::default()
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self {
            authority: "https://login.microsoftonline.com".to_owned(),
            security_token_service: "https://sts.windows.net".to_owned(),
            plain_issuer: "https://accounts.example".to_owned(),
            endpoints: "http://{host}".to_owned(),
        }
    }
}

/// The identity provider. Dropping it ends it.
pub struct IdentityProvider {
    server: Server<Tenants>,
    tenants: Arc<Tenants>,
}

impl IdentityProvider {
    /// Starts on a free loopback port, with Entra ID's names.
    pub fn start() -> Result<Self, Error> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), Names::default())
    }

    /// Starts on this address, with these names.
    pub fn start_on(address: SocketAddr, names: Names) -> Result<Self, Error> {
        let tenants = Arc::new(Tenants::new(names));
        Ok(Self { server: Server::start(tenants.clone(), address)?, tenants })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The URL of a path (see [`paths`]).
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Stops: open connections are dropped, new ones refused, until [`IdentityProvider::restart`].
    pub async fn stop(&self) -> Result<(), Error> {
        self.server.stop().await
    }

    /// Listens again on the same port.
    pub fn restart(&self) -> Result<(), Error> {
        self.server.restart()
    }

    // Tokens and keys.

    /// A recipe for a v2.0 token of a tenant here.
    pub fn token_v2(&self, tenant: &str, audience: &str) -> TokenRecipe {
        let issuer = format!("{}/{tenant}/v2.0", self.tenants.names.authority);
        TokenRecipe::entra_v2(tenant, audience).issuer(&issuer)
    }

    /// A recipe for a v1.0 token of a tenant here.
    pub fn token_v1(&self, tenant: &str, audience: &str) -> TokenRecipe {
        let issuer = format!("{}/{tenant}/", self.tenants.names.security_token_service);
        TokenRecipe::entra_v1(tenant, audience).issuer(&issuer)
    }

    /// A recipe for a token of a user flow at Azure AD B2C: of an old version, and without a tenant's claim.
    pub fn token_b2c(&self, policy: &str, audience: &str) -> TokenRecipe {
        let issuer = documents::issuer(&self.tenants.names, &routes::Realm::B2c);
        TokenRecipe::plain(&issuer, audience)
            .claim("azp", CLIENT)
            .claim("scp", "orders.read")
            .claim("tfp", policy)
            .claim("ver", "1.0")
    }

    /// A recipe for a token of an External ID (CIAM) tenant, whose issuer names the tenant as its host.
    pub fn token_ciam(&self, tenant: &str, audience: &str) -> TokenRecipe {
        let realm = routes::Realm::Ciam(routes::Tenant::One(tenant.to_owned()));
        let issuer = documents::issuer(&self.tenants.names, &realm);
        TokenRecipe::entra_v2(tenant, audience).issuer(&issuer)
    }

    /// A recipe for a token of the ordinary provider; sign it with a key from [`IdentityProvider::plain_key`].
    pub fn token_plain(&self, audience: &str) -> TokenRecipe {
        TokenRecipe::plain(&self.tenants.names.plain_issuer, audience)
    }

    /// The key that the tenants' tokens are signed with at the moment.
    pub fn signing_key(&self) -> SigningKey {
        self.tenants.keys.current()
    }

    /// The key of the ordinary provider for an algorithm; `None` for symmetric ones, which are never published.
    pub fn plain_key(&self, algorithm: Algorithm) -> Option<SigningKey> {
        self.tenants.keys.plain(algorithm)
    }

    /// Publishes the next signing key beside the others and returns it; the present one keeps signing until
    /// [`IdentityProvider::promote`].
    pub fn rotate_announced(&self) -> SigningKey {
        self.tenants.keys.announce()
    }

    /// Signs with the key that was announced last; the others stay published.
    pub fn promote(&self) {
        self.tenants.keys.promote();
    }

    /// Replaces the signing key at once, unannounced: from here on only the new one is published. Returns it.
    pub fn rotate_now(&self) -> SigningKey {
        self.tenants.keys.replace()
    }

    /// Publishes a key of the test's own in the tenants' key sets.
    pub fn publish_key(&self, key: &SigningKey) {
        self.tenants.keys.publish(key.clone());
    }

    /// Withdraws a key from the tenants' key sets.
    pub fn remove_key(&self, key_id: &str) {
        self.tenants.keys.remove(key_id);
    }

    /// The identifiers of the tenants' published keys.
    pub fn published_key_ids(&self) -> Vec<String> {
        self.tenants.keys.published().iter().map(|key| key.key_id().to_owned()).collect()
    }

    // Faults.

    /// From now on a path (without query) fails like this, until told otherwise.
    pub fn set_fault(&self, path: &str, fault: Fault) {
        self.tenants.faults.set(path, fault, None);
    }

    /// A path's next so many answers fail like this; the ones after are good again.
    pub fn set_fault_for(&self, path: &str, fault: Fault, answers: usize) {
        self.tenants.faults.set(path, fault, Some(answers));
    }

    /// A path works again. Answers held by [`Fault::Hang`] are given now.
    pub fn clear_fault(&self, path: &str) {
        self.tenants.faults.clear(path);
    }

    /// Everything works again.
    pub fn clear_faults(&self) {
        self.tenants.faults.clear_all();
    }

    // What was asked.

    /// How many requests a path (without query) has had.
    pub fn requests(&self, path: &str) -> usize {
        self.tenants.journal.times(path).len()
    }

    /// When a path (without query) was asked for.
    pub fn request_times(&self, path: &str) -> Vec<Instant> {
        self.tenants.journal.times(path)
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.tenants.journal.all()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.tenants.journal.clear();
    }

    /// Waits until a path has had at least so many requests.
    pub async fn wait_for_requests(&self, path: &str, count: usize) -> Result<(), Error> {
        let waited = tokio::time::timeout(PATIENCE, self.tenants.journal.wait_for(path, count)).await;
        waited.map_err(|_| Error::TimedOut {
            waiting_for: format!("request {count} for {path} ({} so far)", self.requests(path)),
            after: PATIENCE,
        })
    }
}
