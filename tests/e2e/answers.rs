//! What callers and the API see.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, IdentityProvider, Names, paths};
use validate_jwt_testbed::token::{RsaFixture, SigningKey, tamper};

use crate::lab::{AUDIENCE, Lab, REASON, entra, summary};

#[tokio::test]
async fn the_policy_of_the_how_to_protects_an_api() -> Result<(), Error> {
    let message = "Unauthorized. Access token is missing or invalid.";
    // The policy as pasted, but for the cluster: Envoy decides how that is reached.
    let names = Names { endpoints: "https://{host}".to_owned(), ..Names::default() };
    let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names)?;
    let policy = format!(
        r#"<validate-jwt header-name="Authorization" failed-validation-httpcode="401"
                         failed-validation-error-message="{message}">
             <openid-config cluster="idp"
                 url="https://login.microsoftonline.com/{CONTOSO}/v2.0/.well-known/openid-configuration" />
             <required-claims><claim name="aud"><value>{AUDIENCE}</value></claim></required-claims>
           </validate-jwt>"#
    );
    let lab = Lab::around(idp, 1, Value::String(policy)).await?;
    let other = lab.idp.token_v2(CONTOSO, "another").sign(&lab.idp.signing_key());
    for request in [Request::get("/"), Request::get("/").bearer("garbage"), Request::get("/").bearer(&other)]
    {
        let answer = lab.send(&request).await?;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.text(), format!(r#"{{"statusCode":401,"message":"{message}"}}"#));
    }
    assert_eq!(lab.api.count(), 0);
    assert_eq!(lab.send(&Request::get("/a?b=c").bearer(&lab.token())).await?.status, 200);
    assert_eq!(lab.api.last().map(|seen| seen.path), Some("/a?b=c".to_owned()));
    Ok(())
}

#[tokio::test]
async fn every_refusal_has_its_reason_and_one_challenge() -> Result<(), Error> {
    let lab = Lab::start(|idp| entra(idp, &json!({}))).await?;
    let key = lab.idp.signing_key();
    let recipe = lab.idp.token_v2(CONTOSO, AUDIENCE);
    let good = recipe.sign(&key);
    let stranger = SigningKey::rsa(RsaFixture::Stranger);
    for (token, reason, description) in [
        (recipe.clone().expires_in(-10).sign(&key), "token_expired", "The token is expired."),
        (recipe.clone().not_before_in(60).sign(&key), "token_not_yet_valid", "The token is not valid yet."),
        (
            recipe.clone().without_claim("exp").sign(&key),
            "expiration_missing",
            "The token has no expiration.",
        ),
        (recipe.clone().audience("x").sign(&key), "audience_not_allowed", "The audience is invalid."),
        (lab.idp.token_v2(FABRIKAM, AUDIENCE).sign(&key), "issuer_not_allowed", "The issuer is invalid."),
        (recipe.sign(&stranger), "signature_key_not_found", "The signature key was not found."),
        (tamper::flip_signature_bit(&good, 100), "signature_invalid", "The signature is invalid."),
        (recipe.unsigned(), "algorithm_not_allowed", "The signature algorithm is not allowed."),
        (
            recipe.clone().header("typ", "dpop+jwt").sign(&key),
            "token_type_not_allowed",
            "The token type is not allowed.",
        ),
        ("garbage".to_owned(), "token_malformed", "The token is malformed."),
    ] {
        let answer = lab.send(&Request::get("/").bearer(&token)).await?;
        assert_eq!(summary(&answer), (401, reason.to_owned()));
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{description}\"");
        assert_eq!(answer.headers_named("www-authenticate"), [challenge]);
        assert_eq!(answer.headers_named("cache-control"), ["no-store"]);
        assert_eq!(answer.headers_named("content-type"), ["application/json"]);
        assert_eq!(answer.json()?, json!({"statusCode": 401, "message": description}));
        let counter = format!("wasmcustom.validate_jwt.validate_jwt.rejected.{reason}");
        assert_eq!(lab.envoy.stat(&counter).await?, 1, "{counter}");
    }
    let bare = lab.send(&Request::get("/")).await?;
    assert_eq!(bare.headers_named("www-authenticate"), ["Bearer"]);
    assert_eq!(bare.json()?, json!({"statusCode": 401, "message": "JWT not present."}));
    assert_eq!(lab.api.count(), 0);
    lab.assert_alive().await
}

#[tokio::test]
async fn head_gets_no_body_and_http2_and_grpc_get_their_own_forms() -> Result<(), Error> {
    let lab = Lab::start(|idp| entra(idp, &json!({}))).await?;
    lab.assert_alive().await?;
    let head = lab.send(&Request::new("HEAD", "/")).await?;
    assert_eq!((head.status, head.body.len()), (401, 0));
    let mut http2 = Http2Connection::open(lab.address).await?;
    assert_eq!(http2.send(&Request::get("/")).await?.status, 401);
    assert_eq!(http2.send(&Request::get("/").bearer(&lab.token())).await?.status, 200);
    let call = Request::post("/echo.Echo/Say", Vec::new()).header("content-type", "application/grpc");
    let answer = http2.send(&call.bearer("garbage")).await?;
    assert_eq!(answer.header("grpc-status"), Some("16"));
    Ok(())
}

#[tokio::test]
async fn a_key_without_alg_serves_every_rsa_algorithm_and_a_rotated_key_is_fetched_once() -> Result<(), Error>
{
    let lab = Lab::start(|idp| entra(idp, &json!({}))).await?;
    let recipe = lab.idp.token_v2(CONTOSO, AUDIENCE);
    for algorithm in validate_jwt_testbed::token::Algorithm::ALL.into_iter().take(6) {
        let token = recipe.clone().algorithm(algorithm).sign(&lab.idp.signing_key());
        assert_eq!(lab.verdict(&token).await?, (200, String::new()), "{algorithm}");
    }
    let rotated = lab.idp.rotate_now();
    assert_eq!(lab.verdict(&recipe.sign(&rotated)).await?, (200, String::new()));
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 2);
    // The refetch of this interval is spent: an invented key costs the provider nothing more.
    let stranger = SigningKey::rsa(RsaFixture::Stranger);
    for _ in 0..20 {
        assert_eq!(lab.verdict(&recipe.sign(&stranger)).await?, (401, "signature_key_not_found".to_owned()));
    }
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 2);
    lab.assert_alive().await
}

#[tokio::test]
async fn a_query_string_is_kept_on_both_fetches() -> Result<(), Error> {
    let lab = Lab::start(|idp| {
        let url = format!("{}?appid=abc", idp.url(&paths::discovery_v2(CONTOSO)));
        entra(idp, &json!({"openid_config": [{"url": url, "cluster": "idp", "allow_http": true}]}))
    })
    .await?;
    lab.assert_alive().await?;
    let received = lab.idp.received();
    assert_eq!(received.len(), 2);
    assert!(
        received.iter().all(|request| format!("{:?}", request.query).contains("appid=abc")),
        "{received:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_multi_tenant_document_admits_every_tenant_whose_issuer_fits() -> Result<(), Error> {
    let lab = Lab::start(|idp| {
        let url = idp.url(&paths::discovery_v2("organizations"));
        entra(idp, &json!({"openid_config": [{"url": url, "cluster": "idp", "allow_http": true}]}))
    })
    .await?;
    let key = lab.idp.signing_key();
    for tenant in [CONTOSO, FABRIKAM] {
        assert_eq!(lab.verdict(&lab.idp.token_v2(tenant, AUDIENCE).sign(&key)).await?, (200, String::new()));
    }
    let refused = (401, "issuer_not_allowed".to_owned());
    let mixed = lab.idp.token_v2(CONTOSO, AUDIENCE).claim("tid", FABRIKAM).sign(&key);
    assert_eq!(lab.verdict(&mixed).await?, refused);
    let template =
        lab.idp.token_v2(CONTOSO, AUDIENCE).issuer("https://login.microsoftonline.com/{tenantid}/v2.0");
    assert_eq!(lab.verdict(&template.sign(&key)).await?, refused);
    Ok(())
}

#[tokio::test]
async fn the_answer_can_be_configured() -> Result<(), Error> {
    let lab = Lab::start(|idp| {
        entra(
            idp,
            &json!({
                "failed_validation_httpcode": 418,
                "failed_validation_error_message": "No tea.",
                "failure": {"body": "problem", "realm": "api", "reason_header": REASON,
                            "resource_metadata": "https://api.example/.well-known/oauth-protected-resource"},
            }),
        )
    })
    .await?;
    let answer = lab.send(&Request::get("/").bearer("garbage")).await?;
    assert_eq!(summary(&answer), (418, "token_malformed".to_owned()));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let body = answer.json()?;
    assert_eq!((&body["status"], &body["detail"]), (&json!(418), &json!("No tea.")));
    assert_eq!(
        answer.header("www-authenticate"),
        Some(
            "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"The token is malformed.\", \
             resource_metadata=\"https://api.example/.well-known/oauth-protected-resource\""
        )
    );
    Ok(())
}
