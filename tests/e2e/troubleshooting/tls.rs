//! TLS towards the provider. What speaks it in its place is a listener of the same Envoy.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::{Cluster, Listener, Route};
use validate_jwt_testbed::identity_provider::IdentityProvider;
use validate_jwt_testbed::token::RsaFixture;

use super::page::Row;
use super::scene::{Scene, Setting, policy, provider};

/// The filter's cluster, with the provider behind TLS.
async fn behind_tls(idp: &IdentityProvider, cluster: Cluster) -> Result<Setting, Error> {
    let front = Listener::new("front").mutual_tls().route(Route::prefix("/", "provider"));
    let clusters = [cluster, Cluster::new("provider", idp.address())];
    Ok(Setting::new(policy(&json!({})), clusters).await?.listener(front))
}

/// A cluster that reaches the provider as it should.
fn sound() -> Cluster {
    Cluster::within("entra", "front").tls(RsaFixture::Third, "login.example")
}

async fn caused_by(row: Row, cluster: Cluster) -> Result<(), Error> {
    let idp = provider()?;
    let setting = behind_tls(&idp, cluster).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.shows_the_row().await?;
    let mended = behind_tls(&scene.idp, sound()).await?;
    scene.mended_by(mended).await
}

pub(super) async fn untrusted(row: Row) -> Result<(), Error> {
    caused_by(row, Cluster::within("entra", "front").tls(RsaFixture::First, "login.example")).await
}

pub(super) async fn wrong_name(row: Row) -> Result<(), Error> {
    caused_by(row, Cluster::within("entra", "front").tls(RsaFixture::Third, "login.exampel")).await
}

pub(super) async fn plain_to_tls(row: Row) -> Result<(), Error> {
    caused_by(row, Cluster::within("entra", "front")).await
}

pub(super) async fn tls_to_plain(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    let cluster = Cluster::new("entra", idp.address()).tls(RsaFixture::Third, "login.example");
    let scene = Scene::start(row, idp, Setting::new(policy(&json!({})), [cluster]).await?).await?;
    scene.shows_the_row().await?;
    let mended = Setting::sound(policy(&json!({})), &scene.idp).await?;
    scene.mended_by(mended).await
}
