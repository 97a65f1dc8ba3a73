//! `doctor` against the test bed's identity provider, and everything that can be wrong with it.

mod document;
mod run;
mod servers;

use std::time::{Duration, SystemTime};

use run::{doctor, doctor_in, policy, provider};
use serde_json::{Value, json};
use servers::{AUTHORITY, Certificate, answer, proxy, saying, tls};
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, Names, paths};
use validate_jwt_testbed::token::Algorithm;

/// The certificate's, at which every provider here is reached.
const HOST: &str = "idp.contoso.example";

fn plain() -> IdentityProvider {
    IdentityProvider::start().unwrap()
}

/// What is said of a provider without TLS, its port and its times taken out.
fn said_of(idp: &IdentityProvider, more: &Value) -> (i32, String) {
    let url = idp.url(paths::DISCOVERY_PLAIN);
    let run = doctor(&policy(&json!([provider(&url, more)])), &[]);
    assert_eq!(run.err, "");
    let port = idp.address().port().to_string();
    (run.status, run.out.replace(&port, "PORT"))
}

#[test]
fn a_provider_that_is_well_is_said_to_be() {
    let idp = plain();
    let (status, out) = said_of(&idp, &json!({}));
    assert_eq!(status, 0, "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "provider 127_0_0_1", "{out}");
    for expected in [
        "  discovery http://127.0.0.1:PORT/plain/.well-known/openid-configuration",
        "    ok      issuer https://accounts.example, as the document says",
        "  keys http://127.0.0.1:PORT/plain/keys",
        "    ok      key \"p256\" (EC P-256): ES256",
        "    ok      key \"ed25519\" (OKP Ed25519): EdDSA",
        "    ok      this machine's clock and the provider's agree",
        "  127.0.0.1: to 127.0.0.1:PORT without TLS",
    ] {
        assert!(lines.contains(&expected), "{expected}\n{out}");
    }
}

#[test]
fn every_fault_of_a_document_has_a_line_of_its_own() {
    let discovery = paths::DISCOVERY_PLAIN;
    let keys = paths::KEYS_PLAIN;
    let idp = plain();
    for (path, fault, expected) in [
        (discovery, Fault::Status(400), "status 400, \"400 Bad Request\": are tenant and path in url right?"),
        (discovery, Fault::Status(401), "status 401, \"401 Unauthorized\": these documents are public, so somebody in between may want a login"),
        (discovery, Fault::Status(404), "status 404, \"404 Not Found\": are tenant and path in url right?"),
        (keys, Fault::Status(500), "status 500, \"500 Internal Server Error\""),
        (discovery, Fault::Status(204), "status 204"),
        (
            discovery,
            Fault::Redirect("https://login.contoso.example/d".to_owned()),
            "status 302, \"302 Found\": redirects are not followed: write the address that it leads to into url \
             (https://login.contoso.example/d)",
        ),
        (
            discovery,
            Fault::Html,
            "the discovery document is unusable: expected a JSON object, found HTML or XML, \"<!doctype html><title>Sign in...\": \
             a page for people, by a proxy in between or at a wrong address",
        ),
        (discovery, Fault::NotJson, "the discovery document is unusable: expected a JSON object, found invalid JSON at line 1, byte 11"),
        (discovery, Fault::NoBody, "the discovery document is unusable: expected a JSON object, found nothing"),
        (discovery, Fault::Gzip, "the discovery document is unusable: expected a JSON object, found gzip"),
        (keys, Fault::Gzip, "the JWKS is unusable: expected a JSON object, found gzip"),
        (discovery, Fault::Oversized(300_000), "the answer is larger than limits.document_bytes"),
        (discovery, Fault::CutMidBody, "the connection broke in the middle of the answer"),
        (keys, Fault::Reset, "the connection broke before an answer came"),
        (discovery, Fault::Hang, "no answer from 127.0.0.1:PORT within 0.3 s (`timeout`)"),
        (keys, Fault::Drip(Duration::from_millis(50)), "the answer was not whole within 0.3 s (`timeout`)"),
        (
            discovery,
            Fault::WrongIssuer,
            "the discovery document names another issuer than configured: expected \"https://accounts.example\", found \
             \"https://login.example/wrong/v2.0\"",
        ),
        (discovery, Fault::Text("{}".to_owned()), "the discovery document has no issuer"),
        (
            discovery,
            Fault::Text(r#"{"issuer": "https://accounts.example", "jwks_uri": "https://keys/k"}"#.to_owned()),
            "the discovery document's jwks_uri is on the host \"keys\", which has neither a dot nor the form of an \
             address: set `jwks_cluster` to say which of the proxy's clusters serves it",
        ),
        (keys, Fault::EmptyKeySet, "the JWKS has no usable key: it is empty"),
        (
            keys,
            Fault::Text(r#"{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"}, {"kty": "oct", "k": "AA"}]}"#.to_owned()),
            "the JWKS has no usable key among 2",
        ),
    ] {
        // What hangs or drips is not waited for for long; what does not has its time.
        let timeout = if matches!(fault, Fault::Hang | Fault::Drip(_)) { 0.3 } else { 60.0 };
        idp.set_fault(path, fault.clone());
        let (status, out) =
            said_of(&idp, &json!({"issuer": "https://accounts.example", "timeout": timeout}));
        idp.clear_faults();
        assert_eq!(status, 1, "{fault:?}\n{out}");
        assert!(out.lines().any(|line| line == format!("    error   {expected}")), "{fault:?}: {expected}\n{out}");
        assert!(out.ends_with("\n1 error, 0 warnings\n"), "{fault:?}\n{out}");
    }
}

#[test]
fn keys_are_told_one_by_one_with_the_reason_why_one_is_not_used() {
    let idp = plain();
    let good = idp.signing_key().public_jwk();
    let foreign = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "b", "issuer": "https://other.example"});
    let private = json!({"kty": "OKP", "crv": "Ed25519", "x": "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw", "d": "AAAA"});
    let weak = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"});
    let mut keys = vec![good.clone(), foreign, private, weak];
    keys.extend((0..9).map(|number| json!({"kty": "oct", "k": "AA", "kid": number.to_string()})));
    idp.set_fault(paths::KEYS_PLAIN, Fault::Text(json!({"keys": keys}).to_string()));
    let (status, out) = said_of(&idp, &json!({"issuer": "https://accounts.example"}));
    assert_eq!(status, 0, "{out}");
    let kid = good["kid"].as_str().unwrap();
    for expected in [
        format!("    ok      key \"{kid}\" (RSA): RS256"),
        "    note    not used: key \"b\": it belongs to another issuer, https://other.example".to_owned(),
        "    ok      key \"thumbprint:".to_owned(),
        "    warning key \"keys[2]\" is published with its private half: ".to_owned(),
        "    note    not used: key \"weak\" (RSA): an RSA modulus of less than 2048 bits".to_owned(),
        "    note    not used: key \"0\" (oct): a symmetric key where only public keys are accepted"
            .to_owned(),
        "    note    not used: 2 more keys".to_owned(),
        "0 errors, 1 warning".to_owned(),
    ] {
        assert!(out.lines().any(|line| line.starts_with(&expected)), "{expected}\n{out}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_or_has_no_name_is_told_as_such() {
    let idp = plain();
    idp.stop().await.unwrap();
    let (status, out) = said_of(&idp, &json!({}));
    assert_eq!(status, 1, "{out}");
    assert!(
        out.contains("    error   127.0.0.1:PORT refuses the connection: nothing listens there\n"),
        "{out}"
    );
    // No resolver asks anybody for a label of this length.
    let host = format!("{}.example", "a".repeat(64));
    let url = format!("https://{host}/.well-known/openid-configuration");
    let run = doctor(&policy(&json!([provider(&url, &json!({}))])), &[]);
    assert_eq!(run.status, 1);
    assert!(
        run.said("error")[0].starts_with(&format!("the name {host} cannot be resolved (")),
        "{}",
        run.out
    );
}

/// A provider whose addresses are `https://`, and TLS in front of it.
fn behind_tls(certificate: Certificate) -> (IdentityProvider, String) {
    let names = Names { endpoints: "https://{host}".to_owned(), ..Names::default() };
    let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names).unwrap();
    let port = tls(certificate, idp.address()).port();
    (idp, format!("127.0.0.1:{port}"))
}

fn at(scheme: &str, host: &str) -> Value {
    policy(&json!([provider(&format!("{scheme}://{host}{}", paths::DISCOVERY_PLAIN), &json!({}))]))
}

#[test]
fn tls_that_is_not_trusted_is_told_from_tls_for_another_host_or_time() {
    let authority = ["--ca", AUTHORITY];
    for (certificate, scheme, host, trust, expected) in [
        (Certificate::Good, "https", HOST, &authority[..], None),
        (
            Certificate::Good,
            "https",
            HOST,
            &[],
            Some(
                "the server's certificate is signed by nobody who is trusted here: if its authority is your own, give its certificate with --ca, and to the cluster as trusted_ca",
            ),
        ),
        (
            Certificate::Good,
            "https",
            "other.example",
            &authority,
            Some(
                "the server's certificate is for another host: for localhost, idp.contoso.example, keys.contoso.example, login.microsoftonline.com",
            ),
        ),
        (
            Certificate::Expired,
            "https",
            HOST,
            &authority,
            Some(
                "the server's certificate has expired, by this machine's clock: Mon, 01 Jan 2001 00:00:00 GMT",
            ),
        ),
        (
            Certificate::Early,
            "https",
            HOST,
            &authority,
            Some(
                "the server's certificate is not valid yet, by this machine's clock: Mon, 01 Jan 2120 00:00:00 GMT",
            ),
        ),
        (
            Certificate::Good,
            "http",
            HOST,
            &authority,
            Some("the URL is http://, and the server speaks TLS on this port: write https://"),
        ),
    ] {
        let (_idp, address) = behind_tls(certificate);
        let detour = format!("{host}={address}");
        let arguments = [&["--resolve", &detour], trust].concat();
        let run = doctor(&at(scheme, host), &arguments);
        assert_eq!(
            run.said("error"),
            expected.into_iter().collect::<Vec<_>>(),
            "{scheme} {host}\n{}",
            run.out
        );
        assert_eq!(run.status, i32::from(expected.is_some()), "{}", run.out);
    }
    let (idp, _) = behind_tls(Certificate::Good);
    let detour = format!("{HOST}={}", idp.address());
    let run = doctor(&at("https", HOST), &["--resolve", &detour]);
    let expected = "the URL is https://, and the server does not speak TLS on this port";
    assert_eq!((run.status, run.said("error")), (1, vec![expected]), "{}", run.out);
}

#[test]
fn the_systems_own_anchors_are_trusted_and_it_is_told_where_there_are_none() {
    let (_idp, address) = behind_tls(Certificate::Good);
    let detour = format!("{HOST}={address}");
    let run = doctor_in(&at("https", HOST), &["--resolve", &detour], &[("SSL_CERT_FILE", AUTHORITY)]);
    assert_eq!((run.status, run.said("error")), (0, Vec::new()), "{}", run.out);
    let arguments = ["--resolve", &detour, "--ca", AUTHORITY];
    let none = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor/main.rs");
    let nothing = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", none)];
    let run = doctor_in(&at("https", HOST), &arguments, &nothing);
    let expected = "no trust anchors of the system were found: servers are trusted by --ca alone";
    assert_eq!((run.status, run.said("note")), (0, vec![expected]), "{}", run.out);
}

#[test]
fn a_misspelt_tenant_is_named_and_so_is_a_host_that_speaks_something_else() {
    let body = r#"{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant 'contosso' not found.\r\nTrace ID: 1"}"#;
    let entra = saying(answer("400 Bad Request", "", body));
    let host = "login.microsoftonline.com";
    let url = format!("https://{host}/contosso/v2.0/.well-known/openid-configuration");
    let front = tls(Certificate::Good, entra);
    let detour = format!("{host}={front}");
    let run = doctor(&policy(&json!([{"url": url}])), &["--resolve", &detour, "--ca", AUTHORITY]);
    let expected = "status 400, \"AADSTS90002: Tenant 'contosso' not found.\\r\\nTrace ID: 1\": are tenant and path in url right? \
                    Entra answers so where it knows no such tenant";
    assert_eq!((run.status, run.said("error")), (1, vec![expected]), "{}", run.out);

    let detour = format!("{HOST}={}", saying("SSH-2.0-OpenSSH_9.2\r\n"));
    let run = doctor(&at("http", HOST), &["--resolve", &detour]);
    assert_eq!(run.status, 1);
    assert!(run.said("error")[0].starts_with("what answers is no HTTP/1.1 server ("), "{}", run.out);
}

#[test]
fn keys_on_another_host_name_the_cluster_that_they_come_through() {
    let (_idp, address) = behind_tls(Certificate::Good);
    let keys = "https://keys.contoso.example:8443/plain/keys";
    let document = json!({"issuer": format!("https://{HOST}"), "jwks_uri": keys}).to_string();
    let detours =
        |discovery: &str| [format!("{HOST}={discovery}"), format!("keys.contoso.example:8443={address}")];
    let discovery = saying(answer("200 OK", "", &document)).to_string();
    for (more, told, cluster) in [
        (
            json!({}),
            "the keys are on another host, keys.contoso.example: through the cluster of that name, for want of jwks_cluster",
            "  keys.contoso.example: to keys.contoso.example:8443 with TLS, sni keys.contoso.example",
        ),
        (
            json!({"jwks_cluster": "keys"}),
            "the keys are on another host, keys.contoso.example: through jwks_cluster \"keys\"",
            "  keys: to keys.contoso.example:8443 with TLS, sni keys.contoso.example",
        ),
    ] {
        let config = policy(&json!([provider(&format!("http://{HOST}{}", paths::DISCOVERY_PLAIN), &more)]));
        let [one, other] = detours(&discovery);
        let run = doctor(&config, &["--resolve", &one, "--resolve", &other, "--ca", AUTHORITY]);
        assert_eq!(run.status, 0, "{}", run.out);
        assert!(run.said("note").contains(&told), "{}", run.out);
        assert!(run.out.lines().any(|line| line == cluster), "{cluster}\n{}", run.out);
    }
    // One host and two ports: one cluster cannot lead to both.
    let document = document.replace("keys.contoso.example", HOST);
    let one = format!("{HOST}:80={}", saying(answer("200 OK", "", &document)));
    let other = format!("{HOST}:8443={address}");
    let run = doctor(&at("http", HOST), &["--resolve", &one, "--resolve", &other, "--ca", AUTHORITY]);
    let torn = format!(
        "the cluster \"{HOST}\" would have to lead to {HOST}:80 without TLS, and to {HOST}:8443 with TLS, sni \
         {HOST}; give the keys a `jwks_cluster` of their own"
    );
    assert_eq!((run.status, run.said("warning")), (0, vec![&*torn]), "{}", run.out);
}

#[test]
fn a_clock_that_is_off_is_weighed_against_the_leeway() {
    let idp = plain();
    let document = json!({"keys": [idp.signing_key().public_jwk()]}).to_string();
    for (age, skew, severity, expected) in [
        (
            0,
            0,
            "error",
            Some(
                " s ahead of the provider's: where the proxy's is as well, tokens expire that much too early; clock_skew is 0 s",
            ),
        ),
        (0, 300, "error", Some("; clock_skew is 300 s")),
        (0, 7200, "warning", Some("; clock_skew is 7200 s")),
        // What a cache has kept for an hour says what time it was an hour ago.
        (3600, 0, "ok", None),
        (
            7200,
            0,
            "error",
            Some(
                " s behind the provider's: where the proxy's is as well, new tokens are not valid yet; clock_skew is 0 s",
            ),
        ),
    ] {
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        let head = format!("date: {}\r\nage: {age}\r\n", httpdate::fmt_http_date(long_ago));
        let keys = saying(answer("200 OK", &head, &document));
        let mut config = policy(&json!([{
            "jwks_uri": format!("http://{keys}/keys"), "issuer": "https://a.example", "allow_http": true
        }]));
        config["validate_jwt"]["clock_skew"] = json!(skew);
        let run = doctor(&config, &[]);
        assert_eq!(run.status, i32::from(severity == "error"), "{}", run.out);
        let is_told = |line: &&str| match expected {
            Some(end) => line.starts_with("this machine's clock is ") && line.ends_with(end),
            None => *line == "this machine's clock and the provider's agree",
        };
        assert!(run.said(severity).iter().any(is_told), "{severity} {expected:?}\n{}", run.out);
        assert!(run.said("ok").contains(&"issuer https://a.example, as configured"), "{}", run.out);
    }
}

#[test]
fn what_documents_mean_together_is_said_too() {
    let (one, other) = (plain(), plain());
    let urls = [&one, &other].map(|idp| provider(&idp.url(paths::DISCOVERY_PLAIN), &json!({})));
    let run = doctor(&policy(&json!(urls)), &[]);
    assert_eq!(run.status, 1, "{}", run.out);
    let [error] = run.said("error")[..] else { panic!("{}", run.out) };
    assert!(
        error.ends_with("neither is believed; set `issuer` in the entry of openid_config whose issuer it is"),
        "{error}"
    );
    // An issuer elsewhere than its document, and one for all tenants.
    let url = one.url(&paths::discovery_v2("common"));
    let run = doctor(&policy(&json!([provider(&url, &json!({}))])), &[]);
    assert_eq!(run.status, 0, "{}", run.out);
    let issuer = "issuer https://login.microsoftonline.com/{tenantid}/v2.0, as the document says: that of each token's own tenant";
    assert!(run.said("ok").contains(&issuer), "{}", run.out);
    assert!(run.said("warning")[0].contains("stands for every tenant"), "{}", run.out);
    let pinned = format!("https://login.microsoftonline.com/{CONTOSO}/v2.0");
    let run = doctor(&policy(&json!([provider(&url, &json!({"issuer": pinned}))])), &[]);
    let issuer = format!(
        "issuer {pinned}, as configured: one tenant of the document's https://login.microsoftonline.com/{{tenantid}}/v2.0"
    );
    assert!(run.said("ok").contains(&&*issuer), "{}", run.out);
}

#[test]
fn the_proxy_of_the_environment_is_heeded() {
    let (_idp, address) = behind_tls(Certificate::Good);
    let (proxy, wanted) = proxy(address.parse().unwrap());
    let proxy = format!("http://{proxy}");
    let config = at("https", HOST);
    let run = doctor_in(&config, &["--ca", AUTHORITY], &[("HTTPS_PROXY", &proxy)]);
    assert_eq!(run.status, 0, "{}", run.out);
    assert_eq!(
        *wanted.lock().unwrap(),
        [format!("CONNECT {HOST}:443 HTTP/1.1"), format!("CONNECT {HOST}:443 HTTP/1.1")]
    );
    assert!(
        run.said("ok")[0].ends_with(&format!(", through the proxy {}", &proxy["http://".len()..])),
        "{}",
        run.out
    );
    wanted.lock().unwrap().clear();
    let detour = format!("{HOST}={address}");
    for (arguments, environment) in [
        (&["--ca", AUTHORITY, "--resolve", &detour][..], &[("HTTPS_PROXY", &*proxy)][..]),
        (&["--ca", AUTHORITY], &[("HTTPS_PROXY", &*proxy), ("NO_PROXY", HOST)]),
    ] {
        // The second one is not there without the proxy.
        doctor_in(&config, arguments, environment);
        assert!(wanted.lock().unwrap().is_empty(), "{arguments:?}");
    }
    let run = doctor_in(&config, &[], &[("ALL_PROXY", "socks5://localhost")]);
    let expected = "validate-jwt: the proxy of the environment: expected http:// or https://, found Socks5\n";
    assert_eq!((run.status, &*run.err), (2, expected));
    // Nobody needs it.
    let run = doctor_in(&config, &[], &[("ALL_PROXY", "socks5://localhost"), ("NO_PROXY", HOST)]);
    assert_eq!((run.status, &*run.err), (1, ""), "{}", run.out);
    // It is the proxy that is not there, not the provider.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = doctor_in(&config, &[], &[("HTTPS_PROXY", &format!("http://{closed}"))]);
    let told = format!("the proxy that the environment names does not connect: {closed}");
    assert!(run.said("error").contains(&&*told), "{}", run.out);
}

#[test]
fn a_token_goes_on_to_the_verdict_with_the_documents_that_came() {
    let idp = plain();
    let issuer = json!({"issuer": "https://accounts.example"});
    let mut config = policy(&json!([provider(&idp.url(paths::DISCOVERY_PLAIN), &issuer)]));
    config["validate_jwt"]["authorize"] = json!({"scopes": {"any": ["orders.read"]}});
    let key = idp.plain_key(Algorithm::Es256).unwrap();
    let good = idp.token_plain("orders").claim("scp", "orders.read");
    for (name, recipe, status, expected) in [
        ("good", good.clone(), 0, "  allowed by policy validate_jwt"),
        (
            "other",
            good.clone().audience("api://orders"),
            1,
            "  refused: audience_not_allowed (status 401, policy validate_jwt)",
        ),
        ("old", good.expires_in(-60), 1, "  refused: token_expired (status 401, policy validate_jwt)"),
    ] {
        let file =
            std::env::temp_dir().join(format!("validate-jwt-doctor-{}-{name}.jwt", std::process::id()));
        std::fs::write(&file, recipe.sign(&key)).unwrap();
        let arguments =
            ["--token", file.to_str().unwrap(), "--url", "https://api.example/orders", "--method", "POST"];
        let run = doctor(&config, &arguments);
        let json = doctor(&config, &[&arguments[..], &["--format", "json"]].concat());
        std::fs::remove_file(&file).unwrap();
        assert_eq!((run.status, json.status), (status, status), "{}", run.out);
        assert!(
            run.out.lines().skip_while(|line| *line != "the token").any(|line| line == expected),
            "{}",
            run.out
        );
        let said: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(said["well"], status == 0);
        assert_eq!(said["verdict"]["policy"], "validate_jwt");
    }
    let run = doctor(&config, &["--url", "https://api.example/orders"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("--token"), "{}", run.err);
}

#[test]
fn programs_get_an_object() {
    let idp = plain();
    idp.set_fault(paths::KEYS_PLAIN, Fault::Status(500));
    let url = idp.url(paths::DISCOVERY_PLAIN);
    let run = doctor(&policy(&json!([provider(&url, &json!({}))])), &["--format", "json"]);
    assert_eq!(run.status, 1);
    let said: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(said["well"], false);
    let documents = &said["providers"][0]["documents"];
    assert_eq!(documents[0]["document"], "discovery");
    assert_eq!(documents[0]["findings"][0]["code"], "answered");
    assert_eq!(
        documents[1],
        json!({
            "document": "keys", "url": idp.url(paths::KEYS_PLAIN), "cluster": "127.0.0.1",
            "findings": [{"severity": "error", "code": "server_error",
                          "text": "status 500, \"500 Internal Server Error\""}],
        })
    );
    assert_eq!(
        said["clusters"],
        json!([{"name": "127.0.0.1", "leads_to": [{
            "host": "127.0.0.1", "port": idp.address().port(), "tls": false, "server_name": null}]}])
    );
}

#[test]
fn wrong_use_is_one_line_and_another_status() {
    let config = at("https", HOST);
    for (arguments, expected) in [
        (&["--resolve", "idp.example"][..], "--resolve"),
        (&["--ca", "/does/not/exist"], "validate-jwt: cannot read /does/not/exist: "),
        (&["--ca", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], "expected certificates in PEM"),
    ] {
        let run = doctor(&config, arguments);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(run.err.contains(expected), "{arguments:?}\n{}", run.err);
    }
    let run = doctor(&json!({"validate_jwt": {}}), &[]);
    assert_eq!(run.status, 1);
    assert!(run.err.starts_with("-: refused, "), "{}", run.err);
}
