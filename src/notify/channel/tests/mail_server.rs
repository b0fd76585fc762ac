//! A mail server of a few lines.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it says to a command; `None` for what any server says.
pub(super) type Script = fn(&str) -> Option<&'static str>;

/// Where it listens on loopback, and what it was told, a line each: commands, and the lines of mails.
pub(super) struct MailServer {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

/// How its connections are encrypted.
#[derive(Clone)]
pub(super) enum Tls {
    Never,
    FromTheFirstByte(TlsAcceptor),
    WhenAsked(TlsAcceptor),
}

impl MailServer {
    pub(super) async fn start(script: Script) -> MailServer {
        MailServer::with(Tls::Never, script).await
    }

    pub(super) async fn with(tls: Tls, script: Script) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let server = MailServer { port, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let talk = Talk { script, seen: Arc::clone(&seen) };
                tokio::spawn(talk.serve(stream, tls.clone()));
            }
        });
        server
    }

    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("a lock").clone()
    }
}

struct Talk {
    script: Script,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    /// An error ends the connection, as with any server.
    async fn serve(self, stream: tokio::net::TcpStream, tls: Tls) {
        match tls {
            Tls::Never => drop(self.talk(stream, "").await),
            Tls::FromTheFirstByte(acceptor) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(self.talk(stream, "").await);
                }
            }
            Tls::WhenAsked(acceptor) => {
                if let Ok(Some(stream)) = self.talk(stream, "250-STARTTLS\r\n").await
                    && let Ok(stream) = acceptor.accept(stream).await
                {
                    drop(self.talk_on(stream, "").await);
                }
            }
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S, offers: &str) -> std::io::Result<Option<S>> {
        let greeting = (self.script)("").unwrap_or("220 mail.test ESMTP");
        stream.write_all(format!("{greeting}\r\n").as_bytes()).await?;
        self.talk_on(stream, offers).await
    }

    /// Gives the connection back when it is to be encrypted.
    async fn talk_on<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, offers: &str) -> std::io::Result<Option<S>> {
        let (mut stream, mut is_mail) = (BufReader::new(stream), false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let line = line.trim_end().to_owned();
            self.seen.lock().expect("a lock").push(line.clone());
            if is_mail && line != "." {
                continue;
            }
            let said = match ((self.script)(&line), line.as_str()) {
                (Some("hang up"), _) => return Ok(None),
                (Some("hang"), _) => std::future::pending().await,
                (Some(said), _) => said.to_owned(),
                (None, "DATA") => "354 go on".to_owned(),
                (None, "STARTTLS") => "220 go on".to_owned(),
                (None, line) if line.starts_with("EHLO") => format!("250-mail.test\r\n{offers}250 AUTH PLAIN LOGIN"),
                (None, line) if line.starts_with("AUTH") => "235 welcome".to_owned(),
                (None, _) => "250 fine".to_owned(),
            };
            stream.write_all(format!("{said}\r\n").as_bytes()).await?;
            is_mail = said.starts_with("354");
            if line == "STARTTLS" && said.starts_with("220") {
                return Ok(Some(stream.into_inner()));
            }
        }
    }
}
