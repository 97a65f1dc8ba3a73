//! The stream context: one request.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::abi::{self, Map};
use super::apply;
use super::worker::Worker;
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

    /// What happens to a part of the request: it passes only if the request was let pass.
    fn action(&self) -> Action {
        match &self.worker {
            Some(worker) if worker.was_let_pass(self.id) => Action::Continue,
            _ => Action::Pause,
        }
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        match (&self.worker, abi::header_map(Map::Request)) {
            (Some(worker), Ok(map)) => worker.on_request(self.id, Request::from_header_map(map)),
            (Some(_), Err(error)) => {
                log::error!("cannot read the request headers: {error:?}");
                apply::fail_closed();
            }
            (None, _) => apply::fail_closed(),
        }
        self.action()
    }

    /// On a host that stops the headers alone (Envoy's `allow_on_headers_stop_iteration`), a body that passes here would
    /// take the headers along.
    fn on_http_request_body(&mut self, _size: usize, _end_of_stream: bool) -> Action {
        self.action()
    }

    /// Some servers turn trailers into headers, so a client may forge neither.
    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        let Some(worker) = &self.worker else { return Action::Pause };
        if let Err(error) = worker.strip_trailers() {
            log::error!("cannot change the request trailers: {error:?}; they are not passed on");
            worker.forget(self.id);
            apply::fail_closed();
        }
        self.action()
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
