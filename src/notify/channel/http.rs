//! JSON to an address, and what its answer means.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use url::Url;

use super::super::Line;
use super::super::line::LIMIT;
use super::SendError;
use crate::telemetry::clean_line;
use crate::token::{Fault, Stage, cut, retry_after};

/// How long what an answer that says no says beside is waited for.
const READING: Duration = Duration::from_secs(2);

/// How much of it is read.
const LONGEST_ANSWER: usize = 1024;

/// How much of it an error shows.
const LONGEST_SHOWN: usize = 200;

/// A server that asks for more is asked again all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Sends it with POST. Any 2xx within 10 s is good.
pub(super) async fn post(line: Line<'_>, address: Url, key: &str, body: String) -> Result<(), SendError> {
    let request = line.http.post(address).header(CONTENT_TYPE, "application/json").header("Idempotency-Key", key);
    match line.clock.within(LIMIT, request.body(body).send()).await {
        Some(Ok(answer)) if answer.status().is_success() => Ok(()),
        Some(Ok(answer)) => Err(refusal(line, answer).await),
        Some(Err(error)) => {
            let fault = Fault::from_reqwest(error, Stage::Head);
            Err(SendError::Unheard(clean_line(&line.redactor.scrub_owned(fault.message))))
        }
        None => Err(SendError::Unheard(Fault::timeout(LIMIT).message)),
    }
}

async fn refusal(line: Line<'_>, mut answer: Response) -> SendError {
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = asked.and_then(|text| retry_after(text, line.clock.now())).map(|wait| wait.min(LONGEST_WAIT));
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let reading = async {
        while body.len() < LONGEST_ANSWER
            && let Ok(Some(chunk)) = answer.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
    };
    // What it is worth is known without.
    let _ = line.clock.within(READING, reading).await;
    body.truncate(LONGEST_ANSWER);
    let said = line.redactor.scrub_broken_off(String::from_utf8_lossy(&body).into_owned());
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    SendError::Status { status, said: cut(clean_line(&said), LONGEST_SHOWN).0, retry_after }
}
