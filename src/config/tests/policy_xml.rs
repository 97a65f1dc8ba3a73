//! `policy_xml` with `named_values`, and what stands beside them.

use serde_json::json;

use super::*;
use crate::gate::{ClaimDemand, ValueMatch};

const KEY: &str = "bm90IGEgc2VjcmV0OiBldmVyeWJvZHkgY2FuIHJlYWQgdGhpcyE=";

/// A configuration of a policy and the values that it names.
fn policy(xml: &str, values: &serde_json::Value) -> String {
    json!({"policy_xml": xml, "named_values": values}).to_string()
}

#[track_caller]
fn told(text: &str) -> Vec<String> {
    match Config::parse(text.as_bytes()) {
        Ok(config) => config.warnings.iter().map(ToString::to_string).collect(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

const XML: &str = r#"<policies>
  <inbound>
    <base />
    <validate-jwt header-name="{{header}}" clock-skew="{{ skew }}" failed-validation-error-message="no &lt;{{header}}&gt;">
      <openid-config url="https://login.example/{{tenant}}/.well-known/openid-configuration" />
      <issuer-signing-keys><key><![CDATA[{{
        key }}]]></key></issuer-signing-keys>
      <audiences><audience>api://{{tenant}}/</audience></audiences>
      <issuers><issuer>https://login.example/{{tenant}}</issuer></issuers>
      <required-claims><claim name="{{claim}}"><value>{{markup}}</value></claim></required-claims>
    </validate-jwt>
  </inbound>
  <outbound><set-body template="liquid">{ "a": "{{body.a}}" }</set-body></outbound>
</policies>"#;

#[test]
fn policy_xml_takes_named_values_as_text_wherever_a_text_may_stand() {
    let values = json!({
        "header": "X-Token", "skew": "30", "tenant": "a1b2", "key": KEY, "claim": "role",
        "markup": "</value><value>&lt;{{tenant}}",
    });
    // Braces in a value are refused like any other placeholder that was left in; the value itself is not told.
    assert_eq!(
        told(&policy(XML, &values))[0],
        "policy_xml/policies/inbound/validate-jwt/required-claims/claim[0]/value[0]: expected a value without a \
         placeholder in braces, found what \"{{markup}}\" stands for"
    );
    let values = json!({
        "header": "X-Token", "skew": "30", "tenant": "a1b2", "key": KEY, "claim": "role", "markup": "</value>&lt;",
    });
    let config = accept(&policy(XML, &values));
    let requirement = &config.policies[0].first;
    assert_eq!(requirement.answers.form().message.as_deref(), Some("no <X-Token>"));
    assert_eq!(requirement.time.leeway.as_secs(), 30);
    assert_eq!(requirement.keys.inline.keys().len(), 1);
    assert_eq!(requirement.audiences.of_policy.as_ref().unwrap().exact, ["api://a1b2/", "api://a1b2"]);
    assert_eq!(
        requirement.required_claims[0].demand,
        ClaimDemand::AllOf(vec![ValueMatch::Exact("</value>&lt;".to_owned())])
    );
    let told: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["policy_xml/policies/outbound: ignored: this filter only looks at the request"]);
}

#[test]
fn a_named_value_without_a_value_is_refused_by_name_with_its_line() {
    let values = json!({"headr": "X", "skew": "1", "markup": "m"});
    let at = "policy_xml/policies/inbound/validate-jwt";
    assert_eq!(
        told(&policy(XML, &values)),
        [
            format!(
                "{at}/@header-name: expected a value for it in named_values, found the named value \"{{{{header}}}}\" (line 4); did you mean \"headr\"?"
            ),
            format!(
                "{at}/@failed-validation-error-message: expected a value for it in named_values, found the named value \"{{{{header}}}}\" (line 4); did you mean \"headr\"?"
            ),
            format!(
                "{at}/openid-config[0]/@url: expected a value for it in named_values, found the named value \"{{{{tenant}}}}\" (line 5)"
            ),
            format!(
                "{at}/issuer-signing-keys/key[0]: expected a value for it in named_values, found the named value \"{{{{key}}}}\" (line 6)"
            ),
            format!(
                "{at}/audiences/audience[0]: expected a value for it in named_values, found the named value \"{{{{tenant}}}}\" (line 8)"
            ),
            format!(
                "{at}/issuers/issuer[0]: expected a value for it in named_values, found the named value \"{{{{tenant}}}}\" (line 9)"
            ),
            format!(
                "{at}/required-claims/claim[0]/@name: expected a value for it in named_values, found the named value \"{{{{claim}}}}\" (line 10)"
            ),
        ]
    );
}

#[test]
fn lines_of_attributes_and_texts_are_their_own() {
    let xml = "<validate-jwt\n  clock-skew='0'\n  header-name='{{a}}'>\n<openid-config\n\n url='https://x/'/>\n\
               <audiences>\n<audience>\n\n <!-- c -->\n {{b}}</audience></audiences></validate-jwt>";
    let lines: Vec<String> = told(&policy(xml, &json!({"z": "z"})));
    assert!(lines[0].contains("\"{{a}}\" (line 3)"), "{lines:?}");
    assert!(lines[1].contains("\"{{b}}\" (line 11)"), "{lines:?}");
}

#[test]
fn a_named_value_that_nobody_names_is_warned_of() {
    let xml = "<validate-jwt><openid-config url='https://login.example/'/><audiences><audience>{{a}}</audience></audiences></validate-jwt>";
    assert_eq!(
        told(&policy(xml, &json!({"a": "api", "b": "x", "c d": "x"}))),
        ["named_values.b: the policy does not name it", "named_values.\"c d\": the policy does not name it"]
    );
}

#[test]
fn no_message_shows_what_a_named_value_holds() {
    let secret = "s3cr3t-value";
    for (xml, expected) in [
        ("<validate-jwt clock-skew='{{s}}'>", "@clock-skew: expected a number of seconds"),
        (
            "<validate-jwt require-expiration-time='{{s}}'>",
            "@require-expiration-time: expected true or false",
        ),
        (
            "<validate-jwt failed-validation-httpcode='{{n}}'>",
            "@failed-validation-httpcode: expected a whole number",
        ),
        ("<validate-jwt header-name='{{s}} {{s}}'>", "@header-name: expected a header's name"),
        ("<validate-jwt require-scheme='{{s}} x'>", "@require-scheme: expected an authentication scheme"),
        (
            "<validate-jwt><openid-config url='ftp://{{s}}'/>",
            "openid-config[0]/@url: expected an https:// URL",
        ),
        (
            "<validate-jwt><openid-config url='https://u:{{s}}@x/'/>",
            "openid-config[0]/@url: expected a URL without it",
        ),
        (
            "<validate-jwt><openid-config url='https://x' issuers='{{{s}}} {{s}}'/>",
            "openid-config[0]/@issuers: expected a value without",
        ),
        (
            "<validate-jwt><issuer-signing-keys><key>{{s}}</key></issuer-signing-keys>",
            "issuer-signing-keys/key[0]: expected a base64 secret",
        ),
        (
            "<validate-jwt><audiences><audience>{{e}}</audience></audiences>",
            "audiences/audience[0]: expected a fixed value",
        ),
        (
            "<validate-jwt><required-claims><claim name='a' match='{{s}}'/></required-claims>",
            "required-claims/claim[0]/@match: expected",
        ),
    ] {
        let values = json!({"s": secret, "n": "31337", "e": format!("@({secret})")});
        let all = told(&policy(&format!("{xml}</validate-jwt>"), &values)).join("\n");
        assert!(all.contains(&format!("policy_xml/validate-jwt/{expected}")), "{xml}\n{all}");
        assert!(!all.contains(secret) && !all.contains("31337"), "{xml}\n{all}");
    }
    for xml in [
        "<validate-azure-ad-token tenant-id='{{s}} {{s}}'/>",
        "<validate-azure-ad-token tenant-id='https://{{s}}/a.b' authentication-endpoint='x'/>",
    ] {
        let all = told(&policy(xml, &json!({"s": secret}))).join("\n");
        assert!(all.contains("{{s}}") && !all.contains(secret), "{xml}\n{all}");
    }
}

#[test]
fn policy_xml_stands_beside_the_other_fields_and_in_place_of_a_policy() {
    let xml = "<fragment><validate-jwt><openid-config url='https://login.example/'/><audiences><audience>a</audience></audiences></validate-jwt></fragment>";
    let config = accept(
        &json!({"policy_xml": format!("\u{feff} {xml}"), "key_refresh": {"interval": 60}, "limits": {"keys": 7}}).to_string(),
    );
    assert_eq!((config.key_refresh.interval.as_secs(), config.limits.keys), (60, 7));
    assert_eq!(&*config.policies[0].name, "validate_jwt");
    for (more, expected) in [
        (
            json!({"validate_jwt": {}}),
            "configuration: expected exactly one of validate_jwt, validate_azure_ad_token, policy_xml, policies, found validate_jwt and policy_xml",
        ),
        (
            json!({"policy_xml": "validate-jwt"}),
            "policy_xml: expected a policy of API Management in XML, found a string",
        ),
        (json!({"policy_xml": ""}), "policy_xml: expected a non-empty string, found an empty string"),
        (json!({"policy_xml": {}}), "policy_xml: expected a non-empty string, found an object"),
        (json!({"policy_xml": "<validate-jwt>"}), "policy_xml: expected a <validate-jwt> or"),
        (json!({"policy_xml": "<validate-jwt>\n@("}), "policy_xml: expected every bracket"),
        (json!({"policy_xml": "<inbound/>"}), "policy_xml/inbound: expected <validate-jwt>"),
        (
            json!({"named_values": []}),
            "named_values: expected an object with, for each name, a non-empty string, found an empty list",
        ),
        (
            json!({"named_values": {}}),
            "named_values: expected an object with, for each name, a non-empty string, found an empty object",
        ),
        (
            json!({"named_values": "s3cr3t"}),
            "named_values: expected an object with, for each name, a non-empty string, found a string",
        ),
        (json!({"named_values": {"a": 1}}), "named_values.a: expected a non-empty string, found a number"),
        (json!({"limits": {"key": 1}}), "limits.key: expected one of the fields of limits"),
    ] {
        let mut configuration = json!({"policy_xml": xml});
        for (name, value) in more.as_object().unwrap() {
            configuration[name] = value.clone();
        }
        let all = told(&configuration.to_string());
        assert!(all.iter().any(|line| line.starts_with(expected)), "{more}\n{all:#?}");
    }
    let all = told(&json!({"named_values": {}, "validate_jwt": {}}).to_string());
    assert!(
        all.contains(&"policy_xml: expected a value, since named_values is given, found nothing".to_owned()),
        "{all:#?}"
    );
}
