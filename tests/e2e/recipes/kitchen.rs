//! `docs/recipes.md`, read, and an Envoy with what it says.

use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::token::TokenRecipe;
use validate_jwt_testbed::{Error, workspace};

use crate::lab::{AUDIENCE, entra, filter};

/// An Envoy with recipes, and everything that they name.
pub(super) struct Kitchen {
    pub(super) idp: IdentityProvider,
    /// The cluster `authz`, whose answers are faults by path.
    pub(super) authz: IdentityProvider,
    pub(super) api: EchoApi,
    /// The cluster `contoso`.
    pub(super) other: EchoApi,
    pub(super) envoy: Envoy,
    pub(super) address: SocketAddr,
}

impl Kitchen {
    /// The recipes under these headings, as they are.
    pub(super) async fn of(headings: &[&str]) -> Result<Self, Error> {
        Self::adapted(headings, |_| {}).await
    }

    /// The same, with something changed that a test cannot have as it is.
    pub(super) async fn adapted(headings: &[&str], adapt: impl FnOnce(&mut Value)) -> Result<Self, Error> {
        let idp = IdentityProvider::start()?;
        let mut manager = json!({"http_filters": [Value::from(filter(policy(&idp)).await?)]});
        for heading in headings {
            add(&mut manager, &recipe(heading));
        }
        Self::with(idp, manager, adapt).await
    }

    /// Fields of the connection manager; its filters without the router.
    pub(super) async fn with(
        idp: IdentityProvider,
        mut manager: Value,
        adapt: impl FnOnce(&mut Value),
    ) -> Result<Self, Error> {
        adapt(&mut manager);
        let (authz, api, other) = (IdentityProvider::start()?, EchoApi::start()?, EchoApi::start()?);
        let filters = manager["http_filters"].take();
        let listener =
            filters.as_array().into_iter().flatten().cloned().fold(Listener::new("main"), Listener::filter);
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("idp", idp.address()))
            .cluster(Cluster::new("authz", authz.address()))
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("contoso", other.address()))
            .listener(listener);
        let mut bootstrap = Value::from(bootstrap);
        let path = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
        let built = bootstrap.pointer_mut(path).expect("the connection manager");
        for (field, value) in
            manager.as_object().into_iter().flatten().filter(|(field, _)| *field != "http_filters")
        {
            built[field] = value.clone();
        }
        let envoy = Envoy::start(bootstrap, Options::default()).await?;
        let address = envoy.address("main").await?;
        Ok(Self { idp, authz, api, other, envoy, address })
    }

    pub(super) fn token(&self, change: impl FnOnce(TokenRecipe) -> TokenRecipe) -> String {
        change(self.idp.token_v2(CONTOSO, AUDIENCE)).sign(&self.idp.signing_key())
    }
}

/// The page's policy, for this provider.
pub(super) fn policy(idp: &IdentityProvider) -> Value {
    let mut policy: Value = serde_json::from_str(&block("json validate-jwt", &page())).expect("JSON");
    let own = entra(idp, &json!({}));
    for field in ["openid_config", "audiences"] {
        assert!(policy["validate_jwt"][field].is_array(), "{field}");
        policy["validate_jwt"][field] = own["validate_jwt"][field].clone();
    }
    policy
}

/// What stands under a heading, for the tenant of the tests.
pub(super) fn recipe(heading: &str) -> Value {
    let page = page();
    let (_, rest) = page.split_once(&format!("\n{heading}\n")).expect(heading);
    let text = block("yaml http_connection_manager", rest.split("\n## ").next().expect("a chapter"));
    yaml_serde::from_str(&text.replace("aaaabbbb-0000-cccc-1111-dddd2222eeee", CONTOSO)).expect("YAML")
}

/// Filters are added behind those that are there.
pub(super) fn add(manager: &mut Value, recipe: &Value) {
    for (field, value) in recipe.as_object().expect("fields") {
        match (&mut manager[field], value) {
            (Value::Array(there), Value::Array(more)) => there.extend(more.iter().cloned()),
            (there, value) => *there = value.clone(),
        }
    }
}

fn block(tag: &str, text: &str) -> String {
    let (_, rest) = text.split_once(&format!("```{tag}\n")).expect(tag);
    rest.split("```").next().expect("its end").to_owned()
}

pub(super) fn page() -> String {
    fs::read_to_string(workspace::root().join("docs/recipes.md")).expect("docs/recipes.md")
}
