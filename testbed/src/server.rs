//! An HTTP server on a port that stays its own while it is stopped and started again.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use socket2::{SockRef, Socket};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use crate::error::Error;
use crate::runtime;

/// What a server answers with. An error in the body cuts the connection.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What is behind a server.
pub(crate) trait Site: Send + Sync + 'static {
    /// Answers one request. An error drops the connection without an answer.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: Arc<Connection>,
    ) -> impl Future<Output = io::Result<Response<Body>>> + Send;
}

/// One accepted connection, for what HTTP cannot express.
pub(crate) struct Connection {
    socket: Socket,
    dropped: Notify,
}

impl Connection {
    /// Ends the connection with a TCP reset.
    pub(crate) fn reset(&self) {
        // A close with unsent data discarded is what makes the kernel send RST instead of FIN.
        let _ = self.socket.set_linger(Some(Duration::ZERO));
        self.dropped.notify_one();
    }
}

/// A listening, or stopped, server. Dropping it ends it and its connections.
pub(crate) struct Server<S> {
    site: Arc<S>,
    address: SocketAddr,
    state: Mutex<State>,
}

enum State {
    Listening(JoinHandle<()>),
    /// Bound but not listening: connections are refused, and nobody else gets the port meanwhile.
    Reserved(TcpSocket),
    /// On the way from one to the other, or the port was lost.
    Closed,
}

impl<S: Site> Server<S> {
    /// Starts to listen; port 0 picks a free one.
    pub(crate) fn start(site: Arc<S>, address: SocketAddr) -> Result<Self, Error> {
        let _context = runtime::runtime().enter();
        let listening = bind(address, Beside::Nobody).and_then(|socket| {
            let address = socket.local_addr()?;
            Ok((socket.listen(BACKLOG)?, address))
        });
        let (listener, address) = listening.map_err(Error::io(format!("listening on {address}")))?;
        let state = State::Listening(runtime::spawn(accept(listener, site.clone())));
        Ok(Self { site, address, state: Mutex::new(state) })
    }

    /// Where it listens, or did.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: open connections are dropped, new ones refused.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        let state = std::mem::replace(&mut *self.lock(), State::Closed);
        let next = match state {
            State::Listening(task) => {
                // Before the listener lets go of the port: somebody else would get it in between.
                let reserved = {
                    let _context = runtime::runtime().enter();
                    bind(self.address, Beside::OwnListener)
                };
                task.abort();
                // An aborted task reports just that; by then nobody listens.
                let _ = task.await;
                State::Reserved(reserved.map_err(Error::io(format!("keeping {} reserved", self.address)))?)
            }
            other => other,
        };
        *self.lock() = next;
        Ok(())
    }

    /// Listens again on the same port.
    pub(crate) fn restart(&self) -> Result<(), Error> {
        let mut state = self.lock();
        let socket = match std::mem::replace(&mut *state, State::Closed) {
            listening @ State::Listening(_) => {
                *state = listening;
                return Ok(());
            }
            State::Reserved(socket) => Ok(socket),
            State::Closed => bind(self.address, Beside::Nobody),
        };
        let _context = runtime::runtime().enter();
        let listener = socket.and_then(|socket| socket.listen(BACKLOG));
        let listener = listener.map_err(Error::io(format!("listening on {} again", self.address)))?;
        *state = State::Listening(runtime::spawn(accept(listener, self.site.clone())));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Drop for Server<S> {
    fn drop(&mut self) {
        if let State::Listening(task) = &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

/// A body that is there at once.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// No body.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Who may have the port already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nobody,
    /// A socket that [`bind`] has made.
    OwnListener,
}

fn bind(address: SocketAddr, beside: Beside) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    if beside == Beside::OwnListener {
        socket.set_reuseport(true)?;
    }
    socket.bind(address)?;
    // Only now: it is ours alone until `stop` binds another one.
    socket.set_reuseport(true)?;
    Ok(socket)
}

/// Accepts until aborted; the connections are the set's and end with it.
async fn accept<S: Site>(listener: TcpListener, site: Arc<S>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that is gone before it is accepted is the client's business.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, site.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<S: Site>(stream: TcpStream, site: Arc<S>) {
    let _ = stream.set_nodelay(true);
    let Ok(socket) = SockRef::from(&stream).try_clone() else { return };
    let connection = Arc::new(Connection { socket, dropped: Notify::new() });
    let answering = connection.clone();
    let service = service_fn(move |request| site.clone().answer(request, answering.clone()));
    let builder = auto::Builder::new(TokioExecutor::new());
    let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    // How a connection ends is the client's view to judge, not the server's.
    tokio::select! {
        _ = served => {}
        () = connection.dropped.notified() => {}
    }
}

const BACKLOG: u32 = 1024;
