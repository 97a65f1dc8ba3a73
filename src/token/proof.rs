//! A DPoP proof (RFC 9449, 4.2): a JWT that brings the key that signed it.

use serde_json::{Map, Value};

use super::json::{self, Json};
use super::{Algorithm, Claims, CompactToken, Key, SignatureEngine, SignedToken, TokenError, base64url};

/// A proof, taken apart. Its claims are a stranger's words until [`DpopProof::verify`] holds, and then the words of
/// the key's holder.
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
    /// [`TokenError::Malformed`] for anything but a compact JWS with a strict header and payload, for another `typ` than
    /// `dpop+jwt`, no `jwk`, or one that is private, unsound, or not written as the RFCs write it;
    /// [`TokenError::AlgorithmNotAllowed`] for an algorithm that is not known, not asymmetric, or does not fit the key.
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
    let jwk = Map::from(jwk.clone());
    let key = Key::from_jwk(&jwk).map_err(|_| TokenError::Malformed)?;
    if key.has_private_members() || !is_exact(&jwk, &key) { Err(TokenError::Malformed) } else { Ok(key) }
}

/// Whether a JWK writes its key as the RFCs do: what providers are forgiven, callers are not.
fn is_exact(jwk: &Map<String, Value>, key: &Key) -> bool {
    let is_written = |(name, value): &(&str, String)| jwk.get(*name).and_then(Value::as_str) == Some(value);
    key.required_members().is_some_and(|members| members.iter().all(is_written))
        && !jwk.values().any(Value::is_null)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::super::SandboxEngine;
    use super::*;

    /// RFC 9449, 7.1: the proof, and the access token that it comes with.
    const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    #[test]
    fn the_proof_of_the_rfc_holds() {
        let proof = DpopProof::parse(PROOF.as_bytes()).unwrap();
        assert_eq!(proof.algorithm(), Algorithm::Es256);
        assert_eq!(proof.thumbprint().as_deref(), Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
        let claims = proof.claims().unwrap();
        assert_eq!(claims.string("htm"), Some("GET"));
        assert_eq!(claims.string("ath"), Some(&*base64url::encode(Sha256::digest(ACCESS_TOKEN))));
        assert_eq!(proof.verify(&SandboxEngine), Ok(()));
    }

    /// A proof of this key, with a signature that does not matter.
    fn parsed(algorithm: &str, jwk: &Value) -> Result<(), TokenError> {
        let header = serde_json::json!({"typ": "dpop+jwt", "alg": algorithm, "jwk": jwk}).to_string();
        let text = format!("{}.{}.AAAA", base64url::encode(header), base64url::encode("{}"));
        DpopProof::parse(text.as_bytes()).map(|_| ())
    }

    #[test]
    fn a_key_that_proves_nothing_is_refused_before_its_signature() {
        let header: Value =
            serde_json::from_slice(&base64url::decode(PROOF.split('.').next().unwrap()).unwrap()).unwrap();
        let point = &header["jwk"];
        assert_eq!(parsed("ES256", point), Ok(()));
        let with = |name: &str, value: Value| {
            let mut jwk = point.clone();
            jwk[name] = value;
            jwk
        };
        let rsa = |bits: usize, exponent: &[u8]| {
            let mut modulus = vec![0xff; bits / 8];
            modulus[0] = 0xc1;
            let (n, e) = (base64url::encode(modulus), base64url::encode(exponent));
            serde_json::json!({"kty": "RSA", "n": n, "e": e})
        };
        assert_eq!(parsed("RS256", &rsa(2048, &[1, 0, 1])), Ok(()));
        let edwards = |bytes: [u8; 32]| serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(bytes)});
        let mut one = [0; 32];
        one[0] = 1;
        let zeros = base64url::encode([0; 32]);
        for (what, algorithm, jwk) in [
            ("RSA of 1024 bits", "RS256", rsa(1024, &[1, 0, 1])),
            ("RSA of 2040 bits", "RS256", rsa(2040, &[1, 0, 1])),
            ("RSA of 16384 bits", "RS256", rsa(16384, &[1, 0, 1])),
            ("RSA with the exponent 1", "RS256", rsa(2048, &[1])),
            ("RSA with an even exponent", "PS256", rsa(2048, &[2])),
            ("RSA with an exponent of 33 bits", "RS256", rsa(2048, &[1, 0, 0, 0, 1])),
            ("a point off its curve", "ES256", with("x", point["y"].clone())),
            ("a point of zeros", "ES256", {
                let mut jwk = with("x", zeros.clone().into());
                jwk["y"] = zeros.into();
                jwk
            }),
            ("a point on another curve", "ES384", with("crv", "P-384".into())),
            ("an unknown curve", "ES256", with("crv", "secp256k1".into())),
            ("Ed25519 of small order", "EdDSA", edwards(one)),
            ("Ed25519 zeros", "EdDSA", edwards([0; 32])),
            ("an unknown type", "ES256", with("kty", "AKP".into())),
            ("a shared secret", "HS256", serde_json::json!({"kty": "oct", "k": "A".repeat(43)})),
        ] {
            assert_eq!(parsed(algorithm, &jwk), Err(TokenError::Malformed), "{what}");
        }
    }
}
