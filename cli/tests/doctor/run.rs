//! The command as an operator runs it, and what it says.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// A run that is over.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `doctor` on a configuration; no proxy of this machine's stands in between.
pub(crate) fn doctor(config: &Value, arguments: &[&str]) -> Run {
    doctor_in(config, arguments, &[])
}

/// The same in this environment.
pub(crate) fn doctor_in(config: &Value, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_validate-jwt"));
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    let mut child = command
        .args(["doctor", "-"])
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command line that is refused leaves the configuration unread.
    let _ = child.stdin.take().unwrap().write_all(config.to_string().as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { status: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

impl Run {
    /// What is said with these words at the front: `ok`, `note`, `warning`, `error`.
    pub(crate) fn said(&self, severity: &str) -> Vec<&str> {
        let findings = self.out.lines().filter_map(|line| line.strip_prefix("    "));
        findings.filter_map(|line| line.strip_prefix(severity)).map(str::trim).collect()
    }
}

/// A configuration with these providers.
pub(crate) fn policy(providers: &Value) -> Value {
    json!({"validate_jwt": {"openid_config": providers, "audiences": ["orders"]}})
}

/// A provider, without TLS where its URL has none.
pub(crate) fn provider(url: &str, more: &Value) -> Value {
    let mut provider = json!({"url": url, "allow_http": true});
    for (name, value) in more.as_object().unwrap() {
        provider[name] = value.clone();
    }
    provider
}
