//! A policy as it was written, in either language.

use super::azure_ad;
use super::object::Object;
use super::problem::{Language, Report};
use super::providers::Providers;
use super::validate_jwt;
use crate::gate::Requirement;

/// A policy as written: a name, and its statements, of which JSON has one and XML may have several.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) statements: Vec<Statement<'a>>,
    pub(super) language: Language,
}

/// One statement.
#[derive(Clone, Copy)]
pub(super) enum Statement<'a> {
    ValidateJwt(Object<'a>),
    ValidateAzureAdToken(Object<'a>),
}

impl<'a> Statement<'a> {
    pub(super) fn read(self, providers: &mut Providers, report: &mut Report) -> Requirement {
        match self {
            Self::ValidateJwt(object) => validate_jwt::requirement(object, providers, report),
            Self::ValidateAzureAdToken(object) => azure_ad::requirement(object, providers, report),
        }
    }

    pub(super) fn object(self) -> Object<'a> {
        match self {
            Self::ValidateJwt(object) | Self::ValidateAzureAdToken(object) => object,
        }
    }
}

/// The field that holds named values.
pub(super) const NAMED_VALUES_NAME: &str = "named_values";
