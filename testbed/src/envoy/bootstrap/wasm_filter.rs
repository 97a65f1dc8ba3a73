//! The filter under test, as Envoy is told of it.

use std::path::Path;

use serde_json::{Value, json};

use super::extension;

/// The filter under test.
#[derive(Clone, Debug)]
pub struct WasmFilter {
    name: String,
    vm_id: String,
    module: String,
    failure_policy: String,
    configuration: Value,
    encoding: Encoding,
    stopping: Stopping,
}

/// What Envoy stops for a request that waits.
#[derive(Clone, Copy, Debug)]
enum Stopping {
    /// Headers, body and trailers.
    Everything,
    /// The headers; the filter gets the rest as it comes.
    HeadersAlone,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Text,
    Struct,
}

impl WasmFilter {
    /// The filter with a configuration, as `StringValue`: text as it is (JSON or XML), an object as its JSON.
    pub fn new(module: &Path, configuration: impl Into<Value>) -> Self {
        Self {
            name: "validate_jwt".to_owned(),
            vm_id: "validate_jwt".to_owned(),
            module: module.to_string_lossy().into_owned(),
            failure_policy: "FAIL_RELOAD".to_owned(),
            configuration: configuration.into(),
            encoding: Encoding::Text,
            stopping: Stopping::Everything,
        }
    }

    /// Stops the headers alone of a request that waits (`allow_on_headers_stop_iteration`, Envoy 1.35): whether the rest
    /// waits is up to the filter then.
    #[must_use]
    pub fn stopping_headers_alone(mut self) -> Self {
        self.stopping = Stopping::HeadersAlone;
        self
    }

    /// Passes a configuration that is an object as `Struct`, of which Envoy hands the protobuf encoding to the filter.
    #[must_use]
    pub fn as_struct(mut self) -> Self {
        self.encoding = Encoding::Struct;
        self
    }

    /// Names the filter, for several in one listener.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the VM's identifier: filters with the same one share their data.
    #[must_use]
    pub fn vm_id(mut self, vm_id: &str) -> Self {
        vm_id.clone_into(&mut self.vm_id);
        self
    }

    /// Sets what Envoy does when the VM fails.
    #[must_use]
    pub fn failure_policy(mut self, policy: &str) -> Self {
        policy.clone_into(&mut self.failure_policy);
        self
    }
}

impl From<WasmFilter> for Value {
    fn from(filter: WasmFilter) -> Self {
        let (kind, value) = match (filter.encoding, filter.configuration) {
            (Encoding::Struct, object) => ("Struct", object),
            (Encoding::Text, Value::String(text)) => ("StringValue", Value::String(text)),
            (Encoding::Text, object) => ("StringValue", Value::String(object.to_string())),
        };
        let mut config = json!({"config": {
            "name": filter.name,
            "failure_policy": filter.failure_policy,
            "vm_config": {
                "vm_id": filter.vm_id,
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": filter.module}},
            },
            "configuration": {
                "@type": format!("type.googleapis.com/google.protobuf.{kind}"),
                "value": value,
            },
        }});
        if matches!(filter.stopping, Stopping::HeadersAlone) {
            config["config"]["allow_on_headers_stop_iteration"] = json!(true);
        }
        extension(&filter.name, "filters.http.wasm.v3.Wasm", config)
    }
}
