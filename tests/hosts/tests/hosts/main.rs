//! The built module in a second proxy-wasm host, in which every host call can be counted and every limit set.

mod behaviour;
mod calls;
mod lab;
mod limits;
mod nginx;
mod reconfigured;
mod statuses;
mod workers;
