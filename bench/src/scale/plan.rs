//! What is to grow, and how far.

use std::time::Duration;

use serde_json::{Value, json};

use validate_jwt_testbed::Error;

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How often everything has its turn.
    pub rounds: usize,
    /// Numbers of plugins in an Envoy with two workers.
    pub plugins: Vec<usize>,
    /// Numbers of workers, with one plugin.
    pub workers: Vec<u32>,
    /// Numbers of policies in one plugin.
    pub policies: Vec<usize>,
    /// Numbers of live tokens, which come in turn.
    pub tokens: Vec<usize>,
    /// Least requests per round, which is all tokens once or several times.
    pub requests: usize,
    /// A window for telling whether what follows a start is over: no less than the period of the filter's slowest timer.
    pub settling: Duration,
    /// How long an idle Envoy is watched.
    pub watched: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            rounds: 3,
            plugins: vec![1, 10, 100, 500],
            workers: vec![1, 4, 16, 64],
            policies: vec![1, 10, 100, 1000],
            tokens: vec![1, 1000, 20_000, 100_000],
            requests: 10_000,
            settling: Duration::from_secs(2),
            watched: Duration::from_secs(10),
        }
    }
}

impl Plan {
    /// Leaves out all growth that has none of some words, which are separated by `|`, in its name.
    pub fn only(self, words: &str) -> Result<Self, Error> {
        let named = |name: &str| words.split('|').any(|word| !word.is_empty() && name.contains(word));
        if !GROWTH.iter().any(|name| named(name)) {
            let detail = format!("expected some of {} for --only, found {words:?}", GROWTH.join("|"));
            return Err(Error::configuration(detail));
        }
        let Self { mut plugins, mut workers, mut policies, mut tokens, .. } = self;
        plugins.retain(|_| named("plugins"));
        workers.retain(|_| named("workers"));
        policies.retain(|_| named("policies"));
        tokens.retain(|_| named("tokens"));
        Ok(Self { plugins, workers, policies, tokens, ..self })
    }
}

/// A setting of `verdict_cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// The defaults: 8192 verdicts in 16 MiB.
    Default,
    /// Any number of verdicts in 16 MiB.
    Bytes,
    /// Room for all of them.
    Roomy,
}

impl Cache {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 3] = [Self::Default, Self::Bytes, Self::Roomy];

    /// Its name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Self::Default => "defaults: 8192 verdicts, 16 MiB",
            Self::Bytes => "200,000 verdicts, 16 MiB",
            Self::Roomy => "200,000 verdicts, 512 MiB",
        }
    }

    /// A few words for a picture.
    pub(super) fn room(self) -> &'static str {
        match self {
            Self::Default => "8192 verdicts, 16 MiB",
            Self::Bytes => "16 MiB",
            Self::Roomy => "512 MiB",
        }
    }

    /// A configuration with it.
    pub(super) fn in_configuration(self, mut configuration: Value) -> Value {
        match self {
            Self::Default => {}
            Self::Bytes => configuration["verdict_cache"] = json!({"max_entries": 200_000}),
            Self::Roomy => {
                configuration["verdict_cache"] = json!({"max_entries": 200_000, "max_bytes": 512 << 20});
            }
        }
        configuration
    }
}

/// What grows, in the order of the report.
const GROWTH: [&str; 4] = ["plugins", "workers", "policies", "tokens"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_grows() {
        let plan = Plan::default().only("workers|tokens").expect("two names");
        assert!(plan.plugins.is_empty() && plan.policies.is_empty());
        assert_eq!((plan.workers, plan.tokens), (Plan::default().workers, Plan::default().tokens));
    }

    #[test]
    fn a_name_of_nothing_is_refused_and_the_names_are_told() {
        for words in ["", "|", "plugin-1"] {
            let error = Plan::default().only(words).expect_err(words).to_string();
            assert!(error.contains("plugins|workers|policies|tokens"), "{error}");
        }
    }
}
