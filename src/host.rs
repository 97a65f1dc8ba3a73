//! The filter inside a proxy: the only area that talks to one.
//!
//! [`root::Root`] owns configuration, keys and every callout; [`stream::Stream`] decides on one request.
//! Both work on one [`worker::Worker`]. Every host call goes through [`abi`], which returns a `Result`
//! for every status: a panic here would end the VM, and with it every request on this worker.

mod abi;
mod apply;
mod callout;
mod crypto;
mod held;
mod journal;
mod meter;
mod neighbours;
mod root;
mod shared;
mod stream;
mod traits;
mod worker;

// The macro of the SDK declares the module's entry point, which only it can do safely.
#[allow(unsafe_code, missing_docs, unreachable_pub)]
mod entry {
    proxy_wasm::main! {{
        proxy_wasm::set_log_level(proxy_wasm::types::LogLevel::Debug);
        proxy_wasm::set_root_context(|id| Box::new(super::root::Root::new(id)));
    }}
}
