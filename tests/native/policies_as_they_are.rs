//! Policy documents of API Management in the manner of those that people keep: C# as it is, in every place where one may
//! stand. None of them may be "invalid XML"; each complaint names what it is about.

use std::time::{Duration, Instant};

use validate_jwt::config::Config;

const VALIDATION: &str = r#"<validate-jwt header-name="Authorization" require-scheme="Bearer">
    <openid-config url="https://login.contoso.example/.well-known/openid-configuration" />
    <audiences><audience>api.contoso.example</audience></audiences>
</validate-jwt>"#;

/// What loading says of a document: warnings of what is accepted, otherwise complaints.
fn told(document: &str) -> Vec<String> {
    match Config::parse(document.as_bytes()) {
        Ok(config) => config.warnings.iter().map(ToString::to_string).collect(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// A document with something in each section.
fn document(inbound: &str, backend: &str, outbound: &str, on_error: &str) -> String {
    format!(
        "<policies>\n<inbound><base />\n{inbound}\n</inbound>\n<backend>{backend}</backend>\n\
         <outbound>{outbound}</outbound>\n<on-error>{on_error}</on-error>\n</policies>\n"
    )
}

#[test]
fn csharp_in_a_section_that_is_ignored_is_ignored() {
    let sections = [
        // Generic types in a body.
        r#"<set-body>@{
            JObject answer = context.Response.Body.As<JObject>(preserveContent: true);
            answer.Add("logo", new JValue("https://cdn.example/" + answer.GetValue("id") + "/logo.png"));
            return answer.ToString();
        }</set-body>"#,
        // Comparisons and logic.
        r#"<choose><when condition="@(context.Response.StatusCode >= 200 && context.Response.StatusCode < 300)"><base /></when></choose>"#,
        r#"<choose><when condition="@(context.Response != null && context.Response.StatusCode != 200)">
            <set-header name="x-reason" exists-action="override"><value>@(context.LastError?.Reason ?? "")</value></set-header>
        </when><otherwise><base /></otherwise></choose>"#,
        // Quotation marks in an attribute's own, of both kinds.
        r#"<set-variable name="a" value="@(context.Request.Headers.GetValueOrDefault("x","y"))" />"#,
        r#"<set-variable name='a' value='@(context.Request.Headers.GetValueOrDefault("x").Split(',')[0])' />"#,
        // Brackets and tags in strings, characters and comments.
        r#"<set-body>@("</set-body> :-) " + ")" + '(' + ')' + '"' + '\'')</set-body>"#,
        "<set-body>@{ // don't stop at } or </set-body>\n /* nor ) at \"this } */ return 1 < 2 ? \"{\" : \"}\"; }</set-body>",
        r#"<set-body>@{ <!-- an old way: } "; --> return "</policies>"; }</set-body>"#,
        // Verbatim and interpolated strings.
        r#"<set-variable name="path" value="@(@"C:\logs\".Replace(@"\", "/") + @"say ""<hi>"" :(")" />"#,
        r#"<set-variable name="url" value="@($"https://{context.Request.Headers["Host"][0]}/a?b={(1 < 2 ? ")" : "}")}&c=d")" />"#,
        r#"<trace source="api"><message>@($@"{{ ""id"": ""{context.RequestId}"" ) }}")</message></trace>"#,
        // A regular expression.
        r#"<set-body>@(Regex.Replace(context.Response.Body.As<string>(), @"(?<key>""pin""\s*:\s*"")([^""<>]+)", "$1***"))</set-body>"#,
        // Lambdas, generics within generics, shifts.
        r#"<set-variable name="n" value="@(((Dictionary<string, List<int>>)context.Variables["d"]).Where(pair => pair.Value.Count << 1 > 4).Count())" />"#,
        // In CDATA, with what would end it.
        "<set-body><![CDATA[@{ var a = new int[] { 1 }; return a[a[0]]>0 ? \"<a>\" : \"&\"; }]]></set-body>",
        // Escaped, as an export has it.
        r#"<set-variable name="a" value="@(context.Variables.GetValueOrDefault&lt;bool&gt;(&quot;a)&quot;) &amp;&amp; true)" />"#,
        r#"<set-variable name="a" value="@(&quot;a\&quot;)&quot; + 'b' + &apos;)&apos;)" />"#,
        // Beside other text, several in one value.
        r#"<set-url>https://api.example/@(context.Api.Name)/@{ return "<" + ">"; }?a=b</set-url>"#,
        // XML that C# builds.
        r#"<set-body>@{ return new XElement("a", new XAttribute("b", "c"), body.Descendants<XElement>()).ToString() + "<br/>"; }</set-body>"#,
        // What looks like an expression where none can be.
        "<!-- see @( and @{ \"of the old gateway --><base />",
        r#"<set-header name="from"><value>ops@{{domain}}</value></set-header>"#,
        "<set-body template=\"liquid\">{ \"a\": \"{{body.a}}\" }</set-body>",
    ];
    for section in sections {
        let expected: Vec<String> = ["backend", "outbound", "on-error"]
            .map(|name| format!("policies/{name}: ignored: this filter only looks at the request"))
            .into();
        let text = document(VALIDATION, section, section, section);
        assert_eq!(told(&text), expected, "{text}");
        // The same in a policy that is refused by name.
        let refused = format!("{VALIDATION}<cache-store duration=\"1\">{section}</cache-store>");
        let complaints = told(&document(&refused, "", "", ""));
        assert_eq!(complaints.len(), 1, "{section}\n{complaints:?}");
        assert!(
            complaints[0].starts_with("policies/inbound/cache-store: expected ")
                && complaints[0].ends_with("found the policy \"cache-store\""),
            "{complaints:?}"
        );
    }
}

#[test]
fn csharp_in_the_inbound_section_is_refused_by_name_with_what_to_write_instead() {
    let jwt = |attributes: &str, elements: &str| {
        format!(
            "<validate-jwt {attributes}><openid-config url=\"https://login.contoso.example/.well-known/openid-configuration\" />\
             <audiences><audience>a</audience></audiences>{elements}</validate-jwt>"
        )
    };
    for (inbound, expected) in [
        (
            jwt(
                r#"token-value="@(context.Request.Headers.GetValueOrDefault("Authorization","").Split(' ')[1])""#,
                "",
            ),
            (
                "validate-jwt/@token-value: expected header-name",
                "found token-value, which only API Management knows",
            ),
        ),
        (
            jwt(
                r#"failed-validation-error-message="@(context.LastError.Reason == "a" && 1 < 2 ? "b" : "c")""#,
                "",
            ),
            (
                "validate-jwt/@failed-validation-error-message: expected a fixed value",
                "found the policy expression \"@(context.LastError.Reason ==",
            ),
        ),
        (
            jwt(r#"header-name="@("x")" clock-skew="@(1 > 2)""#, ""),
            (
                "validate-jwt/@header-name: expected a fixed value",
                "found the policy expression \"@(\\\"x\\\")\"",
            ),
        ),
        (
            jwt(
                "",
                "<issuers><issuer>@(\"https://\" + context.Request.OriginalUrl.Host + \"/<a>\")</issuer></issuers>",
            ),
            ("validate-jwt/issuers/issuer[0]: expected a fixed value", "found the policy expression"),
        ),
        (
            jwt(
                "",
                "<issuers><issuer>https://login.contoso.example/@(context.Variables[\"tenant\"])/</issuer></issuers>",
            ),
            ("validate-jwt/issuers/issuer[0]: expected a fixed value", "found the policy expression"),
        ),
        (
            jwt(
                "",
                "<required-claims><claim name=\"@{ return \"a<b\"; }\"><value><![CDATA[@(a[b[0]]>1)]]></value></claim></required-claims>",
            ),
            (
                "validate-jwt/required-claims/claim[0]/@name: expected a fixed value",
                "found the policy expression",
            ),
        ),
        (
            jwt(
                "",
                "<issuer-signing-keys><key>@((string)context.Variables[\"key\"])</key></issuer-signing-keys>",
            ),
            ("validate-jwt/issuer-signing-keys/key[0]: expected a fixed value", "found a policy expression"),
        ),
        (
            format!(
                r#"<set-variable name="n" value="@(context.Request.Body.As<JObject>()["a"])" />{VALIDATION}"#
            ),
            ("set-variable: expected the policy that uses it", "instead, found the policy \"set-variable\""),
        ),
        (
            format!(
                r#"{VALIDATION}<choose><when condition="@(!((Jwt)context.Variables["jwt"]).Claims["a"].Contains("<b>"))"><return-response /></when></choose>"#
            ),
            ("choose: expected rules, authorize", "instead, found the policy \"choose\""),
        ),
        (
            format!(r#"{VALIDATION}<include-fragment fragment-id="rate-limits" />"#),
            (
                "include-fragment: expected the content of the fragment",
                "instead, found the policy \"include-fragment\"",
            ),
        ),
    ] {
        let (expected, found) = expected;
        let complaints = told(&document(&inbound, "<base />", "<base />", "<base />"));
        let expected = format!("policies/inbound/{expected}");
        assert!(
            complaints.iter().any(|line| line.starts_with(&expected) && line.contains(found)),
            "{inbound}\n{complaints:#?}\n{expected}"
        );
        let complaints = told(&format!("<fragment>{inbound}</fragment>"));
        let expected = expected.replace("policies/inbound/", "fragment/");
        assert!(
            complaints.iter().any(|line| line.starts_with(&expected) && line.contains(found)),
            "{inbound}\n{complaints:#?}\n{expected}"
        );
    }
}

#[test]
fn a_fragment_is_read_like_the_inbound_section_that_includes_it() {
    for text in [
        format!("<fragment>{VALIDATION}</fragment>"),
        format!("<!-- shared -->\n<fragment>\n  <!-- one -->\n  {VALIDATION}\n  {VALIDATION}\n</fragment>\n"),
    ] {
        assert_eq!(told(&text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(
        told("<fragment />"),
        [
            "fragment: expected <validate-jwt> or <validate-azure-ad-token> in <inbound>, found no policy that \
             validates tokens"
        ]
    );
}

#[test]
fn an_expression_that_never_ends_is_named_with_its_line() {
    for (expression, line) in [
        ("<a>\n@(never</a>", 7),
        ("\n<a b=\"@(\"never)\" />", 7),
        ("<a>@(1)</a>\n\n<a>@{ \"}\" </a>", 8),
        ("<a><![CDATA[@(\"]]></a>", 6),
        ("<a>@(/* )</a>", 6),
        ("<a>@(<!-- )</a>", 6),
        ("<a b='@($\"{)' />", 6),
    ] {
        let complaints = told(&document("", "", &format!("{expression}<b>1 & 2 < 3</b>"), ""));
        let expected = format!(", found a policy expression that never ends (line {line})");
        assert!(
            complaints[0].starts_with("configuration: expected every bracket")
                && complaints[0].ends_with(&expected),
            "{expression}\n{complaints:?}"
        );
    }
    // Where the text is XML all the same, it is read as such.
    let text = document(&VALIDATION.replace("api.contoso.example", "mail @(contoso"), "", "", "");
    assert!(
        told(&text)[0]
            .starts_with("policies/inbound/validate-jwt/audiences/audience[0]: expected a fixed value")
    );
    let text = document(VALIDATION, "", "<a>:@(</a>", "");
    assert_eq!(told(&text).len(), 3);
    // Another mistake in front of it is told with its own line.
    let complaints = told("<policies>\n<inbound a=\"@(1 < 2\n)\">\n</outbound>");
    assert!(complaints[0].contains("invalid XML") && complaints[0].contains("line 4"), "{complaints:?}");
}

/// Work that grows with the square of a megabyte would take minutes.
#[track_caller]
fn check_cost(text: &str, what: &str) {
    let start = Instant::now();
    let lines = told(text);
    let took = start.elapsed();
    assert!((1..=1000).contains(&lines.len()) && lines.iter().all(|line| line.len() < 1000), "{what}");
    assert!(took < Duration::from_secs(20), "{what}: {took:?}");
}

#[test]
fn a_megabyte_of_elements_costs_what_its_length_costs() {
    let million = 1 << 20;
    for piece in ["<a/>", "<audience>@(1)</audience>", "<a b='@(\"<\")'/>", "<!-- a -->", "<![CDATA[@(1)]]>"]
    {
        let inside = piece.repeat(million / piece.len());
        check_cost(&document(VALIDATION, "", &inside, ""), piece);
        check_cost(&document(&format!("{VALIDATION}{inside}<a/>"), "", "", ""), piece);
        check_cost(
            &document(&VALIDATION.replace("<audience>", &format!("{inside}<audience>")), "", "", ""),
            piece,
        );
    }
}

#[test]
fn a_megabyte_in_an_expression_costs_what_its_length_costs() {
    let million = 1 << 20;
    for piece in [
        "(", "{", "\"", "'", "\\", "@(", "@{", "@(\"", "$\"{", "@\"", "//", "/*", "<!--", "&quot;", "&", "<",
        "@", "'\\",
    ] {
        for place in [0, 1, 2, 3] {
            let inside = piece.repeat(million / piece.len());
            let text = match place {
                0 => document(VALIDATION, "", &format!("<a>@({inside})</a>"), ""),
                1 => document(VALIDATION, "", &format!("<a b=\"@{{{inside}}}\" />"), ""),
                2 => document(VALIDATION, "", &format!("<a><![CDATA[@({inside}]]></a>"), ""),
                _ => document(VALIDATION, "", &format!("<a>@(\"{inside}\")</a>"), ""),
            };
            check_cost(&text, &format!("{piece} {place}"));
        }
    }
}
