//! What `validate-jwt explain` and `validate-jwt test` say is what the filter says in Envoy: the same answer, or the same headers for
//! the API.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::time::UnixTime;
use validate_jwt_cli::evaluation::{Asked, ProviderDocuments, Question, evaluate};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, IdentityProvider, paths};
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe, tamper};

use crate::lab::{AUDIENCE, Lab, REASON, entra};

/// Both versions of a tenant's tokens, a policy of a second provider, and rules.
fn configuration(idp: &IdentityProvider) -> Value {
    let more = json!({
        "authorize": {"scopes": {"any": ["orders.read"]}, "roles": {"any": ["orders.process"]}, "match": "any"},
        "forward": {"claims_to_headers": [{"claim": "azp", "header": "x-client"}]},
        "required_claims": [{"name": "sub"}],
        "resource": {"identifier": "https://api.example/orders"},
        "failure": {"reason_header": REASON, "realm": "orders"},
    });
    let mut users = entra(idp, &more);
    // Where there are several providers, none is taken at its word about an issuer on another host.
    let issuer = |recipe: TokenRecipe| recipe.claims().get("iss").cloned();
    users["validate_jwt"]["openid_config"][0]["issuer"] = json!(issuer(idp.token_v2(CONTOSO, AUDIENCE)));
    let v1 = json!({
        "url": idp.url(&paths::discovery_v1(CONTOSO)),
        "issuer": issuer(idp.token_v1(CONTOSO, AUDIENCE)),
        "cluster": "idp",
        "allow_http": true,
    });
    users["validate_jwt"]["openid_config"].as_array_mut().expect("a list").push(v1);
    json!({
        "policies": {"users": users, "partners": entra(idp, &json!({"failed_validation_httpcode": 418}))},
        "rules": [
            {"match": {"path_prefix": "/open"}, "allow": true},
            {"match": {"path_prefix": "/partners"}, "policy": "partners"},
            {"match": {}, "policy": "users"},
        ],
    })
}

#[tokio::test]
async fn the_command_line_has_the_verdicts_of_the_filter_in_envoy() -> Result<(), Error> {
    let lab = Lab::start(configuration).await?;
    let text = configuration(&lab.idp).to_string();
    let config = || Config::parse(text.as_bytes()).expect("it has loaded in Envoy");
    let mut documents = Vec::new();
    for provider in config().providers {
        let version = if provider.document.url().path().contains("v2.0") { 2 } else { 1 };
        let [discovery, keys] = match version {
            2 => [paths::discovery_v2(CONTOSO), paths::keys_v2(CONTOSO)],
            _ => [paths::discovery_v1(CONTOSO), paths::keys_v1(CONTOSO)],
        };
        let discovery = Request::get(&discovery).send(lab.idp.address()).await?.body;
        let keys = Request::get(&keys).send(lab.idp.address()).await?.body;
        documents.push(ProviderDocuments { discovery: Some(discovery), keys: Some(keys) });
    }
    let key = lab.idp.signing_key();
    let recipe = lab.idp.token_v2(CONTOSO, AUDIENCE);
    let good = recipe.sign(&key);
    let stranger = SigningKey::rsa(RsaFixture::Stranger);
    let tokens = [
        ("a good token", good.clone()),
        ("v1.0", lab.idp.token_v1(CONTOSO, AUDIENCE).sign(&key)),
        ("another tenant", lab.idp.token_v2(FABRIKAM, AUDIENCE).sign(&key)),
        ("expired", recipe.clone().expires_in(-3600).sign(&key)),
        ("not yet", recipe.clone().not_before_in(3600).sign(&key)),
        ("no end", recipe.clone().without_claim("exp").sign(&key)),
        ("another audience", recipe.clone().audience("api://other").sign(&key)),
        ("an unknown key", recipe.sign(&stranger)),
        ("a spoilt signature", tamper::flip_signature_bit(&good, 100)),
        ("another payload", tamper::change_claims(&good, |claims| drop(claims.remove("sub")))),
        ("unsigned", recipe.unsigned()),
        ("another type", recipe.clone().header("typ", "dpop+jwt").sign(&key)),
        ("no subject", recipe.clone().without_claim("sub").sign(&key)),
        ("no role", recipe.clone().without_claim("roles").sign(&key)),
        ("bound", recipe.clone().claim("cnf", json!({"jkt": "x"})).sign(&key)),
        ("no token", "garbage".to_owned()),
        ("two segments", "e30.e30".to_owned()),
    ];
    let mut asked: Vec<(String, Asked)> = Vec::new();
    for (what, token) in tokens {
        for path in ["/orders", "/partners/1"] {
            asked.push((what.to_owned(), with(path, &[("authorization", &format!("Bearer {token}"))])));
        }
    }
    let both = format!("Bearer {good}, Bearer {good}");
    for (what, path, headers) in [
        ("nothing", "/orders", vec![]),
        ("another scheme", "/orders", vec![("authorization", "Basic eDp5")]),
        ("two tokens", "/orders", vec![("authorization", &*both)]),
        ("an open path", "/open/x", vec![("x-client", "root")]),
        // Envoy resolves dot segments, those with parameters too, before any filter.
        ("a path of two readings", "/OPEN/x", vec![]),
        ("an escaped slash", "/open%2Forders", vec![]),
    ] {
        asked.push((what.to_owned(), with(path, &headers)));
    }
    let mut statuses = BTreeSet::new();
    // The first request of each kind: what Envoy's workers learn later changes no verdict.
    for (what, asked) in &asked {
        let mut request = Request::get(&asked.path).header("host", "api.example");
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        let before = lab.api.count();
        let seen = lab.send(&request).await?;
        let passed = lab.api.count() > before;
        statuses.insert(seen.status);
        let question = Question { documents: &documents, certificate: None, now: now() };
        let own = evaluate(config(), asked, question);
        let path = &asked.path;
        if let Some(answer) = own.answer("GET") {
            assert_eq!((seen.status, passed), (answer.status, false), "{what} {path}");
            assert_eq!(seen.text(), String::from_utf8_lossy(&answer.body), "{what} {path}");
            for (name, value) in &answer.headers {
                assert_eq!(seen.header(name), Some(&**value), "{what} {path} {name}");
            }
        } else {
            assert_eq!((seen.status, passed), (200, true), "{what} {path}");
            let upstream = own.upstream().expect("it goes on");
            let client = upstream.iter().find(|(name, _)| name == "x-client");
            let client = client.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
            let api = lab.api.last().expect("it was asked");
            assert_eq!(
                api.header_values("x-client"),
                client.as_deref().into_iter().collect::<Vec<_>>(),
                "{what} {path}"
            );
        }
    }
    assert_eq!(lab.verdict(&good).await?, (200, String::new()));
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [200, 400, 401, 403, 418]);
    Ok(())
}

fn with(path: &str, headers: &[(&str, &str)]) -> Asked {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    let scheme = "http".to_owned();
    Asked {
        host: "api.example".to_owned(),
        path: path.to_owned(),
        headers: headers.collect(),
        scheme,
        ..Asked::default()
    }
}

fn now() -> UnixTime {
    UnixTime::EPOCH + SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
