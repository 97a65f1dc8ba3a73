//! Scripts of (time, event) → commands, and several simulated VMs over one record.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::json;

use super::record::SCHEMA;
use super::*;
use crate::excerpt::Excerpt;
use crate::time::UnixTime;
use crate::token::KeyId;

mod adversity;
mod ownership;

/// One proxy: a shared record and some VMs. Callouts are answered by the test.
struct Proxy {
    now: UnixTime,
    record: SharedRecord,
    vms: Vec<Vm>,
}

struct Vm {
    lifecycle: Lifecycle,
    keyring: Keyring,
    fetches: VecDeque<Fetch>,
    reports: Vec<Report>,
}

fn settings() -> ProviderSettings {
    ProviderSettings {
        name: "idp".to_owned(),
        document: ProviderDocument::Discovery {
            url: Url::parse("https://idp.example/d?x=1").unwrap(),
            issuer: None,
        },
        cluster: "idp".to_owned(),
        jwks_cluster: None,
        timeout: Duration::from_secs(5),
        plain_http: PlainHttp::Refused,
        policies: Vec::new(),
    }
}

fn refresh() -> RefreshSettings {
    RefreshSettings {
        interval: Duration::from_secs(3600),
        key_ttl: Duration::from_secs(86400),
        unknown_kid_interval: Duration::from_secs(300),
        retry_initial: Duration::from_secs(1),
        retry_max: Duration::from_secs(60),
        max_stale: Duration::from_secs(86400),
        wait: WaitMode::Auto,
        max_wait: Duration::from_secs(6),
        forget: String::new(),
    }
}

fn limits() -> DocumentLimits {
    DocumentLimits { document_bytes: 262_144, keys: 200 }
}

const ID: ProviderId = ProviderId(0);

/// The record that all VMs share.
#[derive(Debug, Default)]
struct SharedRecord(Option<(Record, u32)>);

impl SharedRecord {
    fn snapshot(&self) -> Snapshot {
        match &self.0 {
            Some((record, version)) => {
                let record = Record::parse(&record.to_bytes()).expect("what was written can be read");
                Snapshot { record, version: Version::Number(*version) }
            }
            None => Snapshot { record: Record::empty(), version: Version::Missing },
        }
    }
}

impl Shelf for SharedRecord {
    fn read_unless(&self, _: Version) -> Option<Snapshot> {
        Some(self.snapshot())
    }

    fn replace(&mut self, record: &Record, expected: Version) -> Replaced {
        if self.snapshot().version != expected {
            return Replaced::Refused;
        }
        let next = self.0.as_ref().map_or(1, |(_, version)| version + 1);
        self.0 = Some((record.clone(), next));
        Replaced::Yes
    }
}

impl Proxy {
    fn new(vms: u64) -> Self {
        Self::with(vms, &settings())
    }

    fn with(vms: u64, settings: &ProviderSettings) -> Self {
        Self::refreshed(vms, settings, &refresh())
    }

    fn refreshed(vms: u64, settings: &ProviderSettings, refresh: &RefreshSettings) -> Self {
        let vm = |id| {
            let lifecycle = Lifecycle::new(settings.clone(), refresh.clone(), limits(), VmId(id));
            let mut keyring = Keyring::new(1);
            keyring.install(ID, lifecycle.view().clone());
            Vm { lifecycle, keyring, fetches: VecDeque::new(), reports: Vec::new() }
        };
        Self {
            now: UnixTime::from_seconds(1_700_000_000),
            record: SharedRecord::default(),
            vms: (1..=vms).map(vm).collect(),
        }
    }

    fn snapshot(&self) -> Snapshot {
        self.record.snapshot()
    }

    /// Feeds an event and carries its commands out as a host does.
    fn feed(&mut self, vm: usize, event: Event) {
        let Vm { lifecycle, keyring, fetches, reports } = &mut self.vms[vm];
        for command in lifecycle.run(self.now, event, &mut self.record) {
            match command {
                Command::Install(view) => keyring.install(ID, view),
                Command::Fetch(fetch) => fetches.push_back(fetch),
                Command::Report(report) => reports.push(report),
                Command::Remember(_) => {}
            }
        }
    }

    fn tick(&mut self, vm: usize) {
        self.feed(vm, Event::Seen(self.snapshot()));
        self.feed(vm, Event::Tick);
    }

    fn tick_all(&mut self) {
        (0..self.vms.len()).for_each(|vm| self.tick(vm));
    }

    fn want(&mut self, vm: usize, want: Want) {
        self.feed(vm, Event::Seen(self.snapshot()));
        self.feed(vm, Event::Wanted(want));
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// Fetches that no VM has had an answer to yet.
    fn pending(&self) -> usize {
        self.vms.iter().map(|vm| vm.fetches.len()).sum()
    }

    fn answer(&mut self, vm: usize, response: Response) -> Fetch {
        let fetch = self.vms[vm].fetches.pop_front().expect("a fetch is pending");
        self.feed(vm, Event::Fetched(fetch.clone(), response));
        fetch
    }

    /// Answers the discovery document and then the keys.
    fn answer_with(&mut self, vm: usize, kids: &[&str]) {
        self.answer(vm, ok(&metadata()));
        self.answer(vm, ok(&jwks(kids)));
    }

    fn has(&self, vm: usize, kid: &str) -> bool {
        self.vms[vm].keyring.keys(ID, self.now).is_some_and(|keys| keys.contains(&KeyId::new(kid)))
    }
}

fn ok(document: &serde_json::Value) -> Response {
    Response::Answered { status: 200, body: document.to_string().into_bytes() }
}

fn status(status: u16) -> Response {
    Response::Answered { status, body: b"no".to_vec() }
}

fn metadata() -> serde_json::Value {
    json!({"issuer": "https://idp.example", "jwks_uri": "https://idp.example/keys?x=1"})
}

fn jwks(kids: &[&str]) -> serde_json::Value {
    // RFC 8037, appendix A.2.
    let key = |kid: &&str| json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    json!({"keys": kids.iter().map(key).collect::<Vec<_>>()})
}

#[test]
fn the_first_tick_fetches_and_every_vm_sees_the_keys() {
    let mut proxy = Proxy::new(5);
    proxy.tick_all();
    assert_eq!(proxy.pending(), 1, "one lease, one fetch");
    let fetch = proxy.answer(0, ok(&metadata()));
    assert_eq!(
        (fetch.step, fetch.url.path(), fetch.cluster.as_str()),
        (FetchStep::Metadata, "/d?x=1", "idp")
    );
    assert!((0..5).all(|vm| proxy.vms[vm].lifecycle.is_fetching(proxy.now)), "the others wait for it");
    let fetch = proxy.answer(0, ok(&jwks(&["a"])));
    assert_eq!((fetch.step, fetch.url.path()), (FetchStep::Keys, "/keys?x=1"));
    proxy.tick_all();
    assert!((0..5).all(|vm| proxy.has(vm, "a")));
    assert_eq!(proxy.pending(), 0);
    assert!(proxy.vms.iter().all(|vm| !vm.lifecycle.is_fetching(proxy.now)));
}

#[test]
fn refresh_is_due_after_the_interval_give_or_take_a_tenth() {
    let mut proxy = Proxy::new(3);
    proxy.tick_all();
    proxy.answer_with(0, &["a"]);
    proxy.pass(3239);
    proxy.tick_all();
    assert_eq!(proxy.pending(), 0);
    proxy.pass(722);
    proxy.tick_all();
    assert_eq!(proxy.pending(), 1);
}

#[test]
fn a_refresh_merges_and_a_key_leaves_only_after_its_time_to_live() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a", "b"]);
    for _ in 0..23 {
        proxy.pass(3961);
        proxy.tick(0);
        if proxy.pending() > 0 {
            proxy.answer_with(0, &["b"]);
        }
        if proxy.now < UnixTime::from_seconds(1_700_000_000 + 86_400) {
            assert!(proxy.has(0, "a") && proxy.has(0, "b"));
        }
    }
    assert!(!proxy.has(0, "a") && proxy.has(0, "b"));
}

#[test]
fn a_failed_or_useless_fetch_changes_no_key_and_backs_off() {
    let useless = [
        status(500),
        status(404),
        status(204),
        Response::Lost,
        Response::TooLarge,
        Response::NoCluster,
        Response::NotSent,
        ok(&json!([])),
        ok(&json!({"jwks_uri": "https://idp.example/keys"})),
        ok(&json!({"issuer": "https://idp.example"})),
        ok(&json!({"issuer": "https://idp.example", "jwks_uri": "http://idp.example/keys"})),
    ];
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    let good = proxy.vms[0].keyring.generation();
    for (failures, response) in (1..).zip(useless) {
        proxy.pass(3961);
        proxy.tick(0);
        proxy.answer(0, response.clone());
        assert!(proxy.has(0, "a"), "{response:?}");
        assert_eq!(proxy.vms[0].keyring.generation(), good);
        let Some(Report::Failed { failures: told, .. }) = proxy.vms[0].reports.last() else {
            panic!("no report")
        };
        assert_eq!(*told, failures);
        proxy.tick(0);
        assert_eq!(proxy.pending(), 0, "not at once");
    }
}

#[test]
fn useless_key_sets_keep_the_old_ones() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    for keys in
        [json!({"keys": []}), json!({}), json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}), json!(null)]
    {
        proxy.pass(3961);
        proxy.tick(0);
        proxy.answer(0, ok(&metadata()));
        proxy.answer(0, ok(&keys));
        assert!(proxy.has(0, "a"), "{keys}");
    }
}

#[test]
fn documents_of_another_issuer_take_no_good_keys_away() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.pass(3961);
    proxy.tick(0);
    let foreign = json!({"issuer": "https://other.example", "jwks_uri": "https://idp.example/keys"});
    proxy.answer(0, ok(&foreign));
    proxy.pass(3961);
    proxy.tick(0);
    proxy.answer(0, ok(&metadata()));
    let mut keys = jwks(&["a"]);
    keys["keys"][0]["issuer"] = json!("https://other.example");
    proxy.answer(0, ok(&keys));
    let errors = proxy.vms[0].reports.iter().filter_map(|report| match report {
        Report::Failed { error, .. } => Some(error.to_string()),
        Report::Fetched { .. } | Report::Unbelieved(_) => None,
    });
    let both = "expected \"https://idp.example\", found \"https://other.example\"";
    assert_eq!(
        errors.collect::<Vec<_>>(),
        [
            format!("the discovery document names another issuer than the one whose keys serve: {both}"),
            format!("every key of the JWKS belongs to another issuer: {both}"),
        ]
    );
    assert!(proxy.has(0, "a"));
    proxy.pass(86_400);
    proxy.tick(0);
    proxy.answer(0, ok(&foreign));
    assert_eq!(proxy.pending(), 1, "nothing serves any more: the provider may have moved");
}

#[test]
fn pauses_double_up_to_their_bound() {
    let mut proxy = Proxy::new(1);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        proxy.tick(0);
        proxy.answer(0, status(500));
        let wake = proxy.vms[0].lifecycle.wake_at(proxy.now);
        pauses.push(wake.saturating_duration_since(proxy.now).as_secs_f64());
        proxy.now = wake;
    }
    for (pause, expected) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]) {
        assert!((expected * 0.89..=expected * 1.11).contains(pause), "{pauses:?}");
    }
}

#[test]
fn keys_serve_until_max_stale_and_then_are_missing() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.pass(86_399);
    assert!(proxy.has(0, "a"));
    proxy.pass(1);
    assert!(!proxy.has(0, "a"));
    proxy.want(0, Want::FirstKeys);
    proxy.answer_with(0, &["a"]);
    assert!(proxy.has(0, "a"));
}

#[test]
fn an_unknown_key_costs_one_fetch_of_the_key_set_per_interval_for_the_whole_proxy() {
    let mut proxy = Proxy::new(4);
    proxy.tick_all();
    proxy.answer_with(0, &["a"]);
    proxy.tick_all();
    for second in 0..601 {
        for vm in 0..4 {
            proxy.want(vm, Want::UnknownKey);
            if let Some(fetch) = proxy.vms[vm].fetches.front() {
                assert_eq!(fetch.step, FetchStep::Keys, "the discovery document is known");
                assert!([0, 300, 600].contains(&second), "a fetch in second {second}");
                proxy.answer(vm, ok(&jwks(&["a"])));
            }
        }
        proxy.pass(1);
    }
    let attempts = proxy.snapshot().record.attempts;
    assert_eq!(attempts, 1 + 3);
}

#[test]
fn attempts_for_an_unknown_key_count_even_when_they_fail() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.want(0, Want::UnknownKey);
    proxy.answer(0, status(500));
    proxy.pass(30);
    proxy.want(0, Want::UnknownKey);
    assert_eq!(proxy.pending(), 0);
    assert!(!proxy.vms[0].lifecycle.is_fetching(proxy.now), "whoever asked is answered now");
}

#[test]
fn a_rotated_key_reaches_the_vm_that_did_not_fetch_it() {
    let mut proxy = Proxy::new(2);
    proxy.tick_all();
    proxy.answer_with(0, &["a"]);
    proxy.tick_all();
    proxy.want(1, Want::UnknownKey);
    proxy.want(0, Want::UnknownKey);
    assert_eq!(proxy.pending(), 1);
    assert!(proxy.vms[0].lifecycle.is_fetching(proxy.now), "it waits for the other VM's fetch");
    proxy.answer(1, ok(&jwks(&["b"])));
    proxy.want(0, Want::UnknownKey);
    assert!(proxy.has(0, "b") && proxy.has(0, "a"));
    assert_eq!(proxy.pending(), 0);
}

/// A request that waits for it wakes the VM itself.
#[test]
fn a_vm_has_nothing_to_do_while_another_one_fetches() {
    let mut proxy = Proxy::new(2);
    proxy.tick(0);
    proxy.tick(1);
    let until = proxy.snapshot().record.lease.expect("the first one fetches").until;
    assert!(until > proxy.now);
    assert_eq!(proxy.vms[1].lifecycle.wake_at(proxy.now), until);
}

#[test]
fn a_lease_ends_when_its_holder_dies() {
    let mut proxy = Proxy::new(2);
    proxy.tick(0);
    proxy.vms[0].fetches.clear();
    proxy.tick(1);
    assert_eq!(proxy.vms[1].fetches.len(), 0);
    proxy.pass(10);
    proxy.tick(1);
    assert_eq!(proxy.vms[1].fetches.len(), 0, "both callouts may still be under way");
    proxy.pass(1);
    proxy.tick(1);
    proxy.answer_with(1, &["a"]);
    assert!(proxy.has(1, "a"));
}

#[test]
fn an_answer_that_comes_after_the_lease_has_ended_is_dropped() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    let late = proxy.vms[0].fetches.pop_front().expect("a fetch is pending");
    proxy.pass(11);
    proxy.tick(0);
    proxy.answer(0, ok(&metadata()));
    proxy.feed(0, Event::Fetched(late, status(500)));
    assert_eq!(proxy.pending(), 1, "the keys are still awaited");
    proxy.answer(0, ok(&jwks(&["a"])));
    assert!(proxy.has(0, "a"));
}

#[test]
fn a_result_is_merged_into_a_record_that_changed_meanwhile() {
    let mut proxy = Proxy::new(2);
    proxy.tick(0);
    proxy.answer(0, ok(&metadata()));
    proxy.pass(12);
    proxy.tick(1);
    proxy.answer_with(1, &["b"]);
    proxy.answer(0, ok(&jwks(&["a"])));
    assert!(proxy.has(0, "a") && proxy.has(0, "b"));
}

#[test]
fn a_clock_that_went_back_stops_nothing() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    proxy.now = proxy.now - Duration::from_secs(1_000_000);
    assert!(proxy.has(0, "a"));
    proxy.tick(0);
    assert_eq!(proxy.pending(), 1, "a refresh is due rather than never");
}

#[test]
fn a_key_set_without_discovery_is_fetched_at_once_and_its_issuer_known_before() {
    let url = Url::parse("https://keys.example/jwks").unwrap();
    let document = ProviderDocument::Jwks { url, issuer: "https://idp.example".to_owned() };
    let mut proxy = Proxy::with(1, &ProviderSettings { document, ..settings() });
    assert!(proxy.vms[0].keyring.issuer(ID).is_some());
    proxy.tick(0);
    let fetch = proxy.answer(0, ok(&jwks(&["a"])));
    assert_eq!(fetch.step, FetchStep::Keys);
    assert!(proxy.has(0, "a"));
}

#[test]
fn keys_on_another_host_come_through_that_hosts_cluster() {
    let elsewhere = json!({"issuer": "https://idp.example", "jwks_uri": "https://keys.example/k"});
    for (jwks_cluster, expected) in [(None, "keys.example"), (Some("own"), "own")] {
        let settings = ProviderSettings { jwks_cluster: jwks_cluster.map(str::to_owned), ..settings() };
        let mut proxy = Proxy::with(1, &settings);
        proxy.tick(0);
        proxy.answer(0, ok(&elsewhere));
        assert_eq!(proxy.vms[0].fetches.front().map(|fetch| fetch.cluster.as_str()), Some(expected));
    }
}

#[test]
fn a_document_must_name_the_configured_issuer_or_be_its_template() {
    let tenant = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
    let wanted = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned();
    let settings = |issuer: &str| ProviderSettings {
        document: ProviderDocument::Discovery {
            url: Url::parse("https://idp.example/d").unwrap(),
            issuer: Some(issuer.to_owned()),
        },
        ..settings()
    };
    let parse = |configured: &str, stated: &str| {
        let document = json!({"issuer": stated, "jwks_uri": "https://idp.example/k"}).to_string();
        ProviderMetadata::parse(document.as_bytes(), &settings(configured)).map(|metadata| metadata.issuer)
    };
    assert_eq!(parse(&wanted, &wanted), Ok(wanted.clone()));
    assert_eq!(parse(&wanted, &template), Ok(wanted.clone()));
    assert_eq!(parse(&template, &template), Ok(template));
    for other in ["https://idp.example", &format!("{wanted}/"), "a\n\u{200b}"] {
        let (stated, configured) = (Excerpt::name(other), Excerpt::name(&wanted));
        assert_eq!(parse(&wanted, other), Err(MetadataError::IssuerMismatch { stated, configured }));
    }
}

#[test]
fn what_is_no_record_reads_as_none() {
    for bytes in [&b""[..], b"{}", b"null", b"\xff", br#"{"schema":2}"#] {
        assert_eq!(Record::parse(bytes), Err(RecordError));
    }
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    let bytes = proxy.snapshot().record.to_bytes();
    assert_eq!(Record::parse(&bytes), Ok(proxy.snapshot().record));
    for end in 0..bytes.len() {
        assert_eq!(Record::parse(&bytes[..end]), Err(RecordError));
    }
}

/// Shared data outlives the module: a new one may find what an old one wrote, and the other way round.
#[test]
fn a_record_of_another_version_is_dropped_whole_and_kept_under_another_name() {
    let mut proxy = Proxy::new(1);
    proxy.tick(0);
    proxy.answer_with(0, &["a"]);
    let text = String::from_utf8(proxy.snapshot().record.to_bytes()).unwrap();
    let ours = format!("{{\"schema\":{SCHEMA},");
    assert!(text.starts_with(&ours), "{text}");
    for version in [0, SCHEMA - 1, SCHEMA + 1] {
        let other = text.replace(&ours, &format!("{{\"schema\":{version},"));
        assert_eq!(Record::parse(other.as_bytes()), Err(RecordError), "{version}");
    }
    let with_more = text.replace(&ours, &format!("{ours}\"later\":1,"));
    assert_eq!(Record::parse(with_more.as_bytes()), Err(RecordError));
    let name = Record::shared_key(&settings(), &refresh(), &limits());
    assert!(name.starts_with(&format!("validate-jwt/{SCHEMA}/")), "{name}");
}
