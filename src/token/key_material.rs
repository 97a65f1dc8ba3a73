//! Key material: checked when it is read, and prepared for the engine in the sandbox.

use std::fmt;

use jwt_compact::alg::{Hs256Key, Hs384Key, Hs512Key};
use jwt_compact::jwk::JsonWebKey;
use p256::elliptic_curve::point::AffineCoordinates;

use super::rsa_public::{RsaPublicKey, without_leading_zeros};
use super::{Algorithm, AlgorithmSet, KeyUnusable};

/// The material of a key, by type.
#[derive(Clone)]
pub(super) enum KeyMaterial {
    /// RSA, of 2048 to 8192 bits.
    Rsa(RsaPublicKey),
    /// A point on P-256.
    P256(Box<p256::ecdsa::VerifyingKey>),
    /// A point on P-384.
    P384(Box<p384::ecdsa::VerifyingKey>),
    /// A point on P-521.
    P521(Box<p521::ecdsa::VerifyingKey>),
    /// A point on edwards25519 that is not of small order.
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    /// A shared secret of at least 32 bytes.
    Symmetric(SymmetricSecret),
}

/// A shared secret, as the key of each HMAC. No `Debug` shows it, and dropping it clears it.
#[derive(Clone)]
pub(super) struct SymmetricSecret(Box<HmacKeys>);

#[derive(Clone)]
struct HmacKeys {
    hs256: Hs256Key,
    hs384: Hs384Key,
    hs512: Hs512Key,
}

impl SymmetricSecret {
    fn new(secret: &[u8]) -> Self {
        Self(Box::new(HmacKeys { hs256: secret.into(), hs384: secret.into(), hs512: secret.into() }))
    }

    pub(super) fn hs256(&self) -> &Hs256Key {
        &self.0.hs256
    }

    pub(super) fn hs384(&self) -> &Hs384Key {
        &self.0.hs384
    }

    pub(super) fn hs512(&self) -> &Hs512Key {
        &self.0.hs512
    }

    /// In bytes.
    fn length(&self) -> usize {
        self.0.hs256.as_ref().len()
    }
}

/// The elliptic curves of ECDSA keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// `crv` (RFC 7518, section 6.2.1.1).
    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The length of a coordinate in bytes.
    pub(super) fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl KeyMaterial {
    /// The point of these coordinates, which lies on the curve (RFC 8725, section 3.4). They have the curve's length, as
    /// RFC 7518, section 6.2.1.2, wants it, or lack leading zeros, or have more of them: some providers write numbers.
    pub(super) fn from_coordinates(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyUnusable> {
        let mut point = vec![UNCOMPRESSED];
        for coordinate in [x, y] {
            let digits = without_leading_zeros(coordinate);
            let zeros = curve.coordinate_length().checked_sub(digits.len());
            let zeros = zeros.filter(|_| !coordinate.is_empty()).ok_or(KeyUnusable::InvalidPoint)?;
            point.extend(std::iter::repeat_n(0, zeros));
            point.extend_from_slice(digits);
        }
        Self::from_point(curve, &point)
    }

    /// An uncompressed point (SEC 1, section 2.3.4).
    pub(super) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, KeyUnusable> {
        let invalid = KeyUnusable::InvalidPoint;
        let coordinates = point.strip_prefix(&[UNCOMPRESSED]).ok_or(invalid)?;
        let (x, y) = coordinates.split_at_checked(curve.coordinate_length()).ok_or(invalid)?;
        let key = match curve {
            Curve::P256 => {
                p256::ecdsa::VerifyingKey::from_affine(on_curve(x, y)?).map(Box::new).map(Self::P256)
            }
            Curve::P384 => {
                p384::ecdsa::VerifyingKey::from_affine(on_curve(x, y)?).map(Box::new).map(Self::P384)
            }
            Curve::P521 => {
                p521::ecdsa::VerifyingKey::from_affine(on_curve(x, y)?).map(Box::new).map(Self::P521)
            }
        };
        key.map_err(|_| invalid)
    }

    /// An Ed25519 public key (RFC 8032, section 5.1.5). Keys of small order are refused: under them one signature
    /// holds for many messages.
    pub(super) fn from_ed25519(bytes: &[u8]) -> Result<Self, KeyUnusable> {
        let bytes = bytes.try_into().map_err(|_| KeyUnusable::InvalidPoint)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyUnusable::InvalidPoint)?;
        if key.is_weak() {
            return Err(KeyUnusable::InvalidPoint);
        }
        Ok(Self::Ed25519(Box::new(key)))
    }

    /// A shared secret, at least as long as the shortest hash (RFC 7518, section 3.2).
    pub(super) fn from_secret(secret: &[u8]) -> Result<Self, KeyUnusable> {
        if secret.len() < SHORTEST_SECRET {
            return Err(KeyUnusable::WeakSecret);
        }
        Ok(Self::Symmetric(SymmetricSecret::new(secret)))
    }

    /// The key that a JWK says, checked.
    pub(super) fn from_wire_form(jwk: &JsonWebKey<'_>) -> Result<Self, KeyUnusable> {
        match jwk {
            JsonWebKey::Rsa { modulus, public_exponent, .. } => {
                Ok(Self::Rsa(RsaPublicKey::new(modulus, public_exponent)?))
            }
            JsonWebKey::EllipticCurve { curve, x, y, .. } => {
                Self::from_coordinates(Curve::from_name(curve).ok_or(KeyUnusable::UnknownCurve)?, x, y)
            }
            JsonWebKey::KeyPair { curve, x, .. } if curve == ED25519 => Self::from_ed25519(x),
            JsonWebKey::Symmetric { secret } => Self::from_secret(secret),
            _ => Err(KeyUnusable::UnknownKeyType),
        }
    }

    /// The public key as a JWK (RFC 7518, section 6; RFC 8037, section 2); none for a secret.
    pub(super) fn wire_form(&self) -> Option<JsonWebKey<'_>> {
        let curve_key = |curve: Curve, point: &[u8]| {
            let (x, y) = point.get(1..)?.split_at_checked(curve.coordinate_length())?;
            let (x, y) = (x.to_vec().into(), y.to_vec().into());
            Some(JsonWebKey::EllipticCurve { curve: curve.name().into(), x, y, secret: None })
        };
        match self {
            Self::Rsa(key) => Some(key.wire_form()),
            Self::P256(key) => curve_key(Curve::P256, key.to_sec1_point(false).as_bytes()),
            Self::P384(key) => curve_key(Curve::P384, key.to_sec1_point(false).as_bytes()),
            Self::P521(key) => curve_key(Curve::P521, key.to_sec1_point(false).as_bytes()),
            Self::Ed25519(key) => {
                let x = key.as_bytes().as_slice().into();
                Some(JsonWebKey::KeyPair { curve: ED25519.into(), x, secret: None })
            }
            Self::Symmetric(_) => None,
        }
    }

    /// What a key of this type and length can verify.
    pub(super) fn algorithms(&self) -> AlgorithmSet {
        match self {
            Self::Rsa(_) => RSA_ALGORITHMS,
            Self::P256(_) => AlgorithmSet::of(&[Algorithm::Es256]),
            Self::P384(_) => AlgorithmSet::of(&[Algorithm::Es384]),
            Self::P521(_) => AlgorithmSet::of(&[Algorithm::Es512]),
            Self::Ed25519(_) => AlgorithmSet::of(&[Algorithm::EdDsa]),
            Self::Symmetric(secret) => match secret.length() {
                64.. => AlgorithmSet::SYMMETRIC,
                48..=63 => AlgorithmSet::of(&[Algorithm::Hs256, Algorithm::Hs384]),
                SHORTEST_SECRET..=47 => AlgorithmSet::of(&[Algorithm::Hs256]),
                _ => AlgorithmSet::EMPTY,
            },
        }
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rsa(_) => "Rsa",
            Self::P256(_) => "P256",
            Self::P384(_) => "P384",
            Self::P521(_) => "P521",
            Self::Ed25519(_) => "Ed25519",
            Self::Symmetric(_) => "Symmetric",
        })
    }
}

/// The point of two coordinates of the curve's length. The libraries' own reading also takes compressed points, which
/// are refused here, and would bring the square roots for those along.
fn on_curve<P>(x: &[u8], y: &[u8]) -> Result<P, KeyUnusable>
where
    P: AffineCoordinates,
    P::FieldRepr: for<'a> TryFrom<&'a [u8]>,
{
    let coordinate = |bytes| P::FieldRepr::try_from(bytes).ok();
    coordinate(x)
        .zip(coordinate(y))
        .and_then(|(x, y)| P::from_coordinates(&x, &y).into_option())
        .ok_or(KeyUnusable::InvalidPoint)
}

/// In bytes: the output of SHA-256.
const SHORTEST_SECRET: usize = 32;
/// The first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;
/// `crv` (RFC 8037, section 2).
pub(super) const ED25519: &str = "Ed25519";
const RSA_ALGORITHMS: AlgorithmSet = AlgorithmSet::of(&[
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
]);
