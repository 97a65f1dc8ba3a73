//! What is refused at load, what loading warns of, and what the log says once the documents are there.

use serde_json::{Value, json};
use validate_jwt::config::Config;

use super::{Keys, full, policy, providers};

/// What the log says of owners with these documents at hand.
pub(super) fn remarks(configuration: &Value, documents: &str) -> Vec<String> {
    let bench = Keys::new().bench(configuration, documents);
    let owners = bench.gate.policies().iter().map(|policy| &policy.first.owners);
    owners.flat_map(|owners| owners.remarks(&bench.keyring)).map(|remark| remark.to_string()).collect()
}

#[test]
fn a_multi_tenant_document_without_any_restriction_is_warned_of_at_load() {
    for (entries, listed, warned) in [
        ("any", "", true),
        ("any", "V2", false),
        ("any", "V1", true),
        ("https://login.microsoftonline.us/common/.well-known/x", "", true),
        ("corp=V2-ANY", "", true),
        ("corp=V2-ANY", "V2", false),
        ("entra", "", false),
        ("any=V2", "", false),
    ] {
        let text = policy(&providers(entries), listed).to_string();
        let config = Config::parse(text.as_bytes()).expect(&text);
        let found = config.warnings.iter().any(|warning| warning.text.contains("stands for every tenant"));
        assert_eq!(found, warned, "{text}: {:?}", config.warnings);
    }
    let tenants = json!({"validate_azure_ad_token": {"tenant_id": "organizations", "audiences": ["x"]}});
    assert_eq!(Config::parse(tenants.to_string().as_bytes()).expect("good").warnings, []);
    // Where only the document tells, the log does, once it is there.
    let remarks = remarks(&policy(&providers("corp"), ""), "V2-ANY");
    assert!(remarks.iter().any(|remark| remark.contains("stands for every tenant")), "{remarks:?}");
}

#[test]
fn a_listed_issuer_that_nobody_owns_is_refused_at_load_or_named_in_the_log() {
    for (entries, listed, refused) in [
        ("entra=V2 partner=PARTNER", "NOBODY", true),
        ("entra=V2 partner=PARTNER", "V2 V1-OTHER", true),
        ("entra=V2 partner=PARTNER", "V1-CN", true),
        ("corp=CORP partner=PARTNER", "V1", true),
        ("entra=V2 partner=PARTNER", "V1 V2 PARTNER", false),
        ("any=V2-ANY partner=PARTNER", "V2 V1", false),
        ("entra=V2 partner", "NOBODY", false),
        ("entra=V2", "NOBODY", false),
    ] {
        let text = policy(&providers(entries), listed).to_string();
        let problems = Config::parse(text.as_bytes()).err();
        assert_eq!(problems.is_some(), refused, "{text}: {problems:?}");
        for problem in problems.iter().flatten() {
            let told = problem.to_string();
            assert!(
                told.starts_with("validate_jwt.issuers[") && told.contains("issuers of that entry"),
                "{told}"
            );
        }
    }
    let mut further = providers("entra=V2 partner=PARTNER");
    further[1]["issuers"] = json!([full("NOBODY")]);
    let text = policy(&further, "NOBODY").to_string();
    assert!(Config::parse(text.as_bytes()).is_ok(), "somebody speaks for it");

    let open = policy(&providers("corp partner=PARTNER"), "NOBODY");
    assert_eq!(remarks(&open, "- PARTNER"), [""; 0], "it could still be the one that is not there");
    let told = remarks(&open, "CORP PARTNER");
    assert!(told[0].contains("\"https://nobody.example\" belongs to none"), "{told:?}");
}

#[test]
fn the_log_says_what_is_taken_at_its_word_and_what_is_not_believed() {
    let elsewhere = "is on another host, and is taken at its word";
    for (entries, listed, documents, told) in [
        ("corp", "", "ID-CORP", elsewhere),
        ("corp", "", "CORP", ""),
        ("corp", "", "http://auth.corp.example/", ""),
        ("corp=ID-CORP", "", "ID-CORP", ""),
        ("corp", "ID-CORP", "ID-CORP", ""),
        ("entra-v1", "", "V1", ""),
        ("ciam", "", "CIAM", ""),
        ("corp bot", "", "CORP BOT", elsewhere),
        ("corp partner", "", "ID-CORP ID-CORP", "both name the issuer"),
    ] {
        let remarks = remarks(&policy(&providers(entries), listed), documents);
        let is_told = remarks.iter().any(|remark| remark.contains(told));
        assert!(if told.is_empty() { remarks.is_empty() } else { is_told }, "{told:?}: {remarks:?}");
        assert!(remarks.iter().all(|remark| *remark == remarks[0]), "said once: {remarks:?}");
    }
    let long = format!("https://x.example/{}", "\n".repeat(200_000));
    let remarks = remarks(&policy(&providers("corp"), ""), &long);
    assert!(remarks[0].len() < 2000 && !remarks[0].contains('\n'), "{} bytes", remarks[0].len());
}
