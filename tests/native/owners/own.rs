//! A provider speaks for its own issuers, inline keys for all that are allowed.

use serde_json::{Value, json};
use validate_jwt_testbed::token::TokenRecipe;

use super::{FOREIGN, Keys, UNKNOWN, WAIT, full, policy, providers};
use crate::bench::{AUDIENCE, Bench, OTHER_TENANT};

/// The providers, the listed issuers, what the documents name, and whose token each provider may sign: `V2:0`.
type Good = (&'static str, &'static str, &'static str, &'static str, &'static str);

const GOOD: &[Good] = &[
    ("pinned Entra and a partner", "entra=V2 partner", "V1", "V2 PARTNER", "V2:0 V1:0 PARTNER:1"),
    ("the same, nothing pinned", "entra partner", "V1", "V2 PARTNER", "V2:0 V1:0 PARTNER:1"),
    ("both versions", "entra entra-v1", "", "V2 V1", "V2:0 V1:1"),
    ("one of them alone is there", "entra entra-v1", "", "V2 -", "V2:0"),
    ("B2C flows of one issuer", "signin reset", "", "B2C B2C", "B2C:0 B2C:1"),
    ("one of them is not there", "signin reset", "", "B2C -", "B2C:0"),
    ("the Bot Framework beside a tenant", "entra bot", "", "V2 BOT", "V2:0 BOT:1"),
    ("the same, the tenant is pinned and not there", "entra=V2 bot", "", "- BOT", "BOT:1"),
    ("External ID beside a partner", "ciam partner", "", "CIAM -", "CIAM:0"),
    ("one provider, issuers listed", "corp", "NOBODY V1", "CORP", "CORP:0 NOBODY:0 V1:0"),
    ("an issuer on a third host, the other pinned", "corp partner=PARTNER", "", "ID-CORP -", "ID-CORP:0"),
    (
        "an issuer on the other's host, listed",
        "corp partner=PARTNER",
        "PARTNER/c",
        "PARTNER/c -",
        "PARTNER/c:0",
    ),
    ("a mirror of a tenant, listed", "corp partner=PARTNER", "V2", "V2 PARTNER", "V2:0"),
    ("the same, nothing pinned", "corp partner", "V2 PARTNER", "V2 PARTNER", "V2:0 PARTNER:1"),
    ("a mirror of a tenant, pinned", "corp=V2 partner", "V1", "V2 PARTNER", "V2:0 V1:0"),
    ("organizations beside a partner", "any partner", "", "V2-ANY -", "V2:0 V2-OTHER:0"),
    ("an older name of the authority", "windows-net partner", "", "V1 PARTNER", "V1:0"),
    (
        "two ports of one host",
        "https://i:1/x https://i:2/x",
        "",
        "https://i:1 https://i:2",
        "https://i:1:0 https://i:2:1",
    ),
    ("two pinned mirrors", "corp=V2 partner=V2", "", "V2 V2", "V2:0 V2:1"),
];

/// The pairs of `V2:0`.
fn pairs(written: &str) -> Vec<(&str, usize)> {
    written
        .split(' ')
        .filter_map(|pair| pair.rsplit_once(':'))
        .map(|(issuer, at)| (issuer, at.parse().unwrap()))
        .collect()
}

#[test]
fn a_provider_signs_for_its_own_issuers_and_no_other_does() {
    let keys = Keys::new();
    for (what, entries, listed, documents, good) in GOOD {
        let bench = keys.bench(&policy(&providers(entries), listed), documents);
        let good = pairs(good);
        for (issuer, signer) in &good {
            assert_eq!(bench.on(&keys.token(issuer, *signer)), "allowed", "{what}: {issuer}");
            for other in (0..3).filter(|other| !good.contains(&(*issuer, *other))) {
                assert_ne!(
                    bench.settled(&keys.token(issuer, other)),
                    "allowed",
                    "{what}: {issuer} by {other}"
                );
            }
        }
    }
}

#[test]
fn openid_config_issuers_are_further_issuers_of_that_provider_alone() {
    let keys = Keys::new();
    for (entries, further, documents, own) in [
        ("corp partner", "CORP/adfs/trust", "CORP PARTNER", "CORP"),
        ("corp=CORP partner=PARTNER", "CORP/adfs/trust", "CORP PARTNER", "CORP"),
        (
            "google partner",
            "accounts.google.com",
            "https://accounts.google.com PARTNER",
            "https://accounts.google.com",
        ),
        ("any partner", "https://sts.windows.net/{tenantid}/", "V2-ANY PARTNER", "V2"),
    ] {
        let mut entries = providers(entries);
        entries[0]["issuers"] = json!([full(further)]);
        let bench = keys.bench(&policy(&entries, ""), documents);
        let further = if further.contains('{') { "V1" } else { further };
        for issuer in [own, further] {
            assert_eq!(bench.on(&keys.token(issuer, 0)), "allowed", "{issuer}");
            assert_eq!(bench.settled(&keys.token(issuer, 1)), UNKNOWN, "{issuer}");
        }
        // Known from loading on, and not to be had by a claim.
        let claiming = format!("- {further}");
        let bench = keys.bench(&policy(&entries, ""), &claiming);
        assert_eq!(bench.settled(&keys.token(further, 1)), WAIT, "{further}");
    }
}

#[test]
fn inline_keys_sign_for_every_issuer_that_is_allowed_and_no_other() {
    let keys = Keys::new();
    let inline = |mut configuration: Value| {
        configuration["validate_jwt"]["issuer_signing_keys"] = json!([{"jwk": keys.0[2].public_jwk()}]);
        configuration
    };
    let listed = inline(policy(&providers("corp partner=PARTNER"), "NOBODY"));
    for (documents, issuer, signer, expected) in [
        ("- PARTNER", "NOBODY", 2, "allowed"),
        ("- PARTNER", "PARTNER", 2, "allowed"),
        ("- PARTNER", "NOBODY", 1, WAIT),
        ("- PARTNER", "ID-CORP", 2, WAIT),
        ("CORP PARTNER", "ID-CORP", 2, FOREIGN),
        ("CORP PARTNER", "NOBODY", 2, "allowed"),
        ("CORP PARTNER", "NOBODY", 1, "signature_invalid"),
    ] {
        let bench = keys.bench(&listed, documents);
        assert_eq!(bench.settled(&keys.token(issuer, signer)), expected, "{documents}: {issuer} by {signer}");
    }
    let alone = json!([{"jwk": keys.0[2].public_jwk()}]);
    let bench =
        Bench::new(&json!({"validate_jwt": {"issuer_signing_keys": alone, "issuers": [full("NOBODY")]}}));
    assert_eq!(bench.on(&keys.token("NOBODY", 2)), "allowed");
    assert_eq!(bench.on(&keys.token("CORP", 2)), FOREIGN);
}

#[test]
fn listed_issuers_that_fit_a_multi_tenant_document_restrict_it_to_their_tenants() {
    let keys = Keys::new();
    for (what, provider, listed, stated, allowed, refused) in [
        ("nothing listed", "any", "", "V2-ANY", "V2 V2-OTHER", "V1"),
        ("one tenant", "any", "V2", "V2-ANY", "V2", "V2-OTHER V1"),
        ("both", "any", "V2 V2-OTHER", "V2-ANY", "V2 V2-OTHER", "V1"),
        ("pinned as a template", "any=V2-ANY", "V2", "V2-ANY", "V2", "V2-OTHER"),
        ("a mirror, pinned as a template", "corp=V2-ANY", "V2", "V2-ANY", "V2", "V2-OTHER"),
        ("v1.0 beside it", "any", "V2 V1", "V2-ANY", "V2 V1", "V2-OTHER V1-OTHER"),
        ("one tenant's own document", "entra", "V2-OTHER", "V2", "V2 V2-OTHER", "V1"),
        ("a partner beside it", "any partner", "V2 PARTNER", "V2-ANY PARTNER", "V2", "V2-OTHER"),
        (
            "the tenant in the host",
            "corp",
            "https://TID.c.example/",
            "https://{tenantid}.c.example/",
            "https://TID.c.example/",
            "https://OTHER.c.example/",
        ),
        (
            "the tenant within a segment",
            "corp",
            "https://c.example/t-TID",
            "https://c.example/t-{tenantid}",
            "https://c.example/t-TID",
            "https://c.example/t-OTHER",
        ),
        (
            "another tenant before it",
            "corp",
            "https://c.example/OTHER/TID",
            "https://c.example/OTHER/{tenantid}",
            "https://c.example/OTHER/TID",
            "https://c.example/OTHER/OTHER",
        ),
    ] {
        let bench = keys.bench(&policy(&providers(provider), listed), stated);
        for issuer in allowed.split(' ') {
            assert_eq!(bench.on(&keys.token(issuer, 0)), "allowed", "{what}: {issuer}");
        }
        for issuer in refused.split(' ') {
            assert_eq!(bench.on(&keys.token(issuer, 0)), FOREIGN, "{what}: {issuer}");
        }
    }
    // A template among the provider's further issuers is restricted as well.
    let mut entries = providers("any");
    entries[0]["issuers"] = json!(["https://sts.windows.net/{tenantid}/"]);
    let bench = keys.bench(&policy(&entries, "V2 V1"), "V2-ANY");
    for (issuer, expected) in
        [("V2", "allowed"), ("V1", "allowed"), ("V2-OTHER", FOREIGN), ("V1-OTHER", FOREIGN)]
    {
        assert_eq!(bench.on(&keys.token(issuer, 0)), expected, "{issuer}");
    }
    // The tenant of the token has to be that of its issuer, listed or not.
    let bench = keys.bench(&policy(&providers("any"), "V2"), "V2-ANY");
    let token = TokenRecipe::plain(&full("V2"), AUDIENCE);
    assert_eq!(bench.on(&token.sign(&keys.0[0])), FOREIGN);
    assert_eq!(bench.on(&token.claim("tid", OTHER_TENANT).sign(&keys.0[0])), FOREIGN);
}

#[test]
fn the_xml_form_pins_issuers_and_adds_further_ones_as_attributes() {
    let keys = Keys::new();
    let mut bench = Bench::of_text(&format!(
        r#"<validate-jwt header-name="Authorization">
             <openid-config url="{}" issuer="{}" />
             <openid-config url="{}" issuer="{}" issuers="{}  {}" />
             <audiences><audience>{AUDIENCE}</audience></audiences>
             <issuers><issuer>{}</issuer></issuers>
           </validate-jwt>"#,
        full("entra"),
        full("V2"),
        full("corp"),
        full("CORP"),
        full("ID-CORP"),
        full("NOBODY"),
        full("V1"),
    ));
    assert_eq!(bench.waits_for(&keys.token("V1", 1)), [0]);
    bench.provide(1, &full("CORP"), &[keys.0[1].public_jwk()]);
    for issuer in ["CORP", "ID-CORP", "NOBODY"] {
        assert_eq!(bench.on(&keys.token(issuer, 1)), "allowed", "{issuer}");
    }
    assert_eq!(bench.settled(&keys.token("V1", 1)), WAIT);
}
