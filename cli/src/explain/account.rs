//! What is told of a verdict.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Value, json};
use validate_jwt::excerpt::Excerpt;
use validate_jwt::gate::{HeaderEdit, Rejection, Stake, Verdict};
use validate_jwt::time::UnixTime;

use super::at_stake;
use super::remedy;
use crate::evaluation::{Asked, Evaluation, Fate};

/// A verdict, with why and what to do about it.
pub(crate) struct Account {
    fate: Fate,
    status: Option<u16>,
    policy: Option<String>,
    refusal: Option<Refusal>,
    /// What the upstream gets otherwise than the client sent it.
    changes: Vec<String>,
    /// What the filter served.
    served: Option<String>,
    notes: Vec<String>,
}

/// Why a request is refused, or would be.
struct Refusal {
    reason: &'static str,
    description: &'static str,
    /// What lies behind it, as the log has it: the likeliest cause, the values at stake, the likeliest slip.
    causes: Vec<String>,
    /// What to change, and where.
    remedies: Vec<String>,
    key_id: Option<String>,
    issuer: Option<String>,
}

impl Account {
    pub(crate) fn of(evaluation: &Evaluation, asked: &Asked, now: UnixTime) -> Self {
        let (changes, served) = match &evaluation.verdict {
            Verdict::Forward(admission) => (admission.edits().iter().map(change).collect(), None),
            Verdict::Refuse(_) => (Vec::new(), None),
            Verdict::Serve(served) => {
                (Vec::new(), Some(String::from_utf8_lossy(&served.answer.body).into_owned()))
            }
        };
        Self {
            fate: evaluation.fate(),
            status: evaluation.answer(&asked.method).map(|answer| answer.status),
            policy: evaluation.decided_by().map(str::to_owned),
            refusal: evaluation.refusal().map(|rejection| Refusal::of(rejection, evaluation, asked, now)),
            changes,
            served,
            notes: evaluation.notes.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether the request would be answered well.
    pub(crate) fn goes_on(&self) -> bool {
        self.fate != Fate::Rejected
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            line(&mut text, "note: ", note);
        }
        line(&mut text, "", &self.headline());
        if let Some(refusal) = &self.refusal {
            line(&mut text, "  ", refusal.description);
            for told in refusal.causes.iter().chain(&refusal.remedies) {
                line(&mut text, "  ", told);
            }
            for (name, value) in [("kid: ", &refusal.key_id), ("iss: ", &refusal.issuer)] {
                if let Some(value) = value {
                    line(&mut text, "  ", &format!("{name}{value}"));
                }
            }
        }
        for change in &self.changes {
            line(&mut text, "  ", change);
        }
        if let Some(served) = &self.served {
            line(&mut text, "", served);
        }
        text
    }

    fn headline(&self) -> String {
        let policy = self.policy.as_deref().unwrap_or("-");
        let reason = self.refusal.as_ref().map_or("-", |refusal| refusal.reason);
        match self.fate {
            Fate::Allowed => format!("allowed by policy {policy}"),
            Fate::Anonymous => format!("allowed without a token by policy {policy}"),
            Fate::Exempt => "allowed without a token, by a rule".to_owned(),
            Fate::WouldReject => format!("would be refused: {reason} (policy {policy} only reports)"),
            Fate::Served => "answered with the protected resource metadata, without a token".to_owned(),
            Fate::Rejected => {
                format!("refused: {reason} (status {}, policy {policy})", self.status.unwrap_or_default())
            }
        }
    }

    /// What lies behind a refusal, and what to do about it.
    pub(crate) fn why(&self) -> Vec<String> {
        let refusal = self.refusal.iter();
        let told = refusal.flat_map(|refusal| refusal.causes.iter().chain(&refusal.remedies)).cloned();
        self.notes.iter().map(|note| format!("note: {note}")).chain(told).collect()
    }

    pub(crate) fn json(&self) -> Value {
        let refusal = self.refusal.as_ref().map(|refusal| {
            json!({
                "reason": refusal.reason,
                "description": refusal.description,
                "causes": refusal.causes,
                "remedies": refusal.remedies,
                "kid": refusal.key_id,
                "iss": refusal.issuer,
            })
        });
        json!({
            "outcome": self.fate.word(),
            "status": self.status,
            "policy": self.policy,
            "refusal": refusal,
            "changes": self.changes,
            "served": self.served,
            "notes": self.notes,
        })
    }
}

impl Refusal {
    fn of(rejection: &Rejection, evaluation: &Evaluation, asked: &Asked, now: UnixTime) -> Self {
        let mut causes: Vec<String> = Vec::new();
        causes.extend(rejection.diagnosis.map(|diagnosis| diagnosis.advice().to_owned()));
        let stake = rejection.subject.stake.as_ref();
        causes.extend(stake.map(Stake::text));
        causes.extend(stake.and_then(Stake::advice).map(Cow::into_owned));
        causes.extend(at_stake::told(rejection, evaluation, asked, now));
        let text = |excerpt: &Option<Excerpt>| excerpt.as_ref().map(|excerpt| excerpt.as_str().to_owned());
        Self {
            reason: rejection.reason.code(),
            description: rejection.reason.description(),
            causes,
            remedies: remedy::remedies(rejection, evaluation, asked),
            key_id: text(&rejection.subject.key_id),
            issuer: text(&rejection.subject.issuer),
        }
    }
}

/// A change of the request.
fn change(edit: &HeaderEdit) -> String {
    match edit {
        HeaderEdit::Remove(name) => format!("removes {name}"),
        HeaderEdit::Set(name, value) => format!("sets {name}: {}", String::from_utf8_lossy(value)),
        HeaderEdit::SetPath(path) => format!("sets :path: {}", String::from_utf8_lossy(path)),
    }
}

fn line(text: &mut String, before: &str, told: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{before}{told}");
}
