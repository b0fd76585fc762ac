//! Whatever is sent, an answer comes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use apicron::standin::{DATA, Fault, Knobs};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::standin::{Caller, start, start_with};

/// Sends a request and reads what comes until the connection ends.
fn exchange(address: &str, request: &[u8]) -> String {
    let stream = send(address, request);
    read(stream)
}

/// Sends bytes after which nothing follows, and reads likewise.
fn exchange_broken(address: &str, bytes: &[u8]) -> String {
    let stream = send(address, bytes);
    stream.shutdown(Shutdown::Write).expect("the sending half closed");
    read(stream)
}

fn send(address: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    // The server may answer and close before it has read all of it.
    drop(stream.write_all(bytes));
    stream
}

fn read(mut stream: TcpStream) -> String {
    let mut reply = Vec::new();
    drop(stream.read_to_end(&mut reply));
    String::from_utf8_lossy(&reply).into_owned()
}

fn status(reply: &str) -> Option<u16> {
    reply.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_request_gets_an_answer_from_the_api_and_from_the_admin_endpoints() {
    let standin = start().await;
    let address = standin.url().trim_start_matches("http://").to_owned();
    let token = Caller::of(&standin).token(DATA).await;
    let place = prop_oneof![
        "/[!-~&&[^#]]{0,40}",
        "/v1/(models|files|chats|datasets)/[!-~&&[^#?/]]{1,9}",
        "/v1/(usage|models|files|datasets|datasets/[!-~&&[^#?/]]{1,9}(/snapshots)?|oauth2/token|public/.?/oauth2/token)",
        "/v1/(datasets|files|models/catalog)\\?(limit|cursor|offset|page|per_page|resourceId)=[!-~&&[^#]]{0,9}",
        "/_standin/(knobs|revoke|counts|journal|echo|[!-~&&[^#?]]{0,9})",
    ];
    let method = "GET|POST|PATCH|DELETE|OPTIONS|ODD";
    let authorization = prop_oneof![Just(format!("Bearer {token}")), "Basic [A-Za-z0-9+/=]{0,20}", "[ -~]{0,20}"];
    let content_type = "application/json|multipart/form-data; boundary=x|application/x-www-form-urlencoded|[ -~]{0,20}";
    let body = prop_oneof![
        ".{0,60}",
        "--x(\r\n(Content-Disposition: form-data; name=a)?|\r\n\r\n|--|.{0,9}){0,5}",
        "\\{\"(faults|usage|client|notes)\":.{0,20}\\}",
        "(client_id|scope)=.{0,20}"
    ];
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() });
    let checked = runner.run(
        &(method, place, authorization, content_type, body),
        |(method, place, authorization, content_type, body)| {
            let place = place.replace(|c: char| !c.is_ascii_graphic(), "x");
            let head = format!(
                "{method} {place} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {authorization}\r\n"
            );
            let rest = format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let reply = exchange(&address, format!("{head}{rest}").as_bytes());
            prop_assert!(status(&reply).is_some(), "{}", reply);
            Ok(())
        },
    );
    checked.expect("an answer to each");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_fault_that_can_be_set_gets_an_answer() {
    let standin = start_with(Knobs::default()).await;
    let address = standin.url().trim_start_matches("http://").to_owned();
    let request = b"GET /v1/usage HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for code in [0, 99, 100, 101, 199, 204, 304, 418, 599, 999, 1000, u16::MAX] {
        let fault = Fault { location: Some("a\r\nb".to_owned()), ..Fault::status("*", code).retry_after(u64::MAX) };
        standin.set(Knobs { faults: vec![fault], ..Knobs::default() });
        assert!(status(&exchange(&address, request)).is_some_and(|status| status >= 200), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_all_measure_is_413_and_broken_http_harms_nobody() {
    let standin = start().await;
    let address = standin.url().trim_start_matches("http://").to_owned();
    let mut large = b"POST /v1/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n".to_vec();
    large.resize(large.len() + 2_000_000, b'x');
    exchange(&address, &large);
    assert_eq!(standin.counts().by_status.get(&413), Some(&1));
    for nonsense in [&b"\x16\x03\x01\x02\x00"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0", b""] {
        exchange_broken(&address, nonsense);
    }
    let alive = exchange(&address, b"GET /v1/health/liveness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&alive), Some(200));
}
