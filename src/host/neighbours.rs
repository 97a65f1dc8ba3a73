//! Who else can write to the shared data that holds the keys: every plugin with the same `vm_id`.

use super::abi;

/// The warning of a VM without a name. To be asked for on a tick: a VM that is only tried out has none.
///
/// nginx ends a worker that asks for a property outside of a request, and knows no `vm_id`. It refuses to create a value
/// under a version, as nobody else does; where the value is missing, the property is not asked for.
pub(super) fn warning() -> Option<String> {
    let _ = abi::set_shared_data(PROBE, b"1", abi::NO_VERSION);
    abi::shared_data(PROBE).ok()?;
    let vm_id = abi::property(&["plugin_vm_id"]).ok()?;
    vm_id.is_empty().then(|| WARNING.to_owned())
}

const PROBE: &str = "validate-jwt/probe";

const WARNING: &str = "vm_id is empty: every other plugin without one shares its data with this one, where it could plant \
                       keys; set vm_config.vm_id to a name that no other plugin has";
