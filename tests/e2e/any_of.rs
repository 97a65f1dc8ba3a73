//! Rules with several policies, in Envoy: which policy decides about which token, and what everybody sees of it.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Request, Response};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
use validate_jwt_testbed::token::{Algorithm, TokenRecipe, tamper};

use crate::lab::{AUDIENCE, Lab, REASON, filter};

/// The tenant behind one cluster and a partner behind another, with an Envoy before the API.
struct World {
    lab: Lab,
    partner: IdentityProvider,
}

impl World {
    async fn start(idp: IdentityProvider) -> Result<Self, Error> {
        let partner = IdentityProvider::start()?;
        let api = EchoApi::start()?;
        let configuration = configuration(&idp, &partner);
        let log = "%REQ(:PATH)% %FILTER_STATE(wasm.validate_jwt.outcome:PLAIN)% \
                   %FILTER_STATE(wasm.validate_jwt.policy:PLAIN)%";
        let listener = Listener::new("main").filter(filter(configuration).await?).access_log(log);
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("idp", idp.address()))
            .cluster(Cluster::new("partner", partner.address()))
            .listener(listener);
        let envoy = Envoy::start(bootstrap, Options::default().component_log_level("wasm:debug")).await?;
        let address = envoy.address("main").await?;
        Ok(Self { lab: Lab { idp, api, envoy, address }, partner })
    }

    /// A request with a token of the table.
    fn request(&self, path: &str, token: &str) -> Request {
        let request = Request::get(path);
        match token {
            "none" => request,
            "basic" => request.header("authorization", "Basic dXNlcjpwYXNz"),
            "garbage" => request.bearer("garbage"),
            "cookie-good" => request.header("cookie", format!("session={}", self.token("partner-good"))),
            "cookie-expired" => {
                request.header("cookie", format!("session={}", self.token("partner-expired")))
            }
            "two" => request
                .bearer(&self.token("user-good"))
                .header("cookie", format!("session={}", self.token("partner-good"))),
            token => request.bearer(&self.token(token)),
        }
    }

    fn token(&self, name: &str) -> String {
        let (whose, what) = name.split_once('-').expect("whose and what");
        let (recipe, key) = match whose {
            "user" => (self.lab.idp.token_v2(CONTOSO, AUDIENCE), self.lab.idp.signing_key()),
            "partner" => {
                let key = self.partner.plain_key(Algorithm::Rs256).expect("an RSA key");
                (self.partner.token_plain(AUDIENCE), key)
            }
            _ => panic!("{name}"),
        };
        let recipe: TokenRecipe = match what {
            "good" | "forged" => recipe,
            "expired" => recipe.expires_in(-60),
            "other" => recipe.audience("other"),
            "third" => recipe.audience("third"),
            "write" => recipe.for_user("orders.write"),
            "main" => recipe.claim("ref", "repo:acme/app:refs/heads/main"),
            "branch" => recipe.claim("ref", "repo:acme/app:refs/heads/mainly"),
            "stranger" => recipe.issuer("https://stranger.example"),
            _ => panic!("{name}"),
        };
        let token = recipe.sign(&key);
        if what == "forged" { tamper::flip_signature_bit(&token, 100) } else { token }
    }

    /// What a request comes to: the status, the policy that decided, and the reason.
    async fn outcome(&self, path: &str, token: &str) -> Result<String, Error> {
        let before = self.lab.api.count();
        let answer = self.lab.send(&self.request(path, token)).await?;
        let (policy, reason) = if answer.status == 200 {
            assert_eq!(self.lab.api.count(), before + 1, "{path} {token}");
            (self.identity().unwrap_or("-".to_owned()), "-".to_owned())
        } else {
            assert_eq!(self.lab.api.count(), before, "{path} {token} reached the API");
            (realm(&answer), answer.header(REASON).unwrap_or("-").to_owned())
        };
        Ok(format!("{} {policy} {reason}", answer.status))
    }

    /// The policy whose identity header the API got; there is never more than one.
    fn identity(&self) -> Option<String> {
        let seen = self.lab.api.last()?;
        let mut policies = seen.headers.iter().filter_map(|(name, _)| name.strip_prefix("x-by-"));
        let first = policies.next()?.to_owned();
        assert_eq!(policies.next(), None, "two identities");
        Some(first)
    }
}

/// Each policy's realm is its name.
fn realm(answer: &Response) -> String {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    let realm = challenge.split("realm=\"").nth(1).and_then(|rest| rest.split('"').next());
    realm.unwrap_or("-").to_owned()
}

fn configuration(idp: &IdentityProvider, partner: &IdentityProvider) -> Value {
    let policy = |name: &str, provider: Value, more: Value| {
        let mut policy = json!({
            "openid_config": [provider],
            "audiences": [AUDIENCE],
            "failure": {"realm": name, "reason_header": REASON},
            "forward": {"claims_to_headers": [{"claim": "sub", "header": format!("x-by-{name}")}]},
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            policy[field] = value.clone();
        }
        (name.to_owned(), json!({"validate_jwt": policy}))
    };
    let provider = |idp: &IdentityProvider, path: &str, cluster: &str| json!({"url": idp.url(path), "cluster": cluster, "allow_http": true, "timeout": 60});
    let tenant = || provider(idp, &paths::discovery_v2(CONTOSO), "idp");
    let other = || provider(partner, paths::DISCOVERY_PLAIN, "partner");
    let policies: serde_json::Map<String, Value> = [
        policy("user", tenant(), json!({})),
        policy("strict", tenant(), json!({"authorize": {"scopes": {"any": ["orders.write"]}}})),
        policy("other", tenant(), json!({"audiences": ["other"]})),
        policy("partner", other(), json!({})),
        policy("guest", other(), json!({"require_token": false})),
        policy("cookie", other(), json!({"cookie_name": "session"})),
        policy(
            "build",
            other(),
            json!({"required_claims": [{"name": "ref", "patterns": ["repo:acme/.+:refs/heads/main"]}]}),
        ),
        policy("trial", other(), json!({"mode": "report_only"})),
        policy("trial2", tenant(), json!({"mode": "report_only"})),
    ]
    .into_iter()
    .collect();
    let rule = |path: &str, any: &[&str]| json!({"match": {"path_prefix": path}, "policy": any});
    json!({
        "policies": policies,
        "rules": [
            rule("/user-partner", &["user", "partner"]),
            rule("/partner-user", &["partner", "user"]),
            rule("/strict-user", &["strict", "user"]),
            rule("/user-other", &["user", "other"]),
            rule("/user-guest", &["user", "guest"]),
            rule("/user-cookie", &["user", "cookie"]),
            rule("/build-strict", &["build", "strict"]),
            rule("/trial-user", &["trial", "user"]),
            rule("/trials", &["trial", "trial2"]),
            rule("/all", &["strict", "other", "build", "cookie", "user", "partner"]),
            {"match": {}, "policy": "user"},
        ],
    })
}

/// Rule, token → status, the policy that decided (`-`: no identity), reason.
const TABLE: &str = "
user-partner  none             401 user     token_not_present
user-partner  garbage          401 user     token_malformed
user-partner  user-good        200 user     -
user-partner  user-expired     401 user     token_expired
user-partner  user-other       401 user     audience_not_allowed
user-partner  user-forged      401 user     signature_invalid
user-partner  user-stranger    401 user     issuer_not_allowed
user-partner  partner-good     200 partner  -
user-partner  partner-expired  401 partner  token_expired
user-partner  partner-other    401 partner  audience_not_allowed
user-partner  partner-forged   401 partner  signature_invalid
user-partner  partner-stranger 401 user     issuer_not_allowed
partner-user  none             401 partner  token_not_present
partner-user  garbage          401 partner  token_malformed
partner-user  user-good        200 user     -
partner-user  user-expired     401 user     token_expired
partner-user  user-other       401 user     audience_not_allowed
partner-user  user-forged      401 user     signature_invalid
partner-user  user-stranger    401 partner  issuer_not_allowed
partner-user  partner-good     200 partner  -
partner-user  partner-expired  401 partner  token_expired
partner-user  partner-other    401 partner  audience_not_allowed
partner-user  partner-forged   401 partner  signature_invalid
strict-user   none             401 strict   token_not_present
strict-user   garbage          401 strict   token_malformed
strict-user   user-good        200 user     -
strict-user   user-write       200 strict   -
strict-user   user-expired     401 strict   token_expired
strict-user   user-other       401 strict   audience_not_allowed
strict-user   user-forged      401 strict   signature_invalid
strict-user   partner-good     401 strict   issuer_not_allowed
user-other    none             401 user     token_not_present
user-other    user-good        200 user     -
user-other    user-other       200 other    -
user-other    user-third       401 user     audience_not_allowed
user-other    user-expired     401 user     token_expired
user-other    user-forged      401 user     signature_invalid
user-other    partner-good     401 user     issuer_not_allowed
user-guest    none             200 -        -
user-guest    basic            200 -        -
user-guest    garbage          401 user     token_malformed
user-guest    user-good        200 user     -
user-guest    user-expired     401 user     token_expired
user-guest    user-forged      401 user     signature_invalid
user-guest    partner-good     200 guest    -
user-guest    partner-expired  401 guest    token_expired
user-guest    partner-other    401 guest    audience_not_allowed
user-guest    partner-forged   401 guest    signature_invalid
user-cookie   none             401 user     token_not_present
user-cookie   user-good        200 user     -
user-cookie   user-expired     401 user     token_expired
user-cookie   partner-good     401 user     issuer_not_allowed
user-cookie   cookie-good      200 cookie   -
user-cookie   cookie-expired   401 cookie   token_expired
user-cookie   two              200 user     -
build-strict  none             401 build    token_not_present
build-strict  partner-good     401 build    claim_not_found
build-strict  partner-main     200 build    -
build-strict  partner-branch   401 build    claim_value_not_allowed
build-strict  partner-expired  401 build    token_expired
build-strict  user-good        403 strict   insufficient_scope
build-strict  user-write       200 strict   -
build-strict  user-expired     401 strict   token_expired
trial-user    none             401 trial    token_not_present
trial-user    garbage          401 trial    token_malformed
trial-user    partner-good     200 trial    -
trial-user    partner-expired  401 trial    token_expired
trial-user    user-good        200 user     -
trial-user    user-expired     401 user     token_expired
trials        none             200 -        -
trials        garbage          200 -        -
trials        partner-expired  200 -        -
trials        partner-good     200 trial    -
trials        user-good        200 trial2   -
all           none             401 strict   token_not_present
all           user-good        200 user     -
all           user-write       200 strict   -
all           user-other       200 other    -
all           user-third       401 strict   audience_not_allowed
all           partner-good     200 partner  -
all           partner-main     200 build    -
all           partner-expired  401 build    token_expired
all           cookie-good      200 cookie   -
all           user-stranger    401 strict   issuer_not_allowed
";

#[tokio::test]
async fn of_several_policies_the_first_that_accepts_decides_and_else_the_one_that_came_furthest()
-> Result<(), Error> {
    let world = World::start(IdentityProvider::start()?).await?;
    let rows: Vec<Vec<&str>> = TABLE
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|row: &Vec<_>| !row.is_empty())
        .collect();
    assert!(rows.len() >= 60);
    let mut wrong = Vec::new();
    for row in &rows {
        let [rule, token, status, policy, reason] = row[..] else { panic!("{row:?}") };
        let found = world.outcome(&format!("/{rule}"), token).await?;
        let expected = format!("{status} {policy} {reason}");
        if found != expected {
            wrong.push(format!("{rule} {token}: expected {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let counted = |name: &str| format!("wasmcustom.validate_jwt.{name}");
    let of = |rule: &str, status: &str, policy: &str| {
        let counts = |row: &&Vec<&str>| row[0].contains(rule) && row[2] == status && row[3] == policy;
        rows.iter().filter(counts).count() as u64
    };
    let stats = &world.lab.envoy;
    assert_eq!(stats.stat(&counted("guest.anonymous")).await?, of("user-guest", "200", "-"));
    assert_eq!(stats.stat(&counted("partner.allowed")).await?, of("", "200", "partner"));
    assert_eq!(stats.stat(&counted("trial.would_reject.token_malformed")).await?, 1);
    for line in [
        "/user-guest anonymous guest",
        "/user-guest allowed guest",
        "/all allowed build",
        "/trials would_reject trial",
    ] {
        world.lab.envoy.wait_for_access_log("main", &format!("{line}\n")).await?;
    }
    world.lab.assert_alive().await
}

#[tokio::test]
async fn while_one_provider_is_down_neither_a_good_nor_a_bad_token_of_the_other_waits_for_it()
-> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    idp.set_fault(&paths::discovery_v2(CONTOSO), Fault::Status(503));
    let world = World::start(idp).await?;
    for (token, expected) in [
        ("partner-good", "200 partner -"),
        ("partner-expired", "401 partner token_expired"),
        ("partner-other", "401 partner audience_not_allowed"),
        ("partner-forged", "401 partner signature_invalid"),
        ("user-expired", "401 user token_expired"),
        ("garbage", "401 user token_malformed"),
        ("none", "401 user token_not_present"),
    ] {
        assert_eq!(world.outcome("/user-partner", token).await?, expected, "{token}");
    }
    // A good token of the tenant's is worth the wait: it is held until the tenant's keys are there.
    let waiting = world.outcome("/user-partner", "user-good");
    let mended = async {
        world.lab.idp.wait_for_requests(&paths::discovery_v2(CONTOSO), 2).await?;
        world.lab.idp.clear_faults();
        Ok::<_, Error>(())
    };
    let (verdict, mended) = tokio::join!(waiting, mended);
    mended?;
    assert_eq!(verdict?, "200 user -");
    world.lab.assert_alive().await
}
