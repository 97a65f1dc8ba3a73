//! Bad input, and output that nobody takes: whatever the command, one clear line and an exit status, no panic and no end of
//! memory.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

const BINARY: &str = env!("CARGO_BIN_EXE_validate-jwt");
/// No input makes any command take more, kilobytes.
const MEMORY: &str = "1500000";

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("validate-jwt-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the command with bounded memory.
fn run(arguments: &[&str]) -> Output {
    let script = format!("ulimit -v {MEMORY}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash", BINARY]).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that prints to there; gives its exit status, and what it says on standard error.
fn run_into(stdout: impl Into<Stdio>, command: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(BINARY);
    let output = child
        .args(command)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Inputs that no command can use, each with its name.
fn bad_inputs(folder: &Folder) -> Vec<(&'static str, String)> {
    let bomb = (0..60).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{0}: &a{0} [*a{level}, *a{level}]\n", level + 1)
    });
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(100_000));
    let large = folder.path("large");
    File::create(&large).unwrap().set_len(100 << 20).unwrap();
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let circle = folder.path("circle");
    symlink("circle", folder.0.join("circle")).unwrap();
    let binary: Vec<u8> = (0..4096_u32).map(|number| u8::try_from(number * 7 % 256).unwrap()).collect();
    let utf_16: Vec<u8> = "{\"validate_jwt\": {}}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("a file that is not there", folder.path("missing")),
        ("a link to itself", circle),
        ("a directory", folder.0.to_str().unwrap().to_owned()),
        ("100 MB", large),
        ("a device without end", "/dev/zero".to_owned()),
        ("a pipe that nobody writes to", pipe),
        ("nothing", folder.file("empty", b"")),
        ("blanks", folder.file("blank", b" \n\t\n")),
        ("bytes", folder.file("binary", &binary)),
        ("no UTF-8", folder.file("latin", b"validate_jwt: {issuers: [\"caf\xe9\"]}\n")),
        ("UTF-16", folder.file("utf-16", &utf_16)),
        ("aliases of aliases", folder.file("bomb", bomb.as_bytes())),
        ("a long text many times", folder.file("long", long.as_bytes())),
        ("deep lists in YAML", folder.file("deep-list", "- ".repeat(100_000).as_bytes())),
        ("deep brackets", folder.file("deep-json", "[".repeat(1 << 20).as_bytes())),
        ("deep objects", folder.file("deep-object", "{\"a\":".repeat(1 << 20).as_bytes())),
        ("deep elements", folder.file("deep-xml", "<a>".repeat(1 << 20).as_bytes())),
        ("many values", folder.file("many", format!("[{}0]", "0,".repeat(7 << 20)).as_bytes())),
        ("many lines", folder.file("lines", "a\n".repeat(7 << 20).as_bytes())),
        ("a prose text", folder.file("prose", b"This is no configuration.\n")),
    ]
}

#[test]
fn bad_input_to_any_command_is_told_in_a_line_and_an_exit_status() {
    let folder = Folder::new("bad-input");
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/documents/configuration.json");
    let inputs = bad_inputs(&folder);
    let statement = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/documents/statement.xml");
    let commands: [(&[&str], &[i32]); 13] = [
        (&["check"], &[1, 2]),
        (&["doctor"], &[1, 2]),
        (&["test"], &[2]),
        (&["check", "--format", "json"], &[1, 2]),
        (&["convert"], &[1, 2]),
        (&["convert", "--from", "istio"], &[1, 2]),
        (&["convert", "--from", "jwt-authn"], &[1, 2]),
        (&["convert", "--from", "envoy-gateway"], &[1, 2]),
        (&["convert", statement, "--named-values"], &[1, 2]),
        (&["explain", "--token", good, "--config"], &[1, 2]),
        (&["explain", "--config", good, "--token"], &[1, 2]),
        (&["explain", "--config", good, "--token", good, "--jwks"], &[1, 2]),
        (&["explain", "--config", good, "--token", good, "--discovery"], &[1, 2]),
    ];
    thread::scope(|scope| {
        for (command, statuses) in commands {
            let inputs = &inputs;
            scope.spawn(move || {
                for (name, file) in inputs {
                    let arguments: Vec<&str> = command.iter().copied().chain([file.as_str()]).collect();
                    let Output { status, stdout, stderr } = run(&arguments);
                    let said =
                        format!("{}{}", String::from_utf8_lossy(&stderr), String::from_utf8_lossy(&stdout));
                    let place = format!("{command:?}, {name}: {status}\n{said}");
                    assert!(status.code().is_some_and(|code| statuses.contains(&code)), "{place}");
                    assert!(!said.contains("panicked") && !said.trim().is_empty(), "{place}");
                    assert!(said.len() < 8_000 && said.lines().all(|line| line.len() < 4_000), "{place}");
                }
            });
        }
    });
}

#[test]
fn what_check_says_of_bad_input_is_clear() {
    let folder = Folder::new("clear");
    let told = [
        "cannot read FILE: No such file or directory (os error 2)",
        "cannot read FILE: Too many levels of symbolic links (os error 40)",
        "cannot read FILE: it is a directory",
        "cannot read FILE: it has more than 16 MB",
        "cannot read FILE: it has more than 16 MB",
        "cannot read FILE: it is a pipe, and nobody has come to write to it for 5 s",
        "FILE:1: configuration: expected YAML, JSON, or a policy of API Management in XML, found nothing",
        "FILE:1: configuration: expected YAML, JSON, or a policy of API Management in XML, found nothing",
        "FILE:1: configuration: expected YAML, JSON, or a policy of API Management in XML, found binary data",
        "FILE:1: configuration: expected YAML, JSON, or a policy of API Management in XML, found bytes that are not UTF-8",
        "FILE:1: configuration: expected the same text in UTF-8, found UTF-16",
        "found more than 1000000 values, each alias counted as what it stands for",
        "found more than 1000000 values, each alias counted as what it stands for",
        "found values within each other more than 100 deep",
        "found invalid JSON (",
        "found invalid JSON (",
        "found elements nested too deeply",
        "found more than 1000000 values, each alias counted as what it stands for",
        "found a string",
        "found a string",
    ];
    let inputs = bad_inputs(&folder);
    assert_eq!(inputs.len(), told.len());
    for ((name, file), told) in inputs.iter().zip(told) {
        let stderr = String::from_utf8(run(&["check", file]).stderr).unwrap();
        let line = stderr.lines().last().unwrap_or_default().replace(file, "FILE");
        assert!(line.contains(told), "{name}\n{line}");
    }
}

#[test]
fn pipes_with_a_writer_are_read_to_their_end() {
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/documents/configuration.json");
    let folder = Folder::new("pipes");
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("cat {good} > {pipe} & {BINARY} check {pipe} <(cat {good}) - < {good}");
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), printed.matches("OK\n").count()), (Some(0), 3), "{printed}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn an_output_that_is_full_is_told_and_one_that_is_closed_is_no_failure() {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/documents");
    let file = |name: &str| documents.join(name).to_str().unwrap().to_owned();
    let good = file("configuration.json");
    let policy = file("statement.xml");
    let commands: [&[&str]; 9] = [
        &["check", &good],
        &["check", "--format", "json", &good],
        &["convert", &policy],
        &["schema"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
        &["help", "check"],
    ];
    for command in commands {
        let full = || File::options().write(true).open("/dev/full").unwrap();
        let (code, told) = run_into(full(), command);
        assert_eq!(code, Some(2), "{command:?}\n{told}");
        assert_eq!(
            told, "validate-jwt: cannot write: No space left on device (os error 28)\n",
            "{command:?}"
        );
        let status = Command::new(BINARY).args(command).stdout(full()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{command:?}");
        // The reader is gone before anything is written.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, told) = run_into(writer, command);
        assert_eq!((code, told.as_str()), (Some(0), ""), "{command:?}");
    }
    let mut stdin = Command::new(BINARY)
        .args(["check", "-"])
        .stdin(Stdio::piped())
        .stderr(File::options().write(true).open("/dev/full").unwrap())
        .spawn()
        .unwrap();
    stdin.stdin.take().unwrap().write_all(b"{}").unwrap();
    assert_eq!(stdin.wait().unwrap().code(), Some(1));
}

#[test]
fn standard_input_stands_for_one_file() {
    let Output { status, stderr, .. } = run(&["check", "-", "-"]);
    let said = String::from_utf8_lossy(&stderr);
    assert_ne!(status.code(), Some(0));
    assert!(said.contains("cannot read -: standard input can stand for one file only"), "{said}");
}
