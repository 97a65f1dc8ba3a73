//! Everything that needs no proxy: the gate's verdicts, by the tables of the contract.

// Outside of test functions Clippy does not know that this is a test.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod authorize;
mod bench;
mod conformance;
mod documents;
mod entra;
mod forward;
mod rules;
mod verdicts;
