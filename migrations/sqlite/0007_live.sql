-- What a server that is left alone needs: who serves what, what people asked of a run, what a crash
-- owes, and the policies that held.

-- The repeat of a run whose process died, until it is claimed. Set just where a repeat is safe.
alter table runs add column repeat_owed integer check (repeat_owed = 1);
create index runs_owed on runs (id) where repeat_owed = 1;

-- The manual start at the head of a chain of repeats. Null where a tick is: idempotency keys are
-- made of the one or the other.
alter table runs add column first_manual integer;

-- Runs of a tick beside the one that covers it.
create index runs_besides on runs (job_id, scheduled_for) where trigger in ('manual', 'repeat');
create index runs_of_process on runs (process_id) where state in ('waiting', 'held', 'running');

-- Runs that ended before this may have been deleted: what an audit cannot know.
alter table store add column pruned_before integer;

-- Which living process serves which job in which form.
create table served (
    process_id integer not null references processes,
    job_id     integer not null references jobs,
    config_id  integer not null references texts,
    primary key (process_id, job_id)
) strict, without rowid;

create index served_jobs on served (job_id, config_id);

-- The policies of a version: overlap, catch_up and the like, as JSON.
alter table job_versions add column policies text not null default '{}' check (json_valid(policies));
-- The job file: that a job is not in another file does not say that it was removed.
alter table job_versions add column file text not null default '';

create table pauses (
    job_id    integer primary key references jobs,
    paused_at integer not null,
    until     integer, -- null: until it is resumed
    reason    text
) strict;

-- Runs that somebody wants to end. A row goes with the end of its run.
create table cancels (
    run_id   integer primary key,
    asked_at integer not null
) strict;

create index diagnoses_at on diagnoses (at);
