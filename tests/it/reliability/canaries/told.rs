//! Secrets where none may be, and what could print one by mistake.

use apicron::engine::Parts;
use apicron::job::Jobs;
use apicron::secret::{Environment, Redactor, Secret};
use apicron::shutdown::Shutdown;
use apicron::store::{Access, Store};

use super::canary::{Canary, Search};
use crate::line::driven::Place;
use crate::support::binary::Folder;

fn canaries<const N: usize>(places: [&str; N]) -> [Canary; N] {
    places.map(|place| Canary::at(place, "-"))
}

#[test]
fn a_secret_in_a_job_file_is_not_printed_by_the_verbs_that_refuse_it() {
    let canaries = canaries([
        "client secret",
        "bearer",
        "name of a variable",
        "unknown key",
        "URL",
        "header of an API",
        "key in a header",
        "header of a call",
        "a variable with almost this name",
        "next secret",
        "secret without its quote",
    ]);
    let [secret, bearer, name, unknown, url, header, key, call, other, next, unquoted] =
        canaries.each_ref().map(|canary| canary.value.as_str());
    let text = format!(
        "[credentials.a]\ntoken_url = \"https://127.0.0.1:1/token\"\nclient_id = \"x\"\nclient_secret = \"{secret}\"\n\
         next_client_secret = \"{next}\"\n[credentials.b]\nbearer = \"{bearer}\"\n\
         [credentials.c]\nbearer = {{ env = \"{name}\" }}\n\
         [credentials.d]\nbearer = {{ env = \"TOKN\", value = \"{unknown}\" }}\n\
         [apis.x]\nbase_url = \"https://user:{url}@127.0.0.1:1\"\ncredential = \"b\"\n\
         headers = {{ Authorization = \"Bearer {header}\", X-Api-Key = \"{key}\" }}\n\
         [jobs.job]\napi = \"x\"\ncalls = [{{ get = \"/\", headers = {{ X-Token = \"{call}\" }} }}]\n"
    );
    let broken = format!("[credentials.a]\nclient_secret = \"{unquoted}\n");
    let search = Search::new(&canaries);
    for (text, problems) in [(text, 8), (broken, 1)] {
        let folder = Folder::new().file("jobs.toml", &text).env("TOKEN", other);
        for line in [&["check"][..], &["check", "--json"], &["serve"], &["run", "job"], &["next"], &["doctor"]] {
            let ended = folder.run(line);
            let said = ended.stdout.clone() + &ended.stderr;
            assert_ne!(ended.code(), 0, "{line:?}: {said}");
            assert!(said.matches("error").count() >= problems, "{line:?}: {said}");
            assert_eq!(search.find(said.as_bytes()), [], "{line:?}");
        }
    }
}

#[tokio::test]
async fn what_is_printed_to_find_mistakes_of_the_program_has_no_secret() {
    let canaries = canaries(["variable", "secret", "token", "header"]);
    let secrets = canaries.each_ref().map(|canary| Secret::new(canary.value.clone()));
    let place = Place::at("2026-11-24T12:00:00Z");
    let redactor = Redactor::new();
    secrets[..2].iter().for_each(|secret| redactor.learn_secret(secret));
    redactor.learn_token(&secrets[2]);
    redactor.learn_header(&secrets[3]);
    let jobs: Jobs = place.parse(
        "[credentials.a]\nbearer = { env = \"CLIENT_SECRET\" }\n[apis.x]\nbase_url = \"https://127.0.0.1:1\"\n\
         credential = \"a\"\nheaders = { X-Key = { env = \"DATA_SECRET\" } }\n\
         [jobs.job]\napi = \"x\"\ncalls = [{ get = \"/\" }]\n",
    );
    let parts = Parts {
        concurrency: jobs.settings.concurrency,
        jobs,
        store: Store::open(&place.store_file(), Access::Write, &place.clock).await.expect("a store"),
        environment: Environment::fixed([("CLIENT_SECRET", canaries[0].value.as_str())]),
        redactor,
        clock: place.clock.clone(),
        shutdown: Shutdown::new(),
    };
    let printed = format!("{parts:?} {parts:#?} {secrets:?}");
    assert!(printed.contains("CLIENT_SECRET") && printed.contains("127.0.0.1"), "{printed}");
    assert_eq!(Search::new(&canaries).find(printed.as_bytes()), []);
}
