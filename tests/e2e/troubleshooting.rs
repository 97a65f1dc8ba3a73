//! Every row of `docs/troubleshooting.md`, caused in a real Envoy, and its cure.
//!
//! A test makes what the row says is wrong and holds the row against what Envoy answers, logs, counts and would raise an
//! alarm for; then it does what the row says mends it, and has a request pass.

mod alarms;
mod name_server;
mod page;
mod provider;
mod sandbox;
mod scene;
mod tls;
mod token;

use std::collections::BTreeSet;

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::IdentityProvider;
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use crate::lab::Lab;
use alarms::Alarms;
use page::{Page, Row};

/// One test for each row, and the list of all.
macro_rules! rows {
    ($($place:ident::$name:ident: $title:literal,)*) => {
        $(
            #[tokio::test]
            async fn $name() -> Result<(), Error> {
                $place::$name(Row::titled($title)).await
            }
        )*

        const CAUSED: &[&str] = &[$($title),*];
    };
}

rows! {
    provider::down: "The provider is down, or nobody listens at the cluster's address",
    provider::down_with_keys: "The provider is down, and keys are at hand",
    provider::down_too_long: "The provider has been down for longer than `max_stale`",
    provider::unreachable: "A firewall swallows the packets, or the cluster's address is another host's",
    provider::silent: "The provider takes the request and gives no answer in time",
    provider::page: "Somebody in between answers with a page",
    provider::misspelt_tenant: "The tenant is misspelt",
    provider::unknown_cluster: "`cluster` is the name of no cluster of the proxy",
    provider::unknown_name: "DNS does not know the host that the cluster names",
    tls::untrusted: "The cluster does not trust who signed the certificate",
    tls::wrong_name: "The certificate has another name than the cluster demands",
    tls::plain_to_tls: "The cluster speaks plain HTTP to a port of TLS",
    tls::tls_to_plain: "The cluster speaks TLS to a port of plain HTTP",
    token::another_audience: "The token is for another audience",
    token::version_one: "The API's tokens are of version 1.0",
    token::clock_behind: "The proxy's clock is behind",
    token::clock_ahead: "The proxy's clock is ahead",
    sandbox::closed: "The sandbox has ended, under `FAIL_CLOSED`",
    sandbox::reloaded: "The sandbox has ended, under `FAIL_RELOAD`",
}

#[test]
fn every_row_is_caused_by_a_test_and_every_test_has_its_row() {
    let titles: Vec<String> = Page::read().rows.into_iter().map(|row| row.title).collect();
    assert_eq!(titles, CAUSED);
}

#[test]
fn every_alarm_is_some_rows_and_every_row_names_alarms_that_there_are() {
    let page = Page::read();
    let named: BTreeSet<String> = page.rows.iter().flat_map(|row| row.alarms.clone()).collect();
    let defined: BTreeSet<String> = Alarms::of(&page.alarms).names().map(str::to_owned).collect();
    assert_eq!(named, defined);
}

/// What the page of reasons shows of the log is what the log says.
#[tokio::test]
async fn the_documents_line_of_the_log_is_a_real_one() -> Result<(), Error> {
    let reasons = page::text_of("docs/reasons.md");
    let shown = reasons.lines().find(|line| line.starts_with("refused: ")).expect("a line of the log");
    let key = SigningKey::p256();
    let policy = json!({"validate_jwt": {
        "issuer_signing_keys": [{"id": "k1", "jwk": key.public_jwk()}],
        "issuers": ["https://login.example"],
        "audiences": ["orders"],
    }});
    let lab = Lab::around(IdentityProvider::start()?, 1, policy).await?;
    let recipe = TokenRecipe::plain("https://login.example", "api://orders").key_id("k1");
    let request = Request::get("/orders").bearer(&recipe.sign(&key)).header("x-request-id", "5c1e2a7b");
    assert_eq!(lab.send(&request).await?.status, 401);
    lab.envoy.wait_for_log("refused: ").await?;
    let log = lab.envoy.log();
    let line = log.lines().find(|line| line.contains("refused: ")).expect("a refusal");
    assert!(line.contains("[debug]") && line.ends_with(shown), "{line}");
    Ok(())
}
