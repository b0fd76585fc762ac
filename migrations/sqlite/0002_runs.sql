create table runs (
    id            integer primary key autoincrement,
    job_id        integer not null references jobs,
    trigger       text    not null check (trigger in ('schedule', 'catch_up', 'manual', 'repeat')),
    scheduled_for integer not null,
    through       integer check (through > scheduled_for), -- the last tick of a stretch
    ticks         integer not null default 1 check (ticks >= 1),
    state         text    not null check (state in (
        'waiting', 'held', 'running',
        'succeeded', 'failed', 'refused', 'skipped', 'missed', 'interrupted')),
    kind          text    check (kind in (
        'dns', 'connect', 'tls', 'timeout', 'deadline', 'reset', 'protocol', 'too_large', 'encoding', 'not_json',
        'redirect', 'blocked_target', 'status', 'expect', 'filter', 'missing_value', 'cursor_repeats',
        'cursor_missing', 'too_many_pages', 'too_many_items', 'rate_limited', 'token', 'refused', 'upload',
        'panic', 'store', 'stopped')),
    reason        text,
    repeats       integer, -- no reference: the run it repeats is pruned first
    claimed_at    integer not null,
    started_at    integer,
    finished_at   integer,
    config_id     integer not null references texts,
    process_id    integer, -- no reference: processes are pruned without a look at every run
    check ((finished_at is null) = (state in ('waiting', 'held', 'running'))),
    check (started_at is not null or state not in ('running', 'succeeded')),
    check (started_at is null or state not in ('waiting', 'held', 'skipped', 'missed')),
    check ((kind is not null) = (state in ('failed', 'refused', 'interrupted'))),
    check (reason is not null or state not in ('skipped', 'missed')),
    check (ticks = 1 or through is not null),
    check (through is null or state in ('held', 'skipped', 'missed')),
    check ((repeats is null) or trigger = 'repeat')
) strict;

-- A tick is claimed once, by whichever process inserts its row first.
create unique index runs_tick on runs (job_id, scheduled_for) where trigger in ('schedule', 'catch_up');
create unique index runs_repeats on runs (repeats) where repeats is not null;
create index runs_through on runs (job_id, through) where through is not null;
create index runs_live on runs (job_id) where state in ('waiting', 'held', 'running');
create index runs_of_job on runs (job_id);
-- SQLite uses a partial index when its condition stands in the query word for word.
create index runs_unwell on runs (state) where state in ('failed', 'refused', 'skipped', 'missed', 'interrupted');

create table calls (
    run_id          integer not null references runs,
    seq             integer not null check (seq >= 0),
    name_id         integer not null references texts,
    element         text,
    method          text    not null,
    url_id          integer not null references texts,
    state           text    not null check (state in (
        'sending', 'running', 'succeeded', 'failed', 'refused', 'skipped', 'interrupted')),
    kind            text    check (kind in (
        'dns', 'connect', 'tls', 'timeout', 'deadline', 'reset', 'protocol', 'too_large', 'encoding', 'not_json',
        'redirect', 'blocked_target', 'status', 'expect', 'filter', 'missing_value', 'cursor_repeats',
        'cursor_missing', 'too_many_pages', 'too_many_items', 'rate_limited', 'token', 'refused', 'upload',
        'panic', 'store', 'stopped')),
    reason          text,
    status          integer,
    attempts        integer not null check (attempts >= 0),
    pages           integer not null check (pages >= 0),
    items           integer not null check (items >= 0),
    bytes           integer not null check (bytes >= 0),
    idempotency_key text,
    started_at      integer not null,
    finished_at     integer,
    check ((finished_at is null) = (state in ('sending', 'running'))),
    check (kind is null or state <> 'succeeded'),
    primary key (run_id, seq)
) strict, without rowid;

create table attempts (
    run_id           integer not null,
    seq              integer not null,
    n                integer not null check (n >= 1),
    page             integer not null check (page >= 1),
    started_at       integer not null,
    duration_ms      integer not null check (duration_ms >= 0),
    status           integer,
    kind             text    check (kind in (
        'dns', 'connect', 'tls', 'timeout', 'deadline', 'reset', 'protocol', 'too_large', 'encoding', 'not_json',
        'redirect', 'blocked_target', 'status', 'expect', 'filter', 'missing_value', 'cursor_repeats',
        'cursor_missing', 'too_many_pages', 'too_many_items', 'rate_limited', 'token', 'refused', 'upload',
        'panic', 'store', 'stopped')),
    retry_after_ms   integer,
    token_generation integer,
    primary key (run_id, seq, n),
    foreign key (run_id, seq) references calls
) strict, without rowid;

create table results (
    run_id          integer not null,
    seq             integer not null,
    content_type_id integer references texts,
    body            text    not null,
    primary key (run_id, seq),
    foreign key (run_id, seq) references calls
) strict, without rowid;

-- How many ticks ended how, by UTC day of their end. Stays when runs are pruned.
create table run_counts (
    job_id integer not null references jobs,
    day    integer not null, -- since the Unix epoch
    state  text    not null check (state in ('succeeded', 'failed', 'refused', 'skipped', 'missed', 'interrupted')),
    n      integer not null check (n >= 0),
    primary key (job_id, day, state)
) strict, without rowid;

create view v_runs as
select
    runs.id,
    jobs.name as job,
    runs.trigger,
    strftime('%Y-%m-%dT%H:%M:%fZ', runs.scheduled_for / 1000.0, 'unixepoch') as scheduled_for,
    strftime('%Y-%m-%dT%H:%M:%fZ', runs.through / 1000.0, 'unixepoch') as through,
    runs.ticks,
    runs.state,
    runs.kind,
    runs.reason,
    runs.repeats,
    strftime('%Y-%m-%dT%H:%M:%fZ', runs.claimed_at / 1000.0, 'unixepoch') as claimed_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', runs.started_at / 1000.0, 'unixepoch') as started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', runs.finished_at / 1000.0, 'unixepoch') as finished_at,
    configs.name as config_hash,
    processes.host || '/' || processes.pid as process
from runs
join jobs on jobs.id = runs.job_id
join texts as configs on configs.id = runs.config_id
left join processes on processes.id = runs.process_id;

create view v_calls as
select
    calls.run_id,
    calls.seq,
    names.name,
    calls.element,
    calls.method,
    urls.name as url,
    calls.state,
    calls.kind,
    calls.status,
    calls.attempts,
    calls.pages,
    calls.items,
    calls.bytes,
    calls.idempotency_key,
    strftime('%Y-%m-%dT%H:%M:%fZ', calls.started_at / 1000.0, 'unixepoch') as started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', calls.finished_at / 1000.0, 'unixepoch') as finished_at
from calls
join texts as names on names.id = calls.name_id
join texts as urls on urls.id = calls.url_id;

create view v_attempts as
select
    run_id,
    seq,
    n,
    page,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') as started_at,
    duration_ms,
    status,
    kind,
    retry_after_ms,
    token_generation
from attempts;

create view v_results as
select results.run_id, results.seq, types.name as content_type, results.body
from results
left join texts as types on types.id = results.content_type_id;
