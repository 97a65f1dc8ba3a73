//! The commands of `docs/entra.md` that need Azure, run with a program in its place that notes what it is asked.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use validate_jwt_testbed::workspace;

use crate::documents::{Block, blocks, in_yaml};

const PAGE: &str = "docs/entra.md";

/// What Azure's command line takes (2.91), as far as the page uses it.
const COMMANDS: &[(&str, &[&str])] = &[
    ("login", &[]),
    ("account show", &["--query", "--output"]),
    ("ad app create", &["--display-name", "--sign-in-audience", "--query", "--output"]),
    ("ad app credential reset", &["--id", "--years", "--query", "--output"]),
    ("ad app delete", &["--id"]),
    ("ad sp create", &["--id"]),
    ("ad sp update", &["--id", "--set"]),
    ("ad sp show", &["--id", "--query", "--output"]),
    ("rest", &["--method", "--headers", "--url", "--body"]),
];

/// Answers as Azure does, each with a value of its own, and notes every argument.
const AZURE: &str = r#"
az() {
  printf '%s\037' "$@" >>"$CALLS"
  printf '\036' >>"$CALLS"
  case "$*" in
    "account show"*) echo the-tenant ;;
    "ad app create --display-name orders-api"*) echo the-api ;;
    "ad app create"*) echo the-client ;;
    "ad app credential reset"*) echo 'the secret' ;;
    "ad sp show --id the-api"*) echo the-apis-principal ;;
    "ad sp show"*) echo the-clients-principal ;;
  esac
}
"#;

/// The arguments of every call.
fn calls() -> Vec<Vec<String>> {
    // Tests run at the same time.
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    let noted = workspace::target().join(format!("azure-{}-{number}", std::process::id()));
    let _ = fs::remove_file(&noted);
    let script: String =
        blocks(PAGE).iter().filter(|block| is(block, "azure")).map(|block| block.text.as_str()).collect();
    let ran =
        Command::new("bash").args(["-euc", &format!("{AZURE}\n{script}")]).env("CALLS", &noted).status();
    assert!(ran.expect("bash").success());
    let text = fs::read_to_string(&noted).expect("calls");
    fs::remove_file(&noted).expect("it is there");
    let words = |call: &str| call.split_terminator('\u{1f}').map(str::to_owned).collect();
    text.split_terminator('\u{1e}').map(words).collect()
}

fn is(block: &Block, mark: &str) -> bool {
    block.language == "sh" && block.mark == mark
}

/// What follows an option.
fn value<'a>(call: &'a [String], option: &str) -> &'a str {
    let at = call.iter().position(|word| word == option).unwrap_or_else(|| panic!("{option}: {call:?}"));
    &call[at + 1]
}

#[test]
fn every_block_of_commands_is_of_a_kind_that_is_run() {
    for block in blocks(PAGE).iter().filter(|block| block.language == "sh") {
        // Azure's are run here, the others by the end-to-end tests.
        assert!(
            ["azure", "entra", "compose entra", "call"].contains(&block.mark.as_str()),
            "{}",
            block.place
        );
    }
}

#[test]
fn azure_is_asked_only_for_what_it_takes() {
    for call in calls() {
        let known = COMMANDS.iter().find(|(command, _)| call.join(" ").starts_with(command));
        let (command, options) = known.unwrap_or_else(|| panic!("{call:?}"));
        for word in call.iter().filter(|word| word.starts_with("--")) {
            assert!(options.contains(&word.as_str()), "az {command} takes no {word}");
        }
    }
}

/// The tokens that come of it are those that `deploy/envoy-entra.yaml` lets in.
#[test]
fn what_is_registered_is_what_the_deployment_lets_in() {
    let calls = calls();
    let to = |method: &str| {
        let call =
            calls.iter().find(|call| call[0] == "rest" && value(call, "--method") == method).expect(method);
        let body: Value = serde_json::from_str(value(call, "--body")).expect("JSON");
        (value(call, "--url").to_owned(), body)
    };
    let (url, api) = to("PATCH");
    assert_eq!(url, "https://graph.microsoft.com/v1.0/applications(appId='the-api')");
    assert_eq!(api["identifierUris"][0], "api://the-api");
    assert_eq!(api["api"]["requestedAccessTokenVersion"], 2);
    let file = workspace::root().join("deploy/envoy-entra.yaml");
    let deployed = in_yaml("deploy/envoy-entra.yaml", &fs::read_to_string(file).expect("it is there"));
    let deployed: Value = serde_json::from_str(&deployed[0]).expect("JSON");
    let wanted = &deployed["validate_jwt"]["authorize"];
    assert_eq!(wanted["roles"]["any"][0], api["appRoles"][0]["value"]);
    assert_eq!(wanted["scopes"]["any"][0], api["api"]["oauth2PermissionScopes"][0]["value"]);

    let (url, assignment) = to("POST");
    assert_eq!(
        url,
        "https://graph.microsoft.com/v1.0/servicePrincipals/the-apis-principal/appRoleAssignedTo"
    );
    assert_eq!(assignment["principalId"], "the-clients-principal");
    assert_eq!(assignment["resourceId"], "the-apis-principal");
    assert_eq!(assignment["appRoleId"], api["appRoles"][0]["id"]);
    let id = assignment["appRoleId"].as_str().expect("an identifier");
    assert!(id.len() == 36 && id.matches('-').count() == 4, "{id}");
    assert_ne!(api["appRoles"][0]["id"], api["api"]["oauth2PermissionScopes"][0]["id"]);
}

#[test]
fn what_was_registered_goes_again() {
    let calls = calls();
    let of = |command: &str, option: &str| -> Vec<String> {
        let named = calls.iter().filter(|call| call.join(" ").starts_with(command));
        named.map(|call| value(call, option).to_owned()).collect()
    };
    // `create` changes an application that has the name already: each name ends with an id of its own.
    let names = of("ad app create", "--display-name");
    let told: Vec<(&str, usize)> = names.iter().map(|name| (&name[..name.len() - 36], name.len())).collect();
    assert_eq!(told, [("orders-api-", 47), ("orders-client-", 50)], "{names:?}");
    assert_eq!(of("ad app delete", "--id"), ["the-client", "the-api"]);
    assert_eq!(of("ad sp create", "--id"), ["the-api", "the-client"]);
}
