//! A webhook that keeps what it is told.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use serde_json::Value;

/// Runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Value>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Receiver {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
        let router = Router::new().fallback(hear).with_state(Arc::clone(&heard));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Receiver { url, heard, server }
    }

    /// Each message, as `ALERT WHAT: REASON`.
    pub(crate) fn heard(&self) -> Vec<String> {
        let word = |message: &Value, field: &str| message[field].as_str().expect("a text").to_owned();
        let line = |message: &Value| {
            format!("{} {}: {}", word(message, "alert"), word(message, "what"), word(message, "reason"))
        };
        self.heard.lock().expect("the memory").iter().map(line).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hear(State(heard): State<Arc<Mutex<Vec<Value>>>>, body: String) {
    let batch: Value = serde_json::from_str(&body).expect("JSON");
    let messages = batch["messages"].as_array().expect("messages").clone();
    heard.lock().expect("the memory").extend(messages);
}
