//! The requests under way, lent to the VM while it runs.

use std::collections::BTreeMap;

use proxy_wasm_host::abi::v0_2_1::types::{MapType, Status, StreamType};
use proxy_wasm_host::abi::v0_2_1::{Access, ContextId, ForeignCall, Invocation, LocalResponse, StreamState};
use proxy_wasm_host::{HeaderMap, VecHeaderMap};

use crate::ledger::Ledger;
use crate::nginx::{Offences, Strictness, is_of_root};

/// Requests by their context. A callback may reach any of them: the root settles the ones that are held.
#[derive(Default)]
pub(crate) struct Streams {
    pub(crate) open: BTreeMap<u32, Stream>,
    pub(crate) properties: Properties,
    pub(crate) trailers: Trailers,
    pub(crate) strictness: Strictness,
    pub(crate) ledger: Ledger,
    pub(crate) offences: Offences,
}

/// Whether a filter can write properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Properties {
    /// As in Envoy.
    #[default]
    Kept,
    /// The host knows no such property.
    Refused,
}

/// Whether a filter can change trailers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trailers {
    /// As in Envoy.
    #[default]
    Changeable,
    /// They can be read only.
    Fixed,
}

/// One request.
#[derive(Default)]
pub(crate) struct Stream {
    pub(crate) headers: VecHeaderMap,
    pub(crate) trailers: VecHeaderMap,
    /// The target as the client sent it, where the host shows that.
    pub(crate) target: Option<String>,
    /// Headers that the upstream gets even if they are removed.
    pub(crate) irremovable: Vec<(String, String)>,
    pub(crate) written: BTreeMap<String, String>,
    pub(crate) resumed: bool,
    pub(crate) answer: Option<Answer>,
}

/// An answer in the API's stead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u32,
    /// What the access log shows as response code details.
    pub details: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Streams {
    /// Keeps what only a lenient host bears.
    fn forbid(&self, what: impl Into<String>) {
        if self.strictness == Strictness::Nginx {
            self.offences.add(what);
        }
    }

    fn stream(&mut self, context: ContextId) -> Result<&mut Stream, Status> {
        self.open.get_mut(&context.get()).ok_or(Status::BadArgument)
    }
}

impl StreamState for Streams {
    fn header_map(
        &mut self,
        call: Invocation,
        access: Access,
        map: MapType,
    ) -> Result<&mut dyn HeaderMap, Status> {
        self.ledger.count(match access {
            Access::Read => "read headers",
            Access::Write => "change a header",
        });
        match map {
            MapType::HttpRequestHeaders => Ok(&mut self.stream(call.context)?.headers),
            MapType::HttpRequestTrailers
                if access == Access::Read || self.trailers == Trailers::Changeable =>
            {
                Ok(&mut self.stream(call.context)?.trailers)
            }
            _ => Err(Status::BadArgument),
        }
    }

    fn continue_stream(&mut self, call: Invocation, stream: StreamType) -> Result<(), Status> {
        self.ledger.count("resume");
        self.forbid("a request is resumed");
        if stream != StreamType::HttpRequest {
            return Err(Status::BadArgument);
        }
        self.stream(call.context)?.resumed = true;
        Ok(())
    }

    fn send_local_response(&mut self, call: Invocation, response: LocalResponse<'_>) -> Result<(), Status> {
        self.ledger.count("answer");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stream = self.stream(call.context)?;
        if stream.resumed || stream.answer.is_some() {
            return Err(Status::BadArgument);
        }
        stream.answer = Some(Answer {
            status: response.status_code,
            details: text(&response.status_code_details),
            headers: response.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
            body: text(&response.body),
        });
        Ok(())
    }

    fn property(&mut self, call: Invocation, path: &[&[u8]], value: &mut Vec<u8>) -> Result<(), Status> {
        self.ledger.count("read a property");
        if self.strictness == Strictness::Lenient {
            return Err(Status::NotFound);
        }
        if is_of_root(call.callback) {
            self.forbid("a property is read outside of a request");
        }
        let found = match path {
            [b"ngx", b"pid"] => "4711",
            [b"request", b"path"] => self.stream(call.context)?.target.as_deref().unwrap_or_default(),
            _ => {
                self.forbid(format!("an unknown property is read: {path:?}"));
                return Err(Status::NotFound);
            }
        };
        value.extend_from_slice(found.as_bytes());
        Ok(())
    }

    fn set_property(&mut self, call: Invocation, path: &[&[u8]], value: &[u8]) -> Result<(), Status> {
        self.ledger.count("write a property");
        self.forbid("a property is written");
        if self.properties == Properties::Refused {
            return Err(Status::NotFound);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let path: Vec<_> = path.iter().map(|part| text(part)).collect();
        self.stream(call.context)?.written.insert(path.join("/"), text(value));
        Ok(())
    }

    fn call_foreign_function(
        &mut self,
        _: Invocation,
        _: ForeignCall<'_>,
        _: &mut Vec<u8>,
    ) -> Result<(), Status> {
        self.ledger.count("foreign function");
        self.forbid("a foreign function is called");
        Err(Status::NotFound)
    }
}
