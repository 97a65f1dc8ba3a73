//! The alerts of `deploy/monitoring`, judged by Prometheus's own `promtool` over what a real Envoy tells: each fires in its
//! fault, and is silent before and after. A scrape stands for some minutes, so that nobody waits for them.

use std::collections::BTreeMap;
use std::env;
use std::fs;

use serde_json::{Value, json};
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::promtool::Promtool;
use validate_jwt_testbed::token::{RsaFixture, SigningKey};
use validate_jwt_testbed::{Error, workspace};

use crate::lab::{AUDIENCE, entra, filter, with};
use crate::metrics::with_the_documents_labels;

#[tokio::test]
async fn a_start_without_a_provider_raises_two_alerts_and_its_return_clears_them() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    idp.stop().await?;
    let times = json!({"key_refresh": {"retry_initial": 0.2, "retry_max": 0.5, "max_wait": 0.1}});
    let site = Site::start(&idp, with(entra(&idp, &json!({})), &times)).await?;
    let mut told = Recording::of_minutes(1);
    for minute in 0..12 {
        // So that some of these minutes are seconds.
        if minute % 4 == 0 {
            site.envoy.wait_for_stat(AGE, site.envoy.stat(AGE).await? + 1).await?;
        }
        assert_eq!(site.status("/", &site.good).await?, 503);
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    let outage = told.now();
    // As after another configuration, which has another provider.
    let mut without = told.clone();
    without.stand_still(14);
    without.judge(
        &rules(),
        &[(outage, "ValidateJwtNoKeys", Firing), (without.now(), "ValidateJwtNoKeys", Silent)],
    )?;
    idp.restart()?;
    site.envoy.wait_for_stat(USABLE, 1).await?;
    // Each of these waits for keys for as long as `max_wait` says.
    let mut refused = 0;
    while site.status("/", &site.good).await? != 200 {
        refused += 1;
        assert!(refused < 1000, "keys are there, and do not serve");
    }
    for _ in 0..12 {
        assert_eq!(site.status("/", &site.good).await?, 200);
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    told.judge(
        &rules(),
        &[
            (outage, "ValidateJwtNoKeys", Firing),
            (outage, "ValidateJwtCallersRefusedForKeys", Firing),
            (told.now(), "ValidateJwtNoKeys", Silent),
            (told.now(), "ValidateJwtCallersRefusedForKeys", Silent),
        ],
    )
}

#[tokio::test]
async fn an_outage_that_callers_do_not_notice_raises_two_alerts_and_its_end_clears_them() -> Result<(), Error>
{
    let idp = IdentityProvider::start()?;
    let times = json!({"key_refresh": {"interval": 0.2, "retry_initial": 0.2, "retry_max": 0.5}});
    let site = Site::start(&idp, with(entra(&idp, &json!({})), &times)).await?;
    let mut told = Recording::of_minutes(1);
    for round in 1..=20 {
        site.envoy.wait_for_stat(FETCH_SUCCESS, round).await?;
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    let before = told.now();
    idp.stop().await?;
    let failures = site.envoy.stat(FETCH_FAILURE).await?;
    for round in 1..=24 {
        site.envoy.wait_for_stat(FETCH_FAILURE, failures + round).await?;
        assert_eq!(site.status("/", &site.good).await?, 200);
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    let outage = told.now();
    idp.restart()?;
    let successes = site.envoy.stat(FETCH_SUCCESS).await?;
    for round in 1..=24 {
        site.envoy.wait_for_stat(FETCH_SUCCESS, successes + round).await?;
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    // No test has three hours: the keys are old after one second.
    let impatient = rules().replace("> 3 * 3600", "> 1");
    assert_ne!(impatient, rules());
    let states = [(before, Silent), (outage, Firing), (told.now(), Silent)];
    let expected: Vec<_> = ["ValidateJwtFetchesFail", "ValidateJwtKeysOld"]
        .iter()
        .flat_map(|alert| states.iter().map(move |(moment, state)| (*moment, *alert, *state)))
        .collect();
    told.judge(&impatient, &expected)
}

#[tokio::test]
async fn a_missing_filter_and_bad_tokens_raise_their_alerts_and_every_panel_has_something_to_show()
-> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let mut told = Recording::of_minutes(1);
    let bare = Envoy::start(Bootstrap::new(), Options::default()).await?;
    for _ in 0..12 {
        told.scrape(&[("a", &bare)]).await?;
    }
    let bare_alone = told.now();
    drop(bare);
    let configuration = json!({
        "policies": {
            "strict": entra(&idp, &json!({})),
            "trial": entra(&idp, &json!({"mode": "report_only"})),
        },
        "rules": [{"match": {"path": "/trial"}, "policy": "trial"}, {"match": {}, "policy": "strict"}],
    });
    let site = Site::start(&idp, configuration).await?;
    for _ in 0..24 {
        assert_eq!(site.status("/", &site.good).await?, 200);
        assert_eq!(site.status("/trial", &site.good).await?, 200);
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    let healthy = told.now();
    let stranger = SigningKey::rsa(RsaFixture::Stranger).with_key_id("stranger");
    let forged = idp.token_v2(CONTOSO, AUDIENCE).sign(&stranger);
    let expired = idp.token_v2(CONTOSO, AUDIENCE).expires_in(-60).sign(&idp.signing_key());
    // The first of these waits for a fetch, as its key may be a new one.
    assert_eq!(site.status("/", &forged).await?, 401);
    for histogram in ["keys.127_0_0_1.fetch_milliseconds", "held_milliseconds"] {
        site.envoy.wait_for_histogram(&format!("wasmcustom.validate_jwt.{histogram}")).await?;
    }
    for _ in 0..24 {
        assert_eq!(site.status("/", &site.good).await?, 200);
        assert_eq!(site.status("/", &forged).await?, 401);
        assert_eq!(site.status("/trial", &expired).await?, 200);
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    let attacked = told.now();
    for _ in 0..45 {
        assert_eq!(site.status("/", &site.good).await?, 200);
        told.scrape(&[("a", &site.envoy)]).await?;
    }
    let mut expected =
        vec![(bare_alone, "ValidateJwtNotLoaded", Firing), (healthy, "ValidateJwtNotLoaded", Silent)];
    for alert in ["ValidateJwtSignaturesRefused", "ValidateJwtManyRefusals", "ValidateJwtWouldReject"] {
        expected.extend([(healthy, alert, Silent), (attacked, alert, Firing), (told.now(), alert, Silent)]);
    }
    told.judge(&rules(), &expected)?;
    told.answers(attacked, &panels())
}

/// Whoever started after a rotation without warning lacks the key that the other one still takes.
#[tokio::test]
async fn proxies_that_hold_different_keys_raise_an_alert_until_they_hold_the_same() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let behind = Site::start(&idp, entra(&idp, &json!({}))).await?;
    behind.envoy.wait_for_stat(USABLE, 1).await?;
    let mut told = Recording::of_minutes(10);
    idp.rotate_now();
    let ahead = Site::start(&idp, entra(&idp, &json!({}))).await?;
    ahead.envoy.wait_for_stat(USABLE, 1).await?;
    let alert = "ValidateJwtKeySetsDiffer";
    for _ in 0..160 {
        told.scrape(&[("a", &behind.envoy), ("b", &ahead.envoy)]).await?;
    }
    let apart = told.now();
    drop(behind);
    let restarted = Site::start(&idp, entra(&idp, &json!({}))).await?;
    restarted.envoy.wait_for_stat(USABLE, 1).await?;
    for _ in 0..3 {
        told.scrape(&[("a", &restarted.envoy), ("b", &ahead.envoy)]).await?;
    }
    told.judge(&rules(), &[(apart / 2, alert, Silent), (apart, alert, Firing), (told.now(), alert, Silent)])
}

#[test]
fn promtool_takes_alerts_and_scrape_configuration() -> Result<(), Error> {
    let Some(promtool) = promtool()? else { return Ok(()) };
    let folder = workspace::root().join("deploy/monitoring");
    promtool.check_rules(&folder.join("alerts.yaml"))?;
    // Debian's knows no Kubernetes.
    let text =
        fs::read_to_string(folder.join("prometheus.yaml")).map_err(Error::io("reading prometheus.yaml"))?;
    let there = folder.join("alerts.yaml").to_string_lossy().into_owned();
    let text = text.replace("- alerts.yaml", &format!("- {there}"));
    let known = text.replace("kubernetes_sd_configs:\n      - role: pod", "static_configs: []");
    assert_ne!(known, text);
    let file = workspace::target().join(format!("prometheus-{}.yaml", std::process::id()));
    fs::write(&file, known).map_err(Error::io("writing the configuration"))?;
    promtool.check_configuration(&file)?;
    fs::remove_file(&file).map_err(Error::io("removing the configuration"))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Firing,
    Silent,
}

use State::{Firing, Silent};

/// A proxy with the filter, whose metrics have the documents' labels.
struct Site {
    envoy: Envoy,
    good: String,
    _api: EchoApi,
}

impl Site {
    async fn start(idp: &IdentityProvider, configuration: Value) -> Result<Self, Error> {
        let api = EchoApi::start()?;
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("idp", idp.address()))
            .listener(Listener::new("main").filter(filter(configuration).await?));
        let bootstrap = with_the_documents_labels(bootstrap);
        let envoy = Envoy::start(bootstrap, Options::default()).await?;
        let good = idp.token_v2(CONTOSO, AUDIENCE).sign(&idp.signing_key());
        Ok(Self { envoy, good, _api: api })
    }

    async fn status(&self, path: &str, token: &str) -> Result<u16, Error> {
        let address = self.envoy.address("main").await?;
        Ok(Request::get(path).bearer(token).send(address).await?.status)
    }
}

/// What Prometheus would have stored.
#[derive(Clone)]
struct Recording {
    minutes_per_scrape: usize,
    scrapes: usize,
    series: BTreeMap<String, Vec<String>>,
}

impl Recording {
    fn of_minutes(minutes_per_scrape: usize) -> Self {
        Self { minutes_per_scrape, scrapes: 0, series: BTreeMap::new() }
    }

    /// The minute of the last scrape.
    fn now(&self) -> usize {
        (self.scrapes - 1) * self.minutes_per_scrape
    }

    /// Scrapes these proxies, as job `validate-jwt`.
    async fn scrape(&mut self, proxies: &[(&str, &Envoy)]) -> Result<(), Error> {
        for (instance, envoy) in proxies {
            let text = Request::get("/stats/prometheus").send(envoy.admin_address()).await?.text();
            let target = format!(r#"job="validate-jwt",instance="{instance}""#);
            self.note(format!("up{{{target}}}"), "1");
            for line in text.lines().filter(|line| line.starts_with("validate_jwt_")) {
                let (series, value) = line.rsplit_once(' ').expect("a value");
                let (name, labels) = series.split_once('{').expect("labels");
                let comma = if labels == "}" { "" } else { "," };
                self.note(format!("{name}{{{target}{comma}{labels}"), value);
            }
        }
        self.scrapes += 1;
        Ok(())
    }

    /// Scrapes as often, while nothing changes any more.
    fn stand_still(&mut self, times: usize) {
        for values in self.series.values_mut() {
            let last = values.last().cloned().expect("it was scraped");
            values.extend(std::iter::repeat_n(last, times));
        }
        self.scrapes += times;
    }

    fn note(&mut self, series: String, value: &str) {
        let values = self.series.entry(series).or_default();
        // `_` is a scrape in which the series was not there.
        values.resize(self.scrapes, "_".to_owned());
        values.push(value.to_owned());
    }

    /// Asserts which alerts fire when.
    fn judge(&self, rules: &str, expected: &[(usize, &str, State)]) -> Result<(), Error> {
        let queries: Vec<Value> = expected
            .iter()
            .map(|(minute, alert, state)| {
                assert!(rules.contains(&format!("alert: {alert}\n")), "there is no alert {alert}");
                let firing = format!(r#"count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0"#);
                query(&firing, *minute, *state == Firing)
            })
            .collect();
        self.ask(rules, &queries)
    }

    /// Asserts that queries have something to say at a moment.
    fn answers(&self, minute: usize, queries: &[String]) -> Result<(), Error> {
        let queries: Vec<Value> =
            queries.iter().map(|asked| query(&format!("count({asked}) > bool 0"), minute, true)).collect();
        assert!(queries.len() > 10, "the dashboard was read");
        self.ask(&rules(), &queries)
    }

    fn ask(&self, rules: &str, queries: &[Value]) -> Result<(), Error> {
        let Some(promtool) = promtool()? else { return Ok(()) };
        let interval = format!("{}m", self.minutes_per_scrape);
        let series: Vec<Value> = self
            .series
            .iter()
            .map(|(name, values)| json!({"series": name, "values": values.join(" ")}))
            .collect();
        let file = workspace::target().join(format!("alerts-{}-{:p}.yaml", std::process::id(), self));
        fs::write(&file, rules).map_err(Error::io("writing the rules"))?;
        promtool.test(&json!({
            "rule_files": [file],
            "evaluation_interval": interval,
            "tests": [{"interval": interval, "input_series": series, "promql_expr_test": queries}],
        }))?;
        fs::remove_file(&file).map_err(Error::io("removing the rules"))
    }
}

/// A query whose answer is 1 without labels, or nothing.
fn query(expression: &str, minute: usize, answered: bool) -> Value {
    let samples = if answered { json!([{"labels": "{}", "value": 1}]) } else { json!([]) };
    json!({"expr": expression, "eval_time": format!("{minute}m"), "exp_samples": samples})
}

/// Without `promtool` there is no verdict: said aloud, and a failure in CI.
fn promtool() -> Result<Option<Promtool>, Error> {
    match Promtool::find() {
        Err(error) if env::var_os("CI").is_none() => {
            println!("skipped: {error}");
            Ok(None)
        }
        found => found.map(Some),
    }
}

fn rules() -> String {
    read("alerts.yaml")
}

/// The queries of the dashboard, for all policies and providers.
fn panels() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().cloned().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let queries = targets.map(|target| target["expr"].as_str().expect("a query").to_owned());
    let filled = |query: String| {
        query.replace("$__rate_interval", "5m").replace("$policy", ".*").replace("$provider", ".*")
    };
    queries.map(filled).collect()
}

fn read(name: &str) -> String {
    let file = workspace::root().join("deploy/monitoring").join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

const AGE: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.age_seconds";

const USABLE: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.usable";
const FETCH_SUCCESS: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.fetch_success";
const FETCH_FAILURE: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.fetch_failure";
