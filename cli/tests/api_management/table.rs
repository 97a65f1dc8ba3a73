//! Documents in the manner of those that people keep: what `validate-jwt convert` makes of them, and what it lists.

use super::{Document, PLAIN, Result};

/// The statements are counted by hand, and so are the lines.
pub(super) const DOCUMENTS: &[Document] = &[
    Document { name: "01-how-to.xml", statements: 1, result: Result::Loads, left: &["8 <base>"], ..PLAIN },
    Document {
        name: "02-named-values.xml",
        named_values: &[
            "tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee",
            "jwt-header=Authorization",
            "skew=30",
            "api.name=Orders",
            "client_id=orders",
        ],
        statements: 1,
        result: Result::Loads,
        left: &["3 <base>"],
        ..PLAIN
    },
    Document {
        name: "03-named-values-missing.xml",
        statements: 1,
        result: Result::HasStandIns,
        left: &[
            "4 the named value {{tenant}}",
            "7 the named value {{client}}",
            "10 the named value {{api}}",
            "10 the named value {{stage}}",
            "15 <set-header>",
        ],
        ..PLAIN
    },
    Document {
        name: "04-preflight.xml",
        statements: 1,
        result: Result::Loads,
        left: &["3 <base>", "4 <cors>", "9 <when> @(context.Request.Method !="],
        ..PLAIN
    },
    Document {
        name: "05-two-branches.xml",
        statements: 2,
        result: Result::HasStandIns,
        left: &["4 <when> @(context.Request.Url.Path.", "11 <otherwise>"],
        ..PLAIN
    },
    Document {
        name: "06-two-providers.xml",
        statements: 2,
        result: Result::HasStandIns,
        left: &[
            "3 <base>",
            "5 <when> @{ var token = context.Requ",
            "14 <when> @(((Dictionary<string, List",
            "19 <otherwise>",
            "20 <return-response>",
            "23 <set-backend-service>",
        ],
        ..PLAIN
    },
    Document {
        name: "07-authorize-behind.xml",
        statements: 1,
        result: Result::Loads,
        left: &["3 <base>", "11 <when> @(context.Request.Method ==", "12 <return-response>"],
        ..PLAIN
    },
    Document {
        name: "08-in-a-row.xml",
        named_values: &["tenant=t", "user-key=bm90IGEgc2VjcmV0OiBldmVyeWJvZHkgY2FuIHJlYWQgdGhpcyE="],
        statements: 2,
        result: Result::Loads,
        left: &["3 <base>", "8 <rate-limit-by-key>"],
        ..PLAIN
    },
    Document {
        name: "09-in-a-row-and-a-branch.xml",
        statements: 2,
        result: Result::HasStandIns,
        left: &["8 <when> @(context.Operation.Id == \"", "9 <validate-jwt>, policy \"when\""],
        ..PLAIN
    },
    Document {
        name: "10-token-values.xml",
        statements: 1,
        result: Result::Loads,
        left: &["3 token-value of <validate-jwt>, \"@(context.Request.Headers.Ge"],
        ..PLAIN
    },
    Document {
        name: "11-token-in-a-cookie.xml",
        statements: 1,
        result: Result::Loads,
        left: &[
            "3 <base>",
            "5 token-value of <validate-jwt>, \"@(context.Request.Headers.Tr",
            "6 failed-validation-httpcode of <validate-jwt>, \"@(context.Req",
            "7 failed-validation-error-message of <validate-jwt>, \"@($\\\"no ",
        ],
        ..PLAIN
    },
    Document {
        name: "12-expressions.xml",
        statements: 1,
        result: Result::HasStandIns,
        left: &[
            "3 header-name of <validate-jwt>, \"@(\\\"Author\\\" + \\\"ization\\\")\"",
            "3 clock-skew of <validate-jwt>, \"@(1 > 2 ? 30 ",
            "4 url of <openid-config>, \"@(\\\"https://login.contoso.example/\\",
            "6 \"@(Convert.ToBase64String(new byte[] { 1, 2 }))\" in <key>",
            "7 certificate-id of <key>",
            "10 certificate-id of <key>",
            "13 \"@(context.Request.OriginalUrl.Host)\" in <audience>",
            "14 \"@(new [] { \\\"a\\\" }[0]>\\\"b\\\" ? \\\"x\\\" ",
            "17 name of <claim>, \"@{ return \\\"ro\\\" + \\\"les\\\"; }\"",
            "17 \"@(context.Api.Id)\" in <value>",
        ],
        ..PLAIN
    },
    Document {
        name: "13-with-fragments.xml",
        named_values: &["tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee", "audience=a"],
        fragments: &[
            "fragments/aad-auth.xml",
            "fragments/throttle.xml",
            "fragments/trace-all.xml",
            "fragments/unused.xml",
        ],
        statements: 1,
        result: Result::Loads,
        left: &[
            "3 <base>",
            "4 <set-variable>",
            "fragments/aad-auth.xml:4 <when> @(context.Variables.GetValu",
            "fragments/throttle.xml:2 <rate-limit>",
            "fragments/trace-all.xml:2 <trace>",
            "fragments/trace-all.xml:3 <include-fragment> \"throttle\"",
            "7 <include-fragment> \"not-at-hand\"",
            "fragments/unused.xml:1 a fragment",
        ],
    },
    Document {
        name: "14-fragment-twice.xml",
        fragments: &["fragments/plain.xml"],
        statements: 2,
        result: Result::HasStandIns,
        left: &["4 <when> @(context.Request.Url.Path.", "7 <otherwise>", "9 <set-header>"],
        ..PLAIN
    },
    Document {
        name: "15-containers.xml",
        statements: 2,
        result: Result::Loads,
        left: &[
            "3 <retry>",
            "9 <limit-concurrency>",
            "10 <send-request>",
            "18 <wait>",
            "19 <cache-lookup-value>",
        ],
        ..PLAIN
    },
    Document {
        name: "16-nested-choices.xml",
        statements: 2,
        result: Result::HasStandIns,
        left: &[
            "4 <when> @(context.Api.Version == \"v",
            "6 <when> @(context.Request.Method ==",
            "12 <otherwise>",
            "20 <otherwise>",
            "21 <check-header>",
        ],
        ..PLAIN
    },
    Document {
        name: "17-choices-in-a-row.xml",
        statements: 2,
        result: Result::HasStandIns,
        left: &[
            "4 <when> @(context.Request.Headers.C",
            "5 <validate-jwt>, policy \"when\"",
            "9 <when> @(context.Request.Headers.C",
            "10 <validate-jwt>, policy \"when_2\"",
        ],
        ..PLAIN
    },
    Document {
        name: "18-other-sections.xml",
        statements: 1,
        result: Result::Loads,
        left: &[
            "6 <forward-request>",
            "10 <when> @(context.Response.StatusCo",
            "11 <set-body>",
            "13 <otherwise>",
            "14 <base>",
            "17 <set-body>",
            "18 <xml-to-json>",
            "21 <log-to-eventhub>",
        ],
        ..PLAIN
    },
    Document {
        name: "19-misplaced.xml",
        statements: 2,
        result: Result::Loads,
        left: &["6 <validate-jwt> in <outbound>"],
        ..PLAIN
    },
    Document {
        name: "20-gateway-of-models.xml",
        named_values: &[
            "tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee",
            "client=11112222-bbbb-3333-cccc-4444dddd5555",
        ],
        statements: 1,
        result: Result::Loads,
        left: &[
            "3 <base>",
            "8 <azure-openai-token-limit>",
            "9 <llm-content-safety>",
            "10 <azure-openai-semantic-cache-lookup>",
            "11 <authentication-managed-identity>",
            "12 <set-header>",
            "13 <set-backend-service>",
            "16 <azure-openai-emit-token-metric>",
        ],
        ..PLAIN
    },
    Document {
        name: "21-many-policies.xml",
        statements: 1,
        result: Result::Loads,
        left: &[
            "3 <ip-filter>",
            "4 <quota-by-key>",
            "5 <validate-client-certificate>",
            "7 <validate-content>",
            "8 <rewrite-uri>",
            "9 <set-query-parameter>",
            "10 <set-method>",
            "11 <cache-lookup>",
            "12 <get-authorization-context>",
            "13 <mock-response>",
            "14 <emit-metric>",
            "15 <own-policy-of-somebody>",
        ],
        ..PLAIN
    },
    Document { name: "22-statement-alone.xml", statements: 1, result: Result::Loads, left: &[], ..PLAIN },
    Document {
        name: "23-fragment-alone.xml",
        named_values: &["third-key=YSB0aGlyZCBrZXkgdGhhdCBldmVyeWJvZHkgY2FuIHJlYWQgaGVyZSE="],
        statements: 1,
        result: Result::Loads,
        left: &[],
        ..PLAIN
    },
    Document {
        name: "24-slips.xml",
        statements: 1,
        result: Result::HasStandIns,
        left: &[
            "3 require-shceme of <validate-jwt>",
            "6 the element \"required-claim\" in <required-claim>",
            "8 it twice in <required-claims>",
            "10 text in <inbound>",
            "12 <inbuond>",
        ],
        ..PLAIN
    },
    Document {
        name: "25-exported.xml",
        statements: 1,
        result: Result::Loads,
        left: &["3 <base>", "5 <when> @(context.Variables.GetValu", "6 <set-variable>", "8 <otherwise>"],
        ..PLAIN
    },
    Document {
        name: "26-b2c-flows.xml",
        named_values: &["b2c=contoso", "app=d313c4e4-de5f-4197-9470-e509a2f0b806"],
        statements: 1,
        result: Result::Loads,
        left: &["3 <cors>"],
        ..PLAIN
    },
    Document {
        name: "27-message-named.xml",
        statements: 1,
        result: Result::HasStandIns,
        left: &["3 the named value {{message}}"],
        ..PLAIN
    },
    Document {
        name: "28-csharp-everywhere.xml",
        statements: 1,
        result: Result::Loads,
        left: &["3 <set-variable>", "4 <set-variable>", "10 <set-body>", "11 <return-response>"],
        ..PLAIN
    },
    Document {
        name: "29-all-in-one-branch.xml",
        statements: 2,
        result: Result::HasStandIns,
        left: &[
            "4 <when> @(context.Product.Name == \"",
            "5 <validate-jwt>, policy \"when\"",
            "6 <validate-jwt>, policy \"when_2\"",
        ],
        ..PLAIN
    },
    Document {
        name: "30-inbound-alone.xml",
        statements: 1,
        result: Result::Loads,
        left: &["2 <base>", "9 <json-to-xml>"],
        ..PLAIN
    },
];
