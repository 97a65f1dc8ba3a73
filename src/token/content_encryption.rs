//! Content encryption of JSON Web Encryption (RFC 7518, section 5): AES-CBC with HMAC, and AES-GCM.

use aes::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockSizeUser, InnerIvInit, KeyInit,
};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::{AesGcm, Nonce, Tag};
use cbc::cipher::block_padding::Pkcs7;
use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha384, Sha512};

/// A value of `enc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentEncryption {
    Aes128CbcHmacSha256,
    Aes192CbcHmacSha384,
    Aes256CbcHmacSha512,
    Aes128Gcm,
    Aes256Gcm,
}

/// What is decrypted, and what authenticates it.
#[derive(Clone, Copy)]
pub(super) struct Sealed<'a> {
    pub(super) additional_data: &'a [u8],
    pub(super) initialization_vector: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8],
}

impl ContentEncryption {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "A128CBC-HS256" => Self::Aes128CbcHmacSha256,
            "A192CBC-HS384" => Self::Aes192CbcHmacSha384,
            "A256CBC-HS512" => Self::Aes256CbcHmacSha512,
            "A128GCM" => Self::Aes128Gcm,
            "A256GCM" => Self::Aes256Gcm,
            _ => return None,
        })
    }

    /// The length of the content encryption key, in bytes.
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::Aes128CbcHmacSha256 => 32,
            Self::Aes192CbcHmacSha384 => 48,
            Self::Aes256CbcHmacSha512 => 64,
        }
    }

    /// Whether initialization vector, ciphertext and tag are as long as this makes them. Anybody can count, so
    /// that saying no early tells nothing, and costs no work with a key.
    pub(super) fn could_have_made(self, sealed: &Sealed<'_>) -> bool {
        let (vector, tag) = match self {
            Self::Aes128CbcHmacSha256 => (16, 16),
            Self::Aes192CbcHmacSha384 => (16, 24),
            Self::Aes256CbcHmacSha512 => (16, 32),
            Self::Aes128Gcm | Self::Aes256Gcm => (12, 16),
        };
        // CBC pads, by one byte at least, to whole blocks of 16.
        let whole = match self {
            Self::Aes128Gcm | Self::Aes256Gcm => true,
            _ => !sealed.ciphertext.is_empty() && sealed.ciphertext.len().is_multiple_of(16),
        };
        whole && sealed.initialization_vector.len() == vector && sealed.tag.len() == tag
    }

    /// Authenticates and decrypts; `None` for everything that can be wrong. Nothing is decrypted before its tag
    /// is known to be right.
    pub(super) fn open(self, key: &[u8], sealed: Sealed<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Aes128CbcHmacSha256 => open_cbc::<Aes128, Hmac<Sha256>>(key, 16, sealed),
            Self::Aes192CbcHmacSha384 => open_cbc::<Aes192, Hmac<Sha384>>(key, 24, sealed),
            Self::Aes256CbcHmacSha512 => open_cbc::<Aes256, Hmac<Sha512>>(key, 32, sealed),
            Self::Aes128Gcm => open_gcm::<Aes128>(key, sealed),
            Self::Aes256Gcm => open_gcm::<Aes256>(key, sealed),
        }
    }
}

/// RFC 7518, section 5.2.2.2: the first half of the key authenticates, the second half decrypts; `half` is the
/// length of each and of the tag.
fn open_cbc<C, M>(key: &[u8], half: usize, sealed: Sealed<'_>) -> Option<Vec<u8>>
where
    C: BlockCipherDecrypt + KeyInit + BlockSizeUser<BlockSize = U16>,
    M: Mac + KeyInit,
{
    let (mac_key, cipher_key) = key.split_at_checked(half)?;
    if sealed.tag.len() != half {
        return None;
    }
    let additional_bits = u64::try_from(sealed.additional_data.len()).ok()?.checked_mul(8)?;
    let mut mac = <M as KeyInit>::new_from_slice(mac_key).ok()?;
    mac.update(sealed.additional_data);
    mac.update(sealed.initialization_vector);
    mac.update(sealed.ciphertext);
    mac.update(&additional_bits.to_be_bytes());
    mac.verify_truncated_left(sealed.tag).ok()?;
    let cipher = C::new_from_slice(cipher_key).ok()?;
    let decryptor = cbc::Decryptor::inner_iv_slice_init(cipher, sealed.initialization_vector).ok()?;
    let mut buffer = sealed.ciphertext.to_vec();
    let length = decryptor.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// RFC 7518, section 5.3.
fn open_gcm<C>(key: &[u8], sealed: Sealed<'_>) -> Option<Vec<u8>>
where
    C: BlockCipherEncrypt + KeyInit + BlockSizeUser<BlockSize = U16>,
{
    let cipher = AesGcm::<C, U12>::from(C::new_from_slice(key).ok()?);
    let nonce = <&Nonce<U12>>::try_from(sealed.initialization_vector).ok()?;
    let tag = <&Tag>::try_from(sealed.tag).ok()?;
    let mut buffer = sealed.ciphertext.to_vec();
    cipher.decrypt_inout_detached(nonce, sealed.additional_data, buffer.as_mut_slice().into(), tag).ok()?;
    Some(buffer)
}
