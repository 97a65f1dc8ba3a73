//! The provider, or the way to it.

use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::Cluster;
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, paths};

use super::name_server::NameServer;
use super::page::Row;
use super::scene::{Scene, Setting, policy, provider, url};

pub(super) async fn down(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    idp.stop().await?;
    let setting = Setting::sound(policy(&json!({})), &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.shows_the_row().await?;
    scene.idp.restart()?;
    scene.is_mended().await
}

pub(super) async fn down_with_keys(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    let mut configuration = policy(&json!({}));
    configuration["key_refresh"]["interval"] = json!(1);
    let setting = Setting::sound(configuration, &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.answers(&(200, String::new())).await?;
    scene.idp.stop().await?;
    scene.shows_the_row().await?;
    scene.idp.restart()?;
    scene.is_mended().await
}

pub(super) async fn down_too_long(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    let mut configuration = policy(&json!({}));
    configuration["key_refresh"]["interval"] = json!(1);
    configuration["key_refresh"]["max_stale"] = json!(2);
    let setting = Setting::sound(configuration, &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.answers(&(200, String::new())).await?;
    scene.idp.stop().await?;
    scene.shows_the_row().await?;
    scene.idp.restart()?;
    scene.is_mended().await
}

/// A port whose queue is full: what comes more gets no answer at all.
pub(super) async fn unreachable(row: Row) -> Result<(), Error> {
    let failed = |doing: &str| Error::io(format!("{doing} a full port"));
    let socket = TcpSocket::new_v4().map_err(failed("opening"))?;
    socket.bind(([127, 0, 0, 1], 0).into()).map_err(failed("binding"))?;
    let listener = socket.listen(0).map_err(failed("listening at"))?;
    let full = listener.local_addr().map_err(failed("asking for"))?;
    let _first = TcpStream::connect(full).await.map_err(failed("filling"))?;
    let cluster = Cluster::new("entra", full).connect_timeout("0.2s");
    let setting = Setting::new(policy(&json!({})), [cluster]).await?;
    let scene = Scene::start(row, provider()?, setting).await?;
    scene.shows_the_row().await?;
    let mended = Setting::sound(policy(&json!({})), &scene.idp).await?;
    scene.mended_by(mended).await
}

pub(super) async fn silent(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    idp.set_fault(&paths::discovery_v2(CONTOSO), Fault::Hang);
    let configuration =
        policy(&json!({"openid_config": [{"url": url(CONTOSO), "cluster": "entra", "timeout": 0.5}]}));
    let setting = Setting::sound(configuration, &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.shows_the_row().await?;
    scene.idp.clear_faults();
    scene.is_mended().await
}

pub(super) async fn page(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    idp.set_fault(&paths::discovery_v2(CONTOSO), Fault::Html);
    let setting = Setting::sound(policy(&json!({})), &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.shows_the_row().await?;
    scene.idp.clear_faults();
    scene.is_mended().await
}

pub(super) async fn misspelt_tenant(row: Row) -> Result<(), Error> {
    let misspelt = json!([{"url": url("contosso.onmicrosoft.com"), "cluster": "entra"}]);
    let idp = provider()?;
    let setting = Setting::sound(policy(&json!({"openid_config": misspelt})), &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.shows_the_row().await?;
    let mended = Setting::sound(policy(&json!({})), &scene.idp).await?;
    scene.mended_by(mended).await
}

pub(super) async fn unknown_cluster(row: Row) -> Result<(), Error> {
    let misspelt = json!([{"url": url(CONTOSO), "cluster": "entre"}]);
    let idp = provider()?;
    let setting = Setting::sound(policy(&json!({"openid_config": misspelt})), &idp).await?;
    let scene = Scene::start(row, idp, setting).await?;
    scene.shows_the_row().await?;
    let mended = Setting::sound(policy(&json!({})), &scene.idp).await?;
    scene.mended_by(mended).await
}

pub(super) async fn unknown_name(row: Row) -> Result<(), Error> {
    let idp = provider()?;
    let names = NameServer::knowing("login.example").await?;
    let port = idp.address().port();
    let misspelt = names.cluster("entra", "login.exampel", port);
    let scene = Scene::start(row, idp, Setting::new(policy(&json!({})), [misspelt]).await?).await?;
    scene.shows_the_row().await?;
    let right = names.cluster("entra", "login.example", port);
    scene.mended_by(Setting::new(policy(&json!({})), [right]).await?).await
}
