//! The repository's `envoy.yaml` as the demonstration uses it, and the programs' command lines.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use validate_jwt_testbed::demo::{API_CLIENT_ID, adapt};
use validate_jwt_testbed::identity_provider::{CONTOSO, paths};
use validate_jwt_testbed::{Error, workspace};

#[test]
fn only_addresses_ports_and_the_module_are_replaced() -> Result<(), Error> {
    let file = workspace::root().join("envoy.yaml");
    let (api, idp): (SocketAddr, SocketAddr) = (([127, 0, 0, 1], 1001).into(), ([127, 0, 0, 1], 1002).into());
    let text = adapt(&file, Path::new("/there/validate_jwt.wasm"), api, idp)?.to_string();
    for expected in ["/there/validate_jwt.wasm", "1001", "1002", "http://idp:8081/", API_CLIENT_ID] {
        assert!(text.contains(expected), "{expected} is missing");
    }
    assert!(text.contains(&paths::discovery_v2(CONTOSO)));
    for replaced in ["0.0.0.0", "9901", "8082", "/etc/envoy"] {
        assert!(!text.contains(replaced), "{replaced} is still there");
    }
    Ok(())
}

#[test]
fn a_file_without_the_expected_parts_is_refused_by_what_is_missing() {
    let complaints = [
        ("admin: [", "YAML"),
        ("a: 1", "admin address"),
        ("admin: {address: {socket_address: {}}}", "listeners"),
        (
            "{admin: {address: {socket_address: {}}}, static_resources: {listeners: [], clusters: []}}",
            "cluster api with an address",
        ),
    ];
    let any = SocketAddr::from(([127, 0, 0, 1], 1));
    for (number, (text, complaint)) in complaints.into_iter().enumerate() {
        let name = format!("bad-envoy-{number}.yaml");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, text).expect("the target folder can be written to");
        let refused = adapt(&file, Path::new("x"), any, any).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|text| text.contains(complaint)), "{text}: {refused:?}");
    }
}

#[test]
fn unknown_arguments_are_refused_by_name_with_the_way_to_the_others() {
    let programs =
        [env!("CARGO_BIN_EXE_demo"), env!("CARGO_BIN_EXE_identity-provider"), env!("CARGO_BIN_EXE_echo-api")];
    for program in programs {
        let output = Command::new(program).arg("--nonsense").output().expect("the program was built");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{program}: {said}");
        assert!(
            said.contains("--nonsense") && said.contains("--help lists the arguments"),
            "{program}: {said}"
        );
        let help = Command::new(program).arg("--help").output().expect("the program was built");
        assert!(
            help.status.success() && String::from_utf8_lossy(&help.stdout).contains("usage:"),
            "{program}"
        );
    }
}
