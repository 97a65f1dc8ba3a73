//! Tokens and key sets, verified by Envoy's own JWT filter.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, IdentityProvider, paths};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, tamper};

const AUDIENCE: &str = "7a0c1d2e-3f4a-5b6c-7d8e-9f0a1b2c3d4e";

#[tokio::test]
async fn envoy_verifies_every_asymmetric_algorithm() -> Result<(), Error> {
    let bed = Bed::start("https://accounts.example", paths::KEYS_PLAIN).await?;
    for algorithm in Algorithm::ALL {
        let Some(key) = bed.idp.plain_key(algorithm) else { continue };
        // The published RSA key says RS256, which Envoy takes as the only algorithm for it.
        if matches!(key.default_algorithm(), Algorithm::Rs256) && algorithm != Algorithm::Rs256 {
            continue;
        }
        let token = bed.idp.token_plain(AUDIENCE).algorithm(algorithm).sign(&key);
        assert_eq!(bed.status(&token).await?, 200, "{algorithm}");
        assert_eq!(bed.status(&tamper::flip_signature_bit(&token, 9)).await?, 401, "{algorithm}, tampered");
    }
    Ok(())
}

#[tokio::test]
async fn envoy_verifies_entra_tokens_with_keys_that_name_no_algorithm() -> Result<(), Error> {
    let issuer = format!("https://login.microsoftonline.com/{CONTOSO}/v2.0");
    let bed = Bed::start(&issuer, &paths::keys_v2(CONTOSO)).await?;
    let recipe = bed.idp.token_v2(CONTOSO, AUDIENCE);
    let key = bed.idp.signing_key();
    for algorithm in &Algorithm::ALL[..6] {
        assert_eq!(bed.status(&recipe.clone().algorithm(*algorithm).sign(&key)).await?, 200, "{algorithm}");
    }
    let refused = [
        ("expired", recipe.clone().expires_in(-120).sign(&key)),
        ("of another audience", recipe.clone().audience("another").sign(&key)),
        ("of another tenant", bed.idp.token_v2(FABRIKAM, AUDIENCE).sign(&key)),
        ("signed by a stranger", recipe.sign(&SigningKey::rsa(RsaFixture::Stranger))),
        ("unsigned", recipe.unsigned()),
        (
            "forged",
            tamper::change_claims(&recipe.sign(&key), |claims| {
                claims.insert("roles".to_owned(), json!(["admin"]));
            }),
        ),
        ("grafted", tamper::graft_signature(&recipe.sign(&key), &recipe.clone().claim("x", 1).sign(&key))),
        ("without signature", tamper::strip_signature(&recipe.sign(&key))),
    ];
    for (what, token) in refused {
        assert_ne!(bed.status(&token).await?, 200, "a token {what}");
    }
    Ok(())
}

#[tokio::test]
async fn the_token_endpoint_issues_good_tokens() -> Result<(), Error> {
    let issuer = format!("https://login.microsoftonline.com/{CONTOSO}/v2.0");
    let bed = Bed::start(&issuer, &paths::keys_v2(CONTOSO)).await?;
    let form = format!(
        "grant_type=client_credentials&client_id=demo&client_secret=x&scope=api%3A%2F%2F{AUDIENCE}%2F.default"
    );
    let answer = Request::post(&paths::token(CONTOSO), form).send(bed.idp.address()).await?.json()?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    assert_eq!(bed.status(token).await?, 200);
    Ok(())
}

/// Envoy with its own JWT filter for one issuer.
struct Bed {
    idp: IdentityProvider,
    envoy: Envoy,
    _api: EchoApi,
}

impl Bed {
    async fn start(issuer: &str, keys: &str) -> Result<Self, Error> {
        let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("idp", idp.address()))
            .listener(Listener::new("main").filter(native_filter(issuer, &idp.url(keys))));
        let envoy = Envoy::start(bootstrap, Options::default()).await?;
        Ok(Self { idp, envoy, _api: api })
    }

    async fn status(&self, token: &str) -> Result<u16, Error> {
        let address = self.envoy.address("main").await?;
        Ok(Request::get("/orders").bearer(token).send(address).await?.status)
    }
}

fn native_filter(issuer: &str, keys: &str) -> Value {
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"idp": {
                "issuer": issuer,
                "audiences": [AUDIENCE],
                "clock_skew_seconds": 1,
                "remote_jwks": {"http_uri": {"uri": keys, "cluster": "idp", "timeout": "5s"}},
            }},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "idp"}}],
        },
    })
}
