//! The root context: configuration, timer and callouts.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use super::abi::{self, Buffer};
use super::stream::Stream;
use super::worker::Worker;
use crate::config::Config;
use crate::keys::VmId;
use crate::time::UnixTime;

/// One per configuration and VM.
pub(super) struct Root {
    id: u32,
    worker: RefCell<Option<Rc<Worker>>>,
}

impl Root {
    pub(super) fn new(id: u32) -> Self {
        Self { id, worker: RefCell::new(None) }
    }

    fn worker(&self) -> Option<Rc<Worker>> {
        self.worker.borrow().clone()
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let text = match abi::buffer(Buffer::PluginConfiguration, size) {
            Ok(text) => text,
            Err(error) => {
                log::error!("cannot read the configuration: {error:?}");
                return false;
            }
        };
        match Config::parse(&text) {
            Ok(config) => {
                let vm = VmId(abi::random());
                let now = abi::current_time().unwrap_or(UnixTime::EPOCH);
                match Worker::start(self.id, config, vm, now) {
                    Ok(worker) => {
                        // What the previous configuration holds waits for keys that this one may not use.
                        if let Some(previous) = self.worker.replace(Some(worker)) {
                            previous.close();
                        }
                        true
                    }
                    Err(problems) => refused(&problems),
                }
            }
            Err(problems) => refused(&problems),
        }
    }

    fn on_tick(&mut self) {
        if let Some(worker) = self.worker() {
            worker.on_tick();
        }
    }

    fn create_http_context(&self, context: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(context, self.worker())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// Says why a configuration is not taken.
fn refused(problems: &[impl Display]) -> bool {
    for problem in problems {
        log::error!("configuration: {problem}");
    }
    log::error!("configuration refused: {} problem(s)", problems.len());
    false
}
