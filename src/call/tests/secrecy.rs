use super::kit::{Kit, metric, template};
use crate::token::testing::{SECRET, Server, answer, token};

/// An API that says everything back: in its body, its headers, its redirects, its labels.
#[tokio::test]
async fn a_token_or_a_secret_is_nowhere_in_what_is_kept() {
    let echo = |status: u16| {
        move |_: usize, seen: &crate::token::testing::Seen| {
            let all = format!("{seen:?}").replace('"', "'");
            let (bearer, secret) = (seen.header("authorization").unwrap_or("none").to_owned(), SECRET);
            let body = format!(r#"{{"detail": "{all} {secret}", "by": {{"{bearer}": 1}}}}"#);
            let location = format!("https://{secret}.example.com/{bearer}");
            answer(status, &[("x-echo", &bearer), ("location", &location), ("x-request-id", &bearer)], &body)
        }
    };
    for status in [200, 302, 400, 401, 402, 403, 404, 429, 500] {
        let api = Server::answering(echo(status)).await;
        let mut kit = Kit::new(&api.url).await;
        kit.call.metrics = vec![metric("by", ".by")];
        kit.call.query = vec![("key".to_owned(), template("canary-in-query"))];
        let performed = kit.perform().await;
        let kept = format!("{performed:?} {:?}", kit.bench.notes.all());
        for canary in [&token(1), &token(2), SECRET, "canary-in-query' "] {
            assert!(!kept.contains(canary), "{status}: {canary} in {kept}");
        }
        assert!(!performed.record.url.contains("canary") && api.seen()[0].uri.contains("canary"), "{status}");
        assert!(kept.contains("[redacted]"), "{status}: the API did say it");
    }
}
