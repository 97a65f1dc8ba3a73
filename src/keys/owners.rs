//! Whose keys may sign for which issuer: decided here and nowhere else, for each policy on its own.
//!
//! What follows from the configuration (pinned, additional and listed issuers) holds from load time on. A document
//! that is not pinned is taken at its word only where it claims no other provider's issuer
//! ([`Owners::objection`]). "Not known yet" is never "not his": a provider whose issuer is not known yet is
//! waited for ([`Claimants::awaited`]), and no other keys are tried in the meantime.

mod belief;
mod objection;
mod remark;
mod servers;

use super::keyring::Keyring;
use super::provider_id::ProviderId;
use super::url::Url;
use crate::token::{IssuerPattern, entra};

use belief::Known;
pub use objection::{Objection, Owner};
pub use remark::Remark;

/// The owners of one policy's issuers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owners {
    parties: Vec<Party>,
    /// The policy's `issuers`, compared code point by code point.
    listed: Vec<String>,
    inline: InlineKeys,
}

/// A provider as a policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The provider.
    pub id: ProviderId,
    /// Its name in metrics and the log.
    pub name: String,
    /// Where its document, or its key set, is.
    pub url: Url,
    /// Its issuer, where configured.
    pub pinned: Option<IssuerPattern>,
    /// `openid_config[].issuers`: further issuers that its keys speak for.
    pub further: Vec<IssuerPattern>,
    /// Whether it is one of Microsoft's directories.
    pub directory: Directory,
}

/// Whether a provider is one of Microsoft's directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directory {
    /// Its URL tells.
    ByHost,
    /// `validate_azure_ad_token` says so, whatever the host.
    Configured,
}

/// Whether a policy has `issuer_signing_keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InlineKeys {
    /// They may sign for every issuer that the policy allows: the operator wrote down both.
    Present,
    /// There are none.
    None,
}

/// Whose keys may have signed a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimants {
    /// Providers that speak for the token's issuer.
    pub providers: Vec<ProviderId>,
    /// Providers that could speak for it, too, once their document is there.
    pub awaited: Vec<ProviderId>,
    /// Whether the policy's inline keys may have signed it.
    pub inline: InlineKeys,
    /// Whether the issuer is one tenant's of a multi-tenant document.
    pub(crate) tenancy: Tenancy,
}

/// How an issuer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenancy {
    /// It is the very text.
    Single,
    /// It is one of a `{tenantid}` template's.
    OneOfMany,
}

/// How firmly a provider speaks for an issuer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Footing {
    /// The configuration says so.
    Configured,
    /// Its document says so, which another document could still contradict.
    Word,
}

/// What a token says of where it comes from.
#[derive(Clone, Copy)]
struct Origin<'a> {
    issuer: &'a str,
    tenant: Option<&'a str>,
}

impl Owners {
    /// The owners of a policy with these providers, these listed issuers, and inline keys or none.
    pub fn new(parties: Vec<Party>, listed: Vec<String>, inline: InlineKeys) -> Self {
        Self { parties, listed, inline }
    }

    /// Whether a token of any issuer at all will do: inline keys alone, and no issuer listed.
    pub fn takes_any_issuer(&self) -> bool {
        self.parties.is_empty() && self.listed.is_empty()
    }

    /// The policy's providers.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The policy's `issuers`.
    pub fn listed(&self) -> &[String] {
        &self.listed
    }

    /// The issuer of a provider as this policy sees it: the pinned one, or what its document says where that is
    /// believed.
    pub fn issuer<'a>(&'a self, id: ProviderId, keyring: &'a Keyring) -> Option<&'a IssuerPattern> {
        self.parties.iter().find(|party| party.id == id).and_then(|party| self.believed(party, keyring))
    }

    /// The issuers that would do, as far as they are known.
    pub fn trusted(&self, keyring: &Keyring) -> Vec<IssuerPattern> {
        let own = self.beliefs(keyring).into_iter().flatten();
        let further = self.parties.iter().flat_map(|party| &party.further);
        let listed = self.listed.iter().map(|issuer| IssuerPattern::Exact(issuer.clone()));
        own.chain(further).cloned().chain(listed).collect()
    }

    /// Finds whose keys may have signed a token of this issuer (RFC 8725, 3.8).
    pub fn of(&self, issuer: &str, tenant: Option<&str>, keyring: &Keyring) -> Claimants {
        let origin = Origin { issuer, tenant };
        let mut speakers = Vec::new();
        let mut awaited: Vec<&Party> = Vec::new();
        let mut tenancy = Tenancy::Single;
        let beliefs = self.beliefs(keyring);
        for (party, &believed) in self.parties.iter().zip(&beliefs) {
            match self.speaks(party, believed, origin, Known::Documents(keyring)) {
                Some((footing, fit)) => {
                    if fit == Tenancy::OneOfMany {
                        tenancy = fit;
                    }
                    speakers.push((party, footing));
                }
                None if believed.is_none() && self.could_claim(party, issuer, &beliefs) => {
                    awaited.push(party);
                }
                None => {}
            }
        }
        // A word that another document could still contradict is not acted upon before that document is there.
        let rivalled = |party: &Party| awaited.iter().any(|other| !other.url.is_same_origin(&party.url));
        speakers.retain(|(party, footing)| *footing == Footing::Configured || !rivalled(party));
        let is_allowed = self.takes_any_issuer() || self.lists(issuer) || !speakers.is_empty();
        Claimants {
            inline: if is_allowed { self.inline } else { InlineKeys::None },
            providers: speakers.iter().map(|(party, _)| party.id).collect(),
            awaited: awaited.iter().map(|party| party.id).collect(),
            tenancy,
        }
    }

    /// Whether this policy names an issuer: by a provider of another origin than that URL's, or for its inline keys.
    pub fn names(&self, issuer: &str, tenant: Option<&str>, beside: Option<&Url>, keyring: &Keyring) -> bool {
        let speakers = self.of(issuer, tenant, keyring).providers;
        let is_stranger = |party: &Party| !beside.is_some_and(|url| url.is_same_origin(&party.url));
        let mut speaking = self.parties.iter().filter(|party| speakers.contains(&party.id));
        speaking.any(is_stranger) || (self.inline == InlineKeys::Present && self.lists(issuer))
    }

    /// Where a provider's document is.
    pub fn url(&self, id: ProviderId) -> Option<&Url> {
        self.parties.iter().find(|party| party.id == id).map(|party| &party.url)
    }

    /// Whether and how firmly a provider of this issuer speaks for a token.
    fn speaks(
        &self,
        party: &Party,
        believed: Option<&IssuerPattern>,
        origin: Origin<'_>,
        known: Known<'_>,
    ) -> Option<(Footing, Tenancy)> {
        let fit = |pattern: &IssuerPattern| {
            let tenancy = if pattern.is_template() { Tenancy::OneOfMany } else { Tenancy::Single };
            pattern.matches(origin.issuer, origin.tenant).then_some(tenancy)
        };
        let configured = |pattern: &IssuerPattern| {
            let is_pinned = party.pinned.is_some() || self.is_listed_for(party, pattern, known);
            if is_pinned { Footing::Configured } else { Footing::Word }
        };
        let mut further = party.further.iter().filter(|pattern| self.admits(pattern, origin.issuer));
        if let Some(tenancy) = further.find_map(fit) {
            return Some((Footing::Configured, tenancy));
        }
        if let Some(pattern) = believed
            && let Some(tenancy) = fit(pattern)
            && self.admits(pattern, origin.issuer)
        {
            return Some((configured(pattern), tenancy));
        }
        if !self.lists(origin.issuer) {
            return None;
        }
        match believed {
            // The issuer of a tenant is the template's matter, which `tid` has to fit as well.
            Some(template) if template.is_template() && template.overlaps(&exact(origin.issuer)) => None,
            _ if self.parties.len() == 1 => Some((Footing::Configured, Tenancy::Single)),
            Some(pattern) if entra::is_other_version(origin.issuer, pattern) => {
                Some((configured(pattern), Tenancy::Single))
            }
            _ => None,
        }
    }

    /// Whether a template is open to this issuer: listed issuers that fit it restrict it to their tenants.
    fn admits(&self, pattern: &IssuerPattern, issuer: &str) -> bool {
        !pattern.is_template() || !self.is_restricted(pattern) || self.lists(issuer)
    }

    /// Whether listed issuers restrict a template.
    pub fn is_restricted(&self, template: &IssuerPattern) -> bool {
        self.listed.iter().any(|listed| template.overlaps(&exact(listed)))
    }

    /// The listed issuers that belong to nobody, and never will: every provider's issuer is pinned.
    pub(crate) fn unowned(&self) -> impl Iterator<Item = &str> {
        let is_settled = self.parties.len() > 1
            && self.inline == InlineKeys::None
            && self.parties.iter().all(|party| party.pinned.is_some());
        let owned = |issuer: &str| {
            self.parties.iter().any(|party| self.speaks_by_configuration(party, &exact(issuer)))
        };
        self.listed.iter().map(String::as_str).filter(move |issuer| is_settled && !owned(issuer))
    }

    /// The multi-tenant issuers that are known from the configuration alone, each with its provider's URL.
    pub fn expected_templates(&self) -> impl Iterator<Item = (&Url, IssuerPattern)> {
        self.parties.iter().filter_map(|party| Some((&party.url, party.expected_template()?)))
    }

    fn lists(&self, issuer: &str) -> bool {
        self.listed.iter().any(|listed| listed == issuer)
    }
}

impl Party {
    /// The multi-tenant issuer that this provider is known to have before its document is there.
    fn expected_template(&self) -> Option<IssuerPattern> {
        match (&self.pinned, self.directory) {
            (Some(pinned), _) => pinned.is_template().then(|| pinned.clone()),
            (None, Directory::ByHost) => entra::multi_tenant_issuer(self.url.bare_host(), self.url.path()),
            (None, Directory::Configured) => None,
        }
    }
}

fn exact(issuer: &str) -> IssuerPattern {
    IssuerPattern::Exact(issuer.to_owned())
}
