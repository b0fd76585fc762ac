use std::sync::Arc;

use serde_json::json;

use crate::job::{Credential, Grant};
use crate::run::Scopes;
use crate::secret::Source;
use crate::token::TokenFailure;
use crate::token::testing::{Bench, jwt, name, noon};

fn fixed(text: &str) -> (tempfile::TempDir, Arc<Credential>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bearer"), text).expect("a file");
    let grant = Grant::Bearer(Source::File(folder.path().join("bearer")));
    (folder, Arc::new(Credential::new(name("session"), grant)))
}

#[tokio::test]
async fn a_new_value_in_the_file_is_a_new_generation() {
    let (folder, credential) = fixed("first-bearer\n");
    let bench = Bench::new();
    let first = bench.tokens.bearer(&credential, &Scopes::default()).await.expect("a bearer");
    assert_eq!((first.value().expose(), first.generation()), ("first-bearer", 1));
    std::fs::write(folder.path().join("bearer"), "second-bearer").expect("a file");
    // A refusal looks at once, though the reading is younger than a second.
    let second = bench.tokens.replace(&credential, &Scopes::default(), &first, 401).await.expect("a bearer");
    assert_eq!((second.value().expose(), second.generation()), ("second-bearer", 2));
    assert_eq!(bench.redactor.scrub("second-bearer"), "[redacted]");
}

#[tokio::test]
async fn a_refused_bearer_that_is_still_in_its_file_is_a_failure_that_names_the_file() {
    let (folder, credential) = fixed("first-bearer");
    let bench = Bench::new();
    let first = bench.tokens.bearer(&credential, &Scopes::default()).await.expect("a bearer");
    let failure = bench.tokens.replace(&credential, &Scopes::default(), &first, 401).await.expect_err("the same");
    assert!(matches!(failure, TokenFailure::FixedRejected { .. }));
    assert!(failure.to_string().contains(&folder.path().display().to_string()), "{failure}");
}

#[tokio::test]
async fn age_and_life_of_a_fixed_bearer_come_from_its_claims() {
    let issued = noon().timestamp() - 100;
    let (_folder, credential) = fixed(&jwt(&json!({"iat": issued, "exp": issued + 3600})));
    let bench = Bench::new();
    let bearer = bench.tokens.bearer(&credential, &Scopes::default()).await.expect("a bearer");
    bench.pass(7);
    let evidence = bearer.evidence(&bench.clock);
    assert_eq!((evidence.age_s, evidence.expires_in_s), (Some(107), Some(3600)));
}

#[tokio::test]
async fn a_bearer_that_fits_no_header_is_not_sent() {
    for text in ["first bearer", "first\n\nbearer", "first-b\u{e4}rer"] {
        let (_folder, credential) = fixed(text);
        let bench = Bench::new();
        let failure = bench.tokens.bearer(&credential, &Scopes::default()).await.expect_err("no header");
        assert!(failure.to_string().contains("fit no header"), "{failure}");
        assert!(!failure.to_string().contains(text), "{failure}");
    }
}
