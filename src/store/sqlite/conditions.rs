//! Conditions that several statements share. They are macros, since only literals can be joined to the
//! text of a constant.

/// A run that lives in process `$2`.
macro_rules! lives_here {
    () => {
        "runs.process_id = $2 and runs.state in ('waiting', 'running')"
    };
}

/// A run that stands in the way of others of its job. One that is held waits itself; and so does a tick that
/// was released and that nobody is there to take.
macro_rules! living_is_at_work {
    () => {
        "living.state in ('waiting', 'held', 'running') and living.state <> 'held'
          and (living.process_id is not null or living.trigger not in ('schedule', 'catch_up')
               or exists (select 1 from served where served.job_id = living.job_id))"
    };
}

/// A call after which its run may not be made again: it is being sent, or was made, and nothing tells the
/// API that a second sending is the same. (What is being sent was noted for that reason alone.)
macro_rules! may_not_be_made_twice {
    () => {
        "(calls.state = 'sending'
          or (calls.state <> 'skipped' and calls.method <> 'GET' and calls.idempotency_key is null))"
    };
}

/// Whether a run has no such call and nobody wants it to end.
macro_rules! may_be_repeated {
    () => {
        concat!(
            "not exists (select 1 from calls where calls.run_id = runs.id and ",
            $crate::store::sqlite::conditions::may_not_be_made_twice!(),
            ") and not exists (select 1 from cancels where cancels.run_id = runs.id)"
        )
    };
}

pub(super) use {lives_here, living_is_at_work, may_be_repeated, may_not_be_made_twice};
