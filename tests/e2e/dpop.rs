//! DPoP in Envoy: proofs and nonces that every worker knows.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Request, Response};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe, dpop};

use crate::lab::{AUDIENCE, Lab, REASON, entra, summary};

/// A client with a key, before an Envoy with several workers.
struct World {
    lab: Lab,
    client: SigningKey,
    token: String,
}

impl World {
    async fn start(workers: u32, possession: Value) -> Result<Self, Error> {
        let more = json!({"proof_of_possession": possession});
        let configuration = |idp: &IdentityProvider| entra(idp, &more);
        let lab = Lab::with_workers(workers, configuration).await?;
        let client = SigningKey::p256();
        let recipe = dpop::bound_to(lab.idp.token_v2(CONTOSO, AUDIENCE), &client);
        let token = recipe.sign(&lab.idp.signing_key());
        Ok(Self { lab, client, token })
    }

    /// A proof for `GET /orders`.
    fn proof(&self) -> TokenRecipe {
        let url = format!("http://{}/orders", self.lab.address);
        dpop::proof(&self.client, &self.token, "GET", &url)
    }

    fn request(&self, proof: &str) -> Request {
        Request::get("/orders?page=2")
            .header("authorization", format!("DPoP {}", self.token))
            .header("dpop", proof)
    }

    async fn send(&self, proof: &TokenRecipe) -> Result<Response, Error> {
        // A connection of its own: any worker may take it.
        self.lab.send(&self.request(&proof.sign(&self.client))).await
    }
}

#[tokio::test]
async fn a_proof_serves_once_at_whichever_worker() -> Result<(), Error> {
    let world = World::start(3, json!({"dpop": "required"})).await?;
    for _ in 0..10 {
        assert_eq!(summary(&world.send(&world.proof()).await?), (200, String::new()));
    }
    let once = world.proof().sign(&world.client);
    let first = world.lab.send(&world.request(&once)).await?;
    assert_eq!(summary(&first), (200, String::new()));
    for _ in 0..20 {
        let again = world.lab.send(&world.request(&once)).await?;
        assert_eq!(summary(&again), (401, "proof_invalid".to_owned()));
        let challenge = again.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(challenge.starts_with("DPoP error=\"invalid_dpop_proof\""), "{challenge}");
    }
    // Many at the same time: one of them passes.
    let raced = world.proof().sign(&world.client);
    let request = world.request(&raced);
    let answers = futures(&world, &request, 12).await?;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let bearer = world.lab.send(&Request::get("/orders").bearer(&world.token)).await?;
    assert_eq!(summary(&bearer), (401, "confirmation_failed".to_owned()));
    assert_eq!(world.lab.envoy.stat("wasmcustom.validate_jwt.proofs_forgotten").await?, 0);
    Ok(())
}

#[tokio::test]
async fn no_hostile_proof_passes_with_one_worker_or_with_four() -> Result<(), Error> {
    for workers in [1, 4] {
        let world = World::start(workers, json!({"dpop": "required"})).await?;
        assert_eq!(summary(&world.send(&world.proof()).await?), (200, String::new()));
        let url = format!("http://{}/orders", world.lab.address);
        for (what, proof) in dpop::hostile(&world.client, &world.token, &url) {
            let answer = world.lab.send(&world.request(&proof)).await?;
            assert_eq!(summary(&answer), (401, "proof_invalid".to_owned()), "{what}, {workers} workers");
        }
        let request = world.request(&world.proof().sign(&world.client));
        let twice = request.header("dpop", world.proof().sign(&world.client));
        assert_eq!(summary(&world.lab.send(&twice).await?), (401, "proof_invalid".to_owned()), "two headers");
        assert_eq!(world.lab.api.count(), 1, "{workers} workers");
    }
    Ok(())
}

/// The answers to a request that is sent so many times at once.
async fn futures(world: &World, request: &Request, count: usize) -> Result<Vec<Response>, Error> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(Connection::open(world.lab.address).await?);
    }
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let request = request.clone();
            tokio::spawn(async move { connection.send(&request).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("the task ends")?);
    }
    Ok(answers)
}

#[tokio::test]
async fn a_nonce_of_one_worker_serves_at_every_other() -> Result<(), Error> {
    let world = World::start(3, json!({"dpop": "required", "nonce": true})).await?;
    let first = world.send(&world.proof()).await?;
    assert_eq!(summary(&first), (401, "proof_nonce_required".to_owned()));
    let challenge = first.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("DPoP error=\"use_dpop_nonce\""), "{challenge}");
    let nonce = first.header("dpop-nonce").expect("a nonce").to_owned();
    for _ in 0..20 {
        let answer = world.send(&world.proof().claim("nonce", nonce.as_str())).await?;
        assert_eq!(summary(&answer), (200, String::new()));
    }
    // Who needs a nonce is given one with whatever is wrong.
    let bearer = world.lab.send(&Request::get("/orders").bearer(&world.token)).await?;
    let bad = world.send(&world.proof().claim("htm", "POST").claim("nonce", nonce.as_str())).await?;
    for (answer, reason) in [(bearer, "confirmation_failed"), (bad, "proof_invalid")] {
        assert_eq!(summary(&answer), (401, reason.to_owned()));
        assert!(answer.header("dpop-nonce").is_some(), "{reason}");
    }
    for stale in ["", "AAAA", &nonce.to_uppercase()] {
        let answer = world.send(&world.proof().claim("nonce", stale)).await?;
        assert_eq!(summary(&answer), (401, "proof_nonce_required".to_owned()), "{stale:?}");
        assert!(answer.header("dpop-nonce").is_some());
    }
    Ok(())
}

#[tokio::test]
async fn metadata_are_served_and_a_challenge_leads_to_them() -> Result<(), Error> {
    let resource = json!({"identifier": "https://api.example/orders"});
    let authorize = json!({"scopes": {"any": ["Orders.Read"]}, "scope_prefix": "api://orders/"});
    let more = json!({"resource": resource, "authorize": authorize});
    let lab = Lab::start(|idp| entra(idp, &more)).await?;
    let refused = lab.send(&Request::get("/orders").header("host", "api.example")).await?;
    let url = "https://api.example/.well-known/oauth-protected-resource/orders";
    let expected = format!("Bearer scope=\"api://orders/Orders.Read\", resource_metadata=\"{url}\"");
    assert_eq!(refused.headers_named("www-authenticate"), [expected]);
    let asked = Request::get("/.well-known/oauth-protected-resource/orders").header("host", "api.example");
    let answer = lab.send(&asked).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header(REASON), None);
    assert_eq!(answer.headers_named("access-control-allow-origin"), ["*"]);
    assert_eq!(answer.headers_named("cache-control"), ["public, max-age=3600"]);
    assert_eq!(
        answer.json()?,
        json!({
            "resource": "https://api.example/orders",
            "authorization_servers": [format!("https://login.microsoftonline.com/{CONTOSO}/v2.0")],
            "scopes_supported": ["api://orders/Orders.Read"],
            "bearer_methods_supported": ["header"],
        })
    );
    assert_eq!(lab.api.count(), 0);
    assert_eq!(lab.envoy.stat("wasmcustom.validate_jwt.rules.exempt").await?, 1);
    Ok(())
}
