//! The RSA keys in `testbed/keys`, minted once because minting them is slow.

/// An RSA key of the test bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaFixture {
    /// 2048 bits, the identity provider's first signing key.
    First,
    /// 2048 bits, next in rotation.
    Second,
    /// 2048 bits, next but one in rotation.
    Third,
    /// 2048 bits, published for personal accounts by the `common` endpoint.
    Personal,
    /// 2048 bits, never published.
    Stranger,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
    /// 1024 bits: too weak to be accepted anywhere.
    Weak,
}

impl RsaFixture {
    /// The key identifier: as at Entra ID, the certificate's SHA-1 thumbprint.
    pub fn key_id(self) -> &'static str {
        self.files().0
    }

    /// The private key, PKCS#8 in PEM.
    pub fn private_pem(self) -> &'static str {
        self.files().1
    }

    /// A self-signed certificate of the key, DER.
    pub fn certificate(self) -> &'static [u8] {
        self.files().2
    }

    fn files(self) -> (&'static str, &'static str, &'static [u8]) {
        macro_rules! fixture {
            ($key_id:literal, $name:literal) => {
                (
                    $key_id,
                    include_str!(concat!("../../keys/", $name, ".pem")),
                    include_bytes!(concat!("../../keys/", $name, ".cer")),
                )
            };
        }
        match self {
            Self::First => fixture!("-1kRGXYQd6-YdOmmwV9oqw5ialc", "rsa-2048-first"),
            Self::Second => fixture!("Wv4neEyJGQDjdxgofU8SIAumpAk", "rsa-2048-second"),
            Self::Third => fixture!("xJNyPIZcM2c19qREe66H3HSEWzY", "rsa-2048-third"),
            Self::Personal => fixture!("mPg4cHqhCyS9TPphWE5li40TFl0", "rsa-2048-personal"),
            Self::Stranger => fixture!("DOLyTP2C8028VyRyXCMH1uuxHUo", "rsa-2048-stranger"),
            Self::Bits3072 => fixture!("UhCppLn06fw5wJKVohe8mo9Dqe8", "rsa-3072"),
            Self::Bits4096 => fixture!("AxAV4bIY7BcMYBVVihFMHtqfgaw", "rsa-4096"),
            Self::Weak => fixture!("86_x2kBppy5lvOeqZQkNqLq8jsc", "rsa-1024"),
        }
    }
}
