//! What samples become.

use std::time::Duration;

use super::*;
use crate::gate::{
    AbsentType, BoundScheme, ExpirationRule, Failure, ForwardToken, MediaType, Mode, Requirement,
    RuleOutcome, Scheme, Schemes, TenantRule, TokenPlace, UnsignedTokens,
};
use crate::gate::{HeaderName, PolicyId};
use crate::keys::{PlainHttp, ProviderDocument, ProviderMetadata, WaitMode};
use crate::token::AlgorithmSet;

#[track_caller]
fn requirement(text: &str) -> Requirement {
    accept(text).policies.remove(0).first
}

#[test]
fn three_lines_are_a_policy_with_every_default() {
    let config = accept(&jwt(""));
    assert_eq!(config.warnings, []);
    assert_eq!(config.policies.len(), 1);
    assert_eq!(&*config.policies[0].name, "validate_jwt");
    assert_eq!(config.rules.len(), 1);
    assert_eq!(config.rules[0].outcome, RuleOutcome::Policies(PolicyId(0).into()));
    let requirement = &config.policies[0].first;
    let schemes = Schemes { ordinary: Scheme::BearerOptional, bound: vec![BoundScheme::MtlsPop] };
    let place = TokenPlace::Header { name: HeaderName::authorization(), schemes };
    assert_eq!(requirement.places.iter().collect::<Vec<_>>(), [&place]);
    assert_eq!(requirement.algorithms, AlgorithmSet::ASYMMETRIC);
    assert_eq!(requirement.unsigned_tokens, UnsignedTokens::Refused);
    assert_eq!(requirement.token_types.accepted, ["JWT", "at+jwt"].map(MediaType::new));
    assert_eq!(requirement.token_types.absent, AbsentType::Accepted);
    assert_eq!(requirement.time.expiration, ExpirationRule::Required);
    assert_eq!(requirement.time.leeway, Duration::ZERO);
    assert_eq!(requirement.time.maximum_lifetime, None);
    assert_eq!(requirement.tenants, TenantRule::Any);
    assert_eq!(*requirement.answers.form(), Failure::default());
    assert_eq!(requirement.forward.token, ForwardToken::Keep);
    assert_eq!(requirement.mode, Mode::Enforce);
    let provider = &config.providers[0];
    assert_eq!(provider.name, "login_example");
    assert_eq!(provider.cluster, "login.example");
    assert_eq!(provider.jwks_cluster, None);
    assert_eq!(provider.timeout, Duration::from_secs(5));
    assert_eq!(provider.plain_http, PlainHttp::Refused);
}

#[test]
fn settings_have_the_defaults_of_the_contract() {
    let config = accept(&jwt(""));
    let refresh = &config.key_refresh;
    let seconds = Duration::from_secs;
    assert_eq!(refresh.interval, seconds(3600));
    assert_eq!(refresh.key_ttl, seconds(86400));
    assert_eq!(refresh.unknown_kid_interval, seconds(300));
    assert_eq!((refresh.retry_initial, refresh.retry_max), (seconds(1), seconds(60)));
    assert_eq!(refresh.max_stale, seconds(86400));
    assert_eq!(refresh.wait, WaitMode::Auto);
    assert_eq!(refresh.max_wait, seconds(6));
    let limits = config.limits;
    assert_eq!((limits.token_bytes, limits.document_bytes), (16384, 262_144));
    assert_eq!((limits.keys, limits.held_requests), (200, 1024));
    let cache = config.verdict_cache.unwrap();
    assert_eq!((cache.max_entries.get(), cache.max_bytes), (8192, 16 * 1024 * 1024));
}

#[test]
fn numbers_as_a_proxy_writes_them_are_read() {
    let text = jwt(r#""failed_validation_httpcode":401.0,"clock_skew":0.5,"maximum_lifetime":3.6e3"#);
    let requirement = requirement(&text);
    assert_eq!(requirement.answers.form().status, Some(401));
    assert_eq!(requirement.time.leeway, Duration::from_millis(500));
    assert_eq!(requirement.time.maximum_lifetime, Some(Duration::from_hours(1)));
}

#[test]
fn an_issuer_may_be_entras_template() {
    const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
    for place in ["url", "jwks_uri"] {
        let config = accept(&format!(
            r#"{{"validate_jwt":{{"audiences":["x"],"openid_config":[{{"{place}":"https://idp.example/","issuer":"{TEMPLATE}"}}]}}}}"#
        ));
        let provider = &config.providers[0];
        let document = format!(r#"{{"issuer":"{TEMPLATE}","jwks_uri":"https://idp.example/keys"}}"#);
        let metadata = ProviderMetadata::configured(provider)
            .or_else(|| ProviderMetadata::parse(document.as_bytes(), provider).ok());
        assert_eq!(metadata.unwrap().issuer, TEMPLATE, "{place}");
    }
}

#[test]
fn identical_providers_are_shared_and_names_are_distinct() {
    let config = accept(
        r#"{"policies":{
            "a":{"validate_jwt":{"audiences":["x"],"openid_config":[{"url":"https://idp.example:8443/1"},{"url":"https://idp.example:8443/2"}]}},
            "b":{"validate_jwt":{"audiences":["x"],"openid_config":[{"url":"https://idp.example:8443/2"},{"jwks_uri":"https://idp.example/k","issuer":"i","cluster":"c"}]}}
        },"rules":[{"match":{"path":"/a"},"policy":"a"},{"match":{},"policy":"b"}]}"#,
    );
    let names: Vec<_> = config.providers.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["idp_example", "idp_example_2", "idp_example_3"]);
    let ids =
        |index: usize| config.policies[index].first.keys.providers.iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!((ids(0), ids(1)), (vec![0, 1], vec![1, 2]));
    assert_eq!(config.providers[0].cluster, "idp.example");
    assert_eq!(config.providers[2].cluster, "c");
    assert!(matches!(&config.providers[2].document, ProviderDocument::Jwks { issuer, .. } if issuer == "i"));
}
