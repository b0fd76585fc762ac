//! A server that dies again and again, and what has to be true when it is done.

mod checks;
mod jobs;
mod requests;

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use apicron::clock::{Clock, Time, rfc3339};
use apicron::standin::{DATA, Fault, Knobs, Standin};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use regex::Regex;
use rustix::process::{Signal, kill_process};

use crate::support::binary::{Ended, Folder, Running};
use crate::support::eventually::eventually;
use crate::support::jobs::folder_as;
use crate::support::lists;
use crate::support::serving::store;
use crate::support::size::{figure, number};
use crate::support::{rows, standin};

pub(super) use checks::Summary;
pub(super) use jobs::SNAPSHOTS;

/// Tells of each run that ends well, which it otherwise does not.
const LOG: &str = "info,apicron::engine::outcome=debug";

/// One folder with one store, and the servers that die over it.
pub(super) struct Ordeal {
    pub(super) folder: Folder,
    pub(super) standin: Standin,
    pub(super) clock: Clock,
    random: StdRng,
    /// How long each server took to be ready.
    restarts: Vec<Duration>,
    /// Runs that a server said had succeeded.
    told: BTreeSet<String>,
    deaths: usize,
    first: Time,
}

impl Ordeal {
    /// Serves the jobs of an ordeal until they are first seen, and kills the server.
    pub(super) async fn begin(name: &str) -> Ordeal {
        let seed = number("APICRON_SEED", rand::random());
        figure("R1", format!("{name}: APICRON_SEED={seed}"));
        let slow = Fault::slow(SNAPSHOTS, 150);
        let standin = standin::start_with(Knobs { faults: vec![slow], ..lists::datasets(jobs::DATASETS, 0, 0) }).await;
        let folder = folder_as(DATA, &jobs::job_file(&standin));
        let (clock, random) = (Clock::system(), StdRng::seed_from_u64(seed));
        let first = clock.now();
        let (restarts, told) = (Vec::new(), BTreeSet::new());
        let mut ordeal = Ordeal { folder, standin, clock, random, restarts, told, deaths: 0, first };
        let serve = ordeal.serve(&[]);
        ordeal.until_ready(&serve);
        ordeal.first = ordeal.clock.now();
        ordeal.kill(serve).await;
        ordeal
    }

    pub(super) fn serve(&self, environment: &[(&str, &str)]) -> Running {
        self.folder.spawn_in(environment, &["serve", "--log", LOG])
    }

    /// Waits until a server is ready, and notes how long that took.
    pub(super) fn until_ready(&mut self, serve: &Running) {
        let began = self.clock.elapsed();
        serve.wait_for_stderr("apicron is ready");
        self.restarts.push(self.clock.elapsed() - began);
    }

    pub(super) async fn kill(&mut self, serve: Running) {
        kill_process(serve.pid(), Signal::KILL).expect("the signal sent");
        self.died(&serve.end()).await;
    }

    /// Takes note of what a server had said when it died, and looks at the file that it left.
    pub(super) async fn died(&mut self, ended: &Ended) {
        self.deaths += 1;
        self.hear(ended);
        assert_eq!(self.sql("pragma integrity_check").await, [["ok"]], "after {} deaths", self.deaths);
    }

    fn hear(&mut self, ended: &Ended) {
        static TOLD: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"run (\d+) of `[^`]+` succeeded").expect("a pattern"));
        self.told.extend(TOLD.captures_iter(&ended.stderr).map(|told| told[1].to_owned()));
    }

    pub(super) fn below(&mut self, number: u64) -> u64 {
        self.random.random_range(0..number)
    }

    pub(super) async fn sleep_up_to(&mut self, millis: u64) {
        let moment = Duration::from_millis(self.below(millis));
        self.clock.sleep(moment).await;
    }

    /// Just after the next tick, when the work is.
    pub(super) async fn until_work(&mut self) {
        let into_second = u64::from(self.clock.now().timestamp_subsec_millis() % 1000);
        self.clock.sleep(Duration::from_millis(1000 - into_second)).await;
        self.sleep_up_to(120).await;
    }

    /// A last server covers the rest, and stops as asked. Judges all that was.
    pub(super) async fn end(mut self) -> Summary {
        let serve = self.serve(&[]);
        self.until_ready(&serve);
        let stop = self.clock.now();
        self.until_each_ran_since(stop).await;
        serve.terminate();
        let ended = serve.end();
        assert_eq!(ended.code(), 0, "{ended:#?}");
        self.hear(&ended);
        let audit = self.folder.run(&["audit", "--to", &rfc3339(stop)]);
        assert_eq!(audit.code(), 0, "{audit:#?}");
        self.judge(stop).await
    }

    async fn until_each_ran_since(&self, stop: Time) {
        let sql = format!(
            "select cast(count(distinct job) as text) from v_runs
             where state = 'succeeded' and scheduled_for > '{}'",
            rfc3339(stop)
        );
        let (store, all) = (store(&self.folder), jobs::names().count().to_string());
        eventually("a tick of each job after the deaths", async || rows::only(&store, &sql).await, |seen| *seen == all)
            .await;
    }

    pub(super) async fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        rows::rows(&store(&self.folder), sql).await
    }
}
