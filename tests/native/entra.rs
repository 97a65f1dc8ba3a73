//! Entra ID: tenants, versions, issuers of keys, clients.

use serde_json::{Value, json};
use validate_jwt::gate::Diagnosis;
use validate_jwt::token::base64url;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe, dpop};

use crate::bench::{AUDIENCE, Bench, OTHER_TENANT, TENANT, bearer, request};

const V2_TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const V1_TEMPLATE: &str = "https://sts.windows.net/{tenantid}/";

fn key() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

fn v2(tenant: &str) -> TokenRecipe {
    TokenRecipe::entra_v2(tenant, AUDIENCE)
}

fn v1(tenant: &str) -> TokenRecipe {
    TokenRecipe::entra_v1(tenant, AUDIENCE)
}

/// `validate_azure_ad_token` with both documents at hand, their issuers as templates or of one tenant.
fn azure(more: &Value, tenant: Option<&str>) -> Bench {
    let mut policy = json!({"tenant_id": tenant.unwrap_or("organizations"), "audiences": [AUDIENCE]});
    for (name, value) in more.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    let mut bench = Bench::new(&json!({"validate_azure_ad_token": policy}));
    let of =
        |template: &str| tenant.map_or(template.to_owned(), |tenant| template.replace("{tenantid}", tenant));
    let keyed = |issuer: &str| {
        let mut jwk = key().entra_jwk();
        jwk["issuer"] = json!(issuer);
        jwk
    };
    bench.provide(0, &of(V2_TEMPLATE), &[keyed(V2_TEMPLATE)]);
    bench.provide(1, &of(V1_TEMPLATE), &[key().entra_jwk()]);
    bench
}

#[test]
fn tokens_of_both_versions_work_from_a_tenant_alone() {
    let bench = azure(&json!({}), Some(TENANT));
    assert_eq!(bench.on(&v2(TENANT).sign(&key())), "allowed");
    assert_eq!(bench.on(&v1(TENANT).sign(&key())), "allowed");
    for recipe in [v2(OTHER_TENANT), v1(OTHER_TENANT)] {
        assert_eq!(bench.on(&recipe.sign(&key())), "issuer_not_allowed");
    }
}

#[test]
fn tenants_of_a_multi_tenant_document() {
    const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let any = azure(&json!({"tenant_id": "common"}), None);
    let organizations = azure(&json!({}), None);
    let listed = azure(&json!({"allowed_tenants": [TENANT.to_uppercase()]}), None);
    for (tenant, expected) in [
        (TENANT, ["allowed", "allowed", "allowed"]),
        (OTHER_TENANT, ["allowed", "allowed", "issuer_not_allowed"]),
        (PERSONAL, ["allowed", "issuer_not_allowed", "issuer_not_allowed"]),
    ] {
        let found = [&any, &organizations, &listed].map(|bench| bench.on(&v2(tenant).sign(&key())));
        assert_eq!(found, expected, "{tenant}");
    }
    let refused = "issuer_not_allowed";
    for recipe in [
        v2(TENANT).claim("tid", OTHER_TENANT),
        v2(TENANT).without_claim("tid"),
        v2(TENANT).claim("TID", TENANT),
        v2(TENANT).issuer(V2_TEMPLATE),
        v2("common"),
        v2("not-a-guid"),
    ] {
        assert_eq!(any.on(&recipe.sign(&key())), refused, "{:?}", recipe.claims());
    }
}

#[test]
fn a_key_of_another_issuer_does_not_count() {
    let mut bench = azure(&json!({}), None);
    let mut jwk = key().entra_jwk();
    jwk["issuer"] = json!(format!("https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"));
    bench.provide(0, V2_TEMPLATE, &[jwk]);
    assert_eq!(bench.on(&v2(TENANT).sign(&key())), "issuer_not_allowed");
    assert_eq!(bench.on(&v2(OTHER_TENANT).sign(&key())), "allowed");
}

#[test]
fn a_listed_v1_issuer_may_use_the_keys_of_the_v2_document() {
    let mut bench = Bench::new(&json!({"validate_jwt": {
        "openid_config": [{"url": "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration"}],
        "issuers": [format!("https://sts.windows.net/{TENANT}/")],
        "audiences": [AUDIENCE],
    }}));
    let issuer = V2_TEMPLATE.replace("{tenantid}", TENANT);
    let mut jwk = key().entra_jwk();
    jwk["issuer"] = json!(issuer);
    bench.provide(0, &issuer, &[jwk]);
    assert_eq!(bench.on(&v1(TENANT).sign(&key())), "allowed");
    assert_eq!(bench.on(&v2(TENANT).sign(&key())), "allowed");
    assert_eq!(bench.on(&v1(OTHER_TENANT).sign(&key())), "issuer_not_allowed");
}

#[test]
fn an_inline_key_with_an_issuer_of_its_own_serves_that_issuer_alone() {
    let inline = |issuer: &str| {
        let mut jwk = key().entra_jwk();
        jwk["issuer"] = json!(issuer);
        Bench::new(&json!({"validate_jwt": {"issuer_signing_keys": [{"jwk": jwk}], "audiences": [AUDIENCE]}}))
    };
    let of = |tenant: &str| V2_TEMPLATE.replace("{tenantid}", tenant);
    for (issuer, tenant, expected) in [
        (V2_TEMPLATE.to_owned(), TENANT, "allowed"),
        (of(TENANT), TENANT, "allowed"),
        (of(OTHER_TENANT), TENANT, "issuer_not_allowed"),
        (V1_TEMPLATE.to_owned(), TENANT, "issuer_not_allowed"),
    ] {
        assert_eq!(inline(&issuer).on(&v2(tenant).sign(&key())), expected, "{issuer}");
    }
}

#[test]
fn two_providers_with_the_same_kid_keep_their_keys_apart() {
    let configuration =
        |host: &str| json!({"url": format!("https://{host}/.well-known/openid-configuration")});
    let mut bench = Bench::new(&json!({"validate_jwt": {
        "openid_config": [configuration("a.example"), configuration("b.example")], "audiences": [AUDIENCE],
    }}));
    let (first, second) = (SigningKey::p256().with_key_id("k"), SigningKey::p256().with_key_id("k"));
    bench.provide(0, "https://a.example", &[first.public_jwk()]);
    bench.provide(1, "https://b.example", &[second.public_jwk()]);
    let token = |issuer: &str, key: &SigningKey| TokenRecipe::plain(issuer, AUDIENCE).sign(key);
    assert_eq!(bench.on(&token("https://a.example", &first)), "allowed");
    assert_eq!(bench.on(&token("https://b.example", &second)), "allowed");
    for (issuer, key, owner) in [("https://a.example", &second, 0), ("https://b.example", &first, 1)] {
        let token = token(issuer, key);
        assert_eq!(
            bench.waits_for(&token),
            [owner],
            "a key may have been replaced, and it is the issuer's own"
        );
        assert_eq!(bench.settled(&token), "signature_invalid");
    }
}

#[test]
fn a_key_among_more_than_are_tried_is_not_found_and_its_signature_not_called_wrong() {
    let keys: Vec<_> = (0..10).map(|_| SigningKey::p256()).collect();
    let verdicts = |count: usize| {
        let mut bench = Bench::new(&json!({"validate_jwt": {
            "openid_config": [{"url": "https://a.example/.well-known/openid-configuration"}], "audiences": [AUDIENCE],
        }}));
        let jwks = keys.iter().take(count).map(|key| {
            let mut jwk = key.public_jwk();
            jwk.as_object_mut().and_then(|members| members.remove("kid"));
            jwk
        });
        bench.provide(0, "https://a.example", &jwks.collect::<Vec<_>>());
        let token = |key| TokenRecipe::plain("https://a.example", AUDIENCE).without_header("kid").sign(key);
        keys.iter().map(token).map(|token| bench.settled(&token)).collect::<Vec<_>>()
    };
    let few = verdicts(8);
    assert!(few[..8].iter().all(|verdict| verdict == "allowed"), "{few:?}");
    assert!(few[8..].iter().all(|verdict| verdict == "signature_invalid"), "{few:?}");
    let many = verdicts(10);
    let count = |expected: &str| many.iter().filter(|verdict| *verdict == expected).count();
    assert_eq!((count("allowed"), count("signature_key_not_found")), (8, 2), "{many:?}");
}

#[test]
fn clients_are_named_by_azp_or_appid() {
    let client = "11111111-2222-3333-4444-555555555555";
    let bench = azure(&json!({"client_application_ids": [client]}), Some(TENANT));
    let none = |recipe: TokenRecipe| recipe.without_claim("azp").without_claim("appid");
    for (recipe, expected) in [
        (none(v2(TENANT)).claim("azp", client.to_uppercase()), "allowed"),
        (none(v1(TENANT)).claim("appid", client), "allowed"),
        (none(v2(TENANT)).claim("azp", "x"), "client_not_allowed"),
        (none(v2(TENANT)).claim("azp", "x").claim("appid", client), "client_not_allowed"),
        (none(v2(TENANT)), "client_not_allowed"),
    ] {
        assert_eq!(bench.on(&recipe.sign(&key())), expected, "{:?}", recipe.claims());
    }
}

#[test]
fn backend_application_ids_match_bare_and_as_uri() {
    let bench = azure(
        &json!({"audiences": ["https://api.example"], "backend_application_ids": [AUDIENCE]}),
        Some(TENANT),
    );
    for (audience, expected) in [
        (AUDIENCE.to_owned(), "allowed"),
        (format!("api://{AUDIENCE}"), "allowed"),
        (format!("api://{AUDIENCE}/"), "allowed"),
        ("https://api.example".to_owned(), "allowed"),
        ("https://api.example/".to_owned(), "audience_not_allowed"),
        (format!("api://{AUDIENCE}/x"), "audience_not_allowed"),
    ] {
        assert_eq!(bench.on(&v2(TENANT).audience(&audience).sign(&key())), expected, "{audience}");
    }
}

#[test]
fn what_is_not_known_yet_is_waited_for_and_junk_is_not() {
    let policy = json!({"validate_azure_ad_token": {"tenant_id": TENANT, "audiences": [AUDIENCE]}});
    let bench = Bench::new(&policy);
    assert_eq!(bench.on(&v2(TENANT).sign(&key())), "await");
    for (token, expected) in [
        ("garbage".to_owned(), "token_malformed"),
        (v2(TENANT).unsigned(), "algorithm_not_allowed"),
        (v2(TENANT).without_claim("iss").sign(&key()), "issuer_not_allowed"),
        (v2(TENANT).expires_in(-1).sign(&key()), "token_expired"),
        (v2(TENANT).audience("x").sign(&key()), "audience_not_allowed"),
    ] {
        assert_eq!(bench.on(&token), expected);
    }
    let bench = azure(&json!({}), Some(TENANT));
    let unknown = key().with_key_id("unknown");
    assert_eq!(bench.on(&v2(TENANT).sign(&unknown)), "await", "a key that may be new");
    for junk in
        [v2(OTHER_TENANT), v2(TENANT).audience("x"), v2(TENANT).expires_in(-1), v2(TENANT).header("typ", "x")]
    {
        assert_ne!(bench.on(&junk.sign(&unknown)), "await", "{:?}", junk.claims());
    }
}

#[test]
fn a_tenants_policy_takes_bound_tokens_and_has_its_metadata_served() {
    let client = SigningKey::p256();
    let more = json!({
        "proof_of_possession": {"dpop": "optional"},
        "resource": {"identifier": "https://api.example/orders"},
    });
    let mut bench = azure(&more, Some(TENANT));
    bench.certificate = Some([7; 32]);
    let under = |scheme: &str, token: &str| {
        bench.verdict(&request(&[("authorization", &format!("{scheme} {token}"))]))
    };
    let certificate = json!({"x5t#S256": base64url::encode([7; 32])});
    let with_certificate = v2(TENANT).claim("cnf", certificate).sign(&key());
    assert_eq!(under("MTLS_POP", &with_certificate), "allowed");
    assert_eq!(under("Bearer", &with_certificate), "allowed");
    assert_eq!(under("MTLS_POP", &v2(TENANT).sign(&key())), "confirmation_failed");
    assert_eq!(under("Other", &with_certificate), "token_not_present");
    let token = dpop::bound_to(v1(TENANT), &client).sign(&key());
    let proof = dpop::proof(&client, &token, "GET", "https://api.example/").sign(&client);
    let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof)];
    assert_eq!(bench.verdict(&request(&headers)), "allowed");
    assert_eq!(under("Bearer", &token), "confirmation_failed");
    let metadata = request(&[(":path", "/.well-known/oauth-protected-resource/orders")]);
    assert_eq!(bench.verdict(&metadata), "served");
}

#[test]
fn likely_causes_are_told_to_the_log() {
    let graph = "00000003-0000-0000-c000-000000000000";
    let bench = azure(&json!({"required_claims": [{"name": "groups", "values": ["g"]}]}), Some(TENANT));
    let v2_only = {
        let mut bench = Bench::new(&json!({"validate_jwt": {
            "openid_config": [{"url": "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration"}],
        }}));
        bench.provide(0, &V2_TEMPLATE.replace("{tenantid}", TENANT), &[key().entra_jwk()]);
        bench
    };
    let bare = |recipe: TokenRecipe| {
        ["scp", "scope", "roles"].iter().fold(recipe, |recipe, name| recipe.without_claim(name))
    };
    for (bench, recipe, expected) in [
        (&bench, v2(TENANT).audience(graph), Diagnosis::GraphToken),
        (&bench, v2(TENANT).header("nonce", "x"), Diagnosis::GraphToken),
        (&bench, bare(v2(TENANT)).audience("client").claim("nonce", "x"), Diagnosis::IdToken),
        (&v2_only, v1(TENANT), Diagnosis::VersionOneToken),
        (&bench, v2(TENANT).claim("_claim_names", json!({"groups": "src1"})), Diagnosis::GroupsOverage),
        (&bench, bare(v2(TENANT)).claim("idtyp", "app"), Diagnosis::AppWithoutRoles),
        (&bench, v2(TENANT).issuer("https://login.microsoftonline.us/x/v2.0"), Diagnosis::WrongCloud),
        (&bench, v2(TENANT).issuer("https://x.ciamlogin.com/x/v2.0"), Diagnosis::ExternalIdIssuer),
    ] {
        let rejection = bench.rejection(&bearer(&recipe.sign(&key())));
        assert_eq!(rejection.diagnosis, Some(expected), "{:?}", rejection.reason);
        assert!(!expected.advice().is_empty());
    }
}

#[test]
fn a_client_that_does_not_say_that_it_acts_on_claims_challenges_is_told_to_the_log() {
    let authentication = json!({"acr_values": ["c1"], "challenge": "entra"});
    let bench = azure(&json!({"authorize": {"authentication": authentication}}), Some(TENANT));
    let deaf = Some(Diagnosis::ClientWithoutChallenges);
    for (recipe, expected) in [
        (v2(TENANT), deaf),
        (v1(TENANT).claim("xms_cc", json!(["cp2"])), deaf),
        (v2(TENANT).claim("xms_cc", json!(["CP1"])), None),
        (v2(TENANT).claim("xms_cc", "cp1"), None),
    ] {
        let rejection = bench.rejection(&bearer(&recipe.sign(&key())));
        assert_eq!(rejection.reason.code(), "insufficient_user_authentication");
        assert_eq!(rejection.diagnosis, expected, "{:?}", recipe.claims().get("xms_cc"));
    }
}

#[test]
fn a_foreign_issuer_is_explained_by_what_is_configured() {
    const US: &str = "https://login.microsoftonline.us/{tenantid}/v2.0";
    const CHINA: &str = "https://login.partner.microsoftonline.cn/{tenantid}/v2.0";
    const CHINA_V1: &str = "https://sts.chinacloudapi.cn/{tenantid}/";
    const EXTERNAL: &str = "https://{tenantid}.ciamlogin.com/{tenantid}/v2.0";
    let (one, cloud) = (Some(Diagnosis::VersionOneToken), Some(Diagnosis::WrongCloud));
    let (two, external) = (Some(Diagnosis::VersionTwoToken), Some(Diagnosis::ExternalIdIssuer));
    let of = |template: &str, tenant: &str| template.replace("{tenantid}", tenant);
    for (configured, found, tenant, expected) in [
        (&[V2_TEMPLATE][..], V1_TEMPLATE, TENANT, one),
        (&[V1_TEMPLATE], V2_TEMPLATE, TENANT, two),
        (&[US], V1_TEMPLATE, TENANT, one),
        (&[CHINA], CHINA_V1, TENANT, one),
        // Another tenant is no matter of versions.
        (&[V2_TEMPLATE], V1_TEMPLATE, OTHER_TENANT, None),
        (&[V2_TEMPLATE, V1_TEMPLATE], V1_TEMPLATE, OTHER_TENANT, None),
        (&[V2_TEMPLATE, V1_TEMPLATE], V2_TEMPLATE, OTHER_TENANT, None),
        (&[US, V1_TEMPLATE], US, OTHER_TENANT, None),
        // The global cloud is a wrong one for the others.
        (&[US, V1_TEMPLATE], V2_TEMPLATE, TENANT, cloud),
        (&[CHINA, CHINA_V1], V2_TEMPLATE, TENANT, cloud),
        (&[CHINA, CHINA_V1], V1_TEMPLATE, TENANT, cloud),
        (&[V2_TEMPLATE, V1_TEMPLATE], CHINA_V1, TENANT, cloud),
        (&[EXTERNAL], EXTERNAL, OTHER_TENANT, None),
        (&[V2_TEMPLATE], EXTERNAL, OTHER_TENANT, external),
        (&["https://idp.example"], V2_TEMPLATE, TENANT, None),
    ] {
        let provider =
            |template: &&str| json!({"url": "https://idp.example/", "issuer": of(template, TENANT)});
        let providers: Vec<Value> = configured.iter().map(provider).collect();
        let mut bench = Bench::new(&json!({"validate_jwt": {"openid_config": providers}}));
        for (at, template) in configured.iter().enumerate() {
            bench.provide(at, &of(template, TENANT), &[key().entra_jwk()]);
        }
        let token = v2(tenant).issuer(&of(found, tenant)).sign(&key());
        let rejection = bench.rejection(&bearer(&token));
        assert_eq!(rejection.reason.code(), "issuer_not_allowed");
        assert_eq!(rejection.diagnosis, expected, "{configured:?} {found} {tenant}");
    }
    // A tenant that is not allowed is not told to add a document.
    let listed = azure(&json!({"allowed_tenants": [TENANT]}), None);
    assert_eq!(listed.rejection(&bearer(&v2(OTHER_TENANT).sign(&key()))).diagnosis, None);
}

#[test]
fn what_report_only_lets_pass_is_explained_as_well() {
    let bench = azure(&json!({"mode": "report_only"}), Some(TENANT));
    let admission = bench.admission(&bearer(&v2(TENANT).header("nonce", "x").audience("x").sign(&key())));
    let refusal = admission.refusal().expect("it would have been refused");
    assert_eq!(refusal.reason.code(), "audience_not_allowed");
    assert_eq!(refusal.diagnosis, Some(Diagnosis::GraphToken));
    assert!(bench.admission(&bearer(&v2(TENANT).sign(&key()))).refusal().is_none());
}

#[test]
fn an_id_token_of_entra_is_known_by_the_client_that_it_does_not_name() {
    let bench = azure(&json!({}), Some(TENANT));
    let bare = ["scp", "roles", "azp", "appid"]
        .iter()
        .fold(v2(TENANT).audience("client"), |recipe, name| recipe.without_claim(name));
    let rejection = bench.rejection(&bearer(&bare.sign(&key())));
    assert_eq!(rejection.diagnosis, Some(Diagnosis::IdToken));
    let access = bench.rejection(&bearer(&v2(TENANT).audience("client").sign(&key())));
    assert_eq!(access.diagnosis, None);
}
