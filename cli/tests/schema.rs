//! The schema and the reader agree wherever a schema can say it.

use regex_lite::Regex;
use serde_json::{Value, json};
use validate_jwt::config::Config;

/// Whether an instance fits a schema: the keywords that ours uses, and a panic for any other, so that a new
/// one is not taken for granted. (JSON Schema 2020-12; checked once against the crate `boon`.)
fn fits(instance: &Value, schema: &Value, root: &Value) -> bool {
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let all =
        |schemas: &Value| schemas.as_array().unwrap().iter().filter(|one| fits(instance, one, root)).count();
    let count = |limit: &Value| usize::try_from(limit.as_u64().unwrap()).unwrap();
    let object = instance.as_object();
    let empty = serde_json::Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    schema.as_object().unwrap().iter().all(|(keyword, value)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" | "properties" => true,
        "$ref" => {
            fits(instance, root.pointer(value.as_str().unwrap().trim_start_matches('#')).unwrap(), root)
        }
        "type" => match value.as_str().unwrap() {
            "object" => instance.is_object(),
            "array" => instance.is_array(),
            "string" => instance.is_string(),
            "boolean" => instance.is_boolean(),
            "number" => instance.is_number(),
            "integer" => instance.as_f64().is_some_and(|number| number.fract() == 0.0),
            other => panic!("type {other}"),
        },
        "enum" => value.as_array().unwrap().contains(instance),
        "const" => instance == value,
        "minimum" => instance.as_f64().is_none_or(|number| number >= value.as_f64().unwrap()),
        "maximum" => instance.as_f64().is_none_or(|number| number <= value.as_f64().unwrap()),
        "minLength" => instance.as_str().is_none_or(|text| text.chars().count() >= count(value)),
        "pattern" => {
            instance.as_str().is_none_or(|text| Regex::new(value.as_str().unwrap()).unwrap().is_match(text))
        }
        "minItems" => instance.as_array().is_none_or(|items| items.len() >= count(value)),
        "items" => instance.as_array().is_none_or(|items| items.iter().all(|item| fits(item, value, root))),
        "minProperties" => object.is_none_or(|members| members.len() >= count(value)),
        "propertyNames" => {
            object.is_none_or(|members| members.keys().all(|name| fits(&json!(name), value, root)))
        }
        "required" => object.is_none_or(|members| texts(value).iter().all(|name| members.contains_key(name))),
        "additionalProperties" => object.is_none_or(|members| {
            members.iter().all(|(name, member)| match (properties.get(name), value) {
                (None, Value::Bool(open)) => *open,
                (Some(schema), _) | (None, schema) => fits(member, schema, root),
            })
        }),
        "dependentRequired" => object.is_none_or(|members| {
            let dependent = value.as_object().unwrap().iter().filter(|(name, _)| members.contains_key(*name));
            dependent.flat_map(|(_, needed)| texts(needed)).all(|name| members.contains_key(&name))
        }),
        "allOf" => all(value) == value.as_array().unwrap().len(),
        "anyOf" => all(value) > 0,
        "oneOf" => all(value) == 1,
        "not" => !fits(instance, value, root),
        other => panic!("keyword {other}"),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "samples read better")]
fn jwt(members: Value) -> Value {
    let mut policy = json!({"openid_config": [{"url": "https://login.example/"}], "audiences": ["api"]});
    policy.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({"validate_jwt": policy})
}

const XML: &str = "<validate-jwt><openid-config url='https://login.example/' /><audiences><audience>{{a}}</audience></audiences></validate-jwt>";

/// Configurations, and whether they are good ones.
fn samples() -> Vec<(Value, bool)> {
    let rules = json!([{"match": {"path": "/a"}, "allow": true}, {"match": {}, "policy": "a"}]);
    vec![
        (jwt(json!({})), true),
        (jwt(json!({"clock_skew": 0.5, "failed_validation_httpcode": 401.0, "mode": "report_only"})), true),
        (jwt(json!({"forward": {"claims_to_headers": [{"path": ["a", "b"], "header": "x-a"}]}})), true),
        (jwt(json!({"authorize": {"scopes": {"any": ["a"]}, "match": "any"}})), true),
        (jwt(json!({"failure": {"realm": "a b", "resource_metadata": "https://a/"}})), true),
        (
            jwt(
                json!({"required_claims": [{"name": "a", "values": ["b"], "match": "any", "separator": " "}]}),
            ),
            true,
        ),
        (json!({"validate_azure_ad_token": {"tenant_id": "common", "audiences": ["a"]}}), true),
        (json!({"policies": {"a": jwt(json!({}))}, "rules": rules}), true),
        (json!({"policy_xml": XML, "named_values": {"a": "api"}, "limits": {"keys": 9}}), true),
        (json!({"policy_xml": XML.replace("{{a}}", "api")}), true),
        (json!({"policy_xml": ""}), false),
        (json!({"policy_xml": XML, "named_values": {"a": 1}}), false),
        (json!({"policy_xml": XML, "named_values": ["a"]}), false),
        (json!({"policy_xml": XML, "named_values": {"a": "api"}, "validate_jwt": {}}), false),
        (json!({"named_values": {"a": "api"}, "validate_jwt": jwt(json!({}))["validate_jwt"]}), false),
        (json!({}), false),
        (json!([]), false),
        (json!({"policies": {"a": jwt(json!({}))}}), false),
        (json!({"policies": {}, "rules": rules}), false),
        (json!({"policies": {"a b": jwt(json!({}))}, "rules": rules}), false),
        (json!({"validate_azure_ad_token": {"tenant_id": "common"}}), false),
        (json!({"validate_azure_ad_token": {"audiences": ["a"]}}), false),
        (json!({"validate_jwt": {"audiences": ["a"]}}), false),
        (jwt(json!({"audiences": []})), false),
        (jwt(json!({"audiences": "a"})), false),
        (jwt(json!({"audiences": [""]})), false),
        (jwt(json!({"openid_config": [{}]})), false),
        (jwt(json!({"openid_config": [{"url": "https://a/", "jwks_uri": "https://a/"}]})), false),
        (jwt(json!({"openid_config": [{"jwks_uri": "https://a/"}]})), false),
        (jwt(json!({"openid_config": [{"url": "ftp://a/"}]})), false),
        (jwt(json!({"header_name": "a", "cookie_name": "b"})), false),
        (jwt(json!({"header_name": "a b"})), false),
        (jwt(json!({"failed_validation_httpcode": 200})), false),
        (jwt(json!({"failed_validation_httpcode": 401.5})), false),
        (jwt(json!({"clock_skew": -1})), false),
        (jwt(json!({"clok_skew": 1})), false),
        (jwt(json!({"algorithms": ["none"]})), false),
        (jwt(json!({"mode": "off"})), false),
        (jwt(json!({"failure": {"realm": "a\"b"}})), false),
        (jwt(json!({"authorize": {}})), false),
        (jwt(json!({"issuer_signing_keys": [{"n": "a"}]})), false),
        (jwt(json!({"required_claims": [{"name": "a", "path": ["b"]}]})), false),
    ]
}

#[test]
fn schema_and_reader_agree() {
    let schema = Config::json_schema();
    for (sample, good) in samples() {
        let text = sample.to_string();
        assert_eq!(Config::parse(text.as_bytes()).is_ok(), good, "reader: {text}");
        assert_eq!(fits(&sample, &schema, &schema), good, "schema: {text}");
    }
}

#[test]
fn every_field_is_described() {
    fn walk(value: &Value, path: &str) {
        match value {
            Value::Object(members) => {
                if let Some(Value::Object(properties)) = members.get("properties") {
                    for (name, property) in properties {
                        let text = property["description"].as_str().unwrap_or_default();
                        assert!(text.ends_with('.') && text.len() > 10, "{path}.{name}");
                    }
                }
                members.iter().for_each(|(name, member)| walk(member, &format!("{path}.{name}")));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, path)),
            _ => {}
        }
    }
    walk(&Config::json_schema(), "");
}
