//! Everything that needs no proxy: the gate's verdicts, by the tables of the contract.

mod authorize;
mod bench;
mod conformance;
mod documents;
mod entra;
mod forward;
mod rules;
mod verdicts;
