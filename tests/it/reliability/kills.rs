//! R1: a server that is killed again and again, at moments that nobody chose.

use super::ordeal::Ordeal;
use crate::support::size::{figure, number, size};

impl Ordeal {
    /// Starts the server, now and then after some seconds, and kills it a while later: most times when it
    /// is ready, and now and then before. Every second time the moment is just after a tick, when the
    /// work is.
    async fn start_and_kill(&mut self) {
        if self.below(3) == 0 {
            self.sleep_up_to(3000).await;
        }
        let serve = self.serve(&[]);
        if self.below(4) > 0 {
            self.until_ready(&serve);
            self.sleep_up_to(1200).await;
            if self.below(2) == 0 {
                self.until_work().await;
            }
        } else {
            self.sleep_up_to(150).await;
        }
        self.kill(serve).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_at_any_moment_loses_no_tick_and_runs_none_twice() {
    let mut ordeal = Ordeal::begin("kills").await;
    for _ in 1..number("APICRON_KILLS", size(50, 1_000)) {
        ordeal.start_and_kill().await;
    }
    figure("R1", format!("{}", ordeal.end().await));
}
