//! The threads that the test bed's servers run on.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Starts a task that lives until it ends or the process does.
///
/// Servers are shared between tests, and each test has a runtime of its own that ends with it; hence this one.
pub(crate) fn spawn<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    runtime().spawn(task)
}

/// The runtime of the servers, for making sockets that belong to it.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let built = Builder::new_multi_thread().worker_threads(2).thread_name("testbed").enable_all().build();
        // Only a machine without memory or threads left gets here.
        built.expect("the operating system gave no threads for the test bed's servers")
    })
}
