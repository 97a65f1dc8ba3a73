//! The filter's own verdict, without a proxy and without a network: the filter core itself, to which documents at hand answer
//! in the place of providers.
//!
//! Time stands still meanwhile. Keys that a token wants are asked for once more, as the filter does; a request that would
//! have to wait for what is not at hand is answered as one that can wait no longer.

mod asked;
mod documents;
mod fate;
mod memory;
mod note;

use std::rc::Rc;

use validate_jwt::config::Config;
use validate_jwt::filter::{CalloutId, Effect, Filter, Profile, RequestId};
use validate_jwt::gate::{
    Answer, Answers, CertificateDigest, Failure, Gate, HeaderEdit, Policy, Reason, Rejection, Request,
    Verdict,
};
use validate_jwt::keys::{FetchStep, Keyring, VmId};
use validate_jwt::time::UnixTime;

pub use asked::{Asked, Header};
pub use documents::{AssignmentError, Document, DocumentKind, ProviderDocuments, assign};
pub use fate::Fate;
use memory::Memory;
pub use note::Note;

/// What a verdict on a request depends on.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The documents of every provider, in the configuration's order.
    pub documents: &'a [ProviderDocuments],
    /// SHA-256 of the client's certificate, where it has one.
    pub certificate: Option<CertificateDigest>,
    /// When it comes.
    pub now: UnixTime,
}

/// A verdict, and what was found on the way.
pub struct Evaluation {
    /// The verdict.
    pub verdict: Verdict,
    /// What is to be known of the documents.
    pub notes: Vec<Note>,
    request: Request,
    filter: Filter,
}

impl Evaluation {
    /// The policy of this name.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.filter.gate().policies().iter().find(|policy| &*policy.name == name)
    }

    /// The policies' names, in the configuration's order.
    pub fn policy_names(&self) -> impl Iterator<Item = &str> {
        self.filter.gate().policies().iter().map(|policy| &*policy.name)
    }

    /// What became of the request.
    pub fn fate(&self) -> Fate {
        Fate::of(&self.verdict)
    }

    /// The refusal, be it carried out or not.
    pub fn refusal(&self) -> Option<&Rejection> {
        match &self.verdict {
            Verdict::Forward(admission) => admission.refusal(),
            Verdict::Refuse(rejection) => Some(rejection),
            Verdict::Serve(_) => None,
        }
    }

    /// The policy that decided.
    pub fn decided_by(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Forward(admission) => admission.policy(),
            Verdict::Refuse(rejection) => rejection.policy.as_deref(),
            Verdict::Serve(_) => None,
        }
    }

    /// The headers that the upstream gets, `:path` and the like among them; nothing where the request does not go on.
    pub fn upstream(&self) -> Option<Vec<Header>> {
        let Verdict::Forward(admission) = &self.verdict else { return None };
        let client = self.request.headers();
        let mut headers: Vec<Header> = client
            .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()))
            .collect();
        for edit in admission.edits() {
            let mut set = |name: &str, value: &[u8]| {
                headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                headers.push((name.to_owned(), value.to_vec()));
            };
            match edit {
                HeaderEdit::Remove(name) => headers.retain(|(known, _)| known.as_bytes() != name.as_bytes()),
                HeaderEdit::Set(name, value) => set(name.as_str(), value),
                HeaderEdit::SetPath(path) => set(":path", path),
            }
        }
        Some(headers)
    }

    /// The keys that the verdict was made with.
    pub fn keyring(&self) -> &Keyring {
        self.filter.keyring()
    }

    /// The answer, where the filter gives one itself.
    pub fn answer(&self, method: &str) -> Option<Rc<Answer>> {
        match &self.verdict {
            Verdict::Forward(_) => None,
            Verdict::Refuse(rejection) => Some(Answer::to(rejection, method.as_bytes())),
            Verdict::Serve(served) => Some(Rc::new(served.answer.clone())),
        }
    }
}

/// The verdict on a request, as the filter of a configuration gives it.
pub fn evaluate(config: Config, asked: &Asked, question: Question<'_>) -> Evaluation {
    evaluated(config, question, |gate| asked.request(gate, question.now))
}

/// The same, of a request as the proxy shows it.
pub fn evaluate_sent(config: Config, request: Request, question: Question<'_>) -> Evaluation {
    evaluated(config, question, |_| request)
}

fn evaluated(config: Config, question: Question<'_>, request: impl FnOnce(&Gate) -> Request) -> Evaluation {
    let Question { documents, certificate, now } = question;
    let providers = documents::with_settings(&config, documents);
    let setup = validate_jwt::setup(config);
    let request = request(&setup.gate);
    let seen = request.clone();
    let filter = Filter::new(setup, VmId(1), Profile::ENVOY, now);
    let mut run = Run { filter, memory: Memory::new(certificate), providers: &providers, now, verdict: None };
    // Keys are loaded, as a proxy does before its first request.
    run.tick();
    run.filter.request(now, REQUEST, request, &run.memory);
    run.carry_out();
    // The first tick sends for the keys that the request wants, and their answers settle it.
    while run.verdict.is_none() && run.tick() == Sent::Something {}
    run.filter.close(now, &run.memory);
    run.carry_out();
    let Run { filter, verdict, .. } = run;
    let verdict = verdict.unwrap_or_else(|| Verdict::Refuse(Box::new(unanswered())));
    let notes = note::notes(&providers, &filter, now);
    Evaluation { verdict, notes, request: seen, filter }
}

/// A filter between its documents and its request.
struct Run<'a> {
    filter: Filter,
    memory: Memory,
    providers: &'a [documents::Provider<'a>],
    now: UnixTime,
    verdict: Option<Verdict>,
}

/// Whether the filter sent for a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Something,
    Nothing,
}

impl Run<'_> {
    fn tick(&mut self) -> Sent {
        self.filter.tick(self.now, &self.memory);
        self.carry_out()
    }

    /// Carries out what the filter wants done, until there is nothing left.
    fn carry_out(&mut self) -> Sent {
        let mut sent = Sent::Nothing;
        while let Some(effect) = self.filter.next_effect() {
            match effect {
                Effect::Continue(_, admission) => self.verdict = Some(Verdict::Forward(admission)),
                Effect::Answer(_, _, rejection) => self.verdict = Some(Verdict::Refuse(rejection)),
                Effect::Serve(_, served) => self.verdict = Some(Verdict::Serve(served)),
                Effect::Dispatch(callout, fetch) => {
                    self.respond(callout, fetch.step);
                    sent = Sent::Something;
                }
                Effect::Hide(..) | Effect::TickEvery(_) | Effect::Count(_) | Effect::Log(..) => {}
            }
        }
        sent
    }

    fn respond(&mut self, callout: CalloutId, step: FetchStep) {
        let provider = self.filter.provider_of(callout).and_then(|id| self.providers.get(id.0));
        if let Some(provider) = provider {
            self.filter.response(self.now, callout, provider.response(step), &self.memory);
        }
    }
}

/// What a request gets that the filter has not answered: it has closed by then, and answers every one.
fn unanswered() -> Rejection {
    Rejection::new(Reason::KeysUnavailable, None, Rc::new(Answers::new(Failure::default())))
}

/// The one request of each filter.
const REQUEST: RequestId = RequestId(1);

#[cfg(test)]
mod tests;
