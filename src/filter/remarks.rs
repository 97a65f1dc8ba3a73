//! Warnings about the owners of issuers: each is logged once, by the VM that fetched; the others would only repeat it.

use super::effect::{Effect, Effects, Level};
use crate::gate::{Gate, Policy};
use crate::keys::{Keyring, Remark};

/// The remarks of one VM.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// What has been said; `None` in a VM that has fetched nothing.
    said: Option<Vec<Remark>>,
    /// The keyring's generation at the last look.
    generation: Option<u64>,
}

impl Remarks {
    /// This VM has fetched.
    pub(super) fn begin(&mut self) {
        self.said.get_or_insert_default();
    }

    /// Says what is new with the documents at hand.
    pub(super) fn make(&mut self, gate: &Gate, keyring: &Keyring, effects: &mut Effects) {
        let Some(said) = self.said.as_mut() else { return };
        if self.generation.replace(keyring.generation()) == Some(keyring.generation()) {
            return;
        }
        let requirements = gate.policies().iter().flat_map(Policy::requirements);
        for remark in requirements.flat_map(|requirement| requirement.owners.remarks(keyring)) {
            if said.len() < MOST_REMARKS && !said.contains(&remark) {
                effects.push_back(Effect::Log(Level::Warn, remark.to_string()));
                said.push(remark);
            }
        }
    }
}

/// Most things that one VM says of owners: a provider that names another issuer every time fills no log.
const MOST_REMARKS: usize = 64;
