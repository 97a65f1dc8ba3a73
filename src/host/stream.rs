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
}

impl Stream {
    pub(super) fn new(id: u32, worker: Option<Rc<Worker>>) -> Self {
        Self { id, worker }
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
                return Action::Pause;
            }
        };
        match worker.on_request(self.id, request) {
            Progress::GoesOn => Action::Continue,
            Progress::Answered | Progress::Held => Action::Pause,
        }
    }

    /// Some servers make headers of trailers, so that what a client may not bring in one it may not bring in the other.
    /// The host delivers them once the headers have gone on: after a verdict, also where the request was held.
    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        match self.worker.as_ref().map(|worker| apply::strip_trailers(worker.gate())) {
            Some(Ok(())) => Action::Continue,
            failed => {
                log::error!(
                    "the host refused a change of request trailers ({failed:?}): they are not passed on"
                );
                apply::fail_closed();
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
