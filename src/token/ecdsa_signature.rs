//! ECDSA signatures in the form that other libraries expect: DER instead of `r || s`.

use super::{Algorithm, TokenError, der};

/// `ECDSA-Sig-Value` (RFC 3279, section 2.2.3), DER, of a signature as JSON Web Algorithms write it: `r || s`, each
/// as long as the curve's order (RFC 7518, section 3.4). `None` for an algorithm that is not ECDSA.
///
/// Whether the numbers are in range is for the verifier to say.
///
/// # Errors
///
/// [`TokenError::SignatureInvalid`] for a signature of any other length.
pub fn ecdsa_der(algorithm: Algorithm, signature: &[u8]) -> Option<Result<Vec<u8>, TokenError>> {
    let length = match algorithm {
        Algorithm::Es256 => 32,
        Algorithm::Es384 => 48,
        Algorithm::Es512 => 66,
        _ => return None,
    };
    Some(match signature.split_at_checked(length) {
        Some((r, s)) if s.len() == length => {
            Ok(der::element(der::tag::SEQUENCE, &[&integer(r), &integer(s)]))
        }
        _ => Err(TokenError::SignatureInvalid),
    })
}

/// The shortest form of a number of fixed length.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    der::unsigned_integer(number.get(zeros..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::ecdsa_der;
    use crate::token::{Algorithm, CompactToken, TokenError};

    #[test]
    fn signatures_of_other_programs_become_what_the_libraries_write() {
        let vectors: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
        let mut seen = 0;
        for vector in vectors["signed"].as_array().unwrap() {
            let Ok(CompactToken::Signed(token)) =
                CompactToken::parse(vector["token"].as_str().unwrap().as_bytes())
            else {
                panic!("{vector}")
            };
            let raw = token.signature().unwrap();
            let algorithm = token.header().algorithm().unwrap();
            let expected = match algorithm {
                Algorithm::Es256 => p256(&raw),
                Algorithm::Es384 => {
                    p384::ecdsa::Signature::from_slice(&raw).unwrap().to_der().as_bytes().to_vec()
                }
                Algorithm::Es512 => {
                    p521::ecdsa::Signature::from_slice(&raw).unwrap().to_der().as_bytes().to_vec()
                }
                _ => {
                    assert_eq!(ecdsa_der(algorithm, &raw), None);
                    continue;
                }
            };
            assert_eq!(ecdsa_der(algorithm, &raw), Some(Ok(expected)), "{vector}");
            seen += 1;
        }
        assert!(seen >= 3);
    }

    #[test]
    fn integers_are_minimal_and_never_negative() {
        for (zeros, first) in
            [(0, 0x7f), (0, 0x80), (0, 0xfe), (1, 1), (1, 0x80), (16, 0x7f), (31, 0x80), (31, 1)]
        {
            let mut raw = [0x55; 64];
            for half in raw.chunks_mut(32) {
                half[..zeros].fill(0);
                half[zeros] = first;
            }
            let der = ecdsa_der(Algorithm::Es256, &raw);
            assert_eq!(der, Some(Ok(p256(&raw))), "{zeros} zeros, then {first}");
        }
        assert_eq!(ecdsa_der(Algorithm::Es256, &[0; 64]), Some(Ok(vec![0x30, 6, 2, 1, 0, 2, 1, 0])));
        // The longest: 2 × 66 bytes and more than 127 in all.
        let longest = ecdsa_der(Algorithm::Es512, &[1; 132]).unwrap().unwrap();
        assert_eq!(longest[..5], [0x30, 0x81, 136, 2, 66]);
    }

    #[test]
    fn other_lengths_are_refused() {
        for (algorithm, right) in [(Algorithm::Es256, 64), (Algorithm::Es384, 96), (Algorithm::Es512, 132)] {
            for length in (0..200).filter(|length| *length != right) {
                let refused = Some(Err(TokenError::SignatureInvalid));
                assert_eq!(ecdsa_der(algorithm, &vec![1; length]), refused, "{length}");
            }
        }
    }

    fn p256(raw: &[u8]) -> Vec<u8> {
        p256::ecdsa::Signature::from_slice(raw).unwrap().to_der().as_bytes().to_vec()
    }
}
