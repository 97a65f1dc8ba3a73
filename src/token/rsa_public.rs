//! RSA public keys and what a signature becomes under them (RFC 8017).
//!
//! Only public values are used here, so nothing needs to take constant time. The Montgomery parameters of a
//! modulus are computed once, when the key is read.

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::montgomery::Modulus;
use super::{KeyUnusable, der};

/// An RSA public key that is fit for use: see [`RsaPublicKey::new`].
#[derive(Clone)]
pub struct RsaPublicKey {
    modulus: Box<[u8]>,
    modulus_bits: u32,
    exponent: u32,
    prepared: Modulus,
}

/// A hash function of the RS and PS algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
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
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyUnusable> {
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        let first = modulus.first().ok_or(KeyUnusable::WeakRsa)?;
        let modulus_bits = u32::try_from(modulus.len())
            .ok()
            .and_then(|bytes| bytes.checked_mul(8))
            .ok_or(KeyUnusable::LargeRsa)?
            .saturating_sub(first.leading_zeros());
        if modulus_bits < MINIMUM_BITS {
            return Err(KeyUnusable::WeakRsa);
        }
        if modulus_bits > MAXIMUM_BITS {
            return Err(KeyUnusable::LargeRsa);
        }
        let mut padded = [0; 4];
        let start = padded.len().checked_sub(exponent.len()).ok_or(KeyUnusable::InvalidRsa)?;
        padded.get_mut(start..).ok_or(KeyUnusable::InvalidRsa)?.copy_from_slice(exponent);
        let exponent = u32::from_be_bytes(padded);
        if exponent < 3 || exponent.is_multiple_of(2) {
            return Err(KeyUnusable::InvalidRsa);
        }
        if modulus.last().is_none_or(|last| last % 2 == 0) {
            return Err(KeyUnusable::InvalidRsa);
        }
        let prepared = Modulus::new(modulus, modulus_bits);
        Ok(Self { modulus: modulus.into(), modulus_bits, exponent, prepared })
    }

    /// The length of the modulus, and of every signature, in bytes.
    pub fn modulus_length(&self) -> usize {
        self.modulus.len()
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2.2): the message is encoded anew and compared, so that there is
    /// no padding to parse.
    pub(super) fn verify_pkcs1(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let Some(encoded) = self.recover(signature) else { return false };
        let suffix = [hash.digest_info_prefix(), &hash.digest(&[message])].concat();
        let Some(start) = encoded.len().checked_sub(suffix.len()) else { return false };
        let Some((padding, tail)) = encoded.split_at_checked(start) else { return false };
        let [0, 1, filling @ .., 0] = padding else { return false };
        filling.len() >= 8 && filling.iter().all(|byte| *byte == 0xff) && tail == suffix
    }

    /// RSASSA-PSS (RFC 8017, section 8.1.2) with the salt length and the MGF1 hash that RFC 7518, section 3.5,
    /// fixes.
    pub(super) fn verify_pss(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.recover(signature).is_some_and(|encoded| self.pss_matches(hash, message, &encoded).is_some())
    }

    /// EMSA-PSS-VERIFY (RFC 8017, section 9.1.2), by its steps; `Some` is "consistent".
    fn pss_matches(&self, hash: Hash, message: &[u8], encoded: &[u8]) -> Option<()> {
        let encoded_bits = self.modulus_bits.checked_sub(1)?;
        // If the modulus has 8k + 1 bits, the encoded message is one byte shorter than the modulus.
        let encoded = if encoded_bits.is_multiple_of(8) { encoded.strip_prefix(&[0])? } else { encoded };
        let hash_length = hash.length();
        let encoded = encoded.strip_suffix(&[0xbc])?; // Step 4.
        let (masked, digest) = encoded.split_at_checked(encoded.len().checked_sub(hash_length)?)?; // Step 5.
        let unused_bits = (8 - encoded_bits % 8) % 8;
        let used = 0xff_u8 >> unused_bits;
        if masked.first()? & !used != 0 {
            return None; // Step 6.
        }
        let mut block = hash.mask(digest, masked.len()); // Steps 7 and 8.
        block.iter_mut().zip(masked).for_each(|(mask, byte)| *mask ^= byte);
        *block.first_mut()? &= used; // Step 9.
        let (padding, salt) = block.split_at_checked(block.len().checked_sub(hash_length)?)?;
        let (one, zeros) = padding.split_last()?;
        if *one != 1 || zeros.iter().any(|byte| *byte != 0) {
            return None; // Step 10.
        }
        let expected = hash.digest(&[&[0; 8], &hash.digest(&[message]), salt]); // Steps 12 and 13.
        (expected == digest).then_some(()) // Step 14.
    }

    /// The signature to the power of the exponent, as long as the modulus; `None` if the signature has not the
    /// length of the modulus or is not less than it (RFC 8017, section 5.2.2).
    fn recover(&self, signature: &[u8]) -> Option<Vec<u8>> {
        if signature.len() != self.modulus.len() || signature >= &*self.modulus {
            return None;
        }
        Some(self.prepared.power(signature, self.exponent, self.modulus.len()))
    }

    /// `RSAPublicKey` (RFC 8017, appendix A.1.1), DER.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let exponent = self.exponent.to_be_bytes();
        der::element(
            der::tag::SEQUENCE,
            &[
                &der::unsigned_integer(&self.modulus),
                &der::unsigned_integer(without_leading_zeros(&exponent)),
            ],
        )
    }
}

impl Hash {
    fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hash = D::new();
            for part in parts {
                hash.update(part);
            }
            hash.finalize().to_vec()
        }
        match self {
            Self::Sha256 => digest::<Sha256>(parts),
            Self::Sha384 => digest::<Sha384>(parts),
            Self::Sha512 => digest::<Sha512>(parts),
        }
    }

    /// MGF1 (RFC 8017, appendix B.2.1).
    fn mask(self, seed: &[u8], length: usize) -> Vec<u8> {
        let mut mask = Vec::with_capacity(length.saturating_add(self.length()));
        let mut counter = 0_u32;
        while mask.len() < length {
            mask.extend(self.digest(&[seed, &counter.to_be_bytes()]));
            counter = counter.wrapping_add(1);
        }
        mask.truncate(length);
        mask
    }

    /// What comes before the digest in a `DigestInfo` (RFC 8017, section 9.2, note 1).
    fn digest_info_prefix(self) -> &'static [u8] {
        match self {
            Self::Sha256 => {
                &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20]
            }
            Self::Sha384 => {
                &[0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30]
            }
            Self::Sha512 => {
                &[0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40]
            }
        }
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

const MINIMUM_BITS: u32 = 2048;
const MAXIMUM_BITS: u32 = 8192;
