//! Floods, clocks that jump, records that others wrote, and what operators read of it all.

use super::*;

impl Proxy {
    /// The discovery documents that were asked for and not answered yet.
    fn asks_for_discovery(&self, vm: usize) -> bool {
        self.vms[vm].fetches.iter().any(|fetch| fetch.step == FetchStep::Metadata)
    }
}

#[test]
fn a_flood_of_unknown_keys_does_not_put_off_the_reading_of_the_discovery_document() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    for _ in 0..40 {
        proxy.pass(100);
        proxy.want(0, Want::UnknownKey);
        if proxy.pending() > 0 {
            proxy.answer(0, ok(&jwks(&["a"])));
        }
        proxy.tick(0);
        if proxy.asks_for_discovery(0) {
            return;
        }
    }
    panic!("the discovery document was not read again in {} s", 40 * 100);
}

#[test]
fn an_unknown_key_is_looked_for_at_once_even_between_two_retries_and_moves_none_of_them() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    for _ in 0..8 {
        proxy.now = proxy.vms[0].lifecycle.wake_at(proxy.now);
        proxy.tick(0);
        proxy.answer(0, status(500));
    }
    let retry = proxy.vms[0].lifecycle.wake_at(proxy.now);
    assert!(
        retry.saturating_duration_since(proxy.now) > Duration::from_secs(50),
        "the provider is left in peace"
    );
    proxy.pass(10);
    proxy.want(0, Want::UnknownKey);
    proxy.answer(0, status(500));
    assert_eq!(proxy.vms[0].lifecycle.wake_at(proxy.now), retry);
    proxy.pass(299);
    proxy.want(0, Want::UnknownKey);
    assert_eq!(proxy.pending(), 0, "once per interval, whatever comes of it");
    proxy.pass(1);
    proxy.want(0, Want::UnknownKey);
    proxy.answer(0, ok(&jwks(&["b"])));
    assert!(proxy.has(0, "a") && proxy.has(0, "b"));
}

#[test]
fn keys_that_another_vm_fetched_after_the_record_was_spoilt_are_adopted() {
    let mut proxy = Proxy::new(2);
    proxy.tick_all();
    proxy.answer_with(0, &["a"]);
    proxy.tick_all();
    let (_, version) = proxy.record.0.take().expect("a record");
    proxy.record.0 = Some((Record::empty(), version + 1));
    // The second VM sees nothing of what lies between.
    proxy.tick(0);
    proxy.answer_with(0, &["b"]);
    proxy.tick(1);
    assert!(proxy.has(0, "b") && proxy.has(1, "b"));
    assert!(!proxy.has(1, "a"), "what the record does not hold does not serve");
}

#[test]
fn a_clock_that_goes_back_during_a_lost_callout_does_not_stop_the_next_one() {
    let mut proxy = Proxy::new(2);
    proxy.tick(0);
    proxy.vms[0].fetches.clear();
    proxy.now = proxy.now - Duration::from_secs(7200);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    assert!(proxy.has(0, "a"));
}

#[test]
fn a_clock_that_jumps_ahead_fetches_at_once_and_goes_on() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.pass(10 * 86_400);
    proxy.want(0, Want::FirstKeys);
    proxy.answer_with(0, &["a"]);
    assert!(proxy.has(0, "a"));
}

#[test]
fn keys_of_an_issuer_that_a_provider_no_longer_is_serve_no_more() {
    let refresh = RefreshSettings { max_stale: Duration::from_secs(60), ..refresh() };
    let mut proxy = Proxy::refreshed(1, &settings(), &refresh);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.pass(61);
    proxy.tick(0);
    proxy.answer(0, ok(&json!({"issuer": "https://new.example", "jwks_uri": "https://idp.example/keys"})));
    proxy.answer(0, ok(&jwks(&["b"])));
    assert!(proxy.has(0, "b") && !proxy.has(0, "a"));
}

#[test]
fn a_key_that_comes_back_with_other_material_is_the_new_one() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a", "b"]);
    let other = json!({"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"});
    proxy.want(0, Want::UnknownKey);
    proxy.answer(0, ok(&json!({"keys": [other]})));
    let record = proxy.snapshot().record;
    let of_a: Vec<_> = record.keys.iter().filter(|key| key.jwk()["kid"] == "a").collect();
    assert_eq!(of_a.len(), 1);
    assert_eq!(of_a[0].jwk()["x"], other["x"]);
    assert!(proxy.has(0, "b"));
}

#[test]
fn plugins_share_a_record_where_they_would_fetch_and_keep_the_same() {
    let (url, limits) = (Url::parse("https://idp.example/d?x=1").unwrap(), limits());
    let of = |provider: &ProviderSettings, refresh: &RefreshSettings, limits: &DocumentLimits| {
        Record::shared_key(provider, refresh, limits)
    };
    let own = of(&settings(), &refresh(), &limits);
    let second = Duration::from_secs(1);
    let discovery = |issuer: Option<&str>| ProviderDocument::Discovery {
        url: url.clone(),
        issuer: issuer.map(str::to_owned),
    };
    for provider in [
        ProviderSettings { document: discovery(Some("https://idp.example")), ..settings() },
        ProviderSettings {
            document: ProviderDocument::Jwks { url: url.clone(), issuer: String::new() },
            ..settings()
        },
        ProviderSettings { cluster: "other".to_owned(), ..settings() },
        ProviderSettings { jwks_cluster: Some(String::new()), ..settings() },
        ProviderSettings { plain_http: PlainHttp::Allowed, ..settings() },
    ] {
        assert_ne!(own, of(&provider, &refresh(), &limits), "{provider:?}");
    }
    assert_ne!(own, of(&settings(), &RefreshSettings { key_ttl: second, ..refresh() }, &limits));
    let forgetful = RefreshSettings { forget: "a leak".to_owned(), ..refresh() };
    assert_ne!(own, of(&settings(), &forgetful, &limits));
    assert_ne!(own, of(&settings(), &refresh(), &DocumentLimits { document_bytes: 1, ..limits }));
    assert_ne!(own, of(&settings(), &refresh(), &DocumentLimits { keys: 1, ..limits }));
    for times in [
        RefreshSettings { interval: second, ..refresh() },
        RefreshSettings { unknown_kid_interval: second, ..refresh() },
        RefreshSettings { retry_initial: second * 2, ..refresh() },
        RefreshSettings { retry_max: second, ..refresh() },
        RefreshSettings { max_stale: second, ..refresh() },
        RefreshSettings { wait: WaitMode::Refuse, max_wait: second, ..refresh() },
    ] {
        assert_eq!(own, of(&settings(), &times, &limits), "each reads it by its own times: {times:?}");
    }
    let named = ProviderSettings { name: "other".to_owned(), timeout: second, ..settings() };
    assert_eq!(own, of(&named, &refresh(), &limits));
}

#[test]
fn what_was_fetched_outlives_every_change_but_that_of_its_place_and_of_forget() {
    let origin = Record::origin_key(&settings(), &refresh());
    let pinned = ProviderDocument::Discovery {
        url: settings().document.url().clone(),
        issuer: Some("https://idp.example".to_owned()),
    };
    let changed = ProviderSettings { document: pinned, timeout: Duration::from_secs(1), ..settings() };
    let times = RefreshSettings { key_ttl: Duration::from_secs(60), ..refresh() };
    assert_eq!(origin, Record::origin_key(&changed, &times));
    for elsewhere in [
        ProviderSettings { cluster: "other".to_owned(), ..settings() },
        ProviderSettings { jwks_cluster: Some("other".to_owned()), ..settings() },
        ProviderSettings { plain_http: PlainHttp::Allowed, ..settings() },
    ] {
        assert_ne!(origin, Record::origin_key(&elsewhere, &refresh()), "{elsewhere:?}");
    }
    let forgetful = RefreshSettings { forget: "leaked".to_owned(), ..refresh() };
    assert_ne!(origin, Record::origin_key(&settings(), &forgetful));
}

/// What a VM of these settings has after it found what another configuration left.
fn heir(settings: &ProviderSettings, refresh: RefreshSettings, left: &Record, now: UnixTime) -> Keyring {
    let mut lifecycle = Lifecycle::new(settings.clone(), refresh, limits(), VmId(9));
    let mut keyring = Keyring::new(1);
    keyring.install(ID, lifecycle.view().clone());
    for command in lifecycle.run(now, Event::Inherited(left.clone()), &mut SharedRecord::default()) {
        if let Command::Install(view) = command {
            keyring.install(ID, view);
        }
    }
    keyring
}

#[test]
fn a_changed_configuration_finds_the_keys_of_the_one_before_and_judges_them_by_its_own_bounds() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    let left = proxy.snapshot().record;
    let pinned_to = |issuer: &str| ProviderSettings {
        document: ProviderDocument::Discovery {
            url: settings().document.url().clone(),
            issuer: Some(issuer.to_owned()),
        },
        ..settings()
    };
    let day = Duration::from_secs(86_400);
    let stale = proxy.now + day;
    let longer = RefreshSettings { max_stale: day * 2, ..refresh() };
    for (settings, refresh, at, expected) in [
        (settings(), refresh(), proxy.now, true),
        (settings(), refresh(), stale, false),
        (settings(), longer, stale, true),
        (pinned_to("https://idp.example"), refresh(), proxy.now, true),
        (pinned_to("https://other.example"), refresh(), proxy.now, false),
    ] {
        let keyring = heir(&settings, refresh, &left, at);
        assert_eq!(keyring.keys(ID, at).is_some(), expected, "{settings:?} at {at:?}");
    }
}

#[test]
fn keys_older_than_the_new_key_ttl_are_not_inherited() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.pass(3_961);
    proxy.tick(0);
    proxy.answer_with(0, &["b"]);
    assert!(proxy.has(0, "a") && proxy.has(0, "b"));
    let short = RefreshSettings { key_ttl: Duration::from_secs(60), ..refresh() };
    let keyring = heir(&settings(), short, &proxy.snapshot().record, proxy.now);
    let keys = keyring.keys(ID, proxy.now).expect("keys");
    assert!(keys.contains(&KeyId::new("b")) && !keys.contains(&KeyId::new("a")));
}

#[test]
fn while_requests_wait_attempts_are_made_more_often_and_put_off_no_retry() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer(0, status(500));
    let mut attempts = Vec::new();
    for tenth in 1..100_u32 {
        proxy.now = proxy.now + Duration::from_millis(100);
        proxy.want(0, Want::FirstKeys);
        proxy.tick(0);
        if proxy.pending() > 0 {
            proxy.answer(0, status(500));
            attempts.push(tenth);
        }
    }
    let gaps: Vec<u32> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (early, late): (Vec<u32>, Vec<u32>) = attempts.iter().copied().partition(|tenth| *tenth <= 60);
    assert!(early.len() >= 5 && gaps[..early.len() - 1].iter().all(|gap| *gap <= 12), "{attempts:?}");
    assert_eq!(late.len(), 1, "after max_wait the retries alone go on: {attempts:?}");
}

#[test]
fn reports_tell_since_when_it_fails_and_what_changed() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    let first_failure = proxy.vms[0].lifecycle.wake_at(proxy.now);
    for _ in 0..3 {
        proxy.now = proxy.vms[0].lifecycle.wake_at(proxy.now);
        proxy.tick(0);
        proxy.answer(0, status(500));
    }
    let Some(Report::Failed {
        failures: 3, since: Some(since), serves_until: Some(until), next_attempt, ..
    }) = proxy.vms[0].reports.last()
    else {
        panic!("{:?}", proxy.vms[0].reports.last())
    };
    assert_eq!(*since, first_failure);
    assert!(*until > proxy.now && *next_attempt > proxy.now);
    let error = proxy.snapshot().record.last_error.expect("recorded");
    assert_eq!((error.at, error.text.as_str()), (proxy.now, "status 500, \"no\""));
    proxy.now = *next_attempt;
    proxy.tick(0);
    proxy.answer_with(0, &["b"]);
    let Some(Report::Fetched { changes, recovery: Some(recovery), .. }) = proxy.vms[0].reports.last() else {
        panic!("{:?}", proxy.vms[0].reports.last())
    };
    assert_eq!((changes.new.as_slice(), changes.gone.as_slice()), (&[Excerpt::name("b")][..], &[][..]));
    assert_eq!((recovery.failures, recovery.since), (3, first_failure));
    assert_eq!(recovery.last.as_ref().map(ToString::to_string).as_deref(), Some("status 500, \"no\""));
    assert!(proxy.snapshot().record.last_error.is_some(), "the last error stays on record");
}
