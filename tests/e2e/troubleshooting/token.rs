//! Tokens that a configuration, or a clock, does not fit.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};
use validate_jwt_testbed::token::TokenRecipe;

use super::page::Row;
use super::scene::{Scene, Setting, policy, provider};
use crate::lab::AUDIENCE;

/// A token of this recipe is refused as the row says, and passes once these fields of the policy are these instead.
async fn caused_by(
    row: Row,
    recipe: impl FnOnce(&IdentityProvider) -> TokenRecipe,
    [wrong, cure]: [Value; 2],
) -> Result<(), Error> {
    let idp = provider()?;
    let token = recipe(&idp).sign(&idp.signing_key());
    let setting = Setting::sound(policy(&wrong), &idp).await?;
    let scene = Scene::start(row, idp, setting).await?.with_token(token);
    scene.shows_the_row().await?;
    let mended = Setting::sound(policy(&cure), &scene.idp).await?;
    scene.mended_by(mended).await
}

pub(super) async fn another_audience(row: Row) -> Result<(), Error> {
    let uri = format!("api://{AUDIENCE}");
    caused_by(row, |idp| idp.token_v2(CONTOSO, &uri), [json!({}), json!({"audiences": [uri]})]).await
}

/// At Microsoft's own host: nobody else's document may name an issuer of theirs beside another that does.
pub(super) async fn version_one(row: Row) -> Result<(), Error> {
    let at = |path: &str| {
        let url = format!("https://login.microsoftonline.com{path}");
        json!({"url": url, "cluster": "entra"})
    };
    let (one, two) = (at(&paths::discovery_v1(CONTOSO)), at(&paths::discovery_v2(CONTOSO)));
    let fields = [json!({"openid_config": [two]}), json!({"openid_config": [two, one]})];
    caused_by(row, |idp| idp.token_v1(CONTOSO, AUDIENCE), fields).await
}

/// Envoy takes its host's clock: instead of that, the token's times are moved.
pub(super) async fn clock_behind(row: Row) -> Result<(), Error> {
    let from_now = |idp: &IdentityProvider| idp.token_v2(CONTOSO, AUDIENCE).issued_in(200).not_before_in(200);
    caused_by(row, from_now, [json!({}), json!({"clock_skew": 300})]).await
}

pub(super) async fn clock_ahead(row: Row) -> Result<(), Error> {
    let past = |idp: &IdentityProvider| idp.token_v2(CONTOSO, AUDIENCE).expires_in(-60);
    caused_by(row, past, [json!({}), json!({"clock_skew": 600})]).await
}
