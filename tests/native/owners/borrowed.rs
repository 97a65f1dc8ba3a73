//! Nobody borrows another provider's issuer.

use serde_json::json;

use super::{FOREIGN, Keys, UNKNOWN, WAIT, policy, providers};
use crate::bench::request;

/// What is tried, the providers, the listed issuers, what the documents name, the token's issuer, what becomes of it. The
/// token is signed by the last provider, whose issuer it is not.
type WayIn = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const WAYS_IN: &[WayIn] = &[
    ("the other version of a pinned tenant", "entra=V2 partner", "V1", "V2 PARTNER", "V1", UNKNOWN),
    ("the same, both pinned", "entra=V2 partner=PARTNER", "V1", "V2 PARTNER", "V1", UNKNOWN),
    ("the versions exchanged", "entra-v1=V1 partner=PARTNER", "V2", "V1 PARTNER", "V2", UNKNOWN),
    ("another cloud", "entra-us=V2-US partner=PARTNER", "V1", "V2-US PARTNER", "V1", UNKNOWN),
    ("the tenant's keys are not there", "entra=V2 partner=PARTNER", "V1", "- PARTNER", "V1", WAIT),
    ("both listed, no document", "entra partner", "V2 PARTNER", "- PARTNER", "V2", WAIT),
    ("both listed and pinned, no document", "entra=V2 partner", "V2 PARTNER", "- PARTNER", "V2", WAIT),
    ("a URL misspelt", "https://login.microsoftonlin.com/x partner", "V2 PARTNER", "- PARTNER", "V2", WAIT),
    ("listed, no document", "corp partner", "ID-CORP PARTNER", "- PARTNER", "ID-CORP", WAIT),
    ("the tenant's issuer claimed", "entra=V2 partner", "", "V2 V2", "V2", UNKNOWN),
    ("the same, not pinned", "entra partner", "", "V2 V2", "V2", UNKNOWN),
    ("the same from a fresh start", "entra partner", "", "- V2", "V2", WAIT),
    ("the same and listed", "entra partner", "V2", "- V2", "V2", WAIT),
    ("the other version claimed", "entra partner", "V1", "V2 V1", "V1", UNKNOWN),
    ("every tenant claimed", "entra partner", "", "V2 V2-ANY", "V2", UNKNOWN),
    ("every tenant claimed, another's token", "entra=V2 partner", "", "V2 V2-ANY", "V2-OTHER", FOREIGN),
    ("a template of its own", "corp=CORP partner", "", "CORP https://p/{tenantid}/", "https://p/TID/", WAIT),
    ("the other's host claimed", "corp partner", "", "- CORP", "CORP", WAIT),
    ("the same, and it is there", "corp partner", "", "CORP CORP", "CORP", UNKNOWN),
    ("another port of that host", "corp partner", "", "CORP CORP:8443", "CORP:8443", FOREIGN),
    ("a third host, the other is not there", "corp partner", "", "- ID-CORP", "ID-CORP", WAIT),
    ("the same, claimed by both", "corp partner", "", "ID-CORP ID-CORP", "ID-CORP", WAIT),
    ("the same, pinned at the other", "corp=ID-CORP partner", "", "- ID-CORP", "ID-CORP", WAIT),
    ("listed, and the other's URL leads elsewhere", "entra partner", "V2", "V2-OTHER V2", "V2", WAIT),
    (
        "the same on hosts of their own",
        "corp partner",
        "CORP ID-CORP",
        "NOBODY ID-CORP",
        "ID-CORP",
        "allowed",
    ),
    ("External ID's issuer", "ciam partner", "", "CIAM CIAM", "CIAM", UNKNOWN),
    ("B2C's issuer", "signin partner", "", "- B2C", "B2C", WAIT),
    (
        "Google's second spelling",
        "google partner",
        "",
        "https://accounts.google.com accounts.google.com",
        "accounts.google.com",
        FOREIGN,
    ),
    ("the other's origin without TLS", "corp corp-http", "", "CORP CORP", "CORP", UNKNOWN),
    (
        "a host that starts alike",
        "entra=V2 https://login.microsoftonline.com.evil.example/x",
        "",
        "V2 V2",
        "V2",
        UNKNOWN,
    ),
    ("an issuer that nobody has", "corp partner", "NOBODY", "CORP PARTNER", "NOBODY", FOREIGN),
    ("the same before the documents", "corp partner", "NOBODY", "- PARTNER", "NOBODY", WAIT),
    ("the Bot Framework's before the other's", "corp bot", "", "- BOT", "BOT", WAIT),
];

#[test]
fn another_providers_key_signs_for_no_issuer_that_is_not_its_own() {
    let keys = Keys::new();
    for (what, entries, listed, documents, issuer, expected) in WAYS_IN {
        let bench = keys.bench(&policy(&providers(entries), listed), documents);
        let token = keys.token(issuer, 1);
        assert_eq!(bench.settled(&token), *expected, "{what}");
        let waits = bench.waits_for(&token);
        assert!(*expected != UNKNOWN || waits == [0], "{what}: the owner alone is asked, and not {waits:?}");
        assert_eq!(bench.settled(&token), *expected, "{what}: and again");
    }
}

#[test]
fn which_of_two_rivals_came_first_changes_nothing() {
    let keys = Keys::new();
    for first in [0, 1] {
        let mut bench = keys.bench(&policy(&providers("corp partner"), ""), "- -");
        let provide = |bench: &mut crate::bench::Bench, provider: usize, issuer: &str| {
            bench.provide(provider, &super::full(issuer), &[keys.0[provider].public_jwk()]);
        };
        let token = keys.token("ID-CORP", first);
        for provider in [first, 1 - first] {
            assert_eq!(bench.settled(&token), WAIT);
            provide(&mut bench, provider, "ID-CORP");
        }
        assert_eq!(bench.settled(&token), WAIT, "both name it: neither is believed");
        provide(&mut bench, 1 - first, "https://elsewhere.example");
        assert_eq!(bench.on(&token), "allowed", "one of them has given it up");
        provide(&mut bench, 1 - first, "ID-CORP");
        assert_eq!(bench.settled(&token), WAIT, "what was accepted meanwhile is not remembered");
    }
}

#[test]
fn a_provider_that_several_policies_name_is_judged_by_each() {
    let keys = Keys::new();
    let configuration = json!({
        "policies": {
            "alone": policy(&providers("partner"), ""),
            "beside": policy(&providers("partner entra=V2"), ""),
        },
        "rules": [{"match": {"path": "/alone"}, "policy": "alone"}, {"match": {}, "policy": "beside"}],
    });
    let bench = keys.bench(&configuration, "V2 V2");
    let token = format!("Bearer {}", keys.token("V2", 0));
    let at = |path| bench.verdict(&request(&[(":path", path), ("authorization", &token)]));
    assert_eq!(at("/alone"), "allowed", "taken at its word");
    assert_eq!(at("/"), "await", "not here");
    let remarks = super::told::remarks(&configuration, "V2 V2");
    assert!(
        remarks.iter().any(|remark| remark.contains("not believed in a policy with others")),
        "{remarks:?}"
    );
}
