//! A TCP proxy in front of another server, which spoils what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::scripted::trickle;

/// What a proxy does to a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Lets everything pass.
    Pass,
    /// Resets the connection as soon as something comes.
    Refuse,
    /// Lets nothing pass, and keeps the connection.
    Stall,
    /// Resets the connection after so many bytes of answers.
    CutAfter(usize),
    /// Lets answers pass byte by byte, with a pause after each.
    Trickle(Duration),
}

/// A proxy. It ends when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy that treats the first connection by the first manner, and so on. The last one stays.
    pub(crate) async fn start(behind: SocketAddr, manners: Vec<Manner>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            for n in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let manner = manners.get(n).or(manners.last()).copied().unwrap_or(Manner::Pass);
                connections.spawn(pass(stream, behind, manner));
            }
        });
        Proxy { address, accepting }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(client: TcpStream, behind: SocketAddr, manner: Manner) {
    if matches!(manner, Manner::Refuse | Manner::CutAfter(_)) {
        client.set_zero_linger().expect("a reset prepared");
    }
    if matches!(manner, Manner::Refuse) {
        // Not at once, or some clients would find it broken before they have it.
        return drop(client.peek(&mut [0]).await);
    }
    let server = TcpStream::connect(behind).await.expect("the server behind the proxy");
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let requests = async {
        // Ends with the client, and so does the connection.
        match manner {
            Manner::Stall => drop(tokio::io::copy(&mut from_client, &mut tokio::io::sink()).await),
            _ => drop(tokio::io::copy(&mut from_client, &mut to_server).await),
        }
    };
    tokio::select! {
        () = requests => {}
        _ = answers(from_server, to_client, manner) => {}
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, manner: Manner) -> std::io::Result<()> {
    let mut left = if let Manner::CutAfter(bytes) = manner { bytes } else { usize::MAX };
    let mut buffer = [0; 4096];
    loop {
        if left == 0 {
            // Dropped, it would end the connection before that is reset.
            to.forget();
            return Ok(());
        }
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let taken = read.min(left);
        left -= taken;
        match manner {
            Manner::Trickle(pause) => trickle(&mut to, &buffer[..taken], pause).await?,
            _ => to.write_all(&buffer[..taken]).await?,
        }
    }
}
