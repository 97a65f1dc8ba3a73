//! The root context: configuration, timer and callouts.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use super::abi::{self, Buffer};
use super::neighbours::VmIdWarning;
use super::stream::Stream;
use super::worker::Worker;
use crate::config::Config;
use crate::keys::VmId;

/// One per configuration and VM.
pub(super) struct Root {
    id: u32,
    worker: RefCell<Option<Rc<Worker>>>,
    /// Until the first tick.
    vm_id_warning: Cell<Option<VmIdWarning>>,
}

impl Root {
    pub(super) fn new(id: u32) -> Self {
        Self { id, worker: RefCell::new(None), vm_id_warning: Cell::new(None) }
    }

    fn worker(&self) -> Option<Rc<Worker>> {
        self.worker.borrow().clone()
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, callout: u32, headers: usize, body: usize, _trailers: usize) {
        if let Some(worker) = self.worker() {
            worker.on_response(callout, headers, body);
        }
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let text = match abi::buffer(Buffer::PluginConfiguration, size) {
            Ok(text) => text,
            Err(error) => {
                log::error!("the host does not show the configuration: {error:?}");
                return false;
            }
        };
        match Config::parse(&text) {
            Ok(config) => {
                for warning in &config.warnings {
                    log::warn!("configuration: {warning}");
                }
                log::info!(
                    "validate-jwt {}: {} policies, {} providers",
                    env!("CARGO_PKG_VERSION"),
                    config.policies.len(),
                    config.providers.len()
                );
                let vm = VmId(RandomState::new().build_hasher().finish());
                let worker = Rc::new(Worker::new(self.id, config, vm));
                worker.start();
                self.worker.replace(Some(worker));
                self.vm_id_warning.set(Some(VmIdWarning::new(&text)));
                true
            }
            Err(problems) => {
                for problem in &problems {
                    log::error!("configuration: {problem}");
                }
                log::error!("configuration refused: {} problem(s)", problems.len());
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(warning) = self.vm_id_warning.take() {
            warning.give();
        }
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
