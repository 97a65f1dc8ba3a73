//! What a history is made of: the host, the providers, the configuration and its times.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::filter::Profile;

use crate::chance::Chance;

/// One history's circumstances.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) profile: Profile,
    pub(crate) workers: usize,
    pub(crate) providers: Vec<Identity>,
    pub(crate) layout: Layout,
    /// The times of every configuration that this history loads.
    pub(crate) times: Times,
    /// How long faults go on.
    pub(crate) faults_end: Duration,
    pub(crate) may: Faults,
}

/// Which kinds of faults a history has, in percent of the occasions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) lost_swaps: u64,
    pub(crate) doubled_answers: u64,
    pub(crate) lost_answers: u64,
    pub(crate) unsent: u64,
    pub(crate) deaths: u64,
    pub(crate) jumps: u64,
    pub(crate) reconfigurations: u64,
    pub(crate) illnesses: u64,
    pub(crate) rotations: u64,
    /// A provider shows a part of its keys each time.
    pub(crate) parts: u64,
}

/// A provider as the operator knows it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) host: &'static str,
    pub(crate) issuer: &'static str,
    pub(crate) pinned: Pinned,
}

/// Which policies the providers stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In one.
    Together,
    /// In one each; a rule takes any of them.
    AnyOf,
}

/// Whether the configuration names the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pinned {
    Yes,
    No,
}

/// `key_refresh`, as short as a history needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) interval: Duration,
    pub(crate) key_ttl: Duration,
    pub(crate) unknown_kid_interval: Duration,
    pub(crate) retry_initial: Duration,
    pub(crate) retry_max: Duration,
    pub(crate) max_stale: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) timeout: Duration,
}

impl Times {
    /// How long a fetch may block others from trying: the lease of a worker that has died.
    pub(crate) fn lease(&self) -> Duration {
        self.timeout * 2 + Duration::from_secs(1)
    }
}

/// What tokens have to be for.
pub(crate) const AUDIENCE: &str = "api://orders";

impl Plan {
    pub(crate) fn of(seed: u64, chance: &mut Chance) -> Self {
        let seconds = Duration::from_secs;
        let half = Duration::from_millis(500);
        let times = Times {
            interval: chance.pick(&[seconds(20), seconds(60)]),
            key_ttl: chance.pick(&[seconds(40), seconds(120)]),
            unknown_kid_interval: chance.pick(&[seconds(5), seconds(15)]),
            retry_initial: chance.pick(&[half, seconds(1)]),
            retry_max: chance.pick(&[seconds(4), seconds(8)]),
            max_stale: chance.pick(&[seconds(30), seconds(90)]),
            max_wait: chance.pick(&[seconds(3), seconds(6)]),
            timeout: chance.pick(&[seconds(1), seconds(2)]),
        };
        let one = [Identity { host: "idp-a.example", issuer: "https://idp-a.example", pinned: Pinned::Yes }];
        let pinned = chance.pick(&[Pinned::Yes, Pinned::No]);
        let two = [
            Identity { host: "idp-a.example", issuer: "https://idp-a.example", pinned },
            Identity { host: "idp-b.example", issuer: "https://idp-b.example", pinned: Pinned::Yes },
        ];
        let mut some = |percent: u64| if chance.percent(50) { percent } else { 0 };
        let may = Faults {
            lost_swaps: some(20),
            doubled_answers: some(20),
            lost_answers: some(5),
            unsent: some(5),
            deaths: some(30),
            jumps: some(10),
            reconfigurations: some(15),
            illnesses: some(60),
            rotations: some(60),
            parts: some(60),
        };
        Self {
            profile: if chance.percent(80) { Profile::ENVOY } else { Profile::NGINX },
            workers: chance.pick(&[1, 2, 3]),
            providers: if chance.percent(50) { one.to_vec() } else { two.to_vec() },
            // Not by chance, so that each seed's history stays what it was when there was one layout only.
            layout: if seed % 4 == 1 { Layout::AnyOf } else { Layout::Together },
            times,
            faults_end: seconds(25 + chance.below(40)),
            may,
        }
    }

    /// The configuration; `variant` stands for a change that must cost no keys.
    pub(crate) fn configuration(&self, variant: u64) -> Value {
        let secs = |time: Duration| json!(time.as_secs_f64());
        let Times { interval, key_ttl, unknown_kid_interval, retry_initial, retry_max, max_stale, .. } =
            self.times;
        let providers: Vec<Value> = self
            .providers
            .iter()
            .map(|provider| {
                let mut entry = json!({
                    "url": format!("https://{}/.well-known/openid-configuration", provider.host),
                    "timeout": secs(self.times.timeout),
                });
                if provider.pinned == Pinned::Yes {
                    entry["issuer"] = json!(provider.issuer);
                }
                entry
            })
            .collect();
        // Each variant is at least as patient as the times say.
        let max_stale = max_stale + Duration::from_secs(10 * (variant % 2));
        let keys = 50 + variant % 7;
        let mut configuration = json!({
            "key_refresh": {
                "interval": secs(interval), "key_ttl": secs(key_ttl),
                "unknown_kid_interval": secs(unknown_kid_interval), "retry_initial": secs(retry_initial),
                "retry_max": secs(retry_max), "max_stale": secs(max_stale), "max_wait": secs(self.times.max_wait),
            },
            "limits": {"keys": keys, "held_requests": 20},
        });
        let policy = |providers: &[Value]| json!({"openid_config": providers, "audiences": [AUDIENCE]});
        match self.layout {
            Layout::Together => configuration["validate_jwt"] = policy(&providers),
            Layout::AnyOf => {
                let names: Vec<String> = (0..providers.len()).map(|at| format!("policy{at}")).collect();
                for (name, provider) in names.iter().zip(providers) {
                    configuration["policies"][name] = json!({"validate_jwt": policy(&[provider])});
                }
                configuration["rules"] = json!([{"match": {}, "policy": names}]);
            }
        }
        configuration
    }
}
