//! A refusal, before it becomes an answer.

use std::rc::Rc;
use std::time::Duration;

use super::answers::Answers;
use super::credentials::SentScheme;
use super::diagnosis::Diagnosis;
use super::header_name::SentName;
use super::reason::Reason;
use super::stake::Stake;
use super::wanted::Wanted;
use crate::excerpt::Excerpt;

/// A refused request: why, by which policy, and in which form the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// The policy that refused; `None` where no policy was reached.
    pub policy: Option<Rc<str>>,
    /// The answers that this is one of.
    pub answers: Rc<Answers>,
    /// What would do.
    pub wanted: Wanted,
    /// The scheme that the token was sent under.
    pub sent: SentScheme,
    /// `keys_unavailable`: when a new attempt is worthwhile.
    pub retry_after: Option<Duration>,
    /// Whether more than the reason was found out for the log.
    pub explanation: Explanation,
    /// What the log says beside the reason.
    pub diagnosis: Option<Diagnosis>,
    /// What the log may know of the token.
    pub subject: Subject,
    /// Headers that only the filter may set and that this request brings, as the client spelt them: an access log
    /// would show them.
    pub forged: Vec<SentName>,
}

impl Rejection {
    /// A refusal of which only the reason is known yet.
    pub fn new(reason: Reason, policy: Option<Rc<str>>, answers: Rc<Answers>) -> Self {
        Self {
            reason,
            policy,
            answers,
            wanted: Wanted::Nothing,
            sent: SentScheme::Ordinary,
            retry_after: None,
            explanation: Explanation::NoneToGive,
            diagnosis: None,
            subject: Subject::default(),
            forged: Vec::new(),
        }
    }

    /// Adds what the log says of it to a line, which is written for every refusal, whether or not the proxy shows it.
    pub fn tell(&self, fate: Fate, line: &mut String) {
        let fate = match fate {
            Fate::Refused => "refused",
            Fate::LetPass => "would be refused",
        };
        let Subject { key_id, issuer, expected_issuers, stake } = &self.subject;
        let [key_id, issuer] = [key_id, issuer].map(|excerpt| excerpt.as_ref().map_or("-", Excerpt::as_str));
        let (colon, advice) = self.diagnosis.map_or(("", ""), |diagnosis| (": ", diagnosis.advice()));
        line.extend([
            fate,
            ": reason=",
            self.reason.code(),
            " policy=",
            self.policy.as_deref().unwrap_or("-"),
            " kid=\"",
            key_id,
            "\" issuer=\"",
            issuer,
            "\"",
        ]);
        for (at, expected) in expected_issuers.iter().enumerate() {
            line.extend([if at == 0 { " expected=\"" } else { "\" or \"" }, expected.as_str()]);
        }
        if !expected_issuers.is_empty() {
            line.push('"');
        }
        if let Some(stake) = stake {
            stake.tell(line);
        }
        line.extend([colon, advice]);
        if self.explanation == Explanation::LeftOut {
            line.push_str(": not explained, as others of this second were");
        }
        let slip = stake.as_ref().and_then(Stake::advice);
        if let Some(slip) = &slip {
            line.extend([if advice.is_empty() { ": " } else { "; " }, slip]);
        }
    }
}

/// Whether more than the reason was found out for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explanation {
    /// There is nothing to find out: no claims were read.
    NoneToGive,
    /// The claims were looked at for what lies behind the refusal.
    Given,
    /// They were not, as enough others have been.
    LeftOut,
}

/// What became of a request that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was answered.
    Refused,
    /// `report_only`.
    LetPass,
}

/// What a log line may hold of a refused token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// `kid`.
    pub key_id: Option<Excerpt>,
    /// `iss`.
    pub issuer: Option<Excerpt>,
    /// The first few issuers that would have done, where that is why it was refused.
    pub expected_issuers: Vec<Excerpt>,
    /// Another claim that is why it was refused, with what would have done.
    pub stake: Option<Stake>,
}

impl Subject {
    /// Keeps an excerpt of each.
    pub fn new(key_id: Option<&str>, issuer: Option<&str>) -> Self {
        let (key_id, issuer) = (key_id.map(Excerpt::name), issuer.map(Excerpt::name));
        Self { key_id, issuer, expected_issuers: Vec::new(), stake: None }
    }
}
