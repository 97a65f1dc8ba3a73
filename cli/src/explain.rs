//! `explain`: the filter's own verdict on a request, without a proxy and without a network, and why.

mod account;
mod at_stake;
mod remedy;
pub(crate) mod sent;

use std::process::ExitCode;

use validate_jwt::gate::CertificateDigest;
use validate_jwt::keys::Url;
use validate_jwt::time::UnixTime;

use crate::evaluation::{self, Asked, Document, DocumentKind, Header, Question};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::{clock, input};
pub(crate) use account::Account;
use sent::Source;

/// Say what the filter would do with a token, and why.
///
/// Nothing is fetched: the providers' documents come from the files.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: String,
    /// The token; - stands for standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "headers")]
    token: Option<String>,
    /// A provider's discovery document; its name where there are several and the document does not tell.
    #[arg(long, value_name = "[PROVIDER=]FILE", value_parser = sent::source)]
    discovery: Vec<Source>,
    /// A provider's key set.
    #[arg(long, value_name = "[PROVIDER=]FILE", value_parser = sent::source)]
    jwks: Vec<Source>,
    /// The time, in seconds since 1970, instead of the system's.
    #[arg(long, value_name = "SECONDS", value_parser = sent::seconds, allow_negative_numbers = true)]
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
    /// The request's host.
    #[arg(long, value_name = "HOST", default_value = "localhost", conflicts_with = "url")]
    host: String,
    /// The request's scheme, host and path.
    #[arg(long, value_name = "URL", value_parser = sent::url)]
    url: Option<Url>,
    /// A further header of the request.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = sent::header)]
    headers: Vec<Header>,
    /// The DPoP proof that comes with the token.
    #[arg(long, value_name = "FILE")]
    proof: Option<String>,
    /// SHA-256 of the client's certificate: 64 hexadecimal digits, or base64url as in `x5t#S256`.
    #[arg(long, value_name = "DIGEST", value_parser = sent::digest)]
    certificate: Option<CertificateDigest>,
    /// How the answer is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let config = input::configuration(&self.config)?.config()?;
        let documents = evaluation::assign(&config, self.documents()?).map_err(Failure::Document)?;
        let asked = self.asked()?;
        let now = self.now.unwrap_or_else(clock::now);
        let question = Question { documents: &documents, certificate: self.certificate, now };
        let evaluation = evaluation::evaluate(config, &asked, question);
        let account = Account::of(&evaluation, &asked, now);
        match self.format {
            Format::Text => output::print(&account.text())?,
            Format::Json => output::print_json(&account.json())?,
        };
        Ok(if account.goes_on() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn documents(&self) -> Result<Vec<Document>, Failure> {
        let discovery = self.discovery.iter().map(|source| (DocumentKind::Discovery, source));
        let all = discovery.chain(self.jwks.iter().map(|source| (DocumentKind::Keys, source)));
        let read = |(kind, source): (DocumentKind, &Source)| {
            let Source { provider, file } = source.clone();
            Ok(Document { kind, provider, content: input::read(&file)?, file })
        };
        all.map(read).collect()
    }

    fn asked(&self) -> Result<Asked, Failure> {
        let proof = self.proof.as_deref().map(input::read).transpose()?;
        let plain = || Asked { host: self.host.clone(), path: self.path.clone(), ..Asked::default() };
        Ok(Asked {
            method: self.method.clone(),
            headers: self.headers.clone(),
            route: self.policy.clone(),
            token: self.token.as_deref().map(sent::token).transpose()?,
            proof: proof.map(|proof| proof.trim_ascii().to_vec()),
            ..self.url.as_ref().map_or_else(plain, Asked::at)
        })
    }
}
