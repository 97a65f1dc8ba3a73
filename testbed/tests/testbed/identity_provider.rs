//! The documents look like Entra ID's, and keys rotate.

use std::net::SocketAddr;

use serde_json::Value;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, Names, PERSONAL_ACCOUNTS, paths};

#[tokio::test]
async fn discovery_documents_name_issuer_and_keys() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let base = format!("http://{}", idp.address());
    let cases = [
        (
            paths::discovery_v2(CONTOSO),
            format!("https://login.microsoftonline.com/{CONTOSO}/v2.0"),
            paths::keys_v2(CONTOSO),
        ),
        (
            paths::discovery_v1(CONTOSO),
            format!("https://sts.windows.net/{CONTOSO}/"),
            paths::keys_v1(CONTOSO),
        ),
        (
            paths::discovery_v2("contoso.onmicrosoft.com"),
            format!("https://login.microsoftonline.com/{CONTOSO}/v2.0"),
            paths::keys_v2("contoso.onmicrosoft.com"),
        ),
        (
            paths::discovery_v2("organizations"),
            "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(),
            paths::keys_v2("organizations"),
        ),
        (
            paths::discovery_v1("common"),
            "https://sts.windows.net/{tenantid}/".to_owned(),
            paths::keys_v1("common"),
        ),
        (
            paths::discovery_b2c("B2C_1_signin"),
            format!("https://contoso.b2clogin.com/{CONTOSO}/v2.0/"),
            paths::keys_b2c("B2C_1_signin"),
        ),
        (
            paths::discovery_ciam(CONTOSO),
            format!("https://{CONTOSO}.ciamlogin.com/{CONTOSO}/v2.0"),
            paths::keys_ciam(CONTOSO),
        ),
        (
            paths::DISCOVERY_PLAIN.to_owned(),
            "https://accounts.example".to_owned(),
            paths::KEYS_PLAIN.to_owned(),
        ),
    ];
    for (path, issuer, keys) in cases {
        let document = document(&idp, &path).await?;
        assert_eq!(document["issuer"], issuer, "{path}");
        assert_eq!(document["jwks_uri"], format!("{base}{keys}"), "{path}");
        assert!(!document_keys(&idp, &keys).await?.is_empty(), "{keys}");
        let with_query = self::document(&idp, &format!("{path}?appid=1234")).await?;
        assert_eq!(with_query["jwks_uri"], format!("{base}{keys}?appid=1234"), "{path}");
    }
    assert_eq!(Request::get("/nobody/v2.0/x").send(idp.address()).await?.status, 404);
    let misspelt = Request::get("/contosso.example/v2.0/.well-known/openid-configuration");
    let answer = misspelt.send(idp.address()).await?;
    let told = answer.json()?["error_description"].to_string();
    assert!(
        answer.status == 400 && told.contains("AADSTS90002: Tenant 'contosso.example' not found"),
        "{told}"
    );
    Ok(())
}

#[tokio::test]
async fn a_national_cloud_and_external_id_have_documents_of_their_own() -> Result<(), Error> {
    let any = || SocketAddr::from(([127, 0, 0, 1], 0));
    for (authority, service, instance) in [
        ("login.microsoftonline.com", "sts.windows.net", "microsoftonline.com"),
        ("login.microsoftonline.us", "sts.windows.net", "microsoftonline.us"),
        ("login.partner.microsoftonline.cn", "sts.chinacloudapi.cn", "partner.microsoftonline.cn"),
    ] {
        let idp = IdentityProvider::start_on(any(), Names::of_cloud(authority, service))?;
        let asked = |path: &str| Request::get(path).header("host", authority);
        let v2 = asked(&paths::discovery_v2(CONTOSO)).send(idp.address()).await?.json()?;
        assert_eq!(v2["issuer"], format!("https://{authority}/{CONTOSO}/v2.0"));
        assert_eq!(v2["jwks_uri"], format!("https://{authority}{}", paths::keys_v2(CONTOSO)));
        assert_eq!(v2["cloud_instance_name"], instance);
        let v1 = asked(&paths::discovery_v1(CONTOSO)).send(idp.address()).await?.json()?;
        assert_eq!(v1["issuer"], format!("https://{service}/{CONTOSO}/"));
    }
    // External ID is asked by the tenant's name, and its issuer names the tenant's id.
    let idp = IdentityProvider::start_on(
        any(),
        Names { endpoints: "https://{host}".to_owned(), ..Names::default() },
    )?;
    let request = Request::get(&paths::discovery_v2(CONTOSO)).header("host", "contoso.ciamlogin.com");
    let document = request.send(idp.address()).await?.json()?;
    assert_eq!(document["issuer"], format!("https://{CONTOSO}.ciamlogin.com/{CONTOSO}/v2.0"));
    assert_eq!(document["jwks_uri"], format!("https://contoso.ciamlogin.com{}", paths::keys_v2(CONTOSO)));
    Ok(())
}

#[tokio::test]
async fn addresses_name_the_host_that_was_asked() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let request = Request::get(&paths::discovery_v2(CONTOSO)).header("host", "idp:8081");
    let document = request.send(idp.address()).await?.json()?;
    assert_eq!(document["jwks_uri"], format!("http://idp:8081{}", paths::keys_v2(CONTOSO)));
    Ok(())
}

#[tokio::test]
async fn keys_have_the_members_that_entra_id_gives_them() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let members = |key: &Value| key.as_object().map(|key| key.keys().cloned().collect::<Vec<_>>());
    let v2 = document_keys(&idp, &paths::keys_v2(CONTOSO)).await?;
    let expected = ["e", "issuer", "kid", "kty", "n", "use", "x5c", "x5t"];
    assert_eq!(members(&v2[0]), Some(expected.map(str::to_owned).to_vec()));
    assert_eq!(v2[0]["issuer"], format!("https://login.microsoftonline.com/{CONTOSO}/v2.0"));
    let v1 = document_keys(&idp, &paths::keys_v1(CONTOSO)).await?;
    assert!(v1[0].get("issuer").is_none());
    let common = document_keys(&idp, &paths::keys_v2("common")).await?;
    assert_eq!(common[0]["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
    assert_eq!(common[1]["issuer"], format!("https://login.microsoftonline.com/{PERSONAL_ACCOUNTS}/v2.0"));
    Ok(())
}

#[tokio::test]
async fn keys_rotate() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let first = idp.signing_key();
    let second = idp.rotate_announced();
    assert_eq!(idp.published_key_ids(), [first.key_id(), second.key_id()]);
    assert_eq!(idp.signing_key().key_id(), first.key_id());
    idp.promote();
    assert_eq!(idp.signing_key().key_id(), second.key_id());
    idp.remove_key(first.key_id());
    assert_eq!(idp.published_key_ids(), [second.key_id()]);
    let mut seen = vec![first.key_id().to_owned(), second.key_id().to_owned()];
    for _ in 0..10 {
        let next = idp.rotate_now();
        assert_eq!(idp.published_key_ids(), [next.key_id()]);
        assert!(!seen.iter().any(|key_id| key_id == next.key_id()), "{} came twice", next.key_id());
        seen.push(next.key_id().to_owned());
    }
    Ok(())
}

async fn document(idp: &IdentityProvider, path: &str) -> Result<Value, Error> {
    Request::get(path).send(idp.address()).await?.json()
}

async fn document_keys(idp: &IdentityProvider, path: &str) -> Result<Vec<Value>, Error> {
    Ok(document(idp, path).await?["keys"].as_array().cloned().unwrap_or_default())
}
