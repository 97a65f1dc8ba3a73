//! The command as an operator runs it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const POLICY: &str = r#"<validate-jwt header-name="Authorization" failed-validation-httpcode="401">
  <openid-config url="https://login.partner.microsoftonline.cn/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0/.well-known/openid-configuration" />
  <required-claims><claim name="aud"><value>00001111-aaaa-2222-bbbb-3333cccc4444</value></claim></required-claims>
</validate-jwt>"#;

fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_validate-jwt"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn check_says_what_a_policy_does() {
    let (code, out, err) = run(&["check", "-"], POLICY);
    assert_eq!((code, err.as_str()), (0, ""));
    for line in [
        "OK",
        "policy validate_jwt",
        "  token:      header authorization, with or without Bearer",
        "  claim:      aud: all of 00001111-aaaa-2222-bbbb-3333cccc4444",
        "  time:       exp required, leeway 0 s",
    ] {
        assert!(out.lines().any(|found| found == line), "{line}\n{out}");
    }
}

#[test]
fn check_lists_every_problem_and_fails() {
    let (code, out, err) = run(&["check", "-"], r#"{"validate_jwt":{"audience":["a"]},"limits":1}"#);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("-: refused, 3 problems\n  validate_jwt.audience: found an unknown field"),
        "{err}"
    );
    assert!(err.contains("did you mean \"audiences\"?\n"), "{err}");
}

#[test]
fn convert_writes_json_that_check_accepts() {
    let (code, json, err) = run(&["convert", "-"], POLICY);
    assert_eq!((code, err.as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["validate_jwt"]["failed_validation_httpcode"], 401);
    assert_eq!(run(&["check", "-"], &json), run(&["check", "-"], POLICY));
}

#[test]
fn the_schema_in_the_repository_is_the_one_printed() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/validate-jwt.schema.json");
    let (code, printed, _) = run(&["schema"], "");
    assert_eq!(code, 0);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(file, &printed).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(printed == committed, "run `UPDATE_SCHEMA=1 cargo test -p validate-jwt-cli` and commit {file}");
}

/// The example of RFC 7515, appendix A.1.
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[test]
fn explain_gives_the_filters_verdict_and_reason() {
    let file = std::env::temp_dir().join(format!("validate-jwt-explain-{}.json", std::process::id()));
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let config = format!(
        r#"{{"validate_jwt":{{"issuer_signing_keys":[{{"jwk":{{"kty":"oct","k":"{key}"}}}}],"issuers":["joe"]}}}}"#
    );
    std::fs::write(&file, config).unwrap();
    let config = file.to_str().unwrap();
    let explain =
        |now: &str, token: &str| run(&["explain", "--config", config, "--token", "-", "--now", now], token);
    let (code, out, err) = explain("1300819300", TOKEN);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "allowed by policy validate_jwt\n", ""));
    let (code, out, _) = explain("1300819380", TOKEN);
    assert_eq!(code, 1);
    assert!(out.starts_with("refused: token_expired (status 401, policy validate_jwt)\n"), "{out}");
    let (code, out, _) = explain("1300819300", "a.b.c");
    assert_eq!(code, 1);
    assert!(out.starts_with("refused: token_malformed"), "{out}");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn wrong_use_is_explained() {
    for (arguments, expected) in [
        (&[][..], "validate-jwt: a command is missing"),
        (&["check"][..], "validate-jwt: a file is missing"),
        (&["chek", "-"][..], "validate-jwt: unknown command \"chek\""),
        (&["check", "a", "b"][..], "validate-jwt: too many arguments"),
        (&["explain"][..], "validate-jwt: explain needs --config FILE"),
        (&["explain", "--config", "-"][..], "validate-jwt: explain needs --token FILE"),
        (&["check", "-", "--now", "1"][..], "validate-jwt: only explain takes these options"),
        (&["check", "--strict"][..], "validate-jwt: invalid option '--strict'"),
        (&["check", "/does/not/exist"][..], "validate-jwt: cannot read /does/not/exist: "),
    ] {
        let (code, out, err) = run(arguments, "");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.starts_with(expected), "{arguments:?}\n{err}");
    }
    let (code, out, _) = run(&["--help"], "");
    assert_eq!(code, 0);
    assert!(out.contains("Usage:"));
}
