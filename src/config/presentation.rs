//! How either kind of policy wants a token presented, and what it tells clients about that: fields that refer to each other.

use std::rc::Rc;

use super::claims::{self, AUTHORIZE};
use super::field::{Field, Kind};
use super::object::Object;
use super::possession;
use super::problem::Report;
use super::resource::{self, Told};
use crate::gate::{Authorization, BoundScheme, PossessionRule, ProtectedResource, TokenPlaces};

/// What a policy says of it.
pub(super) struct Presentation {
    /// `header_name` and its like, or `sources`.
    pub(super) places: TokenPlaces,
    /// `proof_of_possession`.
    pub(super) possession: PossessionRule,
    /// `authorize`.
    pub(super) authorize: Option<Authorization>,
    /// `resource`.
    pub(super) resource: Option<Rc<ProtectedResource>>,
}

/// Reads it; `places` reads those of this kind of policy, given the schemes for bound tokens that it takes.
pub(super) fn presentation<'a>(
    policy: Object<'a>,
    places: impl FnOnce(Object<'a>, &[BoundScheme], &mut Report) -> TokenPlaces,
    report: &mut Report,
) -> Presentation {
    let possession = possession::possession(policy, report);
    let places = places(policy, &possession::schemes(&possession), report);
    let authorize = policy.object(&AUTHORIZE_FIELD).map(|object| claims::authorization(object, report));
    possession::refuse_unheard(policy, &possession, &places, report);
    let told = Told { places: &places, authorize: authorize.as_ref(), possession: &possession };
    let resource = resource::resource(policy, &told, report).map(Rc::new);
    Presentation { places, possession, authorize, resource }
}

/// `authorize`.
pub(super) static AUTHORIZE_FIELD: Field = Field::optional(
    "authorize",
    Kind::Object(&AUTHORIZE),
    "What a genuine token must allow; failures are answered 403.",
);
