//! The filter inside a proxy: the only area that talks to one.
//!
//! An adapter: [`root::Root`] brings configurations and ticks, [`stream::Stream`] requests, and [`callout`] answers, all
//! to one [`worker::Worker`], which passes them to the filter and carries out its effects. Nothing here decides anything,
//! least of all about time or keys. Every host call goes through [`abi`], which returns a `Result` for every status: a
//! panic here would end the VM, and with it every request on this worker.

mod abi;
mod apply;
mod callout;
mod crypto;
mod effective;
mod log;
mod meter;
mod neighbours;
mod root;
mod stream;
mod surroundings;
mod traits;
mod worker;

// The macro of the SDK declares the module's entry point, which only it can do safely.
#[allow(unsafe_code, missing_docs, unreachable_pub)]
mod entry {
    proxy_wasm::main! {{
        super::log::install();
        proxy_wasm::set_root_context(|id| Box::new(super::root::Root::new(id)));
    }}
}
