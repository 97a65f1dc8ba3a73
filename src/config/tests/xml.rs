//! APIM policies as users paste them.

use super::*;
use crate::config::apim::{Document, NamedValues};
use crate::gate::{BoundScheme, ClaimDemand, HeaderName, Policy, Scheme, Schemes, TokenPlace, ValueMatch};
use crate::keys::ProviderDocument;
use crate::token::AlgorithmSet;

/// The policy of Microsoft's how-to, its placeholders filled in or not.
fn how_to(tenant: &str, client: &str) -> String {
    format!(
        r#"<validate-jwt header-name="Authorization" failed-validation-httpcode="401" failed-validation-error-message="Unauthorized. Access token is missing or invalid.">
    <openid-config url="https://login.partner.microsoftonline.cn/{tenant}/v2.0/.well-known/openid-configuration" />
    <required-claims>
        <claim name="aud">
            <value>{client}</value>
        </claim>
    </required-claims>
</validate-jwt>"#
    )
}

const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const CLIENT: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
pub(super) const DISCOVERY: &str =
    "https://login.microsoftonline.com/contoso.onmicrosoft.com/.well-known/openid-configuration";

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let told: Vec<String> = refuse(text).iter().map(ToString::to_string).collect();
    assert_eq!(told, expected, "{text}");
}

#[track_caller]
pub(super) fn check_start(text: &str, expected: &str) {
    let told = lines(&refuse(text));
    assert!(starts_like(&told, expected), "{text}\ntold: {told}\nexpected: {expected}");
}

/// Both forms say the same.
#[track_caller]
pub(super) fn same(xml: &str, json: &str) {
    let [from_xml, from_json] = [accept(xml), accept(json)];
    assert_eq!(format!("{:?}", from_xml.policies), format!("{:?}", from_json.policies));
    assert_eq!(from_xml.providers, from_json.providers);
    let document = Document::read(xml.as_bytes()).unwrap();
    let statement = document.root().statement(&NamedValues::new()).unwrap();
    assert_eq!(statement.left, []);
    let converted = statement.configuration();
    let from_converted = accept(&converted.to_string());
    assert_eq!(format!("{:?}", from_converted.policies), format!("{:?}", from_json.policies));
}

#[test]
fn the_how_tos_own_policy_loads_when_filled_in() {
    let config = accept(&how_to(TENANT, CLIENT));
    assert_eq!(config.warnings, []);
    let requirement = &config.policies[0].first;
    let schemes = Schemes { ordinary: Scheme::BearerOptional, bound: vec![BoundScheme::MtlsPop] };
    let place = TokenPlace::Header { name: HeaderName::authorization(), schemes };
    assert_eq!(requirement.places.iter().collect::<Vec<_>>(), [&place]);
    assert_eq!(requirement.answers.form().status, Some(401));
    let message = "Unauthorized. Access token is missing or invalid.";
    assert_eq!(requirement.answers.form().message.as_deref(), Some(message));
    assert_eq!(
        requirement.required_claims[0].demand,
        ClaimDemand::AllOf(vec![ValueMatch::Exact(CLIENT.to_owned())])
    );
    assert_eq!(config.providers[0].cluster, "login.partner.microsoftonline.cn");
}

#[test]
fn placeholders_of_the_how_to_are_refused_with_what_to_do() {
    check(
        &how_to("{aad-tenant}", "{Application ID of backend-app}"),
        &[
            "validate-jwt/openid-config[0]/@url: expected the value itself (replace \
             the placeholder \"{aad-tenant}\"), found \
             \"https://login.partner.microsoftonline.cn/{aad-tenant}/v2.0/.\"…",
            "validate-jwt/required-claims/claim[0]/value[0]: expected the \
             value itself (replace the placeholder \"{Application ID of backend-app}\"), found \"{Application ID of backend-app}\"",
        ],
    );
    check(
        &how_to("{{aad-tenant}}", CLIENT),
        &[
            "validate-jwt/openid-config[0]/@url: expected the value itself, or the policy as policy_xml of a JSON \
           configuration with named_values beside it, found the named value \"{{aad-tenant}}\"",
        ],
    );
}

#[test]
fn example_1_a_symmetric_key_with_an_audience() {
    let policy = |audience: &str, key: &str| {
        format!(
            r#"<validate-jwt header-name="Authorization" require-scheme="Bearer">
                <issuer-signing-keys><key>{key}</key></issuer-signing-keys>
                <audiences><audience>{audience}</audience></audiences>
                <issuers><issuer>http://contoso.com/</issuer></issuers>
            </validate-jwt>"#
        )
    };
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let config = accept(&policy("api.contoso.com", key));
    assert_eq!(config.policies[0].first.algorithms, AlgorithmSet::SYMMETRIC);
    check(
        &policy("@(context.Request.OriginalUrl.Host)", "{{jwt-signing-key}}"),
        &[
            "validate-jwt/issuer-signing-keys/key[0]: expected the value itself, or the policy as policy_xml of a JSON \
             configuration with named_values beside it, found the named value \"{{jwt-signing-key}}\"",
            "validate-jwt/audiences/audience[0]: expected a fixed value (policy expressions are not evaluated here), found the policy expression \
             \"@(context.Request.OriginalUrl.Host)\"",
        ],
    );
}

#[test]
fn example_2_and_6_uploaded_certificates_are_refused_by_name() {
    check_start(
        r#"<validate-jwt header-name="Authorization"><issuer-signing-keys><key certificate-id="my-rsa-cert"/></issuer-signing-keys></validate-jwt>"#,
        "validate-jwt/issuer-signing-keys/key[0]/@certificate-id: expected n and e of the certificate's key[..]found certificate-id, which only API Management \
         knows",
    );
    check_start(
        &format!(
            r#"<validate-jwt><openid-config url="{DISCOVERY}"/><decryption-keys><key certificate-id="c"/></decryption-keys></validate-jwt>"#
        ),
        "validate-jwt/decryption-keys/key[0]/@certificate-id: expected the key itself, in JSON: decryption_keys[..]found certificate-id, which only API Management knows",
    );
}

#[test]
fn example_3_an_entra_tenant_with_a_required_claim() {
    same(
        &format!(
            r#"<validate-jwt header-name="Authorization" require-scheme="Bearer" failed-validation-httpcode="401">
                <openid-config url="{DISCOVERY}" />
                <audiences><audience>25eef6e4-c905-4a07-8eb4-0d08d5df8b3f</audience></audiences>
                <required-claims><claim name="id" match="all"><value>insert claim here</value></claim></required-claims>
            </validate-jwt>"#
        ),
        &format!(
            r#"{{"validate_jwt":{{"header_name":"Authorization","require_scheme":"Bearer","failed_validation_httpcode":401,
                "openid_config":[{{"url":"{DISCOVERY}"}}],"audiences":["25eef6e4-c905-4a07-8eb4-0d08d5df8b3f","25eef6e4-c905-4a07-8eb4-0d08d5df8b3f/"],
                "required_claims":[{{"name":"id","match":"all","values":["insert claim here"]}}]}}}}"#
        ),
    );
}

#[test]
fn example_4_a_customer_tenant_with_azp() {
    let url = "https://contoso.ciamlogin.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0/.well-known/openid-configuration";
    let config = accept(&format!(
        r#"<validate-jwt header-name="Authorization"><openid-config url="{url}"/>
           <required-claims><claim name="azp" match="all"><value>{CLIENT}</value></claim></required-claims></validate-jwt>"#
    ));
    // A client of the tenant gets tokens for any API.
    assert_eq!(config.warnings.len(), 1);
    assert!(matches!(&config.providers[0].document, ProviderDocument::Discovery { issuer: None, .. }));
}

#[test]
fn example_5_b2c() {
    let url = "https://login.microsoftonline.com/tfp/contoso.onmicrosoft.com/b2c_1_signin/v2.0/.well-known/openid-configuration";
    same(
        &format!(
            r#"<validate-jwt header-name="Authorization" failed-validation-httpcode="401"><openid-config url="{url}"/>
               <audiences><audience>d313c4e4-de5f-4197-9470-e509a2f0b806</audience></audiences></validate-jwt>"#
        ),
        &format!(
            r#"{{"validate_jwt":{{"header_name":"Authorization","failed_validation_httpcode":401,"openid_config":[{{"url":"{url}"}}],
               "audiences":["d313c4e4-de5f-4197-9470-e509a2f0b806","d313c4e4-de5f-4197-9470-e509a2f0b806/"]}}}}"#
        ),
    );
}

#[test]
fn example_7_the_validation_is_read_and_the_choice_is_refused_by_name() {
    let policy = |choose: &str| {
        format!(
            r#"<policies><inbound><base/>
            <validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
                <issuer-signing-keys><key>MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=</key></issuer-signing-keys>
                <audiences><audience>api</audience></audiences>
                <issuers><issuer>i</issuer></issuers>
                <required-claims><claim name="group" match="any"><value>finance</value><value>logistics</value></claim></required-claims>
            </validate-jwt>{choose}</inbound></policies>"#
        )
    };
    let requirement = accept(&policy("")).policies.remove(0).first;
    assert_eq!(requirement.published_name.as_deref(), Some("jwt"));
    let values = ["finance", "logistics"].map(|value| ValueMatch::Exact(value.to_owned())).into();
    assert_eq!(requirement.required_claims[0].demand, ClaimDemand::AnyOf(values));
    let choose = r#"<choose><when condition="@(context.Request.Method == "POST" && !((Jwt)context.Variables["jwt"]).Claims["group"].Contains("finance"))"><return-response><set-status code="403" reason="Forbidden" /></return-response></when></choose>"#;
    check(
        &policy(choose),
        &["policies/inbound/choose: expected rules, authorize and \
           required_claims of the JSON form instead, found the policy \"choose\""],
    );
}

#[test]
fn a_whole_document_is_read() {
    let config = accept(&format!(
        "\u{feff}<?xml version=\"1.0\"?>\n<!-- ours --><policies><inbound><!-- first --><base />{}\n\
         <validate-azure-ad-token tenant-id=\"{TENANT}\"><client-application-ids><application-id>{CLIENT}</application-id>\
         </client-application-ids><audiences><audience>api</audience></audiences></validate-azure-ad-token></inbound><backend><base/></backend><outbound><base/></outbound>\
         <on-error><base/></on-error></policies>",
        how_to(TENANT, CLIENT)
    ));
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["backend", "outbound", "on-error"]
            .map(|name| format!("policies/{name}: ignored: this filter only looks at the request"))
    );
    let [policy] = config.policies.as_slice() else { panic!("one policy") };
    assert_eq!(policy.requirements().count(), 2);
    assert_eq!(&*policy.name, "validate_jwt");
    assert_eq!(config.providers.len(), 3);
    let Policy { first, rest, .. } = policy;
    assert_eq!((first.keys.providers.len(), rest[0].keys.providers.len()), (1, 2));
}

#[test]
fn elements_come_in_any_order_with_entities_sections_and_comments() {
    same(
        &format!(
            r#"<validate-jwt clock-skew="30" require-expiration-time="False" failed-validation-error-message="a &lt;b&gt; &amp; &quot;c&quot; &#x20AC;" id="x">
                <required-claims>
                    <claim name="scp" match="any" separator=" "><value>a&amp;b</value><value><![CDATA[c<d]]></value></claim>
                    <claim name="oid"/>
                </required-claims>
                <issuers><!-- none --><issuer> https://issuer/ </issuer></issuers>
                <audiences><audience>a<!-- c -->pi</audience></audiences>
                <openid-config url="{DISCOVERY}?a=b&amp;c=d" cluster="entra" validate-connectivity="false"/>
                <openid-config url="https://other.example/"/>
            </validate-jwt>"#
        ),
        &format!(
            r#"{{"validate_jwt":{{"clock_skew":30,"require_expiration_time":false,"failed_validation_error_message":"a <b> & \"c\" €",
                "required_claims":[{{"name":"scp","match":"any","separator":" ","values":["a&b","c<d"]}},{{"name":"oid"}}],
                "issuers":["https://issuer/"],"audiences":["api","api/"],
                "openid_config":[{{"url":"{DISCOVERY}?a=b&c=d","cluster":"entra"}},{{"url":"https://other.example/"}}]}}}}"#
        ),
    );
}

#[test]
fn every_attribute_of_validate_jwt_is_understood() {
    same(
        &format!(
            r#"<validate-jwt query-parameter-name="t" failed-validation-httpcode="403" failed-validation-error-message="m"
                require-expiration-time="true" require-signed-tokens="false" clock-skew="1.5" output-token-variable-name="jwt">
                <openid-config url="{DISCOVERY}"/></validate-jwt>"#
        ),
        &format!(
            r#"{{"validate_jwt":{{"query_parameter_name":"t","failed_validation_httpcode":403,"failed_validation_error_message":"m",
                "require_expiration_time":true,"require_signed_tokens":false,"clock_skew":1.5,"output_token_variable_name":"jwt",
                "openid_config":[{{"url":"{DISCOVERY}"}}]}}}}"#
        ),
    );
}

#[test]
fn every_part_of_validate_azure_ad_token_is_understood() {
    same(
        &format!(
            r#"<validate-azure-ad-token tenant-id="{TENANT}" header-name="x-token" authentication-endpoint="https://login.microsoftonline.us"
                failed-validation-httpcode="401" failed-validation-error-message="m" output-token-variable-name="jwt" cluster="entra">
                <client-application-ids><application-id>{CLIENT}</application-id></client-application-ids>
                <backend-application-ids><application-id>{TENANT}</application-id></backend-application-ids>
                <audiences><audience>api</audience></audiences>
                <required-claims><claim name="ctry" match="any"><value>US</value></claim></required-claims>
                <decryption-keys><key>MDEyMzQ1Njc4OWFiY2RlZg==</key></decryption-keys>
            </validate-azure-ad-token>"#
        ),
        &azure(&format!(
            r#""tenant_id":"{TENANT}","header_name":"x-token","authentication_endpoint":"login.microsoftonline.us",
                "failed_validation_httpcode":401,"failed_validation_error_message":"m","output_token_variable_name":"jwt","cluster":"entra",
                "client_application_ids":["{CLIENT}"],"backend_application_ids":["{TENANT}"],"audiences":["api","api/"],
                "required_claims":[{{"name":"ctry","match":"any","values":["US"]}}],"decryption_keys":[{{"key":"MDEyMzQ1Njc4OWFiY2RlZg=="}}]"#
        )),
    );
}

#[test]
fn every_mistake_in_xml_is_told_where_it_is() {
    let jwt = |attributes: &str, elements: &str| {
        format!(r#"<validate-jwt {attributes}><openid-config url="{DISCOVERY}"/>{elements}</validate-jwt>"#)
    };
    for (text, expected) in [
        (jwt("clok-skew='1'", ""), "validate-jwt/@clok-skew: expected one of the attributes of <validate-jwt>: header-name, query-parameter-name, failed-validation-httpcode, failed-validation-error-message, require-expiration-time, require-scheme, require-signed-tokens, clock-skew, output-token-variable-name, found an unknown attribute; did you mean \"clock-skew\"?"),
        (jwt("clock-skew='x'", ""), "validate-jwt/@clock-skew: expected a number of seconds from 0 to 86400[..]found \"x\""),
        (jwt("clock-skew='NaN'", ""), "validate-jwt/@clock-skew: [..]found \"NaN\""),
        (jwt("require-signed-tokens='no'", ""), "validate-jwt/@require-signed-tokens: expected true or false[..]found \"no\""),
        (jwt("failed-validation-httpcode='200'", ""), "validate-jwt/@failed-validation-httpcode: expected a whole number from 400 to 599[..]found 200"),
        (jwt("header-name='@(\"x\")'", ""), "validate-jwt/@header-name: expected a fixed value[..]found the policy expression \"@(\\\"x\\\")\""),
        (jwt("header-name=\"@(\"x\")\"", ""), "validate-jwt/@header-name: expected a fixed value[..]found the policy expression \"@(\\\"x\\\")\""),
        (jwt("clock-skew='1' token-value=\"@(context.Variables[\"t\"] > 3)\"", ""), "validate-jwt/@token-value: expected header-name, query-parameter-name or in JSON cookie_name[..]found token-value, which only API Management knows"),
        (jwt("header-name=\"a\" b", ""), "validate-jwt: [..]found malformed attributes"),
        (jwt("", "<issuer-signing-keys><key/></issuer-signing-keys>"), "validate-jwt/issuer-signing-keys/key[0]: expected exactly one of n, key[..]found none"),
        (jwt("token-value='x'", ""), "validate-jwt/@token-value: expected header-name, query-parameter-name or in JSON cookie_name[..]found token-value, which only API Management knows"),
        (jwt("header-name='a' query-parameter-name='b'", ""), "validate-jwt: expected at most one of header-name, query-parameter-name[..]found header-name and query-parameter-name"),
        (jwt("", "<audiences/>"), "validate-jwt/audiences: expected a non-empty list of strings[..]found an empty list"),
        (jwt("", "<audiences><audience/></audiences>"), "validate-jwt/audiences/audience[0]: expected a non-empty string[..]found \"\""),
        (jwt("", "<audiences><audiance>a</audiance></audiences>"), "validate-jwt/audiences/audiance: expected <audience>[..]found the element \"audiance\""),
        (jwt("", "<audience>a</audience>"), "validate-jwt/audience[0]: expected one of the elements of <validate-jwt>: <openid-config>, <issuer-signing-keys>, <decryption-keys>, <audiences>, <issuers>, <required-claims>, found the element \"audience\"; did you mean <audiences>?"),
        (jwt("", "<audiences><audience>a</audience></audiences><audiences><audience>b</audience></audiences>"), "validate-jwt/audiences[1]: [..]found it twice"),
        (jwt("", "stray"), "validate-jwt: expected only elements in <validate-jwt>[..]found text"),
        (jwt("", "<openid-config/>"), "validate-jwt/openid-config[1]: expected exactly one of url[..]found none"),
        (jwt("", "<openid-config url='http://x/'/>"), "validate-jwt/openid-config[1]/@url: expected an https:// URL (or http:// with allow-http=\"true\"), found \"http://x/\""),
        (jwt("", "<required-claims><claim><value>a</value></claim></required-claims>"), "validate-jwt/required-claims/claim[0]: expected exactly one of name[..]found none"),
        (jwt("", "<required-claims><claim name='a' match='one'/></required-claims>"), "validate-jwt/required-claims/claim[0]/@match: [..]found \"one\""),
        ("<validate-jwt/>".to_owned(), "validate-jwt: expected at least one of openid-config, issuer-signing-keys[..]found none"),
        ("<validate-azure-ad-token><audiences><audience>a</audience></audiences></validate-azure-ad-token>".to_owned(), "validate-azure-ad-token/@tenant-id: [..]found nothing"),
        ("<validate_jwt/>".to_owned(), "validate_jwt: expected <validate-jwt>, <validate-azure-ad-token>, or a document <policies> or <fragment>, found the element \"validate_jwt\"; did you mean <validate-jwt>?"),
        ("<policies><inbound><base/></inbound></policies>".to_owned(), "policies: [..]found no policy that validates tokens"),
        (
            "<inbound><base><validate-jwt /></base></inbound>".to_owned(),
            "inbound/base: [..]found <base> with content",
        ),
        ("<policies><inbond/></policies>".to_owned(), "policies/inbond: expected <inbound>, <backend>, <outbound>, <on-error>, found the element \"inbond\"; did you mean <inbound>?"),
        ("<policies><inbound><rate-limit calls='1'/></inbound></policies>".to_owned(), "policies/inbound/rate-limit: expected the proxy's own rate limit[..]found the policy \"rate-limit\""),
        ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><validate-jwt/>".to_owned(), "configuration: [..]found a document type declaration"),
        (jwt("", "<audiences><audience>&x;</audience></audiences>"), "configuration: [..]found an entity other than"),
        ("<validate-jwt>".to_owned(), "configuration: [..]found an element without an end tag"),
        ("<validate-jwt></validate-jws>".to_owned(), "configuration: [..]found invalid XML ("),
        ("<validate-jwt/><validate-jwt/>".to_owned(), "configuration: [..]found several elements at the top"),
        ("<a>".repeat(100), "configuration: [..]found elements nested too deeply"),
        ("<".to_owned(), "configuration: [..]found invalid XML ("),
    ] {
        check_start(&text, expected);
    }
    assert!(Config::parse(b"<a \xff/>").is_err());
}

#[test]
fn a_byte_order_mark_is_skipped_and_utf_16_is_called_by_its_name() {
    let texts = [
        how_to(TENANT, CLIENT),
        format!("\r\n {}", how_to(TENANT, CLIENT)),
        jwt(""),
        format!("\n{}", jwt("")),
    ];
    for text in &texts {
        accept(&format!("\u{feff}{text}"));
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [marked(b"\xff\xfe", &little), marked(b"\xfe\xff", &big), little.clone(), big.clone()] {
            for problems in [Config::parse(&bytes).unwrap_err(), Document::read(&bytes).unwrap_err()] {
                let expected = "configuration: expected the same text in UTF-8, found UTF-16";
                assert_eq!(lines(&problems), expected, "{text}");
            }
        }
    }
    // One mark, not two; and bytes that only begin like it.
    refuse(&format!("\u{feff}\u{feff}{}", jwt("")));
    assert!(!lines(&Config::parse(b"a\0b").unwrap_err()).contains("UTF-16"));
}
