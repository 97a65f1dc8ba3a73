//! The documents that stand in for providers, and whose each of them is.

use std::fmt;

use validate_jwt::config::Config;
use validate_jwt::keys::{FetchStep, ProviderDocument, ProviderMetadata, ProviderSettings, Response};
use validate_jwt::token::{IssuerPattern, KeySet, SkippedKeys};

/// What a provider would send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderDocuments {
    /// Its discovery document. Where it is not given and the configuration has the issuer, the key set is enough.
    pub discovery: Option<Vec<u8>>,
    /// Its key set.
    pub keys: Option<Vec<u8>>,
}

/// The two documents of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// The discovery document.
    Discovery,
    /// The key set.
    Keys,
}

/// A document, as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Which one it is.
    pub kind: DocumentKind,
    /// The name of its provider, where it is said.
    pub provider: Option<String>,
    /// Where it was read.
    pub file: String,
    /// The document.
    pub content: Vec<u8>,
}

/// A provider of the configuration with its documents.
pub(super) struct Provider<'a> {
    pub(super) settings: ProviderSettings,
    documents: Option<&'a ProviderDocuments>,
    document_bytes: usize,
    most_keys: usize,
}

/// Every provider of a configuration, with the documents that are there for it.
pub(super) fn with_settings<'a>(config: &Config, documents: &'a [ProviderDocuments]) -> Vec<Provider<'a>> {
    let provider = |(at, settings): (usize, &ProviderSettings)| Provider {
        settings: settings.clone(),
        documents: documents.get(at),
        document_bytes: config.limits.document_bytes,
        most_keys: config.limits.keys,
    };
    config.providers.iter().enumerate().map(provider).collect()
}

impl Provider<'_> {
    /// What the provider answers.
    pub(super) fn response(&self, step: FetchStep) -> Response {
        let body = match step {
            FetchStep::Metadata => self.discovery().or_else(|| self.made_up()),
            FetchStep::Keys => self.keys().map(<[u8]>::to_vec),
        };
        match body {
            Some(body) if body.len() > self.document_bytes => Response::TooLarge,
            Some(body) => Response::Answered { status: 200, body },
            None => Response::Lost,
        }
    }

    fn discovery(&self) -> Option<Vec<u8>> {
        self.documents?.discovery.clone()
    }

    fn keys(&self) -> Option<&[u8]> {
        self.documents?.keys.as_deref()
    }

    /// The discovery document that a key set alone implies, where the issuer is configured.
    fn made_up(&self) -> Option<Vec<u8>> {
        let (issuer, _) = (self.settings.pinned()?, self.keys()?);
        let jwks_uri = self.settings.document.url().to_string();
        Some(serde_json::json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string().into_bytes())
    }

    /// The document for want of which the provider has no keys.
    pub(super) fn missing(&self) -> Option<DocumentKind> {
        if self.keys().is_none() {
            return Some(DocumentKind::Keys);
        }
        let is_there = self.settings.pinned().is_some() || self.discovery().is_some();
        (!is_there).then_some(DocumentKind::Discovery)
    }

    /// The keys that are not used, if there are any.
    pub(super) fn skipped(&self) -> Option<SkippedKeys> {
        let read = KeySet::from_jwks_document(self.keys()?, self.most_keys).ok()?;
        (read.skipped.total() > 0).then_some(read.skipped)
    }
}

/// Why a document belongs to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentError {
    /// The configuration fetches nothing.
    NoProvider(DocumentKind),
    /// There is no provider of this name.
    UnknownProvider {
        /// Which document.
        kind: DocumentKind,
        /// The name that was given.
        found: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// Several providers could have sent it.
    Ambiguous {
        /// Which document.
        kind: DocumentKind,
        /// Where it was read.
        file: String,
        /// Their names.
        candidates: Vec<String>,
    },
    /// A provider has one already.
    Twice {
        /// Which document.
        kind: DocumentKind,
        /// The provider.
        provider: String,
    },
    /// A provider without discovery.
    NoDiscovery(String),
}

impl fmt::Display for DocumentKind {
    /// The option that gives it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "--discovery",
            Self::Keys => "--jwks",
        })
    }
}

impl fmt::Display for AssignmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProvider(kind) => {
                write!(f, "{kind}: the configuration has no provider, found a document for one")
            }
            Self::UnknownProvider { kind, found, known } => write!(
                f,
                "{kind}: expected one of the providers {} before \"=\", found {found:?}",
                known.join(", ")
            ),
            Self::Ambiguous { kind, file, candidates } => write!(
                f,
                "{kind}: expected PROVIDER={file}, since any of the providers {} could have sent it",
                candidates.join(", ")
            ),
            Self::Twice { kind, provider } => write!(f, "{kind}: the provider {provider} has one already"),
            Self::NoDiscovery(provider) => {
                write!(f, "--discovery: the provider {provider} is configured by jwks_uri and has none")
            }
        }
    }
}

/// Gives every document to its provider: the one that is named, or the only one that could have sent it.
///
/// # Errors
///
/// [`AssignmentError`] for the first document that fits no provider, or several.
pub fn assign(config: &Config, documents: Vec<Document>) -> Result<Vec<ProviderDocuments>, AssignmentError> {
    let mut shelf = Shelf { config, given: vec![ProviderDocuments::default(); config.providers.len()] };
    let (named, unnamed): (Vec<_>, Vec<_>) = documents.into_iter().partition(|one| one.provider.is_some());
    for document in &named {
        shelf.put_named(document)?;
    }
    // Key sets tell less of whose they are: they come last. Each that finds its place leaves fewer for the others.
    let (discovery, keys): (Vec<_>, Vec<_>) =
        unnamed.into_iter().partition(|one| one.kind == DocumentKind::Discovery);
    for mut waiting in [discovery, keys] {
        while let Some(document) = waiting.pop() {
            let candidates = shelf.candidates(&document);
            if shelf.is_one_source(&candidates) {
                shelf.put(&candidates, &document);
                continue;
            }
            let next = waiting.iter().position(|other| shelf.is_one_source(&shelf.candidates(other)));
            match next {
                Some(at) => {
                    let other = waiting.remove(at);
                    shelf.put(&shelf.candidates(&other), &other);
                    waiting.push(document);
                }
                None => return Err(shelf.undecided(document, &candidates)),
            }
        }
    }
    Ok(shelf.given)
}

struct Shelf<'a> {
    config: &'a Config,
    given: Vec<ProviderDocuments>,
}

impl Shelf<'_> {
    fn put_named(&mut self, document: &Document) -> Result<(), AssignmentError> {
        let (kind, found) = (document.kind, document.provider.clone().unwrap_or_default());
        if self.config.providers.is_empty() {
            return Err(AssignmentError::NoProvider(kind));
        }
        let Some(at) = self.config.providers.iter().position(|one| one.name == found) else {
            let known = self.names(0..self.config.providers.len());
            return Err(AssignmentError::UnknownProvider { kind, found, known });
        };
        if self.has(at, kind) {
            return Err(AssignmentError::Twice { kind, provider: found });
        }
        if kind == DocumentKind::Discovery && !self.discovers(at) {
            return Err(AssignmentError::NoDiscovery(found));
        }
        self.put(&[at], document);
        Ok(())
    }

    fn put(&mut self, providers: &[usize], document: &Document) {
        for at in providers {
            if let Some(slot) = self.given.get_mut(*at) {
                match document.kind {
                    DocumentKind::Discovery => slot.discovery = Some(document.content.clone()),
                    DocumentKind::Keys => slot.keys = Some(document.content.clone()),
                }
            }
        }
    }

    /// The providers that have no such document yet and could have sent this one.
    fn candidates(&self, document: &Document) -> Vec<usize> {
        let all = 0..self.config.providers.len();
        match document.kind {
            DocumentKind::Discovery => {
                let open = all.filter(|at| self.discovers(*at) && !self.has(*at, DocumentKind::Discovery));
                let open: Vec<usize> = open.collect();
                let names = |at: &usize| self.fit(*at, &document.content);
                first_of_some([
                    open.iter().copied().filter(|at| names(at) == Fit::Surely).collect(),
                    open.iter().copied().filter(|at| names(at) != Fit::No).collect(),
                    open,
                ])
            }
            DocumentKind::Keys => {
                let open: Vec<usize> = all.filter(|at| !self.has(*at, DocumentKind::Keys)).collect();
                let issuers = issuers_of_keys(&document.content, self.config.limits.keys);
                let is_named = |at: &usize| {
                    self.issuer(*at).is_some_and(|own| issuers.iter().any(|issuer| issuer.overlaps(&own)))
                };
                first_of_some([
                    open.iter().copied().filter(is_named).collect(),
                    open.iter().copied().filter(|at| self.issuer(*at).is_some()).collect(),
                    open,
                ])
            }
        }
    }

    /// How well a discovery document fits a provider.
    fn fit(&self, at: usize, document: &[u8]) -> Fit {
        let Some(settings) = self.config.providers.get(at) else { return Fit::No };
        let Ok(metadata) = ProviderMetadata::parse(document, settings) else { return Fit::No };
        let expected = settings.expected_issuer();
        // An issuer may end in a slash, which its document's URL has once.
        let is_expected =
            expected.is_some_and(|one| one.trim_end_matches('/') == metadata.stated.trim_end_matches('/'));
        if is_expected || settings.pinned().is_some() { Fit::Surely } else { Fit::Perhaps }
    }

    /// A provider's issuer, as far as it is known.
    fn issuer(&self, at: usize) -> Option<IssuerPattern> {
        let settings = self.config.providers.get(at)?;
        let stated = || {
            let document = self.given.get(at)?.discovery.as_deref()?;
            Some(ProviderMetadata::parse(document, settings).ok()?.issuer)
        };
        settings.pinned().map(str::to_owned).or_else(stated).map(|issuer| IssuerPattern::parse(&issuer))
    }

    fn has(&self, at: usize, kind: DocumentKind) -> bool {
        self.given.get(at).is_some_and(|given| match kind {
            DocumentKind::Discovery => given.discovery.is_some(),
            DocumentKind::Keys => given.keys.is_some(),
        })
    }

    fn discovers(&self, at: usize) -> bool {
        let settings = self.config.providers.get(at);
        settings.is_some_and(|one| matches!(one.document, ProviderDocument::Discovery { .. }))
    }

    /// Whether they are one place: policies may name it with other settings each.
    fn is_one_source(&self, providers: &[usize]) -> bool {
        let mut urls =
            providers.iter().filter_map(|at| self.config.providers.get(*at)).map(|one| one.document.url());
        urls.next().is_some_and(|first| urls.all(|url| url == first))
    }

    fn undecided(&self, document: Document, candidates: &[usize]) -> AssignmentError {
        let Document { kind, file, .. } = document;
        match (candidates, self.config.providers.as_slice()) {
            (_, []) => AssignmentError::NoProvider(kind),
            ([], [one]) if self.has(0, kind) => AssignmentError::Twice { kind, provider: one.name.clone() },
            ([], [one]) => AssignmentError::NoDiscovery(one.name.clone()),
            ([], all) => AssignmentError::Ambiguous { kind, file, candidates: self.names(0..all.len()) },
            (some, _) => {
                AssignmentError::Ambiguous { kind, file, candidates: self.names(some.iter().copied()) }
            }
        }
    }

    fn names(&self, providers: impl IntoIterator<Item = usize>) -> Vec<String> {
        let providers = providers.into_iter().filter_map(|at| self.config.providers.get(at));
        providers.map(|one| one.name.clone()).collect()
    }
}

/// How well a document fits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Surely,
    Perhaps,
    No,
}

/// The first list that holds anything.
fn first_of_some(lists: [Vec<usize>; 3]) -> Vec<usize> {
    lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default()
}

/// The issuers that the keys of a set name themselves, as Entra's do.
fn issuers_of_keys(document: &[u8], most: usize) -> Vec<IssuerPattern> {
    let read = KeySet::from_jwks_document(document, most);
    let keys = read.map(|read| read.keys).unwrap_or_default();
    keys.iter().filter_map(|one| one.key.issuer()).cloned().collect()
}
