//! RSA public keys and signatures under them (RFC 8017).
//!
//! Only public values are used here, so nothing needs to take constant time. The library's own verification raises to
//! the public exponent as if it were a secret one, which takes more than twice as long; so its modular arithmetic is
//! used directly.

use crypto_bigint::modular::BoxedMontyForm;
use crypto_bigint::{BoxedUint, MontyForm, MontyMultiplier};
use jwt_compact::jwk::JsonWebKey;
use rsa::PublicKey;
use rsa::traits::PublicKeyParts;

use super::hash::Hash;
use super::{KeyUnusable, der, pss};

/// An RSA public key that is fit for use: see [`RsaPublicKey::new`].
#[derive(Clone)]
pub(super) struct RsaPublicKey {
    /// With the parameters of its modulus, computed once.
    key: PublicKey,
    /// The exponent of `key`.
    exponent: u32,
}

impl RsaPublicKey {
    /// A key from its modulus and exponent, big-endian; leading zero bytes are ignored, as some providers send
    /// them.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::WeakRsa`] for a modulus of less than 2048 bits (RFC 7518, section 3.3),
    /// [`KeyUnusable::LargeRsa`] for one of more than 8192, [`KeyUnusable::InvalidRsa`] for an even modulus and
    /// for an exponent that is even, less than 3, or does not fit 32 bits: work is bounded, and no key in use has such.
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyUnusable> {
        let modulus = without_leading_zeros(modulus);
        if modulus.len() > MAXIMUM_BITS.div_ceil(8) {
            return Err(KeyUnusable::LargeRsa);
        }
        let modulus = BoxedUint::from_be_slice_vartime(modulus);
        match usize::try_from(modulus.bit_width_vartime()) {
            Ok(..MINIMUM_BITS) => return Err(KeyUnusable::WeakRsa),
            Ok(..=MAXIMUM_BITS) => {}
            _ => return Err(KeyUnusable::LargeRsa),
        }
        let mut padded = [0; 4];
        let exponent = without_leading_zeros(exponent);
        let start = padded.len().checked_sub(exponent.len()).ok_or(KeyUnusable::InvalidRsa)?;
        padded.get_mut(start..).ok_or(KeyUnusable::InvalidRsa)?.copy_from_slice(exponent);
        let exponent = u32::from_be_bytes(padded);
        // The library refuses even moduli and exponents, and the exponent 1.
        let key =
            PublicKey::new_with_size_limits(modulus, BoxedUint::from(exponent), MINIMUM_BITS..=MAXIMUM_BITS)
                .map_err(|_| KeyUnusable::InvalidRsa)?;
        Ok(Self { key, exponent })
    }

    /// The length of the modulus, and of every signature, in bytes.
    pub(super) fn modulus_length(&self) -> usize {
        self.key.size()
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2.2): the message is encoded anew and compared, so that there is
    /// no padding to parse.
    pub(super) fn verify_pkcs1(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.recover(signature).is_some_and(|recovered| {
            self.encode_pkcs1(hash, message).is_some_and(|encoded| recovered == encoded)
        })
    }

    /// RSASSA-PSS (RFC 8017, section 8.1.2). The salt is as long as the hash and the hash of MGF1 is the same, as
    /// RFC 7518, section 3.5, fixes.
    pub(super) fn verify_pss(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.recover(signature).is_some_and(|recovered| {
            let encoded = recovered.to_be_bytes();
            // The number is as wide as the library keeps it, at least as long as the modulus.
            let beyond = encoded.len().saturating_sub(self.modulus_length());
            encoded.get(beyond..).is_some_and(|encoded| {
                usize::try_from(self.key.n().bit_width_vartime())
                    .is_ok_and(|bits| pss::is_consistent(hash, message, encoded, bits))
            })
        })
    }

    /// RSAVP1 (RFC 8017, section 5.2.2): the signature to the power of the exponent; `None` if the signature has
    /// not the length of the modulus or is not less than it.
    fn recover(&self, signature: &[u8]) -> Option<BoxedUint> {
        let parameters = self.key.n_params();
        let signature = self.number(signature)?;
        if signature >= **parameters.modulus() {
            return None;
        }
        let base = BoxedMontyForm::new(signature.clone(), parameters);
        let mut multiplier = <BoxedMontyForm as MontyForm>::Multiplier::from(parameters);
        let mut power = base.clone();
        for bit in (1..self.exponent.checked_ilog2()?).rev() {
            multiplier.square_assign(&mut power);
            if self.exponent >> bit & 1 == 1 {
                multiplier.mul_assign(&mut power, &base);
            }
        }
        // The exponent is odd. The last factor is not converted to Montgomery form, so the product comes out of it.
        multiplier.square_assign(&mut power);
        multiplier.mul_assign(&mut power, &BoxedMontyForm::from_montgomery(signature, parameters));
        Some(power.to_montgomery())
    }

    /// EMSA-PKCS1-v1_5 (RFC 8017, section 9.2).
    fn encode_pkcs1(&self, hash: Hash, message: &[u8]) -> Option<BoxedUint> {
        let (prefix, digest) = (hash.prefix(), hash.digest(&[message]));
        let filling =
            self.modulus_length().checked_sub(prefix.len())?.checked_sub(digest.len())?.checked_sub(3)?;
        self.number(&[&[0, 1][..], &vec![0xff; filling], &[0], prefix, &digest].concat())
    }

    /// A number as long as the modulus, big-endian.
    fn number(&self, bytes: &[u8]) -> Option<BoxedUint> {
        (bytes.len() == self.modulus_length())
            .then(|| BoxedUint::from_be_slice(bytes, self.key.n_bits_precision()).ok())
            .flatten()
    }

    pub(super) fn wire_form(&self) -> JsonWebKey<'static> {
        JsonWebKey::Rsa {
            modulus: self.key.n_bytes().into_vec().into(),
            public_exponent: self.key.e_bytes().into_vec().into(),
            private_parts: None,
        }
    }

    /// `RSAPublicKey` (RFC 8017, appendix A.1.1), DER.
    pub(super) fn to_der(&self) -> Vec<u8> {
        der::element(
            der::tag::SEQUENCE,
            &[&der::unsigned_integer(&self.key.n_bytes()), &der::unsigned_integer(&self.key.e_bytes())],
        )
    }
}

/// A big-endian number without its leading zero bytes.
pub(super) fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

const MINIMUM_BITS: usize = 2048;
const MAXIMUM_BITS: usize = 8192;
