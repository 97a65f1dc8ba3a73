//! A host that answers any call with any status (proxy-wasm ABI 0.2.1, "proxy_status_t"): no VM ends.
//!
//! On the engine itself, since a well-behaved host crate has no way to misbehave.

use std::collections::HashMap;
use std::sync::OnceLock;

use validate_jwt_testbed::build;
use validate_jwt_testbed::token::SigningKey;
use wasmtime::{Caller, Engine, Extern, ExternType, Func, Instance, Linker, Module, Store, Val, ValType};

use crate::lab::{configuration, good, key_set};

/// Which host calls go wrong, and how.
#[derive(Clone, Copy)]
struct Fault {
    call: Option<&'static str>,
    status: i32,
}

/// What is behind the calls.
struct Behind {
    fault: Fault,
    /// Values with the number that a compare-and-swap names.
    shared: HashMap<Vec<u8>, (Vec<u8>, u32)>,
}

impl Fault {
    fn of(self, call: &str) -> Option<i32> {
        self.call.is_none_or(|wrong| wrong == call).then_some(self.status)
    }
}

/// Every status of the ABI, and one that it does not know.
const STATUSES: std::ops::RangeInclusive<i32> = 0..=13;

/// Otherwise the lives below would see little of the filter.
#[test]
fn where_every_call_is_well_the_later_request_passes() {
    for compiled in modules() {
        assert_eq!(live(compiled, Fault { call: Some("no call"), status: 0 }), CONTINUE);
    }
}

#[test]
fn no_status_of_any_host_call_ends_the_vm() {
    let mut seen = 0;
    for compiled in modules() {
        let calls = imports(compiled);
        assert!(calls.len() > 15, "{calls:?}");
        for call in calls {
            for status in STATUSES {
                live(compiled, Fault { call: Some(call), status });
                seen += 1;
            }
        }
    }
    println!("{seen} lives");
}

#[test]
fn no_status_of_all_host_calls_at_once_ends_the_vm() {
    for compiled in modules() {
        for status in STATUSES {
            live(compiled, Fault { call: None, status });
        }
    }
}

/// A whole life of a VM: loading, a tick, a request that waits, its keys, an answer that nobody asked for, a request that
/// finds keys, with trailers, another configuration, the end. What the module says of the later request's headers.
fn live((engine, module): &Compiled, fault: Fault) -> i32 {
    let mut store = Store::new(engine, Behind { fault, shared: HashMap::new() });
    let mut linker = Linker::new(engine);
    for import in module.imports() {
        let ExternType::Func(kind) = import.ty() else { panic!("only functions are imported") };
        let name = import.name().to_owned();
        let is_abi = import.module() == "env";
        let results: Vec<ValType> = kind.results().collect();
        let function = Func::new(&mut store, kind, move |mut caller, arguments, out| {
            if let Some(result) = out.first_mut() {
                assert!(results[0].is_i32());
                *result = Val::I32(answer(&mut caller, &name, is_abi, arguments));
            }
            Ok(())
        });
        linker.define(&mut store, import.module(), import.name(), function).expect("each is named once");
    }
    let instance = linker.instantiate(&mut store, module).expect("an instance");
    let what = format!("{:?} answers {}", fault.call, fault.status);
    let mut run = |name: &str, arguments: &[i32]| call(&mut store, &instance, name, arguments, &what);
    run("_initialize", &[]);
    run("proxy_on_context_create", &[ROOT, 0]);
    run("proxy_on_vm_start", &[ROOT, 0]);
    let size = i32::try_from(configuration().to_string().len()).expect("a short text");
    run("proxy_on_configure", &[ROOT, size]);
    run("proxy_on_tick", &[ROOT]);
    run("proxy_on_context_create", &[STREAM, ROOT]);
    run("proxy_on_request_headers", &[STREAM, 5, 1]);
    run("proxy_on_tick", &[ROOT]);
    let length = i32::try_from(keys().len()).expect("a short text");
    run("proxy_on_http_call_response", &[ROOT, CALLOUT, 1, length, 0]);
    run("proxy_on_http_call_response", &[ROOT, 4711, 0, 0, 0]);
    run("proxy_on_context_create", &[LATER_STREAM, ROOT]);
    let action = run("proxy_on_request_headers", &[LATER_STREAM, 5, 0]).expect("the module takes requests");
    run("proxy_on_request_body", &[LATER_STREAM, 0, 0]);
    run("proxy_on_request_trailers", &[LATER_STREAM, 5]);
    run("proxy_on_configure", &[ROOT, size]);
    run("proxy_on_tick", &[ROOT]);
    run("proxy_on_delete", &[STREAM]);
    run("proxy_on_delete", &[LATER_STREAM]);
    run("proxy_on_delete", &[ROOT]);
    action
}

const ROOT: i32 = 1;
const STREAM: i32 = 2;
const LATER_STREAM: i32 = 3;
const CALLOUT: i32 = 7;
const CONTINUE: i32 = 0;

/// A callback, where the module has it, and what it returns; it may not trap.
fn call(
    store: &mut Store<Behind>,
    instance: &Instance,
    name: &str,
    arguments: &[i32],
    what: &str,
) -> Option<i32> {
    let Some(function) = instance.get_func(&mut *store, name) else {
        assert!(!name.starts_with("proxy_on_http"), "the module has {name}");
        return None;
    };
    let arguments: Vec<Val> = arguments.iter().copied().map(Val::I32).collect();
    let mut results = vec![Val::I32(0); function.ty(&mut *store).results().len()];
    if let Err(trap) = function.call(&mut *store, &arguments, &mut results) {
        panic!("{what}: {name} ended the VM: {trap:?}");
    }
    results.first().map(Val::unwrap_i32)
}

/// What a host call answers, and what it hands back where it is well.
fn answer(caller: &mut Caller<'_, Behind>, name: &str, is_abi: bool, arguments: &[Val]) -> i32 {
    let at = |index: usize| arguments[index].unwrap_i32();
    if !is_abi {
        return wasi(caller, name, arguments);
    }
    // Without its configuration there would be no filter to be ended.
    let needed = name == "proxy_get_buffer_bytes" && at(0) == PLUGIN_CONFIGURATION;
    if let Some(status) = caller.data().fault.of(name).filter(|_| !needed) {
        // A host may hand nothing back beside any status, "ok" too.
        return status;
    }
    match name {
        "proxy_get_current_time_nanoseconds" => write(caller, at(0), &(NOW * 1_000_000_000).to_le_bytes()),
        "proxy_get_buffer_bytes" => {
            let bytes = if needed { configuration().to_string() } else { keys().to_owned() };
            give(caller, bytes.as_bytes(), at(3), at(4));
        }
        "proxy_get_header_map_pairs" => {
            let bytes = header_map();
            give(caller, &bytes, at(1), at(2));
        }
        "proxy_get_header_map_value" => give(caller, b"200", at(3), at(4)),
        "proxy_http_call" => write(caller, at(9), &CALLOUT.to_le_bytes()),
        "proxy_define_metric" => write(caller, at(3), &1_u32.to_le_bytes()),
        "proxy_set_shared_data" => {
            let (key, value) = (read(caller, at(0), at(1)), read(caller, at(2), at(3)));
            let held = caller.data_mut().shared.entry(key).or_default();
            *held = (value, held.1 + 1);
        }
        "proxy_get_shared_data" => {
            let key = read(caller, at(0), at(1));
            let Some((value, number)) = caller.data().shared.get(&key).cloned() else { return NOT_FOUND };
            give(caller, &value, at(2), at(3));
            write(caller, at(4), &number.to_le_bytes());
        }
        "proxy_get_property" | "proxy_call_foreign_function" => return NOT_FOUND,
        _ => {}
    }
    0
}

/// What a module asks of WASI, and gets.
fn wasi(caller: &mut Caller<'_, Behind>, name: &str, arguments: &[Val]) -> i32 {
    let at = |index: usize| arguments[index].unwrap_i32();
    match name {
        "random_get" => {
            let bytes = vec![4; usize::try_from(at(1)).expect("a length")];
            write(caller, at(0), &bytes);
        }
        "environ_sizes_get" => {
            write(caller, at(0), &[0; 4]);
            write(caller, at(1), &[0; 4]);
        }
        "proc_exit" => panic!("the module ended itself"),
        _ => {}
    }
    0
}

/// Writes bytes into the module's memory.
fn write(caller: &mut Caller<'_, Behind>, at: i32, bytes: &[u8]) {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("the module has a memory") };
    memory.write(caller, usize::try_from(at).expect("an address"), bytes).expect("within the memory");
}

/// Reads bytes of the module's memory.
fn read(caller: &mut Caller<'_, Behind>, at: i32, length: i32) -> Vec<u8> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("the module has a memory") };
    let mut bytes = vec![0; usize::try_from(length).expect("a length")];
    memory.read(caller, usize::try_from(at).expect("an address"), &mut bytes).expect("within the memory");
    bytes
}

/// Hands bytes over, in memory that the module allocates.
fn give(caller: &mut Caller<'_, Behind>, bytes: &[u8], data: i32, size: i32) {
    let allocate = ["proxy_on_memory_allocate", "malloc"]
        .into_iter()
        .find_map(|name| caller.get_export(name).and_then(Extern::into_func));
    let allocate = allocate.expect("the module has an allocator");
    let length = i32::try_from(bytes.len()).expect("a short text");
    let mut place = [Val::I32(0)];
    allocate.call(&mut *caller, &[Val::I32(length)], &mut place).expect("there is memory");
    let place = place[0].unwrap_i32();
    write(caller, place, bytes);
    write(caller, data, &place.to_le_bytes());
    write(caller, size, &length.to_le_bytes());
}

/// The provider's key, and a token under it.
fn fixture() -> &'static (String, String) {
    static FIXTURE: OnceLock<(String, String)> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let key = SigningKey::p256();
        // The clock of these lives stands.
        let token = good().claim("nbf", NOW - 600).claim("iat", NOW - 600).claim("exp", NOW + 600).sign(&key);
        (key_set(&[&key]), token)
    })
}

fn keys() -> &'static str {
    &fixture().0
}

/// The head of a request whose token is good, and has to wait for keys. It serves as trailers as well.
fn header_map() -> Vec<u8> {
    let authorization = format!("Bearer {}", fixture().1);
    let pairs = [
        (":method", "GET"),
        (":path", "/orders"),
        (":authority", "api.example"),
        ("x-user", "root"),
        ("authorization", &authorization),
    ];
    let mut bytes = u32::try_from(pairs.len()).expect("few").to_le_bytes().to_vec();
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend(u32::try_from(text.len()).expect("short").to_le_bytes());
    }
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

/// The calls of the ABI that a module makes.
fn imports((_, module): &'static Compiled) -> Vec<&'static str> {
    module.imports().filter(|import| import.module() == "env").map(|import| import.name()).collect()
}

type Compiled = (Engine, Module);

/// The module for Envoy, and the one for nginx.
fn modules() -> &'static [Compiled; 2] {
    static COMPILED: OnceLock<[Compiled; 2]> = OnceLock::new();
    COMPILED.get_or_init(|| {
        [build::filter_module(), build::nginx_module()].map(|path| {
            let engine = Engine::default();
            let module = Module::from_file(&engine, path.expect("the module is built"));
            (engine, module.expect("a module that any host can load"))
        })
    })
}

/// The seconds of the standing clock.
const NOW: i64 = 1_800_000_000;

const PLUGIN_CONFIGURATION: i32 = 7;
const NOT_FOUND: i32 = 1;
