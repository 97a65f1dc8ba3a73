//! The end of a VM. The filter gives none a reason: here its memory is too small.

use serde_json::json;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::envoy::WasmFilter;
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, paths};
use validate_jwt_testbed::{Error, build};

use super::page::Row;
use super::scene::{Scene, Setting, policy, provider};

/// An Envoy whose worker has lost its VM: too many requests were held in it, for keys that do not come.
async fn ended(row: Row, failure_policy: &str) -> Result<Scene, Error> {
    let module = tokio::task::spawn_blocking(|| build::filter_module_short_of_memory(PAGES));
    let module = module.await.expect("the build does not panic")?;
    let idp = provider()?;
    idp.set_fault(&paths::discovery_v2(CONTOSO), Fault::Hang);
    let mut configuration = policy(&json!({}));
    configuration["key_refresh"]["max_wait"] = json!(60);
    let filter = WasmFilter::new(&module, configuration.clone()).failure_policy(failure_policy);
    let setting = Setting::sound(configuration, &idp).await?.filter(filter);
    let scene = Scene::start(row, idp, setting).await?;
    let address = scene.envoy.address("api").await?;
    let large = Request::get("/").bearer(&scene.token).header("x-large", "x".repeat(50_000));
    let held: Vec<_> = (0..REQUESTS)
        .map(|_| {
            let large = large.clone();
            // What becomes of them is not the row's: a VM that ends answers nobody.
            tokio::spawn(async move { large.send(address).await.is_ok() })
        })
        .collect();
    scene.envoy.wait_for_log("memory allocation of ").await?;
    held.iter().for_each(tokio::task::JoinHandle::abort);
    scene.idp.clear_faults();
    // Nobody is left to say that they are not held any more.
    assert!(scene.envoy.stat("wasmcustom.validate_jwt.held_requests").await? > 0);
    Ok(scene)
}

pub(super) async fn closed(row: Row) -> Result<(), Error> {
    let scene = ended(row, "FAIL_CLOSED").await?;
    scene.shows_the_row().await?;
    let mended = Setting::sound(policy(&json!({})), &scene.idp).await?;
    scene.mended_by(mended).await
}

pub(super) async fn reloaded(row: Row) -> Result<(), Error> {
    let scene = ended(row, "FAIL_RELOAD").await?;
    scene.shows_the_row().await?;
    scene.is_mended().await
}

/// How much the memory may grow: enough for a configuration, keys and a few requests.
const PAGES: u64 = 64;

/// Enough requests to fill that several times over.
const REQUESTS: usize = 200;
