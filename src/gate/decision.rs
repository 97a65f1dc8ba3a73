//! What the gate says of a request now.

use super::pending::Pending;
use super::verdict::Verdict;
use crate::keys::Keyring;
use crate::time::UnixTime;

/// What the gate says of a request now.
#[derive(Debug)]
pub enum Decision {
    /// The verdict.
    Final(Verdict),
    /// There may be another verdict later.
    Wait(Pending),
}

impl Decision {
    /// The verdict if nothing more comes: see [`Pending::settle`].
    pub fn settle(self, keyring: &Keyring, now: UnixTime) -> Verdict {
        match self {
            Self::Final(verdict) => verdict,
            Self::Wait(pending) => pending.settle(keyring, now),
        }
    }

    /// The verdict on a request that may wait no longer: see [`Pending::give_up`].
    pub fn give_up(self, keyring: &Keyring, now: UnixTime) -> Verdict {
        match self {
            Self::Final(verdict) => verdict,
            Self::Wait(pending) => pending.give_up(keyring, now),
        }
    }
}
