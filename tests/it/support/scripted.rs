//! A server that says any bytes at any pace, over plain TCP or TLS: what no HTTP library would say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apicron::clock::Clock;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a server does on a connection, one after the other. After the last it ends the connection.
pub(crate) type Script = Vec<Step>;

/// One thing that a server does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Reads a whole request.
    Hear,
    /// Waits until something comes, and takes a byte of it.
    Notice,
    /// Reads the head of a request and leaves its body where it is.
    HearHead,
    /// Says this at once.
    Say(Bytes),
    /// Says this byte by byte, with a pause after each.
    Trickle(Bytes, Duration),
    /// Says this so many times.
    Flood(Bytes, u64),
    /// Says this again and again, with a pause after each.
    Repeat(Bytes, Duration),
    /// Says and does nothing until the other side goes.
    Hold,
    /// Neither says nor reads anything any more.
    Deaf,
    /// Resets the connection instead of ending it.
    Reset,
}

/// A scripted server. It ends when dropped.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Scripted {
    /// Starts a server that plays the first script on the first connection, and so on. The last one stays.
    pub(crate) async fn start(scripts: Vec<Script>) -> Scripted {
        Scripted::start_behind(None, scripts).await
    }

    /// The same, behind TLS.
    pub(crate) async fn start_behind(tls: Option<TlsAcceptor>, scripts: Vec<Script>) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::default();
        let accepting = tokio::spawn(accept(listener, tls, scripts, Arc::clone(&heard)));
        Scripted { address, heard, accepting }
    }

    /// The first lines of all requests that it heard.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, scripts: Vec<Script>, heard: Arc<Mutex<Vec<String>>>) {
    let mut connections = tokio::task::JoinSet::new();
    for n in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        let script = scripts.get(n).or(scripts.last()).cloned().unwrap_or_default();
        connections.spawn(serve(stream, tls.clone(), script, Arc::clone(&heard)));
    }
}

async fn serve(mut stream: TcpStream, tls: Option<TlsAcceptor>, script: Script, heard: Arc<Mutex<Vec<String>>>) {
    // What a client that has gone does not hear any more is no concern of the server.
    let resets = script.iter().any(|step| matches!(step, Step::Reset));
    if resets {
        stream.set_zero_linger().expect("a reset prepared");
    }
    match tls {
        None => drop(play(&mut stream, script, &heard).await),
        Some(tls) => {
            if let Ok(mut stream) = tls.accept(stream).await {
                drop(play(&mut stream, script, &heard).await);
            }
        }
    }
}

async fn play(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: Script,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    for step in script {
        match step {
            Step::Hear | Step::HearHead => {
                let Some((head, mut length)) = hear_head(stream).await? else { return Ok(()) };
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                let mut body = [0; 4096];
                while matches!(step, Step::Hear) && length > 0 {
                    let read = stream.read(&mut body).await?;
                    length = if read == 0 { 0 } else { length.saturating_sub(read) };
                }
            }
            Step::Notice => drop(stream.read(&mut [0]).await?),
            Step::Say(bytes) => stream.write_all(&bytes).await?,
            Step::Trickle(bytes, pause) => trickle(stream, &bytes, pause).await?,
            Step::Flood(bytes, times) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                }
            }
            Step::Repeat(bytes, pause) => loop {
                stream.write_all(&bytes).await?;
                Clock::system().sleep(pause).await;
            },
            Step::Hold => while stream.read(&mut [0; 4096]).await? > 0 {},
            Step::Deaf => std::future::pending().await,
            Step::Reset => return Ok(()),
        }
        stream.flush().await?;
    }
    stream.shutdown().await
}

/// Writes byte by byte.
pub(crate) async fn trickle(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    pause: Duration,
) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        Clock::system().sleep(pause).await;
    }
    Ok(())
}

/// The first line of the next request, and how long its body is. `None` when no other one comes.
async fn hear_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<(String, usize)>> {
    let mut head = Vec::new();
    // Byte by byte, so that nothing of the body is taken.
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    Ok(Some((head.lines().next().unwrap_or_default().to_owned(), length.unwrap_or(0))))
}
