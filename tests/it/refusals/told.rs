//! One run of one job against a stand-in, and what it says of its refusal.

use apicron::standin::{Knobs, Standin};
use serde_json::Value;

use crate::support::binary::Folder;
use crate::support::jobs::{head, json_lines};
use crate::support::{rows, standin};

/// What a run said.
pub(super) struct Told {
    pub(super) standin: Standin,
    pub(super) folder: Folder,
    pub(super) code: i32,
    pub(super) run: Value,
    pub(super) stderr: String,
}

/// Runs `balance` once with a client's secrets against a stand-in with these knobs.
pub(super) async fn told(knobs: Knobs, secrets: [(&str, &str); 2], job: &str) -> Told {
    let standin = standin::start().await;
    standin.set(knobs);
    told_by(standin, secrets, job)
}

/// The same against a stand-in that is there.
pub(super) fn told_by(standin: Standin, secrets: [(&str, &str); 2], job: &str) -> Told {
    told_with_file(standin, secrets, job, ("unused", ""))
}

/// The same with a file beside the job file.
pub(super) fn told_with_file(standin: Standin, secrets: [(&str, &str); 2], job: &str, file: (&str, &str)) -> Told {
    let mut folder = Folder::new().file("jobs.toml", &(head(&standin) + job)).file(file.0, file.1);
    for (name, value) in secrets {
        folder = folder.env(name, value);
    }
    let ended = folder.run(&["run", "balance", "--json"]);
    let run = json_lines(&ended).swap_remove(0);
    Told { standin, folder, code: ended.code(), run, stderr: ended.stderr }
}

impl Told {
    /// How the run ended, the verdict and its row, and the sentences.
    pub(super) fn sentences(&self) -> String {
        let word = |value: &Value| value.as_str().unwrap_or("-").replace(&self.standin.url(), "URL");
        let diagnosis = &self.run["diagnosis"];
        format!(
            "exit {}, {}: {} by {}\n{}\n→ {}",
            self.code,
            word(&self.run["state"]),
            word(&diagnosis["verdict"]),
            word(&diagnosis["rule"]),
            word(&diagnosis["summary"]),
            word(&diagnosis["remedy"]),
        )
    }

    /// Requests to the token endpoint and to a path.
    pub(super) fn requests(&self, method: &str, path: &str) -> (u64, u64) {
        let counts = self.standin.counts();
        (counts.of("POST", "/v1/oauth2/token"), counts.of(method, path))
    }

    /// The evidence that is stored, judged anew, says what is stored.
    pub(super) async fn is_judged_anew_the_same(&self) {
        let evidence = self.folder.run(&["show", "1", "--evidence"]);
        assert_eq!(evidence.code(), 0, "{evidence:#?}");
        std::fs::write(self.folder.path().join("evidence.jsonl"), &evidence.stdout).expect("written");
        let judged = json_lines(&self.folder.run(&["diagnose", "evidence.jsonl"]));
        let members = ["verdict", "rule", "confidence", "summary", "remedy"];
        let anew: Vec<Vec<String>> = judged
            .iter()
            .map(|line| members.iter().map(|name| line[name].as_str().unwrap_or_default().to_owned()).collect())
            .collect();
        let sql = "select verdict, rule, confidence, summary, remedy from v_diagnoses order by id";
        assert_eq!(anew, rows::rows(&self.folder.path().join("apicron.db"), sql).await);
        assert!(!anew.is_empty(), "{}", self.stderr);
    }
}
