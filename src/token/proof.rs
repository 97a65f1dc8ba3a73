//! A DPoP proof (RFC 9449, 4.2): a JWT that brings the key that signed it.

use serde_json::{Map, Value};

use super::json::{self, Json};
use super::{Algorithm, Claims, CompactToken, Key, SignatureEngine, SignedToken, TokenError, base64url};

/// A proof, taken apart. Its claims are a stranger's words until [`DpopProof::verify`] holds, and then the words of
/// whoever has the key.
pub(crate) struct DpopProof<'a> {
    token: SignedToken<'a>,
    algorithm: Algorithm,
    key: Key,
    payload: Vec<u8>,
}

impl<'a> DpopProof<'a> {
    /// Takes a proof apart.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`] for what is no compact JWS with a strict header and payload, another `typ` than
    /// `dpop+jwt`, no `jwk`, or one that is private; [`TokenError::AlgorithmNotAllowed`] for an algorithm that is not
    /// known, not asymmetric, or does not fit the key.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, TokenError> {
        let CompactToken::Signed(token) = CompactToken::parse(text)? else {
            return Err(TokenError::Malformed);
        };
        if token.header().token_type() != Some("dpop+jwt") {
            return Err(TokenError::Malformed);
        }
        let key = embedded_key(&token)?;
        let algorithm = token.header().algorithm().filter(|algorithm| key.fits(*algorithm));
        let algorithm = algorithm.ok_or(TokenError::AlgorithmNotAllowed)?;
        let payload = token.payload()?;
        Ok(Self { token, algorithm, key, payload })
    }

    /// `alg`.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The thumbprint of its key (RFC 7638), base64url.
    pub(crate) fn thumbprint(&self) -> Option<String> {
        self.key.thumbprint()
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`], as [`Claims::parse`].
    pub(crate) fn claims(&self) -> Result<Claims<'_>, TokenError> {
        Claims::parse(&self.payload)
    }

    /// Whether its own key signed it.
    ///
    /// # Errors
    ///
    /// As [`SignatureEngine::verify`].
    pub(crate) fn verify(&self, engine: &dyn SignatureEngine) -> Result<(), TokenError> {
        engine.verify(self.algorithm, &self.key, self.token.signing_input(), &self.token.signature()?)
    }
}

/// The public key in the header. Secrets are none, and a private key in a message is everybody's.
fn embedded_key(token: &SignedToken<'_>) -> Result<Key, TokenError> {
    let text = base64url::decode(token.header_segment()).map_err(|_| TokenError::Malformed)?;
    let members = json::parse_object(&text).map_err(|_| TokenError::Malformed)?;
    let Some(Json::Object(jwk)) = members.get("jwk") else { return Err(TokenError::Malformed) };
    let jwk: Map<String, Value> =
        jwk.iter().map(|(name, value)| (name.to_owned(), value.clone().into())).collect();
    let key = Key::from_jwk(&jwk).map_err(|_| TokenError::Malformed)?;
    if key.has_private_members() { Err(TokenError::Malformed) } else { Ok(key) }
}
