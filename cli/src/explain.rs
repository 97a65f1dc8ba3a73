//! `explain`: the filter's own verdict on a token, without a proxy and without a network.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::SystemTime;

use validate_jwt::config::Config;
use validate_jwt::gate::{
    Answer, BoundScheme, Circumstances, HeaderRemoval, Outcome, OwnProofs, Policy, Rejection, Request,
    RouteChoice, Scheme, TokenPlace, Verdict,
};
use validate_jwt::keys::{
    Keyring, ProviderDocument, ProviderId, ProviderMetadata, ProviderSettings, ProviderView, Url,
};
use validate_jwt::time::UnixTime;
use validate_jwt::token::{IssuerPattern, KeySet, SandboxEngine};

use crate::failure::Failure;
use crate::{input, output};

/// Say what the filter would do with a token, and why.
///
/// Nothing is fetched: the provider's documents come from the files.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The configuration, in JSON or in XML.
    #[arg(long, value_name = "FILE")]
    config: String,
    /// The token; - stands for standard input.
    #[arg(long, value_name = "FILE")]
    token: String,
    /// The provider's key set.
    #[arg(long, value_name = "FILE")]
    jwks: Option<String>,
    /// The provider's discovery document.
    #[arg(long, value_name = "FILE")]
    discovery: Option<String>,
    /// The time, in seconds since 1970, instead of the system's.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    now: Option<UnixTime>,
    /// The policy, instead of the one that the rules choose.
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// The request's method.
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// The request's path.
    #[arg(long, value_name = "PATH", default_value = "/", conflicts_with = "url")]
    path: String,
    /// The request's scheme, host and path.
    #[arg(long, value_name = "URL", value_parser = url)]
    url: Option<Url>,
    /// The DPoP proof that comes with the token.
    #[arg(long, value_name = "FILE")]
    proof: Option<String>,
}

fn seconds(written: &str) -> Result<UnixTime, String> {
    let seconds = written.parse().map_err(|_| "expected whole seconds since 1970".to_owned())?;
    Ok(UnixTime::from_seconds(seconds))
}

fn url(written: &str) -> Result<Url, String> {
    Url::parse(written).map_err(|_| "expected an https:// or http:// URL".to_owned())
}

impl Explain {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let config = input::configuration(&self.config)?.config()?;
        let (text, allowed) = verdict(config, self)?;
        let code = output::print(&text)?;
        Ok(if allowed { code } else { ExitCode::FAILURE })
    }
}

/// What would happen, in words, and whether the request would go on.
fn verdict(config: Config, given: &Explain) -> Result<(String, bool), Failure> {
    let token = String::from_utf8(input::read(&given.token)?).map_err(|_| Failure::Token)?;
    let mut text = String::new();
    let keyring = keyring(&config, given, &mut text)?;
    let address = Address::of(given);
    let proof = given.proof.as_deref().map(input::read).transpose()?;
    let sent =
        Sent { token: token.trim(), proof: proof.as_deref().map(<[u8]>::trim_ascii), address: &address };
    let request = request(&config.policies, &sent, given);
    let gate = validate_jwt::setup(config).gate;
    let circumstances = Circumstances {
        keyring: &keyring,
        engine: &SandboxEngine,
        now: now(given),
        certificate: &|| None,
        removal: HeaderRemoval::Works,
        proofs: &OwnProofs::default(),
    };
    let allowed = match gate.admit(&request, &circumstances).settle(circumstances.keyring, circumstances.now)
    {
        Verdict::Forward(admission) => {
            let policy = admission.policy().unwrap_or("-");
            match admission.outcome() {
                Outcome::Allowed => push(&mut text, &format!("allowed by policy {policy}")),
                Outcome::Anonymous => push(&mut text, &format!("allowed without a token by policy {policy}")),
                Outcome::Exempt => push(&mut text, "allowed without a token, by a rule"),
                Outcome::WouldRefuse(reason) => {
                    push(
                        &mut text,
                        &format!("would be refused: {} (policy {policy} only reports)", reason.code()),
                    );
                }
            }
            if let Some(refusal) = admission.refusal() {
                causes(refusal, &mut text);
            }
            true
        }
        Verdict::Serve(served) => {
            push(&mut text, "answered with the protected resource metadata, without a token");
            push(&mut text, &String::from_utf8_lossy(&served.answer.body));
            true
        }
        Verdict::Refuse(rejection) => {
            refusal(&rejection, &mut text);
            false
        }
    };
    Ok((text, allowed))
}

fn refusal(rejection: &Rejection, text: &mut String) {
    let answer = Answer::to(rejection, b"GET");
    let policy = rejection.policy.as_deref().unwrap_or("-");
    push(text, &format!("refused: {} (status {}, policy {policy})", rejection.reason.code(), answer.status));
    causes(rejection, text);
}

/// What is known of a refusal beside its reason.
fn causes(rejection: &Rejection, text: &mut String) {
    push(text, &format!("  {}", rejection.reason.description()));
    if let Some(diagnosis) = rejection.diagnosis {
        push(text, &format!("  {}", diagnosis.advice()));
    }
    if let Some(stake) = &rejection.subject.stake {
        push(text, &format!("  {}", stake.text()));
        if let Some(advice) = stake.advice() {
            push(text, &format!("  {advice}"));
        }
    }
    for (name, value) in [("kid", &rejection.subject.key_id), ("iss", &rejection.subject.issuer)] {
        if let Some(value) = value {
            push(text, &format!("  {name}: {value}"));
        }
    }
}

/// Issuers and keys as the files give them. A document that is not this provider's leaves it without keys.
fn keyring(config: &Config, given: &Explain, text: &mut String) -> Result<Keyring, Failure> {
    let mut keyring = Keyring::new(config.providers.len());
    let discovery = given.discovery.as_deref().map(input::read).transpose()?;
    let keys = match &given.jwks {
        Some(file) => {
            let document = KeySet::from_jwks_document(&input::read(file)?, config.limits.keys)
                .map_err(|error| Failure::KeySet(file.clone(), error))?;
            if document.skipped.total() > 0 {
                push(
                    text,
                    &format!("note: {} of the keys not used: {}", document.skipped.total(), document.skipped),
                );
            }
            Some(Rc::new(document.key_set))
        }
        None => None,
    };
    for (index, settings) in config.providers.iter().enumerate() {
        match issuer(settings, discovery.as_deref()) {
            Ok(issuer) => keyring.install(
                ProviderId(index),
                ProviderView {
                    issuer: Some(IssuerPattern::parse(&issuer)),
                    keys: keys.clone(),
                    serves_until: UnixTime::MAX,
                    next_attempt: UnixTime::MAX,
                },
            ),
            Err(why) => push(text, &format!("note: provider {} has no keys: {why}", settings.name)),
        }
    }
    Ok(keyring)
}

fn issuer(settings: &ProviderSettings, discovery: Option<&[u8]>) -> Result<String, String> {
    if let Some(metadata) = ProviderMetadata::configured(settings) {
        return Ok(metadata.issuer);
    }
    match (discovery, &settings.document) {
        (Some(document), _) => match ProviderMetadata::parse(document, settings) {
            Ok(metadata) => Ok(metadata.issuer),
            Err(error) => Err(format!("the discovery document is not for it ({error:?})")),
        },
        (None, ProviderDocument::Discovery { issuer: Some(issuer), .. }) => Ok(issuer.clone()),
        (None, _) => Err("its issuer is in its discovery document; give it with --discovery".to_owned()),
    }
}

/// What a request is sent to.
struct Address {
    scheme: String,
    host: String,
    path: String,
}

impl Address {
    fn of(given: &Explain) -> Self {
        let (scheme, host, path) = match &given.url {
            None => ("https", "localhost", given.path.as_str()),
            Some(url) => (url.scheme().as_str(), url.authority(), url.path()),
        };
        Self { scheme: scheme.to_owned(), host: host.to_owned(), path: path.to_owned() }
    }
}

/// What is sent.
struct Sent<'a> {
    token: &'a str,
    proof: Option<&'a [u8]>,
    address: &'a Address,
}

/// A request that carries the token wherever a policy looks for it.
fn request(policies: &[Policy], sent: &Sent<'_>, given: &Explain) -> Request {
    let token = sent.token;
    let named = |policy: &&Policy| given.policy.as_deref().is_none_or(|name| name == &*policy.name);
    let mut target = sent.address.path.clone();
    let mut headers: Vec<(String, String)> = Vec::new();
    let requirements = policies.iter().filter(named).flat_map(Policy::requirements);
    for place in requirements.flat_map(|requirement| requirement.places.iter()) {
        let (name, value) = match place {
            TokenPlace::Header { name, schemes } => {
                let scheme = match &schemes.ordinary {
                    _ if sent.proof.is_some() && schemes.bound.contains(&BoundScheme::Dpop) => {
                        "DPoP ".to_owned()
                    }
                    Scheme::BearerOptional => "Bearer ".to_owned(),
                    Scheme::Required(scheme) => format!("{scheme} "),
                    Scheme::Forbidden => String::new(),
                };
                (name.as_str().to_owned(), format!("{scheme}{token}"))
            }
            TokenPlace::Cookie(name) => ("cookie".to_owned(), format!("{name}={token}")),
            TokenPlace::Query(name) => {
                let name = name.bytes().fold(String::new(), |mut name, byte| {
                    let _ = write!(name, "%{byte:02X}");
                    name
                });
                if !target.contains(&name) {
                    let separator = if target.contains('?') { '&' } else { '?' };
                    let _ = write!(target, "{separator}{name}={token}");
                }
                continue;
            }
        };
        if !headers.iter().any(|(known, _)| *known == name) {
            headers.push((name, value));
        }
    }
    let Address { scheme, host, .. } = sent.address;
    let fixed = [(":method", &*given.method), (":path", &*target), (":authority", host), (":scheme", scheme)];
    let written = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let pairs = fixed.into_iter().chain(written).map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let proof = sent.proof.map(|proof| (&b"dpop"[..], proof));
    let mut request = Request::from_pairs(pairs.chain(proof));
    if let Some(name) = &given.policy {
        request.route = RouteChoice::Named(name.as_bytes().to_vec());
    }
    request
}

fn now(given: &Explain) -> UnixTime {
    given.now.unwrap_or_else(|| {
        let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixTime::EPOCH + elapsed
    })
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
