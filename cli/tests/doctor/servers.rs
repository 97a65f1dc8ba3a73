//! Servers that the test bed has none of: TLS in front of another server, fixed answers, and a proxy.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A certificate of `tls/`; all are for `idp.contoso.example`, `keys.contoso.example`, `login.microsoftonline.com` and
/// `localhost`, and signed by the authority there.
#[derive(Clone, Copy)]
pub(crate) enum Certificate {
    Good,
    Expired,
    Early,
}

/// The file of the authority.
pub(crate) const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor/tls/authority.pem");

/// Speaks TLS, and hands every request on to a server that does not.
pub(crate) fn tls(certificate: Certificate, behind: SocketAddr) -> SocketAddr {
    let chain: &[u8] = match certificate {
        Certificate::Good => include_bytes!("tls/server.pem"),
        Certificate::Expired => include_bytes!("tls/expired.pem"),
        Certificate::Early => include_bytes!("tls/early.pem"),
    };
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server-key.pem")).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(chain).unwrap()];
    let cryptography = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(cryptography).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    serve(move |stream| {
        let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        let head = head(&mut tls)?;
        let mut server = TcpStream::connect(behind)?;
        server.write_all(head.trim_end().as_bytes())?;
        server.write_all(b"\r\nconnection: close\r\n\r\n")?;
        io::copy(&mut server, &mut tls)?;
        tls.conn.send_close_notify();
        tls.flush()
    })
}

/// Answers every request with this text, and ends the connection.
pub(crate) fn saying(answer: impl Into<String>) -> SocketAddr {
    let answer = answer.into();
    serve(move |mut stream| {
        head(&mut stream)?;
        stream.write_all(answer.as_bytes())
    })
}

/// A whole answer, with its length; `headers` end in a line's end each.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// A proxy that takes `CONNECT`, leads everybody to one server, and notes where they wanted to go.
pub(crate) fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let wanted = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&wanted);
    let address = serve(move |mut client| {
        let head = head(&mut client)?;
        noted.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let mut server = TcpStream::connect(to)?;
        let (mut upstream, mut downstream) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || io::copy(&mut downstream, &mut upstream));
        io::copy(&mut server, &mut client).map(drop)
    });
    (address, wanted)
}

/// Gives every connection to a thread of its own. How one ends is the client's view to judge.
fn serve(answer: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Reads a request's head.
fn head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}
