//! A provider of tokens as Envoy, Istio and Envoy Gateway describe it, and the policy that it becomes.

use serde_json::{Map, Value, json};

use super::part::Part;
use super::place::{self, Place};

/// A provider.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    /// Its name, in documents where it has one.
    pub(super) name: String,
    pub(super) issuer: Option<String>,
    pub(super) audiences: Vec<String>,
    pub(super) keys: Keys,
    pub(super) places: Vec<Place>,
    pub(super) token: Token,
    pub(super) payload_header: Option<String>,
    /// A claim, with a dot where it leads into an object, and the header that it goes to.
    pub(super) claims: Vec<(String, String)>,
    /// Seconds.
    pub(super) clock_skew: u64,
    pub(super) expiration: Expiration,
    pub(super) maximum_lifetime: Option<Value>,
    /// In our form.
    pub(super) required_claims: Vec<Value>,
    pub(super) variable: Option<String>,
    /// `failure` of the policy.
    pub(super) failure: Option<Value>,
    /// Claims whose text is a list of words, for those who ask for one of them.
    pub(super) spaced: Vec<String>,
}

/// Where its keys come from.
#[derive(Debug, Clone)]
pub(super) enum Keys {
    /// A key set at a URL.
    Remote { uri: String, cluster: Option<String>, timeout: Option<Value> },
    /// Whatever the issuer's discovery document says.
    Discovery { cluster: Option<String>, timeout: Option<Value> },
    /// A key set that stands in the document, or what has to be put in its place.
    Inline(Value),
    /// Nowhere that could be said: `check` asks for them.
    Nowhere,
}

/// What the upstream gets of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Kept,
    Removed,
}

/// Whether a token has to expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiration {
    Required,
    Optional,
}

/// What becomes of a request that has no good token, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Demand {
    /// It is refused.
    Token,
    /// It passes without a token, and is refused with a bad one.
    TokenOrNone,
    /// It passes all the same.
    Nothing,
}

impl Demand {
    /// What is put behind the name of a policy that demands this.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Token => "",
            Self::TokenOrNone => "-optional",
            Self::Nothing => "-report_only",
        }
    }
}

/// Envoy's default, which Istio and Envoy Gateway leave alone.
pub(super) const CLOCK_SKEW: u64 = 60;

impl Provider {
    /// One with the defaults of Envoy's own filter, but for the keys.
    pub(super) fn new(name: &str, keys: Keys) -> Self {
        Self {
            name: name.to_owned(),
            issuer: None,
            audiences: Vec::new(),
            keys,
            places: place::defaults(),
            token: Token::Removed,
            payload_header: None,
            claims: Vec::new(),
            clock_skew: CLOCK_SKEW,
            expiration: Expiration::Optional,
            maximum_lifetime: None,
            required_claims: Vec::new(),
            variable: None,
            failure: None,
            spaced: Vec::new(),
        }
    }

    /// The policy that accepts its tokens.
    pub(super) fn policy(&self, demand: Demand) -> Map<String, Value> {
        let mut policy = Map::new();
        self.put_keys(&mut policy);
        place::put(&self.places, &mut policy);
        put_list(&mut policy, "audiences", &self.audiences);
        policy.insert("clock_skew".into(), self.clock_skew.into());
        if self.expiration == Expiration::Optional {
            policy.insert("require_expiration_time".into(), false.into());
        }
        if let Some(lifetime) = &self.maximum_lifetime {
            policy.insert("maximum_lifetime".into(), lifetime.clone());
        }
        if !self.required_claims.is_empty() {
            policy.insert("required_claims".into(), self.required_claims.clone().into());
        }
        if let Some(name) = &self.variable {
            policy.insert("output_token_variable_name".into(), name.clone().into());
        }
        if let Some(failure) = &self.failure {
            policy.insert("failure".into(), failure.clone());
        }
        let forward = self.forward();
        if !forward.is_empty() {
            policy.insert("forward".into(), forward.into());
        }
        match demand {
            Demand::Token => None,
            Demand::TokenOrNone => policy.insert("require_token".into(), false.into()),
            Demand::Nothing => policy.insert("mode".into(), "report_only".into()),
        };
        policy
    }

    fn put_keys(&self, policy: &mut Map<String, Value>) {
        let mut entry = Map::new();
        match &self.keys {
            Keys::Remote { uri, cluster, timeout } => {
                entry.insert("jwks_uri".into(), uri.clone().into());
                put(&mut entry, "cluster", cluster.clone().map(Value::from));
                put(&mut entry, "timeout", timeout.clone());
                put(&mut entry, "allow_http", uri.starts_with("http://").then_some(Value::Bool(true)));
            }
            Keys::Discovery { cluster, timeout } => {
                let issuer = self.issuer.as_deref().unwrap_or_default();
                let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
                put(&mut entry, "allow_http", url.starts_with("http://").then_some(Value::Bool(true)));
                entry.insert("url".into(), url.into());
                put(&mut entry, "cluster", cluster.clone().map(Value::from));
                put(&mut entry, "timeout", timeout.clone());
            }
            Keys::Inline(set) => {
                policy.insert("issuer_signing_keys".into(), json!([{"jwks": set}]));
                put(policy, "issuers", self.issuer.clone().map(|issuer| json!([issuer])));
                return;
            }
            Keys::Nowhere => return,
        }
        put(&mut entry, "issuer", self.issuer.clone().map(Value::from));
        policy.insert("openid_config".into(), json!([entry]));
    }

    fn forward(&self) -> Map<String, Value> {
        let mut forward = Map::new();
        if self.token == Token::Removed {
            forward.insert("token".into(), "remove".into());
        }
        put(&mut forward, "payload_header", self.payload_header.clone().map(Value::from));
        let claims = self.claims.iter().map(|(claim, header)| {
            let mut entry = named(claim);
            if let Some(name) = entry.remove("name") {
                entry.insert("claim".into(), name);
            }
            entry.insert("header".into(), header.clone().into());
            Value::from(entry)
        });
        let claims: Vec<_> = claims.collect();
        put(&mut forward, "claims_to_headers", (!claims.is_empty()).then_some(Value::from(claims)));
        forward
    }
}

/// Claims and the headers that they go to, of entries whose members have these names.
pub(super) fn claims(entries: &[Part<'_>], claim: &str, header: &str) -> Vec<(String, String)> {
    let text = |entry: &Part<'_>, name: &str| entry.text(name).unwrap_or_default().to_owned();
    entries.iter().map(|entry| (text(entry, claim), text(entry, header))).collect()
}

/// An object that names a claim: `name`, or `path` for one inside an object.
pub(super) fn named(claim: &str) -> Map<String, Value> {
    let mut entry = Map::new();
    if claim.contains('.') {
        let path: Vec<_> = claim.split('.').map(Value::from).collect();
        entry.insert("path".into(), path.into());
    } else {
        entry.insert("name".into(), claim.into());
    }
    entry
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}

fn put_list(object: &mut Map<String, Value>, name: &str, texts: &[String]) {
    put(object, name, (!texts.is_empty()).then(|| texts.into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_becomes_a_policy_with_its_defaults_written_out() {
        let keys = Keys::Remote {
            uri: "https://idp.example/keys".to_owned(),
            cluster: Some("idp".to_owned()),
            timeout: Some(json!(5)),
        };
        let provider = Provider {
            issuer: Some("https://idp.example".to_owned()),
            claims: vec![("sub".to_owned(), "x-user".to_owned()), ("a.b".to_owned(), "x-b".to_owned())],
            ..Provider::new("idp", keys)
        };
        assert_eq!(
            Value::from(provider.policy(Demand::TokenOrNone)),
            json!({
                "openid_config": [{"jwks_uri": "https://idp.example/keys", "cluster": "idp", "timeout": 5,
                                   "issuer": "https://idp.example"}],
                "sources": [{"header": "authorization", "scheme": "Bearer"}, {"query_parameter": "access_token"}],
                "clock_skew": 60,
                "require_expiration_time": false,
                "require_token": false,
                "forward": {"token": "remove",
                            "claims_to_headers": [{"claim": "sub", "header": "x-user"},
                                                  {"path": ["a", "b"], "header": "x-b"}]},
            })
        );
    }

    #[test]
    fn keys_come_from_where_the_provider_has_them() {
        let of = |keys, issuer: Option<&str>| {
            let issuer = issuer.map(ToOwned::to_owned);
            Value::from(Provider { issuer, ..Provider::new("idp", keys) }.policy(Demand::Token))
        };
        let found = of(Keys::Discovery { cluster: None, timeout: None }, Some("https://idp.example/t/"));
        assert_eq!(
            found["openid_config"],
            json!([{"url": "https://idp.example/t/.well-known/openid-configuration", "issuer": "https://idp.example/t/"}])
        );
        let found = of(Keys::Inline(json!({"keys": []})), Some("a@b"));
        assert_eq!(found["issuer_signing_keys"], json!([{"jwks": {"keys": []}}]));
        assert_eq!(found["issuers"], json!(["a@b"]));
        let remote = Keys::Remote { uri: "http://idp/keys".to_owned(), cluster: None, timeout: None };
        assert_eq!(
            of(remote, None)["openid_config"],
            json!([{"jwks_uri": "http://idp/keys", "allow_http": true}])
        );
        assert_eq!(of(Keys::Nowhere, None).get("openid_config"), None);
    }
}
