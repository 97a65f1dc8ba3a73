//! Every recipe of `docs/recipes.md`, in Envoy as it is printed there.

mod kitchen;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, Fault, IdentityProvider};
use validate_jwt_testbed::token::SUBJECT;

use crate::lab::{AUDIENCE, filter};
use kitchen::{Kitchen, add, page, policy, recipe};

const METADATA: &str = "## Claims as dynamic metadata";
const RBAC: &str = "## RBAC by a claim";
const LIMITS: &str = "## Rate limits by a claim";
const ROUTES: &str = "## Routes by a claim";
const LOG: &str = "## Fields of the access log";
const EXT_AUTHZ: &str = "## `ext_authz` behind it";

#[test]
fn every_recipe_of_the_page_is_run_here() {
    let page = page();
    let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings, [METADATA, RBAC, LIMITS, ROUTES, LOG, EXT_AUTHZ]);
}

#[tokio::test]
async fn a_role_in_dynamic_metadata_lets_rbac_decide() -> Result<(), Error> {
    let kitchen = Kitchen::of(&[METADATA, RBAC]).await?;
    for (roles, method, status) in [
        (json!([]), "GET", 200),
        (json!([]), "POST", 403),
        (json!(["orders.process"]), "POST", 200),
        (json!(["orders.read", "orders.process", "orders.list"]), "POST", 200),
        (json!(["orders.process.none", "no.orders.process"]), "POST", 403),
        (json!(["a,orders.process"]), "POST", 403),
        (json!("orders.process"), "POST", 200),
    ] {
        let token = kitchen.token(|recipe| recipe.claim("roles", roles.clone()));
        let request = if method == "GET" { Request::get("/") } else { Request::post("/", "") };
        // The client's own word counts for nothing.
        let request = request.header("x-roles", "orders.process").bearer(&token);
        let answer = request.send(kitchen.address).await?;
        assert_eq!(answer.status, status, "{method} {roles}");
        let by_rbac = answer.header("x-response-code-details").is_some_and(|text| text.starts_with("rbac_"));
        assert_eq!(by_rbac, status == 403, "{method} {roles}");
    }
    assert_eq!(Request::post("/", "").send(kitchen.address).await?.status, 401);
    Ok(())
}

/// What the page says of the order is so.
#[tokio::test]
async fn in_front_of_the_filter_rbac_believes_what_the_client_wrote() -> Result<(), Error> {
    let mut manager = json!({});
    for heading in [METADATA, RBAC] {
        add(&mut manager, &recipe(heading));
    }
    let idp = IdentityProvider::start()?;
    let filter = Value::from(filter(policy(&idp)).await?);
    manager["http_filters"].as_array_mut().expect("filters").push(filter);
    let kitchen = Kitchen::with(idp, manager, |_| {}).await?;
    let token = kitchen.token(|recipe| recipe.without_claim("roles"));
    let request = Request::post("/", "").bearer(&token);
    assert_eq!(request.send(kitchen.address).await?.status, 403);
    assert_eq!(request.header("x-roles", "orders.process").send(kitchen.address).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn each_client_has_a_limit_of_its_own() -> Result<(), Error> {
    let kitchen = Kitchen::adapted(&[METADATA, LIMITS], |manager| {
        let descriptor = &mut manager["http_filters"][2]["typed_config"]["descriptors"][0];
        assert_eq!(descriptor["token_bucket"]["max_tokens"], 100);
        // However slow the machine is, no bucket is filled again.
        descriptor["token_bucket"]["fill_interval"] = json!("36000s");
    })
    .await?;
    let client = |name: &str| kitchen.token(|recipe| recipe.claim("azp", name));
    let (first, second) =
        (Request::get("/").bearer(&client("first")), Request::get("/").bearer(&client("second")));
    for at in 0..100 {
        // A refused request, whatever it claims, takes nothing from the limit.
        let stranger = Request::get("/").header("x-client-id", "first");
        assert_eq!(stranger.send(kitchen.address).await?.status, 401, "{at}");
        assert_eq!(first.send(kitchen.address).await?.status, 200, "{at}");
    }
    assert_eq!(first.send(kitchen.address).await?.status, 429);
    assert_eq!(first.clone().header("x-client-id", "second").send(kitchen.address).await?.status, 429);
    assert_eq!(second.send(kitchen.address).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_tenants_tokens_lead_to_the_tenants_cluster() -> Result<(), Error> {
    let kitchen = Kitchen::of(&[ROUTES]).await?;
    let of = |tenant: &str| kitchen.token(|recipe| recipe.claim("tid", tenant));
    for (token, forged, expected) in [
        (of(CONTOSO), None, (200, "contoso")),
        (of(CONTOSO), Some(FABRIKAM), (200, "contoso")),
        (of(FABRIKAM), None, (200, "api")),
        (of(FABRIKAM), Some(CONTOSO), (200, "api")),
    ] {
        let request = Request::get("/").bearer(&token);
        let request = forged.iter().fold(request, |request, tenant| request.header("x-tenant-id", *tenant));
        let before = (kitchen.api.count(), kitchen.other.count());
        assert_eq!(request.send(kitchen.address).await?.status, expected.0, "{forged:?}");
        let after = (kitchen.api.count(), kitchen.other.count());
        let went = if after.0 > before.0 { "api" } else { "contoso" };
        assert_eq!((went, after.0 + after.1), (expected.1, before.0 + before.1 + 1), "{forged:?}");
    }
    let forged = Request::get("/").header("x-tenant-id", CONTOSO);
    assert_eq!(forged.send(kitchen.address).await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn the_access_log_tells_verdict_and_caller() -> Result<(), Error> {
    let kitchen = Kitchen::of(&[METADATA, LOG]).await?;
    let good = kitchen.token(|recipe| recipe.claim("azp", "mobile"));
    let expired = kitchen.token(|recipe| recipe.expires_in(-60));
    for (path, token) in [("/good?access_token=x", &good), ("/expired", &expired)] {
        Request::get(path).header("x-user-id", "forged").bearer(token).send(kitchen.address).await?;
    }
    for (path, expected) in [
        (
            "/good",
            json!({"status": 200, "details": "via_upstream", "outcome": "allowed", "reason": null, "user": SUBJECT, "client": "mobile"}),
        ),
        (
            "/expired",
            json!({"status": 401, "details": "token_expired", "outcome": "rejected", "reason": "token_expired", "user": null, "client": null}),
        ),
    ] {
        kitchen.envoy.wait_for_log(&format!("\"path\":\"{path}\"")).await?;
        let log = kitchen.envoy.log();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let line = lines.rfind(|line| line["path"] == path).expect("a whole line");
        for (field, value) in expected.as_object().expect("fields") {
            assert_eq!(&line[field], value, "{path} {field}: {line}");
        }
        let claims = line["claims"].as_str().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        assert_eq!(claims.map(|claims| claims["aud"].clone()), (path == "/good").then(|| json!(AUDIENCE)));
    }
    Ok(())
}

#[tokio::test]
async fn ext_authz_sees_verified_callers_only_and_has_the_last_word() -> Result<(), Error> {
    let kitchen = Kitchen::adapted(&[EXT_AUTHZ], |manager| {
        // However slow the machine is, an answer comes in time.
        manager["http_filters"][1]["typed_config"]["http_service"]["server_uri"]["timeout"] = json!("60s");
    })
    .await?;
    let token = kitchen.token(|recipe| recipe.claim("azp", "mobile"));
    let stranger = Request::get("/orders").header("x-user-id", "root");
    assert_eq!(stranger.send(kitchen.address).await?.status, 401);
    assert_eq!((kitchen.authz.requests("/check/orders"), kitchen.api.count()), (0, 0));

    let answers = [
        (Fault::Status(200), 200),
        (Fault::Status(403), 403),
        (Fault::Status(402), 402),
        (Fault::Reset, 403),
    ];
    for (at, (fault, status)) in answers.into_iter().enumerate() {
        kitchen.authz.set_fault("/check/orders", fault);
        let request = stranger.clone().bearer(&token);
        assert_eq!(request.send(kitchen.address).await?.status, status);
        assert!(kitchen.authz.requests("/check/orders") > at, "it was asked");
        assert_eq!(kitchen.api.count(), 1, "only what it let pass came to the API");
    }
    // Another service, that tells what it is sent.
    let told = Kitchen::adapted(&[EXT_AUTHZ], |manager| {
        let uri = &mut manager["http_filters"][1]["typed_config"]["http_service"]["server_uri"];
        uri["timeout"] = json!("60s");
        uri["cluster"] = json!("contoso");
    })
    .await?;
    let token = told.token(|recipe| recipe.claim("azp", "mobile"));
    assert_eq!(stranger.clone().bearer(&token).send(told.address).await?.status, 200);
    let seen = told.other.last().expect("it was asked");
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/check/orders"));
    for (header, value) in [("x-client-id", "mobile"), ("x-user-id", SUBJECT), ("x-roles", "orders.process")]
    {
        assert_eq!(seen.header_values(header), [value]);
    }
    assert_eq!(seen.header_values("x-tenant-id"), [""; 0], "what is not listed is not sent");
    assert_eq!(seen.header_values("authorization"), [format!("Bearer {token}")]);
    Ok(())
}
