//! How each element of the policy language is written: its attributes, its elements, and the fields that
//! they are in the JSON form. Only what API Management itself knows, and `cluster`, `issuer` and `issuers`.

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
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "validate-jwt" => Some(Self::ValidateJwt),
            "validate-azure-ad-token" => Some(Self::ValidateAzureAdToken),
            _ => None,
        }
    }

    /// The field of the JSON form.
    pub(super) fn field(self) -> &'static str {
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
        Part { holder: None, item: "openid-config", field: "openid_config", form: Some(&OPENID_CONFIG) },
        Part {
            holder: Some("issuer-signing-keys"),
            item: "key",
            field: "issuer_signing_keys",
            form: Some(&SIGNING),
        },
        DECRYPTION_KEYS,
        AUDIENCES,
        Part { holder: Some("issuers"), item: "issuer", field: "issuers", form: None },
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
        Part {
            holder: Some("client-application-ids"),
            item: "application-id",
            field: "client_application_ids",
            form: None,
        },
        Part {
            holder: Some("backend-application-ids"),
            item: "application-id",
            field: "backend_application_ids",
            form: None,
        },
        AUDIENCES,
        REQUIRED_CLAIMS,
        DECRYPTION_KEYS,
    ],
    text: None,
};

static OPENID_CONFIG: Form = Form {
    shape: &PROVIDER,
    attributes: &["url", "cluster", "issuer", "issuers"],
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
    parts: &[Part { holder: None, item: "value", field: "values", form: None }],
    text: None,
};

const AUDIENCES: Part = Part { holder: Some("audiences"), item: "audience", field: "audiences", form: None };
const REQUIRED_CLAIMS: Part = Part {
    holder: Some("required-claims"),
    item: "claim",
    field: "required_claims",
    form: Some(&CLAIM_FORM),
};
const DECRYPTION_KEYS: Part =
    Part { holder: Some("decryption-keys"), item: "key", field: "decryption_keys", form: Some(&DECRYPTING) };
