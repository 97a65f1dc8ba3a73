//! Key endpoints that fail, lie or dawdle: at the first fetch, and when there are keys already.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
use validate_jwt_testbed::token::{RsaFixture, SigningKey};

use crate::lab::{AUDIENCE, Lab, entra, summary, with};

/// Where a fault is put.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Discovery,
    Keys,
}
use Place::{Discovery, Keys};

/// A fault, and the verdict on a good token while it lasts and nothing was fetched before.
type Case = (&'static str, Place, Fault, (u16, &'static str));

const UNAVAILABLE: (u16, &str) = (503, "keys_unavailable");

fn cases() -> Vec<Case> {
    vec![
        ("500", Keys, Fault::Status(500), UNAVAILABLE),
        ("502", Discovery, Fault::Status(502), UNAVAILABLE),
        ("404", Keys, Fault::Status(404), UNAVAILABLE),
        ("401", Discovery, Fault::Status(401), UNAVAILABLE),
        ("204", Keys, Fault::Status(204), UNAVAILABLE),
        ("a hang", Keys, Fault::Hang, UNAVAILABLE),
        ("a hang at discovery", Discovery, Fault::Hang, UNAVAILABLE),
        ("a byte now and then", Keys, Fault::Drip(Duration::from_millis(50)), UNAVAILABLE),
        ("half a body", Keys, Fault::CutMidBody, UNAVAILABLE),
        ("half a discovery document", Discovery, Fault::CutMidBody, UNAVAILABLE),
        ("a reset", Keys, Fault::Reset, UNAVAILABLE),
        ("a redirect", Keys, Fault::Redirect("/elsewhere/keys".to_owned()), UNAVAILABLE),
        ("gzip that nobody asked for", Keys, Fault::Gzip, UNAVAILABLE),
        ("a web page", Keys, Fault::Html, UNAVAILABLE),
        ("a web page for a discovery document", Discovery, Fault::Html, UNAVAILABLE),
        ("no JSON", Keys, Fault::NotJson, UNAVAILABLE),
        ("no body", Keys, Fault::NoBody, UNAVAILABLE),
        ("a huge document", Keys, Fault::Oversized(huge()), UNAVAILABLE),
        ("a huge discovery document", Discovery, Fault::Oversized(2_000_000), UNAVAILABLE),
        ("no keys", Keys, Fault::EmptyKeySet, UNAVAILABLE),
        // Of one key nothing is left.
        ("all keys but the one that signs", Keys, Fault::PartialKeySet, UNAVAILABLE),
        (
            "another content type",
            Keys,
            Fault::ContentType("text/plain; charset=utf-16".to_owned()),
            (200, ""),
        ),
        ("another tenant's keys", Keys, Fault::OtherTenantsKeys, UNAVAILABLE),
        ("another issuer", Discovery, Fault::WrongIssuer, UNAVAILABLE),
    ]
}

/// Beyond what Envoy itself keeps of an answer (32 MiB); in continuous integration beyond what the filter takes.
fn huge() -> usize {
    if crate::keys_under_load::is_long() { 50_000_000 } else { 2_000_000 }
}

/// A tenant of its own for each case, so that one Envoy has them all at once.
fn tenant(at: usize) -> String {
    format!("00000000-0000-4000-8000-{at:012}")
}

fn path(at: usize, place: Place) -> String {
    if place == Keys { paths::keys_v2(&tenant(at)) } else { paths::discovery_v2(&tenant(at)) }
}

/// A policy below `/0`, `/1` … for each tenant, and one for the rest; everything happens within seconds.
fn configuration(idp: &IdentityProvider, interval: f64) -> Value {
    let policy = |tenant: &str| {
        let url = idp.url(&paths::discovery_v2(tenant));
        entra(
            idp,
            &json!({"openid_config": [{"url": url, "cluster": "idp", "allow_http": true, "timeout": 0.5}]}),
        )
    };
    let count = cases().len();
    let mut policies: BTreeMap<_, _> = (0..count).map(|at| (format!("p{at}"), policy(&tenant(at)))).collect();
    policies.insert("rest".to_owned(), policy(CONTOSO));
    let rule = |at| json!({"match": {"path_prefix": format!("/{at}")}, "policy": format!("p{at}")});
    let rules: Vec<_> = (0..count).map(rule).chain([json!({"match": {}, "policy": "rest"})]).collect();
    let times = json!({"interval": interval, "retry_initial": 0.1, "retry_max": 0.3, "max_wait": 1.5});
    with(json!({"policies": policies, "rules": rules}), &json!({"key_refresh": times}))
}

fn request(lab: &Lab, at: usize) -> Request {
    let token = lab.idp.token_v2(&tenant(at), AUDIENCE).sign(&lab.idp.signing_key());
    Request::get(&format!("/{at}/x")).bearer(&token)
}

/// A token that only a key of somebody else makes good: under the provider's own `kid`, or under another.
async fn assert_no_wrong_key(lab: &Lab, at: usize, what: &str) -> Result<(), Error> {
    let (own, stranger) = (lab.idp.signing_key(), SigningKey::rsa(RsaFixture::Stranger));
    for key in [stranger.clone().with_key_id(own.key_id()), stranger] {
        let token = lab.idp.token_v2(&tenant(at), AUDIENCE).sign(&key);
        let (status, reason) = summary(&lab.send(&Request::get(&format!("/{at}/x")).bearer(&token)).await?);
        let refused =
            ["signature_invalid", "signature_key_not_found", "keys_unavailable"].contains(&reason.as_str());
        assert!(refused && status != 200, "{what}: a stranger's token got {status} {reason}");
    }
    Ok(())
}

/// Waits until a good token of this tenant passes.
async fn await_pass(lab: &Lab, at: usize, what: &str) -> Result<(), Error> {
    println!("{what}: waiting for keys");
    lab.await_status(&request(lab, at), 200).await.map(drop)
}

/// The same for the tenant whose provider never fails, and that nothing else failed.
async fn assert_rest_alive(lab: &Lab) -> Result<(), Error> {
    // On a loaded machine a callout of half a second may end too early, and then there is another one.
    lab.await_status(&Request::get("/").bearer(&lab.token()), 200).await?;
    lab.assert_alive().await
}

#[tokio::test]
async fn a_key_endpoint_that_fails_at_first_means_503_and_heals_without_a_restart() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    for (at, (_, place, fault, _)) in cases().into_iter().enumerate() {
        idp.set_fault(&path(at, place), fault);
    }
    let configuration = configuration(&idp, 1.0);
    let lab = Lab::around(idp, 1, configuration).await?;
    for (at, (what, _, _, expected)) in cases().into_iter().enumerate() {
        // Row 87: there is an answer while the provider hangs.
        let answer = lab.send(&request(&lab, at)).await?;
        if expected == UNAVAILABLE {
            assert_eq!(summary(&answer), (expected.0, expected.1.to_owned()), "rows 86 to 92: {what}");
            assert!(
                answer.header("retry-after").is_some() && answer.header("www-authenticate").is_none(),
                "{what}"
            );
        } else {
            await_pass(&lab, at, what).await?;
        }
    }
    assert_eq!(lab.idp.requests("/elsewhere/keys"), 0, "row 91: a redirect was followed");
    assert_rest_alive(&lab).await?;
    lab.idp.clear_faults();
    for (at, (what, ..)) in cases().into_iter().enumerate() {
        await_pass(&lab, at, what).await?;
        assert_no_wrong_key(&lab, at, what).await?;
    }
    assert_rest_alive(&lab).await
}

#[tokio::test]
async fn a_key_endpoint_that_fails_later_costs_nobody_anything() -> Result<(), Error> {
    let lab = Lab::start(|idp| configuration(idp, 0.3)).await?;
    for (at, (what, ..)) in cases().into_iter().enumerate() {
        await_pass(&lab, at, what).await?;
    }
    for (at, (_, place, fault, _)) in cases().into_iter().enumerate() {
        lab.idp.set_fault(&path(at, place), fault);
    }
    lab.idp.forget_requests();
    for (at, (what, place, ..)) in cases().into_iter().enumerate() {
        // The third attempt begins when two have failed.
        lab.idp.wait_for_requests(&path(at, place), 3).await?;
        let verdict = summary(&lab.send(&request(&lab, at)).await?);
        assert_eq!(verdict, (200, String::new()), "rows 86 to 92: {what}");
        assert_no_wrong_key(&lab, at, what).await?;
    }
    assert_eq!(lab.idp.requests("/elsewhere/keys"), 0, "row 91: a redirect was followed");
    // Recovery: a key that is published now is fetched, and the one before it still serves.
    let before: Vec<_> = (0..cases().len()).map(|at| request(&lab, at)).collect();
    lab.idp.clear_faults();
    lab.idp.rotate_now();
    for ((at, (what, ..)), before) in cases().into_iter().enumerate().zip(before) {
        await_pass(&lab, at, what).await?;
        assert_eq!(summary(&lab.send(&before).await?), (200, String::new()), "row 103: {what}");
    }
    assert_rest_alive(&lab).await
}

#[tokio::test]
async fn an_endpoint_that_comes_and_goes_never_makes_a_good_token_fail() -> Result<(), Error> {
    let lab = Lab::start(|idp| configuration(idp, 0.15)).await?;
    await_pass(&lab, 0, "the first fetch").await?;
    for fault in [Fault::EmptyKeySet, Fault::Status(500), Fault::PartialKeySet, Fault::Reset] {
        let keys = path(0, Keys);
        lab.idp.set_fault(&keys, Fault::Flap(Box::new(fault.clone())));
        let before = lab.idp.requests(&keys);
        while lab.idp.requests(&keys) < before + 4 {
            assert_eq!(
                summary(&lab.send(&request(&lab, 0)).await?),
                (200, String::new()),
                "row 104: {fault:?}"
            );
        }
    }
    assert_rest_alive(&lab).await
}
