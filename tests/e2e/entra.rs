//! Every kind of directory that Microsoft runs, from documents in its shape: clouds, tenants, versions, user flows.
//!
//! The identity providers answer under Microsoft's names: the filter asks for `https://login.microsoftonline.com/…`,
//! and the policy's cluster leads to the test bed. What the filter sees is what it sees at Microsoft's.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{
    CONTOSO, FABRIKAM, IdentityProvider, Names, PERSONAL_ACCOUNTS,
};
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe};

use crate::lab::{AUDIENCE, REASON, filter, summary};

const DOMAIN: &str = "contoso.onmicrosoft.com";
const FLOW: &str = "B2C_1_signin";

/// One provider for each cloud, and an Envoy with a policy for each kind of tenant, by path.
struct World {
    global: IdentityProvider,
    government: IdentityProvider,
    china: IdentityProvider,
    envoy: Envoy,
    _api: EchoApi,
}

impl World {
    async fn start() -> Result<Self, Error> {
        let start = |authority, service| {
            IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), Names::of_cloud(authority, service))
        };
        let global = start("login.microsoftonline.com", "sts.windows.net")?;
        let government = start("login.microsoftonline.us", "sts.windows.net")?;
        let china = start("login.partner.microsoftonline.cn", "sts.chinacloudapi.cn")?;
        let api = EchoApi::start()?;
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("global", global.address()))
            .cluster(Cluster::new("government", government.address()))
            .cluster(Cluster::new("china", china.address()))
            .listener(Listener::new("main").filter(filter(configuration()).await?));
        let envoy = Envoy::start(bootstrap, Options::default().component_log_level("wasm:debug")).await?;
        Ok(Self { global, government, china, envoy, _api: api })
    }

    /// The verdict of a policy on a token.
    async fn verdict(&self, policy: &str, token: &str) -> Result<(u16, String), Error> {
        let address = self.envoy.address("main").await?;
        Ok(summary(&Request::get(&format!("/{policy}")).bearer(token).send(address).await?))
    }
}

fn configuration() -> Value {
    let failure = json!({"reason_header": REASON});
    let tenant = |tenant_id: &str, cluster: &str, more: Value| {
        let mut policy = json!({
            "tenant_id": tenant_id, "cluster": cluster, "backend_application_ids": [AUDIENCE], "failure": failure,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            policy[name] = value.clone();
        }
        json!({"validate_azure_ad_token": policy})
    };
    let document = |url: String| {
        json!({"validate_jwt": {
            "openid_config": [{"url": url, "cluster": "global"}], "audiences": [AUDIENCE], "failure": failure,
        }})
    };
    let endpoint = |host: &str| json!({"authentication_endpoint": host});
    let policies = json!({
        "tenant": tenant(CONTOSO, "global", json!({})),
        "domain": tenant(DOMAIN, "global", json!({})),
        "organizations": tenant("organizations", "global", json!({})),
        "common": tenant("https://login.microsoftonline.com/common", "global", json!({})),
        "listed": tenant("organizations", "global", json!({"allowed_tenants": [CONTOSO]})),
        "government": tenant(CONTOSO, "government", endpoint("login.microsoftonline.us")),
        "china": tenant(CONTOSO, "china", endpoint("https://login.partner.microsoftonline.cn")),
        "b2c": document(format!("https://contoso.b2clogin.com/{DOMAIN}/{FLOW}/v2.0/.well-known/openid-configuration")),
        "ciam": document(format!("https://contoso.ciamlogin.com/{CONTOSO}/v2.0/.well-known/openid-configuration")),
    });
    let names: Vec<&String> = policies.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let mut rules: Vec<Value> =
        names.iter().map(|name| json!({"match": {"path": format!("/{name}")}, "policy": name})).collect();
    rules.push(json!({"match": {}, "policy": "tenant"}));
    json!({"policies": policies, "rules": rules})
}

#[tokio::test]
async fn every_kind_of_tenant_admits_its_own_tokens_and_no_others() -> Result<(), Error> {
    let world = World::start().await?;
    let World { global, government, china, .. } = &world;
    let (key, personal) = (global.signing_key(), SigningKey::rsa(RsaFixture::Personal));
    let v2 = |tenant: &str| global.token_v2(tenant, AUDIENCE);
    let v1 = |tenant: &str| global.token_v1(tenant, &format!("api://{AUDIENCE}/"));
    let (allowed, foreign) = ((200, ""), (401, "issuer_not_allowed"));
    let signed = |recipe: TokenRecipe| recipe.sign(&key);
    for (policy, what, token, expected) in [
        ("tenant", "v2.0", signed(v2(CONTOSO)), allowed),
        ("tenant", "v1.0", signed(v1(CONTOSO)), allowed),
        ("tenant", "another tenant", signed(v2(FABRIKAM)), foreign),
        ("tenant", "another tenant, v1.0", signed(v1(FABRIKAM)), foreign),
        ("tenant", "another cloud", signed(government.token_v2(CONTOSO, AUDIENCE)), foreign),
        ("tenant", "another API", signed(v2(CONTOSO).audience("x")), (401, "audience_not_allowed")),
        ("domain", "v2.0", signed(v2(CONTOSO)), allowed),
        ("domain", "v1.0", signed(v1(CONTOSO)), allowed),
        ("domain", "another tenant", signed(v2(FABRIKAM)), foreign),
        ("organizations", "one tenant", signed(v2(CONTOSO)), allowed),
        ("organizations", "another", signed(v1(FABRIKAM)), allowed),
        ("organizations", "a personal account", signed(v2(PERSONAL_ACCOUNTS)), foreign),
        ("organizations", "tid of another tenant", signed(v2(CONTOSO).claim("tid", FABRIKAM)), foreign),
        ("organizations", "no tid", signed(v2(CONTOSO).without_claim("tid")), foreign),
        ("common", "a tenant", signed(v2(CONTOSO)), allowed),
        ("common", "a personal account", v2(PERSONAL_ACCOUNTS).sign(&personal), allowed),
        ("common", "a key of personal accounts over a tenant's token", v2(CONTOSO).sign(&personal), foreign),
        ("listed", "a tenant of the list", signed(v2(CONTOSO)), allowed),
        ("listed", "another", signed(v2(FABRIKAM)), foreign),
        ("government", "v2.0", signed(government.token_v2(CONTOSO, AUDIENCE)), allowed),
        ("government", "v1.0", signed(government.token_v1(CONTOSO, AUDIENCE)), allowed),
        ("government", "another cloud", signed(v2(CONTOSO)), foreign),
        ("china", "v2.0", signed(china.token_v2(CONTOSO, AUDIENCE)), allowed),
        ("china", "v1.0", signed(china.token_v1(CONTOSO, AUDIENCE)), allowed),
        ("china", "v1.0 of another cloud", signed(v1(CONTOSO)), foreign),
        ("b2c", "the flow's token", signed(global.token_b2c(FLOW, AUDIENCE)), allowed),
        ("b2c", "a tenant's token", signed(v2(CONTOSO)), foreign),
        ("ciam", "the tenant's token", signed(global.token_ciam(CONTOSO, AUDIENCE)), allowed),
        ("ciam", "of the same tenant as Entra ID", signed(v2(CONTOSO)), foreign),
        ("tenant", "of External ID", signed(global.token_ciam(CONTOSO, AUDIENCE)), foreign),
    ] {
        let found = world.verdict(policy, &token).await?;
        assert_eq!(found, (expected.0, expected.1.to_owned()), "{policy}: {what}");
    }
    for text in ["another national cloud", "External ID"] {
        assert!(world.envoy.log().contains(text), "no diagnosis of {text:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_rotated_key_of_a_tenant_is_fetched_for_either_version() -> Result<(), Error> {
    let world = World::start().await?;
    let recipe = world.global.token_v2(CONTOSO, AUDIENCE);
    assert_eq!(world.verdict("tenant", &recipe.sign(&world.global.signing_key())).await?.0, 200);
    let rotated = world.global.rotate_now();
    assert_eq!(world.verdict("tenant", &recipe.sign(&rotated)).await?, (200, String::new()));
    let recipe = world.global.token_v1(CONTOSO, &format!("api://{AUDIENCE}"));
    assert_eq!(world.verdict("tenant", &recipe.sign(&rotated)).await?, (200, String::new()));
    Ok(())
}
