//! The verdict on a token, with the documents that came.

use validate_jwt::config::Config;
use validate_jwt::keys::FetchStep;

use super::provider::Provider;
use crate::clock;
use crate::evaluation::{self, Asked, ProviderDocuments, Question};
use crate::explain::Account;

/// The filter's verdict on a request, and why.
pub(super) fn account(config: Config, providers: &[Provider], asked: &Asked) -> Account {
    let documents: Vec<ProviderDocuments> = providers.iter().map(documents).collect();
    let now = clock::now();
    let question = Question { documents: &documents, certificate: None, now };
    let mut evaluation = evaluation::evaluate(config, asked, question);
    // What is to be known of the documents has been told by then.
    evaluation.notes.clear();
    Account::of(&evaluation, asked, now)
}

fn documents(provider: &Provider) -> ProviderDocuments {
    let body = |step| {
        let document = provider.documents.iter().find(|document| document.fetch.step == step)?;
        document.body.clone()
    };
    ProviderDocuments { discovery: body(FetchStep::Metadata), keys: body(FetchStep::Keys) }
}
