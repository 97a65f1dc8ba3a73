//! A filter of the Rust SDK that does nothing: the floor under every other filter of that kind.
#![cfg(target_family = "wasm")]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

struct Nothing;

impl Context for Nothing {}

impl HttpContext for Nothing {}

impl RootContext for Nothing {
    fn create_http_context(&self, _context: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Nothing))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

// The macro of the SDK declares the module's entry point, which only it can do safely.
#[allow(unsafe_code, missing_docs, unreachable_pub)]
mod entry {
    proxy_wasm::main! {{
        proxy_wasm::set_root_context(|_| Box::new(super::Nothing));
    }}
}
