//! A gate with keys at hand, and one line per verdict.

use std::rc::Rc;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::gate::{
    Admission, Answer, Circumstances, Decision, Demand, Detail, Fate, Gate, HeaderRemoval, Outcome,
    OwnProofs, Pending, Reason, Rejection, Request, Verdict,
};
use validate_jwt::keys::{Keyring, ProviderId, ProviderView};
use validate_jwt::time::UnixTime;
use validate_jwt::token::{IssuerPattern, KeySet, SandboxEngine, base64url};
use validate_jwt_cli::evaluation::{Note, ProviderDocuments, Question, evaluate_sent};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe, now};

pub(crate) const TENANT: &str = "3f2c1f55-1d7b-4d3a-9f39-2a6f0c1f7a11";
pub(crate) const OTHER_TENANT: &str = "b07a2c4e-90d1-4f7e-8c55-7d3e8f1a2b3c";
pub(crate) const AUDIENCE: &str = "7a0c1d2e-3f4a-5b6c-7d8e-9f0a1b2c3d4e";

/// A compiled gate, its keys and a clock.
pub(crate) struct Bench {
    pub(crate) gate: Gate,
    pub(crate) keyring: Keyring,
    pub(crate) now: UnixTime,
    pub(crate) certificate: Option<[u8; 32]>,
    pub(crate) proofs: OwnProofs,
    /// What is found out for the log.
    pub(crate) detail: Detail,
    configuration: String,
    pub(crate) documents: Vec<ProviderDocuments>,
    urls: Vec<String>,
}

impl Bench {
    /// Compiles a configuration, which must be a good one.
    #[track_caller]
    pub(crate) fn new(configuration: &Value) -> Self {
        Self::of_text(&configuration.to_string())
    }

    #[track_caller]
    pub(crate) fn of_text(configuration: &str) -> Self {
        let config = match Config::parse(configuration.as_bytes()) {
            Ok(config) => config,
            Err(problems) => {
                panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            }
        };
        let urls: Vec<String> = config.providers.iter().map(|one| one.document.url().to_string()).collect();
        let setup = validate_jwt::setup(config);
        Self {
            configuration: configuration.to_owned(),
            documents: vec![ProviderDocuments::default(); setup.providers.len()],
            urls,
            keyring: Keyring::new(setup.providers.len()),
            gate: setup.gate,
            // Tokens are minted after the bench, perhaps in a later second.
            now: UnixTime::from_seconds(now() + 5),
            certificate: None,
            proofs: OwnProofs::default(),
            detail: Detail::Cause,
        }
    }

    /// Gives a provider an issuer and the JWKS that it serves.
    pub(crate) fn provide(&mut self, provider: usize, issuer: &str, jwks: &[Value]) {
        self.install(provider, issuer, &json!({"keys": jwks}).to_string());
    }

    /// Gives the first provider an issuer and this JWKS, as text.
    pub(crate) fn provide_document(&mut self, issuer: &str, document: &str) {
        self.install(0, issuer, document);
    }

    fn install(&mut self, provider: usize, issuer: &str, document: &str) {
        let keys = KeySet::from_jwks_document(document.as_bytes(), 200).expect("usable keys").key_set;
        let view = ProviderView {
            issuer: Some(IssuerPattern::parse(issuer)),
            keys: Some(Rc::new(keys)),
            serves_until: UnixTime::MAX,
            next_attempt: UnixTime::MAX,
        };
        self.keyring.install(ProviderId(provider), view);
        let Some((documents, url)) = self.documents.get_mut(provider).zip(self.urls.get(provider)) else {
            return;
        };
        let discovery = json!({"issuer": issuer, "jwks_uri": url}).to_string();
        *documents = ProviderDocuments {
            discovery: Some(discovery.into_bytes()),
            keys: Some(document.as_bytes().to_vec()),
        };
    }

    pub(crate) fn decide(&self, request: &Request) -> Decision {
        let certificate = || self.certificate;
        self.gate.admit(
            request,
            &Circumstances {
                keyring: &self.keyring,
                engine: &SandboxEngine,
                now: self.now,
                certificate: &certificate,
                removal: HeaderRemoval::Works,
                proofs: &self.proofs,
                detail: self.detail,
            },
        )
    }

    /// The verdict on a request, in one word: `allowed`, `anonymous`, `exempt`, `would_reject …`, a reason, or `await`.
    #[track_caller]
    pub(crate) fn verdict(&self, request: &Request) -> String {
        let decision = self.decide(request);
        self.compare(request, &decision);
        match decision {
            Decision::Final(Verdict::Forward(admission)) => match admission.outcome() {
                Outcome::Allowed => "allowed".to_owned(),
                Outcome::Anonymous => "anonymous".to_owned(),
                Outcome::Exempt => "exempt".to_owned(),
                Outcome::WouldRefuse(reason) => format!("would_reject {}", reason.code()),
            },
            Decision::Final(Verdict::Refuse(rejection)) => rejection.reason.code().to_owned(),
            Decision::Final(Verdict::Serve(_)) => "served".to_owned(),
            Decision::Wait(_) => "await".to_owned(),
        }
    }

    /// Asserts that `explain` and `test`, which ask the filter core and give it these documents to fetch, have the same
    /// verdict: the same answer to the byte, or the same changes.
    #[track_caller]
    fn compare(&self, request: &Request, decision: &Decision) {
        let config = Config::parse(self.configuration.as_bytes()).expect("it was good before");
        let question = Question { documents: &self.documents, certificate: self.certificate, now: self.now };
        let evaluation = evaluate_sent(config, request.clone(), question);
        // A bench takes what a filter would not believe; and it remembers proofs, which a filter of one request cannot: under
        // a list of policies another one may then refuse for it.
        let is_unbelieved = evaluation.notes.iter().any(|note| matches!(note, Note::Unusable { .. }));
        let method = request.method();
        match (decision, &evaluation.verdict) {
            _ if is_unbelieved => {}
            (Decision::Final(Verdict::Refuse(bench)), _) if bench.reason == Reason::ProofInvalid => {}
            (Decision::Final(Verdict::Refuse(_)), Verdict::Forward(_))
                if request.headers().any(|(name, _)| name == b"dpop") => {}
            (Decision::Final(Verdict::Forward(bench)), Verdict::Forward(own)) => {
                assert_eq!(own.outcome(), bench.outcome());
                assert_eq!((own.policy(), own.edits()), (bench.policy(), bench.edits()));
                assert_eq!(own.published(), bench.published());
            }
            (Decision::Final(Verdict::Refuse(bench)), Verdict::Refuse(own)) => {
                assert_eq!((own.reason, &own.policy), (bench.reason, &bench.policy));
                // A nonce is made with a secret of each filter's own.
                if bench.reason != Reason::ProofNonceRequired {
                    assert_eq!(Answer::to(own, method), Answer::to(bench, method));
                }
            }
            (Decision::Final(Verdict::Serve(bench)), Verdict::Serve(own)) => {
                assert_eq!(own.answer, bench.answer);
            }
            // What waits is settled there: as it would be without keys, or as what is known already.
            (Decision::Wait(Pending { fallback: Verdict::Refuse(bench), .. }), Verdict::Refuse(own)) => {
                assert!([bench.reason, Reason::KeysUnavailable].contains(&own.reason), "{:?}", own.reason);
            }
            (Decision::Wait(Pending { fallback: Verdict::Forward(bench), .. }), Verdict::Forward(own)) => {
                assert_eq!(own.policy(), bench.policy());
            }
            (Decision::Wait(Pending { fallback: Verdict::Serve(_), .. }), Verdict::Serve(_)) => {}
            (decision, own) => panic!("the bench says {decision:?}, the filter core {own:?}"),
        }
    }

    /// The verdict on a bearer token when no further keys come: never `await`.
    pub(crate) fn settled(&self, token: &str) -> String {
        let certificate = || self.certificate;
        let circumstances = Circumstances {
            keyring: &self.keyring,
            engine: &SandboxEngine,
            now: self.now,
            certificate: &certificate,
            removal: HeaderRemoval::Works,
            proofs: &self.proofs,
            detail: self.detail,
        };
        match self.gate.admit(&bearer(token), &circumstances).settle(&self.keyring, self.now) {
            Verdict::Forward(_) => "allowed".to_owned(),
            Verdict::Refuse(rejection) => rejection.reason.code().to_owned(),
            Verdict::Serve(_) => "served".to_owned(),
        }
    }

    /// Which providers a bearer token waits for; none where it is decided at once.
    pub(crate) fn waits_for(&self, token: &str) -> Vec<usize> {
        match self.decide(&bearer(token)) {
            Decision::Wait(Pending { demand: Demand::Keys(keys), .. }) => {
                keys.providers.iter().map(|id| id.0).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The verdict on a bearer token.
    #[track_caller]
    pub(crate) fn on(&self, token: &str) -> String {
        self.verdict(&bearer(token))
    }

    #[track_caller]
    pub(crate) fn admission(&self, request: &Request) -> Admission {
        match self.decide(request) {
            Decision::Final(Verdict::Forward(admission)) => admission,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn rejection(&self, request: &Request) -> Rejection {
        match self.decide(request) {
            // One that waits: what it is if no other key comes.
            Decision::Final(Verdict::Refuse(rejection))
            | Decision::Wait(Pending { fallback: Verdict::Refuse(rejection), .. }) => *rejection,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn answer(&self, request: &Request) -> Rc<Answer> {
        Answer::to(&self.rejection(request), request.method())
    }
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bench")
    }
}

/// A request by its headers; `:method` and `:path` are there unless given.
pub(crate) fn request(headers: &[(&str, &str)]) -> Request {
    let has = |name: &str| headers.iter().any(|(given, _)| *given == name);
    let mut all = Vec::new();
    for (name, value) in [(":method", "GET"), (":path", "/"), (":authority", "api.example")] {
        if !has(name) {
            all.push((name, value));
        }
    }
    all.extend_from_slice(headers);
    Request::from_pairs(all.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}

/// A request with a bearer token.
pub(crate) fn bearer(token: &str) -> Request {
    request(&[("authorization", &format!("Bearer {token}"))])
}

/// `validate_jwt` with this key inline, good for every algorithm of its type, and more fields.
pub(crate) fn inline(key: &SigningKey, more: &Value) -> Value {
    let mut jwk = key.public_jwk();
    jwk.as_object_mut().and_then(|members| members.remove("alg"));
    let mut policy = json!({"issuer_signing_keys": [{"jwk": jwk}]});
    for (name, value) in more.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    json!({"validate_jwt": policy})
}

/// A token's recipe for inline keys: any issuer.
pub(crate) fn plain() -> TokenRecipe {
    TokenRecipe::plain("https://idp.example", AUDIENCE)
}

/// A token as the content of an encrypted one: `dir` and AES-256 in GCM.
pub(crate) fn encrypted(token: &str, secret: &[u8; 32], key_id: Option<&str>) -> String {
    let mut header = json!({"alg": "dir", "enc": "A256GCM", "cty": "JWT"});
    if let Some(key_id) = key_id {
        header["kid"] = json!(key_id);
    }
    let header = base64url::encode(header.to_string());
    let nonce = [9; 12];
    let mut content = token.as_bytes().to_vec();
    let tag = Aes256Gcm::new(&(*secret).into()).encrypt_inout_detached(
        &Nonce::from(nonce),
        header.as_bytes(),
        content.as_mut_slice().into(),
    );
    let tag = tag.expect("a short text can be encrypted");
    let [nonce, content, tag] = [nonce.to_vec(), content, tag.to_vec()].map(base64url::encode);
    format!("{header}..{nonce}.{content}.{tag}")
}

/// What the log says of a refusal.
pub(crate) fn line(rejection: &Rejection, fate: Fate) -> String {
    let mut line = String::new();
    rejection.tell(fate, &mut line);
    line
}
