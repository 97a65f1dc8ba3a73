//! The requests under way, lent to the VM while it runs.

use std::collections::BTreeMap;

use proxy_wasm_host::abi::v0_2_1::types::{MapType, Status, StreamType};
use proxy_wasm_host::abi::v0_2_1::{Access, ContextId, ForeignCall, Invocation, LocalResponse, StreamState};
use proxy_wasm_host::{HeaderMap, VecHeaderMap};

use crate::ledger::Ledger;

/// Requests by their context. A callback may reach any of them: the root settles the ones that are held.
#[derive(Default)]
pub(crate) struct Streams {
    pub(crate) open: BTreeMap<u32, Stream>,
    pub(crate) properties: Properties,
    pub(crate) trailers: Trailers,
    pub(crate) ledger: Ledger,
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

    fn property(&mut self, _: Invocation, _: &[&[u8]], _: &mut Vec<u8>) -> Result<(), Status> {
        self.ledger.count("read a property");
        Err(Status::NotFound)
    }

    fn set_property(&mut self, call: Invocation, path: &[&[u8]], value: &[u8]) -> Result<(), Status> {
        self.ledger.count("write a property");
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
        Err(Status::NotFound)
    }
}
