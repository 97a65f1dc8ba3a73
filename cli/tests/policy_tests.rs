//! `test`: the repository's own policies, what `docs/policy-tests.md` shows, and what is told of files that fail or cannot be run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use validate_jwt_cli::policy_test;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The files of a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A folder of one's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("validate-jwt-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// Runs the program in the folder.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let program = env!("CARGO_BIN_EXE_validate-jwt");
        let Output { status, stdout, stderr } =
            Command::new(program).args(arguments).current_dir(&self.0).output().unwrap();
        let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (status.code().unwrap(), out, err)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_policy_of_the_repository_passes_its_tests() {
    let mut count = 0;
    for file in files("tests/policies") {
        let report = policy_test::run(&file).unwrap_or_else(|bad| panic!("{bad}"));
        assert_eq!(report.failed().count(), 0, "{}", policy_test::text(&[report]));
        count += report.cases.len();
    }
    assert!(count > 50, "only {count} tests");
}

#[test]
fn what_is_tested_is_a_configuration_of_a_document_or_of_a_deployment() {
    let documents = files("docs").into_iter().chain(files("deploy")).chain([root().join("README.md")]);
    let mut pieces = Vec::new();
    for document in documents {
        let text = match document.extension().and_then(|end| end.to_str()) {
            Some("md" | "yaml") => read(&document),
            _ => continue,
        };
        let blocks =
            text.split("\n```").skip(1).step_by(2).filter_map(|block| Some(block.split_once('\n')?.1));
        let whole = document.extension().is_some_and(|end| end == "yaml").then_some(text.as_str());
        for block in blocks.chain(whole) {
            pieces.push(Value::String(block.to_owned()));
            for tree in yaml_serde::Deserializer::from_str(block) {
                let Ok(tree) = <Value as serde::Deserialize>::deserialize(tree) else { break };
                collect(tree, &mut pieces);
            }
        }
    }
    let mut all_tested = Vec::new();
    for file in files("tests/policies") {
        let tests: Value = yaml_serde::from_str(&read(&file)).unwrap();
        let tested = &tests["configuration"];
        if tested.as_str().is_some_and(|name| name.starts_with("../../deploy/")) {
            continue;
        }
        all_tested.push(tested.clone());
        let is_it = |piece: &Value| match (piece, tested) {
            (Value::String(text), Value::String(tested)) => text.trim() == tested.trim(),
            (Value::String(text), tested) => {
                text.starts_with('{') && serde_json::from_str::<Value>(text).is_ok_and(|tree| tree == *tested)
            }
            (piece, tested) => piece == tested,
        };
        assert!(pieces.iter().any(is_it), "{}: no document shows this configuration", file.display());
    }
    for block in blocks("docs/providers.md", "json validate-jwt") {
        let shown: Value = serde_json::from_str(&block).unwrap();
        assert!(all_tested.contains(&shown), "docs/providers.md: nothing tests {block}");
    }
}

/// Every value in a tree.
fn collect(tree: Value, into: &mut Vec<Value>) {
    match &tree {
        Value::Array(items) => items.iter().for_each(|item| collect(item.clone(), into)),
        Value::Object(members) => members.values().for_each(|member| collect(member.clone(), into)),
        _ => {}
    }
    into.push(tree);
}

/// The fenced blocks of a kind in a document.
fn blocks(document: &str, mark: &str) -> Vec<String> {
    let text = read(root().join(document));
    let start = format!("\n```{mark}\n");
    let blocks: Vec<String> =
        text.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect();
    assert!(!blocks.is_empty(), "{document} has no block {mark}");
    blocks
}

/// The last one.
fn block(document: &str, mark: &str) -> String {
    blocks(document, mark).pop().unwrap()
}

#[test]
fn the_documents_example_passes_and_its_failure_reads_as_shown() {
    let folder = Folder::new("policy-tests");
    folder.write("orders.json", &block("README.md", "json validate-jwt"));
    let example = block("docs/policy-tests.md", "yaml policy-test");
    folder.write("orders.test.yaml", &example);
    let passed = "orders.test.yaml: 8 passed\n".to_owned();
    assert_eq!(folder.run(&["test", "orders.test.yaml"]), (0, passed, String::new()));
    let defaults = example.split("\ntests:").next().unwrap();
    folder.write(
        "orders.test.yaml",
        &format!(
            "{defaults}\ntests:\n  - {{name: a user, expect: allowed}}\n  - name: a v1.0 token of the API\n    \
             request: {{token: {{claims: {{aud: \"api://00001111-aaaa-2222-bbbb-3333cccc4444\"}}}}}}\n    \
             expect: allowed\n"
        ),
    );
    let (code, out, err) = folder.run(&["test", "orders.test.yaml"]);
    assert_eq!((code, out, err.as_str()), (1, block("docs/policy-tests.md", "text failed"), ""));
    // The step of the workflow, as it is written there.
    let workflow: Value = yaml_serde::from_str(&block("docs/policy-tests.md", "yaml github")).unwrap();
    let steps = workflow["jobs"]["policies"]["steps"].as_array().unwrap();
    let command =
        steps.iter().filter_map(|step| step["run"].as_str()).find(|run| run.starts_with("validate-jwt "));
    let command = command.unwrap().replace("policies/*.test.yaml", "orders.test.yaml");
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(folder.run(&arguments).0, 1);
    let junit = read(folder.0.join("results.xml"));
    assert!(
        junit.contains("<testsuites name=\"validate-jwt\" tests=\"2\" failures=\"1\" errors=\"0\">"),
        "{junit}"
    );
    assert!(junit.contains("<failure message=\"outcome: expected allowed, found rejected\">"), "{junit}");
    assert_eq!(folder.run(&["test", "orders.test.yaml", "--format", "junit"]).1, junit);
    let (code, printed, _) = folder.run(&["test", "--format", "json", "orders.test.yaml"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &printed[0]["passed"], &printed[0]["failed"]), (1, &json!(1), &json!(1)));
    assert_eq!(printed[0]["tests"][1]["differences"][0]["found"], "rejected");
}

/// A policy whose tokens can be minted.
const POLICY: &str = "configuration: {validate_jwt: {openid_config: [{url: https://idp.test/.well-known/openid-configuration}], \
                      audiences: [a], forward: {claims_to_headers: [{claim: sub, header: x-user}]}}}\n";

#[test]
fn a_difference_is_told_by_its_field() {
    let folder = Folder::new("differences");
    for (expect, expected) in [
        ("{status: 403}", "status: expected 403, found 200"),
        ("{reason: token_expired}", "reason: expected token_expired, found none"),
        ("{policy: other}", "policy: expected other, found validate_jwt"),
        ("{upstream: {x-user: root}}", "upstream x-user: expected \"root\", found \"test-subject\""),
        ("{upstream: {x-user: null}}", "upstream x-user: expected none, found \"test-subject\""),
        ("{upstream: {x-none: [a, b]}}", "upstream x-none: expected \"a\", \"b\", found none"),
        ("{answer: {x: a}}", "answer x: expected \"a\", found no headers: the request does not get there"),
        ("{challenge: realm}", "challenge: expected \"realm\" in it, found \"\""),
        ("exempt", "outcome: expected exempt, found allowed"),
    ] {
        let request = "request: {token: {claims: {aud: a}}}";
        folder.write("t.yaml", &format!("{POLICY}tests: [{{name: n, {request}, expect: {expect}}}]"));
        let (code, out, err) = folder.run(&["test", "t.yaml"]);
        assert_eq!((code, err.as_str()), (1, ""), "{expect}");
        assert_eq!(out, format!("t.yaml: 0 passed, 1 failed\n  n\n    {expected}\n"));
    }
}

#[test]
fn a_file_that_cannot_be_run_is_told_with_its_place() {
    let folder = Folder::new("bad");
    let test = |test: &str| format!("{POLICY}tests:\n  - {test}\n");
    let request = |request: &str| test(&format!("{{name: n, expect: allowed, request: {{{request}}}}}"));
    let two = POLICY.replace("[{url", "[{url: https://two.test/.well-known/openid-configuration}, {url");
    let inline = "configuration: {validate_jwt: {issuer_signing_keys: [{key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}], \
                  audiences: [a]}}\ntests: [{name: n, expect: allowed, request: {token: {}}}]";
    for (content, expected) in [
        (
            test("{name: n, expect: allowed, requst: {}}"),
            "tests[0]: unknown field `requst`, expected one of ",
        ),
        (test("{name: n, expect: alowed}"), "found \"alowed\" at line 3 column "),
        (test("{name: n, expect: {status: ok}}"), "at line 3 column "),
        (
            test("{name: n, expect: {reason: expired}}"),
            "expected a reason, found \"expired\" at line 3 column ",
        ),
        (test("{expect: allowed}"), "missing field `name`"),
        (request("token: {claim: {}}"), "unknown field `claim`"),
        (
            request("token: {provider: two}"),
            "test \"n\": token.provider: expected one of the providers idp_test, found \"two\"",
        ),
        (request("url: /x"), "test \"n\": request.url: expected an https:// or http:// URL, found \"/x\""),
        (request("url: https://a/, path: /x"), "test \"n\": request.url has a host and a path"),
        (
            request("headers: {\"a b\": x}"),
            "test \"n\": request.headers: expected a header's name, found \"a b\"",
        ),
        (
            request("certificate: x"),
            "test \"n\": request.certificate: expected SHA-256 as 64 hexadecimal digits",
        ),
        (request("proof: {}"), "test \"n\": request.proof: expected a token beside it, found none"),
        (
            format!("{two}tests: [{{name: n, expect: allowed, request: {{token: {{}}}}}}]"),
            "token.provider: expected one of the providers two_test, idp_test, found none",
        ),
        (
            test("{name: n, expect: allowed, missing: [two]}"),
            "missing: expected one of the providers idp_test, found \"two\"",
        ),
        (inline.to_owned(), "token: expected a token as text, since the configuration has no provider"),
        (
            format!("now: -5\n{}", test("{name: n, expect: allowed}")),
            "now and after: expected 0 to 100000000000 seconds since 1970 together, found -5",
        ),
        (format!("{POLICY}tests: []"), "tests: expected at least one, found none"),
        (
            format!("{POLICY}providers: {{two: {{}}}}\ntests: []"),
            "providers: expected one of the providers idp_test, found \"two\"",
        ),
        ("configuration: none.json\ntests: []".to_owned(), "configuration: cannot read none.json: "),
        (
            "configuration: {validate_jwt: {audience: [a]}}\ntests: []".to_owned(),
            "the configuration is refused\n  validate_jwt.audience: ",
        ),
        (
            POLICY.replace("/.well-known/openid-configuration", "/x") + "tests: []",
            "providers.idp_test.issuer: expected the issuer that its discovery document names, found none",
        ),
        ("{".to_owned(), "refused, 1 problem\n  t.yaml:"),
        (String::new(), "found nothing"),
    ] {
        folder.write("t.yaml", &content);
        let (code, out, err) = folder.run(&["test", "t.yaml"]);
        assert_eq!((code, out.as_str()), (2, ""), "{content}\n{err}");
        assert!(err.starts_with("validate-jwt: t.yaml: ") && err.contains(expected), "{content}\n{err}");
    }
    for (arguments, expected) in [
        (&["test", "none.yaml"][..], "validate-jwt: cannot read none.yaml: "),
        (&["test", "."], "validate-jwt: cannot read .: it is a directory"),
        (&["test"], "validate-jwt: test needs <FILE>..."),
    ] {
        let (code, out, err) = folder.run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.starts_with(expected), "{err}");
    }
}

#[test]
fn the_document_names_every_member() {
    let text = read(root().join("docs/policy-tests.md"));
    let folder = Folder::new("members");
    for file in [
        format!("{POLICY}zzz: 0"),
        format!("{POLICY}providers: {{idp_test: {{zzz: 0}}}}"),
        format!("{POLICY}tests: [{{zzz: 0}}]"),
        format!("{POLICY}defaults: {{zzz: 0}}"),
        format!("{POLICY}defaults: {{token: {{zzz: 0}}}}"),
        format!("{POLICY}defaults: {{proof: {{zzz: 0}}}}"),
        format!("{POLICY}tests: [{{name: n, expect: {{zzz: 0}}}}]"),
    ] {
        folder.write("t.yaml", &file);
        let (_, _, err) = folder.run(&["test", "t.yaml"]);
        let allowed = err.split_once("expected ").unwrap_or_else(|| panic!("{err}")).1;
        let names: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
        assert!(names.len() > 1, "{err}");
        for name in names {
            assert!(text.contains(&format!("`{name}`")), "{name} of {file}");
        }
    }
}
