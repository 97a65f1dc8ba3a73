//! Every Envoy file of the repository, as Envoy itself judges it: `--mode validate` runs the filter's own checks too.

use std::fs;
use std::process::{self, Command};

use validate_jwt_testbed::{Error, build, envoy, workspace};

#[test]
fn envoy_accepts_the_file_of_demo_and_compose() -> Result<(), Error> {
    assert_valid("envoy", &read("envoy.yaml"))
}

#[test]
fn envoy_accepts_every_envoy_file_of_deploy() -> Result<(), Error> {
    let folder = fs::read_dir(workspace::root().join("deploy")).expect("deploy/ is there");
    let mut count = 0;
    for entry in folder {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let text = read(&format!("deploy/{name}"));
        if is_envoys(&text) {
            assert_valid(&name, &text)?;
            count += 1;
        }
    }
    assert!(count > 0, "no Envoy file in deploy/");
    Ok(())
}

#[test]
fn envoy_accepts_the_china_variant() -> Result<(), Error> {
    let text = read("deploy/envoy-entra.yaml");
    let (rest, cluster) = text.split_once("    # Azure China (21Vianet).\n").expect("the variant's cluster");
    let lines: Vec<String> = cluster.lines().map(|line| line.replacen("# ", "", 1)).collect();
    let cluster = lines.join("\n") + "\n";
    let china =
        rest.replace("\"https://login.microsoftonline.com/", "\"https://login.partner.microsoftonline.cn/");
    assert_valid(
        "china",
        &format!("{}{cluster}", china.replace("\"cluster\": \"entra\"", "\"cluster\": \"entra_china\"")),
    )
}

#[test]
fn envoy_accepts_every_whole_file_of_the_documents() -> Result<(), Error> {
    for name in ["README.md", "docs/configuration.md"] {
        let text = read(name);
        for (at, block) in text.split("\n```yaml").skip(1).enumerate() {
            let block = block.split("\n```").next().unwrap_or(block);
            let (_, block) = block.split_once('\n').unwrap_or_default();
            if is_envoys(block) {
                assert_valid(&format!("{}-{at}", name.replace('/', "-")), block)?;
            }
        }
    }
    Ok(())
}

/// Asserts that Envoy takes a configuration whose module is the one just built.
fn assert_valid(name: &str, text: &str) -> Result<(), Error> {
    let module = build::filter_module()?;
    assert!(text.contains(MODULE), "{name}: no filter that loads {MODULE}");
    let file = workspace::target().join(format!("validate-{}-{name}.yaml", process::id()));
    fs::write(&file, text.replace(MODULE, &module.to_string_lossy()))
        .expect("the target folder can be written");
    let mut command = Command::new(envoy::find()?);
    let output = command.args(["--mode", "validate", "--config-path"]).arg(&file).output();
    let output = output.expect("Envoy starts");
    // Only a failure is worth keeping the file for.
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let _ = fs::remove_file(&file);
    Ok(())
}

/// Whether this is a whole bootstrap file.
fn is_envoys(text: &str) -> bool {
    text.lines().any(|line| line == "static_resources:")
}

fn read(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

const MODULE: &str = "/etc/envoy/validate_jwt.wasm";
