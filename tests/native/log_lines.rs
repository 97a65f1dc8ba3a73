//! What the log says: every line is short and printable whatever a provider or a caller wrote, and says why.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::excerpt::Excerpt;
use validate_jwt::gate::{Detail, Diagnosis, Fate};
use validate_jwt::keys::{
    Command, DocumentLimits, Event, Fetch, LastError, Lifecycle, Objection, Owner, Record, Remark, Report,
    Response, Severity, Snapshot, Version, VmId,
};
use validate_jwt::time::UnixTime;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe};

use crate::bench::{AUDIENCE, Bench, bearer, inline, line, plain};
use crate::own_shelf::OwnShelf;

const ISSUER: &str = "https://idp.example";

/// One provider's state machine in one VM, and the lines that it has an operator read.
struct Journal {
    lifecycle: Lifecycle,
    record: OwnShelf,
    now: UnixTime,
    asked: Option<Fetch>,
    lines: Vec<(Severity, String)>,
}

impl Journal {
    fn of(provider: &Value) -> Self {
        let policy = json!({"validate_jwt": {"openid_config": [provider], "audiences": [AUDIENCE]}});
        let config = Config::parse(policy.to_string().as_bytes()).expect("a configuration");
        let limits = DocumentLimits { document_bytes: 1 << 20, keys: config.limits.keys };
        let settings = config.providers.into_iter().next().expect("a provider");
        Self {
            lifecycle: Lifecycle::new(settings, config.key_refresh, limits, VmId(1)),
            record: OwnShelf::default(),
            now: UnixTime::from_seconds(1_900_000_000),
            asked: None,
            lines: Vec::new(),
        }
    }

    fn new() -> Self {
        Self::of(&json!({"url": "https://idp.example/d"}))
    }

    fn feed(&mut self, event: Event) {
        for command in self.lifecycle.run(self.now, event, &mut self.record) {
            match command {
                Command::Fetch(fetch) => self.asked = Some(fetch),
                Command::Report(report) => self.tell(&report),
                Command::Install(_) | Command::Remember(_) => {}
            }
        }
    }

    fn tell(&mut self, report: &Report) {
        let (severity, line) = report.line(self.lifecycle.settings(), self.now);
        self.lines.push((severity, line.as_str().to_owned()));
    }

    fn answer(&mut self, status: u16, body: impl Into<Vec<u8>>) -> &mut Self {
        self.respond(Response::Answered { status, body: body.into() })
    }

    fn respond(&mut self, response: Response) -> &mut Self {
        if self.asked.is_none() {
            self.now = self.lifecycle.wake_at(self.now).max(self.now);
            self.feed(Event::Tick);
        }
        let fetch = self.asked.take().expect("a callout");
        self.feed(Event::Fetched(fetch, response));
        self
    }

    fn discovery(&mut self) -> &mut Self {
        self.answer(200, json!({"issuer": ISSUER, "jwks_uri": "https://idp.example/keys"}).to_string())
    }

    fn keys(&mut self, keys: &Value) -> &mut Self {
        self.answer(200, json!({"keys": keys}).to_string())
    }

    fn line(&self) -> &str {
        &self.lines.last().expect("a line").1
    }
}

fn rsa(fixture: RsaFixture) -> Value {
    SigningKey::rsa(fixture).public_jwk()
}

fn with(mut jwk: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        jwk[name] = value.clone();
    }
    jwk
}

#[track_caller]
fn check_short(what: &str, line: &str) {
    assert!(line.len() <= 2_000, "{what}: {} bytes: {}", line.len(), &line[..200]);
    assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{what}: {line:?}");
}

/// Texts of 10 kB, and one of 200 kB: what no line may hold whole, or as it is.
fn floods() -> [String; 9] {
    ["k", "\n", "\r\nx-admin: 1 ", "\"", "\\", "é", "\u{202e}", "\u{1b}[31m", "\u{10ffff}"]
        .map(|text| text.repeat(if text == "k" { 200_000 } else { 10_000 / text.len() }))
}

#[test]
fn no_text_of_a_provider_makes_a_line_long_or_unprintable() {
    let good = rsa(RsaFixture::First);
    for text in floods() {
        let discovery = |issuer: &str, uri: &str| json!({"issuer": issuer, "jwks_uri": uri}).to_string();
        let uri = format!("https://idp.example/{}", "k".repeat(200_000));
        let host = format!("https://{}/keys", "a.".repeat(100_000));
        let mut journals = Vec::new();
        let mut tell = |what: &str, run: &dyn Fn(&mut Journal)| {
            let mut journal = Journal::new();
            run(&mut journal);
            journals.push((what.to_owned(), journal));
        };
        tell("a document of text", &|one| {
            one.answer(200, text.clone());
        });
        tell("an answer of text that is no document", &|one| {
            one.answer(404, text.clone());
        });
        tell("an error", &|one| {
            one.answer(400, json!({"error_description": text}).to_string());
        });
        tell("a proxy's words", &|one| {
            one.answer(503, format!("upstream connect error {text}"));
        });
        tell("a document of HTML", &|one| {
            one.answer(200, format!("<{text}"));
        });
        tell("a document of broken JSON", &|one| {
            one.answer(200, format!("{{\"{text}"));
        });
        tell("an issuer", &|one| {
            one.answer(200, discovery(&text, &uri)).answer(500, "");
        });
        tell("a jwks_uri that is none", &|one| {
            one.answer(200, discovery(ISSUER, &text));
        });
        tell("a jwks_uri over http", &|one| {
            one.answer(200, discovery(ISSUER, &format!("http://a/{}", "k".repeat(200_000))));
        });
        tell("a long jwks_uri", &|one| {
            one.answer(200, discovery(ISSUER, &uri)).answer(500, "");
        });
        tell("a long host", &|one| {
            one.answer(200, discovery(ISSUER, &host)).answer(404, "");
        });
        tell("a long issuer that was taken", &|one| {
            one.answer(
                200,
                discovery(if one.lifecycle.settings().name.is_empty() { "" } else { ISSUER }, &uri),
            );
            one.keys(&json!([with(good.clone(), &json!({"kid": text}))]));
            one.answer(200, discovery(&text, &uri));
        });
        tell("a body that is an answer to the keys", &|one| {
            one.discovery().answer(200, text.clone());
        });
        for member in
            ["kid", "kty", "crv", "use", "alg", "n", "e", "x5c", "x", "d", "issuer", "key_ops", &text]
        {
            tell(&format!("{:?} of a key", Excerpt::word(member)), &|one| {
                let odd = with(good.clone(), &json!({member: text}));
                let all: Vec<_> = (0..12).map(|_| &odd).chain([&good]).collect();
                one.discovery().keys(&json!([odd]));
                one.discovery();
                one.keys(&json!(all));
            });
            let more = json!({"kid": text, "kty": text, "crv": text, member: text});
            tell("everything of every key", &|one| {
                one.discovery().keys(&Value::Array((0..3).map(|_| with(good.clone(), &more)).collect()));
            });
        }
        tell("new keys and gone keys, after failures", &|one| {
            let named = |at: usize| with(good.clone(), &json!({"kid": format!("{at}{text}")}));
            one.answer(200, format!("<{text}")).discovery().keys(&(0..12).map(named).collect());
            one.answer(200, text.clone());
            one.now = one.now + Duration::from_secs(100_000);
            one.discovery().keys(&(12..24).map(named).collect());
        });
        let mut pinned = Journal::of(&json!({"url": "https://idp.example/d", "issuer": ISSUER}));
        pinned.answer(200, discovery(&text, &uri));
        journals.push(("an issuer beside a pinned one".to_owned(), pinned));
        for (what, journal) in &journals {
            assert!(!journal.lines.is_empty(), "{what}");
            for (_, line) in &journal.lines {
                check_short(what, line);
            }
            if let Some(error) = journal.record.0.as_ref().and_then(|record| record.last_error.as_ref()) {
                check_short(what, error.text.as_str());
            }
        }
    }
}

#[test]
fn no_issuer_or_address_makes_a_word_about_owners_long_or_unprintable() {
    for text in floods() {
        let issuer = || text.clone();
        let (name, url) = ("partner".to_owned(), format!("https://idp.example/{}", "k".repeat(9_000)));
        let owners = [
            Owner::Entra,
            Owner::AtHomeWith { name: name.clone(), url: url.clone() },
            Owner::SpokenForBy { name: name.clone(), url: url.clone() },
        ];
        for owner in owners {
            let objection = Objection { issuer: issuer(), owner };
            check_short("an objection", &objection.to_string());
            check_short(
                "refused",
                &Remark::Refused { name: name.clone(), objection: objection.clone() }.to_string(),
            );
            let mut journal = Journal::new();
            journal.tell(&Report::Unbelieved(objection));
            check_short("what is not believed", journal.line());
        }
        for remark in [
            Remark::Rivals {
                names: [(name.clone(), url.clone()), (name.clone(), url.clone())],
                issuer: issuer(),
            },
            Remark::Unowned { issuer: issuer() },
            Remark::Elsewhere { name: name.clone(), url: url.clone(), issuer: issuer() },
            Remark::AnyTenant { name, issuer: issuer() },
        ] {
            check_short("a remark", &remark.to_string());
        }
    }
}

#[test]
fn a_last_error_that_somebody_else_wrote_into_the_record_is_cut_and_printable() {
    for text in floods() {
        let mut journal = Journal::new();
        let mut record = Record::empty();
        record.failures = 3;
        record.failing_since = Some(journal.now);
        record.last_error = Some(LastError { at: journal.now, text: Excerpt::name("x") });
        let bytes = String::from_utf8(record.to_bytes()).expect("JSON");
        let planted = bytes.replace("\"x\"", &json!(text).to_string());
        assert_ne!(bytes, planted);
        let record = Record::parse(planted.as_bytes()).expect("a record");
        journal.feed(Event::Seen(Snapshot { record, version: Version::Number(9) }));
        journal.discovery().keys(&json!([rsa(RsaFixture::First)]));
        check_short("a planted error", journal.line());
        assert!(journal.line().contains("works again after 3 failure(s)"), "{}", journal.line());
    }
}

#[test]
fn no_text_of_a_caller_makes_a_line_long_or_unprintable() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({"issuers": [ISSUER], "audiences": [AUDIENCE]})));
    for text in floods() {
        let text: String = text.chars().take(4_000).collect();
        let recipes: [(&str, TokenRecipe); 8] = [
            ("kid", plain().key_id(&text).expires_in(-9)),
            ("iss", plain().issuer(&text)),
            ("kid and iss", plain().key_id(&text).issuer(&text)),
            ("alg", plain().header("alg", text.clone())),
            ("typ", plain().header("typ", text.clone())),
            ("aud", plain().audience(&text)),
            ("sub", plain().claim("sub", text.clone()).expires_in(-9)),
            ("jti", plain().claim("jti", text.clone()).issuer(&text)),
        ];
        for (what, recipe) in recipes {
            let rejection = bench.rejection(&bearer(&recipe.sign(&key)));
            for fate in [Fate::Refused, Fate::LetPass] {
                let line = line(&rejection, fate);
                check_short(what, &line);
                assert!(line.contains("reason=") && line.contains("policy="), "{line}");
            }
        }
        check_short("a token", &line(&bench.rejection(&bearer(&text)), Fate::Refused));
    }
}

#[test]
fn a_refusal_prints_another_issuer_beside_the_expected_one_so_that_the_difference_shows() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({"issuers": [ISSUER]})));
    for (issuer, shown, slip) in [
        ("https://idp.example/", "issuer=\"https://idp.example/\"", Some(Diagnosis::IssuerSlash)),
        ("https://IDP.example", "issuer=\"https://IDP.example\"", Some(Diagnosis::IssuerCase)),
        ("idp.example", "issuer=\"idp.example\"", Some(Diagnosis::IssuerScheme)),
        ("https://other.example", "issuer=\"https://other.example\"", None),
        (" https://idp.example", "issuer=\" https://idp.example\"", None),
        ("https://idp.example\u{200b}", "issuer=\"https://idp.example\\u{200b}\"", None),
        ("https://idp.exampl\u{435}", "issuer=\"https://idp.exampl\\u{435}\"", None),
    ] {
        let line = line(&bench.rejection(&bearer(&plain().issuer(issuer).sign(&key))), Fate::Refused);
        let advice = slip.map(|slip| format!(": {}", slip.advice())).unwrap_or_default();
        let end = format!("{shown} expected=\"https://idp.example\"{advice}");
        assert!(line.starts_with("refused: reason=issuer_not_allowed") && line.ends_with(&end), "{line}");
    }
    let bench = Bench::new(&inline(&key, &json!({"issuers": ["https://idp.example/realms/a"]})));
    let inside = plain().issuer("http://keycloak:8080/realms/a").sign(&key);
    assert_eq!(bench.rejection(&bearer(&inside)).diagnosis, Some(Diagnosis::IssuerHost));
    let another = plain().issuer("https://idp.example/realms/b").sign(&key);
    assert_eq!(bench.rejection(&bearer(&another)).diagnosis, None);
}

#[test]
fn a_refusal_prints_the_claim_at_stake_beside_what_is_allowed_and_names_the_likeliest_slip() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({"audiences": ["orders", "https://api.example/"]})));
    for (audience, expected) in [
        (json!("x"), "aud=\"x\" allowed=\"orders\",\"https://api.example/\""),
        (json!(["x", "y"]), "aud=\"x\",\"y\" allowed=\"orders\",\"https://api.example/\""),
        (json!([]), "aud=- allowed=\"orders\",\"https://api.example/\""),
        (json!("api://orders"), "allowed=\"orders\",\"https://api.example/\": they differ only by api://"),
        (json!("https://api.example"), "\"https://api.example/\": they differ only by a trailing slash"),
        (json!("Orders"), "\"https://api.example/\": they differ only in case"),
    ] {
        let line = line(&bench.rejection(&bearer(&plain().claim("aud", audience).sign(&key))), Fate::Refused);
        assert!(line.contains(expected), "{line}");
        assert!(!line.contains(validate_jwt_testbed::token::SUBJECT), "{line}");
    }
    let on = |recipe: TokenRecipe| {
        let mut bench = Bench::new(&inline(&key, &json!({"audiences": [AUDIENCE]})));
        bench.now = UnixTime::from_seconds(1_700_000_000);
        line(&bench.rejection(&bearer(&recipe.without_claim("iat").sign(&key))), Fate::Refused)
    };
    let fresh = || plain().without_claim("nbf");
    for (recipe, expected) in [
        (
            fresh().claim("exp", 1_699_999_990),
            "exp=\"1699999990\" now=\"1700000000\": it ended 10 s ago: compare the clocks, this one may be ahead; a clock_skew of 11 would do",
        ),
        (
            plain().claim("nbf", 1_700_000_042),
            "nbf=\"1700000042\" now=\"1700000000\": it begins in 42 s: compare the clocks, this one may be behind; a clock_skew of 42 would do",
        ),
        (fresh().claim("exp", 1_600_000_000), "exp=\"1600000000\" now=\"1700000000\""),
        (
            plain().claim("nbf", 1_700_000_000_000_i64),
            "nbf=\"1700000000000\" now=\"1700000000\": the time is in milliseconds, it has to be in seconds",
        ),
    ] {
        let line = on(recipe);
        assert!(line.ends_with(expected), "{line}");
    }
}

#[test]
fn a_key_set_that_is_of_no_use_says_why_key_by_key() {
    let weak = with(rsa(RsaFixture::Weak), &json!({"kid": "old"}));
    let oct = json!({"kty": "oct", "kid": "shared", "k": "AAAA"});
    let mut journal = Journal::new();
    journal.discovery().keys(&json!([
        weak,
        oct,
        with(rsa(RsaFixture::First), &json!({"kid": "enc-1", "use": "enc"})),
        with(rsa(RsaFixture::First), &json!({"kid": "enc-2", "alg": "RSA-OAEP"})),
        with(SigningKey::p256().public_jwk(), &json!({"kid": "moved", "x": "AAAA"})),
        {"kty": "RSA", "kid": "half", "n": "AQAB"},
        {"kty": "AKP", "alg": "ML-DSA-65"},
        7,
    ]));
    let reasons = "the JWKS has no usable key: key \"old\" (RSA): an RSA modulus of less than 2048 bits; \
         key \"shared\" (oct): a symmetric key where only public keys are accepted; \
         key \"enc-1\" (RSA): not for signatures, by its use; \
         key \"enc-2\" (RSA): not for signatures, by its alg; \
         key \"moved\" (EC P-256): not a sound point of the curve; \
         key \"half\" (RSA): e is missing; keys[6] (AKP): unknown key type; keys[7]: malformed; there are no keys yet";
    assert!(journal.line().contains(reasons), "{}", journal.line());
    assert_eq!(journal.lines.last().expect("a line").0, Severity::Error);
    journal.discovery().keys(&json!([weak, rsa(RsaFixture::First)]));
    let line = journal.line();
    assert!(
        line.ends_with("; skipped 1: key \"old\" (RSA): an RSA modulus of less than 2048 bits")
            && line.contains("1 usable"),
        "{line}"
    );
}

#[test]
fn a_document_that_is_of_no_use_says_what_was_found() {
    for (body, expected) in [
        ("", "the discovery document is unusable: expected a JSON object, found nothing; there are"),
        (
            "<!doctype html><title>Sign in</title>",
            "found HTML or XML, \"<!doctype html><title>Sign in...\": a page for people, by a proxy in between",
        ),
        (
            "{\"issuer\": \"https://idp.exam",
            "the discovery document is unusable: expected a JSON object, found JSON that is cut short after 28 bytes;",
        ),
        ("[]", "the discovery document is unusable: expected a JSON object, found an array;"),
        (
            "{\"issuer\":\n oops}",
            "the discovery document is unusable: expected a JSON object, found invalid JSON at line 2, byte 2;",
        ),
        (
            "no healthy upstream",
            "the discovery document is unusable: expected a JSON object, found \"no healthy upstream\";",
        ),
        ("{}", "the discovery document has no issuer;"),
        (r#"{"issuer":"i"}"#, "the discovery document has no jwks_uri;"),
        (r#"{"issuer":"i","jwks_uri":"/keys"}"#, "no usable jwks_uri: expected a URL, found \"/keys\";"),
        (r#"{"issuer":"i","issuer":"i"}"#, "the discovery document gives issuer twice;"),
    ] {
        let mut journal = Journal::new();
        journal.answer(200, body);
        assert!(journal.line().contains(expected), "{body}: {}", journal.line());
    }
    for (body, expected) in [
        ("", "the JWKS is unusable: expected a JSON object, found nothing;"),
        ("<html>", "the JWKS is unusable: expected a JSON object, found HTML or XML, \"<html>\": a page"),
        (r#"{"keys":[{"kty":"#, "the JWKS is unusable: expected a JSON object, found JSON that is cut short"),
        ("{}", "the JWKS has no array \"keys\", or more than one;"),
        (r#"{"keys":[]}"#, "the JWKS has no usable key: it is empty;"),
    ] {
        let mut journal = Journal::new();
        journal.discovery().answer(200, body);
        assert!(journal.line().contains(expected), "{body}: {}", journal.line());
    }
}

/// What else can become of a callout: each cause has words of its own, with what mends it.
#[test]
fn an_answer_that_is_no_document_says_who_gave_it_and_what_to_do() {
    let connecting = "upstream connect error or disconnect/reset before headers. ";
    let reset = |reason: &str| format!("{connecting}reset reason: {reason}");
    let entra = r#"{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant 'contosso.example' not found.","error_codes":[90002]}"#;
    let page = "<html>Blocked</html>";
    for (status, body, expected) in [
        (
            503,
            reset("remote connection failure"),
            "failed, 1 in a row since 0.0 s ago: status 503 from the proxy itself, \"upstream connect error or \
             disconnect/reset before headers. reset reason: remote connection failure\": it could not connect. The \
             cluster's counters say why: ssl.fail_verify_error, the certificate is not trusted; ssl.fail_verify_san, it \
             has another name; ssl.connection_error, no TLS is spoken there; upstream_cx_connect_fail alone, nobody \
             listens there; there are no keys yet",
        ),
        // Envoy before 1.39.
        (
            503,
            reset(
                "remote connection failure, transport failure reason: TLS_error:|268435581:SSL routines:\
                 OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end",
            ),
            "CERTIFICATE_VERIFY_FAILED:TLS_error_end\": it could not connect. ",
        ),
        (
            503,
            reset("connection timeout"),
            "connection timeout\": nobody answered within connect_timeout: compare the cluster's address, and ask for \
             firewalls; there are",
        ),
        (
            503,
            reset("connection termination"),
            "connection termination\": the other side hung up, or speaks no HTTP: a port that speaks TLS needs a \
             transport_socket in the cluster; there are",
        ),
        (503, reset("protocol error"), "protocol error\": the other side hung up, or speaks no HTTP: "),
        (
            504,
            "upstream request timeout".to_owned(),
            ": status 504 from the proxy itself, \"upstream request timeout\": no answer within the provider's timeout: \
             raise it, or find out what is slow; there are",
        ),
        (503, String::new(), "s ago: status 503; there are"),
        (503, "Service Unavailable\r\n".to_owned(), "s ago: status 503, \"Service Unavailable\"; there are"),
        (504, page.to_owned(), "s ago: status 504, \"<html>Blocked</html>\"; there are"),
        (
            400,
            entra.to_owned(),
            "s ago: status 400, \"AADSTS90002: Tenant 'contosso.example' not found.\": are tenant and path in url right?;",
        ),
        (
            404,
            r#"{"error":"not_found"}"#.to_owned(),
            "status 404, \"not_found\": are tenant and path in url right?;",
        ),
        (
            302,
            String::new(),
            "status 302: redirects are not followed: write the address that it leads to into url;",
        ),
        (
            403,
            page.to_owned(),
            "status 403, \"<html>Blocked</html>\": these documents are public, so somebody in between may \
             want a login;",
        ),
        // What may be a key is not shown.
        (500, r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#.to_owned(), "s ago: status 500; there are"),
        (500, r#"{"message":{"k":"c2VjcmV0"}}"#.to_owned(), "s ago: status 500; there are"),
    ] {
        let mut journal = Journal::new();
        journal.answer(status, body);
        assert!(journal.line().contains(expected), "{status}: {}", journal.line());
    }
    for (response, expected) in [
        (
            Response::NoCluster,
            "the proxy has no such cluster, or has not made it ready yet: `cluster` (for keys on another host \
             `jwks_cluster`) must name a cluster of the proxy's own configuration;",
        ),
        (
            Response::NotSent,
            "the proxy could not send the request: no healthy host, or a circuit breaker. The cluster's counters say why: \
             membership_total 0, DNS knows no such name; membership_healthy 0, health checks fail; \
             upstream_rq_pending_overflow, the circuit breaker;",
        ),
        (
            Response::Lost,
            "no answer came: the connection broke, at the provider's or by a firewall in between;",
        ),
        (Response::TooLarge, "the answer is larger than limits.document_bytes;"),
    ] {
        let mut journal = Journal::new();
        journal.respond(response);
        assert!(journal.line().contains(expected), "{}", journal.line());
    }
}

#[test]
fn another_issuer_than_expected_is_printed_beside_the_expected_one() {
    let document =
        |issuer: &str| json!({"issuer": issuer, "jwks_uri": "https://idp.example/keys"}).to_string();
    let mut pinned = Journal::of(&json!({"url": "https://idp.example/d", "issuer": ISSUER}));
    pinned.answer(200, document("https://idp.example/"));
    let both = "expected \"https://idp.example\", found \"https://idp.example/\";";
    assert!(pinned.line().contains(both), "{}", pinned.line());
    let mut moved = Journal::new();
    moved.discovery().keys(&json!([rsa(RsaFixture::First)])).answer(200, document("https://idp.example/"));
    assert!(moved.line().contains(both), "{}", moved.line());
    let mut foreign = Journal::new();
    foreign
        .discovery()
        .keys(&json!([with(rsa(RsaFixture::First), &json!({"issuer": "https://idp.example/"}))]));
    assert!(foreign.line().contains(both), "{}", foreign.line());
}

#[test]
fn a_token_that_is_too_long_is_told_apart_from_one_that_is_malformed() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({})));
    let of = |token: &str| line(&bench.rejection(&bearer(token)), Fate::Refused);
    let groups: Vec<String> = (0..400).map(|at| format!("group-{at:032}")).collect();
    let long = of(&plain().claim("groups", json!(groups)).sign(&key));
    assert!(
        long.contains("reason=token_malformed") && long.contains("longer than limits.token_bytes"),
        "{long}"
    );
    assert!(!of("a.b.c").contains("longer"));
}

#[test]
fn what_is_left_out_of_a_line_changes_no_answer() {
    let key = SigningKey::p256();
    let policy = json!({
        "audiences": [AUDIENCE],
        "required_claims": [{"name": "scp", "values": ["Orders.Read"]}],
    });
    let mut bench = Bench::new(&inline(&key, &policy));
    for (token, explained) in [
        (plain().expires_in(-1).sign(&key), "it ended"),
        (plain().audience("api://other").sign(&key), "aud=\"api://other\""),
        (plain().header("nonce", "n").sign(&key), "this token is for Microsoft Graph"),
        (plain().sign(&key), ""),
        ("a.b.c".to_owned(), ""),
    ] {
        let [(answer, whole), (same, short)] = [Detail::Cause, Detail::Reason].map(|detail| {
            bench.detail = detail;
            let rejection = bench.rejection(&bearer(&token));
            (bench.answer(&bearer(&token)), line(&rejection, Fate::Refused))
        });
        assert_eq!(answer, same, "{whole}");
        assert!(whole.contains(explained) && !whole.contains("not explained"), "{whole}");
        let beginning = |line: &str| line.split('"').take(4).collect::<Vec<_>>().join("\"");
        assert_eq!(beginning(&whole), beginning(&short));
        assert_eq!(short.contains("not explained"), token != "a.b.c", "{short}");
        assert!(explained.is_empty() || !short.contains(explained), "{short}");
    }
}
