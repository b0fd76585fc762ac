//! Faults as jobs of one file, each with a server of its own, run in one process; and what the store has of them.

use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::time::Duration;

use apicron::standin::Standin;
use regex::Regex;
use tokio::net::{TcpSocket, TcpStream};

use super::fault::{Fault, Right, Site};
use crate::support::binary::Folder;
use crate::support::jobs;
use crate::support::proxy::Proxy;
use crate::support::rows::rows;
use crate::support::scripted::Scripted;
use crate::support::serving::store;
use crate::support::standin;
use crate::support::tls::Authority;

/// How a fault ended.
#[derive(Debug, Default)]
pub(super) struct Tried {
    state: String,
    kind: String,
    reason: String,
    value: Option<String>,
    pub(super) attempts: usize,
    pub(super) requests: usize,
    pub(super) took: Duration,
}

impl Tried {
    /// The end, as exactly as `right` has it.
    pub(super) fn ended(&self, right: Right) -> Right {
        match (self.state.as_str(), right) {
            ("succeeded", Right::Value(_)) => Right::Value(self.value.clone().unwrap_or_default().leak()),
            ("succeeded", _) => Right::Done,
            ("refused", _) => Right::Refused,
            _ => Right::Fails(self.kind.clone().leak()),
        }
    }

    /// What a person reads, without what differs from time to time and from machine to machine: in which step it is
    /// found that a connection is broken is a matter of luck.
    pub(super) fn told(&self) -> String {
        static VARYING: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
            let broken = r"(client error \(SendRequest\): |connection error: |error (reading|writing) a body \w+ connection: )*(Connection reset by peer|Broken pipe|connection closed before message completed)( \(os error \d+\))?";
            let texts = [
                (broken, "<the connection broke>"),
                (r"\d{9,}", "<number>"),
                (r"address information: [^;]*", "address information: <why>"),
            ];
            texts.map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word))
        });
        VARYING.iter().fold(self.said(), |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
    }

    fn said(&self) -> String {
        match self.state.as_str() {
            "succeeded" => format!("succeeded {}", self.reason).trim_end().to_owned(),
            state => format!("{state} ({}): {}", self.kind, self.reason),
        }
    }
}

/// What plays a site, as long as it lives.
enum Player {
    Scripted(Scripted),
    Proxied(#[expect(dead_code, reason = "it lives")] Proxy),
    Full(#[expect(dead_code, reason = "they live")] (tokio::net::TcpListener, Vec<TcpStream>)),
    Nobody,
}

/// Servers that play their parts, and a folder with a job for each.
pub(super) struct Stage {
    pub(super) folder: Folder,
    players: Vec<Player>,
    #[expect(dead_code, reason = "it lives")]
    standin: Standin,
}

/// Tries all faults at once.
pub(super) async fn of(faults: &[Fault]) -> Vec<Tried> {
    let stage = Stage::set(faults).await;
    let ended = tokio::task::block_in_place(|| stage.folder.run(&["run", "--all"]));
    assert!(matches!(ended.code(), 1 | 4), "{ended:#?}");
    stage.tried(faults).await
}

impl Stage {
    pub(super) async fn set(faults: &[Fault]) -> Stage {
        let (standin, authority) = (standin::start().await, Authority::new());
        let mut text = format!("concurrency = 200\n{}", jobs::head(&standin));
        let mut players = Vec::new();
        for fault in faults {
            let (player, url) = play(&fault.site, &standin, &authority).await;
            write_job(&mut text, fault, &url);
            players.push(player);
        }
        let folder = jobs::folder(&text)
            .file("authority.pem", &authority.pem())
            .file("big.bin", &"x".repeat(8 << 20))
            .env("SSL_CERT_FILE", "authority.pem");
        Stage { folder, players, standin }
    }

    /// How each of them ended.
    pub(super) async fn tried(&self, faults: &[Fault]) -> Vec<Tried> {
        let mut tried = Vec::new();
        for (fault, player) in faults.iter().zip(&self.players) {
            let requests = if let Player::Scripted(server) = player { server.heard().len() } else { 0 };
            tried.push(Tried { requests, ..read(&self.folder, fault.name).await });
        }
        tried
    }
}

async fn play(site: &Site, standin: &Standin, authority: &Authority) -> (Player, String) {
    let scripted = |server: Scripted, start: &str| {
        let url = format!("{start}:{}", server.address.port());
        (Player::Scripted(server), url)
    };
    match site {
        Site::Scripts(scripts) => scripted(Scripted::start(scripts.clone()).await, "http://127.0.0.1"),
        Site::Tls(says, script) => {
            let server = Scripted::start_behind(Some(authority.server(*says)), vec![script.clone()]).await;
            scripted(server, "https://localhost")
        }
        Site::TlsExpected(script) => scripted(Scripted::start(vec![script.clone()]).await, "https://localhost"),
        Site::Proxied(manners) => {
            let behind: SocketAddr = standin.url().trim_start_matches("http://").parse().expect("an address");
            let proxy = Proxy::start(behind, manners.clone()).await;
            let url = format!("http://{}/v1", proxy.address);
            (Player::Proxied(proxy), url)
        }
        Site::Address(url) => (Player::Nobody, (*url).to_owned()),
        Site::Closed => {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            (Player::Nobody, format!("http://{}", listener.local_addr().expect("an address")))
        }
        Site::Full => {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
            let listener = socket.listen(0).expect("a listener");
            let address = listener.local_addr().expect("an address");
            // Linux takes one more than it is told to; a third would wait.
            let waiting = vec![TcpStream::connect(address).await.expect("a place in its line")];
            (Player::Full((listener, waiting)), format!("http://{address}"))
        }
    }
}

fn write_job(text: &mut String, fault: &Fault, url: &str) {
    let Fault { name, keys, calls, .. } = fault;
    let credential = if fault.is_guarded { "credential = \"standin\"" } else { "" };
    let scopes = if fault.is_guarded { "scopes = [\"usage:read\"]" } else { "" };
    _ = write!(
        text,
        "
[apis.{name}]
base_url = \"{url}\"
{credential}
[jobs.{name}]
api = \"{name}\"
{scopes}
deadline = \"30s\"
retry = {{ attempts = 2, backoff = \"10ms\", max_backoff = \"20ms\" }}
{keys}
"
    );
    for call in calls {
        _ = writeln!(text, "[[jobs.{name}.calls]]\n{call}");
    }
}

async fn read(folder: &Folder, job: &str) -> Tried {
    let sql = format!(
        "select state, kind, reason, (select cast(count(*) as text) from v_attempts where run_id = r.id),
           cast(cast(round((julianday(finished_at) - julianday(started_at)) * 86400000) as integer) as text),
           (select cast(value as text) from v_samples where run_id = r.id and metric = '{job}.used')
         from v_runs r where job = '{job}'"
    );
    let found = rows(&store(folder), &sql).await;
    let [run] = found.as_slice() else { panic!("{job} has {} runs", found.len()) };
    let [state, kind, reason, attempts, took, value] = run.as_slice() else { panic!("six columns: {run:?}") };
    Tried {
        state: state.clone(),
        kind: kind.clone(),
        reason: crate::support::redact::by_word(reason),
        value: (!value.is_empty()).then(|| value.clone()),
        attempts: attempts.parse().expect("a number"),
        requests: 0,
        took: Duration::from_millis(took.parse().expect("a duration")),
    }
}
