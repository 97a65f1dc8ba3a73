//! What an identity provider sends.

use std::time::Duration;

use validate_jwt::keys::{PlainHttp, ProviderDocument, ProviderMetadata, ProviderSettings, Record, Url};
use validate_jwt::token::{Algorithm, KeySet, SandboxEngine, SignatureEngine};

/// Key sets, discovery documents and shared records.
pub fn jwks_and_discovery(bytes: &[u8]) {
    if let Ok(document) = KeySet::from_jwks_document(bytes, 20) {
        assert!(!document.key_set.is_empty() && document.key_set.len() <= 20);
        for key in document.key_set.keys() {
            assert!(
                !key.fits(Algorithm::None)
                    && Algorithm::ALL.iter().all(|one| !one.is_symmetric() || !key.fits(*one))
            );
            for algorithm in key.usable_for().iter() {
                for length in [0, 64, 96, 132, 256] {
                    assert!(SandboxEngine.verify(algorithm, key, bytes, &vec![0; length]).is_err());
                }
            }
        }
    }
    for issuer in [None, Some("https://login.example/{tenantid}/v2.0".to_owned())] {
        if let Ok(metadata) = ProviderMetadata::parse(bytes, &provider(issuer)) {
            assert!(!metadata.issuer.is_empty() && metadata.jwks_uri.to_string().starts_with("https://"));
        }
    }
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(Record::parse(&record.to_bytes()), Ok(record));
    }
}

fn provider(issuer: Option<String>) -> ProviderSettings {
    let url = Url::parse("https://login.example/openid-configuration").expect("a URL");
    ProviderSettings {
        name: "idp".to_owned(),
        document: ProviderDocument::Discovery { url, issuer },
        cluster: "idp".to_owned(),
        jwks_cluster: None,
        timeout: Duration::from_secs(5),
        plain_http: PlainHttp::Refused,
        policies: Vec::new(),
    }
}
