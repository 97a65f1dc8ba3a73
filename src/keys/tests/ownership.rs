//! Documents that claim what is not theirs, clusters that they may not choose, and keys that have to go.

use std::rc::Rc;

use super::*;
use crate::token::IssuerPattern;

/// The provider of all these tests beside another one, in one policy.
fn beside(other: &str, pinned: Option<&str>) -> ProviderSettings {
    let party = |id: usize, name: &str, url: &str, pinned: Option<&str>| Party {
        id: ProviderId(id),
        name: name.to_owned(),
        url: Url::parse(url).unwrap(),
        pinned: pinned.map(IssuerPattern::parse),
        further: Vec::new(),
        directory: Directory::ByHost,
    };
    let parties = vec![party(0, "idp", "https://idp.example/d?x=1", None), party(1, "other", other, pinned)];
    let owners = Rc::new(Owners::new(parties, Vec::new(), InlineKeys::None));
    ProviderSettings { policies: vec![owners], ..settings() }
}

const ENTRA: &str = "https://login.microsoftonline.com/contoso.com/v2.0/x";
const TENANT: &str = "https://login.microsoftonline.com/3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11/v2.0";

fn document(issuer: &str) -> serde_json::Value {
    json!({"issuer": issuer, "jwks_uri": "https://idp.example/keys"})
}

#[test]
fn a_document_that_claims_anothers_issuer_is_a_failed_fetch_that_names_both() {
    for (other, pinned, stated, told) in [
        (ENTRA, Some(TENANT), TENANT, "Microsoft"),
        (ENTRA, None, "https://login.microsoftonline.com/{tenantid}/v2.0", "Microsoft"),
        (ENTRA, None, "https://idp.example/{tenantid}/", "Microsoft"),
        (ENTRA, None, "https://contoso.b2clogin.com/x/v2.0/", "Microsoft"),
        (
            "https://corp.example/d",
            None,
            "https://corp.example",
            "provider other (\"https://corp.example/d\")",
        ),
        ("https://corp.example/d", None, "http://corp.example:81/realm", "provider other"),
        ("https://corp.example/d", Some("https://id.example"), "https://id.example", "speaks already"),
    ] {
        let mut proxy = Proxy::with(1, &beside(other, pinned));
        proxy.tick(0);
        proxy.answer(0, ok(&document(stated)));
        assert_eq!(proxy.pending(), 0, "{stated}: its keys are not even asked for");
        assert_eq!(proxy.vms[0].keyring.issuer(ID), None);
        let Some(Report::Failed { error, failures: 1, .. }) = proxy.vms[0].reports.last() else {
            panic!("{stated}: {:?}", proxy.vms[0].reports)
        };
        let line = error.to_string();
        for text in [told, stated, "set `issuer`"] {
            assert!(line.contains(text), "{line}");
        }
        // It mends its ways, and is there after the back-off.
        proxy.pass(2);
        proxy.tick(0);
        proxy.answer_with(0, &["a"]);
        assert!(proxy.has(0, "a"));
    }
}

#[test]
fn what_a_provider_writes_makes_no_log_line_long() {
    let long = format!("https://corp.example/{}", "x".repeat(200_000));
    let mut proxy = Proxy::with(1, &beside("https://corp.example/d", None));
    proxy.tick(0);
    proxy.answer(0, ok(&document(&long)));
    let bare =
        json!({"issuer": "https://idp.example", "jwks_uri": format!("https://{}/", "x".repeat(200_000))});
    proxy.pass(2);
    proxy.tick(0);
    proxy.answer(0, ok(&bare));
    for report in &proxy.vms[0].reports {
        let Report::Failed { error, .. } = report else { panic!("{report:?}") };
        assert!(error.to_string().len() < 1000);
    }
}

#[test]
fn what_another_configuration_took_is_not_used_where_it_is_not_believed() {
    let mut proxy = Proxy::new(2);
    let wary = beside("https://corp.example/d", None);
    proxy.vms[1].lifecycle = Lifecycle::new(wary, refresh(), limits(), VmId(2));
    proxy.tick(0);
    proxy.answer(0, ok(&document("https://corp.example")));
    proxy.answer(0, ok(&jwks(&["a"])));
    assert!(proxy.has(0, "a"));
    proxy.tick(1);
    proxy.tick(1);
    assert!(!proxy.has(1, "a"));
    assert_eq!(proxy.vms[1].keyring.issuer(ID), None);
    assert!(matches!(proxy.vms[1].reports.as_slice(), [Report::Unbelieved(_)]), "{:?}", proxy.vms[1].reports);
    // One that is good for both is taken by both, though keys of another issuer "serve" elsewhere.
    proxy.pass(86_400);
    proxy.tick(1);
    proxy.answer_with(1, &["b"]);
    proxy.tick(0);
    assert!(proxy.has(0, "b") && proxy.has(1, "b"));
}

#[test]
fn keys_of_a_record_made_for_another_issuer_serve_no_pinned_one() {
    let mut proxy = Proxy::new(2);
    let url = Url::parse("https://idp.example/d?x=1").unwrap();
    let document = ProviderDocument::Discovery { url, issuer: Some("https://pinned.example".to_owned()) };
    let pinned = ProviderSettings { document, ..settings() };
    proxy.vms[1].lifecycle = Lifecycle::new(pinned, refresh(), limits(), VmId(2));
    let issuer = |proxy: &Proxy| proxy.vms[1].lifecycle.view().issuer.clone();
    assert_eq!(issuer(&proxy), Some(IssuerPattern::parse("https://pinned.example")), "before any document");
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.tick(1);
    assert!(proxy.has(0, "a") && !proxy.has(1, "a"));
    assert_eq!(issuer(&proxy), Some(IssuerPattern::parse("https://pinned.example")));
}

#[test]
fn without_jwks_cluster_a_document_chooses_none_of_the_proxys_clusters() {
    for (host, cluster) in [
        ("keys.example", Some("keys.example")),
        ("keys.example.:8443", Some("keys.example.")),
        ("192.0.2.7:8443", Some("192.0.2.7")),
        ("[2001:db8::7]", Some("[2001:db8::7]")),
        ("idp.example:8443", Some("idp")),
        ("api", None),
        ("API:8080", None),
        ("api.", None),
        (".api", None),
        ("localhost", None),
        ("2130706433", None),
        ("0x7f000001", None),
        ("api-internal", None),
        ("xds_cluster", None),
        ("[api]", None),
        ("[::api]", None),
        ("...", None),
    ] {
        let elsewhere = json!({"issuer": "https://idp.example", "jwks_uri": format!("https://{host}/k")});
        let mut proxy = Proxy::new(1);
        proxy.tick(0);
        proxy.answer(0, ok(&elsewhere));
        assert_eq!(proxy.vms[0].fetches.front().map(|fetch| fetch.cluster.as_str()), cluster, "{host}");
        if let (None, Some(Report::Failed { error, .. })) = (cluster, proxy.vms[0].reports.last()) {
            assert!(error.to_string().contains("set `jwks_cluster`"), "{error}");
        }
        let configured = ProviderSettings { jwks_cluster: Some("own".to_owned()), ..settings() };
        let mut proxy = Proxy::with(1, &configured);
        proxy.tick(0);
        if proxy.answer(0, ok(&elsewhere)).step == FetchStep::Metadata {
            let chosen = proxy.vms[0].fetches.front().map(|fetch| fetch.cluster.as_str());
            assert!(chosen.is_none_or(|cluster| cluster == "own"), "{host}");
        }
    }
}

#[test]
fn a_record_that_sends_to_a_bare_host_is_not_followed() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    let (record, version) = proxy.record.0.take().expect("a record");
    let url = Url::parse("https://api/internal").unwrap();
    let metadata = record.metadata.clone().map(|known| ProviderMetadata { jwks_uri: url, ..known });
    proxy.record.0 = Some((Record { metadata, ..record }, version + 1));
    proxy.want(0, Want::UnknownKey);
    let fetch = proxy.answer(0, ok(&metadata_document()));
    assert_eq!((fetch.step, fetch.cluster.as_str()), (FetchStep::Metadata, "idp"));
    proxy.answer(0, ok(&jwks(&["b"])));
    assert!(proxy.has(0, "b"));
}

fn metadata_document() -> serde_json::Value {
    super::metadata()
}

#[test]
fn a_key_that_may_have_been_replaced_is_looked_for_as_often_as_an_unknown_one() {
    let mut proxy = Proxy::new(2);
    proxy.tick_all();
    proxy.answer_with(0, &["a"]);
    proxy.tick_all();
    for (vm, want) in
        [(0, Want::ReplacedKey), (1, Want::UnknownKey), (1, Want::ReplacedKey), (0, Want::UnknownKey)]
    {
        proxy.want(vm, want);
        if proxy.pending() > 0 {
            proxy.answer(vm, ok(&jwks(&["a"])));
        }
    }
    assert_eq!(proxy.snapshot().record.attempts, 1 + 1, "one limit for both, and for the whole proxy");
}

#[test]
fn a_rotated_key_without_kid_joins_the_one_before() {
    let keyless = |x: &str| json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]});
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer(0, ok(&metadata()));
    proxy.answer(0, ok(&keyless("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")));
    proxy.want(0, Want::UnknownKey);
    proxy.answer(0, ok(&keyless("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw")));
    let keys = proxy.snapshot().record.keys;
    let material: Vec<_> = keys.iter().filter_map(|key| key.jwk()["x"].as_str()).collect();
    assert_eq!(
        material,
        ["PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
        "the fetched one is tried first"
    );
}
