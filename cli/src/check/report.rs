//! What was found out about files, for people and for programs.

use serde_json::{Value, json};
use validate_jwt::config::{Config, Warning};

use super::advice;
use crate::failure::Failure;
use crate::input::{self, Located, Part, Place, Refused, Unusable};
use crate::output;

/// What was found out about a file.
pub(super) struct Report {
    file: String,
    outcome: Result<Vec<Verdict>, Unusable>,
}

/// What was found out about a configuration.
struct Verdict {
    place: Place,
    outcome: Result<Good, Refused>,
}

/// A configuration that loads, and what to know about it.
pub(super) struct Good {
    pub(super) config: Config,
    pub(super) warnings: Vec<Located<Warning>>,
    /// What looks like a slip.
    pub(super) advice: Vec<String>,
}

impl Report {
    pub(super) fn of(file: &str) -> Self {
        let outcome = input::in_file(file).map(|parts| parts.iter().map(Verdict::of).collect());
        Self { file: file.to_owned(), outcome }
    }

    /// The exit status for it.
    pub(super) fn status(&self) -> u8 {
        match &self.outcome {
            Ok(verdicts) => u8::from(verdicts.iter().any(|verdict| verdict.outcome.is_err())),
            Err(Unusable::Refused(_)) => 1,
            Err(_) => 2,
        }
    }

    /// For people: what is good to standard output, what is wrong to standard error.
    pub(super) fn print(&self) -> Result<(), Failure> {
        match &self.outcome {
            Err(unusable) => drop(output::reject(unusable)),
            Ok(verdicts) => {
                for Verdict { place, outcome } in verdicts {
                    match outcome {
                        Ok(good) => drop(output::print(&super::summary(good, place))?),
                        Err(refused) => output::complain(&refused.to_string()),
                    }
                }
            }
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let Self { file, outcome } = self;
        let ok = self.status() == 0;
        match outcome {
            Ok(verdicts) => {
                let parts: Vec<Value> = verdicts.iter().map(Verdict::to_json).collect();
                json!({"file": file, "ok": ok, "parts": parts, "problems": []})
            }
            Err(Unusable::Refused(refused)) => {
                json!({"file": file, "ok": ok, "parts": [], "problems": problems(refused)})
            }
            Err(failure) => {
                json!({"file": file, "ok": ok, "parts": [], "problems": [{"message": failure.to_string()}]})
            }
        }
    }
}

impl Verdict {
    fn of(part: &Part) -> Self {
        let outcome = part.config().map(|config| {
            let (warnings, advice) = (part.warnings(&config), advice::advice(&config));
            Good { config, warnings, advice }
        });
        Self { place: part.place().clone(), outcome }
    }

    fn to_json(&self) -> Value {
        let Place { line, path, holder, .. } = &self.place;
        let (problems, warnings) = match &self.outcome {
            Err(refused) => (problems(refused), Vec::new()),
            Ok(Good { warnings, advice, .. }) => {
                let located = warnings.iter().map(Located::<Warning>::to_json);
                let advice = advice.iter().map(|text| json!({"message": text}));
                (Vec::new(), located.chain(advice).collect())
            }
        };
        json!({
            "line": line,
            "path": path,
            "holder": holder.as_ref().map(|holder| holder.name.as_str()),
            "taken_because": holder.as_ref().map(|holder| holder.sign.text()),
            "ok": self.outcome.is_ok(),
            "problems": problems,
            "warnings": warnings,
        })
    }
}

fn problems(refused: &Refused) -> Vec<Value> {
    refused.problems.iter().map(Located::<validate_jwt::config::Problem>::to_json).collect()
}

/// All of it, for programs.
pub(super) fn to_json(reports: &[Report]) -> Value {
    let files: Vec<Value> = reports.iter().map(Report::to_json).collect();
    json!({"ok": reports.iter().all(|report| report.status() == 0), "files": files})
}
