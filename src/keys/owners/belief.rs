//! Which documents are believed. One that is not pinned is taken at its word, unless, in a policy with several
//! providers, it names another provider's issuer.

use super::super::home::{host_of, is_at_home, is_of_entra};
use super::super::keyring::Keyring;
use super::objection::Objection;
use super::{Directory, Owners, Party, exact};
use crate::token::{IssuerPattern, entra};

/// What a judgement takes into account.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    /// The configuration alone, whatever documents come.
    Configuration,
    /// The documents at hand as well.
    Documents(&'a Keyring),
    /// What is believed of every party, in order, and the best that could come of the others.
    Hopes(&'a [Option<&'a IssuerPattern>]),
}

impl Owners {
    /// Whether a document that is not there yet, or not believed, could make its provider speak for an issuer.
    pub(super) fn could_claim(
        &self,
        party: &Party,
        issuer: &str,
        beliefs: &[Option<&IssuerPattern>],
    ) -> bool {
        self.objection_to(party, &exact(issuer), Known::Hopes(beliefs)).is_none()
    }

    /// [`Owners::believed`] of every party, in order. Each document is judged once: a token that nobody signed must not
    /// cost the cube of the number of providers.
    pub(super) fn beliefs<'a>(&'a self, keyring: &'a Keyring) -> Vec<Option<&'a IssuerPattern>> {
        let unopposed: Vec<_> = self.parties.iter().map(|party| self.unopposed(party, keyring)).collect();
        let is_rivalled = |party: &Party, stated: &IssuerPattern| {
            let mut others = self.parties.iter().zip(&unopposed);
            others.any(|(other, theirs)| {
                theirs.is_some_and(|theirs| theirs.overlaps(stated)) && are_strangers(party, other)
            })
        };
        let believed = |(party, stated): (&'a Party, Option<&'a IssuerPattern>)| {
            party.pinned.as_ref().or_else(|| stated.filter(|stated| !is_rivalled(party, stated)))
        };
        self.parties.iter().zip(unopposed.iter().copied()).map(believed).collect()
    }

    /// What the document of a provider that is not pinned says, where nothing but another document could contradict it.
    fn unopposed<'a>(&self, party: &Party, keyring: &'a Keyring) -> Option<&'a IssuerPattern> {
        let stated = keyring.issuer(party.id).filter(|_| party.pinned.is_none())?;
        self.objection_to(party, stated, Known::Documents(keyring)).is_none().then_some(stated)
    }

    /// A provider's issuer, as far as it is known and believed.
    pub(super) fn believed<'a>(
        &'a self,
        party: &'a Party,
        keyring: &'a Keyring,
    ) -> Option<&'a IssuerPattern> {
        party.pinned.as_ref().or_else(|| {
            let stated = self.unopposed(party, keyring)?;
            self.rival(party, stated, keyring).is_none().then_some(stated)
        })
    }

    /// Another provider, of another origin, whose document names the same issuer: neither of them is believed. Where
    /// the issuer is at home with one of them, the other one has met an objection already.
    pub(super) fn rival<'a>(
        &'a self,
        party: &Party,
        stated: &IssuerPattern,
        keyring: &Keyring,
    ) -> Option<&'a Party> {
        self.strangers_to(party).map(|(_, other)| other).find(|other| {
            keyring.issuer(other.id).is_some_and(|theirs| theirs.overlaps(stated))
                && self.unopposed(other, keyring).is_some()
        })
    }

    /// Why a provider's document may not name this issuer in this policy, whatever other documents say; `None` where
    /// it may. This is what makes a fetch fail.
    pub fn objection(&self, provider: &str, stated: &IssuerPattern) -> Option<Objection> {
        let party = self.parties.iter().find(|party| party.name == provider)?;
        self.objection_to(party, stated, Known::Configuration)
    }

    pub(super) fn objection_to(
        &self,
        party: &Party,
        stated: &IssuerPattern,
        known: Known<'_>,
    ) -> Option<Objection> {
        if party.pinned.is_some() || self.parties.len() < 2 || self.is_listed_for(party, stated, known) {
            return None;
        }
        let is_directory =
            party.directory == Directory::Configured || entra::is_authority(party.url.bare_host());
        if is_of_entra(stated) && !is_directory {
            return Some(Objection::entra(stated));
        }
        let mut strangers = self.strangers_to(party).map(|(_, other)| other);
        if let Some(other) = strangers.find(|other| self.speaks_by_configuration(other, stated)) {
            return Some(Objection::spoken_for(stated, other));
        }
        if is_at_home(stated, &party.url) {
            return None;
        }
        let host = host_of(stated);
        let hosts =
            |other: &&Party| host.as_deref() == Some(other.url.bare_host()) || is_at_home(stated, &other.url);
        let host_elsewhere = self.strangers_to(party).map(|(_, other)| other).find(hosts)?;
        Some(Objection::at_home_elsewhere(stated, host_elsewhere))
    }

    /// Whether the policy's `issuers` pin a document: they name its issuer, and no other provider could own that. One
    /// whose document has still to come could; so could one that has no other entry of the list.
    pub(super) fn is_listed_for(&self, party: &Party, stated: &IssuerPattern, known: Known<'_>) -> bool {
        let IssuerPattern::Exact(issuer) = stated else { return false };
        let owns = |said: &IssuerPattern| said.overlaps(stated) || entra::is_other_version(issuer, said);
        let has_another = |said: &IssuerPattern| !owns(said) && self.lists(&said.text());
        let could_own = |(at, other): (usize, &Party)| match known {
            _ if self.speaks_by_configuration(other, stated) => true,
            Known::Documents(keyring) => {
                other.pinned.is_none() && !keyring.issuer(other.id).is_some_and(has_another)
            }
            Known::Hopes(beliefs) => beliefs.get(at).copied().flatten().is_some_and(owns),
            Known::Configuration => false,
        };
        self.lists(issuer) && !self.strangers_to(party).any(could_own)
    }

    /// Whether a provider speaks for an issuer already by what is configured.
    pub(super) fn speaks_by_configuration(&self, party: &Party, stated: &IssuerPattern) -> bool {
        let own = party.pinned.iter().chain(&party.further).any(|pattern| pattern.overlaps(stated));
        own || party.pinned.as_ref().is_some_and(|pinned| {
            self.listed
                .iter()
                .any(|listed| entra::is_other_version(listed, pinned) && exact(listed).overlaps(stated))
        })
    }

    /// The providers of other origins, each with its place.
    fn strangers_to<'a, 'b>(
        &'a self,
        party: &'b Party,
    ) -> impl Iterator<Item = (usize, &'a Party)> + use<'a, 'b> {
        self.parties.iter().enumerate().filter(|(_, other)| are_strangers(party, other))
    }
}

fn are_strangers(one: &Party, other: &Party) -> bool {
    one.id != other.id && !one.url.is_same_origin(&other.url)
}
