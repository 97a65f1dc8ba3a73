//! What is compared: a filter, and what is sent to it.

use std::iter;

use validate_jwt_testbed::Error;
use validate_jwt_testbed::token::Algorithm;

/// A listener of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// No filter.
    None,
    /// A filter of the Rust SDK that does nothing, as Cargo builds it.
    EmptyOfSdk,
    /// The same, without the callbacks that it does not use: built as this filter is.
    EmptyLean,
    /// Envoy's `jwt_authn` with its default settings.
    Native,
    /// Envoy's `jwt_authn` with its token cache.
    NativeCached,
    /// This filter with its default settings.
    Ours,
    /// With `publish: false`.
    OursUnpublished,
    /// Another build of this filter, with its default settings: what has changed since.
    Beside,
    /// With 100 rules, of which the first applies.
    OursFirstOf100Rules,
    /// With 100 rules, of which the last applies.
    OursLastOf100Rules,
    /// With 50 policies, of which the last applies.
    OursWith50Policies,
    /// With 200 keys at the provider.
    OursWith200Keys,
    /// With proofs of possession required (DPoP, RFC 9449).
    OursWithProofs,
    /// `host_crypto: "off"` and no verdict cache: what a host without cryptography pays every time.
    OursInSandbox,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// The same good token again and again.
    Hot(Algorithm),
    /// A good token that was never seen before.
    Cold(Algorithm),
    /// The same good token again and again, bound to a key, each time with a proof by that key of its own (ES256).
    HotWithProof,
    /// No token.
    NoToken,
    /// Text that is no token.
    Malformed,
    /// A token that has expired.
    Expired,
    /// A token of another issuer.
    WrongIssuer,
    /// A token whose `kid` no key has.
    UnknownKid,
}

/// A filter and what is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// What is sent.
    pub case: Case,
    /// What it is sent to.
    pub filter: Filter,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::None,
        Self::EmptyOfSdk,
        Self::EmptyLean,
        Self::Native,
        Self::NativeCached,
        Self::Ours,
        Self::OursUnpublished,
        Self::Beside,
        Self::OursFirstOf100Rules,
        Self::OursLastOf100Rules,
        Self::OursWith50Policies,
        Self::OursWith200Keys,
        Self::OursWithProofs,
        Self::OursInSandbox,
    ];

    /// Its listener's name.
    pub(super) fn listener(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::EmptyOfSdk => "empty-of-sdk",
            Self::EmptyLean => "empty-lean",
            Self::Native => "native",
            Self::NativeCached => "native-cached",
            Self::Ours => "ours",
            Self::OursUnpublished => "ours-unpublished",
            Self::Beside => "beside",
            Self::OursFirstOf100Rules => "ours-first-of-100-rules",
            Self::OursLastOf100Rules => "ours-last-of-100-rules",
            Self::OursWith50Policies => "ours-with-50-policies",
            Self::OursWith200Keys => "ours-with-200-keys",
            Self::OursWithProofs => "ours-with-proofs",
            Self::OursInSandbox => "ours-in-sandbox",
        }
    }

    /// Its name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Self::None => "no filter",
            Self::EmptyOfSdk => "empty Wasm filter, as the SDK builds it",
            Self::EmptyLean => "empty Wasm filter, built like ours",
            Self::Native => "jwt_authn",
            Self::NativeCached => "jwt_authn with its token cache",
            Self::Ours => "validate-jwt",
            Self::OursUnpublished => "validate-jwt, publish: false",
            Self::Beside => "validate-jwt, the module beside",
            Self::OursFirstOf100Rules => "validate-jwt, first of 100 rules",
            Self::OursLastOf100Rules => "validate-jwt, last of 100 rules",
            Self::OursWith50Policies => "validate-jwt, last of 50 policies",
            Self::OursWith200Keys => "validate-jwt, 200 keys",
            Self::OursWithProofs => "validate-jwt, DPoP required",
            Self::OursInSandbox => "validate-jwt, sandbox only, no cache",
        }
    }
}

impl Case {
    /// Its name for a reader.
    pub fn title(self) -> String {
        match self {
            Self::Hot(algorithm) => format!("repeated token, {}", algorithm.name()),
            Self::Cold(algorithm) => format!("fresh token, {}", algorithm.name()),
            Self::HotWithProof => "repeated token, fresh proof".to_owned(),
            Self::NoToken => "no token".to_owned(),
            Self::Malformed => "malformed token".to_owned(),
            Self::Expired => "expired token".to_owned(),
            Self::WrongIssuer => "another issuer".to_owned(),
            Self::UnknownKid => "unknown kid".to_owned(),
        }
    }

    /// The status that it gets.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Hot(_) | Self::Cold(_) | Self::HotWithProof => 200,
            _ => 401,
        }
    }
}

impl Variant {
    /// Everything that is compared, in the order of the report.
    pub fn all() -> Vec<Self> {
        use Algorithm::{EdDsa, Es256, Es384, Es512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let mut all = Vec::new();
        let mut add =
            |case, filters: &[Filter]| all.extend(filters.iter().map(|&filter| Self { case, filter }));
        add(
            Case::Hot(Rs256),
            &[
                Filter::Native,
                Filter::NativeCached,
                Filter::Ours,
                Filter::OursUnpublished,
                Filter::EmptyLean,
                Filter::EmptyOfSdk,
            ],
        );
        add(Case::Hot(Es256), &[Filter::Native, Filter::NativeCached, Filter::Ours]);
        for algorithm in [Rs256, Es256] {
            add(Case::Cold(algorithm), &[Filter::Native, Filter::NativeCached, Filter::Ours]);
        }
        add(Case::HotWithProof, &[Filter::OursWithProofs]);
        for case in [Case::NoToken, Case::Malformed] {
            add(case, &[Filter::Native, Filter::Ours, Filter::OursUnpublished]);
        }
        for case in [Case::Expired, Case::WrongIssuer, Case::UnknownKid] {
            add(case, &[Filter::Native, Filter::Ours]);
        }
        add(
            Case::Hot(Rs256),
            &[
                Filter::OursFirstOf100Rules,
                Filter::OursLastOf100Rules,
                Filter::OursWith50Policies,
                Filter::OursWith200Keys,
            ],
        );
        for algorithm in [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512, Es256, Es384, Es512, EdDsa] {
            add(Case::Hot(algorithm), &[Filter::OursInSandbox]);
        }
        all
    }

    /// Everything whose request's or filter's name holds one of some words, which are separated by `|`.
    pub fn named(words: &str) -> Result<Vec<Self>, Error> {
        let named = |variant: &Self| {
            let name = format!("{}: {}", variant.case.title(), variant.filter.title());
            words.split('|').any(|word| !word.is_empty() && name.contains(word))
        };
        let found: Vec<Self> = Self::all().into_iter().filter(named).collect();
        if found.is_empty() {
            let detail = format!("{words:?} is in no name of what is measured: see docs/benchmarks.md");
            return Err(Error::configuration(detail));
        }
        Ok(found)
    }

    /// Adds another build of this filter to everything that this one is measured with in its default settings.
    pub fn with_beside(variants: Vec<Self>) -> Vec<Self> {
        let both = |variant: Self| {
            let beside =
                (variant.filter == Filter::Ours).then_some(Self { filter: Filter::Beside, ..variant });
            iter::once(variant).chain(beside)
        };
        variants.into_iter().flat_map(both).collect()
    }

    /// The same request without a filter.
    pub(super) fn base(self) -> Self {
        let case = match self.case {
            Case::NoToken | Case::Malformed => Case::NoToken,
            // Signatures differ in length, and every byte of a request costs something.
            Case::Hot(algorithm) | Case::Cold(algorithm) => Case::Hot(algorithm),
            Case::HotWithProof => Case::HotWithProof,
            Case::Expired | Case::WrongIssuer | Case::UnknownKid => Case::Hot(Algorithm::Rs256),
        };
        Self { case, filter: Filter::None }
    }

    /// What Envoy's own filter makes of the same request.
    #[must_use]
    pub fn native(self) -> Self {
        Self { case: self.case, filter: Filter::Native }
    }

    /// The status that it gets.
    pub(super) fn status(self) -> u16 {
        if self.filter == Filter::None { 200 } else { self.case.status() }
    }
}
