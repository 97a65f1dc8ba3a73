//! Which context the host calls apply to.

use std::cell::Cell;

use super::abi::{self, HostError};

/// The effective context: the host sets it when it enters the VM, and the filter moves it to act on another stream.
#[derive(Debug, Default)]
pub(super) struct Effective {
    entered: Cell<u32>,
    now: Cell<u32>,
}

impl Effective {
    /// The host has entered the VM in this context.
    pub(super) fn enter(&self, context: u32) {
        self.entered.set(context);
        self.now.set(context);
    }

    /// Whether the host has entered the VM in this context.
    pub(super) fn is_entered(&self, context: u32) -> bool {
        self.entered.get() == context
    }

    /// Makes the calls that follow apply to a context.
    ///
    /// # Errors
    ///
    /// A stream that has ended has no context any more.
    pub(super) fn switch(&self, context: u32) -> Result<(), HostError> {
        if self.now.get() != context {
            abi::set_effective_context(context)?;
            self.now.set(context);
        }
        Ok(())
    }

    /// Goes back to where the host entered.
    pub(super) fn leave(&self) {
        let _ = self.switch(self.entered.get());
    }
}
