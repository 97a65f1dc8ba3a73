//! EMSA-PSS-VERIFY (RFC 8017, section 9.1.2), with MGF1 over the same hash and a salt of the hash's length, as RFC
//! 7518, section 3.5, fixes both.
//!
//! The library's own verification raises to the public exponent as if it were a secret one. [`super::rsa_public`] does
//! not, and needs the rest alone. Only public values are compared, so nothing needs to take constant time.

use super::hash::Hash;

/// Whether an encoded message is one of this message.
///
/// `encoded` is what the signature holds, as long as the modulus, and `modulus_bits` the length of that.
pub(super) fn is_consistent(hash: Hash, message: &[u8], encoded: &[u8], modulus_bits: usize) -> bool {
    consistent(hash, message, encoded, modulus_bits).unwrap_or(false)
}

/// `None` where a length does not fit, which is no consistent encoding either.
fn consistent(hash: Hash, message: &[u8], encoded: &[u8], modulus_bits: usize) -> Option<bool> {
    let bits = modulus_bits.checked_sub(1)?;
    let (above, encoded) = encoded.split_at_checked(encoded.len().checked_sub(bits.div_ceil(8))?)?;
    let (encoded, trailer) = encoded.split_at_checked(encoded.len().checked_sub(1)?)?;
    let (masked, h) = encoded.split_at_checked(encoded.len().checked_sub(hash.length())?)?;
    // The bits of the first octet that the encoding does not reach.
    let unused = bits.div_ceil(8).checked_mul(8)?.checked_sub(bits)?;
    let used = u8::MAX.checked_shr(u32::try_from(unused).ok()?)?;
    if trailer != [TRAILER] || above.iter().any(|octet| *octet != 0) || masked.first()? & !used != 0 {
        return Some(false);
    }
    let mask = mask(hash, h, masked.len());
    let mut block: Vec<u8> = masked.iter().zip(mask).map(|(octet, mask)| octet ^ mask).collect();
    *block.first_mut()? &= used;
    let (padding, salt) = block.split_at_checked(block.len().checked_sub(hash.length())?)?;
    let (one, zeros) = padding.split_last()?;
    let padded = *one == 1 && zeros.iter().all(|octet| *octet == 0);
    Some(padded && hash.digest(&[&[0; 8], &hash.digest(&[message]), salt]) == h)
}

/// MGF1 (RFC 8017, appendix B.2.1), at least `length` bytes.
fn mask(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
    let blocks = u32::try_from(length.div_ceil(hash.length())).unwrap_or(u32::MAX);
    (0..blocks).flat_map(|counter| hash.digest(&[seed, &counter.to_be_bytes()])).collect()
}

/// `bc`, at the end of every encoding.
const TRAILER: u8 = 0xbc;

#[cfg(test)]
mod tests {
    use super::*;

    /// EMSA-PSS-ENCODE (RFC 8017, section 9.1.1), as long as a modulus of so many bits.
    fn encoded(hash: Hash, message: &[u8], salt: &[u8], modulus_bits: usize) -> Vec<u8> {
        let length = (modulus_bits - 1).div_ceil(8);
        let h = hash.digest(&[&[0; 8], &hash.digest(&[message]), salt]);
        let zeros = length - salt.len() - h.len() - 2;
        let block = [&vec![0; zeros][..], &[1], salt].concat();
        let mut masked: Vec<u8> =
            block.iter().zip(mask(hash, &h, block.len())).map(|(octet, mask)| octet ^ mask).collect();
        masked[0] &= 0xff >> (8 * length - (modulus_bits - 1));
        [&vec![0; modulus_bits.div_ceil(8) - length][..], &masked, &h, &[TRAILER]].concat()
    }

    const HASHES: [Hash; 3] = [Hash::Sha256, Hash::Sha384, Hash::Sha512];

    /// With 2049 bits the encoding is an octet shorter than the modulus.
    #[test]
    fn what_was_encoded_is_consistent_at_every_length_of_a_modulus() {
        for hash in HASHES {
            for bits in 2048..=2057 {
                let encoded = encoded(hash, b"message", &vec![7; hash.length()], bits);
                assert!(is_consistent(hash, b"message", &encoded, bits), "{hash:?}, {bits}");
                assert!(!is_consistent(hash, b"massage", &encoded, bits), "{hash:?}, {bits}");
            }
        }
    }

    #[test]
    fn another_bit_anywhere_is_not_consistent() {
        for (hash, bits) in [(Hash::Sha256, 2048), (Hash::Sha384, 2049), (Hash::Sha512, 2052)] {
            let good = encoded(hash, b"message", &vec![7; hash.length()], bits);
            for bit in 0..good.len() * 8 {
                let mut spoilt = good.clone();
                spoilt[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_consistent(hash, b"message", &spoilt, bits), "{hash:?}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_salt_of_another_length_or_another_hash_is_not_consistent() {
        for hash in HASHES {
            for salt in [0, 1, hash.length() - 1, hash.length() + 1, 100] {
                let encoded = encoded(hash, b"message", &vec![7; salt], 2048);
                assert!(!is_consistent(hash, b"message", &encoded, 2048), "{hash:?}, {salt}");
            }
            let encoded = encoded(hash, b"message", &vec![7; hash.length()], 2048);
            for other in HASHES.into_iter().filter(|other| *other != hash) {
                assert!(!is_consistent(other, b"message", &encoded, 2048), "{hash:?} as {other:?}");
            }
        }
    }

    #[test]
    fn what_is_too_short_to_hold_an_encoding_is_not_consistent() {
        for length in 0..80 {
            for bits in [0, 1, length * 8, length * 8 + 1, 2048] {
                assert!(!is_consistent(Hash::Sha512, b"", &vec![0; length], bits), "{length}, {bits}");
            }
        }
    }
}
