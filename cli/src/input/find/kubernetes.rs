//! Objects of Kubernetes: those that name a Wasm module, lists, and texts in a `ConfigMap`.

use super::super::grammar;
use super::super::handed::Handed;
use validate_jwt::config::Warning;

use super::super::located::Located;
use super::super::part::Part;
use super::super::place::{Holder, Place, Sign};
use super::super::tree::Text;
use super::super::walk::At;
use super::plugin::{Given, Plugin};
use super::{Found, envoy, fields, in_document, sign};

/// The items of a list.
pub(super) fn items<'t>(root: &At<'t>) -> Option<impl Iterator<Item = At<'t>> + use<'t>> {
    let items = root.member("items")?;
    let kind = root.word("kind")?;
    kind.ends_with("List").then(|| items.items())
}

/// What an object is and is called.
pub(super) fn label(root: &At<'_>) -> Option<String> {
    let kind = root.word("kind")?;
    let of =
        |name: &str| root.below(&["metadata", name]).and_then(|at| at.text()).map(|text| text.text.as_str());
    let name = of("name").unwrap_or("without a name");
    Some(match of("namespace") {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    })
}

/// All Wasm plugins of a document.
pub(super) fn plugins<'t>(root: &At<'t>, found: &mut Vec<Plugin<'t>>) {
    match (root.word("kind"), root.member("spec")) {
        (Some("WasmPlugin"), Some(spec)) => found.push(wasm_plugin(root, spec)),
        (Some("TrafficExtension"), Some(spec)) => found.extend(traffic_extension(root, &spec)),
        (Some("EnvoyExtensionPolicy"), Some(spec)) => {
            let entries = spec.member("wasm").into_iter().flat_map(|wasm| wasm.items());
            found.extend(entries.map(|entry| extension_policy(root, entry)));
        }
        _ => {
            let before = found.len();
            envoy::plugins(root, found);
            for plugin in found.iter_mut().skip(before) {
                if let Some(label) = label(root) {
                    plugin.label = format!("{} of {label}", plugin.label);
                }
            }
        }
    }
}

fn wasm_plugin<'t>(root: &At<'t>, spec: At<'t>) -> Plugin<'t> {
    let mut plugin = istio(root, spec);
    let known =
        [&MODULE_FIELDS[..], &["selector", "targetRef", "targetRefs", "phase", "priority", "match"]].concat();
    fields::check(&plugin.at, &known, &mut plugin.problems);
    let phases = ["UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"];
    fields::check_word(&plugin.at, "phase", &phases, &mut plugin.problems);
    plugin
}

/// What both of Istio's kinds say of a module.
const MODULE_FIELDS: [&str; 10] = [
    "url",
    "sha256",
    "imagePullPolicy",
    "imagePullSecret",
    "verificationKey",
    "pluginConfig",
    "pluginName",
    "failStrategy",
    "vmConfig",
    "type",
];

fn traffic_extension<'t>(root: &At<'t>, spec: &At<'t>) -> Option<Plugin<'t>> {
    let mut plugin = istio(root, spec.member("wasm")?);
    fields::check(&plugin.at, &MODULE_FIELDS, &mut plugin.problems);
    Some(plugin)
}

/// What a plugin of Istio's leaves out without a word: other ports, and a gateway, which is a client to Istio.
fn overlooked(spec: &At<'_>) -> Vec<Located<Warning>> {
    let labels = spec.below(&["selector", "matchLabels"]);
    let of_gateway = |(name, at): (&str, At<'_>)| {
        name == "gateway.networking.k8s.io/gateway-name"
            || name == "istio"
                && at.text().is_some_and(|text| text.text.contains("gateway") || text.text == "ingress")
    };
    let is_gateway = labels.into_iter().flat_map(|labels| labels.members()).any(of_gateway);
    let mut remarks = Vec::new();
    for one in spec.member("match").into_iter().flat_map(|list| list.items()) {
        if let Some(ports) = one.member("ports") {
            remarks.push(Located::of(ports.tree.line, &ports.path, PORTS));
        }
        if let Some(mode) = one.member("mode").filter(|_| is_gateway)
            && mode.text().is_some_and(|text| text.text == "SERVER")
        {
            remarks.push(Located::of(mode.tree.line, &mode.path, GATEWAY));
        }
    }
    remarks
}

const PORTS: &str = "requests to every other port pass unchecked";
const GATEWAY: &str =
    "a gateway is a client to Istio: SERVER selects nothing there, and every request passes unchecked";

/// What Istio's two kinds have in common.
fn istio<'t>(root: &At<'t>, at: At<'t>) -> Plugin<'t> {
    let mut problems = Vec::new();
    let mut remarks = root.member("spec").map_or_else(Vec::new, |spec| overlooked(&spec));
    fields::need(
        &at,
        "url",
        "where the module is, such as oci://registry.example/validate-jwt:0.1.0",
        &mut problems,
    );
    let strategies = ["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"];
    fields::check_word(&at, "failStrategy", &strategies, &mut problems);
    if let Some(strategy) = at.member("failStrategy")
        && strategy.text().is_some_and(|text| text.text == "FAIL_OPEN")
    {
        remarks.push(Located::of(strategy.tree.line, &strategy.path, envoy::OPEN));
    }
    let config = at.member("pluginConfig");
    if let Some(config) = &config
        && config.text().is_some()
    {
        problems.push(Located::at(config.tree.line, &config.path, "a string", "the object itself"));
    }
    let names = name(root).into_iter().chain(at.word("pluginName")).chain(at.word("url")).collect();
    let given = config.map_or(Given::Nothing, Given::of);
    Plugin { label: label(root).unwrap_or_default(), names, given, at, problems, remarks }
}

fn extension_policy<'t>(root: &At<'t>, at: At<'t>) -> Plugin<'t> {
    let mut problems = Vec::new();
    let mut remarks = Vec::new();
    fields::check(&at, &["name", "rootID", "code", "config", "failOpen", "env"], &mut problems);
    fields::need(&at, "code", "where the module is: type, and image or http", &mut problems);
    if let Some(open) = at.member("failOpen").filter(|open| open.tree.flag() == Some(true)) {
        remarks.push(Located::of(open.tree.line, &open.path, envoy::OPEN));
    }
    let code = [["code", "image", "url"], ["code", "http", "url"]];
    let code = code.iter().filter_map(|path| at.below(path)?.text()).map(|text| text.text.as_str());
    let names = name(root).into_iter().chain(at.word("name")).chain(at.word("rootID")).chain(code).collect();
    let given = at.member("config").map_or(Given::Nothing, Given::of);
    Plugin { label: label(root).unwrap_or_default(), names, given, at, problems, remarks }
}

fn name<'t>(root: &At<'t>) -> Option<&'t str> {
    root.below(&["metadata", "name"]).and_then(|at| at.text()).map(|text| text.text.as_str())
}

/// The filter's configurations in the texts of a `ConfigMap`.
pub(super) fn embedded(file: &str, root: &At<'_>, found: &mut Found) {
    if root.word("kind") != Some("ConfigMap") {
        return;
    }
    let texts = root.member("data").into_iter().flat_map(|data| data.members());
    for (at, text) in texts.filter_map(|(_, at)| Some((at.clone(), at.text()?))) {
        if let Some(sign) = sign::of_text(text).filter(|_| is_alone(text)) {
            let name = label(root).unwrap_or_default();
            let holder = Some(Box::new(Holder { name, sign }));
            let place = Place { file: file.to_owned(), line: at.tree.line, path: at.path.clone(), holder };
            found.parts.push(Part::new(place, Handed::text(text, &at.path)));
        } else if let Ok((documents, _)) = grammar::read(&text.text, &text.lines) {
            for document in &documents {
                in_text(file, root, &At::root(document, &at.path), found);
            }
        }
    }
}

fn is_alone(text: &Text) -> bool {
    grammar::is_xml(&text.text)
        || grammar::read(&text.text, &text.lines).is_ok_and(|(documents, _)| match documents.as_slice() {
            [only] => sign::is_configuration(only),
            _ => false,
        })
}

fn in_text(file: &str, map: &At<'_>, root: &At<'_>, found: &mut Found) {
    if let (Some(Sign::Field(field)), Some(name)) = (sign::of_object(root.tree), label(map)) {
        let holder = Some(Box::new(Holder { name, sign: Sign::Field(field) }));
        let place = Place { file: file.to_owned(), line: root.tree.line, path: root.path.clone(), holder };
        found.parts.push(Part::new(place, Handed::object(root.tree, &root.path)));
    } else {
        in_document(file, root, found);
    }
}
