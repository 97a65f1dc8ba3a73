//! Who else can write into the data where keys are shared: every plugin with the same `vm_id`.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::abi::{self, HostError};

/// A warning to be given once for each configuration, by one of the proxy's VMs.
pub(super) struct VmIdWarning {
    /// Where in shared data it stands that somebody has seen to it.
    mark: String,
}

impl VmIdWarning {
    pub(super) fn new(configuration: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        configuration.hash(&mut hasher);
        Self { mark: format!("validate_jwt.vm_id.{:016x}", hasher.finish()) }
    }

    /// Warns where the VM has no name, unless another VM has. To be called on a tick: a VM that is only tried out has
    /// none.
    ///
    /// nginx ends a worker that asks for a property outside of a request, and knows no `vm_id`. It refuses to create a
    /// value under a version, as nobody else does; so it is not asked.
    pub(super) fn give(&self) {
        let unseen = matches!(abi::shared_data(&self.mark), Err(HostError::NotFound));
        if !unseen || abi::set_shared_data(&self.mark, b"seen", abi::NO_VERSION).is_err() {
            return;
        }
        if abi::property(&["plugin_vm_id"]).is_ok_and(|vm_id| vm_id.is_empty()) {
            log::warn!(
                "vm_id is empty: every other plugin without one shares its data with this one, where it could plant \
                 keys; set vm_config.vm_id to a name that no other plugin has"
            );
        }
    }
}
