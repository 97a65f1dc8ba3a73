//! One mistake after the other, each in a document that is good without it.

/// A mistake.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) document: &'static str,
    /// What stands there.
    pub(crate) good: &'static str,
    /// What is written instead.
    pub(crate) spoilt: &'static str,
    /// What stands in the line that is told.
    pub(crate) at: &'static str,
    /// A part of what is told.
    pub(crate) told: &'static str,
    pub(crate) weight: Weight,
}

/// What becomes of it.
#[derive(Debug)]
pub(crate) enum Weight {
    Refused,
    Warned,
}

/// A mistake that is refused, told at the line where it was written.
const fn refused(
    document: &'static str,
    good: &'static str,
    spoilt: &'static str,
    told: &'static str,
) -> Mistake {
    Mistake { document, good, spoilt, at: spoilt, told, weight: Weight::Refused }
}

/// Something that is warned of.
const fn warned(
    document: &'static str,
    good: &'static str,
    spoilt: &'static str,
    told: &'static str,
) -> Mistake {
    Mistake { document, good, spoilt, at: spoilt, told, weight: Weight::Warned }
}

impl Mistake {
    /// Told at the line where this stands.
    const fn at(self, at: &'static str) -> Self {
        Self { at, ..self }
    }
}

const ENVOY: &str = "envoy.yaml";
const LISTENER: &str = "listener.json";
const ISTIO: &str = "istio.yaml";
const GATEWAY: &str = "gateway.yaml";
const POLICY: &str = "policy.xml";
const JSON: &str = "configuration.json";

pub(crate) const ALL: &[Mistake] = &[
    // Envoy: the configuration, as JSON in a string.
    refused(ENVOY, "\"audiences\": [\"orders\"]", "\"audience\": [\"orders\"]", "did you mean \"audiences\"?"),
    refused(ENVOY, "\"clock_skew\": 5,", "\"clock_skew\": \"5\",", "staff.validate_jwt.clock_skew: expected a number"),
    refused(ENVOY, "\"cluster\": \"acme\"\n", "\"cluster\": \"acme\",\n                                        \"timeot\": 1\n", "did you mean \"timeout\"?").at("\"timeot\""),
    refused(ENVOY, "\"clock_skew\": 5,", "\"clock_skew\": 5,\n                                    \"clock_skew\": 6,", "the field twice").at("\"clock_skew\": 6"),
    refused(ENVOY, "\"clock_skew\": 5,", "\"clock_skew\": 5", "invalid JSON (expected `,` or `}` at line ").at("\"openid_config\""),
    refused(ENVOY, "\"policy\": \"partners\"", "\"policy\": \"partner\"", "rules[0].policy: expected"),
    refused(ENVOY, "\"cluster\": \"acme\"", "\"cluster\": \"acne\"", "did you mean \"acme\"?"),
    // Envoy: what is around it.
    refused(ENVOY, "failure_policy: FAIL_RELOAD", "failure_policy: FAIL_CLOSE", "did you mean \"FAIL_CLOSED\"?"),
    warned(ENVOY, "failure_policy: FAIL_RELOAD", "failure_policy: FAIL_OPEN", "every request passes unchecked"),
    warned(ENVOY, "vm_id: validate_jwt", "vm_id: ''", "vm_id is empty").at("vm_config:\n                          vm_id: ''"),
    refused(ENVOY, "                            local: { filename: /etc/envoy/module.wasm }\n                        configuration", "                            local: { filename: /etc/envoy/module.wasm }\n                        configuraton", "did you mean \"configuration\"?").at("configuraton"),
    refused(ENVOY, "runtime: envoy.wasm.runtime.v8\n                          code:\n", "runtime: v8\n                          code:\n", "expected envoy.wasm.runtime.v8, found \"v8\""),
    refused(ENVOY, "code:\n", "cod:\n", "did you mean \"code\"?"),
    refused(ENVOY, "google.protobuf.StringValue\n                          value: |", "google.protobuf.Struct\n                          value: |", "expected an object, or the @type google.protobuf.StringValue, found a string").at("value: |"),
    refused(ENVOY, "                          \"@type\": type.googleapis.com/google.protobuf.StringValue\n                          value: |", "                          value: |", "\"@type\": expected type.googleapis.com/google.protobuf.StringValue").at("configuration:\n                          value: |"),
    refused(ENVOY, "google.protobuf.StringValue\n                          value: |", "google.protobuf.BytesValue\n                          value: |", "google.protobuf.BytesValue"),
    refused(ENVOY, "value: |\n", "vlaue: |\n", "configuration.value: expected the configuration, found nothing").at("configuration:\n                          \"@type\": type.googleapis.com/google.protobuf.StringValue\n                          vlaue"),
    refused(ENVOY, "                  - name: tokens\n", "                  - name: envoy.filters.http.router\n                    typed_config:\n                      \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n                  - name: tokens\n", "the filter behind envoy.filters.http.router").at("config:\n                        name: tokens"),
    warned(ENVOY, "                  - name: tokens\n", "                  - name: tokens\n                    disabled: true\n", "the filter is off").at("disabled: true"),
    refused(ENVOY, "                http_filters:\n", "                typed_per_filter_config:\n", "a Wasm filter at a route").at("config:\n                        name: tokens"),
    refused(ENVOY, "{ policy: partners }", "{ policy: partner }", "expected \"staff\" or \"partners\" or \"allow\", found \"partner\"; did you mean \"partners\"?"),
    refused(ENVOY, "                      domains: [\"*\"]\n", "                      domains: [\"*\"]\n                      domains: [\"a\"]\n", "domains: expected each field once").at("domains: [\"a\"]"),
    refused(ENVOY, "  clusters:\n", "\tclusters:\n", "invalid YAML ("),
    warned(ENVOY, "      transport_socket:\n", "      transport:\n", "speaks no TLS").at("- name: acme\n"),
    warned(ENVOY, "          sni: login.acme.io\n", "", "asks for no server name: sni should be login.acme.io").at("- name: acme\n"),
    warned(ENVOY, "          sni: login.acme.io\n", "          sni: login.acme.com\n", "asks for the server \"login.acme.com\"").at("- name: acme\n"),
    warned(ENVOY, "              trusted_ca: ", "              crl: ", "verifies no certificate").at("- name: acme\n"),
    warned(ENVOY, "              match_typed_subject_alt_names:", "              match_nothing:", "takes the certificate of any server").at("- name: acme\n"),
    // Envoy's resources in JSON, with a Struct.
    refused(LISTENER, "\"tenant_id\": \"8eaef023", "\"tenant_id\": \"{8eaef023", "tenant_id: expected"),
    refused(LISTENER, "\"clock_skew\": 5", "\"clock_skew\": -5", "clock_skew: expected a number of seconds from"),
    refused(LISTENER, "\"tenant_id\"", "\"tennant_id\"", "did you mean \"tenant_id\"?"),
    refused(LISTENER, "google.protobuf.Struct", "google.protobuf.StringValue", "a string, or the @type google.protobuf.Struct, found an object").at("\"value\": {\n                              \"validate"),
    refused(LISTENER, "\"vmConfig\"", "\"vmConfg\"", "an unknown field; did you mean \"vm_config\"?"),
    // Istio.
    refused(ISTIO, "  pluginConfig:\n    validate_jwt:", "  pluginConfg:\n    validate_jwt:", "did you mean \"pluginConfig\"?").at("pluginConfg"),
    refused(ISTIO, "failStrategy: FAIL_CLOSE\n", "failStrategy: FAIL_CLOSED\n", "did you mean \"FAIL_CLOSE\"?"),
    warned(ISTIO, "failStrategy: FAIL_CLOSE\n", "failStrategy: FAIL_OPEN\n", "every request passes unchecked"),
    warned(ISTIO, "  phase: AUTHN\n", "  phase: AUTHN\n  match: [{ mode: SERVER, ports: [{ number: 80 }] }]\n", "requests to every other port pass unchecked").at("  match:"),
    warned(ISTIO, "      app: orders\n", "      istio: ingressgateway\n  match: [{ mode: SERVER }]\n", "a gateway is a client to Istio").at("  match:"),
    refused(ISTIO, "phase: AUTHN", "phase: AUTH", "spec.phase: expected one of UNSPECIFIED_PHASE, AUTHN, AUTHZ, STATS"),
    refused(ISTIO, "      audiences:\n        - orders\n", "      audiences: orders\n", "validate_jwt.audiences: expected a non-empty list of strings, found \"orders\"").at("audiences: orders"),
    refused(ISTIO, "        - orders\n", "        - 00001111\n", "validate_jwt.audiences[0]: expected a non-empty string, found 585").at("- 00001111"),
    refused(ISTIO, "require_token: true", "require_token: 'yes'", "validate_jwt.require_token: expected true or false, found \"yes\""),
    refused(ISTIO, "- url: https://login.acme.io/.well", "- uri: https://login.acme.io/.well", "did you mean \"url\"?"),
    refused(ISTIO, "  pluginConfig:\n    validate_jwt: &policy\n", "  pluginConfig: |\n    validate_jwt:\n", "spec.pluginConfig: expected the object itself, found a string").at("pluginConfig: |"),
    refused(ISTIO, "header-name=\"Authorization\">", "header-nam=\"Authorization\">", "did you mean \"header-name\"?"),
    refused(ISTIO, "url=\"https://login.acme.io/.well-known/openid-configuration\" />\n                        <aud", "url=\"login.acme.io\" />\n                        <aud", "openid-config[0]/@url: expected").at("url=\"login.acme.io\""),
    refused(ISTIO, "                      </validate-jwt>\n", "", "invalid XML (").at("                    </inbound>"),
    refused(ISTIO, "{{aud}}", "{{audience}}", "named_values").at("<audiences><audience>{{audience"),
    // Envoy Gateway and Kubernetes.
    refused(GATEWAY, "rootID:", "rootId:", "wasm[0].rootId: expected one of"),
    warned(GATEWAY, "failOpen: false", "failOpen: true", "every request passes unchecked"),
    refused(GATEWAY, "          config:\n", "          confg:\n", "did you mean \"config\"?"),
    refused(GATEWAY, "          code:\n", "          cod:\n", "wasm[0].code: expected where the module is").at("- name: validate_jwt\n"),
    refused(GATEWAY, "              audiences: [orders]", "              audiences: []", "audiences: expected a non-empty list of strings, found an empty list"),
    refused(GATEWAY, "\"issuers\": [\"https://login.acme.io/\"]", "\"issuers\": [1]", "validate_jwt.issuers[0]: expected"),
    // API Management.
    refused(POLICY, "failed-validation-httpcode=\"401\"", "failed-validation-httpcode=\"200\"", "@failed-validation-httpcode: expected a whole number from 400 to 599"),
    refused(POLICY, "<audiences>", "<audience>", "invalid XML (").at("</audiences>"),
    refused(POLICY, "match=\"any\"", "match=\"some\"", "@match: expected"),
    refused(POLICY, "<base />", "<set-header name=\"a\" />", "the policy \"set-header\""),
    refused(POLICY, "name=\"scp\"", "nam=\"scp\"", "did you mean \"name\"?"),
    refused(POLICY, "<value>read</value>", "<value>@(context.Request</value>", "expected a fixed value (policy expressions are not evaluated here)"),
    // JSON alone.
    refused(JSON, "\"clock_skew\": 5\n", "\"clock_skew\": 5,\n", "invalid JSON (key must be a string, column 7)").at("      }\n    }\n  },"),
    refused(JSON, "\"url\": \"https", "\"url\": \"ftp", "openid_config[0].url: expected"),
    refused(JSON, "\"match\": {}, \"policy\": \"staff\"", "\"match\": {}", "rules[1]: expected exactly one of"),
    refused(JSON, "\"policy\": \"staff\"", "\"policy\": \"staf\"", "rules[1].policy: expected"),
];
