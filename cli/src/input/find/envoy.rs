//! Wasm filters in what Envoy reads: a whole configuration, resources of a control plane, a listener, a filter alone, a patch.

use validate_jwt::config::{Problem, Warning};

use super::super::located::Located;
use super::super::walk::At;
use super::fields;
use super::plugin::{Given, Plugin};

/// What a filter stands in.
#[derive(Clone, Copy, Default)]
struct Around<'t> {
    /// The name of the nearest thing that has one.
    name: Option<&'t str>,
    place: Position,
}

/// Whether the filter is asked there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Position {
    #[default]
    Asked,
    /// Behind the filter that ends the chain.
    BehindTheRouter,
    /// At a route, which has no Wasm filters.
    AtARoute,
}

/// All Wasm filters of a document.
pub(super) fn plugins<'t>(root: &At<'t>, found: &mut Vec<Plugin<'t>>) {
    search(root, Around::default(), found);
}

fn search<'t>(at: &At<'t>, around: Around<'t>, found: &mut Vec<Plugin<'t>>) {
    let around = Around { name: at.word("name").or(around.name), ..around };
    if let Some(config) = wasm(at) {
        found.push(plugin(&config, around));
        return;
    }
    if at.member("vm_config").is_some() {
        found.push(plugin(at, around));
        return;
    }
    for (name, member) in at.members() {
        match name {
            "http_filters" | "httpFilters" => chain(&member, around, found),
            "typed_per_filter_config" | "typedPerFilterConfig" => {
                search(&member, Around { place: Position::AtARoute, ..around }, found);
            }
            _ => search(&member, around, found),
        }
    }
    at.items().for_each(|item| search(&item, around, found));
}

/// The filters of a connection, in order.
fn chain<'t>(filters: &At<'t>, around: Around<'t>, found: &mut Vec<Plugin<'t>>) {
    let mut place = around.place;
    for filter in filters.items() {
        let before = found.len();
        search(&filter, Around { place, ..around }, found);
        let disabled = filter.member("disabled").filter(|disabled| disabled.tree.flag() == Some(true));
        if let Some(disabled) = disabled {
            for plugin in found.iter_mut().skip(before) {
                let text = "the filter is off, except where a route turns it on: every other request passes unchecked";
                plugin.remarks.push(Located::of(disabled.tree.line, &disabled.path, text));
            }
        }
        let config = filter.member("typed_config");
        if config.is_some_and(|config| config.is_typed(".router.v3.Router")) {
            place = Position::BehindTheRouter;
        }
    }
}

/// The plugin of a `Wasm` message, written as such or as a `TypedStruct`.
fn wasm<'t>(at: &At<'t>) -> Option<At<'t>> {
    if at.is_typed(WASM) {
        return at.member("config").or_else(|| Some(at.clone()));
    }
    let is_wasm = at.word("type_url").is_some_and(|name| name.ends_with(WASM));
    at.member("value").filter(|_| is_wasm).map(|value| value.member("config").unwrap_or(value))
}

fn plugin<'t>(at: &At<'t>, around: Around<'t>) -> Plugin<'t> {
    let mut problems = Vec::new();
    let mut remarks = Vec::new();
    let name = at.word("name").or(around.name);
    let given = given(at, &mut problems);
    check(at, &mut problems, &mut remarks);
    check_machine(at, &mut problems, &mut remarks);
    match around.place {
        Position::Asked => {}
        Position::BehindTheRouter => problems.push(Located::at(
            at.tree.line,
            &at.path,
            "the filter behind envoy.filters.http.router",
            "it before the router, which ends the chain",
        )),
        Position::AtARoute => problems.push(Located::at(
            at.tree.line,
            &at.path,
            "a Wasm filter at a route",
            "it in http_filters alone: for routes there are rules, or their metadata validate-jwt: {policy: …}",
        )),
    }
    Plugin {
        label: format!("the Wasm filter {}", name.unwrap_or("without a name")),
        names: names(at, name),
        at: at.clone(),
        given,
        problems,
        remarks,
    }
}

fn names<'t>(at: &At<'t>, name: Option<&'t str>) -> Vec<&'t str> {
    let code: &[&[&str]] = &[
        &["vm_config", "vm_id"],
        &["vm_config", "code", "local", "filename"],
        &["vm_config", "code", "remote", "http_uri", "uri"],
    ];
    let paths = code.iter().filter_map(|path| at.below(path)).filter_map(|at| at.text());
    name.into_iter().chain(at.word("root_id")).chain(paths.map(|text| text.text.as_str())).collect()
}

/// `configuration`, an `Any`.
fn given<'t>(at: &At<'t>, problems: &mut Vec<Located<Problem>>) -> Given<'t> {
    let Some(any) = at.member("configuration") else { return Given::Nothing };
    let mut refuse = |at: &At<'_>, path: &str, found: String, allowed: &str| {
        problems.push(Located::at(at.tree.line, path, found, allowed));
    };
    let Some(kind) = any.member("@type") else {
        let path = format!("{}.\"@type\"", any.path);
        refuse(&any, &path, "nothing".to_owned(), KINDS);
        return Given::of(any);
    };
    let Some(value) = any.member("value") else {
        refuse(&any, &format!("{}.value", any.path), "nothing".to_owned(), "the configuration");
        return Given::Nothing;
    };
    let name = kind.text().map(|text| text.text.as_str()).unwrap_or_default();
    let is_text = value.text().is_some();
    match name.rsplit('.').next() {
        Some("StringValue") if !is_text => {
            refuse(
                &value,
                &value.path,
                value.tree.describe().to_owned(),
                "a string, or the @type google.protobuf.Struct",
            );
        }
        Some("Struct") if is_text => {
            refuse(
                &value,
                &value.path,
                "a string".to_owned(),
                "an object, or the @type google.protobuf.StringValue",
            );
        }
        Some("StringValue" | "Struct") => {}
        _ => refuse(&kind, &kind.path, format!("{name:?}"), KINDS),
    }
    Given::of(value)
}

fn check(at: &At<'_>, problems: &mut Vec<Located<Problem>>, remarks: &mut Vec<Located<Warning>>) {
    fields::check(
        at,
        &[
            "name",
            "root_id",
            "vm_config",
            "configuration",
            "fail_open",
            "failure_policy",
            "reload_config",
            "capability_restriction_config",
            "allow_on_headers_stop_iteration",
        ],
        problems,
    );
    let policies = ["UNSPECIFIED", "FAIL_RELOAD", "FAIL_CLOSED", "FAIL_OPEN"];
    fields::check_word(at, "failure_policy", &policies, problems);
    let opens = |member: &At<'_>| {
        member.tree.flag() == Some(true) || member.text().is_some_and(|text| text.text == "FAIL_OPEN")
    };
    for name in ["fail_open", "failure_policy"] {
        if let Some(member) = at.member(name).filter(opens) {
            remarks.push(Located::of(member.tree.line, &member.path, OPEN));
        }
    }
}

fn check_machine(at: &At<'_>, problems: &mut Vec<Located<Problem>>, remarks: &mut Vec<Located<Warning>>) {
    let Some(machine) = at.member("vm_config") else {
        fields::need(at, "vm_config", "the module: vm_id, runtime and code", problems);
        return;
    };
    fields::check(
        &machine,
        &[
            "vm_id",
            "runtime",
            "code",
            "configuration",
            "allow_precompiled",
            "nack_on_code_cache_miss",
            "environment_variables",
        ],
        problems,
    );
    fields::need(&machine, "code", "where the module is: local or remote", problems);
    fields::need(&machine, "runtime", "envoy.wasm.runtime.v8", problems);
    if let Some(runtime) = machine.member("runtime")
        && let Some(text) = runtime.text().filter(|text| !text.text.starts_with(RUNTIME))
    {
        let found = format!("{:?}", text.text);
        problems.push(Located::at(runtime.tree.line, &runtime.path, found, "envoy.wasm.runtime.v8"));
    }
    if machine.word("vm_id").is_none_or(str::is_empty) {
        let text =
            "vm_id is empty: every plugin without one shares its data, where keys are kept, with this one";
        remarks.push(Located::of(machine.tree.line, &machine.path, text));
    }
}

/// What it means that a host lets requests pass.
pub(super) const OPEN: &str = "every request passes unchecked when the module cannot be loaded or fails";
const WASM: &str = ".wasm.v3.Wasm";
const RUNTIME: &str = "envoy.wasm.runtime.";
const KINDS: &str =
    "type.googleapis.com/google.protobuf.StringValue or type.googleapis.com/google.protobuf.Struct";
