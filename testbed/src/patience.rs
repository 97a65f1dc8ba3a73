//! How long the test bed waits for what has to come.

use std::time::Duration;

/// Only what hangs takes this long: a loaded machine may stall for many seconds, and no test passes or fails by how
/// long something took.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The same for a start of Envoy, which compiles a module for it.
pub(crate) const START_PATIENCE: Duration = Duration::from_mins(5);
