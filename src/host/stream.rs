//! The stream context: one request.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::abi::{self, Map};
use super::apply;
use super::worker::{Progress, Worker};
use crate::gate::Request;

/// One request. Without a configured worker it is refused.
pub(super) struct Stream {
    id: u32,
    worker: Option<Rc<Worker>>,
    /// Whether it was answered when its headers came.
    answered: bool,
}

impl Stream {
    pub(super) fn new(id: u32, worker: Option<Rc<Worker>>) -> Self {
        Self { id, worker, answered: false }
    }
}

impl Stream {
    /// Whether there is no verdict yet that lets the request go on.
    fn waits(&self) -> bool {
        self.answered || self.worker.as_ref().is_none_or(|worker| worker.withholds(self.id))
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let Some(worker) = &self.worker else {
            apply::fail_closed();
            return Action::Pause;
        };
        let request = match abi::header_map(Map::Request) {
            Ok(map) => Request::from_header_map(map),
            Err(error) => {
                log::error!("the host does not show the request's headers: {error:?}");
                apply::fail_closed();
                self.answered = true;
                return Action::Pause;
            }
        };
        match worker.on_request(self.id, request) {
            Progress::GoesOn => Action::Continue,
            Progress::Answered => {
                self.answered = true;
                Action::Pause
            }
            Progress::Held => Action::Pause,
        }
    }

    /// A host that stops the headers alone (Envoy's `allow_on_headers_stop_iteration`) would take the rest of a request
    /// that passes here for a reason to let it go on.
    fn on_http_request_body(&mut self, _size: usize, _end_of_stream: bool) -> Action {
        if self.waits() { Action::Pause } else { Action::Continue }
    }

    /// Some servers make headers of trailers, so that what a client may not bring in one it may not bring in the other.
    /// The host delivers them once the headers have gone on: after a verdict, also where the request was held.
    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        match self.worker.as_ref().map(|worker| worker.strip_trailers()) {
            Some(Ok(())) if self.waits() => Action::Pause,
            Some(Ok(())) => Action::Continue,
            failed => {
                log::error!(
                    "the host refused a change of request trailers ({failed:?}): they are not passed on"
                );
                if let Some(worker) = &self.worker {
                    worker.forget(self.id);
                }
                apply::fail_closed();
                self.answered = true;
                Action::Pause
            }
        }
    }
}

impl Drop for Stream {
    /// A client that leaves cancels neither the fetch nor the other requests.
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.forget(self.id);
        }
    }
}
