//! Whose keys may sign for which issuer, and what happens when keys change under their own name or have to go.
//!
//! A tenant of Entra ID and a partner answer under names of their own, and clusters lead to the test bed.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, Names, paths};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe, tamper};

use crate::lab::{AUDIENCE, Lab, REASON, entra, filter, summary, with};

/// The tenant's issuers.
fn issuers() -> [String; 2] {
    [
        format!("https://login.microsoftonline.com/{CONTOSO}/v2.0"),
        format!("https://sts.windows.net/{CONTOSO}/"),
    ]
}

/// A tenant and a partner, with an Envoy that reaches each through a cluster.
struct World {
    lab: Lab,
    partner: IdentityProvider,
}

impl World {
    /// `partners_issuer` is what the partner's document says.
    async fn start(partners_issuer: &str, configuration: Value, fault: Option<Fault>) -> Result<Self, Error> {
        let cloud = Names::of_cloud("login.microsoftonline.com", "sts.windows.net");
        let names = Names { plain_issuer: partners_issuer.to_owned(), ..cloud.clone() };
        let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), cloud)?;
        let partner = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names)?;
        if let Some(fault) = fault {
            idp.set_fault(&paths::discovery_v2(CONTOSO), fault);
        }
        let api = EchoApi::start()?;
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("entra", idp.address()))
            .cluster(Cluster::new("partner", partner.address()))
            .listener(Listener::new("main").filter(filter(configuration).await?));
        let envoy = Envoy::start(bootstrap, Options::default().component_log_level("wasm:debug")).await?;
        let address = envoy.address("main").await?;
        Ok(Self { lab: Lab { idp, api, envoy, address }, partner })
    }

    /// A token that the tenant has issued, of its v2.0 or its v1.0 issuer.
    fn own(&self, issuer: &str) -> String {
        self.recipe(issuer).sign(&self.lab.idp.signing_key())
    }

    /// A token of any issuer that the partner has signed.
    fn forged(&self, issuer: &str) -> String {
        let key = self.partner.plain_key(Algorithm::Rs256).expect("an RSA key");
        self.recipe(issuer).claim("roles", json!(["admin"])).sign(&key)
    }

    fn recipe(&self, issuer: &str) -> TokenRecipe {
        self.lab.idp.token_v2(CONTOSO, AUDIENCE).issuer(issuer)
    }

    async fn verdict(&self, token: &str) -> Result<(u16, String), Error> {
        self.lab.verdict(token).await
    }
}

const PARTNER: &str = "https://partner.example";

/// Both providers; `more` is for the policy, `pinned` for the tenant's entry.
fn both(pinned: Option<&str>, more: &Value) -> Value {
    let mut tenant = json!({
        "url": format!("https://login.microsoftonline.com/{CONTOSO}/v2.0/.well-known/openid-configuration"),
        "cluster": "entra",
    });
    if let Some(issuer) = pinned {
        tenant["issuer"] = json!(issuer);
    }
    let partner = json!({"url": format!("{PARTNER}{}", paths::DISCOVERY_PLAIN), "cluster": "partner"});
    let mut policy = json!({
        "openid_config": [tenant, partner], "audiences": [AUDIENCE], "failure": {"reason_header": REASON},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    let times = json!({"max_wait": 0.5, "retry_initial": 0.1, "retry_max": 0.2});
    json!({"validate_jwt": policy, "key_refresh": times})
}

fn allowed() -> (u16, String) {
    (200, String::new())
}

fn refused(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn a_partners_key_signs_for_no_issuer_of_the_tenant() -> Result<(), Error> {
    let [v2, v1] = issuers();
    for pinned in [Some(v2.as_str()), None] {
        let world = World::start(PARTNER, both(pinned, &json!({"issuers": [v1, PARTNER]})), None).await?;
        for _ in 0..2 {
            for issuer in [&v2, &v1] {
                assert_eq!(world.verdict(&world.own(issuer)).await?, allowed(), "{pinned:?}: {issuer}");
                let forged = world.verdict(&world.forged(issuer)).await?;
                assert_eq!(forged, refused(401, "signature_key_not_found"), "{pinned:?}: {issuer}");
            }
            assert_eq!(world.verdict(&world.forged(PARTNER)).await?, allowed(), "its own issuer");
        }
        let own_key = world.recipe(PARTNER).sign(&world.lab.idp.signing_key());
        assert_eq!(world.verdict(&own_key).await?, refused(401, "signature_key_not_found"));
    }
    Ok(())
}

#[tokio::test]
async fn while_the_owners_document_is_not_there_its_tokens_wait() -> Result<(), Error> {
    let [v2, _] = issuers();
    for (pinned, fault) in
        [(Some(v2.as_str()), Fault::Status(404)), (None, Fault::Status(404)), (None, Fault::Hang)]
    {
        let configuration = both(pinned, &json!({"issuers": [v2, PARTNER]}));
        let world = World::start(PARTNER, configuration, Some(fault.clone())).await?;
        assert_eq!(world.verdict(&world.forged(PARTNER)).await?, allowed(), "the partner is there");
        for _ in 0..2 {
            let found = world.verdict(&world.forged(&v2)).await?;
            assert_eq!(found, refused(503, "keys_unavailable"), "{pinned:?} {fault:?}");
        }
        world.lab.idp.clear_faults();
        let provider = "wasmcustom.validate_jwt.keys.login_microsoftonline_com.usable";
        world.lab.envoy.wait_for_stat(provider, 1).await?;
        let mut own = world.verdict(&world.own(&v2)).await?;
        for _ in 0..100 {
            if own == allowed() {
                break;
            }
            own = world.verdict(&world.own(&v2)).await?;
        }
        assert_eq!(own, allowed(), "{pinned:?} {fault:?}");
        let found = world.verdict(&world.forged(&v2)).await?;
        assert_eq!(found, refused(401, "signature_key_not_found"), "{pinned:?} {fault:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_document_that_claims_the_tenants_issuer_is_not_believed() -> Result<(), Error> {
    let [v2, v1] = issuers();
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    for claimed in [v2.as_str(), &v1, template] {
        for (pinned, fault) in [(Some(v2.as_str()), None), (None, None), (None, Some(Fault::Status(404)))] {
            let world = World::start(claimed, both(pinned, &json!({})), fault.clone()).await?;
            world.lab.envoy.wait_for_log("which is one of Microsoft's").await?;
            let issuer = if claimed == template { &v2 } else { claimed };
            let (status, reason) = world.verdict(&world.forged(issuer)).await?;
            assert!(status == 401 || status == 503, "{claimed} {pinned:?} {fault:?}: {status} {reason}");
            if fault.is_none() {
                assert_eq!(world.verdict(&world.own(&v2)).await?, allowed(), "{claimed} {pinned:?}");
            }
            let log = world.lab.envoy.log();
            let line =
                log.lines().find(|line| line.contains("which is one of Microsoft's")).unwrap_or_default();
            for text in ["keys of provider partner_example", "failed", claimed, "set `issuer`"] {
                assert!(line.contains(text), "{text}: {line}");
            }
            let failures = "wasmcustom.validate_jwt.keys.partner_example.fetch_failure";
            world.lab.envoy.wait_for_stat(failures, 1).await?;
            assert_eq!(world.partner.requests(paths::KEYS_PLAIN), 0, "its keys are not even asked for");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_key_replaced_under_its_own_kid_costs_one_fetch_and_then_works() -> Result<(), Error> {
    let lab = Lab::with_workers(2, |idp| entra(idp, &json!({}))).await?;
    let old = lab.idp.signing_key();
    assert_eq!(lab.verdict(&lab.token()).await?, allowed());
    lab.idp.remove_key(old.key_id());
    let new = SigningKey::rsa(RsaFixture::Stranger).with_key_id(old.key_id());
    lab.idp.publish_key(&new);
    let token = || lab.idp.token_v2(CONTOSO, AUDIENCE).sign(&new);
    for _ in 0..5 {
        assert_eq!(lab.verdict(&token()).await?, allowed());
    }
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 2, "at the start, and for the new key");
    let before = lab.idp.token_v2(CONTOSO, AUDIENCE).sign(&old);
    assert_eq!(lab.verdict(&before).await?, refused(401, "signature_invalid"), "the fetched one counts");
    Ok(())
}

#[tokio::test]
async fn forged_signatures_cost_no_more_fetches_than_invented_kids() -> Result<(), Error> {
    let lab = Lab::with_workers(2, |idp| entra(idp, &json!({}))).await?;
    let token = lab.token();
    assert_eq!(lab.verdict(&token).await?, allowed());
    let invented = SigningKey::rsa(RsaFixture::Stranger).with_key_id("invented");
    for bit in 0..40 {
        let forged = tamper::flip_signature_bit(&token, bit);
        assert_eq!(lab.verdict(&forged).await?, refused(401, "signature_invalid"));
        let invented = lab.idp.token_v2(CONTOSO, AUDIENCE).sign(&invented);
        assert_eq!(lab.verdict(&invented).await?, refused(401, "signature_key_not_found"));
    }
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 2, "the first, and one for all of them");
    lab.assert_alive().await
}

#[tokio::test]
async fn a_document_that_sends_to_a_cluster_of_the_proxy_reaches_nothing() -> Result<(), Error> {
    let names = Names { endpoints: "http://api".to_owned(), ..Names::default() };
    let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names)?;
    let configuration = with(entra(&idp, &json!({})), &json!({"key_refresh": {"max_wait": 1}}));
    let lab = Lab::around(idp, 1, configuration).await?;
    lab.envoy.wait_for_log("set `jwks_cluster`").await?;
    assert_eq!(lab.verdict(&lab.token()).await?, refused(503, "keys_unavailable"));
    assert_eq!(lab.api.count(), 0, "the proxy's own API was asked for keys");
    Ok(())
}

#[tokio::test]
async fn key_refresh_forget_drops_a_key_that_the_provider_has_withdrawn() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let api = EchoApi::start()?;
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()))
        .dynamic_listeners();
    let envoy = Envoy::start(bootstrap, Options::default().concurrency(2)).await?;
    // Another realm is another configuration, which Envoy would not load otherwise.
    let listener = async |realm: &str, refresh: Value| -> Result<Listener, Error> {
        let failure = json!({"failure": {"reason_header": REASON, "realm": realm}});
        Ok(Listener::new("main")
            .filter(filter(with(entra(&idp, &failure), &json!({"key_refresh": refresh}))).await?))
    };
    envoy.update_listeners([listener("one", json!({})).await?]).await?;
    let address = envoy.address("main").await?;
    let leaked = idp.signing_key();
    let send = async |key: &SigningKey| -> Result<(u16, String), Error> {
        let token = idp.token_v2(CONTOSO, AUDIENCE).sign(key);
        let request = validate_jwt_testbed::client::Request::get("/").bearer(&token);
        Ok(summary(&request.send(address).await?))
    };
    assert_eq!(send(&leaked).await?, allowed());
    let next = idp.rotate_now();
    assert_eq!(send(&next).await?, allowed());
    assert_eq!(send(&leaked).await?, allowed(), "a key that is withdrawn serves on");
    envoy.update_listeners([listener("two", json!({})).await?]).await?;
    assert_eq!(send(&leaked).await?, allowed(), "and under another configuration, too");
    envoy.update_listeners([listener("two", json!({"forget": "2026-11-26"})).await?]).await?;
    assert_eq!(send(&next).await?, allowed());
    assert_eq!(send(&leaked).await?, refused(401, "signature_key_not_found"));
    Ok(())
}
