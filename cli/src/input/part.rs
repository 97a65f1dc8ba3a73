//! A configuration of the filter, and where it was found.

use std::rc::Rc;

use serde_json::Value;
use validate_jwt::config::{Config, Naming, Problem, Warning, nearest};

use super::clusters::Clusters;
use super::handed::Handed;
use super::located::{Located, Refused};
use super::place::Place;
use super::unusable::Unusable;

/// A configuration of the filter.
#[derive(Debug)]
pub(crate) struct Part {
    place: Place,
    handed: Handed,
    /// What is wrong around the configuration.
    pub(super) problems: Vec<Located<Problem>>,
    /// What to know about what is around it.
    pub(super) remarks: Vec<Located<Warning>>,
    /// The policies that routes choose.
    pub(super) chosen: Rc<[Chosen]>,
    pub(super) clusters: Rc<Clusters>,
}

/// A policy that a route chooses.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) line: usize,
    pub(super) path: String,
    pub(super) policy: String,
}

impl Part {
    pub(super) fn new(place: Place, handed: Handed) -> Self {
        Self {
            place,
            handed,
            problems: Vec::new(),
            remarks: Vec::new(),
            chosen: Rc::from([]),
            clusters: Rc::default(),
        }
    }

    /// Where it was found.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The clusters that the same file defines.
    pub(crate) fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The configuration, as the filter reads it.
    ///
    /// # Errors
    ///
    /// All that is wrong with it and around it.
    pub(crate) fn config(&self) -> Result<Config, Refused> {
        let mut problems = self.problems.clone();
        let read = self.handed.read();
        match &read {
            Ok(config) => {
                problems.extend(self.unknown_choices(config));
                problems.extend(self.missing_clusters(config));
            }
            Err(found) => problems.extend(found.iter().cloned()),
        }
        match read {
            Ok(config) if problems.is_empty() => Ok(config),
            _ => Err(Refused { place: self.place.clone(), problems }),
        }
    }

    /// The configuration as JSON has it; a policy in XML as `policy_xml`.
    pub(crate) fn to_value(&self) -> Value {
        self.handed.to_value()
    }

    /// What to know about the configuration and what is around it.
    pub(crate) fn warnings(&self, config: &Config) -> Vec<Located<Warning>> {
        let own = config.warnings.iter().map(|warning| {
            let (line, path) = self.handed.locate(&warning.path);
            Located { line, path, told: warning.clone() }
        });
        let mut warnings: Vec<_> = own.chain(self.remarks.iter().cloned()).collect();
        for remark in config.providers.iter().flat_map(|provider| self.clusters().remarks(provider)) {
            if !warnings.contains(&remark) {
                warnings.push(remark);
            }
        }
        warnings
    }

    /// Policies that routes choose and that nobody knows: every request of such a route is answered 403.
    fn unknown_choices(&self, config: &Config) -> Vec<Located<Problem>> {
        if config.naming == Naming::Single {
            return Vec::new();
        }
        let known = || config.policies.iter().map(|policy| &*policy.name).chain(["allow"]);
        let unknown = self.chosen.iter().filter(|chosen| !known().any(|name| name == chosen.policy));
        let problems = unknown.map(|Chosen { line, path, policy }| {
            let names: Vec<String> = known().map(|name| format!("{name:?}")).collect();
            let mut problem = Located::at(*line, path, format!("{policy:?}"), names.join(" or "));
            problem.told.suggestion = nearest(policy, known()).map(|name| format!("{name:?}"));
            problem
        });
        problems.collect()
    }

    /// Clusters that the proxy cannot have: no key would ever come.
    fn missing_clusters(&self, config: &Config) -> Vec<Located<Problem>> {
        if !self.clusters().are_all() {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for provider in &config.providers {
            for (name, field, address) in [
                (Some(&provider.cluster), "cluster", provider.document.url().to_string()),
                (provider.jwks_cluster.as_ref(), "jwks_cluster", String::new()),
            ] {
                let Some(name) = name.filter(|name| self.clusters().named(name).is_none()) else { continue };
                let mut path = self.handed.path_to(&[field], name);
                if path.is_empty() {
                    path = self.handed.path_to(&["url", "jwks_uri"], &address);
                }
                let (line, full) = self.handed.locate(&path);
                let allowed = format!("a cluster of this file: {}", self.clusters().names());
                let suggestion = self.clusters().nearest(name).map(|name| format!("{name:?}"));
                let told = Problem { path, found: format!("the cluster {name:?}"), allowed, suggestion };
                let problem = Located { line, path: full, told };
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems
    }
}

/// The only one of several, or one of several alike.
pub(super) fn only(mut parts: Vec<Part>) -> Result<Part, Unusable> {
    let lines: Vec<usize> = parts.iter().map(|part| part.place.line).collect();
    match parts.pop() {
        Some(last) if parts.iter().all(|part| part.handed.is_same(&last.handed)) => Ok(last),
        last => Err(Unusable::Several { file: last.map(|part| part.place.file).unwrap_or_default(), lines }),
    }
}
