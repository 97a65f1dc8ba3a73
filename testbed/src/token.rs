//! Access tokens by recipe: a good token first, then whatever the test wants to be different about it.
//!
//! ```
//! use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe};
//!
//! let key = SigningKey::rsa(RsaFixture::First);
//! let tenant = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
//! let expired = TokenRecipe::entra_v2(tenant, "api-client-id").expires_in(-1).sign(&key);
//! let pss = TokenRecipe::entra_v1(tenant, "api://orders").algorithm(Algorithm::Ps256).sign(&key);
//! let scopes = TokenRecipe::entra_v2(tenant, "api-client-id").claim("scp", "orders.read").sign(&key);
//! # assert_eq!(expired.split('.').count() + pss.split('.').count() + scopes.split('.').count(), 9);
//! ```

mod algorithm;
pub mod dpop;
mod fixtures;
mod signing_key;
pub mod tamper;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

pub use algorithm::Algorithm;
pub use fixtures::RsaFixture;
pub use signing_key::SigningKey;

/// What a token is going to say. Each method returns the changed recipe; [`TokenRecipe::sign`] ends it.
#[derive(Clone, Debug)]
pub struct TokenRecipe {
    algorithm: Option<Algorithm>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key_id: KeyId,
    raw_header: Option<Vec<u8>>,
    raw_payload: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum KeyId {
    OfTheKey,
    AsInTheHeader,
}

impl TokenRecipe {
    /// A v2.0 access token as Entra ID issues it to an application (no user) of `tenant` for the API `audience`.
    pub fn entra_v2(tenant: &str, audience: &str) -> Self {
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        Self::plain(&issuer, audience).with(json!({
            "aio": "ASQA2/8XAAAA",
            "azp": CLIENT,
            "azpacr": "1",
            "idtyp": "app",
            "oid": SUBJECT,
            "rh": "1.AAAA",
            "roles": ["orders.process"],
            "sub": SUBJECT,
            "tid": tenant,
            "uti": fresh_id(),
            "ver": "2.0",
        }))
    }

    /// A v1.0 access token as Entra ID issues it to an application (no user) of `tenant` for the API `audience`.
    pub fn entra_v1(tenant: &str, audience: &str) -> Self {
        let issuer = format!("https://sts.windows.net/{tenant}/");
        Self::plain(&issuer, audience).with(json!({
            "aio": "E2ZgYAAA",
            "appid": CLIENT,
            "appidacr": "1",
            "idp": issuer,
            "idtyp": "app",
            "oid": SUBJECT,
            "rh": "1.AAAA",
            "roles": ["orders.process"],
            "sub": SUBJECT,
            "tid": tenant,
            "uti": fresh_id(),
            "ver": "1.0",
        }))
    }

    /// A token with nothing but issuer, audience, subject and times: good for an hour from now.
    pub fn plain(issuer: &str, audience: &str) -> Self {
        let now = now();
        let claims = json!({
            "iss": issuer,
            "aud": audience,
            "sub": SUBJECT,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        });
        let empty = Self {
            algorithm: None,
            header: Map::new(),
            claims: Map::new(),
            key_id: KeyId::OfTheKey,
            raw_header: None,
            raw_payload: None,
        };
        empty.header("typ", "JWT").with(claims)
    }

    /// Turns an application's token into one on behalf of a user, with these scopes.
    #[must_use]
    pub fn for_user(self, scopes: &str) -> Self {
        self.without_claim("idtyp").without_claim("roles").with(json!({
            "name": "Adele Vance",
            "oid": "5ed8f7a2-8c9a-4d3c-a6f1-2f35d41c3f0e",
            "preferred_username": "adele@contoso.example",
            "scp": scopes,
        }))
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a claim away.
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets a JOSE header member, `alg` and `kid` included, whatever the key is.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        if name == "kid" {
            self.key_id = KeyId::AsInTheHeader;
        }
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a JOSE header member away; `kid` then is not added either.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        if name == "kid" {
            self.key_id = KeyId::AsInTheHeader;
        }
        self.header.remove(name);
        self
    }

    /// Signs with this algorithm instead of the key's usual one.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Names this key instead of the one that signs.
    #[must_use]
    pub fn key_id(self, key_id: &str) -> Self {
        self.header("kid", key_id)
    }

    /// Sets the issuer.
    #[must_use]
    pub fn issuer(self, issuer: &str) -> Self {
        self.claim("iss", issuer)
    }

    /// Sets the audience.
    #[must_use]
    pub fn audience(self, audience: &str) -> Self {
        self.claim("aud", audience)
    }

    /// Sets `exp` to so many seconds from now; negative for the past.
    #[must_use]
    pub fn expires_in(self, seconds: i64) -> Self {
        self.claim("exp", now() + seconds)
    }

    /// Sets `nbf` to so many seconds from now.
    #[must_use]
    pub fn not_before_in(self, seconds: i64) -> Self {
        self.claim("nbf", now() + seconds)
    }

    /// Sets `iat` to so many seconds from now.
    #[must_use]
    pub fn issued_in(self, seconds: i64) -> Self {
        self.claim("iat", now() + seconds)
    }

    /// Signs these bytes as the JOSE header, whatever they are.
    #[must_use]
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// Signs these bytes as the payload, whatever they are.
    #[must_use]
    pub fn raw_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(bytes.into());
        self
    }

    /// The claims so far.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Signs.
    ///
    /// # Panics
    ///
    /// When the key cannot make a signature of the recipe's algorithm: an RSA key for ES256, say. To *claim* another
    /// algorithm than the signature's, set the header member `alg`.
    pub fn sign(&self, key: &SigningKey) -> String {
        let algorithm = self.algorithm.unwrap_or(key.default_algorithm());
        let signed = self.signing_input(algorithm.name(), Some(key.key_id()));
        let Some(signature) = key.sign(algorithm, signed.as_bytes()) else {
            panic!("{key:?} cannot make an {algorithm} signature");
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The token with `alg: none` and an empty signature.
    pub fn unsigned(&self) -> String {
        format!("{}.", self.signing_input("none", None))
    }

    fn signing_input(&self, algorithm: &str, key_id: Option<&str>) -> String {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(algorithm));
        if let (KeyId::OfTheKey, Some(key_id)) = (&self.key_id, key_id) {
            header.insert("kid".to_owned(), json!(key_id));
        }
        header.extend(self.header.clone());
        let serialize = |object: &Map<String, Value>| Value::Object(object.clone()).to_string().into_bytes();
        let header = self.raw_header.clone().unwrap_or_else(|| serialize(&header));
        let payload = self.raw_payload.clone().unwrap_or_else(|| serialize(&self.claims));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    fn with(mut self, claims: Value) -> Self {
        if let Value::Object(claims) = claims {
            self.claims.extend(claims);
        }
        self
    }
}

/// The time as tokens count it.
pub fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// A short identifier that was not there before, as in Entra ID's `uti` claim.
pub(crate) fn fresh_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The client application in every recipe.
pub const CLIENT: &str = "c9a8f3f2-6d1e-4b7e-8f0a-1b2c3d4e5f60";

/// The service principal in every recipe.
pub const SUBJECT: &str = "8d0f6b1e-2c3a-4e5f-9a7b-6c5d4e3f2a1b";
