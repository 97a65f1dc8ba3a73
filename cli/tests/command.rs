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

/// The lines that `check` prints.
#[track_caller]
fn checked(config: &str) -> Vec<String> {
    let (code, out, err) = run(&["check", "-"], config);
    assert_eq!((code, err.as_str()), (0, ""), "{config}");
    out.lines().map(str::to_owned).collect()
}

#[test]
fn check_says_everything_that_decides_who_gets_in() {
    let lines = checked(
        r#"{"validate_jwt": {
            "openid_config": [{"url": "https://login.acme.io/.well-known/openid-configuration"}],
            "issuers": ["https://login.acme.io/", "https://sts.acme.io/"],
            "audiences": ["orders"], "token_types": ["at+jwt"], "maximum_lifetime": 3600.5, "clock_skew": 1,
            "required_claims": [{"name": "azp", "match": "any", "values": ["web", "app"], "separator": ","}],
            "authorize": {"scopes": {"any": ["orders.read", "orders.write"]}, "roles": {"all": ["Clerk"]},
                          "claims": [{"name": "dept", "values": ["sales"]}, {"name": "email"}], "match": "any"}
        }}"#,
    );
    for line in [
        "  issuers:    https://login.acme.io/, https://sts.acme.io/, and the providers' own",
        "  types:      at+jwt",
        "  claim:      azp: any of web, app, split at \",\"",
        "  time:       exp required, leeway 1 s, lifetime at most 3600.5 s",
        "  authorize:  scopes: any of orders.read, orders.write",
        "  authorize:  roles: all of Clerk",
        "  authorize:  claim dept: all of sales",
        "  authorize:  claim email: present",
        "  authorize:  one of scopes, roles, all the claims, or the answer is 403",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line}\n{lines:#?}");
    }
    let tenants = |more: &str| {
        let policy = format!(r#"{{"validate_azure_ad_token": {{"audiences": ["orders"], {more}}}}}"#);
        checked(&policy)
            .into_iter()
            .filter(|line| line.starts_with("  tenants:") || line.starts_with("  types:"))
            .collect()
    };
    let types = "  types:      JWT, at+jwt, or none".to_owned();
    for (more, expected) in [
        (r#""tenant_id": "common""#, "any, personal accounts too"),
        (r#""tenant_id": "organizations""#, "any but that of personal accounts"),
        (
            r#""tenant_id": "common", "allowed_tenants": ["8EAEF023-2b34-4da1-9baa-8bc8c9d6a490"]"#,
            "8eaef023-2b34-4da1-9baa-8bc8c9d6a490",
        ),
    ] {
        let lines: Vec<String> = tenants(more);
        assert_eq!(lines, [format!("  tenants:    {expected}"), types.clone()], "{more}");
    }
    assert_eq!(tenants(r#""tenant_id": "acme.onmicrosoft.com""#), [types]);
}

#[test]
fn check_says_whose_keys_may_sign_for_which_issuer() {
    let signers = |policy: &str| -> Vec<String> {
        let lines = checked(&format!(r#"{{"validate_jwt": {{"audiences": ["a"], {policy}}}}}"#));
        lines.iter().filter_map(|line| line.strip_prefix("  signs:      ")).map(str::to_owned).collect()
    };
    let acme = "https://login.acme.io/.well-known/openid-configuration";
    let partner = "https://id.partner.io/.well-known/openid-configuration";
    let tenant = "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    let entra = format!("{tenant}/v2.0/.well-known/openid-configuration");
    let v1 = "https://sts.windows.net/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/";
    let keys = r#""issuer_signing_keys": [{"key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}]"#;
    for (policy, expected) in [
        (
            format!(r#""openid_config": [{{"url": "{acme}"}}]"#),
            vec![format!("the issuer of its document: keys from {acme}")],
        ),
        (
            format!(
                r#""openid_config": [{{"url": "{acme}", "issuer": "https://acme.io/", "issuers": ["https://old.acme.io/"]}}]"#
            ),
            vec![
                format!("https://acme.io/: keys from {acme}"),
                format!("https://old.acme.io/: keys from {acme}"),
            ],
        ),
        (
            format!(r#""openid_config": [{{"url": "{acme}"}}], "issuers": ["https://old.acme.io/"]"#),
            vec![
                format!("the issuer of its document: keys from {acme}"),
                format!("https://old.acme.io/: keys from {acme}"),
            ],
        ),
        (
            format!(
                r#""openid_config": [{{"url": "{entra}", "issuer": "{tenant}/v2.0"}}, {{"url": "{partner}", "issuer": "https://id.partner.io"}}], "issuers": ["{v1}"]"#
            ),
            vec![
                format!("{tenant}/v2.0: keys from {entra}"),
                format!("https://id.partner.io: keys from {partner}"),
                format!("{v1}: keys from {entra}"),
            ],
        ),
        (
            format!(
                r#""openid_config": [{{"url": "{acme}"}}, {{"url": "{partner}"}}], "issuers": ["https://third.io/"]"#
            ),
            vec![
                format!("the issuer of its document: keys from {acme}"),
                format!("the issuer of its document: keys from {partner}"),
                format!("https://third.io/: keys from whose document names it: {acme}, {partner}"),
            ],
        ),
        (
            format!(r#"{keys}, "issuers": ["https://acme.io/"]"#),
            vec!["https://acme.io/: inline keys".to_owned()],
        ),
        (keys.to_owned(), vec!["any issuer: inline keys".to_owned()]),
        (
            format!(
                r#"{keys}, "openid_config": [{{"url": "{acme}", "issuer": "https://acme.io/"}}], "issuers": ["https://third.io/"]"#
            ),
            vec![
                format!("https://acme.io/: keys from {acme}"),
                format!("https://third.io/: keys from {acme}; inline keys"),
            ],
        ),
    ] {
        assert_eq!(signers(&policy), expected, "{policy}");
    }
}

/// The warnings that `check` prints.
#[track_caller]
fn warned(config: &str) -> Vec<String> {
    let lines = checked(config);
    lines.iter().skip_while(|line| *line != "warnings").skip(1).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn check_warns_of_what_looks_like_a_slip() {
    let policy = |url: &str, more: &str| {
        format!(r#"{{"validate_jwt": {{"openid_config": [{{"url": "{url}"}}], {more}}}}}"#)
    };
    let good = "https://login.acme.io/.well-known/openid-configuration";
    assert_eq!(warned(&policy(good, r#""audiences": ["api://orders"]"#)), Vec::<String>::new());
    for (url, more, expected) in [
        (
            good,
            r#""audiences": ["a"], "required_claims": [{"name": "sub", "values": ["repo:acme/app:*"]}]"#,
            r#"policy validate_jwt: the value of sub "repo:acme/app:*" looks like a pattern, but is compared as it is, character by character"#,
        ),
        (
            good,
            r#""audiences": ["a"], "authorize": {"roles": {"any": ["^Admin$"]}}"#,
            r#"policy validate_jwt: the role "^Admin$" looks like a pattern, but is compared as it is, character by character"#,
        ),
        (
            good,
            r#""audiences": ["https://*.acme.io"]"#,
            r#"policy validate_jwt: the audience "https://*.acme.io" looks like a pattern, but is compared as it is, character by character"#,
        ),
        (
            good,
            r#""audiences": ["api://your-application-id"]"#,
            r#"policy validate_jwt: the audience "api://your-application-id" holds "your-application-id", which stands for your own in samples"#,
        ),
        (
            good,
            r#""audiences": ["a"], "issuers": ["https://sts.windows.net/00000000-0000-0000-0000-000000000000/"]"#,
            r#"policy validate_jwt: the issuer "https://sts.windows.net/00000000-0000-0000-0000-000000000000/" holds "00000000-0000-0000-0000-000000000000", which stands for your own in samples"#,
        ),
        (
            "https://login.example.com/.well-known/openid-configuration",
            r#""audiences": ["a"]"#,
            r#"the URL "https://login.example.com/.well-known/openid-configuration" holds "login.example.com", which stands for your own in samples"#,
        ),
        (
            "https://login.acme.io/realms/a/",
            r#""audiences": ["a"]"#,
            "the URL https://login.acme.io/realms/a/ of a discovery document is not below /.well-known/; did you mean https://login.acme.io/realms/a/.well-known/openid-configuration?",
        ),
        (
            "https://login.acme.io/discovery/v2.0/keys?x=1",
            r#""audiences": ["a"]"#,
            "the URL https://login.acme.io/discovery/v2.0/keys?x=1 of a discovery document is not below /.well-known/; a set of keys alone is jwks_uri, with issuer",
        ),
        (
            "https://login.acme.io/.well-known/jwks.json",
            r#""audiences": ["a"]"#,
            "the URL https://login.acme.io/.well-known/jwks.json of a discovery document is none of the known names below /.well-known/; a set of keys alone is jwks_uri, with issuer",
        ),
        (
            "https://login.acme.io/a/.well-known/openid-config",
            r#""audiences": ["a"]"#,
            "the URL https://login.acme.io/a/.well-known/openid-config of a discovery document is none of the known names below /.well-known/; did you mean https://login.acme.io/a/.well-known/openid-configuration?",
        ),
        (
            "https://login.acme.io/.well-known/openid-configuration/",
            r#""audiences": ["a"]"#,
            "the URL https://login.acme.io/.well-known/openid-configuration/ of a discovery document ends in a slash, as few servers have it",
        ),
    ] {
        assert_eq!(warned(&policy(url, more)), [expected], "{url} {more}");
    }
}

#[test]
fn check_warns_of_a_rule_that_never_decides() {
    let policy = r#"{"validate_jwt": {"openid_config": [{"url": "https://login.acme.io/.well-known/openid-configuration"}], "audiences": ["a"]}}"#;
    let warnings = warned(&format!(
        r#"{{"policies": {{"weak": {policy}, "strict": {policy}}}, "rules": [
            {{"match": {{"path_prefix": "/orders"}}, "policy": "weak"}},
            {{"match": {{"path_prefix": "/orders/admin"}}, "policy": "strict"}},
            {{"match": {{}}, "policy": "weak"}}
        ]}}"#
    ));
    assert_eq!(warnings, ["-:3: rules[1]: never decides: rules[0] matches every request that it matches"]);
}

#[test]
fn check_lists_every_problem_and_fails() {
    let (code, out, err) = run(&["check", "-"], r#"{"validate_jwt":{"audience":["a"]},"limits":1}"#);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with(
            "-: refused, 3 problems\n  -:1: validate_jwt.audience: expected one of the fields of validate_jwt: "
        ),
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
fn convert_writes_a_policy_or_a_configuration_for_a_proxy_and_lists_what_it_does_not_know() {
    let (_, configuration, _) = run(&["convert", "-"], POLICY);
    for (target, first, open) in [
        ("envoy", "/etc/envoy/validate_jwt.wasm: where Envoy finds the module", 2),
        ("istio", "NAMESPACE: write the namespace of the workloads", 4),
        ("envoy-gateway", "NAMESPACE: write the namespace of the route and its Gateway", 5),
    ] {
        let (code, written, err) = run(&["convert", "--to", target, "-"], POLICY);
        assert_eq!(code, 3, "{err}");
        assert!(err.starts_with(&format!("left to do:\n  output: {first}")), "{err}");
        assert_eq!(err.lines().count(), 1 + open, "{err}");
        assert!(written.contains("login.partner.microsoftonline.cn"), "{written}");
        let of_configuration = run(&["convert", "--to", target, "-"], &configuration);
        assert_eq!(of_configuration, (3, written.clone(), err.clone()));
        let named = run(&["convert", "--from", "configuration", "--to", target, "-"], &configuration);
        assert_eq!(named, (3, written, err));
    }
    assert_eq!(
        run(&["convert", "--to", "json", "-"], &configuration),
        (0, configuration.clone(), String::new())
    );
    assert_eq!(run(&["convert", "--from", "configuration", "-"], POLICY), (0, configuration, String::new()));
}

#[test]
fn convert_writes_for_no_proxy_what_the_filter_refuses() {
    let left = POLICY.replace("00001111-aaaa-2222-bbbb-3333cccc4444", "{{audience}}");
    let (code, out, err) = run(&["convert", "--to", "istio", "-"], &left);
    assert_eq!((code, out.as_str()), (1, ""));
    let told = "left to do:\n  -:3: the named value {{audience}}: give it: --named-value audience=VALUE\n\
                the configuration, which --to json prints: refused, 1 problem\n";
    assert!(err.starts_with(told), "{err}");
    for (input, told) in [
        ("", "-: refused, 1 problem\n"),
        (r#"{"validate_jwt": {}}"#, "-: refused, "),
        ("rules:\n  - issuer: a\n", "-: refused, 1 problem\n"),
    ] {
        let (code, out, err) = run(&["convert", "-"], input);
        assert_eq!((code, out.as_str()), (1, ""), "{input}");
        assert!(err.starts_with(told), "{input}\n{err}");
    }
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
fn wrong_use_is_one_line_that_names_the_argument_and_what_is_allowed_and_a_hint() {
    let commands = "check, convert, doctor, schema, explain, test, completions, man";
    for (arguments, expected, hint) in [
        (&[][..], format!("a command is missing: expected one of {commands}"), "--help"),
        (&["chek", "-"][..], format!("unknown command \"chek\": expected one of {commands}"), "--help"),
        (&["check"][..], "check needs <FILE>...".to_owned(), "check --help"),
        (&["check", "--strict"][..], "check takes <FILE>..., --format <FORMAT>, found --strict".to_owned(), "check --help"),
        (&["check", "-", "--now", "1"][..], "check takes <FILE>..., --format <FORMAT>, found --now".to_owned(), "check --help"),
        (&["explain"][..], "explain needs --config <FILE>, --token <FILE>".to_owned(), "explain --help"),
        (&["explain", "--config", "-"][..], "explain needs --token <FILE>".to_owned(), "explain --help"),
        (
            &["explain", "--config", "a", "--config", "b"][..],
            "--config <FILE> is given twice".to_owned(),
            "explain --help",
        ),
        (
            &["explain", "--config", "a", "--token", "b", "--path", "/", "--url", "https://a/"][..],
            "--path <PATH> cannot stand beside --url <URL>".to_owned(),
            "explain --help",
        ),
        (
            &["explain", "--now", "noon"][..],
            "--now <SECONDS>: expected whole seconds since 1970, found \"noon\"".to_owned(),
            "explain --help",
        ),
        (
            &["explain", "--url", "a/b"][..],
            "--url <URL>: expected an https:// or http:// URL, found \"a/b\"".to_owned(),
            "explain --help",
        ),
        (
            &["convert", "--from", "nginx", "-"][..],
            "--from <ORIGIN>: expected one of configuration, api-management, jwt-authn, istio, envoy-gateway, found \"nginx\""
                .to_owned(),
            "convert --help",
        ),
        (
            &["convert", "-", "--from"][..],
            "--from <ORIGIN>: expected one of configuration, api-management, jwt-authn, istio, envoy-gateway, found none"
                .to_owned(),
            "convert --help",
        ),
        (
            &["explain", "--jwks"][..],
            "--jwks <[PROVIDER=]FILE>: expected a value, found none".to_owned(),
            "explain --help",
        ),
        (
            &["convert", "--named-value", "stage", "-"][..],
            "--named-value <NAME=VALUE>: expected NAME=VALUE, found \"stage\"".to_owned(),
            "convert --help",
        ),
    ] {
        let (code, out, err) = run(arguments, "");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(err, format!("validate-jwt: {expected}\nTry 'validate-jwt {hint}'.\n"), "{arguments:?}");
    }
    let entra = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/envoy-entra.yaml");
    for (arguments, input, expected) in [
        (&["check", "/does/not/exist"][..], "", "cannot read /does/not/exist: "),
        (
            &["explain", "--config", entra, "--token", "eyJhbGciOiJub25lIn0.e30."],
            "",
            "a token stands where the name of a file belongs: write it to a file, or give - and pipe it in",
        ),
        (&["man", "chek"], "", "unknown command \"chek\": expected one of "),
        (
            &["explain", "--config", entra, "--token", "-"],
            "bearer a.b.c",
            "--token: expected the token alone, found Bearer before it",
        ),
        (
            &["convert", "--named-value", "stage=test", "-"],
            "{\"validate_jwt\": {}}",
            "--named-value and --named-values: expected documents of API Management, found another kind",
        ),
        (
            &["convert", "--from", "istio", "--named-value", "stage=test", "-"],
            "",
            "--named-value and --named-values: expected documents of API Management, found another kind",
        ),
    ] {
        let (code, out, err) = run(arguments, input);
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{arguments:?}");
        assert!(err.starts_with(&format!("validate-jwt: {expected}")), "{arguments:?}\n{err}");
    }
}

#[test]
fn each_command_has_help_and_a_page_of_the_manual() {
    let (_, program, _) = run(&["--help"], "");
    for (command, arguments) in [
        ("check", &["<FILE>...", "--format"][..]),
        ("convert", &["--from", "--to", "--named-value ", "--named-values", "<FILE>..."][..]),
        ("schema", &[][..]),
        (
            "explain",
            &["--config", "--token", "--jwks", "--discovery", "--now", "--policy", "--url", "--proof"][..],
        ),
        ("test", &["--format", "--junit", "<FILE>..."][..]),
        ("completions", &["<SHELL>"][..]),
        ("man", &["[COMMAND]"][..]),
    ] {
        let (code, help, err) = run(&[command, "--help"], "");
        assert_eq!((code, err.as_str()), (0, ""), "{command}");
        assert_eq!(run(&["help", command], "").1, help);
        assert!(program.lines().any(|line| line.trim().starts_with(command)), "{command}\n{program}");
        for argument in arguments {
            assert!(help.contains(argument), "{argument}\n{help}");
        }
        let (code, page, err) = run(&["man", command], "");
        assert_eq!((code, err.as_str()), (0, ""), "{command}");
        assert!(page.contains(&format!(".TH validate-jwt-{command} 1")), "{page}");
    }
    for arguments in [&["--help"], &["-h"], &["help"]] {
        let (code, out, err) = run(arguments, "");
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("Usage: validate-jwt <COMMAND>") && out.contains("Exit status: "), "{out}");
    }
    for arguments in [&["--version"], &["-V"]] {
        let version = concat!("validate-jwt ", env!("CARGO_PKG_VERSION"), "\n").to_owned();
        assert_eq!(run(arguments, ""), (0, version, String::new()));
    }
    let (code, page, _) = run(&["man"], "");
    assert_eq!(code, 0);
    assert!(page.contains(".TH validate-jwt 1"), "{page}");
}

#[test]
fn bash_completes_what_the_commands_take() {
    let (code, script, _) = run(&["completions", "bash"], "");
    assert_eq!(code, 0);
    let completed = |words: &str| {
        let typed = words.rsplit(' ').next().unwrap();
        let ask = format!(
            "{script}\nhow=$(complete -p validate-jwt); how=${{how##*-F }}
            COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            ${{how%% *}} validate-jwt {typed}; echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(completed("validate-jwt conv"), "convert");
    assert_eq!(completed("validate-jwt convert --fr"), "--from");
    for shell in ["elvish", "fish", "powershell", "zsh"] {
        let (code, script, err) = run(&["completions", shell], "");
        assert_eq!((code, err.as_str()), (0, ""), "{shell}");
        assert!(script.contains("named-values"), "{shell}");
    }
}
