//! `docs/from-jwt_authn.md`: both filters of every example over the same requests, in one Envoy, and beside them what the
//! command line makes of Envoy's own.

use serde_json::{Value, json};
use validate_jwt_testbed::client::{Request, Response};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, IdentityProvider, Names};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, tamper};
use validate_jwt_testbed::{Error, workspace};

use crate::lab::filter;

const AUDIENCE: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

/// One example of the document: a policy for either filter, and what each of them answers.
struct Example {
    native: Value,
    ours: Value,
    converted: Value,
    /// What the conversion lists.
    left: Vec<String>,
    rows: Vec<(String, u16, u16)>,
}

/// The example below a heading.
fn example(heading: &str) -> Example {
    let file = workspace::root().join("docs/from-jwt_authn.md");
    let text = std::fs::read_to_string(file).expect("the document");
    let (_, chapter) = text.split_once(&format!("\n## {heading}\n")).expect(heading);
    let chapter = chapter.split("\n## ").next().unwrap_or(chapter);
    let block = |mark: &str| {
        let (_, rest) = chapter.split_once(&format!("```{mark}\n")).expect(mark);
        rest.split("```").next().unwrap_or(rest)
    };
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let name = cells.next()?.to_owned();
        Some((name, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?))
    };
    let rows: Vec<_> = chapter.lines().filter_map(row).collect();
    assert!(rows.len() > 4, "{heading}: {} rows", rows.len());
    let original = block("yaml jwt_authn");
    let native = yaml_serde::from_str(original).expect("YAML");
    let ours = serde_json::from_str(block("json validate-jwt")).expect("JSON");
    let (converted, left) = validate_jwt_cli::convert("jwt-authn", original).expect("a conversion");
    Example { native, ours, converted, left, rows }
}

/// Both filters before one API, with the clusters that the document's configurations name.
struct Comparison {
    idp: IdentityProvider,
    api: EchoApi,
    envoy: Envoy,
}

impl Comparison {
    async fn start(example: &Example) -> Result<Self, Error> {
        let names = Names { endpoints: "https://{host}".to_owned(), ..Names::default() };
        let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names)?;
        let api = EchoApi::start()?;
        let mut native = example.native.clone();
        native["@type"] =
            json!("type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication");
        let native = json!({"name": "envoy.filters.http.jwt_authn", "typed_config": native});
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("entra", idp.address()))
            .cluster(Cluster::new("partner", idp.address()))
            .listener(Listener::new("native").filter(native))
            .listener(Listener::new("ours").filter(filter(example.ours.clone()).await?))
            .listener(Listener::new("converted").filter(filter(example.converted.clone()).await?));
        let envoy = Envoy::start(bootstrap, Options::default()).await?;
        Ok(Self { idp, api, envoy })
    }

    /// The request that a row names. A change of keys is made when it is asked for.
    fn request(&self, row: &str) -> Request {
        let key = self.idp.signing_key();
        let recipe = self.idp.token_v2(CONTOSO, AUDIENCE).claim("oid", "alice");
        let get = || Request::get("/orders");
        let options = || Request::new("OPTIONS", "/orders").header("origin", "https://app.example");
        let old = recipe.clone().issued_in(-7200).not_before_in(-7200);
        let token = match row {
            "no token" => return get(),
            "health" => return Request::get("/health"),
            "open" => return Request::get("/open"),
            "below open" => return Request::get("/open/door"),
            "beside open" => return Request::get("/openings"),
            "CORS preflight" => return options().header("access-control-request-method", "PUT"),
            "OPTIONS alone" => return options(),
            "token in the query" => {
                return Request::get(&format!("/orders?access_token={}", recipe.sign(&key)));
            }
            "token in x-token" => return get().header("x-token", recipe.sign(&key)),
            "token in a parameter" => return Request::get(&format!("/orders?token={}", recipe.sign(&key))),
            "token in a cookie" => {
                return get().header("cookie", format!("theme=dark; session={}", recipe.sign(&key)));
            }
            "tokens in two places" => {
                let token = recipe.sign(&key);
                return Request::get(&format!("/orders?token={token}")).header("x-token", token);
            }
            "two tokens" => return get().bearer(&recipe.sign(&key)).bearer(&recipe.sign(&key)),
            "forged headers" => {
                let request = get().header("x-user-id", "root").header("X-Payload", "e30");
                return request.bearer(&recipe.sign(&key));
            }
            "good token" | "after a change of keys" => recipe.sign(&key),
            "garbage" => "garbage".to_owned(),
            "wrong issuer" => self.idp.token_v2(FABRIKAM, AUDIENCE).sign(&key),
            "wrong audience" => recipe.audience("another").sign(&key),
            "audience with a slash" => recipe.audience(&format!("{AUDIENCE}/")).sign(&key),
            "expired an hour ago" => old.expires_in(-3600).sign(&key),
            "expired 30 seconds ago" => old.expires_in(-30).sign(&key),
            "without exp" => recipe.without_claim("exp").sign(&key),
            "not valid yet" => recipe.not_before_in(600).sign(&key),
            "tampered" => tamper::flip_signature_bit(&recipe.sign(&key), 7),
            "unsigned" => recipe.unsigned(),
            "unknown key" => recipe.sign(&SigningKey::rsa(RsaFixture::Stranger)),
            "another type of token" => recipe.header("typ", "logout+jwt").sign(&key),
            "partner's token" => self.idp.token_plain(AUDIENCE).sign(&self.partners_key()),
            "partner's token for partner-api" => {
                self.idp.token_plain("partner-api").sign(&self.partners_key())
            }
            "partner's token, own key" => self.idp.token_plain(AUDIENCE).sign(&key),
            other => panic!("the document has a row of its own: {other}"),
        };
        get().bearer(&token)
    }

    fn partners_key(&self) -> SigningKey {
        self.idp.plain_key(Algorithm::Rs256).expect("an RSA key")
    }

    async fn send(&self, listener: &str, request: &Request) -> Result<Response, Error> {
        request.send(self.envoy.address(listener).await?).await
    }
}

/// What the API got of what either filter may set or take away.
fn identity(api: &EchoApi) -> Option<[Vec<String>; 3]> {
    let seen = api.last()?;
    let own = |name: &str| seen.header_values(name).into_iter().map(str::to_owned).collect();
    Some(["authorization", "x-user-id", "x-payload"].map(own))
}

async fn compare(heading: &str) -> Result<(), Error> {
    let example = example(heading);
    let lab = Comparison::start(&example).await?;
    let mut table = Vec::new();
    for (row, _, _) in &example.rows {
        if row == "after a change of keys" {
            lab.idp.rotate_now();
        }
        let request = lab.request(row);
        let native = lab.send("native", &request).await?.status;
        let theirs = identity(&lab.api);
        let ours = lab.send("ours", &request).await?.status;
        if (native, ours) == (200, 200) {
            assert_eq!(identity(&lab.api), theirs, "{heading}: {row}: what the API got");
            let forged = theirs.iter().flatten().flatten().any(|value| value == "root" || value == "e30");
            assert!(!forged, "{heading}: {row}: a client's own header");
        }
        let converted = lab.send("converted", &request).await?.status;
        if (native, converted) == (200, 200) {
            assert_eq!(identity(&lab.api), theirs, "{heading}: {row}: what the API got from the conversion");
        }
        if converted != native {
            let named = DIFFERENCES
                .iter()
                .filter(|(of, _)| of == row)
                .any(|(_, words)| example.left.iter().any(|entry| entry.contains(words)));
            assert!(named, "{heading}: {row}: {converted} instead of {native}, and the list does not say so");
        }
        table.push((row.clone(), native, ours));
    }
    assert_eq!(table, example.rows, "{heading}");
    Ok(())
}

/// Rows that a conversion may answer otherwise than the original, where its list has these words.
const DIFFERENCES: [(&str, &str); 7] = [
    ("wrong audience", "a wrong one is answered 401, not 403"),
    ("partner's token", "a wrong one is answered 401, not 403"),
    ("audience with a slash", "a slash behind it do not count"),
    ("another type of token", "typ says JWT"),
    ("two tokens", "more than one token is answered 400"),
    ("tokens in two places", "more than one token is answered 400"),
    ("after a change of keys", "a new key is fetched when a token names it"),
];

#[tokio::test]
async fn one_issuer_is_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("One issuer").await
}

#[tokio::test]
async fn paths_are_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("Paths").await
}

#[tokio::test]
async fn two_issuers_are_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("Two issuers").await
}

#[tokio::test]
async fn different_audiences_are_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("Different audiences").await
}

#[tokio::test]
async fn anonymous_callers_are_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("Anonymous callers").await
}

#[tokio::test]
async fn several_places_are_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("Several places").await
}

#[tokio::test]
async fn prefixes_are_answered_by_both_filters_as_the_document_says() -> Result<(), Error> {
    compare("Prefixes").await
}
