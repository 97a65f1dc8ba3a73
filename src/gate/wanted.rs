//! What a refused client has to ask for or send besides a token; the challenge tells it.

/// What would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Wanted {
    /// Nothing more than the reason says.
    #[default]
    Nothing,
    /// These scopes, separated by blanks (RFC 6750, 3).
    Scope(String),
    /// Another authentication of the user (RFC 9470, 3).
    Authentication {
        /// The authentication contexts, separated by blanks.
        acr_values: Option<String>,
        /// The age of the authentication, in seconds.
        max_age: Option<String>,
    },
    /// A token with these claims: Entra's claims challenge, base64url.
    Claims(String),
    /// A DPoP proof (RFC 9449, 7.1), with this nonce where one is demanded (9).
    Proof {
        /// For the header `DPoP-Nonce`.
        nonce: Option<String>,
    },
}
