//! One test: its request made and judged.

use std::collections::BTreeMap;

use validate_jwt::gate::HeaderName;
use validate_jwt::keys::Url;
use validate_jwt::time::UnixTime;

use super::difference::{self, Difference};
use super::file::{Mint, Texts, WrittenRequest, WrittenTest, WrittenToken};
use super::key::TestKey;
use super::mint;
use super::provider::TestProvider;
use super::subject::Subject;
use super::wrong::Wrong;
use crate::clock;
use crate::evaluation::{Asked, Header, ProviderDocuments, Question, evaluate};
use crate::explain::{Account, sent};

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// What was found otherwise than expected; nothing where it passed.
    pub differences: Vec<Difference>,
    /// What lies behind the verdict that was found.
    pub why: Vec<String>,
}

/// Runs a test.
pub(super) fn run(
    test: WrittenTest,
    defaults: &WrittenRequest,
    subject: &Subject,
) -> Result<CaseReport, Wrong> {
    let WrittenTest { name, request, after, missing, expect } = test;
    if [&request, defaults]
        .into_iter()
        .any(|one| one.url.is_some() && (one.host.is_some() || one.path.is_some()))
    {
        return Err(Wrong::UrlBesidePath);
    }
    let request = request.over(defaults);
    let certificate =
        request.certificate.as_deref().map(sent::digest).transpose().map_err(Wrong::Certificate)?;
    let later = subject.now.saturating_add(after);
    if !(0..=clock::LATEST).contains(&later) {
        return Err(Wrong::Time(later));
    }
    let asked = asked(request, subject, later)?;
    let documents = documents(subject, &missing)?;
    let now = UnixTime::from_seconds(later);
    let question = Question { documents: &documents, certificate, now };
    let evaluation = evaluate(subject.config()?, &asked, question);
    let differences = difference::between(&expect.0, &evaluation, &asked.method);
    let why = || Account::of(&evaluation, &asked, now).why();
    let why = if differences.is_empty() { Vec::new() } else { why() };
    Ok(CaseReport { name, differences, why })
}

fn documents(subject: &Subject, missing: &[String]) -> Result<Vec<ProviderDocuments>, Wrong> {
    for name in missing {
        subject.provider(name, "missing")?;
    }
    let of = |provider: &TestProvider| {
        if missing.contains(&provider.name) { ProviderDocuments::default() } else { provider.documents() }
    };
    Ok(subject.providers.iter().map(of).collect())
}

fn asked(request: WrittenRequest, subject: &Subject, later: i64) -> Result<Asked, Wrong> {
    let WrittenRequest { method, url, host, path, headers, route, token, proof, .. } = request;
    let plain = Asked::default();
    let mut asked = Asked { method: method.unwrap_or(plain.method), route, ..plain };
    if let Some(written) = url {
        let url = Url::parse(&written).map_err(|_| Wrong::Url(written))?;
        url.scheme().as_str().clone_into(&mut asked.scheme);
        url.authority().clone_into(&mut asked.host);
        url.path().clone_into(&mut asked.path);
    } else {
        asked.host = host.unwrap_or(asked.host);
        asked.path = path.unwrap_or(asked.path);
    }
    let holder = match &proof {
        Some(_) => Some(TestKey::ecdsa("holder").ok_or(Wrong::NoRandomNumbers)?),
        None => None,
    };
    let token = match token {
        None | Some(WrittenToken::Absent) => None,
        Some(WrittenToken::Text(text)) => Some(text),
        Some(WrittenToken::Minted(minted)) => {
            let provider = provider_of(&minted, subject)?;
            Some(mint::token(&minted, provider, subject.now, holder.as_ref().map(TestKey::thumbprint))?)
        }
    };
    if let (Some(written), Some(holder)) = (&proof, &holder) {
        let token = token.as_deref().ok_or(Wrong::ProofAlone)?;
        asked.proof = Some(mint::proof(written, holder, &asked, token, later)?.into_bytes());
    }
    let token = token.unwrap_or_default();
    asked.headers = sent_headers(&headers, &token)?;
    let placed = asked.path.contains(MARK)
        || headers.values().flat_map(|texts| &texts.0).any(|text| text.contains(MARK));
    asked.path = asked.path.replace(MARK, &token);
    asked.token = Some(token).filter(|token| !token.is_empty() && !placed);
    Ok(asked)
}

fn provider_of<'a>(mint: &Mint, subject: &'a Subject) -> Result<&'a TestProvider, Wrong> {
    match (&mint.provider, subject.providers.as_slice()) {
        (Some(name), _) => subject.provider(name, "token.provider"),
        (None, [only]) => Ok(only),
        (None, []) => Err(Wrong::NoProvider),
        (None, several) => {
            Err(Wrong::SeveralProviders(several.iter().map(|provider| provider.name.clone()).collect()))
        }
    }
}

fn sent_headers(headers: &BTreeMap<String, Texts>, token: &str) -> Result<Vec<Header>, Wrong> {
    let mut sent = Vec::new();
    for (name, values) in headers {
        // The spelling stays: what a client may not bring is known in any.
        HeaderName::parse(name).map_err(|_| Wrong::HeaderName(name.clone()))?;
        sent.extend(values.0.iter().map(|value| (name.clone(), value.replace(MARK, token).into_bytes())));
    }
    Ok(sent)
}

/// Stands for the token in a header or in the path.
const MARK: &str = "{token}";
