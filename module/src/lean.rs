//! Taking out the callbacks that the filter does not use.
//!
//! The SDK exports every callback that the ABI knows, and a host enters the VM for each one it finds: for
//! response headers, bodies, the end of a stream, its log line. What is not exported costs a request nothing.
//! Some hosts call a few of them without looking whether they are there: for those they stay, as functions that
//! do nothing.

use std::path::Path;

use walrus::{FunctionBuilder, Module, ValType};

use crate::error::Error;

/// Which callbacks a module exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callbacks {
    /// Those that the filter has something to do in: for Envoy, and every host that looks before it calls.
    Used,
    /// Also those that nginx (`ngx_wasm_module`) calls without looking; it ends where one is missing.
    AlsoUnused,
}

/// The callbacks that the filter has something to do in. Deleting a context is one: the SDK keeps a stream
/// until it is told. A request without trailers never gets to theirs.
const CALLBACKS: [&str; 9] = [
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_http_call_response",
    "proxy_on_request_body",
    "proxy_on_request_headers",
    "proxy_on_request_trailers",
    "proxy_on_tick",
    "proxy_on_vm_start",
];

/// What nginx calls besides, what it hands over, and what is answered: go on, or that nothing is left to finish.
const UNUSED: [(&str, usize, Option<i32>); 4] = [
    ("proxy_on_done", 1, Some(1)),
    ("proxy_on_log", 1, None),
    ("proxy_on_response_body", 3, Some(0)),
    ("proxy_on_response_headers", 3, Some(0)),
];

/// The filter's own function for an event, which takes the place of the SDK's: that one ends the VM where the host
/// brings an answer that it does not expect.
const OWN: [(&str, &str); 1] = [("validate_jwt_on_http_call_response", "proxy_on_http_call_response")];

/// Functions of the ABI that are no events.
const MEMORY: [&str; 1] = ["proxy_on_memory_allocate"];

/// A module without the callbacks that the filter does not use, and without the code that only they reach.
pub(crate) fn lean(file: &Path, bytes: &[u8], callbacks: Callbacks) -> Result<Vec<u8>, Error> {
    let unusable = |detail: String| Error::Module { file: file.to_path_buf(), detail };
    let mut module = Module::from_buffer(bytes).map_err(|error| unusable(error.to_string()))?;
    let names: Vec<String> = module.exports.iter().map(|export| export.name.clone()).collect();
    for wanted in CALLBACKS {
        if !names.iter().any(|name| name == wanted) {
            return Err(unusable(format!("it does not export {wanted}")));
        }
    }
    for (own, event) in OWN {
        // The empty filter, which the benchmark compares with, leaves the SDK's.
        let Ok(function) = module.exports.get_func(own) else { continue };
        module.exports.remove(own).map_err(|error| unusable(error.to_string()))?;
        module.exports.remove(event).map_err(|error| unusable(error.to_string()))?;
        module.exports.add(event, function);
    }
    let unused = |name: &&String| {
        name.starts_with("proxy_on_")
            && !CALLBACKS.contains(&name.as_str())
            && !MEMORY.contains(&name.as_str())
    };
    for name in names.iter().filter(unused) {
        module.exports.remove(name).map_err(|error| unusable(error.to_string()))?;
    }
    if callbacks == Callbacks::AlsoUnused {
        for (name, parameters, answer) in UNUSED {
            add_empty(&mut module, name, parameters, answer);
        }
    }
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Exports a function that does nothing.
fn add_empty(module: &mut Module, name: &str, parameters: usize, answer: Option<i32>) {
    let results = if answer.is_some() { &[ValType::I32][..] } else { &[] };
    let mut function = FunctionBuilder::new(&mut module.types, &vec![ValType::I32; parameters], results);
    if let Some(answer) = answer {
        function.func_body().i32_const(answer);
    }
    let parameters = (0..parameters).map(|_| module.locals.add(ValType::I32)).collect();
    let function = function.finish(parameters, &mut module.funcs);
    module.exports.add(name, function);
}

#[cfg(test)]
mod tests {
    use walrus::ModuleConfig;

    use super::*;

    /// A module whose exported functions do nothing.
    fn module(exports: &[&str]) -> Vec<u8> {
        let mut module = Module::with_config(ModuleConfig::new());
        for name in exports {
            let function = FunctionBuilder::new(&mut module.types, &[], &[]);
            let function = function.finish(Vec::new(), &mut module.funcs);
            module.exports.add(name, function);
        }
        module.emit_wasm()
    }

    fn exports(bytes: &[u8]) -> Vec<String> {
        let module = Module::from_buffer(bytes).unwrap();
        let mut names: Vec<String> = module.exports.iter().map(|export| export.name.clone()).collect();
        names.sort();
        names
    }

    #[test]
    fn callbacks_that_are_not_used_are_taken_out_with_their_code() {
        let others = ["_initialize", "malloc", "proxy_abi_version_0_2_1", "proxy_on_memory_allocate"];
        let unused = ["proxy_on_response_headers", "proxy_on_log", "proxy_on_done"];
        let own = OWN.map(|(own, _)| own);
        let whole = module(&[&CALLBACKS[..], &others, &unused, &own].concat());
        let lean = lean(Path::new("a.wasm"), &whole, Callbacks::Used).unwrap();
        let mut kept = [&CALLBACKS[..], &others].concat();
        kept.sort_unstable();
        assert_eq!(exports(&lean), kept);
        assert_eq!(Module::from_buffer(&lean).unwrap().funcs.iter().count(), kept.len());
    }

    #[test]
    fn what_some_hosts_call_without_looking_stays_as_functions_that_do_nothing() {
        let whole = module(&[&CALLBACKS[..], &["proxy_on_memory_allocate", "proxy_on_log"]].concat());
        let lean = lean(Path::new("a.wasm"), &whole, Callbacks::AlsoUnused).unwrap();
        let module = Module::from_buffer(&lean).unwrap();
        for (name, parameters, answer) in UNUSED {
            let function = module.funcs.get(module.exports.get_func(name).unwrap());
            let (taken, given) = module.types.params_results(function.ty());
            assert_eq!((taken.len(), given.len()), (parameters, usize::from(answer.is_some())), "{name}");
        }
        assert!(module.exports.iter().all(|export| export.name != "proxy_on_request_metadata"));
    }

    #[test]
    fn a_module_without_a_callback_of_ours_is_refused_by_name() {
        let error = lean(Path::new("a.wasm"), &module(&CALLBACKS[1..]), Callbacks::Used).unwrap_err();
        assert_eq!(error.to_string(), "a.wasm is not the filter: it does not export proxy_on_configure");
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let error = lean(Path::new("a.wasm"), b"nothing", Callbacks::Used).unwrap_err().to_string();
        assert!(error.starts_with("a.wasm is not the filter: "), "{error}");
    }
}
