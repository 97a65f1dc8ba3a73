//! Providers that are right in their own way, and what the log says of those that are not.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};

use crate::lab::{Lab, entra, with};

#[tokio::test]
async fn a_key_endpoint_that_only_produces_key_sets_serves() -> Result<(), Error> {
    for (discovery, keys) in [
        ("application/json", "application/jwk-set+json"),
        ("application/jwk-set+json", "application/json"),
        ("*/*", "*/*"),
    ] {
        let idp = IdentityProvider::start()?;
        idp.set_fault(&paths::discovery_v2(CONTOSO), Fault::Only(discovery.to_owned()));
        idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Only(keys.to_owned()));
        let configuration = entra(&idp, &json!({}));
        let lab = Lab::around(idp, 1, configuration).await?;
        assert_eq!(lab.verdict(&lab.token()).await?, (200, String::new()), "{discovery}, {keys}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_set_with_a_byte_order_mark_and_a_certificate_alone_serves() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let key = idp.signing_key();
    let mut jwk = key.entra_jwk();
    for name in ["n", "e", "alg"] {
        jwk[name] = json!(null);
    }
    let text = format!("\u{feff}\r\n{}", json!({"keys": [jwk]}));
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Text(text.replacen('{', "{\"v\":1,\"v\":2,", 1)));
    let configuration = entra(&idp, &json!({}));
    let lab = Lab::around(idp, 1, configuration).await?;
    assert_eq!(lab.verdict(&lab.token()).await?, (200, String::new()));
    lab.assert_alive().await
}

#[tokio::test]
async fn no_text_of_a_provider_makes_a_line_of_the_proxys_log_longer_than_2_kb() -> Result<(), Error> {
    let long = "k".repeat(200_000);
    let document = |issuer: &str, uri: &str| json!({"issuer": issuer, "jwks_uri": uri}).to_string();
    let (discovery, keys) = (paths::discovery_v2(CONTOSO), paths::keys_v2(CONTOSO));
    let times = json!({"key_refresh": {"retry_initial": 0.1, "retry_max": 0.1, "max_wait": 0.5}});
    for (place, answer, expected) in [
        (
            &discovery,
            document("https://idp.example", &format!("http://a.example/{long}")),
            "fetching http://a.example/kkk",
        ),
        (
            &discovery,
            document("https://idp.example", &long),
            "has no usable jwks_uri: expected a URL, found \"kkk",
        ),
        (&discovery, long.clone(), "is unusable: expected a JSON object, found \"kkk"),
        (&keys, json!({"keys": [{"kid": long, "kty": "AKP"}]}).to_string(), "has no usable key: key \"kkk"),
        (
            &keys,
            json!({"keys": [{"kid": "a\nb", "kty": "oct"}]}).to_string(),
            "has no usable key: key \"a\\nb\" (oct)",
        ),
    ] {
        let idp = IdentityProvider::start()?;
        idp.set_fault(place, Fault::Text(answer));
        let configuration = with(entra(&idp, &json!({})), &times);
        let lab = Lab::around(idp, 1, configuration).await?;
        lab.envoy.wait_for_log(expected).await?;
        assert_eq!(lab.verdict(&lab.token()).await?, (503, "keys_unavailable".to_owned()), "{expected}");
        let text = lab.envoy.log();
        let ours = text.lines().filter(|line| line.contains("keys of provider"));
        let longest = ours.map(str::len).max().unwrap_or_default();
        assert!(longest <= 2_048, "{expected}: a line of {longest} bytes");
    }
    Ok(())
}
