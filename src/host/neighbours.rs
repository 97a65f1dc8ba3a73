//! Who else can write to the shared data that holds the keys: every plugin with the same `vm_id`.

use super::abi;

/// The warning of a VM without a name. To be asked for on a tick: a VM that is only tried out has none. Only a host that
/// bears the question may be asked.
pub(super) fn warning() -> Option<String> {
    let vm_id = abi::property(&["plugin_vm_id"]).ok()?;
    vm_id.is_empty().then(|| WARNING.to_owned())
}

const WARNING: &str = "vm_id is empty: every other plugin without one shares its data with this one, where it could plant \
                       keys; set vm_config.vm_id to a name that no other plugin has";
