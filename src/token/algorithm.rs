//! Signature algorithms of JSON Web Signature (RFC 7518, section 3; RFC 8037, section 3.1) and sets of them.

use std::fmt;

/// A value of `alg` that the filter knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, salt of 32 bytes.
    Ps256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt of 48 bytes.
    Ps384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, salt of 64 bytes.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// `EdDSA`, of which the filter knows Ed25519.
    EdDsa,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// No signature (RFC 7518, section 3.6). No engine ever verifies it.
    None,
}

impl Algorithm {
    /// All algorithms, in the order of the enum.
    pub const ALL: [Self; 14] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::None,
    ];

    /// The algorithm of that name; names are case-sensitive (RFC 7515, section 4.1.1). `Ed25519` is the newer name
    /// (RFC 9864, section 2.2) of what is called `EdDSA` here.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The registered name; of two, the older one.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::None => "none",
        }
    }

    /// Whether the verifying key is a shared secret.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of algorithms: an allow-list, or what a key can be used for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AlgorithmSet(u16);

impl AlgorithmSet {
    /// No algorithm at all.
    pub const EMPTY: Self = Self(0);
    /// RSA, PSS, ECDSA and Ed25519: whatever is verified with a public key.
    pub const ASYMMETRIC: Self = Self::of(&[
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ]);
    /// HMAC: whatever is verified with a shared secret.
    pub const SYMMETRIC: Self = Self::of(&[Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512]);

    /// The set of the algorithms given.
    pub const fn of(algorithms: &[Algorithm]) -> Self {
        let mut bits = 0;
        let mut rest = algorithms;
        while let [algorithm, others @ ..] = rest {
            bits |= bit(*algorithm);
            rest = others;
        }
        Self(bits)
    }

    /// Whether the algorithm is in the set.
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & bit(algorithm) != 0
    }

    /// Adds an algorithm.
    pub const fn insert(&mut self, algorithm: Algorithm) {
        self.0 |= bit(algorithm);
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether no algorithm is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The algorithms of the set, in the order of the enum.
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(move |algorithm| self.contains(*algorithm))
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        let mut set = Self::EMPTY;
        for algorithm in algorithms {
            set.insert(algorithm);
        }
        set
    }
}

impl fmt::Debug for AlgorithmSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

const fn bit(algorithm: Algorithm) -> u16 {
    1 << algorithm as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        for name in [
            "",
            "rs256",
            "RS256 ",
            " RS256",
            "RS25",
            "RS2566",
            "None",
            "NONE",
            "nOnE",
            "none\0",
            "eddsa",
            "ES256K",
            "RSA1_5",
            "ed25519",
            "Ed448",
            "Ed25519ph",
        ] {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        for algorithm in Algorithm::ALL {
            let set = AlgorithmSet::of(&[algorithm]);
            assert_eq!(set.iter().collect::<Vec<_>>(), [algorithm]);
            let expected = !algorithm.is_symmetric() && algorithm != Algorithm::None;
            assert_eq!(AlgorithmSet::ASYMMETRIC.contains(algorithm), expected);
            assert_eq!(AlgorithmSet::SYMMETRIC.contains(algorithm), algorithm.is_symmetric());
        }
        assert!(AlgorithmSet::ASYMMETRIC.intersection(AlgorithmSet::SYMMETRIC).is_empty());
        assert_eq!(format!("{:?}", AlgorithmSet::of(&[Algorithm::EdDsa])), "{EdDsa}");
    }
}
