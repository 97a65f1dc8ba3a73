//! Every field of the schema has a test whose name says it, and a row in the reference.
//!
//! A test says a field when the field's name stands in its own, as whole words: `clock_skew_moves_both_edges`. A field
//! of one word only, such as `url` or `match`, could be anybody's: there the object's name stands in the test's name as
//! well, `openid_config_url_keeps_its_query`. The policies and the top level are nobody's part: their words are enough.

mod answers;
mod claims;
mod inline_keys;
mod keeper;
mod places;
mod providers;
mod rules;
mod settings;

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};
use validate_jwt_testbed::workspace;

use crate::bench::{AUDIENCE, Bench, TENANT};
use crate::test_names::test_names;

/// `validate_jwt` and `validate_azure_ad_token` over one tenant with this key, and the same further fields in both:
/// what they mean must not differ.
fn either(key: &SigningKey, more: &Value) -> [Bench; 2] {
    let url = format!("https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration");
    let jwt = json!({"openid_config": [{"url": url}], "audiences": [AUDIENCE]});
    let azure = json!({"tenant_id": TENANT, "audiences": [AUDIENCE]});
    [("validate_jwt", jwt), ("validate_azure_ad_token", azure)].map(|(kind, mut policy)| {
        for (name, value) in more.as_object().into_iter().flatten() {
            policy[name] = value.clone();
        }
        let mut bench = Bench::new(&json!({kind: policy}));
        let issuers = [
            format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            format!("https://sts.windows.net/{TENANT}/"),
        ];
        for (provider, issuer) in issuers.iter().enumerate() {
            bench.provide(provider, issuer, &[key.entra_jwk()]);
        }
        bench
    })
}

/// A good token of that tenant.
fn token() -> TokenRecipe {
    TokenRecipe::entra_v2(TENANT, AUDIENCE)
}

/// All fields as (object, field); the top level has no name.
fn fields() -> BTreeSet<(String, String)> {
    let schema = Config::json_schema();
    let mut fields = BTreeSet::new();
    let mut collect = |object: &str, definition: &Value| {
        for name in definition["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            fields.insert((object.to_owned(), name.clone()));
        }
    };
    collect("", &schema);
    for (object, definition) in schema["$defs"].as_object().expect("definitions") {
        collect(object, definition);
    }
    fields
}

/// Whether a test's name holds these words, side by side.
fn says(test: &str, words: &str) -> bool {
    format!("_{test}_").contains(&format!("_{words}_"))
}

fn is_said(object: &str, field: &str, test: &str) -> bool {
    let is_alone = field.contains('_') || ["", "validate_jwt", "validate_azure_ad_token"].contains(&object);
    says(test, field) && (is_alone || says(test, object))
}

#[test]
fn every_field_of_the_schema_has_a_test_that_names_it() {
    let (fields, tests) = (fields(), test_names());
    assert!(fields.len() > 100 && tests.len() > 300, "{} fields, {} tests", fields.len(), tests.len());
    let untested: Vec<String> = fields
        .iter()
        .filter(|(object, field)| !tests.iter().any(|test| is_said(object, field, test)))
        .map(|(object, field)| format!("{object}.{field}"))
        .collect();
    assert!(untested.is_empty(), "fields that no test names:\n{}", untested.join("\n"));
}

#[test]
fn a_name_is_said_in_whole_words_and_a_short_one_with_its_object() {
    for (object, field, test, expected) in [
        ("validate_jwt", "clock_skew", "clock_skew_moves_both_edges", true),
        ("validate_jwt", "clock_skew", "clock_skewed", false),
        ("validate_jwt", "mode", "a_model_is_read", false),
        ("openid_config", "url", "a_url_is_kept", false),
        ("openid_config", "url", "openid_config_url_is_kept", true),
        ("match", "path", "the_match_by_path_is_exact", true),
        ("limits", "keys", "keys_are_read", false),
    ] {
        assert_eq!(is_said(object, field, test), expected, "{object}.{field}: {test}");
    }
}

/// The tables of `docs/configuration.md` by heading: the names in their first cells.
#[test]
fn the_reference_has_a_row_for_every_field_and_no_other() {
    let text = fs::read_to_string(workspace::root().join("docs/configuration.md")).expect("the reference");
    let known: BTreeSet<String> = fields().into_iter().map(|(_, field)| field).collect();
    let mut rows = BTreeSet::new();
    for cell in text.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next()) {
        // `a`, `b` and `limits.a`, with the first backtick taken off.
        for name in format!("`{cell}").split('`').skip(1).step_by(2) {
            rows.insert(name.rsplit('.').next().unwrap_or(name).to_owned());
        }
    }
    let invented: Vec<_> = rows.difference(&known).collect();
    assert!(invented.is_empty(), "rows of the reference that are no fields: {invented:?}");
    // What stands in a sentence or a form beside its table.
    let elsewhere = ["allow", "any", "all", "claim", "header", "match", "pattern", "policy"];
    let missing: Vec<_> =
        known.difference(&rows).filter(|name| !elsewhere.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "fields without a row in the reference: {missing:?}");
}
