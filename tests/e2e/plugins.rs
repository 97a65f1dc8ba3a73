//! Several plugins in one VM: same module and `vm_id`, configurations of their own. And who else may be in it.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::Listener;
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};

use crate::lab::{Lab, entra, filter, with};

/// Two filters in a row, both of which a request has to pass, with their `key_refresh`.
async fn two(first: &Value, second: &Value) -> Result<Lab, Error> {
    let idp = IdentityProvider::start()?;
    let mut listener = Listener::new("main");
    for (name, realm, times) in [("one", "first", first), ("two", "second", second)] {
        let failure = json!({"failure": {"reason_header": crate::lab::REASON, "realm": realm}});
        let configuration = with(entra(&idp, &failure), &json!({"key_refresh": times}));
        listener = listener.filter(filter(configuration).await?.name(name));
    }
    Lab::with_listener(idp, 2, listener).await
}

#[tokio::test]
async fn plugins_of_one_vm_fetch_the_keys_of_one_provider_once() -> Result<(), Error> {
    let lab = two(&json!({}), &json!({})).await?;
    lab.assert_alive().await?;
    assert_eq!(lab.idp.requests(&paths::discovery_v2(CONTOSO)), 1);
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 1);
    // What one of them learns of a rotation, the other one knows too.
    lab.idp.rotate_now();
    lab.assert_alive().await?;
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 2);
    Ok(())
}

/// The keys of the first are refreshed once an hour; those of the second are too old after a second.
#[tokio::test]
async fn a_plugin_that_refreshes_rarely_decides_for_no_other_in_its_vm() -> Result<(), Error> {
    let lab = two(&json!({}), &json!({"max_stale": 1})).await?;
    lab.assert_alive().await?;
    let keys = paths::keys_v2(CONTOSO);
    lab.idp.wait_for_requests(&keys, 5).await?;
    lab.assert_alive().await
}

#[tokio::test]
async fn an_empty_vm_id_is_warned_of_once_at_load() -> Result<(), Error> {
    const WARNING: &str = "vm_id is empty: every other plugin";
    for (vm_id, expected) in [("", 1), ("validate_jwt", 0)] {
        let idp = IdentityProvider::start()?;
        let listener = Listener::new("main").filter(filter(entra(&idp, &json!({}))).await?.vm_id(vm_id));
        let lab = Lab::with_listener(idp, 4, listener).await?;
        if expected > 0 {
            // No request was sent yet.
            lab.envoy.wait_for_log(WARNING).await?;
        }
        lab.assert_alive().await?;
        assert_eq!(lab.envoy.log().matches(WARNING).count(), expected, "vm_id {vm_id:?}");
    }
    Ok(())
}
