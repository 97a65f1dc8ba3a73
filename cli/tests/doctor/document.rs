//! `docs/command-line.md`: what it shows of `doctor` is what that prints, but for times.

use std::fs;
use std::path::Path;

use serde_json::json;
use validate_jwt_testbed::identity_provider::{IdentityProvider, Names};

use crate::run::doctor;
use crate::servers::{AUTHORITY, Certificate, answer, saying, tls};

#[test]
fn the_document_shows_what_doctor_prints() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let document = fs::read_to_string(&file).unwrap();
    let (_, section) = document.split_once("\n## doctor\n").expect("a section");
    let block = |mark: &str| {
        let (_, rest) = section.split_once(&format!("\n```{mark}\n")).expect(mark);
        rest.split("```").next().expect("an end")
    };
    let config = serde_json::from_str(block("json validate-jwt")).unwrap();
    let host = "idp.contoso.example";
    let names = Names {
        plain_issuer: format!("https://{host}/"),
        endpoints: "https://{host}".to_owned(),
        ..Names::default()
    };
    let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names).unwrap();
    let refusal = json!({
        "error": "invalid_tenant",
        "error_description": "AADSTS90002: Tenant 'contosso.onmicrosoft.com' not found.",
    });
    let entra = saying(answer("400 Bad Request", "content-type: application/json\r\n", &refusal.to_string()));
    let detours = [(host, idp.address()), ("login.microsoftonline.com", entra)]
        .map(|(host, behind)| format!("{host}={}", tls(Certificate::Good, behind)));
    let run = doctor(&config, &["--ca", AUTHORITY, "--resolve", &detours[0], "--resolve", &detours[1]]);
    let shown = block("text doctor");
    assert_eq!(without_times(&run.out), without_times(shown), "{}", run.out);
    assert_eq!(run.status, 1);
}

/// Takes out what differs from run to run.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.split_once(" bytes in ") {
        Some((before, _)) => before.to_owned(),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
