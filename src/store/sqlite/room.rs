//! Room for other processes: the writer leaves the file free for a part of the time, however much it has to write.
//!
//! SQLite keeps no line for its lock. Whoever waits for it looks again, in the end every 100 ms, and would hardly
//! ever meet the moment between two transactions of a writer that always has more to write: of two servers that
//! fall behind, one would get nothing written for half a minute, and stop.

use std::time::Duration;

use crate::clock::Clock;

/// So much less than the file was locked for is it left free.
const PART: u32 = 8;

/// What is shorter is gathered: a timer cannot measure it.
const SHORTEST: Duration = Duration::from_millis(5);

/// Whoever waits for the lock looks somewhat more often.
const LONGEST: Duration = Duration::from_millis(110);

/// What the writer owes others.
#[derive(Debug)]
pub(super) struct Room {
    clock: Clock,
    owed: Duration,
    /// When the file was last let go of.
    free_since: Duration,
}

impl Room {
    /// In the machine's time, since others wait in it, whatever clock the rest goes by.
    pub(super) fn of_machine() -> Room {
        Room::new(Clock::system())
    }

    fn new(clock: Clock) -> Room {
        let free_since = clock.elapsed();
        Room { clock, owed: Duration::ZERO, free_since }
    }

    /// Leaves the file free for as long as is owed.
    pub(super) async fn leave(&mut self) {
        if self.owed >= SHORTEST {
            self.clock.sleep_until(self.free_since.saturating_add(self.owed)).await;
        }
    }

    /// Reads when the file is locked.
    pub(super) fn locked(&mut self) -> Duration {
        let now = self.clock.elapsed();
        self.owed = self.owed.saturating_sub(now.saturating_sub(self.free_since));
        now
    }

    /// Takes note that the file, which was locked at `since`, is free again.
    pub(super) fn free(&mut self, since: Duration) {
        let now = self.clock.elapsed();
        self.owed = self.owed.saturating_add(now.saturating_sub(since) / PART).min(LONGEST);
        self.free_since = now;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use sqlx::Connection;
    use sqlx::sqlite::SqliteConnection;

    use super::*;
    use crate::clock::Hands;
    use crate::store::Access;
    use crate::store::sqlite::connect;
    use crate::store::sqlite::errand::{At, Errand};
    use crate::store::sqlite::{Sqlite, transaction};

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn lock_for(room: &mut Room, hands: &Hands, duration: Duration) {
        let since = room.locked();
        hands.advance(duration);
        room.free(since);
    }

    fn room() -> (Room, Hands) {
        let (clock, hands) = Clock::manual(crate::schedule::support::time("2026-11-24T12:00:00Z"));
        (Room::new(clock), hands)
    }

    #[tokio::test]
    async fn an_eighth_of_the_time_of_a_lock_is_left_free_after_it() {
        let (mut room, hands) = room();
        lock_for(&mut room, &hands, millis(80));
        hands.advance(millis(9));
        let mut leave = Box::pin(room.leave());
        assert!(poll!(&mut leave).is_pending());
        hands.advance(millis(1));
        leave.await;
    }

    #[tokio::test]
    async fn what_is_short_is_gathered_and_time_in_which_nothing_was_written_counts() {
        let (mut room, hands) = room();
        for _ in 0..4 {
            assert!(poll!(Box::pin(room.leave())).is_ready());
            lock_for(&mut room, &hands, millis(10));
        }
        assert!(poll!(Box::pin(room.leave())).is_pending(), "5 ms");
        hands.advance(millis(3));
        lock_for(&mut room, &hands, millis(8));
        assert!(poll!(Box::pin(room.leave())).is_ready(), "3 ms");
    }

    #[tokio::test]
    async fn no_more_is_owed_than_has_whoever_waits_look_once() {
        let (mut room, hands) = room();
        for _ in 0..5 {
            lock_for(&mut room, &hands, millis(60_000));
        }
        hands.advance(LONGEST);
        room.leave().await;
    }

    /// Keeps the file locked for long.
    struct Long;

    impl Errand for Long {
        type Answer = ();
        const DOING: &'static str = "write much";

        async fn run(&mut self, _: At<'_>) -> Result<(), sqlx::Error> {
            Clock::system().sleep(millis(900)).await;
            Ok(())
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_writer_that_always_has_more_to_write_lets_others_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("apicron.db");
        let busy = Sqlite::open(&path, Access::Write, &Clock::system()).await.expect("a store");
        let writer = busy.writer.clone().expect("it writes");
        let mut writing = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let writer = writer.clone();
            writing.spawn(async move { while writer.run(Long).await.is_ok() {} });
        }
        writer.run(Long).await.expect("written");
        let mut other = SqliteConnection::connect_with(&connect::options(&path)).await.expect("a connection");
        for _ in 0..3 {
            transaction::begin(&mut other).await.expect("the lock");
            transaction::end(&mut other, Ok(())).await.expect("an end of it");
        }
        writing.shutdown().await;
    }
}
