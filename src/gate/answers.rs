//! The answers of one policy: what they look like, and those that are the same for everybody, each made once.

use std::cell::OnceCell;
use std::rc::Rc;

use super::failure::Failure;
use super::header_map::HeaderMap;
use super::reason::Reason;

/// An answer to a caller whose request does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Body; empty for HEAD.
    pub body: Vec<u8>,
}

/// How a policy answers.
#[derive(Debug)]
pub struct Answers {
    form: Failure,
    /// By reason.
    made: [OnceCell<Rc<Answer>>; Reason::ALL.len()],
}

impl Answers {
    /// Answers of a form.
    pub fn new(form: Failure) -> Self {
        Self { form, made: [const { OnceCell::new() }; Reason::ALL.len()] }
    }

    /// What they look like.
    pub fn form(&self) -> &Failure {
        &self.form
    }

    /// The answer that follows from the form and a reason alone. `make` makes it the first time.
    pub(super) fn once(&self, reason: Reason, make: impl FnOnce() -> Answer) -> Rc<Answer> {
        let fresh = || Rc::new(make());
        match self.made.get(reason as usize) {
            Some(kept) => kept.get_or_init(fresh).clone(),
            None => fresh(),
        }
    }
}

impl PartialEq for Answers {
    /// What was made follows from the form.
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form
    }
}

impl Eq for Answers {}
