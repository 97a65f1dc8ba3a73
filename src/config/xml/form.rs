//! How each element of the policy language is written: its attributes, its elements, and the fields that
//! they are in the JSON form. Only what API Management itself knows, and `cluster`, `issuer`, `issuers` and
//! `allow-http`.

use crate::config::azure_ad::VALIDATE_AZURE_AD_TOKEN;
use crate::config::claims::CLAIM;
use crate::config::field::Shape;
use crate::config::inline_keys::{DECRYPTION_KEY, SIGNING_KEY};
use crate::config::providers::PROVIDER;
use crate::config::validate_jwt::VALIDATE_JWT;

/// Which of the two policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Kind {
    ValidateJwt,
    ValidateAzureAdToken,
}

impl Kind {
    pub(in crate::config) fn of(name: &str) -> Option<Self> {
        match name {
            "validate-jwt" => Some(Self::ValidateJwt),
            "validate-azure-ad-token" => Some(Self::ValidateAzureAdToken),
            _ => None,
        }
    }

    /// The field of the JSON form.
    pub(in crate::config) fn field(self) -> &'static str {
        self.form().shape.name
    }

    /// The table of its fields.
    pub(in crate::config) fn shape(self) -> &'static Shape {
        self.form().shape
    }

    /// How its element is written.
    pub(super) fn form(self) -> &'static Form {
        match self {
            Self::ValidateJwt => &JWT,
            Self::ValidateAzureAdToken => &AZURE_AD,
        }
    }
}

/// How an element is written.
pub(super) struct Form {
    pub(super) shape: &'static Shape,
    pub(super) attributes: &'static [&'static str],
    /// Understood, without effect here.
    pub(super) ignored: &'static [&'static str],
    pub(super) parts: &'static [Part],
    /// The field that the element's text is.
    pub(super) text: Option<&'static str>,
}

/// Elements within an element.
pub(super) struct Part {
    /// The element that holds the items; `None` where they stand on their own.
    pub(super) holder: Option<&'static str>,
    pub(super) item: &'static str,
    pub(super) field: &'static str,
    /// `None` where an item is its text alone.
    pub(super) form: Option<&'static Form>,
    pub(super) slash: Slash,
}

/// What a slash at the end of an item means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slash {
    Counts,
    DoesNotCount,
}

impl Part {
    const fn objects(
        holder: Option<&'static str>,
        item: &'static str,
        field: &'static str,
        form: &'static Form,
    ) -> Self {
        Self { holder, item, field, form: Some(form), slash: Slash::Counts }
    }

    const fn texts(holder: Option<&'static str>, item: &'static str, field: &'static str) -> Self {
        Self { holder, item, field, form: None, slash: Slash::Counts }
    }
}

static JWT: Form = Form {
    shape: &VALIDATE_JWT,
    attributes: &[
        "header-name",
        "query-parameter-name",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "require-expiration-time",
        "require-scheme",
        "require-signed-tokens",
        "clock-skew",
        "output-token-variable-name",
    ],
    ignored: &["id"],
    parts: &[
        Part::objects(None, "openid-config", "openid_config", &OPENID_CONFIG),
        Part::objects(Some("issuer-signing-keys"), "key", "issuer_signing_keys", &SIGNING),
        DECRYPTION_KEYS,
        AUDIENCES,
        Part::texts(Some("issuers"), "issuer", "issuers"),
        REQUIRED_CLAIMS,
    ],
    text: None,
};

static AZURE_AD: Form = Form {
    shape: &VALIDATE_AZURE_AD_TOKEN,
    attributes: &[
        "tenant-id",
        "authentication-endpoint",
        "header-name",
        "query-parameter-name",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "output-token-variable-name",
        "cluster",
    ],
    ignored: &["id"],
    parts: &[
        Part::texts(Some("client-application-ids"), "application-id", "client_application_ids"),
        Part::texts(Some("backend-application-ids"), "application-id", "backend_application_ids"),
        AUDIENCES,
        REQUIRED_CLAIMS,
        DECRYPTION_KEYS,
    ],
    text: None,
};

static OPENID_CONFIG: Form = Form {
    shape: &PROVIDER,
    attributes: &["url", "cluster", "issuer", "issuers", "allow-http"],
    ignored: &["validate-connectivity"],
    parts: &[],
    text: None,
};

static SIGNING: Form =
    Form { shape: &SIGNING_KEY, attributes: &["id", "n", "e"], ignored: &[], parts: &[], text: Some("key") };

static DECRYPTING: Form =
    Form { shape: &DECRYPTION_KEY, attributes: &["id"], ignored: &[], parts: &[], text: Some("key") };

static CLAIM_FORM: Form = Form {
    shape: &CLAIM,
    attributes: &["name", "match", "separator"],
    ignored: &[],
    parts: &[Part::texts(None, "value", "values")],
    text: None,
};

const AUDIENCES: Part =
    Part { slash: Slash::DoesNotCount, ..Part::texts(Some("audiences"), "audience", "audiences") };
const REQUIRED_CLAIMS: Part = Part::objects(Some("required-claims"), "claim", "required_claims", &CLAIM_FORM);
const DECRYPTION_KEYS: Part = Part::objects(Some("decryption-keys"), "key", "decryption_keys", &DECRYPTING);
