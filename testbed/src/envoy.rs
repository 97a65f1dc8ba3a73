//! A real Envoy, on ports of its own, that is gone when its owner is.
//!
//! ```no_run
//! # async fn example() -> Result<(), validate_jwt_testbed::Error> {
//! use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
//! use validate_jwt_testbed::{build, echo::EchoApi, identity_provider::IdentityProvider};
//!
//! let (api, idp) = (EchoApi::start()?, IdentityProvider::start()?);
//! let policy = serde_json::json!({"validate_jwt": {}});
//! let bootstrap = Bootstrap::new()
//!     .cluster(Cluster::new("api", api.address()))
//!     .cluster(Cluster::new("idp", idp.address()))
//!     .listener(Listener::new("main").filter(WasmFilter::new(&build::filter_module()?, policy)));
//! let envoy = Envoy::start(bootstrap, Options::default().concurrency(4)).await?;
//! let address = envoy.address("main").await?;
//! let rejected = envoy.stat("wasmcustom.validate_jwt.validate_jwt.rejected.token_expired").await?;
//! # Ok(()) }
//! ```

mod admin;
mod bootstrap;
pub(crate) mod find;
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

pub use bootstrap::{Bootstrap, Cluster, Listener, Paths, Route, WasmFilter};
pub use find::{DEFAULT_VERSION, NamedBy, NoEnvoy, assure, find, has_to_be_fetched};

use crate::error::Error;
use crate::patience::{PATIENCE, START_PATIENCE};
use process::Process;

/// How Envoy is run.
#[derive(Clone, Debug)]
pub struct Options {
    concurrency: u32,
    log_level: String,
    component_log_level: Option<String>,
    drain_time: Option<Duration>,
}

impl Default for Options {
    /// One worker, log level `info`.
    fn default() -> Self {
        Self { concurrency: 1, log_level: "info".to_owned(), component_log_level: None, drain_time: None }
    }
}

impl Options {
    /// How many worker threads.
    #[must_use]
    pub fn concurrency(mut self, workers: u32) -> Self {
        self.concurrency = workers;
        self
    }

    /// Envoy's own `--log-level`.
    #[must_use]
    pub fn log_level(mut self, level: &str) -> Self {
        level.clone_into(&mut self.log_level);
        self
    }

    /// Envoy's own `--component-log-level`, as in `wasm:debug`.
    #[must_use]
    pub fn component_log_level(mut self, levels: &str) -> Self {
        self.component_log_level = Some(levels.to_owned());
        self
    }

    /// How long connections of a listener that was replaced may go on; they are asked to end at once. In whole
    /// seconds; without this Envoy's ten minutes, in which the old filter stays too.
    #[must_use]
    pub fn drain_time(mut self, time: Duration) -> Self {
        self.drain_time = Some(time);
        self
    }
}

/// A running Envoy. Dropping it kills it; so does the end of this process, however it ends.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    folder: PathBuf,
    admin: SocketAddr,
}

impl Envoy {
    /// Starts Envoy with a bootstrap document, or a [`Bootstrap`], and waits until it is ready.
    ///
    /// The text `{folder}` in the document stands for a folder of this Envoy's own, which goes with it. When Envoy
    /// refuses the document, the error is [`Error::EnvoyExited`] with the whole log.
    pub async fn start(bootstrap: impl Into<Value>, options: Options) -> Result<Self, Error> {
        // Fetching takes its time, and the caller's runtime may have but one thread.
        let binary = tokio::task::spawn_blocking(find);
        let binary = binary.await.map_err(Error::http("looking for Envoy"))??;
        let folder = process::fresh_folder()?;
        let started = Self::start_in(&folder, &binary, &bootstrap.into(), &options).await;
        if started.is_err() {
            // Only the log was of interest, and the error has it.
            let _ = fs::remove_dir_all(&folder);
        }
        started
    }

    async fn start_in(
        folder: &Path,
        binary: &Path,
        bootstrap: &Value,
        options: &Options,
    ) -> Result<Self, Error> {
        let file = folder.join("bootstrap.json");
        write(&file, &with_folder(bootstrap, folder))?;
        write(&folder.join(bootstrap::LISTENERS_FILE), &bootstrap::listener_resources([]).to_string())?;
        let admin_file = folder.join("admin-address");
        let mut arguments = vec![
            "--disable-hot-restart".into(),
            "--config-path".into(),
            file.into_os_string(),
            "--admin-address-path".into(),
            admin_file.clone().into_os_string(),
            "--concurrency".into(),
            options.concurrency.to_string().into(),
            "--log-level".into(),
            options.log_level.clone().into(),
            // Tests read access logs; Envoy's own ten seconds would be most of a test's time.
            "--file-flush-interval-msec".into(),
            "20".into(),
        ];
        if let Some(levels) = &options.component_log_level {
            arguments.extend(["--component-log-level".into(), levels.into()]);
        }
        if let Some(time) = options.drain_time {
            let seconds = time.as_secs().to_string();
            arguments.extend(["--drain-time-s".into(), seconds.into()]);
            arguments.extend(["--drain-strategy".into(), "immediate".into()]);
        }
        let mut process = Process::start(binary, &arguments, &folder.join("envoy.log"))?;
        let admin = wait_until_ready(&mut process, &admin_file).await?;
        Ok(Self { process, folder: folder.to_path_buf(), admin })
    }

    /// Where a listener listens; its name is [`Listener::new`]'s.
    pub async fn address(&self, listener: &str) -> Result<SocketAddr, Error> {
        let addresses = self.addresses().await?;
        addresses.get(listener).copied().ok_or_else(|| {
            let names: Vec<&str> = addresses.keys().map(String::as_str).collect();
            Error::configuration(format!("Envoy has no listener {listener}, only {}", names.join(", ")))
        })
    }

    /// Where all listeners listen, by name.
    pub async fn addresses(&self) -> Result<BTreeMap<String, SocketAddr>, Error> {
        admin::listener_addresses(self.admin).await
    }

    /// Where the administration interface listens.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// Envoy's version, as in `1.40.0`.
    pub async fn version(&self) -> Result<String, Error> {
        admin::version(self.admin).await
    }

    /// All counters and gauges whose names match a regular expression.
    pub async fn stats(&self, filter: &str) -> Result<BTreeMap<String, u64>, Error> {
        admin::stats(self.admin, filter).await
    }

    /// One counter or gauge; zero when Envoy does not have it (yet).
    pub async fn stat(&self, name: &str) -> Result<u64, Error> {
        let exactly = format!("^{}$", name.replace('.', "\\."));
        Ok(self.stats(&exactly).await?.get(name).copied().unwrap_or_default())
    }

    /// Waits until a counter or gauge has at least this value.
    pub async fn wait_for_stat(&self, name: &str, at_least: u64) -> Result<(), Error> {
        poll(&format!("{name} to reach {at_least}"), async || Ok(self.stat(name).await? >= at_least)).await
    }

    /// Waits until counters and gauges whose names match a regular expression are as they should be; gives them.
    pub async fn wait_for_stats(
        &self,
        filter: &str,
        reached: impl Fn(&BTreeMap<String, u64>) -> bool,
    ) -> Result<BTreeMap<String, u64>, Error> {
        poll(&format!("{filter} to be as it should"), async || Ok(reached(&self.stats(filter).await?)))
            .await?;
        self.stats(filter).await
    }

    /// Waits until a counter or gauge has exactly this value.
    pub async fn wait_until_stat_is(&self, name: &str, value: u64) -> Result<(), Error> {
        poll(&format!("{name} to be {value}"), async || Ok(self.stat(name).await? == value)).await
    }

    /// Waits until a histogram holds a value.
    pub async fn wait_for_histogram(&self, name: &str) -> Result<(), Error> {
        poll(&format!("a value of {name}"), async || admin::has_recorded(self.admin, name).await).await
    }

    /// All that Envoy logged so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits until the log holds this text.
    pub async fn wait_for_log(&self, text: &str) -> Result<(), Error> {
        poll(&format!("{text:?} in Envoy's log"), async || Ok(self.log().contains(text))).await
    }

    /// The access log of a listener so far.
    pub fn access_log(&self, listener: &str) -> String {
        let bytes = fs::read(self.folder.join(bootstrap::access_log_name(listener))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a listener's access log holds this text.
    pub async fn wait_for_access_log(&self, listener: &str, text: &str) -> Result<(), Error> {
        poll(&format!("{text:?} in the access log"), async || Ok(self.access_log(listener).contains(text)))
            .await
    }

    /// Replaces the listeners that were given here before, and waits until Envoy has taken the new ones; an error
    /// with the log when it refuses. The bootstrap needs [`Bootstrap::dynamic_listeners`].
    pub async fn update_listeners(&self, listeners: impl IntoIterator<Item = Listener>) -> Result<(), Error> {
        let attempts = |stats: &BTreeMap<String, u64>| {
            let of =
                |name: &str| stats.get(&format!("listener_manager.lds.{name}")).copied().unwrap_or_default();
            // What is no listener at all is not rejected: it fails to be read.
            (of("update_success"), of("update_rejected") + of("update_failure"))
        };
        let before = attempts(&self.stats(LDS_STATS).await?);
        let document = with_folder(&bootstrap::listener_resources(listeners), &self.folder);
        let fresh = self.folder.join("listeners.fresh");
        write(&fresh, &document)?;
        // Envoy watches for files that are moved into place: so it never reads half of one.
        let moved = fs::rename(&fresh, self.folder.join(bootstrap::LISTENERS_FILE));
        moved.map_err(Error::io("replacing the listeners"))?;
        poll("Envoy to read its listeners", async || Ok(attempts(&self.stats(LDS_STATS).await?) != before))
            .await?;
        if attempts(&self.stats(LDS_STATS).await?).1 > before.1 {
            return Err(Error::EnvoyExited {
                status: "it refused its listeners".to_owned(),
                log: self.log(),
            });
        }
        poll("the new listeners to start", async || {
            let stats = self.stats("^listener_manager\\.").await?;
            Ok(stats.get("listener_manager.total_listeners_warming").is_none_or(|warming| *warming == 0))
        })
        .await
    }

    /// Processor time used so far, all threads, user and system.
    pub fn cpu_time(&self) -> Result<Duration, Error> {
        self.process.cpu_time()
    }

    /// Resident memory at the moment.
    pub fn resident_bytes(&self) -> Result<u64, Error> {
        self.process.resident_bytes()
    }

    /// The process identifier.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Whether Envoy still runs: it should, whatever a test does to it.
    pub fn is_running(&mut self) -> Result<bool, Error> {
        Ok(self.process.exit_status()?.is_none())
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        self.process.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn wait_until_ready(process: &mut Process, admin_file: &Path) -> Result<SocketAddr, Error> {
    let begun = Instant::now();
    while begun.elapsed() < START_PATIENCE {
        if let Some(status) = process.exit_status()? {
            return Err(Error::EnvoyExited { status: status.to_string(), log: process.log() });
        }
        let written = fs::read_to_string(admin_file).unwrap_or_default();
        if let Ok(admin) = written.trim().parse() {
            // Not listening yet is the same as not ready yet.
            if admin::is_ready(admin).await {
                return Ok(admin);
            }
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let waiting_for = format!("Envoy to become ready; its log:\n{}", process.log());
    Err(Error::TimedOut { waiting_for, after: START_PATIENCE })
}

/// Envoy announces nothing to other processes, so its state can only be asked for, again and again.
async fn poll(waiting_for: &str, reached: impl AsyncFn() -> Result<bool, Error>) -> Result<(), Error> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if reached().await? {
            return Ok(());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Err(Error::TimedOut { waiting_for: waiting_for.to_owned(), after: PATIENCE })
}

fn with_folder(document: &Value, folder: &Path) -> String {
    document.to_string().replace("{folder}", &folder.to_string_lossy())
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    fs::write(file, text).map_err(Error::io(format!("writing {}", file.display())))
}

const LDS_STATS: &str = "^listener_manager\\.lds\\.update_";

const POLL_INTERVAL: Duration = Duration::from_millis(20);
